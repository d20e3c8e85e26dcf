package proto

import (
	"bytes"

	"tyto/frame"
	"tyto/proto/phrase"
	"tyto/tyto"
)

// ProConOS of KW-Software (Phoenix Contact), the run-time system of many makers'
// controllers. Its protocol is not published; Digital Bond's Redpoint and nmap show
// how a controller is asked what it is.
func init() {
	register(Dissector{
		Name: "proconos", Industrial: true,
		Where: []Where{TCP(20547)},
		Is:    isProConOS, Tell: tellProConOS,
	})
}

const (
	proconosMark     = "\xcc\x01"
	proconosAsk      = "\xcc\x01\x00\x0b\x40\x02"
	proconosHeader   = 8
	proconosRuntime  = "ProConOS V"
	proconosIdentity = "\x02\x92\x00"
)

var (
	proconosClient = []byte("proconos client")
	proconosServer = []byte("proconos controller")
)

func isProConOS(m *Message) bool {
	c := m.Read()
	return c.Has(proconosMark) && c.Len() >= proconosHeader
}

func tellProConOS(m *Message, s *Sink) {
	c := m.Read()
	if !c.Has(proconosMark) { // what a message before goes on with
		s.Op("proconos data")
		return
	}
	if m.ToServer {
		s.Asks(m, proconosClient, "proconos.header")
		if c.Has(proconosAsk) {
			s.Did(tyto.Identify, "proconos identify", nil, "")
		} else {
			s.Op("proconos request")
		}
		return
	}
	s.Serves(m, proconosServer, "proconos", "proconos.header")
	c.Skip(5)
	if c.Has(proconosIdentity) {
		c.Skip(len(proconosIdentity))
		tellProConOSIdentity(s, &c)
	}
}

// tellProConOSIdentity reads version and date, and the texts of the controller and of its projects, which zeroes part.
func tellProConOSIdentity(s *Sink, c *frame.Cursor) {
	version := proconosText(c)
	at := bytes.Index(version, []byte(proconosRuntime))
	if at < 0 {
		s.Malformed("proconos: version of the run-time system")
		return
	}
	version = version[at:]
	if end := bytes.IndexByte(version[len(proconosRuntime):], ' '); end > 0 {
		s.Sender(tyto.Clue, bytes.TrimSpace(version[len(proconosRuntime)+end:]), tyto.Stated, "proconos.date")
		version = version[:len(proconosRuntime)+end]
	}
	s.Sender(tyto.Firmware, version, tyto.Stated, "proconos.version")
	s.Sender(tyto.Model, proconosText(c), tyto.Stated, "proconos.plc_type")
	s.Sender(tyto.Clue, proconosText(c), tyto.Stated, "proconos.project")
	s.Sender(tyto.Clue, proconosText(c), tyto.Stated, "proconos.boot_project")
}

// proconosText is the next text that ends with zero, of printable letters.
func proconosText(c *frame.Cursor) []byte {
	b := bytes.TrimLeft(c.Rest(), "\x00")
	c.Skip(c.Len() - len(b))
	end := bytes.IndexByte(b, 0)
	if end <= 0 || end > 64 {
		return nil
	}
	c.Skip(end)
	return phrase.Text(b[:end])
}
