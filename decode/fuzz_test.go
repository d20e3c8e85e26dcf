package decode_test

import (
	"testing"

	"tyto/decode"
	"tyto/frame"
)

// FuzzDecode decodes packets of any link type, whole and cut, by a Decoder
// that has seen others, and checks what must be true of every frame.
func FuzzDecode(f *testing.F) {
	v4 := ip4(f, 17, udp(f, 5000, 6000, "616263"))
	in := inner(f)
	add := func(link frame.LinkType, b []byte) { f.Add(uint16(link), uint16(0), b) }
	add(1, ether(f, "0800", ip4(f, 6, tcp(f, "6162"))))
	add(1, ether(f, "88a8 0005 8100 0006 0800", v4))
	add(1, ether(f, "8847 00010140 00000000", in))
	add(1, ether(f, "8864 1100 0001 0021 0021", v4))
	add(1, ether(f, "0027 aaaa03 000000 0800", v4))
	add(1, ether(f, "86dd", ip6(f, 0, "2b00 010400000000", "3c00 000000000000", "1101 0104 00000000 000000000000 0000", udp(f, 1, 2))))
	add(1, ether(f, "0800", ip4(f, 47, "1000 22eb 00000001 2000 0001 00000000 0000 0001 0000000000000000", in)))
	add(1, ether(f, "0800", ip4(f, 47, "3081 880b 0027 0001 00000001 00000002 ff03 0021", v4)))
	for port, head := range map[int]string{4789: "08000000 00000100", 6081: "0200 6558 00000100 0102000100000000", 2152: "34ff 0038 00000001 00000085 01000085 01000000",
		37008: "0100 0001 0a0101 00 01", 5247: "0010 0200 00000000"} {
		add(1, ether(f, "0800", ip4(f, 17, udp(f, 40000, port, head, in))))
	}
	add(1, ether(f, "0800", ip4(f, 17, udp(f, 40000, 3544, "0001 0000 0000000000000001 00 0000 1234 01020304", ip6(f, 59)))))
	add(101, piece(f, 7, 0, true, datagram(f, 64)[:40]))
	add(101, piece6(f, 7, 40, false, datagram(f, 64)[40:]))
	add(127, bytesOf(f, "0000 1900 030000a0 00000000 00000000 0000000000000000 10", "8801 0000 020000000003 020000000009 020000000004 0000 8000", "020000000002 020000000001 0027 aaaa03 000000 0800", v4, "00020000000002 020000000001 0027 aaaa03 000000 0800", v4))
	add(192, bytesOf(f, "00001a00 69000000 0200 0c00 0000000000000000 0100 0000", "0801 0000 020000000003 020000000001 020000000002 0000 aaaa03 000000 0800", v4))
	add(113, bytesOf(f, "0000 0001 0006 020000000001 0000 0800", v4))
	add(276, bytesOf(f, "0800 0000 00000001 0001 00 06 020000000001 0000", v4))
	add(0, bytesOf(f, "02000000", v4))

	d := decode.New(decode.Config{FragmentEntries: 8, FragmentBytes: 1 << 15})
	f.Fuzz(func(t *testing.T, link, more uint16, b []byte) {
		for _, n := range []int{len(b), len(b) / 2, len(b) * 3 / 4} {
			p := frame.Packet{Time: int64(more) << 20, Data: b[:n:n], Length: len(b) + int(more), Link: frame.LinkType(link)}
			fs := d.Decode(&p)
			if len(fs) == 0 || len(fs) > 8 || fs[0].Depth != 0 {
				t.Fatalf("%d frames", len(fs))
			}
			for i := range fs {
				check(t, &fs[i])
			}
		}
	})
}
