package proto

import (
	"testing"

	"tyto/frame"
)

func init() { generated["syslog"] = syslogPackets }

func syslogPackets() [][]byte {
	const new = "<165>1 2026-11-25T01:02:03Z fw-7.corp.example filterd 211 ID47 - blocked someone"
	const old = "<34>Nov 25 01:02:03 switch-3 portd[7]: port 7 is up"
	return append([][]byte{
		onUDP(gateway, server, 514, 514, []byte(new)),
		onUDP(switch1, server, 40000, 514, []byte(old)),
		onUDP(printer, server, 40000, 514, []byte("<14>printer: out of paper")),
		onUDP(printer, server, 40000, 514, []byte("<14>Nov 25 01:02:03 192.168.77.22 job done")),
	}, talk(gateway, server, 40001, 514, ">"+old+"\n", ">81 "+new, ">x")...)
}

func TestSyslog(t *testing.T) {
	p := syslogPackets()
	says(t, "syslog", p[0], "hostname=fw-7.corp.example shown", "clue=filterd", "!someone")
	says(t, "syslog", p[1], "hostname=switch-3 shown", "clue=portd", "op syslog error")
	says(t, "syslog", p[3], "!hostname")
	for _, b := range []string{"<192>x", "<a>x", "<1", "x<14>x", "<html>"} {
		if isSyslog(&Message{Frame: &frame.Frame{}, Body: []byte(b)}) {
			t.Errorf("%q is taken for syslog", b)
		}
	}
}
