package proto

import (
	"testing"

	"tyto/frame"
)

func init() { generated["mqtt"] = mqttPackets }

// talk is segments of one TCP connection; those that begin with "<" are the server's.
func talk(client, server station, sport, dport uint16, messages ...string) (p [][]byte) {
	seq := [2]uint32{1000, 5000}
	p = append(p, onTCP(client, server, sport, dport, seq[0]-1, 0, frame.SYN, nil), onTCP(server, client, dport, sport, seq[1]-1, seq[0], frame.SYN|frame.ACK, nil))
	for _, x := range messages {
		body := []byte(x[1:])
		if x[0] == '<' {
			p = append(p, onTCP(server, client, dport, sport, seq[1], seq[0], frame.PSH|frame.ACK, body))
			seq[1] += uint32(len(body))
		} else {
			p = append(p, onTCP(client, server, sport, dport, seq[0], seq[1], frame.PSH|frame.ACK, body))
			seq[0] += uint32(len(body))
		}
	}
	return p
}

func mqttPackets() [][]byte {
	str := func(x string) string { return string(sized16([]byte(x))) }
	packet := func(first int, parts ...any) string { return string(cat(first, sized8(cat(parts...)))) }
	connect := packet(0x10, str("MQTT"), 4, 0xc6, uint16(60), str("plug-s-005E005312"), str("tele/plug-7/LWT"), str("gone"), str("someone"), str("secret"))
	connect5 := packet(0x10, str("MQTT"), 5, 2, uint16(60), 5, 0x11, uint32(10), str("gw-7"))
	return append(talk(printer, server, 40000, 1883, ">"+connect, "<\x20\x02\x00\x00",
		">"+packet(0x82, uint16(1), str("cmnd/plug-7/kitchen/POWER"), 0, str("#"), 1), "<\x90\x04\x00\x01\x00\x01",
		">"+packet(0x30, str("tele/plug-7/kitchen/STATE"), `{"POWER":"ON"}`), "<"+packet(0x30, str("x/y/z"), "1"), ">\xc0\x00", "<\xd0\x00", ">\xe0\x00"),
		append(talk(laptop, server, 40001, 18830, ">"+connect5, "<\x20\x03\x00\x87\x00"),
			talk(laptop, server, 40002, 1883, ">"+packet(0x30, str("home/temp"), "21"), ">"+packet(0x30, uint16(900), "home"))...)...)
}

func TestMQTT(t *testing.T) {
	p := mqttPackets()
	says(t, "mqtt", p[2], "clue=plug-s-005E005312 stated mqtt.clientid", "clue=tele/plug-7 stated", "!someone", "!secret")
	if isMQTT(&Message{Frame: &frame.Frame{SrcPort: 1, DstPort: 2}, Body: []byte("\x10\x0c\x00\x04HTTP\x04\x02\x00\x3c\x00\x00")}) {
		t.Error("another protocol's name is taken for MQTT")
	}
}
