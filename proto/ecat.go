package proto

import (
	"strconv"

	"tyto/frame"
	"tyto/tyto"
)

// EtherCAT (IEC 61158-4-12, ETG.1000), whose frames pass through every device
// and come back to the master that sent them.
func init() {
	register(Dissector{
		Name: "ecat", Industrial: true,
		Where: []Where{EtherType(0x88a4)},
		Is:    isECAT, Tell: tellECAT,
	})
}

// ecatOps are the commands of datagrams, by number.
var ecatOps = [...]string{"ecat NOP", "ecat APRD", "ecat APWR", "ecat APRW", "ecat FPRD", "ecat FPWR", "ecat FPRW", "ecat BRD", "ecat BWR",
	"ecat BRW", "ecat LRD", "ecat LWR", "ecat LRW", "ecat ARMW", "ecat FRMW"}

// Commands and registers (ETG.1000.4 sections 5.4 and 6).
const (
	ecatAPRD = 1
	ecatAPWR = 2
	ecatFPRD = 4
	ecatFPWR = 5
	ecatBRD  = 7
	ecatBWR  = 8

	ecatControl = 0x0120 // of the application layer
	ecatEEPROM  = 0x0502 // control; address and data follow

	ecatOurs = 0x02 // set in the source address by the first device that a frame passes
)

// Memory of the conversation: [0] the device whose EEPROM is read, and the
// address in it in words above 32 bits; [1] the vendor of the device that was read last, under its number;
// [2] how many devices a broadcast passed; [3] what was told.
const (
	ecatToldMaster = 1
	ecatKnown      = 1 << 63 // in Memory[0]
)

var ecatMaster = []byte("ethercat master")

// An ecatDatagram is the header of a datagram, with its data.
type ecatDatagram struct {
	command   uint8
	device    uint16 // position or address
	register  uint16
	data      []byte
	processed uint16 // working counter
}

func isECAT(m *Message) bool {
	c := m.Read()
	header := c.L16()
	return header>>12 == 1 && header&0x7ff >= 12 && (int(header&0x7ff) <= c.Len() || m.Frame.Missing > 0)
}

// ecatNext reads a datagram.
func ecatNext(c *frame.Cursor) (d ecatDatagram, more bool) {
	d.command = c.U8()
	c.Skip(1)
	d.device, d.register = c.L16(), c.L16()
	length := c.L16()
	c.Skip(2)
	d.data = c.Bytes(int(length & 0x7ff))
	d.processed = c.L16()
	return d, length&0x8000 != 0 && !c.Short()
}

func tellECAT(m *Message, s *Sink) {
	c := m.Read()
	c = c.Sub(min(int(c.L16()&0x7ff), c.Len()))
	ecatRoles(m, s)
	for n, more := 0, true; more && n < 64; n++ {
		var d ecatDatagram
		d, more = ecatNext(&c)
		if c.Short() || int(d.command) >= len(ecatOps) {
			if m.Frame.Missing == 0 {
				s.Malformed("ecat: datagram")
			}
			return
		}
		if n < 16 {
			s.Op(ecatOps[d.command])
		}
		if d.processed > 0 {
			ecatReturned(m, s, &d)
		}
	}
}

// ecatRoles tells once who the master is. What comes back to it has its address
// with one bit changed: both are told to be one device.
func ecatRoles(m *Message, s *Sink) {
	if m.Memory[3]&ecatToldMaster != 0 || m.Frame.SrcMAC.IsZero() {
		return
	}
	m.Memory[3] |= ecatToldMaster
	mac := m.Frame.SrcMAC
	mac[0] |= ecatOurs
	s.Sender(tyto.Identity, mac.Append(append(s.Scratch(32)[:0], "ethercat:"...)), tyto.Stated, "ecat.cmd")
	s.Sender(tyto.Role, ecatMaster, tyto.Shown, "ecat.cmd")
}

// ecatReturned reads a datagram that devices have taken part in.
func ecatReturned(m *Message, s *Sink, d *ecatDatagram) {
	switch {
	case d.command == ecatBRD:
		m.Memory[2] = uint64(d.device)
	case d.register == ecatControl && len(d.data) >= 1 && (d.command == ecatBWR || d.command == ecatFPWR || d.command == ecatAPWR):
		ecatState(s, d)
	case d.register == ecatEEPROM && len(d.data) >= 6 && (d.command == ecatFPWR || d.command == ecatAPWR):
		c := frame.Read(d.data[2:])
		m.Memory[0] = ecatKnown | uint64(c.L32()&0xffff)<<32 | uint64(ecatPart(m, d))
	case d.register == ecatEEPROM+2 && len(d.data) == 4 && (d.command == ecatFPWR || d.command == ecatAPWR):
		c := frame.Read(d.data)
		m.Memory[0] = ecatKnown | uint64(c.L32()&0xffff)<<32 | uint64(ecatPart(m, d))
	case d.register == ecatEEPROM && len(d.data) >= 10 && (d.command == ecatFPRD || d.command == ecatAPRD): // control, address, data
		c := frame.Read(d.data[2:])
		if word, part := c.L32(), ecatPart(m, d); word < 16 && part != 0 {
			ecatIdentity(m, s, part, uint16(word), c.Rest())
		}
	case d.register == ecatEEPROM+6 && (d.command == ecatFPRD || d.command == ecatAPRD):
		if part := ecatPart(m, d); m.Memory[0]&ecatKnown != 0 && uint16(m.Memory[0]) == part && part != 0 {
			ecatIdentity(m, s, part, uint16(m.Memory[0]>>32), d.data)
		}
	}
}

// ecatPart is a device's address, or its place in the ring from 1 on: 0 if that is not known.
func ecatPart(m *Message, d *ecatDatagram) uint16 {
	if d.command != ecatAPRD && d.command != ecatAPWR {
		return d.device
	}
	// The position was negative, and each device added one.
	if n := uint16(m.Memory[2]); n > 0 && n-d.device < n {
		return n - d.device + 1
	}
	return 0
}

// ecatState tells that devices are made to run or not (ETG.1000.6 section 6.4).
func ecatState(s *Sink, d *ecatDatagram) {
	object := ecatStates[d.data[0]&15]
	if object == nil {
		return
	}
	verb := tyto.Stop
	if d.data[0]&15 >= 4 {
		verb = tyto.Start
	}
	s.Did(verb, "ecat AL control", object, "ok")
}

var ecatStates = [16][]byte{1: []byte("init"), 2: []byte("pre-operational"), 3: []byte("bootstrap"), 4: []byte("safe-operational"), 8: []byte("operational")}

// ecatIdentity reads what the EEPROM says from a word on: vendor at 8, product
// at 10, revision at 12, serial number at 14 (ETG.1000.6 table 16).
func ecatIdentity(m *Message, s *Sink, part, word uint16, data []byte) {
	c := frame.Read(data)
	for range 2 {
		if c.Len() < 4 {
			return
		}
		switch x := c.L32(); word {
		case 8:
			m.Memory[1] = uint64(part)<<32 | uint64(x)
			s.Part(part, tyto.Clue, ecatHex(s, x), tyto.Stated, "ecat.eeprom.vendor")
		case 10:
			s.Part(part, tyto.PartModel, ecatModel(s, ecatVendor(m, part), x), tyto.Stated, "ecat.eeprom.product")
		case 12:
			s.Part(part, tyto.PartFirmware, ecatHex(s, x), tyto.Stated, "ecat.eeprom.revision")
		case 14:
			if x != 0 {
				s.Part(part, tyto.PartSerial, strconv.AppendUint(s.Scratch(10)[:0], uint64(x), 10), tyto.Stated, "ecat.eeprom.serial")
			}
		}
		word += 2
	}
}

// ecatVendor is the vendor of the device, 0 if another's was read last.
func ecatVendor(m *Message, part uint16) uint32 {
	if uint16(m.Memory[1]>>32) != part {
		return 0
	}
	return uint32(m.Memory[1])
}

// ecatModel is the model of a product code: Beckhoff's (vendor 2) hold the number
// of the terminal; others are only numbers.
func ecatModel(s *Sink, vendor, product uint32) []byte {
	b := s.Scratch(16)[:0]
	switch {
	case vendor == 2 && product&0xffff == 0x3052:
		b = append(b, "EL"...)
	case vendor == 2 && product&0xffff == 0x2c52:
		b = append(b, "EK"...)
	case vendor == 2 && product&0xffff == 0x1052:
		b = append(b, "EP"...)
	default:
		return ecatHex(s, product)
	}
	return strconv.AppendUint(b, uint64(product>>16), 10)
}

func ecatHex(s *Sink, x uint32) []byte {
	return strconv.AppendUint(append(s.Scratch(10)[:0], "0x"...), uint64(x), 16)
}
