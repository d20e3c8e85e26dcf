package proto

import (
	"encoding/binary"
	"testing"

	"tyto/frame"
	"tyto/tyto"
)

// bvlc is a message on the virtual link of BACnet/IP.
func bvlc(function byte, npdu ...byte) []byte {
	return append(binary.BigEndian.AppendUint16([]byte{0x81, function}, uint16(4+len(npdu))), npdu...)
}

func bacnetText(text string) []byte {
	return append([]byte{0x75, byte(len(text) + 1), 0}, text...)
}

// bacnetProperty is ReadProperty-ACK of the device object 77.
func bacnetProperty(invoke, property byte, value ...byte) []byte {
	b := []byte{1, 0, 0x30, invoke, 12, 0x0c, 0x02, 0, 0, 77, 0x19, property, 0x3e}
	return bvlc(10, append(append(b, value...), 0x3f)...)
}

// bacnetMultiple is ReadPropertyMultiple-ACK of a device on network 3 behind a router.
func bacnetMultiple() []byte {
	b := []byte{1, 8, 0, 3, 1, 29, 0x30, 9, 14, 0x0c, 0x02, 0, 0, 29, 0x1e}
	for _, x := range []struct {
		property byte
		value    string
	}{{121, "Example Lighting"}, {70, "EXL-8"}, {44, "2.62"}} {
		b = append(append(append(b, 0x29, x.property, 0x4e), bacnetText(x.value)...), 0x4f)
	}
	b = append(b, 0x29, 58, 0x5e, 0x91, 2, 0x91, 32, 0x5f) // no location
	return bvlc(10, append(b, 0x1f)...)
}

// bacnetReads and bacnetWrites ask for a part of a file, bacnetRead and bacnetWrote answer.
func bacnetReads(invoke, file, start byte) []byte {
	return bvlc(10, 1, 4, 0, 5, invoke, 6, 0xc4, 0x02, 0x80, 0, file, 0x0e, 0x31, start, 0x21, 100, 0x0f)
}

func bacnetRead(invoke, start byte, last bool, data string) []byte {
	end := byte(0x10)
	if last {
		end = 0x11
	}
	b := append([]byte{1, 0, 0x30, invoke, 6, end, 0x0e, 0x31, start, 0x65, byte(len(data))}, data...)
	return bvlc(10, append(b, 0x0f)...)
}

func bacnetWrites(invoke, file, start byte, data string) []byte {
	b := append([]byte{1, 4, 0, 5, invoke, 7, 0xc4, 0x02, 0x80, 0, file, 0x0e, 0x31, start, 0x65, byte(len(data))}, data...)
	return bvlc(10, append(b, 0x0f)...)
}

func bacnetWrote(invoke byte) []byte { return bvlc(10, 1, 0, 0x30, invoke, 7, 0x09, 0) }

// TestBACnetFiles demands that a file has one sum, read or written, in whatever parts and however often.
func TestBACnetFiles(t *testing.T) {
	told := func(messages ...[]byte) (all []string) {
		memory := new([4]uint64)
		for i, b := range messages {
			for _, d := range shown(t, "bacnet", &Message{Body: b, Memory: memory, ToServer: i%2 == 0}).Deeds() {
				if d.Operation == "bacnet file read" || d.Operation == "bacnet file written" {
					all = append(all, d.Operation+": "+string(d.Object)+" "+d.Outcome)
				}
			}
		}
		return all
	}
	const sum = "file,3, 7 bytes, fnv1a 406e475017aa7737 ok" // of "abcdefg", by another program
	for _, x := range []struct {
		name string
		told []string
		want string
	}{
		{"read", told(bacnetReads(1, 3, 0), bacnetRead(1, 0, false, "abc"), bacnetReads(2, 3, 3), bacnetRead(2, 3, true, "defg")), "bacnet file read: " + sum},
		{"written", told(bacnetWrites(1, 3, 0, "abcde"), bacnetWrote(1), bacnetWrites(2, 3, 0, "abcde"), bacnetWrote(2), bacnetWrites(3, 3, 5, "fg"), bacnetWrote(3),
			bvlc(10, 1, 4, 0, 5, 4, 20, 0x09, 0)), "bacnet file written: " + sum},
		{"refused", told(bacnetWrites(1, 3, 0, "abcdefg"), bvlc(10, 1, 0, 0x50, 1, 7, 0x91, 5, 0x91, 5)), "bacnet file written: file,3, 7 bytes, fnv1a 406e475017aa7737 error"},
	} {
		if len(x.told) != 1 || len(x.told[0]) < len(x.want) || x.told[0][:len(x.want)] != x.want {
			t.Errorf("%s: %q, want %q", x.name, x.told, x.want)
		}
	}
	if got := told(bacnetReads(1, 3, 0), bacnetRead(1, 0, false, "abc"), bacnetReads(2, 3, 9), bacnetRead(2, 9, true, "defg")); len(got) != 0 {
		t.Errorf("of a file of which a part was missed is told %q", got)
	}
}

func TestGenerateBACnet(t *testing.T) {
	w := newWire()
	desk, panel, all := wireStation(30), wireStation(60), wireStation(255)
	const port = 47808
	w.udp(desk, port, all, port, bvlc(11, 1, 0x20, 0xff, 0xff, 0, 0xff, 0x10, 8))
	iAm := []byte{1, 0, 0x10, 0, 0xc4, 0x02, 0, 0, 77, 0x22, 5, 0xc4, 0x91, 0, 0x21, 5}
	w.udp(panel, port, all, port, bvlc(11, iAm...))
	w.udp(desk, port, all, port, bvlc(4, append([]byte{192, 168, 18, 9, 0xba, 0xc0}, iAm...)...))
	for i, x := range []struct {
		property byte
		value    string
	}{{121, "Example Controls"}, {70, "EXC-4510"}, {44, "5.1.0"}, {12, "5.1"}, {77, "EXC-A77"}, {58, "Roof"}, {28, "Air handler 2"}} {
		w.udp(desk, port, panel, port, bvlc(10, 1, 4, 0, 5, byte(i), 12, 0x0c, 0x02, 0, 0, 77, 0x19, x.property))
		w.udp(panel, port, desk, port, bacnetProperty(byte(i), x.property, bacnetText(x.value)...))
	}
	write := []byte{1, 4, 0, 5, 40, 15, 0x0c, 0, 0x40, 0, 3, 0x19, 85, 0x3e, 0x44, 0x42, 0, 0, 0, 0x3f}
	w.udp(desk, port, panel, port, bvlc(10, write...))
	w.udp(panel, port, desk, port, bvlc(10, 1, 0, 0x20, 40, 15))
	w.udp(desk, port, panel, port, bvlc(10, write...))
	w.udp(panel, port, desk, port, bvlc(10, 1, 0, 0x50, 40, 15, 0x91, 2, 0x91, 40))
	w.udp(desk, port, panel, port, bvlc(10, 1, 4, 0, 5, 41, 17, 0x09, 5, 0x19, 1))
	w.udp(panel, port, desk, port, bvlc(10, 1, 0, 0x20, 41, 17))
	w.udp(desk, port, panel, port, bvlc(10, 1, 4, 0, 5, 42, 20, 0x09, 0))
	w.udp(panel, port, desk, port, bvlc(10, 1, 0, 0x60, 42, 5))
	for _, x := range [][2][]byte{
		{bacnetReads(50, 3, 0), bacnetRead(50, 0, false, "first part, ")}, {bacnetReads(51, 3, 12), bacnetRead(51, 12, true, "last part")},
		{bacnetReads(52, 4, 0), bacnetRead(52, 0, false, "first part, ")}, {bacnetReads(53, 4, 20), bacnetRead(53, 20, true, "last part")}, // one is missed
		{bacnetWrites(54, 3, 0, "first part, "), bacnetWrote(54)}, {bacnetWrites(55, 3, 0, "first part, "), bacnetWrote(55)}, // once more
		{bacnetWrites(56, 3, 12, "last part"), bacnetWrote(56)},
		{bvlc(10, 1, 4, 0, 5, 57, 20, 0x09, 0), bvlc(10, 1, 0, 0x20, 57, 20)},
		{bacnetWrites(58, 3, 0, "first part, "), bvlc(10, 1, 0, 0x50, 58, 7, 0x91, 5, 0x91, 5)},
	} {
		w.udp(desk, port, panel, port, x[0])
		w.udp(panel, port, desk, port, x[1])
	}
	w.udp(panel, port, desk, port, bacnetMultiple())
	w.udp(desk, port, panel, port, bvlc(5, 0, 60))
	w.udp(panel, port, all, port, bvlc(11, 1, 0x80, 1, 0, 3))
	w.udp(panel, port, all, port, bvlc(11, 1, 0, 0x10, 0, 0xc4))
	w.keep(t, "bacnet")
}

func TestBACnetActs(t *testing.T) {
	memory := new([4]uint64)
	shown(t, "bacnet", &Message{Body: bvlc(10, 1, 4, 0, 5, 40, 15, 0x0c, 0, 0x40, 0, 3, 0x19, 85, 0x3e, 0x44, 0, 0, 0, 0, 0x3f), Memory: memory, ToServer: true})
	d := shown(t, "bacnet", &Message{Body: bvlc(10, 1, 0, 0x50, 40, 15, 0x91, 2, 0x91, 40), Memory: memory}).Deeds()
	if len(d) != 1 || d[0].Verb != tyto.Write || string(d[0].Object) != "analog-output,3 present-value" || d[0].Outcome != "error: write access denied" {
		t.Errorf("got %+v", d)
	}
}

func TestBACnetBehindRouter(t *testing.T) {
	s := shown(t, "bacnet", &Message{Body: bacnetMultiple()})
	for _, x := range s.Facts() {
		if x.Attr != tyto.Role && x.Subject.Part != 3<<8^29 {
			t.Errorf("%s of part %d", x.Attr, x.Subject.Part)
		}
	}
	if fact(s, "bacapp.model-name") != "EXL-8" || s.Broken() != "" {
		t.Errorf("model %q, %s", fact(s, "bacapp.model-name"), s.Broken())
	}
}

func TestBACnetIs(t *testing.T) {
	for _, x := range []struct {
		body []byte
		want bool
	}{
		{bvlc(11, 1, 0, 0x10, 8), true},
		{bvlc(10, 2, 0, 0x10, 8), false},
		{append(bvlc(11, 1, 0, 0x10, 8), 0), false},
		{[]byte{0x81, 0x0b}, false},
		{[]byte("\x81\x0b hello"), false},
	} {
		if got := isBACnet(&Message{Frame: &frame.Frame{SrcPort: 40000, DstPort: 40001}, Body: x.body}); got != x.want {
			t.Errorf("Is(%x) = %v, want %v", x.body, got, x.want)
		}
	}
}

func TestBACnetAllocates(t *testing.T) {
	f := &frame.Frame{Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcPort: 47808, DstPort: 47808}
	wireAllocs(t, "bacnet", &Message{Frame: f, Body: bacnetMultiple()})
	wireAllocs(t, "bacnet", &Message{Frame: f, Body: bacnetProperty(1, 70, bacnetText("EXC-4510")...)})
}
