package proto

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	"tyto/frame"
	"tyto/tyto"
)

const dicomPatient = "PLANTED^PATIENT"

func dicomItem(kind int, body ...any) []byte {
	b := cat(body...)
	return cat(kind, 0, uint16(len(b)), b)
}

func dicomPDU(kind int, body ...any) []byte {
	b := cat(body...)
	return cat(kind, 0, uint32(len(b)), b)
}

func dicomAE(name string) string { return name + strings.Repeat(" ", 16-len(name)) }

func dicomAssociate(kind int, contexts ...[]byte) []byte {
	user := dicomItem(0x50, dicomItem(0x51, uint32(16384)), dicomItem(0x52, "1.2.276.0.7230010.3.0.3.6.7"), dicomItem(0x55, "OFFIS_DCMTK_367"),
		dicomItem(0x58, 2, 1, uint16(9), "clinician", uint16(6), "secret"))
	return dicomPDU(kind, uint16(1), uint16(0), dicomAE("ARCHIVE"), dicomAE("CT_ROOM_2"), make([]byte, 32),
		dicomItem(0x10, "1.2.840.10008.3.1.1.1"), bytes.Join(contexts, nil), user)
}

func dicomAsk(id int, syntax string) []byte {
	return dicomItem(0x20, id, 0, 0, 0, dicomItem(0x30, syntax), dicomItem(0x40, "1.2.840.10008.1.2"))
}

func dicomGrant(id, result int) []byte {
	return dicomItem(0x21, id, 0, result, 0, dicomItem(0x40, "1.2.840.10008.1.2"))
}

func dicomElement(element uint16, value []byte) []byte {
	b := binary.LittleEndian.AppendUint16([]byte{0, 0}, element)
	return append(binary.LittleEndian.AppendUint32(b, uint32(len(value))), value...)
}

func dicomSays(field, status uint16) []byte {
	command := append(dicomElement(0x0002, []byte("1.2.840.10008.5.1.4.1.1.2\x00")), dicomElement(0x0100, binary.LittleEndian.AppendUint16(nil, field))...)
	if field&0x8000 != 0 {
		command = append(command, dicomElement(0x0900, binary.LittleEndian.AppendUint16(nil, status))...)
	}
	return dicomPDU(4, uint32(len(command)+2), 1, 3, command)
}

// dicomSet is a data set with the name of a patient in it.
func dicomSet() []byte {
	b := cat("\x10\x00\x10\x00", "\x10\x00\x00\x00", dicomPatient+" ")
	return dicomPDU(4, uint32(len(b)+2), 1, 2, b)
}

func TestGenerateDICOM(t *testing.T) {
	w := newWire()
	ct, pacs := wireStation(30), wireStation(60)
	c := w.tcp(ct, 40001, pacs, 104)
	c.say(0, dicomAssociate(1, dicomAsk(1, "1.2.840.10008.5.1.4.1.1.2"), dicomAsk(3, "1.2.840.10008.5.1.4.1.2.2.1"), dicomAsk(5, "1.2.840.10008.1.1")))
	c.say(1, dicomAssociate(2, dicomGrant(1, 0), dicomGrant(3, 0), dicomGrant(5, 3)))
	c.say(0, dicomSays(0x30, 0)).say(1, dicomSays(0x8030, 0))
	c.say(0, append(dicomSays(0x01, 0), dicomSet()...)).say(1, dicomSays(0x8001, 0xa700))
	c.say(0, append(dicomSays(0x20, 0), dicomSet()...)).say(1, append(dicomSays(0x8020, 0xff00), dicomSet()...)).say(1, dicomSays(0x8020, 0))
	c.say(0, dicomPDU(5, uint32(0))).say(1, dicomPDU(6, uint32(0))).end()
	c = w.tcp(ct, 40002, pacs, 5000)
	c.say(0, dicomAssociate(1, dicomAsk(1, "1.2.840.10008.5.1.1.9"))).say(1, dicomPDU(3, 0, 1, 1, 7)).end()
	c = w.tcp(ct, 40003, pacs, 11112)
	c.say(0, dicomAssociate(1, dicomAsk(1, "1.2.840.10008.5.1.1.9"))).say(1, dicomAssociate(2, dicomGrant(1, 0)))
	c.say(0, dicomPDU(4, uint32(900), 1, 3, "short")).end()
	w.keep(t, "dicom")
}

// TestDICOMKeepsPatientsOut gives a data set, and a user's name, of which nothing may be told.
func TestDICOMKeepsPatientsOut(t *testing.T) {
	memory := new([4]uint64)
	for _, b := range [][]byte{dicomAssociate(1, dicomAsk(1, "1.2.840.10008.5.1.4.1.1.2")), append(dicomSays(1, 0), dicomSet()...), dicomSet()} {
		s := shown(t, "dicom", &Message{Body: b, Memory: memory, ToServer: true})
		for _, x := range s.Facts() {
			if v := string(x.Value); strings.Contains(v, "PLANTED") || strings.Contains(v, "clinician") || strings.Contains(v, "secret") {
				t.Errorf("told %q", v)
			}
		}
		for _, x := range s.Deeds() {
			if len(x.Object) > 0 {
				t.Errorf("an act is about %q", x.Object)
			}
		}
	}
}

func TestDICOMActs(t *testing.T) {
	for _, x := range []struct {
		field, status uint16
		verb          tyto.Verb
		outcome       string
	}{
		{0x8001, 0, tyto.Transfer, "ok"}, {0x8001, 0x0124, tyto.Transfer, "not authorized"}, {0x8020, 0xfe00, tyto.Browse, "cancelled"},
		{0x8140, 0x0110, tyto.Write, "error"}, {0x8030, 0, tyto.Identify, "ok"},
	} {
		d := shown(t, "dicom", &Message{Body: dicomSays(x.field, x.status)}).Deeds()
		if len(d) != 1 || d[0].Verb != x.verb || d[0].Outcome != x.outcome || !d[0].ByReceiver {
			t.Errorf("%#x: got %+v", x.field, d)
		}
	}
}

func TestDICOMAllocates(t *testing.T) {
	f := &frame.Frame{Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcPort: 40000, DstPort: 104, Proto: frame.TCP}
	wireAllocs(t, "dicom", &Message{Frame: f, ToServer: true, Body: dicomAssociate(1, dicomAsk(1, "1.2.840.10008.5.1.4.1.1.2"))})
	if isDICOM(&Message{Frame: f, Body: []byte("\x01\x00 this is some other text that is long enough to be one of them all")}) {
		t.Error("text is taken for DICOM")
	}
}
