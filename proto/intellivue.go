package proto

import (
	"bytes"

	"tyto/frame"
	"tyto/tyto"
)

// Philips IntelliVue patient monitors: the connect indication that each sends
// to all of its network (Data Export Interface Programming Guide, chapter
// "Connect Indication Event"). Measurements and patients, which go over port
// 24105, are never looked at.
func init() {
	register(Dissector{
		Name:  "intellivue",
		Where: []Where{UDP(24005), UDP(24105)},
		Is:    isIntelliVue, Tell: tellIntelliVue,
	})
}

// Attributes of the indication.
const (
	intellivueSystem = 0x0984 // system id
	intellivueModel  = 0x0928 // manufacturer and model number
	intellivueNet    = 0xf100 // its addresses
	intellivueHead   = 4 + 4 + 6 + 14
)

var intellivueMonitor = []byte("intellivue monitor")

// isIntelliVue wants the indication's nomenclature and kind of operation; on
// the other port an association or its data, which is only counted.
func isIntelliVue(m *Message) bool {
	c := m.Read()
	if m.Frame.SrcPort == 24105 || m.Frame.DstPort == 24105 {
		return c.Has("\xe1\x00\x00\x02") || (c.Has("\x0d") || c.Has("\x0e")) && len(m.Body) > 8 && int(m.Body[1]) == len(m.Body)-2
	}
	return c.Has("\x00\x01\x00\x00\x00\x01") && len(m.Body) >= intellivueHead
}

func tellIntelliVue(m *Message, s *Sink) {
	if m.Frame.SrcPort == 24105 || m.Frame.DstPort == 24105 {
		if m.Frame.SrcPort == 24105 && m.Frame.DstPort != 24105 {
			s.Serves(m, intellivueMonitor, "intellivue", "intellivue.port")
		}
		s.Op("intellivue data export")
		return
	}
	s.Op("intellivue connect indication")
	s.Asks(m, intellivueMonitor, "intellivue.event")
	c := m.Read()
	c.Skip(4 + 2 + 2)     // nomenclature, kind, length
	c.Skip(2 + 2 + 2)     // invoke id, command, length
	c.Skip(6 + 4 + 2 + 2) // object, time, event, length
	count, _ := c.U16(), c.U16()
	for range min(count, 32) {
		id := c.U16()
		value := c.Sub(int(c.U16()))
		if c.Short() {
			if m.Frame.Missing == 0 {
				s.Malformed("intellivue: attribute")
			}
			return
		}
		switch id {
		case intellivueModel:
			maker, model := intellivueLabel(&value), intellivueLabel(&value)
			s.Sender(tyto.Vendor, maker, tyto.Stated, "intellivue.manufacturer")
			s.Sender(tyto.Model, model, tyto.Stated, "intellivue.model")
		case intellivueSystem:
			s.Hex(tyto.Clue, value.Bytes(int(value.U16())), tyto.Stated, "intellivue.system_id")
		case intellivueNet:
			if mac, address := value.MAC(), value.IPv4(); !value.Short() && mac == m.Frame.SrcMAC {
				s.Has(mac, address, tyto.Stated, "intellivue.net")
			}
		}
	}
}

// intellivueLabel reads a text with its length, which is even.
func intellivueLabel(c *frame.Cursor) []byte {
	return bytes.Trim(c.Bytes(int(c.U16())), " \x00")
}
