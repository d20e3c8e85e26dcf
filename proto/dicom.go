package proto

import (
	"bytes"

	"tyto/frame"
	"tyto/proto/dicom"
	"tyto/tyto"
)

// DICOM's upper layer over TCP (PS3.8 section 9.3) and its messages (PS3.7).
// Data sets, which hold what is known of patients, are never looked at.
func init() {
	register(Dissector{
		Name:     "dicom",
		Where:    []Where{TCP(104), TCP(11112), TCP(2761), TCP(2762), TCP(4242)},
		Anywhere: true, First: "\x01",
		Is: isDICOM, Split: splitDICOM, Tell: tellDICOM,
	})
}

// Types of protocol data units.
const (
	dicomRequest = 1 + iota
	dicomAccept
	dicomReject
	dicomData
	dicomReleaseAsked
	dicomReleased
	dicomAbort
)

// Memory of a conversation: [0] to [2] are the presentation contexts, by half
// their id, that were asked for to store, to search an archive, and to print;
// [3] holds, above the roles, whether a modality was told.
const dicomToldModality = 1 << 2

var (
	dicomClient  = []byte("dicom client")
	dicomServer  = []byte("dicom server")
	dicomStores  = []byte("dicom storage")
	dicomArchive = []byte("dicom archive")
	dicomPrinter = []byte("dicom printer")
	dicomContext = []byte("1.2.840.10008.3.1.1.1")
)

// isDICOM wants an association that is asked for with DICOM's application
// context; on its ports any unit whose header is right.
func isDICOM(m *Message) bool {
	c := m.Read()
	kind, zero, n := c.U8(), c.U8(), c.U32()
	if c.Short() || zero != 0 {
		return false
	}
	if kind == dicomRequest {
		c.Skip(68)
		return n >= 68 && n < 1<<20 && c.U8() == 0x10 && c.U8() == 0 && bytes.Equal(c.Bytes(int(c.U16())), dicomContext)
	}
	f := m.Frame
	for _, p := range [...]uint16{104, 11112, 2761, 2762, 4242} {
		if f.SrcPort == p || f.DstPort == p {
			return kind == dicomData && c.Len() >= 6 && dicomFits(c, n) || kind >= dicomReleaseAsked && kind <= dicomAbort && n == 4
		}
	}
	return false
}

// dicomFits reports whether the first value of a data unit lies within it.
func dicomFits(c frame.Cursor, n uint32) bool {
	value, id, control := c.U32(), c.U8(), c.U8()
	return value >= 2 && value <= n-4 && n >= 6 && n < 1<<24 && id&1 == 1 && control < 4
}

func splitDICOM(m *Message) int {
	c := m.Read()
	kind, _, n := c.U8(), c.U8(), c.U32()
	switch {
	case c.Short():
		return 0
	case kind < dicomRequest || kind > dicomAbort || n > 1<<28:
		return -1
	}
	return 6 + int(n)
}

func tellDICOM(m *Message, s *Sink) {
	c := m.Read()
	kind := c.U8()
	c.Skip(5)
	switch kind {
	case dicomRequest, dicomAccept:
		tellDICOMAssociation(m, s, &c, kind == dicomRequest)
	case dicomReject:
		c.Skip(2)
		source, reason := c.U8(), c.U8()
		s.Undergone(tyto.LoginFailed, "dicom associate", nil, dicom.RejectText(source, reason))
	case dicomData:
		tellDICOMData(m, s, &c)
	case dicomReleaseAsked:
		s.Op("dicom release")
	case dicomAbort:
		s.Op("dicom abort")
	}
}

func tellDICOMAssociation(m *Message, s *Sink, c *frame.Cursor, asks bool) {
	c.Skip(4)
	called, calling := bytes.Trim(c.Bytes(16), " \x00"), bytes.Trim(c.Bytes(16), " \x00")
	c.Skip(32)
	if asks {
		s.Op("dicom associate")
		s.Asks(m, dicomClient, "dicom.pdu.type")
		s.Sender(tyto.Clue, calling, tyto.Stated, "dicom.assoc.ae.calling")
		s.Receiver(tyto.Clue, called, tyto.Shown, "dicom.assoc.ae.called")
		m.Memory[0], m.Memory[1], m.Memory[2] = 0, 0, 0
	} else {
		s.Serves(m, dicomServer, "dicom", "dicom.pdu.type")
		s.Sender(tyto.Clue, called, tyto.Stated, "dicom.assoc.ae.called")
	}
	modality, mixed := "", false
	for range 200 {
		kind, item := c.U8(), frame.Cursor{}
		c.Skip(1)
		if item = c.Sub(int(c.U16())); item.Short() {
			break
		}
		switch {
		case kind == 0x20 && asks:
			x := tellDICOMAsked(m, &item)
			mixed = mixed || x != "" && modality != "" && x != modality
			modality = max(modality, x)
		case kind == 0x21 && !asks:
			tellDICOMGranted(m, s, &item)
		case kind == 0x50:
			tellDICOMUser(s, item)
		}
		if c.Len() == 0 {
			break
		}
	}
	if c.Short() && !m.Cut {
		s.Malformed("dicom: item of an association")
	}
	if modality != "" && !mixed && m.Memory[3]&dicomToldModality == 0 {
		m.Memory[3] |= dicomToldModality
		if b := s.Scratch(len(modality)); b != nil {
			s.Sender(tyto.Role, append(b[:0], modality...), tyto.Shown, "dicom.pctx.abss.syntax")
		}
	}
}

// tellDICOMAsked remembers what a context is asked for, and is the modality
// that makes what it stores, "" if none is known.
func tellDICOMAsked(m *Message, c *frame.Cursor) string {
	id := c.U8()
	c.Skip(3)
	if kind := c.U8(); kind != 0x30 {
		return ""
	}
	c.Skip(1)
	syntax := bytes.TrimRight(c.Bytes(int(c.U16())), "\x00 ")
	use, modality := dicom.Use(syntax)
	if use != dicom.Other && id < 128 {
		m.Memory[use-1] |= 1 << (id / 2)
	}
	return modality
}

// tellDICOMGranted tells what the sender is by a context that it accepts.
func tellDICOMGranted(m *Message, s *Sink, c *frame.Cursor) {
	id := c.U8()
	c.Skip(1)
	if c.U8() != 0 || c.Short() || id >= 128 {
		return
	}
	roles := [...][]byte{dicomStores, dicomArchive, dicomPrinter}
	for i := range roles {
		if m.Memory[i]>>(id/2)&1 != 0 {
			m.Memory[i] = 0 // once an association
			s.Sender(tyto.Role, roles[i], tyto.Shown, "dicom.pctx.result")
		}
	}
}

// tellDICOMUser tells the implementation (PS3.7 annex D.3.3.2). Of the
// identity of a user (D.3.3.7) nothing is told.
func tellDICOMUser(s *Sink, c frame.Cursor) {
	for range 32 {
		kind := c.U8()
		c.Skip(1)
		value := c.Bytes(int(c.U16()))
		if c.Short() {
			return
		}
		switch kind {
		case 0x52:
			s.Sender(tyto.Clue, bytes.TrimRight(value, "\x00 "), tyto.Stated, "dicom.userinfo.uid")
		case 0x55:
			s.Sender(tyto.Clue, bytes.TrimRight(value, "\x00 "), tyto.Stated, "dicom.userinfo.version")
		}
	}
}

// tellDICOMData tells the command of a message (PS3.7 annex E); of data sets nothing.
func tellDICOMData(m *Message, s *Sink, c *frame.Cursor) {
	for range 16 {
		if c.Len() < 6 {
			return
		}
		n := int(c.U32())
		value := c.Sub(min(n, c.Len()))
		if n < 2 || n > value.Len() && !m.Cut {
			s.Malformed("dicom: length of a value")
			return
		}
		value.Skip(1)
		if control := value.U8(); control&1 == 0 {
			continue
		}
		command, ok := dicom.ReadCommand(value)
		if !ok {
			if !m.Cut {
				s.Malformed("dicom: command")
			}
			continue
		}
		x := dicom.Find(command.Field &^ 0x8000)
		switch {
		case x == nil:
			s.Op("dicom other command")
		case command.Field&0x8000 == 0:
			s.Op(x.Op)
		case command.Status&0xff00 != 0xff00: // pending: more answers follow
			tellDICOMOutcome(s, x, command.Status)
		}
	}
}

func tellDICOMOutcome(s *Sink, x *dicom.Service, status uint16) {
	outcome, verb := dicom.StatusText(status), tyto.NoVerb
	switch x.Does {
	case dicom.Identifies:
		verb = tyto.Identify
	case dicom.Transfers:
		verb = tyto.Transfer
	case dicom.Searches:
		verb = tyto.Browse
	case dicom.Writes:
		verb = tyto.Write
	case dicom.Executes:
		verb = tyto.Execute
	}
	if verb != tyto.NoVerb {
		s.Undergone(verb, x.Op, nil, outcome)
	}
}
