package proto

import (
	"encoding/binary"
	"testing"

	"tyto/frame"
	"tyto/tyto"
)

func speedwireSays(protocol uint16, body []byte) []byte {
	data := cat(protocol, body)
	return cat("SMA\x00", uint16(4), uint16(0x02a0), uint32(1), uint16(len(data)), uint16(0x0010), data, uint32(0))
}

func speedwireTalk(control byte, serial uint32, status uint16, command uint32) []byte {
	b := cat(9, int(control), "\xff\xff\xff\xff\xff\xff\x00\x00")
	b = binary.LittleEndian.AppendUint16(b, 131)
	b = binary.LittleEndian.AppendUint32(b, serial)
	b = binary.LittleEndian.AppendUint16(append(b, 0, 0), status)
	b = binary.LittleEndian.AppendUint32(append(b, 0, 0, 1, 0x80), command)
	return speedwireSays(0x6065, append(b, make([]byte, 12)...))
}

func TestGenerateSpeedwire(t *testing.T) {
	w := newWire()
	meter, manager, inverter, group := wireStation(30), wireStation(60), wireStation(61), wireHost{ip: [4]byte{239, 12, 255, 254}}
	w.udp(meter, 9522, group, 9522, speedwireSays(0x6069, cat(uint16(349), uint32(1901234567), uint32(1000), make([]byte, 40))))
	w.udp(manager, 9522, group, 9522, cat("SMA\x00", uint16(4), uint16(0x02a0), uint32(0xffffffff), uint16(0), uint16(0x0020), uint32(0)))
	w.udp(manager, 40001, inverter, 9522, speedwireTalk(0xa0, 1, 0, 0xfffd0400))
	w.udp(inverter, 9522, manager, 40001, speedwireTalk(0xd0, 2130123456, 0x0100, 0xfffd0401))
	w.udp(manager, 40001, inverter, 9522, speedwireTalk(0xa0, 1, 0, 0x51000200))
	w.udp(inverter, 9522, manager, 40001, speedwireTalk(0xd0, 2130123456, 0, 0x51000201))
	w.udp(inverter, 9522, manager, 40001, speedwireSays(0x6065, []byte{9, 1, 2}))
	w.keep(t, "speedwire")
}

func TestSpeedwireActs(t *testing.T) {
	d := shown(t, "speedwire", &Message{Body: speedwireTalk(0xd0, 7, 0x0100, 0xfffd0401)}).Deeds()
	if len(d) != 1 || d[0].Verb != tyto.LoginFailed || d[0].Outcome != "refused" || !d[0].ByReceiver {
		t.Errorf("got %+v", d)
	}
}

func TestSpeedwireAllocates(t *testing.T) {
	f := &frame.Frame{Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcPort: 9522, DstPort: 9522, Proto: frame.UDP}
	wireAllocs(t, "speedwire", &Message{Frame: f, Body: speedwireSays(0x6069, cat(uint16(349), uint32(7), uint32(1000)))})
}
