package proto

import (
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

// tellGOOSE tells who publishes once for each control block, and counts messages
// by whether they repeat the state or are new.
func tellGOOSE(m *Message, s *Sink) {
	c, ok := goosepdu.Read(m.Body, gooseTag)
	if !ok {
		s.Op("goose management")
		return
	}
	var reference, set, id []byte
	event, simulated, commission := false, false, false
	for range 16 {
		tag, value, ok := der.Next(&c)
		if !ok {
			if m.Frame.Missing == 0 {
				s.Malformed("goose: field")
			}
			break
		}
		switch tag {
		case 0x80:
			reference = value
		case 0x82:
			set = value
		case 0x83:
			id = value
		case 0x86:
			n, _ := der.Int(value)
			event = n == 0
		case 0x87:
			simulated = len(value) == 1 && value[0] != 0
		case 0x89:
			commission = len(value) == 1 && value[0] != 0
		}
		if c.Len() == 0 {
			break
		}
	}
	switch {
	case simulated:
		s.Op("goose simulation")
	case event:
		s.Op("goose event")
	default:
		s.Op("goose repetition")
	}
	if len(reference) == 0 {
		s.Malformed("goose: no control block")
		return
	}
	if !goosepdu.News(m.Memory, reference) {
		return
	}
	s.Sender(tyto.Role, goosePublisher, tyto.Shown, "goose.gocbRef")
	s.Sender(tyto.Clue, reference, tyto.Stated, "goose.gocbRef")
	s.Sender(tyto.Clue, set, tyto.Stated, "goose.datSet")
	s.Sender(tyto.Clue, id, tyto.Stated, "goose.goID")
	if commission {
		s.Sender(tyto.Clue, gooseCommission, tyto.Stated, "goose.ndsCom")
	}
}

var gooseCommission = []byte("needs commissioning")
