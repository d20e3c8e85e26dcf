package proto

import (
	"strconv"
	"testing"
)

func init() { generated["ipp"] = ippPackets }

func ippPackets() [][]byte {
	attr := func(tag int, name, value string) []byte {
		return cat(tag, sized16([]byte(name)), sized16([]byte(value)))
	}
	head := func(code uint16, attrs ...any) string {
		return string(cat(2, 0, code, uint32(7), 1, attr(0x47, "attributes-charset", "utf-8"), cat(attrs...), 3))
	}
	post := func(body string) string {
		return "POST /ipp/print HTTP/1.1\r\nHost: printer\r\nUser-Agent: CUPS/2.4.2\r\nContent-Type: application/ipp\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body
	}
	answer := func(server, body string) string {
		return "HTTP/1.1 200 OK\r\nServer: " + server + "\r\nContent-Type: application/ipp\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n" + body
	}
	printerSays := head(0, 4, attr(0x41, "printer-make-and-model", "Example LaserX 400"), attr(0x41, "printer-location", "Hall 2"),
		attr(0x41, "printer-device-id", "MFG:Example;MDL:LaserX 400;CMD:PDF;SN:VNB0042017;"), attr(0x45, "printer-uuid", "urn:uuid:4509a320-00a0-008f-00b6-00005e005312"),
		attr(0x41, "printer-firmware-string-version", "20261101"), attr(0x42, "job-name", "someone's letter"))
	return append(talk(laptop, printer, 40000, 631, ">"+post(head(11)), "<"+answer("ExIPP/2.0", printerSays),
		">"+post(head(2, attr(0x42, "requesting-user-name", "someone"), attr(0x42, "job-name", "letter")))+"", "<HTTP/1.1 100 Continue\r\n\r\n"+answer("ExIPP/2.0", head(0))),
		talk(laptop, server, 40001, 631, ">"+post(head(0x4002)), "<"+answer("CUPS/2.4 IPP/2.1", printerSays))...)
}

func TestIPP(t *testing.T) {
	p := ippPackets()
	says(t, "ipp", p[3], "model=Example LaserX 400 stated", "serial=VNB0042017", "vendor=Example", "identity=uuid:4509a320", "firmware=20261101",
		"location=Hall 2", "service=tcp/631 ipp ExIPP/2.0", "!letter")
	says(t, "ipp", p[4], "execute ipp print", "!someone", "!letter")
	says(t, "ipp", p[9], "clue=Example LaserX 400", "!model=", "!identity", "!serial=")
}
