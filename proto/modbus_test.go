package proto

import (
	"encoding/binary"
	"fmt"
	"testing"

	"tyto/frame"
	"tyto/proto/modbus"
	"tyto/stream"
	"tyto/tyto"
)

// adu is a message of Modbus over TCP.
func adu(transaction uint16, unit byte, pdu ...byte) []byte {
	b := binary.BigEndian.AppendUint16(nil, transaction)
	b = append(b, 0, 0, byte((len(pdu)+1)>>8), byte(len(pdu)+1), unit)
	return append(b, pdu...)
}

// object is one object of device identification.
func object(id byte, text string) []byte { return append([]byte{id, byte(len(text))}, text...) }

func deviceIdentity(objects ...[]byte) []byte {
	pdu := []byte{43, 14, 1, 1, 0, 0, byte(len(objects))}
	for _, o := range objects {
		pdu = append(pdu, o...)
	}
	return pdu
}

var modbusDevice = deviceIdentity(object(0, "Example Automation"), object(1, "EXA-340-20"), object(2, "V3.10"), object(4, "EXA 340"),
	object(5, "EXA 340-20 CPU"), object(6, "Line 4"))

func sunSpec() []byte {
	b := append([]byte{3, 0}, "SunS\x00\x01\x00\x42"...)
	for _, x := range []struct {
		text string
		n    int
	}{{"Example Solar", 32}, {"EXS-10K", 32}, {"", 16}, {"1.7.0", 16}, {"EXS0042A77", 32}, {"", 4}} {
		field := make([]byte, x.n)
		copy(field, x.text)
		b = append(b, field...)
	}
	b[1] = byte(len(b) - 2)
	return b
}

func umasID() []byte {
	b := append([]byte{90, 0, 0xfe}, make([]byte, 22)...)
	b[11], b[12] = 0x70, 0x02
	return append(b, "\x0dEXA P34 2020 "...)
}

// umasInfo is the answer of a controller with six checksums.
func umasInfo(program uint32, state byte) []byte {
	b := append([]byte{90, 0, 0xfe}, make([]byte, 66)...)
	b[3+3] = 6
	binary.LittleEndian.PutUint32(b[3+8:], program)
	b[3+60] = state
	return b
}

func umasProject() []byte {
	b := append([]byte{90, 1, 0xfe}, make([]byte, 38)...)
	b[37], b[38], b[39] = 9, 2, 1
	return append(b, "\x08Example\x00"...)
}

// TestGenerateModbus makes the capture of testdata/modbus.
func TestGenerateModbus(t *testing.T) {
	w := newWire()
	hmi, plc, gateway := wireStation(30), wireStation(60), wireStation(61)
	c := w.tcp(hmi, 54000, plc, 502)
	pair := func(request, answer []byte) { c.say(0, request).say(1, answer) }
	pair(adu(1, 1, 3, 0, 40, 0, 10), adu(1, 1, append([]byte{3, 20}, make([]byte, 20)...)...))
	pair(adu(2, 1, 6, 0, 40, 0, 7), adu(2, 1, 6, 0, 40, 0, 7))
	pair(adu(3, 1, 16, 0, 40, 0, 2, 4, 0, 1, 0, 2), adu(3, 1, 16, 0, 40, 0, 2))
	pair(adu(4, 1, 5, 0, 3, 0xff, 0), adu(4, 1, 0x85, 2))
	pair(adu(5, 1, 43, 14, 1, 0), adu(5, 1, modbusDevice...))
	pair(adu(6, 1, 17), adu(6, 1, 17, 10, 1, 0xff, 'E', 'X', 'A', ' ', '3', '4', '0', 0))
	pair(adu(7, 1, 8, 0, 4, 0, 0), adu(7, 1, 8, 0, 4, 0, 0))
	pair(adu(8, 1, 4, 0xff, 0xff, 0, 9), adu(8, 1, 0x84, 2))                                          // beyond the last register
	pair(append(adu(9, 1, 1, 0, 0, 0, 8), adu(10, 1, 2, 0, 0, 0, 8)...), adu(10, 1, 2, 1, 0))         // two at once, answered
	pair(adu(11, 1, 15, 0, 0, 0, 3, 1, 5), append(adu(9, 1, 1, 1, 0), adu(11, 1, 15, 0, 0, 0, 3)...)) // out of order
	c.say(0, []byte{0, 12, 0, 1, 0, 6, 1, 3, 0, 0, 0, 1})                                             // not protocol 0
	for i := range byte(4) {
		c.say(0, adu(20+uint16(i), 1, 6, 0, i, 0, 1)) // never answered
	}
	c.end()
	c = w.tcp(hmi, 54001, plc, 502)
	pair(adu(1, 0, 90, 0, 2), adu(1, 0, umasID()...))
	pair(adu(2, 0, append([]byte{90, 0, 0x10, 'C', 'L', 0, 0, 11}, "ENG-EXAMPLE"...)...), adu(2, 0, 90, 0, 0xfe, 1))
	pair(adu(3, 0, 90, 1, 0x41, 0xff, 0), adu(3, 0, 90, 1, 0xfe))
	pair(adu(4, 0, 90, 1, 0x40, 0xff, 0), adu(4, 0, 90, 1, 0xfd, 0x80))
	pair(adu(5, 0, 90, 1, 3, 0), adu(5, 0, umasProject()...))
	pair(adu(7, 0, 90, 0, 4), adu(7, 0, umasInfo(0x113d5837, 2)...))
	pair(adu(8, 0, 90, 0, 4), adu(8, 0, umasInfo(0x0a98737a, 1)...)) // another program, and it stands still
	pair(adu(9, 0, 90, 0, 4), adu(9, 0, umasInfo(0x0a98737a, 1)[:40]...))
	pair(adu(6, 0, 90, 1, 6, 6), adu(6, 0, append([]byte{90, 1, 0xfe, 0, 0, 0, 0, 0, 0, 11}, "EXARMS008MP"...)...))
	c.end()
	c = w.tcp(hmi, 54002, gateway, 1502) // not on its port: an inverter and a meter behind a gateway
	pair(adu(1, 7, 3, 0x9c, 0x40, 0, 70), adu(1, 7, sunSpec()...))
	pair(adu(2, 8, 43, 14, 1, 0), adu(2, 8, deviceIdentity(object(0, "Example Meters"), object(1, "EXM-1"), object(2, "2.0"))...))
	c.end()
	serialTalks(w, hmi, gateway)
	w.keep(t, "modbus")
}

// rtu is a message as on a serial line, ascii the same in digits.
func rtu(unit byte, pdu ...byte) []byte {
	b := append([]byte{unit}, pdu...)
	return binary.LittleEndian.AppendUint16(b, modbus.CRC(b))
}

func ascii(unit byte, pdu ...byte) []byte {
	b, sum := append([]byte{unit}, pdu...), byte(0)
	for _, x := range b {
		sum += x
	}
	return fmt.Appendf(nil, ":%X%02X\r\n", b, -sum)
}

// serialTalks is a device server with three units on its line: asked over TCP, in
// pieces and at once, in both ways of framing, and itself the one that connects.
func serialTalks(w *wire, hmi, server wireHost) {
	c := w.tcp(hmi, 54003, server, 4001)
	pair := func(request, answer []byte) { c.say(0, request).say(1, answer) }
	pair(rtu(1, 3, 0, 0, 0, 2), rtu(1, 3, 4, 0, 1, 0, 2))
	pair(rtu(1, 6, 0, 40, 0, 7), rtu(1, 6, 0, 40, 0, 7))
	pair(rtu(2, 16, 0, 40, 0, 2, 4, 0, 1, 0, 2), rtu(2, 0x90, 2))
	pair(rtu(2, 43, 14, 1, 0), rtu(2, modbusDevice...))
	pair(rtu(3, 17), rtu(3, append([]byte{17, 10, 1, 0xff}, "EXA 340\x00"...)...))
	pair(rtu(7, 3, 0x9c, 0x40, 0, 70), rtu(7, sunSpec()...))
	pair(rtu(1, 24, 0, 5), rtu(1, 24, 0, 4, 0, 1, 0, 9))
	pair(rtu(1, 65, 1, 2, 3), rtu(1, 65, 9)) // a maker's own function
	c.say(0, rtu(0, 5, 0, 3, 0xff, 0))       // to all units: nobody answers
	request, answer := rtu(1, 15, 0, 0, 0, 3, 1, 5), rtu(1, 15, 0, 0, 0, 3)
	c.say(0, request[:1]).say(0, request[1:6]).say(0, request[6:]).say(1, answer[:2]).say(1, answer[2:3]).say(1, answer[3:])
	c.say(0, append(rtu(1, 6, 0, 1, 0, 1), rtu(2, 6, 0, 2, 0, 2)...)).say(1, append(rtu(1, 6, 0, 1, 0, 1), rtu(2, 0x86, 3)...))
	broken := rtu(1, 3, 2, 0, 9)
	broken[4] ^= 0x10 // a disturbance on the line
	pair(rtu(1, 3, 0, 0, 0, 1), broken)
	pair(rtu(1, 3, 0, 0, 0, 200), rtu(1, 0x83, 3))
	c.end()
	c = w.tcp(hmi, 54004, server, 502) // where Modbus over TCP has its place
	pair(rtu(1, 3, 0, 0, 0, 2), rtu(1, 3, 4, 0, 1, 0, 2))
	pair(rtu(1, 5, 0, 3, 0xff, 0), rtu(1, 5, 0, 3, 0xff, 0))
	c.end()
	c = w.tcp(hmi, 54005, server, 4002)
	pair(ascii(4, 3, 0, 0, 0, 2), ascii(4, 3, 4, 0, 1, 0, 2))
	pair(ascii(4, 6, 0, 40, 0, 7), ascii(4, 6, 0, 40, 0, 7))
	pair(ascii(4, 43, 14, 1, 0), ascii(4, modbusDevice...))
	pair(ascii(4, 1, 0, 0, 0, 8), []byte(":040101FF00\r\n"))
	c.end()
	c = w.tcp(server, 54006, hmi, 10001) // the device server connects, who listens asks
	c.say(1, rtu(5, 3, 0, 0, 0, 2)).say(0, rtu(5, 3, 4, 0, 1, 0, 2))
	c.say(1, rtu(5, 6, 0, 9, 0, 1)).say(0, rtu(5, 6, 0, 9, 0, 1))
	c.end()
}

func TestModbusActs(t *testing.T) {
	for _, x := range []struct {
		request, answer []byte
		verb            tyto.Verb
		object, outcome string
	}{
		{adu(1, 1, 6, 0, 40, 0, 7), adu(1, 1, 6, 0, 40, 0, 7), tyto.Write, "holding register 40", "ok"},
		{adu(2, 1, 16, 0, 40, 0, 10, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), adu(2, 1, 0x90, 3), tyto.Write, "holding registers 40-49", "illegal data value"},
		{adu(3, 1, 5, 0, 3, 0, 0), adu(3, 1, 5, 0, 3, 0, 0), tyto.Write, "coil 3", "ok"},
		{adu(4, 1, 22, 0, 9, 0, 1, 0, 2), adu(4, 1, 22, 0, 9, 0, 1, 0, 2), tyto.Write, "holding register 9", "ok"},
		{adu(5, 1, 23, 0, 0, 0, 1, 0, 10, 0, 2, 4, 1, 2, 3, 4), adu(5, 1, 23, 2, 0, 0), tyto.Write, "holding registers 10-11", "ok"},
		{adu(6, 1, 8, 0, 1, 0xff, 0), adu(6, 1, 8, 0, 1, 0xff, 0), tyto.Configure, "restart communications", "ok"},
		{adu(7, 1, 8, 0, 4, 0, 0), adu(7, 1, 0x88, 1), tyto.Stop, "force listen only mode", "illegal function"},
		{adu(8, 1, 90, 0, 0x41), adu(8, 1, 90, 0, 0xfe), tyto.Stop, "stop PLC", "ok"},
		{adu(9, 1, 90, 0, 0x30), adu(9, 1, 90, 0, 0xfd, 1), tyto.Program, "write program", "refused"},
		{adu(9, 1, 90, 0, 0x33), adu(9, 1, 90, 0, 0xfd, 1), tyto.Transfer, "read program", "refused"},
		{adu(10, 1, 17), adu(10, 1, 17, 2, 1, 0xff), tyto.Identify, "server id", "ok"},
		{adu(11, 1, 3, 0, 0, 0, 1), adu(11, 1, 0x83, 11), tyto.Read, "holding register 0", "gateway target failed to respond"},
	} {
		memory := new([4]uint64)
		if s := shown(t, "modbus", &Message{Body: x.request, Memory: memory, ToServer: true}); s.Broken() != "" {
			t.Errorf("%x: %s", x.request, s.Broken())
		}
		s := shown(t, "modbus", &Message{Body: x.answer, Memory: memory})
		d := s.Deeds()
		if len(d) != 1 || d[0].Verb != x.verb || string(d[0].Object) != x.object || d[0].Outcome != x.outcome || !d[0].ByReceiver || s.Broken() != "" {
			t.Errorf("%x: got %+v %q, want %s of %q: %s", x.request, d, s.Broken(), x.verb, x.object, x.outcome)
		}
	}
}

// TestModbusReads wants reads that succeed only counted, and once.
func TestModbusReads(t *testing.T) {
	memory := new([4]uint64)
	d := shown(t, "modbus", &Message{Body: adu(1, 1, 3, 0, 0, 0, 2), Memory: memory, ToServer: true}).Deeds()
	if len(d) != 1 || d[0].Verb != tyto.NoVerb || d[0].Operation != "modbus 3" {
		t.Errorf("request: got %+v", d)
	}
	if d = shown(t, "modbus", &Message{Body: adu(1, 1, 3, 4, 0, 0, 0, 0), Memory: memory}).Deeds(); len(d) != 0 {
		t.Errorf("answer: got %+v", d)
	}
}

// TestModbusAlone wants an act also of an answer whose request was not seen.
func TestModbusAlone(t *testing.T) {
	d := shown(t, "modbus", &Message{Body: adu(1, 1, 16, 0, 40, 0, 2)}).Deeds()
	if len(d) != 1 || d[0].Verb != tyto.Write || string(d[0].Object) != "holding registers 40-41" {
		t.Errorf("got %+v", d)
	}
}

func TestModbusRules(t *testing.T) {
	for _, x := range []struct {
		pdu  []byte
		want string
	}{
		{[]byte{3, 0, 0, 0, 0}, "modbus: quantity"},
		{[]byte{3, 0, 0, 0, 126}, "modbus: quantity"},
		{[]byte{1, 0, 0, 0x07, 0xd1}, "modbus: quantity"},
		{[]byte{4, 0xff, 0xff, 0, 2}, "modbus: address and quantity go beyond 65535"},
		{[]byte{5, 0, 0, 0, 1}, "modbus: value of a coil is neither 0000 nor FF00"},
		{[]byte{16, 0, 0, 0, 2, 3, 0, 0, 0}, "modbus: byte count does not fit the quantity"},
		{[]byte{6, 0, 0}, "modbus: request is too short for its function"},
		{[]byte{6, 0, 0, 0, 0, 0}, "modbus: request is too long for its function"},
		{[]byte{0, 1}, "modbus: function code"},
		{[]byte{0x83, 1}, "modbus: function code"},
		{[]byte{8, 0, 5, 0, 0}, "modbus: sub-function of diagnostics"},
		{[]byte{43, 14, 9, 0}, "modbus: read device id code"},
		{[]byte{65, 1, 2, 3}, ""},
		{[]byte{43, 13, 1, 2, 3}, ""},
	} {
		if got := modbus.ReadRequest(x.pdu).Broken; got != x.want {
			t.Errorf("request %x: %q, want %q", x.pdu, got, x.want)
		}
	}
	for _, x := range []struct {
		pdu   []byte
		asked modbus.Request
		want  string
	}{
		{[]byte{3, 4, 0, 0, 0, 0}, modbus.Request{Function: 3, Quantity: 2}, ""},
		{[]byte{3, 2, 0, 0}, modbus.Request{Function: 3, Quantity: 2}, "modbus: byte count does not fit the quantity"},
		{[]byte{3, 4, 0, 0}, modbus.Request{}, "modbus: length of response"},
		{[]byte{4, 2, 0, 0}, modbus.Request{Function: 3, Quantity: 1}, "modbus: response to another function"},
		{[]byte{0x83, 0}, modbus.Request{}, "modbus: exception code"},
		{[]byte{0x83, 1, 1}, modbus.Request{}, "modbus: length of exception"},
		{[]byte{6, 0, 0, 0}, modbus.Request{}, "modbus: length of response"},
	} {
		if got := modbus.CheckResponse(x.pdu, x.asked); got != x.want {
			t.Errorf("response %x: %q, want %q", x.pdu, got, x.want)
		}
	}
}

func TestModbusIdentity(t *testing.T) {
	facts := func(unit byte) map[string]string {
		found := map[string]string{}
		for _, x := range shown(t, "modbus", &Message{Body: adu(1, unit, modbusDevice...)}).Facts() {
			if x.Subject.Part == uint16(unit) || unit == 1 && x.Subject.Part == 0 {
				found[x.Attr.String()] = string(x.Value)
			}
		}
		return found
	}
	got := facts(1)
	for attr, want := range map[string]string{"vendor": "Example Automation", "model_number": "EXA-340-20", "firmware": "V3.10", "model": "EXA 340-20 CPU", "description": "Line 4"} {
		if got[attr] != want {
			t.Errorf("%s = %q, want %q", attr, got[attr], want)
		}
	}
	if got = facts(7); got["part_model"] != "EXA 340-20 CPU" || got["part_firmware"] != "V3.10" || got["vendor"] != "" {
		t.Errorf("unit 7: %v", got)
	}
}

func TestModbusIs(t *testing.T) {
	at := func(port uint16, b []byte) bool {
		return isModbus(&Message{Frame: &frame.Frame{DstPort: port}, Body: b, Memory: new([4]uint64), ToServer: true})
	}
	for _, x := range []struct {
		port uint16
		body []byte
		want bool
	}{
		{502, adu(1, 1, 3, 0, 0, 0, 1), true},
		{502, adu(1, 1, 90, 0, 2), true},
		{502, []byte{0, 1, 0, 0}, true},
		{502, []byte("GET / HTTP/1.1\r\n"), false},
		{1502, adu(1, 1, 3, 0, 0, 0, 1), true},
		{1502, append(adu(1, 1, 3, 0, 0, 0, 1), adu(2, 1, 3, 0, 0, 0, 1)...), true},
		{1502, adu(1, 1, 90, 0, 2), false},
		{1502, adu(1, 1, 3, 0, 0, 0, 0), false},
		{1502, []byte{0, 1, 0, 0}, false},
		{1502, make([]byte, 12), false},
		{502, rtu(1, 3, 0, 0, 0, 2), true},
		{4001, rtu(1, 3, 0, 0, 0, 2), true},
		{4001, append(rtu(1, 3, 0, 0, 0, 2), rtu(2, 3, 0, 0, 0, 2)...), true},
		{4001, rtu(1, 3, 0, 0, 0, 0), false},                  // no quantity
		{4001, rtu(1, 3, 0, 0, 0, 2, 0), false},               // longer than its function says
		{4001, rtu(250, 3, 0, 0, 0, 2), false},                // no unit
		{4001, rtu(1, 65, 0, 0, 0, 2), false},                 // how long this is, nobody says
		{4001, append(rtu(1, 3, 0, 0, 0, 2), 1, 3, 0), false}, // the beginning of something else
		{4001, []byte{1, 3, 0, 0, 0, 2, 0xc4, 0x0c}, false},   // not its check
		{4001, ascii(1, 3, 0, 0, 0, 2), true},
		{4001, []byte(":10010000214601360121470136007EFE09D2190140\r\n"), false}, // Intel's file format has the same frame
		{4001, []byte(":010300000002FB\r\n"), false},
	} {
		if got := at(x.port, x.body); got != x.want {
			t.Errorf("Is(%x) on %d = %v, want %v", x.body, x.port, got, x.want)
		}
	}
}

func TestModbusAllocates(t *testing.T) {
	f := &frame.Frame{Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcPort: 502, DstPort: 40000}
	r := modbus.Request{Function: 16, Address: 40, Quantity: 2}
	wireAllocs(t, "modbus", &Message{Frame: f, Body: adu(1, 1, 16, 0, 40, 0, 2), Memory: &[4]uint64{r.Pack(1)}})
	wireAllocs(t, "modbus", &Message{Frame: f, Body: adu(1, 1, modbusDevice...)})
	wireAllocs(t, "modbus", &Message{Frame: f, Body: adu(1, 1, sunSpec()...)})
}

// TestUMASTransfers moves the same program to a controller and from it: the sums are the same.
func TestUMASTransfers(t *testing.T) {
	memory := new([4]uint64)
	f := &frame.Frame{SrcPort: 40000, DstPort: 502}
	g := &frame.Frame{SrcPort: 502, DstPort: 40000}
	var acts []string
	for i, x := range [][2][]byte{
		{adu(1, 1, 90, 7, 0x30, 0, 1, 0xfb, 0), adu(1, 1, 90, 7, 0xfe)},
		{adu(2, 1, 90, 7, 0x31, 0, 1, 1, 0, 4, 0, 'p', 'r', 'o', 'g'), adu(2, 1, 90, 7, 0xfe)},
		{adu(3, 1, 90, 7, 0x32, 0, 1, 2, 0), adu(3, 1, 90, 7, 0xfe)},
		{adu(4, 1, 90, 7, 0x33, 0, 1, 0xfb, 0), adu(4, 1, 90, 7, 0xfe)},
		{adu(5, 1, 90, 7, 0x34, 0, 1, 1, 0), adu(5, 1, 90, 7, 0xfe, 1, 0, 4, 0, 'p', 'r', 'o', 'g')},
		{adu(6, 1, 90, 7, 0x35, 0, 1, 1, 0), adu(6, 1, 90, 7, 0xfe)},
	} {
		shown(t, "modbus", &Message{Frame: f, Body: x[0], ToServer: true, Memory: memory})
		for _, d := range shown(t, "modbus", &Message{Frame: g, Body: x[1], Memory: memory}).Deeds() {
			if i%3 == 2 && d.Operation != "modbus 90" {
				acts = append(acts, d.Verb.String()+" "+string(d.Object))
			}
		}
	}
	if len(acts) != 2 || acts[0][:8] != "program " || acts[0][8:] != acts[1][9:] || memory[3]&modbusMoving != 0 {
		t.Errorf("got %q, want the same sum twice", acts)
	}
}

// TestSerialModbusUnits wants nothing said of the device server that a unit on its line says.
func TestSerialModbusUnits(t *testing.T) {
	memory := new([4]uint64)
	to := &frame.Frame{SrcPort: 40000, DstPort: 4001}
	from := &frame.Frame{SrcPort: 4001, DstPort: 40000}
	ask := &Message{Frame: to, Body: rtu(1, 43, 14, 1, 0), Memory: memory, ToServer: true}
	if !isModbus(ask) {
		t.Fatal("it is not known")
	}
	shown(t, "modbus", ask)
	found := map[string]string{}
	for _, x := range shown(t, "modbus", &Message{Frame: from, Body: rtu(1, modbusDevice...), Memory: memory}).Facts() {
		if x.Subject.Part == 1 {
			found[x.Attr.String()] = string(x.Value)
		} else if x.Attr != tyto.Role && x.Attr != tyto.Provides {
			t.Errorf("%s = %q is told of the server", x.Attr, x.Value)
		}
	}
	if found["part_model"] != "EXA 340-20 CPU" || found["part_firmware"] != "V3.10" {
		t.Errorf("unit 1: %v", found)
	}
}

// TestSerialModbusPieces cuts what is said at every place: what is told is the same.
func TestSerialModbusPieces(t *testing.T) {
	frames := [][]byte{rtu(1, 3, 0, 0, 0, 2), rtu(1, 16, 0, 40, 0, 2, 4, 0, 1, 0, 2), rtu(9, 43, 14, 1, 0), rtu(1, 23, 0, 0, 0, 1, 0, 9, 0, 1, 2, 0, 7), rtu(2, 7)}
	var all []byte
	for _, x := range frames {
		all = append(all, x...)
	}
	for cut := 1; cut < len(all); cut++ {
		m := &Message{Frame: &frame.Frame{DstPort: 4001}, Memory: &[4]uint64{3: modbusRTU}, ToServer: true}
		h := &streamHandler{t: t, m: *m, left: 100}
		for _, d := range All() {
			if d.Name == "modbus" {
				h.d = d
			}
		}
		var lengths []int
		half, feeder := new(stream.Half), stream.NewFeeder(2)
		taken := &pieces{streamHandler: h, lengths: &lengths}
		feeder.Feed(half, 1, all[:cut], 0, taken)
		feeder.Feed(half, 1+uint32(cut), all[cut:], 0, taken)
		if len(lengths) != len(frames) {
			t.Fatalf("cut at %d: %v", cut, lengths)
		}
		for i, n := range lengths {
			if n != len(frames[i]) || taken.broken != "" {
				t.Errorf("cut at %d: message %d has %d bytes, want %d; %s", cut, i, n, len(frames[i]), taken.broken)
			}
		}
	}
}

// pieces notes how long messages are.
type pieces struct {
	*streamHandler
	lengths *[]int
	broken  string
}

func (p *pieces) Take(b []byte, cut bool) {
	p.streamHandler.Take(b, cut)
	*p.lengths = append(*p.lengths, len(b))
	if why := p.s.Broken(); why != "" {
		p.broken = why
	}
}

func TestSerialModbusAllocates(t *testing.T) {
	f := &frame.Frame{Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcPort: 4001, DstPort: 40000}
	wireAllocs(t, "modbus", &Message{Frame: f, Body: rtu(1, modbusDevice...)})
	wireAllocs(t, "modbus", &Message{Frame: f, Body: ascii(1, modbusDevice...)})
}
