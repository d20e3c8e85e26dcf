package proto

import (
	"tyto/frame"
	"tyto/proto/phrase"
	"tyto/tyto"
)

// The Service Location Protocol: RFC 2608 (version 2), RFC 2165 (version 1).
func init() {
	register(Dissector{
		Name:  "srvloc",
		Where: []Where{UDP(427), TCP(427)},
		Is:    isSrvLoc, Split: splitSrvLoc, Tell: tellSrvLoc,
	})
}

// srvlocMost is how many services of one answer are told.
const srvlocMost = 16

// srvlocHead reads the header: version, function and length of the message;
// what follows is the function's own.
func srvlocHead(c *frame.Cursor) (version, function byte, n int, ok bool) {
	version, function = c.U8(), c.U8()
	switch version {
	case 2:
		n = int(c.U24())
		c.Skip(2 + 3 + 2)
		c.Skip(int(c.U16()))
	case 1:
		n = int(c.U16())
		c.Skip(1 + 1 + 2 + 2 + 2)
	default:
		return 0, 0, 0, false
	}
	return version, function, n, !c.Short() && function >= 1 && function <= 11
}

func isSrvLoc(m *Message) bool {
	c := m.Read()
	_, _, n, ok := srvlocHead(&c)
	return ok && n >= 12 && (n == len(m.Body)+m.Frame.Missing || m.Frame.Proto == frame.TCP)
}

func splitSrvLoc(m *Message) int {
	c := m.Read()
	version := c.U8()
	c.U8()
	n := 0
	if version == 2 {
		n = int(c.U24())
	} else {
		n = int(c.U16())
	}
	switch {
	case c.Short():
		return 0
	case version != 1 && version != 2 || n < 12:
		return -1
	}
	return n
}

var srvlocAgent = []byte("slp directory agent")

func tellSrvLoc(m *Message, s *Sink) {
	c := m.Read()
	version, function, _, ok := srvlocHead(&c)
	if !ok {
		s.Malformed("srvloc: header")
		return
	}
	s.Op(srvlocOps[function])
	switch function {
	case 1:
		c.Skip(int(c.U16()))
		s.Sender(tyto.Clue, srvlocText(&c), tyto.Stated, "srvloc.srvreq.srvtypelist")
	case 2:
		c.U16()
		count := int(c.U16())
		for n := 0; n < min(count, srvlocMost) && version == 2 && !c.Short(); n++ {
			c.Skip(3)
			s.Sender(tyto.Clue, srvlocText(&c), tyto.Stated, "srvloc.url.url")
			if auths := c.U8(); auths > 0 {
				return
			}
		}
	case 3:
		c.Skip(3)
		s.Sender(tyto.Clue, srvlocText(&c), tyto.Stated, "srvloc.url.url")
		return
	case 7:
		c.U16()
		s.Sender(tyto.Clue, srvlocText(&c), tyto.Stated, "srvloc.attrrply.attrlist")
	case 8:
		s.Sender(tyto.Role, srvlocAgent, tyto.Stated, "srvloc.function")
		c.Skip(2 + 4)
		s.Sender(tyto.Clue, srvlocText(&c), tyto.Stated, "srvloc.daadvert.url")
	case 10:
		c.U16()
		s.Sender(tyto.Clue, srvlocText(&c), tyto.Stated, "srvloc.srvtyperply.srvtypelist")
	case 11:
		s.Sender(tyto.Clue, srvlocText(&c), tyto.Stated, "srvloc.saadvert.url")
		srvlocText(&c) // scopes
		s.Sender(tyto.Clue, srvlocText(&c), tyto.Stated, "srvloc.saadvert.attrlist")
	}
	if c.Short() && m.Frame.Missing == 0 && !m.Cut && version == 2 {
		s.Malformed("srvloc: message ends early")
	}
}

var srvlocOps = [...]string{1: "srvloc service request", "srvloc service reply", "srvloc registration", "srvloc deregistration", "srvloc acknowledge",
	"srvloc attribute request", "srvloc attribute reply", "srvloc agent advertisement", "srvloc type request", "srvloc type reply", "srvloc service advertisement"}

func srvlocText(c *frame.Cursor) []byte { return phrase.Text(c.Bytes(int(c.U16()))) }
