package proto

import (
	"encoding/binary"
	"hash/crc32"
	"testing"

	"tyto/frame"
)

func trdpSays(kind string, id uint32, data string) []byte {
	b := cat(uint32(7), uint16(0x0100), kind, id, uint32(1), uint32(1), uint32(len(data)))
	if kind[0] == 'M' {
		b = cat(b, uint32(0), "session-16-bytes", uint32(1000), trdpURI("doors.car2.train"), trdpURI("tcms.car1.train"))
	} else {
		b = cat(b, uint32(0), uint32(0), "\x00\x00\x00\x00")
	}
	b = binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
	for b = append(b, data...); len(b)%4 != 0; {
		b = append(b, 0)
	}
	return b
}

func trdpURI(s string) []byte { return append([]byte(s), make([]byte, 32-len(s))...) }

func TestGenerateTRDP(t *testing.T) {
	w := newWire()
	doors, tcms, group := wireStation(30), wireStation(60), wireHost{ip: [4]byte{239, 192, 0, 1}}
	w.udp(doors, 17224, group, 17224, trdpSays("Pd", 2001, "state"))
	w.udp(tcms, 17224, doors, 17224, trdpSays("Pr", 2002, ""))
	w.udp(tcms, 40001, doors, 17225, trdpSays("Mr", 3001, "open?"))
	w.udp(doors, 17225, tcms, 40001, trdpSays("Mp", 3001, "no"))
	c := w.tcp(tcms, 40002, doors, 17225)
	c.say(0, trdpSays("Mn", 3002, "hello")).say(0, trdpSays("Mc", 3002, ""))
	wrong := trdpSays("Mn", 3003, "bad")
	wrong[20]++
	c.say(0, wrong).end()
	w.keep(t, "trdp")
}

func TestTRDPIs(t *testing.T) {
	wrong := trdpSays("Pd", 1, "x")
	wrong[8]++
	for _, x := range []struct {
		body []byte
		want bool
	}{{trdpSays("Pd", 1, "x"), true}, {trdpSays("Me", 1, ""), true}, {wrong, false}, {trdpSays("Mn", 1, "")[:60], false}} {
		if got := isTRDP(&Message{Body: x.body}); got != x.want {
			t.Errorf("Is(%x) = %v", x.body, got)
		}
	}
}

func TestTRDPAllocates(t *testing.T) {
	f := &frame.Frame{Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcPort: 17225, DstPort: 40000, Proto: frame.UDP}
	wireAllocs(t, "trdp", &Message{Frame: f, Body: trdpSays("Mp", 3001, "no")})
}
