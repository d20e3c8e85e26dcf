package proto

import (
	"strconv"

	"tyto/frame"
	"tyto/proto/der"
	"tyto/proto/goosepdu"
	"tyto/tyto"
)

// GOOSE (IEC 61850-8-1), events between devices of a substation.
func init() {
	register(Dissector{
		Name: "goose", Industrial: true,
		Where: []Where{EtherType(0x88b8)},
		Is:    isGOOSE, Tell: tellGOOSE,
	})
}

const gooseTag = 0x61 // of the PDU of an event

var goosePublisher = []byte("goose publisher")

// isGOOSE also takes the management messages, which are only counted.
func isGOOSE(m *Message) bool {
	_, ok := goosepdu.Read(m.Body, gooseTag)
	_, management := goosepdu.Read(m.Body, 0x60)
	return ok || management
}

// tellGOOSE tells who publishes, again with each new state and now and then, what
// changed of the control block, and what its numbers say. It counts messages by whether
// they repeat the state or are new.
func tellGOOSE(m *Message, s *Sink) {
	c, ok := goosepdu.Read(m.Body, gooseTag)
	if !ok {
		s.Op("goose management")
		return
	}
	reference, set, id, b, whole := readGOOSE(m, s, &c)
	switch {
	case b.Simulated:
		s.Op("goose simulation")
	case b.Sequence == 0:
		s.Op("goose event")
	default:
		s.Op("goose repetition")
	}
	if len(reference) == 0 {
		s.Malformed("goose: no control block")
		return
	}
	changes := goosepdu.First
	if whole { // else nothing is to be compared
		changes = goosepdu.See(m.Memory, reference, b)
	}
	if changes&(goosepdu.First|goosepdu.Event) != 0 || b.Sequence&63 == 0 {
		s.Sender(tyto.Role, goosePublisher, tyto.Shown, "goose.gocbRef")
		s.Sender(tyto.Clue, reference, tyto.Stated, "goose.gocbRef")
		s.Sender(tyto.Clue, set, tyto.Stated, "goose.datSet")
		s.Sender(tyto.Clue, id, tyto.Stated, "goose.goID")
		if b.Simulated {
			s.Sender(tyto.Clue, gooseSimulated, tyto.Stated, "goose.simulation")
		}
	}
	if changes&goosepdu.Wanting != 0 {
		s.Sender(tyto.Clue, gooseCommission, tyto.Stated, "goose.ndsCom")
	}
	if !b.Simulated { // what tests say, subscribers in service leave aside
		tellGOOSEChanges(s, changes, reference, set, id, b.Revision)
	}
}

var (
	gooseCommission = []byte("needs commissioning")
	gooseSimulated  = []byte("simulated")
)

// readGOOSE reads the fields of an event; whole is false if not all are there.
func readGOOSE(m *Message, s *Sink, c *frame.Cursor) (reference, set, id []byte, b goosepdu.Block, whole bool) {
	var entries []byte
	b.Simulated = goosepdu.IsSimulated(m.Body)
	b.Sequence = 1
	for range 16 {
		tag, value, ok := der.Next(c)
		if !ok {
			if m.Frame.Missing == 0 {
				s.Malformed("goose: field")
			}
			break
		}
		n, _ := der.Int(value)
		switch tag {
		case 0x80:
			reference = value
		case 0x82:
			set = value
		case 0x83:
			id = value
		case 0x85:
			b.State = uint32(n)
		case 0x86:
			b.Sequence = uint32(n)
		case 0x87:
			b.Simulated = b.Simulated || len(value) == 1 && value[0] != 0
		case 0x88:
			b.Revision = uint32(n)
		case 0x89:
			b.Wanting = len(value) == 1 && value[0] != 0
		case 0x8a:
			entries, whole = value, true
		}
		if c.Len() == 0 {
			break
		}
	}
	b.Set, b.ID = goosepdu.Hash(set, entries), goosepdu.Hash(id)
	return reference, set, id, b, whole
}

// tellGOOSEChanges tells what is another than in the message before. What a block
// publishes must not change without its revision, and its numbers not go back (IEC
// 61850-7-2 section 18.2.1); what is missing, the network or the capture may have lost.
func tellGOOSEChanges(s *Sink, changes goosepdu.Changes, reference, set, id []byte, revision uint32) {
	if changes&goosepdu.Revision != 0 {
		s.Did(tyto.Configure, "goose confRev", gooseObject(s, reference, strconv.AppendUint(s.Scratch(10)[:0], uint64(revision), 10)), "")
	}
	if changes&goosepdu.Set != 0 {
		s.Did(tyto.Configure, "goose datSet", gooseObject(s, reference, set), "")
	}
	if changes&goosepdu.ID != 0 {
		s.Did(tyto.Configure, "goose goID", gooseObject(s, reference, id), "")
	}
	switch {
	case changes&goosepdu.Set != 0 && changes&goosepdu.Revision == 0:
		s.Malformed("goose: another data set of the same confRev")
	case changes&goosepdu.StateBack != 0:
		s.Malformed("goose: stNum goes back")
	case changes&goosepdu.SequenceBack != 0:
		s.Malformed("goose: sqNum goes back")
	case changes&goosepdu.Restarted != 0:
		s.Op("goose restart")
	case changes&goosepdu.Skipped != 0:
		s.Did(tyto.Violate, gooseMissing, reference, "")
	}
}

const gooseMissing = "goose: messages are missing"

// gooseObject is "EXA1LD0/LLN0$GO$gcb_A: 3".
func gooseObject(s *Sink, reference, value []byte) []byte {
	b := s.Scratch(len(reference) + 2 + len(value))
	if b == nil {
		return reference
	}
	return append(append(append(b[:0], reference...), ": "...), value...)
}
