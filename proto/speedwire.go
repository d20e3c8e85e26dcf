package proto

import (
	"tyto/frame"
	"tyto/tyto"
)

// SMA's Speedwire: solar inverters, meters and their managers (SMA, Speedwire
// discovery protocol and energy meter protocol, technical information).
func init() {
	register(Dissector{
		Name: "speedwire", Industrial: true,
		Where: []Where{UDP(9522)},
		Is:    isSpeedwire, Tell: tellSpeedwire,
	})
}

// Tags, and protocols of the data of tag 0x0010.
const (
	speedwireGroup    = 0x02a0
	speedwireData     = 0x0010
	speedwireMeter    = 0x6069
	speedwireMeter2   = 0x6081
	speedwireInverter = 0x6065
)

var (
	speedwireVendor   = []byte("SMA")
	speedwireMeters   = []byte("speedwire energy meter")
	speedwireMakers   = []byte("speedwire inverter")
	speedwireManagers = []byte("speedwire manager")
)

func isSpeedwire(m *Message) bool {
	c := m.Read()
	return c.Has("SMA\x00\x00\x04\x02\xa0") || c.Has("SMA\x00\x00\x04\x02\xff")
}

func tellSpeedwire(m *Message, s *Sink) {
	c := m.Read()
	c.Skip(4)
	for range 8 {
		n, tag := int(c.U16()), c.U16()
		value := c.Sub(n)
		switch {
		case c.Short():
			s.Malformed("speedwire: length of a tag")
			return
		case tag == 0x0020 || tag == 0xffff || n == 0 && tag == 0:
			if tag != 0 {
				s.Op("speedwire discovery")
			}
			return
		case tag == speedwireData:
			tellSpeedwireData(m, s, &value)
		}
	}
}

func tellSpeedwireData(m *Message, s *Sink, c *frame.Cursor) {
	switch c.U16() {
	case speedwireMeter, speedwireMeter2:
		s.Op("speedwire measurement")
		kind, serial := c.U16(), c.U32()
		tellSpeedwireDevice(m, s, speedwireMeters, kind, serial, c.Short())
	case speedwireInverter:
		words := c.U8()
		c.Skip(1 + 2 + 4 + 2) // control, to whom
		kind, serial := c.L16(), c.L32()
		c.Skip(2)
		status := c.L16()
		c.Skip(4)
		command := c.L32()
		if c.Short() || int(words) < 8 {
			s.Malformed("speedwire: message to an inverter")
			return
		}
		tellSpeedwireCommand(m, s, kind, serial, status, command)
	default:
		s.Op("speedwire other")
	}
}

// tellSpeedwireCommand tells a question of a manager, or the answer of an
// inverter: the low byte of a command is 0 and 1.
func tellSpeedwireCommand(m *Message, s *Sink, kind uint16, serial uint32, status uint16, command uint32) {
	answer := command&0xff == 1
	if answer {
		tellSpeedwireDevice(m, s, speedwireMakers, kind, serial, false)
	} else {
		s.Asks(m, speedwireManagers, "speedwire.protocol")
	}
	outcome := "ok"
	if status != 0 {
		outcome = "refused"
	}
	switch command >> 8 {
	case 0xfffd04: // log in
		if answer && status == 0 {
			s.Undergone(tyto.Login, "speedwire login", nil, outcome)
		} else if answer {
			s.Undergone(tyto.LoginFailed, "speedwire login", nil, outcome)
		} else {
			s.Op("speedwire login")
		}
	default:
		if !answer {
			s.Op("speedwire request")
		} else {
			s.Op("speedwire answer")
		}
	}
}

func tellSpeedwireDevice(m *Message, s *Sink, role []byte, kind uint16, serial uint32, short bool) {
	if short || serial == 0 || serial == 0xffffffff || m.Memory[3]&2 != 0 {
		return
	}
	s.Serves(m, role, "speedwire", "speedwire.protocol")
	s.Sender(tyto.Vendor, speedwireVendor, tyto.Shown, "speedwire.protocol")
	s.Number(tyto.Serial, uint64(serial), tyto.Stated, "speedwire.serial")
	s.Number(tyto.Clue, uint64(kind), tyto.Stated, "speedwire.susy_id")
}
