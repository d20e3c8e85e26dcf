package proto

import (
	"testing"

	"tyto/frame"
)

func init() { generated["wg"] = wgPackets }

func wgPackets() [][]byte {
	first := cat(1, 0, 0, 0, "index", make([]byte, 123), make([]byte, 16))
	return [][]byte{
		onUDP(laptop, server, 40000, 51820, first),
		onUDP(server, laptop, 51820, 40000, cat(2, 0, 0, 0, make([]byte, 88))),
		onUDP(laptop, server, 40000, 51820, cat(4, 0, 0, 0, make([]byte, 28))),
		onUDP(laptop, server, 40001, 4500, first),
		onUDP(server, laptop, 4500, 40001, cat(2, 0, 0, 0, make([]byte, 88))),
		onUDP(server, laptop, 51820, 40000, cat(3, 0, 0, 0, make([]byte, 60))),
	}
}

func TestWireGuard(t *testing.T) {
	p := wgPackets()
	says(t, "wg", p[0], "role=vpn endpoint shown", "op wg initiation")
	says(t, "wg", p[3], "op wg initiation")
	for _, n := range []int{1, 3, 4, 32, 92, 147, 148, 149} {
		b := make([]byte, n)
		b[0], b[n-1] = 1, 1
		if isWireGuard(&Message{Frame: &frame.Frame{}, Body: b, Memory: new([4]uint64)}) {
			t.Errorf("%d bytes are taken for WireGuard", n)
		}
	}
}
