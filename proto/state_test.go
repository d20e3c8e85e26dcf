package proto

import (
	"testing"

	"tyto/frame"
	"tyto/tyto"
)

// TestStates demands what answers and acts tell of what a controller does, where its switch stands and what it protects.
func TestStates(t *testing.T) {
	from := func(port uint16) *frame.Frame { return &frame.Frame{SrcPort: port, DstPort: 40000, Proto: frame.TCP} }
	to := func(port uint16) *frame.Frame { return &frame.Frame{SrcPort: 40000, DstPort: port, Proto: frame.TCP} }
	for _, x := range []struct {
		name        string
		dissector   string
		port        uint16
		ask, answer []byte
		attr        tyto.Attr
		want        string
	}{
		{"S7 diagnostics", "s7comm", 102, s7Ask(1, 4, 1, 0x04, 0x24, 0, 0), s7Tell(1, 4, 1, 0, 0, szl(0x0424, 20, "\x51\x43\xff\x84"+string(make([]byte, 16)))...), tyto.Mode, "stop"},
		{"S7 says that it runs", "s7comm", 102, nil, s7(7, 0, nil, []byte("\x01\x00\x10\x10\x00\x00\x02\x00"), nil), tyto.Mode, "run"},
		{"S7 stop", "s7comm", 102, s7Job(1, "\x29\x00\x00\x00\x00\x00\x09P_PROGRAM"), s7Ack(1, 0, 0, "\x29"), tyto.Mode, "stop"},
		{"S7 start", "s7comm", 102, s7Job(1, "\x28\x00\x00\x00\x00\x00\x00\xfd\x00\x00\x09P_PROGRAM"), s7Ack(1, 0, 0, "\x28"), tyto.Mode, "run"},
		{"S7 does not stop", "s7comm", 102, s7Job(1, "\x29\x00\x00\x00\x00\x00\x09P_PROGRAM"), s7Ack(1, 0x85, 0, "\x29"), tyto.Mode, ""},
		{"Logix in remote run", "enip", 44818, rr(3, "\x01\x02\x20\x01\x24\x01"), rr(3, "\x81\x00\x00\x00"+cipCPU), tyto.Mode, "remote run"},
		{"Logix key", "enip", 44818, rr(3, "\x01\x02\x20\x01\x24\x01"), rr(3, "\x81\x00\x00\x00"+cipCPU), tyto.Key, "remote"},
		{"a drive with a fault", "enip", 44818, rr(3, "\x01\x02\x20\x01\x24\x01"), rr(3, "\x81\x00\x00\x00\x01\x00\x02\x00\x36\x00\x10\x14\x60\x04\xfe\xca\x51\x00\x01D"), tyto.Mode, "fault"},
		{"a drive tells no mode", "enip", 44818, rr(3, "\x01\x02\x20\x01\x24\x01"), rr(3, "\x81\x00\x00\x00\x01\x00\x02\x00\x36\x00\x10\x14\x60\x30\xfe\xca\x51\x00\x01D"), tyto.Mode, ""},
		{"PCCC change of mode", "enip", 44818, rr(15, "\x4b\x02\x20\x67\x24\x01\x07\x01\x00\xef\xbe\xad\x00\x0f\x00\x02\x00\x80\x01"), rr(15, "\xcb\x00\x00\x00\x07\x01\x00\xef\xbe\xad\x00\x4f\x00\x02\x00"), tyto.Mode, "remote program"},
		{"Modbus run indicator", "modbus", 502, adu(1, 1, 17), adu(1, 1, append([]byte{17, 5, 9, 0xff}, "PLC"...)...), tyto.Mode, "run"},
		{"Modbus run indicator off", "modbus", 502, adu(1, 1, 17), adu(1, 1, 17, 2, 9, 0), tyto.Mode, "stop"},
		{"Modbus identifier of text", "modbus", 502, adu(1, 1, 17), adu(1, 1, append([]byte{17, 5}, "Meter"...)...), tyto.Mode, ""},
		{"UMAS stop", "modbus", 502, adu(1, 0, 90, 0, 0x41, 0xff, 0), adu(1, 0, 90, 0, 0xfe), tyto.Mode, "stop"},
		{"UMAS says that it runs", "modbus", 502, adu(1, 0, 90, 0, 4), adu(1, 0, umasInfo(1, 2)...), tyto.Mode, "run"},
		{"UMAS says that it stands", "modbus", 502, adu(1, 0, 90, 0, 4), adu(1, 0, umasInfo(1, 1)...), tyto.Mode, "stop"},
		{"UMAS says what nobody has described", "modbus", 502, adu(1, 0, 90, 0, 4), adu(1, 0, umasInfo(1, 4)...), tyto.Mode, ""},
		{"UMAS start refused", "modbus", 502, adu(1, 0, 90, 0, 0x40, 0xff, 0), adu(1, 0, 90, 0, 0xfd), tyto.Mode, ""},
		{"FINS fault", "omron", 9600, finsTCP(2, finsFrame(0x80, 2, "\x06\x01", "")), finsTCP(2, finsFrame(0xc0, 2, "\x06\x01", "\x00\x00\x00\x04\x80\x00"+string(make([]byte, 22)))), tyto.Mode, "fault"},
		{"FINS run asked for", "omron", 9600, finsTCP(2, finsFrame(0x80, 2, "\x04\x01", "\xff\xff\x04")), finsTCP(2, finsFrame(0xc0, 2, "\x04\x01", "\x00\x00")), tyto.Mode, "run"},
		{"FINS program protected", "omron", 9600, finsTCP(2, finsFrame(0x80, 2, "\x03\x04", "\xff\xff\x00")), finsTCP(2, finsFrame(0xc0, 2, "\x03\x04", "\x00\x00")), tyto.Protection, "write"},
		{"MELSEC registers", "melsec", 5007, slmpAsk(0x0401, "\xc8\x00\x00\xa9\x04\x00"), slmpTell(0, "\x01\x00\x00\x00\x00\x00\x02\x00"), tyto.Mode, "stop"},
		{"MELSEC switch", "melsec", 5007, slmpAsk(0x0401, "\xc8\x00\x00\xa9\x04\x00"), slmpTell(0, "\x01\x00\x00\x00\x00\x00\x02\x00"), tyto.Key, "stop"},
		{"MELSEC other registers", "melsec", 5007, slmpAsk(0x0401, "\xc9\x00\x00\xa9\x02\x00"), slmpTell(0, "\x01\x00\x00\x00"), tyto.Mode, ""},
		{"MELSEC pause", "melsec", 5007, slmpAsk(0x1003, "\x01\x00"), slmpTell(0, ""), tyto.Mode, "pause"},
		{"TwinCAT program", "ams", 48898, adsAsk(4, 1), adsState(801, 6), tyto.Mode, "stop"},
		{"TwinCAT without one", "ams", 48898, adsAsk(4, 1), adsState(10000, 15), tyto.Mode, "config"},
		{"TwinCAT system runs", "ams", 48898, adsAsk(4, 1), adsState(10000, 5), tyto.Mode, ""},
	} {
		t.Run(x.name, func(t *testing.T) {
			memory := new([4]uint64)
			if x.ask != nil {
				shown(t, x.dissector, &Message{Frame: to(x.port), Body: x.ask, Memory: memory, ToServer: true})
			}
			s := shown(t, x.dissector, &Message{Frame: from(x.port), Body: x.answer, Memory: memory})
			got := ""
			for _, f := range s.Facts() {
				if f.Attr == x.attr {
					got = string(f.Value)
				}
			}
			if got != x.want {
				t.Errorf("%s is %q, want %q; told %+v", x.attr, got, x.want, s.Facts())
			}
		})
	}
}

// adsState is the answer of a port to "read state".
func adsState(port, state uint16) []byte {
	return amsNumbers(uint16(0), uint32(40), amsDesk, uint16(32905), amsPLC, port, uint16(4), uint16(5), uint32(8), uint32(0), uint32(1), uint32(0), state, uint16(0))
}
