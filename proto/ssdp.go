package proto

import (
	"bytes"
	"strconv"

	"tyto/proto/httpmsg"
	"tyto/proto/selfdesc"
	"tyto/tyto"
)

// Simple Service Discovery Protocol (UPnP Device Architecture 2.0 section 1):
// what UPnP and DIAL devices announce, and what others search for.
func init() {
	register(Dissector{
		Name:     "ssdp",
		Where:    []Where{UDP(1900)},
		Anywhere: true, First: "NMHnmh",
		Is: isSSDP, Tell: tellSSDP,
	})
}

func isSSDP(m *Message) bool {
	c := m.Read()
	start, ok := httpmsg.ParseStart(c.Line())
	if !ok {
		return false
	}
	switch string(start.Method) {
	case "NOTIFY", "M-SEARCH":
		return true
	case "": // an answer to a search; it must say what it answers for
		for f := httpmsg.ReadFields(c); ; {
			name, _, ok := f.Next()
			if !ok {
				return false
			}
			if n := string(name); n == "st" || n == "usn" {
				return true
			}
		}
	}
	return false
}

// An ssdpMessage is the fields of one message that belong together.
type ssdpMessage struct {
	server, target, name, location, state []byte
}

func tellSSDP(m *Message, s *Sink) {
	c := m.Read()
	start, ok := httpmsg.ParseStart(c.Line())
	if !ok {
		s.Malformed("ssdp: no start line")
		return
	}
	var x ssdpMessage
	f := httpmsg.ReadFields(c)
	for {
		name, value, ok := f.Next()
		if !ok {
			break
		}
		x.read(s, name, value)
	}
	if f.Bad() {
		s.Malformed("ssdp: illegal field name")
	}
	if string(start.Method) == "M-SEARCH" {
		s.Op("ssdp M-SEARCH")
		if len(x.target) == 0 {
			s.Malformed("ssdp: search without ST")
		}
		// What one looks for says what one is: only apps search for DIAL.
		s.Sender(tyto.Clue, x.target, tyto.Stated, "ssdp.st")
		return
	}
	if string(start.Method) == "NOTIFY" {
		s.Op(notifyOp(x.state))
	} else {
		s.Op("ssdp response")
	}
	x.tell(m, s)
}

func notifyOp(state []byte) string {
	switch string(state) {
	case "ssdp:byebye":
		return "ssdp byebye"
	case "ssdp:update":
		return "ssdp update"
	}
	return "ssdp alive"
}

// read keeps a field, or tells it at once where it says something by itself.
func (x *ssdpMessage) read(s *Sink, name, value []byte) {
	switch string(name) {
	case "server":
		x.server = value
	case "st", "nt":
		x.target = value
	case "usn":
		x.name = value
	case "location", "al":
		x.location = value
	case "nts":
		x.state = value
	case "user-agent":
		s.Sender(tyto.Clue, value, tyto.Stated, "http.user_agent")
	case "x-user-agent":
		s.Sender(tyto.Clue, value, tyto.Stated, "ssdp.x_user_agent")
	case "hue-bridgeid":
		s.Sender(tyto.Clue, value, tyto.Stated, "ssdp.hue_bridgeid")
		tellBridge(s, value)
	case "opt", "01-nls", "bootid.upnp.org", "configid.upnp.org", "cache-control", "host", "man", "mx", "date", "ext",
		"content-length", "nls", "searchport.upnp.org", "x-rincon-bootseq":
	case "device-group.roku.com", "wakeup", "x-friendly-name", "x-modelname", "x-msl", "x-household", "x-rincon-household",
		"x-rincon-variant", "x-mdx-caps", "x-bose-model", "x-sonos-hhsecurelocation", "tcpport.upnp.org", "cpfn.upnp.org",
		"friendlyname.upnp.org", "model", "devicename", "serialnumber", "x-dlna-devicename":
		tellVendorField(s, name, value)
	}
}

// tellVendorField tells a vendor's own header as "name: value".
func tellVendorField(s *Sink, name, value []byte) {
	value = value[:min(len(value), 200)]
	if b := s.Scratch(len(name) + 2 + len(value)); b != nil && len(value) > 0 {
		text := append(append(append(b[:0], name...), ": "...), value...)
		s.Sender(tyto.Clue, text, tyto.Stated, "ssdp.vendor")
	}
}

// tellBridge tells a key of what its own header names without doubt.
func tellBridge(s *Sink, id []byte) {
	if b := s.Scratch(16 + len(id)); b != nil && len(id) == 16 {
		s.Sender(tyto.Identity, append(append(b[:0], "hue:"...), id...), tyto.Stated, "ssdp.hue_bridgeid")
	}
}

func (x *ssdpMessage) tell(m *Message, s *Sink) {
	s.Sender(tyto.Clue, x.server, tyto.Stated, "ssdp.server")
	s.Sender(tyto.Clue, x.target, tyto.Stated, "ssdp.nt")
	s.Sender(tyto.Clue, x.name, tyto.Stated, "ssdp.usn")
	if i := bytes.IndexByte(x.location, '?'); i >= 0 {
		s.Sender(tyto.Clue, x.location[:i], tyto.Stated, "http.location")
	} else {
		s.Sender(tyto.Clue, x.location, tyto.Stated, "http.location")
	}
	if b := s.Scratch(128); len(x.name) < 120 && b != nil {
		s.Sender(tyto.Identity, selfdesc.AppendUUID(b[:0], x.name), tyto.Stated, "ssdp.usn")
	}
	if string(x.state) != "ssdp:byebye" {
		tellSSDPService(m, s, x.server)
	}
}

// tellSSDPService tells that the sender answers on 1900, and with what.
func tellSSDPService(m *Message, s *Sink, server []byte) {
	server = server[:min(len(server), 128)]
	if b := s.Scratch(20 + len(server)); b != nil && m.Frame.SrcPort == 1900 {
		text := append(strconv.AppendUint(append(b[:0], "udp/"...), uint64(m.Frame.SrcPort), 10), " ssdp"...)
		if len(server) > 0 {
			text = append(append(text, ' '), server...)
		}
		s.Sender(tyto.Provides, text, tyto.Stated, "ssdp.server")
	}
}
