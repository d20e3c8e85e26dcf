package proto

import (
	"tyto/frame"
	"tyto/proto/der"
	"tyto/proto/goosepdu"
	"tyto/tyto"
)

// Sampled Values (IEC 61850-9-2), the measurements of merging units.
func init() {
	register(Dissector{
		Name: "sv", Industrial: true,
		Where: []Where{EtherType(0x88ba)},
		Is:    isSV, Tell: tellSV,
	})
}

const svTag = 0x60 // of the PDU

var svPublisher = []byte("sampled values publisher")

func isSV(m *Message) bool {
	_, ok := goosepdu.Read(m.Body, svTag)
	return ok
}

// tellSV tells who publishes once for each stream.
func tellSV(m *Message, s *Sink) {
	s.Op("sv samples")
	c, _ := goosepdu.Read(m.Body, svTag)
	for range 4 {
		if der.Peek(&c) != 0xa2 {
			if _, _, ok := der.Next(&c); !ok {
				svBroken(m, s)
				return
			}
			continue
		}
		list, _ := der.Enter(&c, 0xa2)
		for range 8 {
			asdu, ok := der.Enter(&list, der.Sequence)
			if !ok {
				svBroken(m, s)
				return
			}
			svUnit(m, s, &asdu)
			if list.Len() == 0 {
				return
			}
		}
		return
	}
}

// svUnit reads one ASDU, which begins with the stream's id.
func svUnit(m *Message, s *Sink, c *frame.Cursor) {
	id, ok := der.Expect(c, 0x80)
	if !ok || len(id) == 0 {
		svBroken(m, s)
		return
	}
	if !goosepdu.News(m.Memory, id) {
		return
	}
	s.Sender(tyto.Role, svPublisher, tyto.Shown, "sv.svID")
	s.Sender(tyto.Clue, id, tyto.Stated, "sv.svID")
	if der.Peek(c) == 0x81 {
		set, _ := der.Expect(c, 0x81)
		s.Sender(tyto.Clue, set, tyto.Stated, "sv.datSet")
	}
}

func svBroken(m *Message, s *Sink) {
	if m.Frame.Missing == 0 {
		s.Malformed("sv: ASDU")
	}
}
