package proto

import (
	"testing"

	"tyto/frame"
)

func init() { generated["tftp"] = tftpPackets }

func tftpPackets() [][]byte {
	return [][]byte{
		onUDP(printer, server, 40000, 69, cat(uint16(1), "SEP00005E005312.cnf.xml\x00octet\x00blksize\x001024\x00")),
		onUDP(server, printer, 40001, 40000, cat(uint16(6), "blksize\x001024\x00")),
		onUDP(printer, server, 40000, 40001, cat(uint16(4), uint16(0))),
		onUDP(server, printer, 40001, 40000, cat(uint16(3), uint16(1), make([]byte, 1024))),
		onUDP(printer, server, 40002, 69, cat(uint16(2), "backup.cfg\x00netascii\x00")),
		onUDP(server, printer, 69, 40002, cat(uint16(5), uint16(2), "Access violation\x00")),
		onUDP(server, laptop, 40003, 40004, cat(uint16(3), uint16(1), make([]byte, 512))),
	}
}

func TestTFTP(t *testing.T) {
	p := tftpPackets()
	says(t, "tftp", p[0], "clue=SEP00005E005312.cnf.xml stated tftp.source_file", "transfer tftp read SEP00005E005312.cnf.xml")
	says(t, "tftp", p[4], "transfer tftp write backup.cfg")
	for _, b := range []string{"\x00\x01\x00\x00octet\x00", "\x00\x03\x00\x01abc", "\x00\x04\x00\x00", "\x00\x01name\x00binary\x00"} {
		if isTFTP(&Message{Frame: &frame.Frame{SrcPort: 1, DstPort: 2}, Body: []byte(b), Memory: new([4]uint64)}) {
			t.Errorf("%q is taken for TFTP", b)
		}
	}
}
