package proto

import (
	"testing"

	"tyto/frame"
)

const (
	atgInventory = "\x01\r\nI20100\r\n01/02/2026 03:04\r\n\r\nEXAMPLE FUEL\r\n\r\nIN-TANK INVENTORY\r\n\r\n  1  SUPER  8394\r\n\x03"
	atgRevision  = "\x01\r\nI90200\r\n01/02/2026 03:04\r\n\r\nSOFTWARE REVISION LEVEL\r\nVERSION 131.02\r\nCREATED - 02.03.04\r\n\x03"
)

func TestGenerateATG(t *testing.T) {
	w := newWire()
	c := w.tcp(wireStation(30), 40001, wireStation(60), 10001)
	c.ask("\x01I20100\r\n").answer(atgInventory).ask("\x01I90200\r\n").answer(atgRevision)
	c.ask("\x01S60201DIESEL\r\n").answer("\x01\r\nS60201\r\n\x03").ask("\x01I99900\r\n").answer("9999FF1B\n").end()
	w.keep(t, "atg")
}

func TestATGIs(t *testing.T) {
	for body, want := range map[string]bool{"\x01I20100\r\n": true, "\x01s6020F\n": true, "I20100\r\n": false, "\x01Iabcde\n": false, "\x01I2": false} {
		if got := isATG(&Message{Frame: &frame.Frame{DstPort: 10001}, Body: []byte(body)}); got != want {
			t.Errorf("Is(%q) = %v, want %v", body, got, want)
		}
	}
}

func TestATGAllocates(t *testing.T) {
	f := &frame.Frame{Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcPort: 10001, DstPort: 40000}
	wireAllocs(t, "atg", &Message{Frame: f, Body: []byte(atgRevision)})
}
