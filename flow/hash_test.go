package flow

import (
	"testing"

	"tyto/frame"
)

// TestHash has keys that count up in one place spread over a table as random
// ones would (63 % of its places): a scan or a flood makes no long searches.
func TestHash(t *testing.T) {
	const n = 1 << 16
	a, b := frame.V4(10, 0, 0, 1), frame.V4(192, 0, 2, 1)
	for name, count := range map[string]func(f *frame.Frame, i int){
		"the lower address":  func(f *frame.Frame, i int) { f.Src = frame.V4(10, 1, byte(i>>8), byte(i)) },
		"the higher address": func(f *frame.Frame, i int) { f.Dst = frame.V4(192, 1, byte(i>>8), byte(i)) },
		"IPv6":               func(f *frame.Frame, i int) { f.Src = frame.Addr{0: 0xfd, 14: byte(i >> 8), 15: byte(i)} },
		"networks of IPv6":   func(f *frame.Frame, i int) { f.Src = frame.Addr{0: 0xfd, 6: byte(i >> 8), 7: byte(i)} },
		"a port":             func(f *frame.Frame, i int) { f.SrcPort = uint16(i) },
		"a MAC":              func(f *frame.Frame, i int) { f.Flags, f.SrcMAC = 0, frame.MAC{2, 0, 0, 0, byte(i >> 8), byte(i)} },
		"both addresses": func(f *frame.Frame, i int) {
			f.Src, f.Dst = frame.V4(10, 1, byte(i>>8), byte(i)), frame.V4(10, 2, byte(i>>8), byte(i))
		},
	} {
		for _, seed := range []uint64{0, 1, 0x9e3779b97f4a7c15} {
			used := map[uint64]bool{}
			for i := range n {
				f := frame.Frame{Src: a, Dst: b, Proto: frame.TCP, Flags: frame.IPv4 | frame.Ports, SrcPort: 40000, DstPort: 443}
				count(&f, i)
				var k key
				k.set(&f)
				used[k.hash(seed)%n] = true
			}
			if len(used) < n*60/100 {
				t.Errorf("%s, seed %x: %d of %d places", name, seed, len(used), n)
			}
		}
	}
}
