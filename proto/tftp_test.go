package proto

import (
	"testing"

	"tyto/frame"
	"tyto/tyto"
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

// TestTFTPSums moves a file of two blocks, one of which is sent twice, from a server and to one.
func TestTFTPSums(t *testing.T) {
	for _, reads := range []bool{true, false} {
		memory, f := new([4]uint64), &frame.Frame{SrcPort: 50000, DstPort: 50001, Proto: frame.UDP}
		var acts []Deed
		for _, block := range []struct{ number, size int }{{1, 512}, {1, 512}, {2, 10}} {
			b := append([]byte{0, 3, 0, byte(block.number)}, make([]byte, block.size)...)
			for _, d := range shown(t, "tftp", &Message{Frame: f, Body: b, ToServer: reads, Memory: memory}).Deeds() {
				if d.Verb == tyto.Transfer {
					acts = append(acts, d)
				}
			}
		}
		if len(acts) != 1 || acts[0].ByReceiver != reads || string(acts[0].Object[:9]) != "522 bytes" {
			t.Errorf("got %+v", acts)
		}
	}
}
