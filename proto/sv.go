package proto

import (
	"strconv"

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

// tellSV tells who publishes, and what changes of the streams.
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

// svUnit reads one ASDU, which begins with the stream's id. It tells who
// publishes again when samples are counted from 0, once a second.
func svUnit(m *Message, s *Sink, c *frame.Cursor) {
	id, ok := der.Expect(c, 0x80)
	if !ok || len(id) == 0 {
		svBroken(m, s)
		return
	}
	var set []byte
	count, b := int64(1), goosepdu.Block{Simulated: goosepdu.IsSimulated(m.Body)}
	for range 5 {
		tag := der.Peek(c)
		if tag < 0x81 || tag > 0x85 {
			break
		}
		_, value, ok := der.Next(c)
		n, number := der.Int(value)
		switch {
		case !ok:
			return
		case tag == 0x81:
			set = value
		case tag == 0x82:
			count = n
		case tag == 0x83:
			b.Revision = uint32(n)
		case tag == 0x85:
			b.Wanting = number && n == 0
		}
	}
	b.Set = goosepdu.Hash(set)
	changes := goosepdu.See(m.Memory, id, b)
	if changes&goosepdu.First != 0 || count == 0 {
		s.Sender(tyto.Role, svPublisher, tyto.Shown, "sv.svID")
		s.Sender(tyto.Clue, id, tyto.Stated, "sv.svID")
		s.Sender(tyto.Clue, set, tyto.Stated, "sv.datSet")
		if b.Simulated {
			s.Sender(tyto.Clue, svSimulated, tyto.Stated, "sv.reserve1.s_bit")
		}
	}
	if changes != 0 && m.Frame.Missing == 0 && !b.Simulated {
		svChanges(s, changes, id, set, b.Revision)
	}
}

var (
	svSimulated = []byte("simulated")
	svAdrift    = []byte("not synchronised")
)

// svChanges tells what is another than in the message before.
func svChanges(s *Sink, changes goosepdu.Changes, id, set []byte, revision uint32) {
	if changes&goosepdu.Wanting != 0 {
		s.Sender(tyto.Clue, svAdrift, tyto.Stated, "sv.smpSynch")
	}
	if changes&goosepdu.Revision != 0 {
		s.Did(tyto.Configure, "sv confRev", svObject(s, id, strconv.AppendUint(s.Scratch(10)[:0], uint64(revision), 10)), "")
	}
	if changes&goosepdu.Set != 0 {
		s.Did(tyto.Configure, "sv datSet", svObject(s, id, set), "")
		if changes&goosepdu.Revision == 0 {
			s.Malformed("sv: another data set of the same confRev")
		}
	}
}

// svObject is "MU0101: 3".
func svObject(s *Sink, id, value []byte) []byte {
	b := s.Scratch(len(id) + 2 + len(value))
	if b == nil {
		return id
	}
	return append(append(append(b[:0], id...), ": "...), value...)
}

func svBroken(m *Message, s *Sink) {
	if m.Frame.Missing == 0 {
		s.Malformed("sv: ASDU")
	}
}
