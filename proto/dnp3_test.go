package proto

import (
	"encoding/binary"
	"testing"

	"tyto/frame"
	"tyto/proto/dnp3"
	"tyto/tyto"
)

// dnp3Link is one link frame.
func dnp3Link(control byte, to, from uint16, user ...byte) []byte {
	b := []byte{5, 0x64, byte(5 + len(user)), control}
	b = binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(b, to), from)
	b = binary.LittleEndian.AppendUint16(b, dnp3.Checksum(b))
	for len(user) > 0 {
		n := min(16, len(user))
		b = append(b, user[:n]...)
		b = binary.LittleEndian.AppendUint16(b, dnp3.Checksum(user[:n]))
		user = user[n:]
	}
	return b
}

func dnp3Asks(to uint16, apdu ...byte) []byte {
	return dnp3Link(0xc4, to, 1, append([]byte{0xc0}, apdu...)...)
}

func dnp3Says(from uint16, apdu ...byte) []byte {
	return dnp3Link(0x44, 1, from, append([]byte{0xc0}, apdu...)...)
}

// dnp3Identity is a response with device attributes, in two transport segments.
func dnp3Identity(from uint16) []byte {
	b := []byte{0xc5, 129, 0, 0}
	for _, x := range []struct {
		variation byte
		text      string
	}{{242, "2.11"}, {248, "EX-0042-A77"}, {250, "EXR-500 RTU of the example works, with cellular and fibre ports"}, {252, "Example Grid"}, {245, "Substation 4"}} {
		b = append(b, 0, x.variation, 0, 0, 0, 1, byte(len(x.text)))
		b = append(b, x.text...)
	}
	one := dnp3Link(0x44, 1, from, append([]byte{0x41}, b[:60]...)...)
	return append(one, dnp3Link(0x44, 1, from, append([]byte{0x82}, b[60:]...)...)...)
}

var crob = []byte{12, 1, 0x28, 1, 0, 3, 0, 0x41, 1, 100, 0, 0, 0, 0, 0, 0, 0, 0}

func dnp3Control(function byte, sequence byte) []byte {
	return append([]byte{0xc0 | sequence, function}, crob...)
}

// dnp3Object is an object of group 70 with its header.
func dnp3Object(variation byte, body string) []byte {
	return append([]byte{dnp3.FileGroup, variation, 0x5b, 1, byte(len(body)), byte(len(body) >> 8)}, body...)
}

func dnp3Opens(mode byte, name string) []byte {
	body := "\x1a\x00" + string([]byte{byte(len(name)), 0}) + string(make([]byte, 16)) + string([]byte{mode, 0}) + "\x00\x04\x01\x00" + name
	return append([]byte{0xc0, dnp3.OpenFile}, dnp3Object(3, body)...)
}

func dnp3Opened(status byte) []byte {
	return append([]byte{0xc0, 129, 0, 0}, dnp3Object(4, "\x01\x00\x00\x00\x15\x00\x00\x00\x00\x04\x01\x00"+string([]byte{status}))...)
}

// dnp3Piece is a message of the function with a block.
func dnp3Piece(function byte, number uint32, data string) []byte {
	b := []byte{0xc0, function}
	if function == 129 {
		b = append(b, 0, 0)
	}
	return append(b, dnp3Object(5, "\x01\x00\x00\x00"+string(binary.LittleEndian.AppendUint32(nil, number))+data)...)
}

func dnp3Wrote(number uint32, status byte) []byte {
	return append([]byte{0xc0, 129, 0, 0}, dnp3Object(6, "\x01\x00\x00\x00"+string(binary.LittleEndian.AppendUint32(nil, number))+string([]byte{status}))...)
}

func TestGenerateDNP3(t *testing.T) {
	w := newWire()
	scada, rtu := wireStation(30), wireStation(60)
	c := w.tcp(scada, 40001, rtu, 20000)
	refused := append([]byte{0xc2, 129, 0, 0}, crob...)
	refused[len(refused)-1] = 9
	for _, x := range [][2][]byte{
		{dnp3Asks(10, 0xc0, 1, 60, 1, 6), dnp3Says(10, 0xc0, 129, 0x80, 0)},
		{dnp3Asks(10, dnp3Control(3, 1)...), dnp3Says(10, append([]byte{0xc1, 129, 0, 0}, crob...)...)},
		{dnp3Asks(10, dnp3Control(4, 2)...), dnp3Says(10, refused...)},
		{dnp3Asks(10, 0xc3, 13), dnp3Says(10, 0xc3, 129, 0, 0, 52, 1, 7, 1, 5, 0)},
		{dnp3Asks(10, 0xc4, 2, 50, 1, 7, 1, 0, 0, 0, 0, 0, 0), dnp3Says(10, 0xc4, 129, 0, 0)},
		{dnp3Asks(10, 0xc5, 1, 0, 254, 0, 0, 0), dnp3Identity(10)},
		{dnp3Asks(11, 0xc5, 1, 0, 254, 0, 0, 0), dnp3Identity(11)},
		{dnp3Asks(10, 0xc6, 18), dnp3Says(10, 0xc6, 129, 0, 1)},
		{dnp3Asks(10, dnp3Control(6, 7)...), dnp3Says(10, 0xf0, 130, 0, 0)},
		{dnp3Link(0xc9, 10, 1), dnp3Link(0x0b, 1, 10)},
		{dnp3Asks(10, 0xc8, 99), append([]byte("noise"), dnp3Says(10, 0xc8, 129, 0, 1)...)},
		{dnp3Asks(10, 0xc9, 1, 1, 0, 0, 9, 3), nil},
	} {
		c.say(0, x[0]).say(1, x[1])
	}
	for _, x := range [][2][]byte{
		{dnp3Asks(10, dnp3Opens(1, "CONFIG.XML")...), dnp3Says(10, dnp3Opened(0)...)},
		{dnp3Asks(10, dnp3Piece(1, 0, "")...), dnp3Says(10, dnp3Piece(129, 0, "first part, ")...)},
		{dnp3Asks(10, dnp3Piece(1, 1, "")...), dnp3Says(10, dnp3Piece(129, 1<<31|1, "last part")...)},
		{dnp3Asks(10, dnp3Opens(2, "CONFIG.XML")...), dnp3Says(10, dnp3Opened(0)...)},
		{dnp3Asks(10, dnp3Piece(2, 0, "first part, ")...), dnp3Says(10, dnp3Wrote(0, 0)...)},
		{dnp3Asks(10, dnp3Piece(2, 0, "first part, ")...), dnp3Says(10, dnp3Wrote(0, 0)...)}, // once more
		{dnp3Asks(10, dnp3Piece(2, 1<<31|1, "last part")...), dnp3Says(10, dnp3Wrote(1<<31|1, 0)...)},
		{dnp3Asks(10, dnp3Opens(2, "FIRMWARE.BIN")...), dnp3Says(10, dnp3Opened(1)...)},
		{dnp3Asks(10, dnp3Opens(1, "LOG.TXT")...), dnp3Says(10, dnp3Opened(0)...)},
		{dnp3Asks(10, dnp3Piece(1, 0, "")...), dnp3Says(10, dnp3Piece(129, 0, "part")...)},
		{dnp3Asks(10, append([]byte{0xc0, dnp3.AbortFile}, dnp3Object(4, string(make([]byte, 13)))...)...), dnp3Says(10, dnp3Opened(0)...)},
		{dnp3Asks(10, append([]byte{0xc0, dnp3.OpenFile}, dnp3Object(3, "\x1a\x00")...)...), nil},
	} {
		c.say(0, x[0]).say(1, x[1])
	}
	c.end()
	w.udp(scada, 20000, rtu, 20000, dnp3Asks(10, 0xc0, 1, 60, 2, 6))
	w.udp(rtu, 20000, scada, 20000, dnp3Says(10, 0xc0, 129, 0, 0))
	w.keep(t, "dnp3")
}

func TestDNP3Acts(t *testing.T) {
	for _, x := range []struct {
		request, answer []byte
		verb            tyto.Verb
		object, outcome string
	}{
		{dnp3Asks(10, dnp3Control(5, 1)...), dnp3Says(10, append([]byte{0xc1, 129, 0, 0}, crob...)...), tyto.Write, "g12v1 index 3", "ok"},
		{dnp3Asks(10, 0xc2, 14), dnp3Says(10, 0xc2, 129, 0, 1), tyto.Stop, "", "function not supported"},
		{dnp3Asks(10, 0xc3, 2, 80, 1, 0, 7, 7, 0), dnp3Says(10, 0xc3, 129, 0, 0), tyto.Configure, "g80v1 index 7", "ok"},
		{dnp3Asks(10, 0xc4, 1, 30, 1, 6), dnp3Says(10, 0xc4, 129, 0, 2), tyto.Read, "g30v1", "object unknown"},
	} {
		memory := new([4]uint64)
		shown(t, "dnp3", &Message{Body: x.request, Memory: memory, ToServer: true})
		d := shown(t, "dnp3", &Message{Body: x.answer, Memory: memory}).Deeds()
		if len(d) != 2 || d[1].Verb != x.verb || string(d[1].Object) != x.object || d[1].Outcome != x.outcome || !d[1].ByReceiver {
			t.Errorf("%x: got %+v", x.request, d)
		}
	}
}

// TestDNP3Run wants both segments of a message together, however the stream is cut.
func TestDNP3Run(t *testing.T) {
	b := dnp3Identity(10)
	for n := range b {
		if got := dnp3.Run(b[:n]); got != 0 && got < len(b) {
			t.Errorf("of the first %d bytes: %d", n, got)
		}
	}
	if got := dnp3.Run(append(b, 5, 0x64)); got != len(b) {
		t.Errorf("got %d, want %d", got, len(b))
	}
	if got := dnp3.Run([]byte("hello there")); got >= 0 {
		t.Errorf("got %d", got)
	}
}

func TestDNP3Checksum(t *testing.T) {
	b := dnp3Identity(10)
	b[14]++
	if s := shown(t, "dnp3", &Message{Body: b}); s.Broken() != "dnp3: checksum of user data" {
		t.Errorf("got %q", s.Broken())
	}
}

func TestDNP3Allocates(t *testing.T) {
	f := &frame.Frame{Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcPort: 20000, DstPort: 40000}
	wireAllocs(t, "dnp3", &Message{Frame: f, Body: dnp3Identity(10)})
	wireAllocs(t, "dnp3", &Message{Frame: f, Body: dnp3Asks(10, dnp3Control(6, 1)...), ToServer: true})
}

// TestDNP3Files demands that a file has one sum, whoever sends it, in whatever blocks and however often.
func TestDNP3Files(t *testing.T) {
	told := func(messages ...[]byte) (all []string) {
		memory := new([4]uint64)
		for i, b := range messages {
			f := &frame.Frame{Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcPort: 40000, DstPort: 20000, Proto: frame.TCP}
			if i%2 == 1 {
				f.Src, f.Dst, f.SrcPort, f.DstPort = f.Dst, f.Src, f.DstPort, f.SrcPort
			}
			for _, d := range shown(t, "dnp3", &Message{Frame: f, Body: b, Memory: memory, ToServer: i%2 == 0}).Deeds() {
				if d.Verb != tyto.NoVerb {
					all = append(all, d.Operation+": "+string(d.Object)+" "+d.Outcome)
				}
			}
		}
		return all
	}
	read := told(dnp3Asks(10, dnp3Opens(1, "A")...), dnp3Says(10, dnp3Opened(0)...), dnp3Asks(10, dnp3Piece(1, 0, "")...),
		dnp3Says(10, dnp3Piece(129, 0, "abc")...), dnp3Asks(10, dnp3Piece(1, 1, "")...), dnp3Says(10, dnp3Piece(129, 1<<31|1, "defg")...))
	write := told(dnp3Asks(10, dnp3Opens(2, "A")...), dnp3Says(10, dnp3Opened(0)...), dnp3Asks(10, dnp3Piece(2, 0, "abcd")...), dnp3Says(10, dnp3Wrote(0, 0)...),
		dnp3Asks(10, dnp3Piece(2, 0, "abcd")...), dnp3Says(10, dnp3Wrote(0, 0)...), dnp3Asks(10, dnp3Piece(2, 1<<31|1, "efg")...), dnp3Says(10, dnp3Wrote(1, 0)...))
	const sum = "7 bytes, fnv1a 406e475017aa7737 ok" // of "abcdefg", by another program
	if len(read) != 2 || read[0] != "dnp3 open file: A " || read[1] != "dnp3 file read: "+sum {
		t.Errorf("read: %q", read)
	}
	if len(write) != 2 || write[1] != "dnp3 file write: "+sum {
		t.Errorf("written: %q", write)
	}
	refused := told(dnp3Asks(10, dnp3Opens(2, "A")...), dnp3Says(10, dnp3Opened(1)...))
	if len(refused) != 2 || refused[1] != "dnp3 file write: 0 bytes, fnv1a cbf29ce484222325 permission denied" {
		t.Errorf("refused: %q", refused)
	}
}
