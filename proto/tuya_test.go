package proto

import "testing"

func init() { generated["tuya"] = tuyaPackets }

func tuyaPackets() [][]byte {
	frame := func(command int, payload []byte) []byte {
		return cat(uint32(tuyaPrefix), uint32(0), uint32(command), uint32(len(payload)+12), uint32(0), payload, uint32(0), uint32(0xaa55))
	}
	text := []byte(`{"ip":"192.168.77.22","gwId":"bf0123456789abcdef01","active":2,"encrypt":true,"productKey":"keyex12345","version":"3.3"}`)
	for pad := 16 - len(text)%16; len(text)%16 != 0; {
		text = append(text, byte(pad))
	}
	sealed := make([]byte, len(text))
	for i := 0; i < len(text); i += 16 {
		tuyaKey.Encrypt(sealed[i:i+16], text[i:i+16])
	}
	return append([][]byte{
		onUDP(printer, everybody, 40000, 6666, frame(0, text)),
		onUDP(printer, everybody, 40000, 6667, frame(19, sealed)),
		onUDP(printer, everybody, 40000, 6667, cat(uint32(tuyaPrefix), uint32(0), uint32(19), uint32(400), "short")),
	}, talk(laptop, printer, 40001, 6668, ">"+string(frame(7, []byte("0123456789abcdef"))), "<"+string(frame(7, nil)), ">"+string(frame(9, nil)))...)
}

func TestTuya(t *testing.T) {
	p := tuyaPackets()
	for _, x := range p[:2] {
		says(t, "tuya", x, "identity=tuya:bf0123456789abcdef01 stated", "clue=keyex12345 stated tuya.productKey", "clue=3.3")
	}
	says(t, "tuya", p[2], "malformed: tuya: message ends early")
	says(t, "tuya", p[5], "write tuya control")
}
