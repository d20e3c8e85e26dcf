package enip

import (
	"testing"

	"tyto/frame"
)

func TestReadProcessor(t *testing.T) {
	for _, x := range []struct{ data, name, mode string }{
		{"\x00\xee\x34\x5b\x23" + "5/04       " + "\x00\x00\x1e\x00", "5/04", "run"},
		{"\x00\xee\x34\x49\x00" + "5/03       " + "\x00\x00\x11\x00", "5/03", "program"},
		{"\x00\xee\x34\x78\x00" + "5/05       " + "\x00\x00\x06\x20", "5/05", "fault"},
		{"\x00\xee\x4a\x9f\x20" + "1766-LEC   " + "\x00\x00\x06\x00", "1766-LEC", ""}, // MicroLogix: the word is not known to be the same
		{"\x00\xee\x34\x5b\x23" + "5/04       ", "5/04", ""},
	} {
		p, ok := ReadProcessor(frame.Read([]byte(x.data)))
		if !ok || string(p.Name) != x.name || p.Mode != x.mode {
			t.Errorf("%q: got %q %q %v, want %q %q", x.data, p.Name, p.Mode, ok, x.name, x.mode)
		}
	}
	p, _ := ReadProcessor(frame.Read([]byte("\x00\xee\x34\x5b\x23" + "5/04       ")))
	if p.Series != 'B' || p.Revision != 'D' {
		t.Errorf("series %c, revision %c; want B and D", p.Series, p.Revision)
	}
	for _, data := range []string{"", "\x06\xeb\x4b\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", // PLC-5
		"\x00\xee\x34\x5b\x23" + "5/04", "\x00\xee\x34\x5b\x23" + "5\x01/04      ", "\x00\xee\x34\x5b\x23" + "           "} {
		if p, ok := ReadProcessor(frame.Read([]byte(data))); ok {
			t.Errorf("%q: got %q", data, p.Name)
		}
	}
}
