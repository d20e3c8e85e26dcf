package proto

import (
	"fmt"
	"strings"
	"testing"

	"tyto/frame"
)

// astmFrame is text in a frame, with its checksum.
func astmFrame(number int, text, end string) string {
	b := fmt.Sprint(number) + text + end
	sum := byte(0)
	for i := range len(b) {
		sum += b[i]
	}
	return "\x02" + b + fmt.Sprintf("%02X\r\n", sum)
}

const astmHead = `H|\^&||PLANTED-PASSWORD|Example Hematology^3.12^SN778^EXA|||||LIS HOST||P|1|20260101120000` + "\r"

func TestGenerateASTM(t *testing.T) {
	w := newWire()
	analyzer, lis := wireStation(30), wireStation(60)
	c := w.tcp(analyzer, 40001, lis, 4000)
	c.ask("\x05").answer("\x06").ask(astmFrame(1, astmHead, "\x03")).answer("\x06")
	c.ask(astmFrame(2, "P|1||PLANTED1||PLANTED^PATIENT\rO|1|PLANTED2||^^^WBC\r", "\x17")).answer("\x06")
	c.ask(astmFrame(3, "R|9|PLANTED which goes on from before\rR|1|^^^WBC|PLANTED\r", "\x03")).answer("\x15")
	c.ask(strings.Replace(astmFrame(4, "L|1|N\r", "\x03"), "L|1", "L|2", 1)).ask(astmFrame(9, "L|1|N\r", "\x03")).ask(astmFrame(4, "X|1\r", "\x03")).ask("\x04").end()
	c = w.tcp(analyzer, 40002, lis, 7000)
	c.ask(astmHead + "Q|1|ALL\r\n").end()
	w.keep(t, "astm")
}

// TestASTMKeepsPatientsOut gives records in which all that is a patient's is marked.
func TestASTMKeepsPatientsOut(t *testing.T) {
	all := astmHead + "P|1||PLANTED1||PLANTED^PATIENT\rO|1|PLANTED2||^^^WBC\rR|1|^^^WBC|PLANTED\rC|1|I|PLANTED\r"
	s := shown(t, "astm", &Message{Body: []byte(astmFrame(1, all, "\x03")), ToServer: true})
	if fact(s, "astm.H.5") != "Example Hematology" || fact(s, "astm.H.5.2") != "3.12" || fact(s, "astm.H.5.3") != "SN778" {
		t.Errorf("got %+v", s.Facts())
	}
	for _, x := range s.Facts() {
		if strings.Contains(string(x.Value), "PLANTED") {
			t.Errorf("told %q of %s", x.Value, x.Field)
		}
	}
}

func TestASTMAllocates(t *testing.T) {
	f := &frame.Frame{Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcPort: 40000, DstPort: 4000, Proto: frame.TCP}
	wireAllocs(t, "astm", &Message{Frame: f, ToServer: true, Body: []byte(astmFrame(1, astmHead, "\x03"))})
	for _, text := range []string{"HTTP/1.1 200 OK\r\n", "\x05", "\x021H|something", "\x05\x06H"} {
		if isASTM(&Message{Frame: f, Body: []byte(text)}) {
			t.Errorf("%q is taken for LIS2", text)
		}
	}
}
