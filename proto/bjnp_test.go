package proto

import "testing"

func init() { generated["bjnp"] = bjnpPackets }

func bjnpPackets() [][]byte {
	say := func(kind, code int, parts ...any) []byte {
		body := cat(parts...)
		return cat("BJNP", kind, code, uint32(1), uint16(0), uint32(len(body)), body)
	}
	id := "MFG:Canon;CMD:MultiPass 2.1;SOJ:CHMP;MDL:EX300 series;CLS:PRINTER;DES:Canon EX300 series;VER:1.020;"
	return [][]byte{
		onUDP(laptop, everybody, 40000, 8611, say(1, 1)),
		onUDP(printer, laptop, 8611, 40000, say(0x81, 1, 0, 1, 8, 0, 6, 4, mac(printer.mac), ip(printer.ip))),
		onUDP(laptop, printer, 40000, 8611, say(1, 0x30)),
		onUDP(printer, laptop, 8611, 40000, say(0x81, 0x30, uint16(len(id)+2), id)),
		onUDP(laptop, printer, 40000, 8611, say(1, 0x10, "someone's letter")),
		onUDP(laptop, printer, 40000, 8612, cat("BJNP", 2, 1, uint32(1), uint16(0), uint32(900))),
	}
}

func TestBJNP(t *testing.T) {
	p := bjnpPackets()
	says(t, "bjnp", p[1], "address=192.168.77.22 stated", "vendor=Canon", "role=printer")
	says(t, "bjnp", p[3], "model=EX300 series stated", "firmware=1.020 stated")
	says(t, "bjnp", p[4], "execute bjnp print job", "!letter")
	says(t, "bjnp", p[5], "malformed: bjnp: message ends early")
}
