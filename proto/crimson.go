package proto

import (
	"tyto/proto/phrase"
	"tyto/tyto"
)

// Red Lion's Crimson 3, by which panels and gateways are configured. It is not
// published; a public script for nmap (cr3-fingerprint) shows how maker and model are asked for.
func init() {
	register(Dissector{
		Name: "crimson", Industrial: true,
		Where: []Where{TCP(789)},
		Is:    isCrimson, Split: splitCrimson, Tell: tellCrimson,
	})
}

// What is asked for: the model, and the maker.
const (
	crimsonModel = 0x012a
	crimsonMaker = 0x012b
)

var (
	crimsonClient = []byte("crimson client")
	crimsonDevice = []byte("crimson device")
)

// isCrimson wants whole messages to the end of the segment.
func isCrimson(m *Message) bool {
	c := m.Read()
	for range 16 {
		n := int(c.U16())
		if c.Skip(n); c.Short() || n < 4 || n > 4096 {
			return false
		}
		if c.Len() == 0 {
			return m.Body[2] <= 0x0f
		}
	}
	return false
}

func splitCrimson(m *Message) int {
	c := m.Read()
	n := int(c.U16())
	switch {
	case c.Short():
		return 0
	case n < 4:
		return -1
	}
	return 2 + n
}

func tellCrimson(m *Message, s *Sink) {
	c := m.Read()
	c.Skip(2)
	what := c.U16()
	c.Skip(2)
	if c.Short() {
		s.Malformed("crimson: header")
		return
	}
	if m.ToServer {
		s.Asks(m, crimsonClient, "crimson.register")
		if what == crimsonModel || what == crimsonMaker {
			s.Did(tyto.Identify, "crimson identify", nil, "")
		} else {
			s.Op("crimson other")
		}
		return
	}
	s.Serves(m, crimsonDevice, "crimson", "crimson.register")
	text := phrase.Text(c.Rest())
	if m.Cut || len(text) > 64 {
		return
	}
	switch what {
	case crimsonModel:
		s.Sender(tyto.Model, text, tyto.Stated, "crimson.model")
	case crimsonMaker:
		s.Sender(tyto.Vendor, text, tyto.Stated, "crimson.manufacturer")
	}
}
