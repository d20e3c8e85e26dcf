package proto

import (
	"encoding/binary"
	"testing"

	"tyto/frame"
	"tyto/tyto"
)

// tpkt is a TPKT packet of one TPDU.
func tpkt(tpdu ...byte) []byte {
	b := []byte{3, 0, 0, 0}
	binary.BigEndian.PutUint16(b[2:], uint16(4+len(tpdu)))
	return append(b, tpdu...)
}

func s7(kind byte, reference uint16, fault []byte, parameter, data []byte) []byte {
	b := []byte{2, 0xf0, 0x80, 0x32, kind, 0, 0}
	b = binary.BigEndian.AppendUint16(b, reference)
	b = binary.BigEndian.AppendUint16(b, uint16(len(parameter)))
	b = binary.BigEndian.AppendUint16(b, uint16(len(data)))
	return tpkt(append(append(append(b, fault...), parameter...), data...)...)
}

func s7Job(reference uint16, parameter string, data ...byte) []byte {
	return s7(1, reference, nil, []byte(parameter), data)
}

func s7Ack(reference uint16, class, code byte, parameter string, data ...byte) []byte {
	return s7(3, reference, []byte{class, code}, []byte(parameter), data)
}

func s7Ask(reference uint16, group, sub byte, data ...byte) []byte {
	data = append([]byte{0xff, 9, 0, byte(len(data))}, data...)
	return s7(7, reference, nil, []byte{0, 1, 0x12, 4, 0x11, 0x40 | group, sub, 0}, data)
}

func s7Tell(reference uint16, group, sub byte, last byte, fault uint16, data ...byte) []byte {
	b := []byte{0xff, 9, byte(len(data) >> 8), byte(len(data))}
	return s7(7, reference, nil, []byte{0, 1, 0x12, 8, 0x12, 0x80 | group, sub, 1, 0, last, byte(fault >> 8), byte(fault)}, append(b, data...))
}

// szl is a system status list of records.
func szl(id uint16, size int, records ...string) []byte {
	b := binary.BigEndian.AppendUint16(nil, id)
	b = append(b, 0, 0, 0, byte(size), 0, byte(len(records)))
	for _, r := range records {
		b = append(b, r...)
		b = append(b, make([]byte, size-len(r))...)
	}
	return b
}

var (
	szlModules = szl(0x11, 28, "\x00\x016ES7 315-2EH14-0AB0 \x00\xc0\x00\x04\x00\x01", "\x00\x066ES7 315-2EH14-0AB0 \x00\xc0\x00\x04\x00\x01",
		"\x00\x07                    \x00\xc0V\x03\x02\x08")
	szlComponents = szl(0x1c, 34, "\x00\x01LINE-4", "\x00\x02CPU", "\x00\x03Filling", "\x00\x04Original Siemens Equipment",
		"\x00\x05S C-EXAMPLE00042", "\x00\x07CPU 315-2 PN/DP", "\x00\x08MMC 0A0B0C0D", "\x00\x0bHall 7")
)

const (
	s7WriteDB = "\x05\x01\x12\x0a\x10\x02\x00\x01\x00\x0a\x84\x00\x00\x20"
	s7Insert  = "\x28\x00\x00\x00\x00\x00\x00\xfd\x00\x0a\x01\x000800001P\x05_INSE"
	s7Restart = "\x28\x00\x00\x00\x00\x00\x00\xfd\x00\x00\x09P_PROGRAM"
)

// TestGenerateS7comm makes the capture of testdata/s7comm.
func TestGenerateS7comm(t *testing.T) {
	w := newWire()
	station, plc := wireStation(31), wireStation(62)
	c := w.tcp(station, 54100, plc, 102)
	pair := func(request, answer []byte) { c.say(0, request).say(1, answer) }
	pair(tpkt(0x11, 0xe0, 0, 0, 0, 1, 0, 0xc0, 1, 10, 0xc1, 2, 1, 0, 0xc2, 2, 1, 2), tpkt(0x11, 0xd0, 0, 1, 0, 4, 0, 0xc0, 1, 10, 0xc1, 2, 1, 0, 0xc2, 2, 1, 2))
	pair(s7Job(1, "\xf0\x00\x00\x01\x00\x01\x01\xe0"), s7Ack(1, 0, 0, "\xf0\x00\x00\x01\x00\x01\x00\xf0"))
	pair(s7Ask(2, 4, 1, 0, 0x11, 0, 0), s7Tell(2, 4, 1, 0, 0, szlModules...))
	pair(s7Ask(3, 4, 1, 0, 0x1c, 0, 0), s7Tell(3, 4, 1, 1, 0, szlComponents[:230]...))
	pair(s7Ask(4, 4, 1), s7Tell(4, 4, 1, 0, 0, szlComponents[230:]...))
	pair(s7Ask(5, 4, 1, 2, 0x32, 0, 4), s7Tell(5, 4, 1, 0, 0, szl(0x232, 40, "\x00\x04\x00\x01\x00\x00\x00\x01\x00\x01")...))
	pair(s7Ask(6, 4, 1, 4, 0x24, 0, 0), s7Tell(6, 4, 1, 0, 0, szl(0x424, 20, "\x51\x44\xff\x08")...))
	pair(s7Ask(7, 4, 1, 0, 0x91, 0, 0), s7Tell(7, 4, 1, 0, 0xd401))
	pair(s7Job(8, "\x04\x01\x12\x0a\x10\x02\x00\x02\x00\x0a\x84\x00\x00\x20"), s7Ack(8, 0, 0, "\x04\x01", 0xff, 4, 0, 16, 0, 7))
	pair(s7Job(9, s7WriteDB, 0, 4, 0, 8, 7), s7Ack(9, 0, 0, "\x05\x01", 0xff))
	pair(s7Job(10, "\x05\x01\x12\x0a\x10\x02\x00\x01\x00\x00\x83\x00\x01\x40", 0, 4, 0, 8, 7), s7Ack(10, 0, 0, "\x05\x01", 5))
	pair(s7Ask(11, 7, 2, 0, 0x19, 0x26, 1, 1, 0, 0, 0, 0, 0), s7Tell(11, 7, 2, 0, 0))
	pair(s7Ask(12, 5, 1, 1, 2, 3, 4, 5, 6, 7, 8), s7Tell(12, 5, 1, 0, 0xd601))
	pair(s7Ask(13, 5, 1, 1, 2, 3, 4, 5, 6, 7, 8), s7Tell(13, 5, 1, 0, 0))
	pair(s7Ask(14, 3, 1), s7Tell(14, 3, 1, 0, 0, '0', '8', 0, 1))
	pair(s7Job(15, "\x1d\x00\x00\x00\x00\x00\x00\x00\x09_0C00010A"), s7Ack(15, 0, 0, "\x1d\x00\x01\x00\x00\x00\x00\x07\x070000142"))
	pair(s7Job(16, "\x1e\x00\x00\x00\x00\x00\x00\x07"), s7Ack(16, 0, 0, "\x1e\x00", 0, 2, 0, 0xfb, 'p', 'p'))
	pair(s7Job(17, "\x1f\x00\x00\x00\x00\x00\x00\x07"), s7Ack(17, 0, 0, "\x1f"))
	pair(s7Job(18, "\x1a\x00\x01\x00\x00\x00\x00\x00\x09_0800001P\x0d1000142000034"), s7Ack(18, 0, 0, "\x1a"))
	c.say(1, s7Job(1, "\x1b\x00\x00\x00\x00\x00\x00\x00\x09_0800001P")).say(0, s7Ack(1, 0, 0, "\x1b\x00", 0, 2, 0, 0xfb, 'p', 'p'))
	c.say(1, s7Job(2, "\x1c\x00\x00\x00\x00\x00\x00\x00\x09_0800001P")).say(0, s7Ack(2, 0, 0, "\x1c"))
	pair(s7Job(19, s7Insert), s7Ack(19, 0, 0, "\x28"))
	pair(s7Job(20, "\x29\x00\x00\x00\x00\x00\x09P_PROGRAM"), s7Ack(20, 0, 0, "\x29"))
	pair(s7Job(21, s7Restart), s7Ack(21, 0xd2, 0x41, "\x28"))
	lie := s7Job(22, s7WriteDB, 0, 4, 0, 8, 7)
	lie[16] = 0xff // data length
	c.say(0, lie)
	c.end()
	w.keep(t, "s7comm")
}

func TestS7commActs(t *testing.T) {
	for _, x := range []struct {
		request, answer []byte
		verb            tyto.Verb
		object, outcome string
	}{
		{s7Job(1, s7WriteDB, 0, 4, 0, 8, 7), s7Ack(1, 0, 0, "\x05\x01", 0xff), tyto.Write, "DB 10 byte 4", "ok"},
		{s7Job(2, s7WriteDB, 0, 4, 0, 8, 7), s7Ack(2, 0, 0, "\x05\x01", 3), tyto.Write, "DB 10 byte 4", "access not allowed"},
		{s7Job(3, s7Insert), s7Ack(3, 0, 0, "\x28"), tyto.Program, "insert block OB 1", "ok"},
		{s7Job(4, s7Restart), s7Ack(4, 0, 0, "\x28"), tyto.Start, "start program", "ok"},
		{s7Job(5, "\x29\x00\x00\x00\x00\x00\x09P_PROGRAM"), s7Ack(5, 0xd2, 0x41, "\x29"), tyto.Stop, "program", "protected by a password"},
		{s7Ask(6, 7, 4, 1), s7Tell(6, 7, 4, 0, 0), tyto.Configure, "clock", "ok"},
		{s7Ask(7, 5, 1, 1), s7Tell(7, 5, 1, 0, 0xd601), tyto.LoginFailed, "password", "wrong password"},
	} {
		memory, f := new([4]uint64), &frame.Frame{SrcPort: 40000, DstPort: 102}
		shown(t, "s7comm", &Message{Frame: f, Body: x.request, Memory: memory, ToServer: true})
		s := shown(t, "s7comm", &Message{Frame: &frame.Frame{SrcPort: 102, DstPort: 40000}, Body: x.answer, Memory: memory})
		d := s.Deeds()
		if len(d) != 1 || d[0].Verb != x.verb || string(d[0].Object) != x.object || d[0].Outcome != x.outcome || !d[0].ByReceiver {
			t.Errorf("%x: got %+v %q, want %s of %q: %s", x.request, d, s.Broken(), x.verb, x.object, x.outcome)
		}
	}
}

func TestS7commAllocatesNothing(t *testing.T) {
	f := &frame.Frame{SrcPort: 102, DstPort: 40000}
	wireAllocs(t, "s7comm", &Message{Frame: f, Body: s7Tell(2, 4, 1, 0, 0, szlModules...)})
	wireAllocs(t, "s7comm", &Message{Frame: f, Body: s7Tell(2, 4, 1, 0, 0, szlComponents...)})
}

// TestS7commLoads begins a block and another before it ended, and moves that in two parts.
func TestS7commLoads(t *testing.T) {
	memory := new([4]uint64)
	up, down := &frame.Frame{SrcPort: 40000, DstPort: 102}, &frame.Frame{SrcPort: 102, DstPort: 40000}
	ask := func(b []byte) { shown(t, "s7comm", &Message{Frame: up, Body: b, Memory: memory, ToServer: true}) }
	answer := func(b []byte) []Deed {
		return shown(t, "s7comm", &Message{Frame: down, Body: b, Memory: memory}).Deeds()
	}
	ask(s7Job(1, "\x1a\x00\x01\x00\x00\x00\x00\x00\x09_0800001P"))
	answer(s7Ack(1, 0, 0, "\x1a"))
	ask(s7Job(2, "\x1d\x00\x00\x00\x00\x00\x00\x00\x09_0C00010A"))
	if d := answer(s7Ack(2, 0, 0, "\x1d\x00\x01\x00\x00\x00\x00\x07")); len(d) != 2 || d[1].Outcome != "not finished" || string(d[1].Object) != "OB 1, 0 bytes, fnv1a cbf29ce484222325" {
		t.Errorf("got %+v", d)
	}
	for i := range 2 {
		ask(s7Job(uint16(3+i), "\x1e\x00\x00\x00\x00\x00\x00\x07"))
		answer(s7Ack(uint16(3+i), 0, 0, "\x1e\x00", 0, 1, 0, 0xfb, 'a'))
	}
	ask(s7Job(5, "\x1f\x00\x00\x00\x00\x00\x00\x07"))
	if d := answer(s7Ack(5, 0, 0, "\x1f")); len(d) != 1 || d[0].Verb != tyto.Transfer || string(d[0].Object) != "FC 10, 2 bytes, fnv1a 089c4307b54596b7" || memory[3]&s7Loading != 0 {
		t.Errorf("got %+v %s", d, d[0].Object)
	}
}
