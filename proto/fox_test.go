package proto

import (
	"testing"

	"tyto/frame"
)

const (
	foxAsks = "fox a 1 -1 fox hello\n{\nfox.version=s:1.0\nid=i:1\nhostName=s:desk\napp.name=s:Workbench\napp.version=s:3.7.44\n" +
		"os.name=s:Windows XP\nos.version=s:5.1\nhostId=s:Win-0000-0000-0000-0000\nbrandId=s:example\n};;\n"
	foxSays = "fox a 0 -1 fox hello\n{\nfox.version=s:1.0\nid=i:2\nhostName=s:192.168.17.60\napp.name=s:Station\napp.version=s:3.5.41.1\n" +
		"vm.name=s:J9\nvm.version=s:2.3\nos.name=s:QNX\nos.version=s:6.3.2\nstation.name=s:Example_HQ\nhostId=s:Qnx-NPM6-0000-0000-0077\nbrandId=s:example\n" +
		"sysInfo=o:bog 61[<bog version=\"1.0\">\n</bog>\n]\n};;\n"
)

func TestGenerateFox(t *testing.T) {
	w := newWire()
	c := w.tcp(wireStation(30), 40001, wireStation(60), 1911)
	c.ask(foxAsks).answer(foxSays)
	c.ask("fox a 2 -1 fox login\n{\n};;\n").answer("fox r 1 2 fox rejected\n{\n};;\nfox a 3 -1 fox challenge\n{\n};;\n")
	c.ask("fox a 4 -1 station ping\n{\n};;\n").end()
	w.keep(t, "fox")
}

func TestFoxIs(t *testing.T) {
	for body, want := range map[string]bool{foxAsks: true, "fox trots over the lazy dog\n{": false, "fox a": false, "GET / HTTP/1.1\r\n": false} {
		if got := isFox(&Message{Frame: &frame.Frame{}, Body: []byte(body)}); got != want {
			t.Errorf("Is(%q) = %v, want %v", body, got, want)
		}
	}
}

func TestFoxAllocates(t *testing.T) {
	f := &frame.Frame{Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcPort: 1911, DstPort: 40000}
	wireAllocs(t, "fox", &Message{Frame: f, Body: []byte(foxSays)})
	s := shown(t, "fox", &Message{Frame: f, Body: []byte(foxSays)})
	if got := fact(s, "fox.app.version"); got != "3.5.41.1" {
		t.Errorf("version %q", got)
	}
}
