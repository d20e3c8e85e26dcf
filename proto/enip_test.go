package proto

import (
	"encoding/binary"
	"strings"
	"testing"

	"tyto/frame"
	"tyto/tyto"
)

// enipMessage is an encapsulated message.
func enipMessage(command uint16, session uint32, context byte, data string) []byte {
	b := binary.LittleEndian.AppendUint16(nil, command)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(data)))
	b = binary.LittleEndian.AppendUint32(b, session)
	b = append(b, 0, 0, 0, 0, context, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	return append(b, data...)
}

func enipItem(id uint16, data string) string {
	b := binary.LittleEndian.AppendUint16(nil, id)
	return string(binary.LittleEndian.AppendUint16(b, uint16(len(data)))) + data
}

// rr is an unconnected message, unit a connected one.
func rr(context byte, cip string) []byte {
	return enipMessage(0x6f, 0x1234, context, "\x00\x00\x00\x00\x0a\x00\x02\x00"+enipItem(0, "")+enipItem(0xb2, cip))
}

func unit(sequence byte, cip string) []byte {
	return enipMessage(0x70, 0x1234, 0, "\x00\x00\x00\x00\x00\x00\x02\x00"+enipItem(0xa1, "\x01\x02\x03\x04")+enipItem(0xb1, string([]byte{sequence, 0})+cip))
}

// throughSlot wraps a request of even length into an unconnected send to a slot.
func throughSlot(slot byte, cip string) string {
	return "\x52\x02\x20\x06\x24\x01\x07\xf9" + string([]byte{byte(len(cip)), 0}) + cip + string([]byte{1, 0, 1, slot})
}

const (
	cipBridge = "\x01\x00\x0c\x00\x3a\x00\x04\x07\x60\x00\xef\xbe\xad\x00\x0b1756-EXAMPL"
	cipCPU    = "\x01\x00\x0e\x00\x36\x00\x10\x14\x60\x30\xfe\xca\x51\x00\x0e1756-EXAMPLE/B"
	cipListed = "\x01\x00\x00\x02\xaf\x12\xc0\xa8\x11\x3f\x00\x00\x00\x00\x00\x00\x00\x00" + cipBridge + "\x03"
)

// TestGenerateENIP makes the capture of testdata/enip.
func TestGenerateENIP(t *testing.T) {
	w := newWire()
	station, plc, drive := wireStation(32), wireStation(63), wireStation(64)
	w.udp(station, 50100, plc, 44818, enipMessage(0x63, 0, 1, ""))
	w.udp(plc, 44818, station, 50100, enipMessage(0x63, 0, 1, "\x01\x00"+enipItem(0x0c, cipListed)))
	c := w.tcp(station, 54200, plc, 44818)
	pair := func(request, answer []byte) { c.say(0, request).say(1, answer) }
	pair(enipMessage(0x04, 0, 1, ""), enipMessage(0x04, 0, 1, "\x01\x00"+enipItem(0x100, "\x01\x00\x20\x01Communications\x00\x00")))
	pair(enipMessage(0x65, 0, 2, "\x01\x00\x00\x00"), enipMessage(0x65, 0x1234, 2, "\x01\x00\x00\x00"))
	pair(rr(3, "\x01\x02\x20\x01\x24\x01"), rr(3, "\x81\x00\x00\x00"+cipBridge))
	pair(rr(4, throughSlot(0, "\x01\x02\x20\x01\x24\x01")), rr(4, "\x81\x00\x00\x00"+cipCPU))
	pair(rr(5, "\x0e\x03\x20\xf5\x24\x01\x30\x06"), rr(5, "\x8e\x00\x00\x00\x06\x00line-4"))
	pair(rr(6, "\x10\x03\x20\xf5\x24\x01\x30\x05\x00\x00"), rr(6, "\x90\x00\x0f\x00"))
	pair(rr(7, "\x4d\x04\x91\x05Speed\x00\xc4\x00\x01\x00\x01\x00\x00\x00"), rr(7, "\xcd\x00\x00\x00"))
	pair(rr(8, throughSlot(0, "\x07\x02\x20\x8e\x24\x01")), rr(8, "\x87\x00\x00\x00"))
	pair(rr(9, throughSlot(0, "\x06\x02\x20\x8e\x24\x01")), rr(9, "\xd2\x00\x01\x01\x04\x02"))
	pair(rr(10, "\x4b\x04\x20\x8e\x24\x01\x20\x74\x24\x01"), rr(10, "\xcb\x00\x00\x00"))
	pair(rr(11, "\x04\x02\x20\x8b\x24\x01\x01\x00\x06\x00"), rr(11, "\x84\x00\x00\x00"))
	pair(rr(12, "\x05\x02\x20\x01\x24\x01"), rr(12, "\x85\x00\x00\x00"))
	pair(rr(13, "\x4b\x02\x20\xa1\x24\x01"), rr(13, "\xcb\x00\x00\x00"))
	pair(rr(14, "\x4b\x02\x20\x67\x24\x01\x07\x01\x00\xef\xbe\xad\x00\x0f\x00\x01\x00\xaa\x02\x07\x89\x00\x00"), rr(14, "\xcb\x00\x00\x00\x07\x01\x00\xef\xbe\xad\x00\x4f\x00\x01\x00"))
	pair(rr(15, "\x4b\x02\x20\x67\x24\x01\x07\x01\x00\xef\xbe\xad\x00\x0f\x00\x02\x00\x80\x01"), rr(15, "\xcb\x00\x00\x00\x07\x01\x00\xef\xbe\xad\x00\x4f\x00\x02\x00"))
	pair(rr(19, "\x4b\x02\x20\x67\x24\x01\x07\x01\x00\xef\xbe\xad\x00\x06\x00\x03\x00\x03"), rr(19, "\xcb\x00\x00\x00\x07\x01\x00\xef\xbe\xad\x00\x46\x00\x03\x00"+
		"\x00\xee\x34\x5b\x23EXA/04     \x00\x00\x1e\x00\x00\x00\x40\x00"))
	pair(rr(16, "\x54\x02\x20\x06\x24\x01\x07\xf9"+string(make([]byte, 33))+"\x03\x01\x00\x20\x02\x24\x01"), rr(16, "\xd4\x00\x00\x00"))
	pair(unit(1, "\x0a\x02\x20\x02\x24\x01\x02\x00\x06\x00\x0e\x00\x4c\x02\x20\x72\x24\x01\x01\x00\x10\x02\x20\x69\x24\x01"),
		unit(1, "\x8a\x00\x00\x00\x02\x00\x06\x00\x0a\x00\xcc\x00\x00\x00\x90\x00\x00\x00"))
	pair(unit(2, "\x01\x02\x20\x01\x24\x01"), unit(2, "\x81\x00\x00\x00"+cipCPU))
	c.say(0, rr(17, "\x0e\x09\x20\x01")) // a path that is not there
	c.say(0, enipMessage(0x6f, 0x1234, 18, "\x00\x00\x00\x00\x0a\x00\x02\x00"))
	c.end()
	c = w.tcp(station, 54201, drive, 44818)
	pair(rr(1, "\x54\x02\x20\x06\x24\x01\x07\xf9"+string(make([]byte, 33))+"\x07\x34\x04\x01\x00\x02\x00\x96\x00\x81\x01\x20\x04\x24\x01"), rr(1, "\xd4\x00\x00\x00"))
	c.end()
	w.udp(station, 2222, drive, 2222, []byte("\x02\x00\x02\x80\x08\x00\x01\x02\x03\x04\x01\x00\x00\x00\xb1\x00\x04\x00\x01\x00\x07\x00"))
	w.keep(t, "enip")
}

func TestENIPActs(t *testing.T) {
	for _, x := range []struct {
		request, answer []byte
		verb            tyto.Verb
		object, outcome string
	}{
		{rr(1, "\x07\x02\x20\x8e\x24\x01"), rr(1, "\x87\x00\x00\x00"), tyto.Stop, "controller 1", "ok"},
		{rr(2, "\x06\x02\x20\x8e\x24\x01"), rr(2, "\x86\x00\x10\x00"), tyto.Start, "controller 1", "device state conflict"},
		{rr(3, "\x4c\x04\x20\x8e\x24\x01\x20\x74\x24\x01"), rr(3, "\xcc\x00\x00\x00"), tyto.Configure, "controller 1", "ok"},
		{rr(4, "\x10\x03\x20\xf6\x24\x01\x30\x06\x00\x00"), rr(4, "\x90\x00\x00\x00"), tyto.Configure, "Ethernet link 1 attribute 6", "ok"},
		{unit(5, "\x4d\x04\x91\x05Speed\x00\xc4\x00\x01\x00\x01\x00\x00\x00"), unit(5, "\xcd\x00\x05\x00"), tyto.Write, "tag", "path destination unknown"},
		{rr(6, "\x05\x02\x20\x01\x24\x01"), rr(6, "\x85\x00\x00\x00"), tyto.Stop, "identity 1", "ok"},
		{rr(7, "\x4b\x02\x20\x67\x24\x01\x07\x01\x00\x01\x02\x03\x04\x0f\x00\x02\x00\x80\x06"), rr(7, "\xcb\x00\x00\x00\x07\x01\x00\x01\x02\x03\x04\x4f\x00\x02\x00"), tyto.Start, "controller", "ok"},
		{rr(7, "\x4b\x02\x20\x67\x24\x01\x07\x01\x00\x01\x02\x03\x04\x0f\x00\x02\x00\x80\x06"), rr(7, "\xcb\x00\x00\x00\x07\x01\x00\x01\x02\x03\x04\x4f\x60\x02\x00"), tyto.Start, "controller", "function not allowed"},
		{rr(8, "\x4b\x02\x20\xa1\x24\x01"), rr(8, "\xcb\x00\x00\x00"), tyto.UpdateFirmware, "firmware 1", "ok"},
	} {
		memory := new([4]uint64)
		shown(t, "enip", &Message{Frame: &frame.Frame{SrcPort: 40000, DstPort: 44818}, Body: x.request, Memory: memory, ToServer: true})
		s := shown(t, "enip", &Message{Frame: &frame.Frame{SrcPort: 44818, DstPort: 40000}, Body: x.answer, Memory: memory})
		d := s.Deeds()
		if len(d) != 1 || d[0].Verb != x.verb || string(d[0].Object) != x.object || d[0].Outcome != x.outcome || !d[0].ByReceiver {
			t.Errorf("%x: got %+v %q, want %s of %q: %s", x.request, d, s.Broken(), x.verb, x.object, x.outcome)
		}
	}
}

func TestENIPAllocatesNothing(t *testing.T) {
	f := &frame.Frame{SrcPort: 44818, DstPort: 40000, Proto: frame.UDP}
	wireAllocs(t, "enip", &Message{Frame: f, Body: enipMessage(0x63, 0, 1, "\x01\x00"+enipItem(0x0c, cipListed))})
	f = &frame.Frame{SrcPort: 40000, DstPort: 44818, Proto: frame.TCP}
	wireAllocs(t, "enip", &Message{Frame: f, ToServer: true, Body: unit(1, "\x4c\x02\x20\x72\x24\x01\x01\x00")})
}

// TestENIPMoves moves firmware of six bytes, of which a part is sent twice, and a file to a device and from it.
func TestENIPMoves(t *testing.T) {
	memory := new([4]uint64)
	var acts []string
	n := byte(0)
	for _, x := range []struct{ request, answer string }{
		{"\x4b\x02\x20\xa1\x24\x01\x06\x00\x00\x00", "\xcb\x00\x00\x00"},
		{"\x4d\x02\x20\xa1\x24\x01\x00\x00\x00\x00firm", "\xcd\x00\x00\x00"},
		{"\x4d\x02\x20\xa1\x24\x01\x00\x00\x00\x00firm", "\xcd\x00\x00\x00"},
		{"\x4d\x02\x20\xa1\x24\x01\x04\x00\x00\x00wa", "\xcd\x00\x00\x00"},
		{"\x4c\x02\x20\x37\x24\xc8\x10\x00\x00\x00", "\xcc\x00\x00\x00"},
		{"\x50\x02\x20\x37\x24\xc8\x00\x04file", "\xd0\x00\x00\x00\x00"},
		{"\x4b\x02\x20\x37\x24\xc8\x10", "\xcb\x00\x00\x00"},
		{"\x4f\x02\x20\x37\x24\xc8\x00", "\xcf\x00\x00\x00\x00\x04file"},
		{"\x4b\x02\x20\xa1\x24\x01\x06\x00\x00\x00", "\xcb\x00\x08\x00"},
	} {
		n++
		shown(t, "enip", &Message{Frame: &frame.Frame{SrcPort: 40000, DstPort: 44818}, Body: rr(n, x.request), Memory: memory, ToServer: true})
		for _, d := range shown(t, "enip", &Message{Frame: &frame.Frame{SrcPort: 44818, DstPort: 40000}, Body: rr(n, x.answer), Memory: memory}).Deeds() {
			if o := string(d.Object); strings.Contains(o, "bytes") {
				acts = append(acts, d.Verb.String()+" "+o[:strings.Index(o, ", fnv1a")])
			}
		}
	}
	if got := strings.Join(acts, "; "); got != "update-firmware firmware 1, 6 bytes; program file 200, 4 bytes; transfer file 200, 4 bytes" || memory[3]&(1<<6) != 0 { // nothing is moved any more
		t.Errorf("got %s", got)
	}
}
