package proto

import (
	"strings"
	"testing"

	"tyto/frame"
	"tyto/tyto"
)

func hl7Says(segments ...string) string { return "\x0b" + strings.Join(segments, "\r") + "\r\x1c\r" }

const (
	hl7PatientID = "PID|1||PLANTED123^^^WARD^MR||PLANTED^PATIENT^Q||19700101|F|||1 PLANTED STREET"
	hl7Result    = `MSH|^~\&|EXAMPLE ANALYZER|LAB 2|LIS|EXAMPLE HOSPITAL|20260101120000||ORU^R01^ORU_R01|PLANTED77|P|2.5.1`
	hl7Software  = `SFT|Example Diagnostics^L|4.2.1|Example Result Manager|9`
	hl7Observed  = `OBX|1|NM|2345-7^Glucose^LN||PLANTED|mg/dL|70-105|N|||F|||20260101||PLANTED^NURSE||SN55512^EXA-900^0011223344556677^EUI-64`
)

func TestGenerateHL7(t *testing.T) {
	w := newWire()
	analyzer, lis := wireStation(30), wireStation(60)
	c := w.tcp(analyzer, 40001, lis, 2575)
	c.ask(hl7Says(hl7Result, hl7Software, hl7PatientID, hl7Observed)).answer(hl7Says(`MSH|^~\&|LIS|EXAMPLE HOSPITAL|EXAMPLE ANALYZER|LAB 2|20260101||ACK^R01|1|P|2.5.1`, "MSA|AA|PLANTED77"))
	c.ask(hl7Says(hl7Result, hl7PatientID)).answer(hl7Says(`MSH|^~\&|LIS|EXAMPLE HOSPITAL|EXAMPLE ANALYZER|LAB 2|20260101||ACK^R01|2|P|2.5.1`, "MSA|AE|PLANTED77|PLANTED is not known"))
	c.ask(hl7Says("MSX|no header")).end()
	c = w.tcp(lis, 40002, analyzer, 7777)
	c.ask(hl7Says(`MSH|^~\&|LIS|EXAMPLE HOSPITAL|EXAMPLE ANALYZER|LAB 2|20260101||OML^O33|3|P|2.5.1`, hl7PatientID, "ORC|NW|PLANTED"))
	c.ask(hl7Says(`MSH#*~\&#LIS#EXAMPLE HOSPITAL###20260101##ZZZ#4#P#2.5.1`)).end()
	w.keep(t, "hl7")
}

// TestHL7KeepsPatientsOut gives messages in which all that is a patient's is
// marked, of which nothing may be told.
func TestHL7KeepsPatientsOut(t *testing.T) {
	s := shown(t, "hl7", &Message{Body: []byte(hl7Says(hl7Result, hl7Software, hl7PatientID, hl7Observed, "NK1|1|PLANTED", "NTE|1||PLANTED")), ToServer: true})
	if fact(s, "hl7.MSH.3") != "EXAMPLE ANALYZER" || fact(s, "hl7.SFT.2") != "4.2.1" || fact(s, "hl7.OBX.18") != "SN55512" {
		t.Errorf("got %+v", s.Facts())
	}
	for _, x := range s.Facts() {
		if strings.Contains(string(x.Value), "PLANTED") {
			t.Errorf("told %q of %s", x.Value, x.Field)
		}
	}
}

func TestHL7Acts(t *testing.T) {
	memory := new([4]uint64)
	shown(t, "hl7", &Message{Body: []byte(hl7Says(hl7Result)), ToServer: true, Memory: memory})
	d := shown(t, "hl7", &Message{Body: []byte(hl7Says(`MSH|^~\&|A|B|C|D|||ACK`, "MSA|AR|1")), Memory: memory}).Deeds()
	if len(d) != 2 || d[1].Verb != tyto.Write || d[1].Operation != "hl7 ORU" || d[1].Outcome != "rejected" || !d[1].ByReceiver {
		t.Errorf("got %+v", d)
	}
}

func TestHL7Allocates(t *testing.T) {
	f := &frame.Frame{Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcPort: 40000, DstPort: 2575, Proto: frame.TCP}
	wireAllocs(t, "hl7", &Message{Frame: f, ToServer: true, Body: []byte(hl7Says(hl7Result, hl7Software, hl7Observed))})
	for _, text := range []string{"\x0bMSHELL and more", "\x0bMSH", "MSH|^~\\&|A|B", "\x0bMSH||||||||"} {
		if isHL7(&Message{Frame: f, Body: []byte(text)}) {
			t.Errorf("%q is taken for HL7", text)
		}
	}
}
