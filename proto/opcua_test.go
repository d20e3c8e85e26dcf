package proto

import (
	"encoding/binary"
	"testing"

	"tyto/frame"
)

// uaMessage is one chunk of OPC UA.
func uaMessage(kind string, body []byte) []byte {
	return append(binary.LittleEndian.AppendUint32([]byte(kind), uint32(8+len(body))), body...)
}

// ua is little-endian numbers and strings, one after the other.
func ua(parts ...any) (b []byte) {
	for _, x := range parts {
		switch x := x.(type) {
		case string:
			b = binary.LittleEndian.AppendUint32(b, uint32(len(x)))
			b = append(b, x...)
		case int:
			b = binary.LittleEndian.AppendUint32(b, uint32(x))
		case byte:
			b = append(b, x)
		case []byte:
			b = append(b, x...)
		}
	}
	return b
}

func uaID(n int) []byte { return []byte{1, 0, byte(n), byte(n >> 8)} }

func uaAsk(request, service int, body []byte) []byte {
	header := ua(uaID(0), 0, 0, 1, 0, -1, 1000, []byte{0, 0, 0})
	return uaMessage("MSGF", ua(7, 1, request, request, uaID(service), header, body))
}

func uaTell(request, service, result int, body []byte) []byte {
	header := ua(0, 0, 1, result, byte(0), 0, []byte{0, 0, 0})
	return uaMessage("MSGF", ua(7, 1, request, request, uaID(service), header, body))
}

func uaApplication(uri, product, name string, kind int) []byte {
	return ua(uri, product, byte(2), name, kind, -1, -1, 0)
}

var uaServer = uaApplication("urn:example:server", "http://example.com/server", "Example server", 0)

func uaEndpoints() []byte {
	return ua(1, "opc.tcp://192.168.17.60:4840", uaServer, -1, 1, "http://opcfoundation.org/UA/SecurityPolicy#None",
		1, "anonymous", 0, -1, -1, -1, "http://opcfoundation.org/UA-Profile/Transport/uatcp-uasc-uabinary", byte(0))
}

func uaBuild() []byte {
	values := []byte{}
	for _, x := range []string{"Example Automation", "EXA OPC server", "4.2.1"} {
		values = append(values, ua(byte(1), byte(12), x)...)
	}
	status := ua(0, 0, 0, 0, 0, "http://example.com/server", "Example Automation", "EXA OPC server", "4.2.1", "77", 0, 0)
	values = append(values, ua(byte(5), byte(22), uaID(864), byte(1), len(status), status, 0, 0)...)
	return append(ua(4, values), ua(0)...)
}

func uaRead() []byte {
	b := ua(0, 0, 0, 4)
	for _, n := range []int{2263, 2261, 2264, 2256} {
		b = append(b, ua(uaID(n), 13, -1, []byte{0, 0}, -1)...)
	}
	return b
}

func TestGenerateOPCUA(t *testing.T) {
	w := newWire()
	hmi, plc := wireStation(30), wireStation(60)
	c := w.tcp(hmi, 40001, plc, 4840)
	policy := "http://opcfoundation.org/UA/SecurityPolicy#None"
	write := ua(1, []byte{1, 2}, []byte{0xe9, 3}, 13, -1, byte(1), byte(6), 77)
	for _, x := range [][2][]byte{
		{uaMessage("HELF", ua(0, 65536, 65536, 0, 0, "opc.tcp://192.168.17.60:4840")), uaMessage("ACKF", ua(0, 65536, 65536, 0, 0))},
		{uaMessage("OPNF", ua(0, policy, -1, -1, 1, 1, uaID(446), []byte{0, 0})), uaMessage("OPNF", ua(7, policy, -1, -1, 1, 1, uaID(449), ua(0, 0, 1, 0, byte(0), 0, []byte{0, 0, 0})))},
		{uaAsk(2, 428, ua("opc.tcp://192.168.17.60:4840", 0, 0)), uaTell(2, 431, 0, uaEndpoints())},
		{uaAsk(3, 461, uaApplication("urn:example:client", "http://example.com/client", "Example client", 1)), uaTell(3, 464, 0, ua(uaID(1), uaID(2), 0, 0, -1, -1, uaEndpoints()))},
		{uaAsk(4, 467, ua(-1, -1, 0, 0, uaID(324), byte(0))), uaTell(4, 470, 0x80210000, nil)},
		{uaAsk(5, 467, ua(-1, -1, 0, 0, uaID(321), byte(0))), uaTell(5, 470, 0, nil)},
		{uaAsk(6, 631, uaRead()), uaTell(6, 634, 0, uaBuild())},
		{uaAsk(7, 673, write), uaTell(7, 676, 0, ua(1, 0x803b0000))},
		{uaAsk(8, 673, write), uaTell(8, 676, 0, ua(1, 0))},
		{uaAsk(9, 712, ua(1, uaID(85), uaID(5001))), uaTell(9, 397, 0x801f0000, nil)},
		{uaAsk(10, 673, ua(1, byte(3), []byte{2, 0}, "Line4.Speed", 13, -1, byte(0))), uaTell(10, 676, 0, ua(1, 0))},
		{uaAsk(11, 712, ua(1, uaID(85), uaID(5002))), nil},
		{uaAsk(12, 527, nil), uaTell(12, 530, 0, nil)},
		{uaAsk(13, 422, []byte{1, 0}), uaMessage("ERRF", ua(0x80070000, -1))},
		{uaMessage("CLOF", ua(7, 1, 14, 14, uaID(452))), nil},
	} {
		c.say(0, x[0]).say(1, x[1])
	}
	c.end()
	w.keep(t, "opcua")
}

func TestOPCUAIdentity(t *testing.T) {
	memory := new([4]uint64)
	shown(t, "opcua", &Message{Body: uaAsk(6, 631, uaRead()), Memory: memory, ToServer: true})
	s := shown(t, "opcua", &Message{Body: uaTell(6, 634, 0, uaBuild()), Memory: memory})
	for field, want := range map[string]string{"opcua.ManufacturerName": "Example Automation", "opcua.ProductName": "EXA OPC server", "opcua.SoftwareVersion": "4.2.1", "opcua.BuildNumber": "77"} {
		if got := fact(s, field); got != want {
			t.Errorf("%s = %q, want %q", field, got, want)
		}
	}
}

func TestOPCUAIs(t *testing.T) {
	for _, x := range []struct {
		port uint16
		body []byte
		want bool
	}{
		{4840, uaMessage("HELF", ua(0, 65536, 65536, 0, 0, "opc.tcp://x")), true},
		{40001, uaMessage("HELF", ua(0, 65536, 65536, 0, 0, "opc.tcp://x")), true},
		{40001, uaAsk(2, 428, nil), true},
		{40001, append(uaAsk(2, 428, nil), 0), false},
		{4840, []byte("HELO example"), false},
		{4840, []byte("MSG"), false},
	} {
		if got := isOPCUA(&Message{Frame: &frame.Frame{DstPort: x.port}, Body: x.body}); got != x.want {
			t.Errorf("Is(%q) = %v, want %v", x.body, got, x.want)
		}
	}
}

func TestOPCUAAllocates(t *testing.T) {
	f := &frame.Frame{Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcPort: 4840, DstPort: 40000}
	memory := new([4]uint64)
	shown(t, "opcua", &Message{Body: uaAsk(6, 631, uaRead()), Memory: memory, ToServer: true})
	wireAllocs(t, "opcua", &Message{Frame: f, Body: uaTell(6, 634, 0, uaBuild()), Memory: memory})
	wireAllocs(t, "opcua", &Message{Frame: f, Body: uaTell(3, 431, 0, uaEndpoints())})
}
