// Package enip reads EtherNet/IP (ODVA, The CIP Networks Library, volume 2) and
// the messages of the Common Industrial Protocol (volume 1) that it carries.
package enip

import "tyto/frame"

// HeaderLength is the length of the encapsulation header (volume 2 section 2-3), in bytes.
const HeaderLength = 24

// The commands of the encapsulation.
const (
	NOP             uint16 = 0x00
	ListTargets     uint16 = 0x01
	ListServices    uint16 = 0x04
	ListIdentity    uint16 = 0x63
	ListInterfaces  uint16 = 0x64
	RegisterSession uint16 = 0x65
	UnRegister      uint16 = 0x66
	SendRRData      uint16 = 0x6f
	SendUnitData    uint16 = 0x70
	IndicateStatus  uint16 = 0x72
	Cancel          uint16 = 0x73
)

// The items of the common packet format.
const (
	IdentityItem    uint16 = 0x0c
	ConnectedItem   uint16 = 0xb1
	UnconnectedItem uint16 = 0xb2
	SequencedItem   uint16 = 0x8002
)

// A Header is that of an encapsulated message.
type Header struct {
	Command uint16
	Length  int // of what follows, in bytes
	Session uint32
	Status  uint32
	Context uint64
}

// CommandName is a command as an operation, "" if there is no such.
func CommandName(command uint16) string {
	switch command {
	case NOP:
		return "enip nop"
	case ListTargets:
		return "enip list targets"
	case ListServices:
		return "enip list services"
	case ListIdentity:
		return "enip list identity"
	case ListInterfaces:
		return "enip list interfaces"
	case RegisterSession:
		return "enip register session"
	case UnRegister:
		return "enip unregister session"
	case SendRRData:
		return "enip send rr data"
	case SendUnitData:
		return "enip send unit data"
	case IndicateStatus:
		return "enip indicate status"
	case Cancel:
		return "enip cancel"
	}
	return ""
}

// ReadHeader reads an encapsulation header; false if it is none.
func ReadHeader(c *frame.Cursor) (h Header, ok bool) {
	h.Command, h.Length = c.L16(), int(c.L16())
	h.Session, h.Status = c.L32(), c.L32()
	h.Context = c.U64()
	options := c.L32()
	return h, !c.Short() && options == 0 && CommandName(h.Command) != "" && (h.Status <= 0xff || h.Status == 0x100)
}

// Items reads the common packet format (section 2-6): what the data item
// carries, and of connected data the sequence count.
func Items(c *frame.Cursor) (kind uint16, sequence uint16, data frame.Cursor) {
	n := int(c.L16())
	for range min(n, 8) {
		id := c.L16()
		item := c.Sub(int(c.L16()))
		switch id {
		case ConnectedItem:
			return id, item.L16(), item
		case UnconnectedItem, IdentityItem:
			return id, 0, item
		}
	}
	return 0, 0, frame.Cursor{}
}

// An Identity is what the Identity object (volume 1 section 5-2) says.
type Identity struct {
	Vendor, Type, Product uint16
	Major, Minor          uint8
	Status                uint16
	Serial                uint32
	Name                  []byte
}

// ReadIdentity reads the identity object's attributes 1 to 7 in their order.
func ReadIdentity(c *frame.Cursor) (x Identity, ok bool) {
	x.Vendor, x.Type, x.Product = c.L16(), c.L16(), c.L16()
	x.Major, x.Minor, x.Status, x.Serial = c.U8()&0x7f, c.U8(), c.L16(), c.L32()
	x.Name = c.Bytes(int(c.U8()))
	return x, !c.Short()
}

// ReadListed reads the item of List Identity.
func ReadListed(c *frame.Cursor) (x Identity, ok bool) {
	version := c.L16()
	c.Skip(16) // socket address
	x, ok = ReadIdentity(c)
	return x, ok && version == 1
}

// controller is the type of programmable controllers, rockwell the vendor who says in the status word more of them than the standard.
const (
	controller = 0x0e
	rockwell   = 1
)

// KeySwitch is where a Logix controller's key stands, from its status word.
func (x *Identity) KeySwitch() string {
	if x.Vendor != rockwell || x.Type != controller {
		return ""
	}
	switch x.Status >> 12 & 3 {
	case 1:
		return "run"
	case 2:
		return "program"
	case 3:
		return "remote"
	}
	return ""
}

// Mode is what a device does, from its status word (volume 1 section 5-2.2.1.5):
// bits 10 and 11 are major faults, 4 to 7 the extended status, which of Logix
// controllers tells run from program. "" if the word does not tell.
func (x *Identity) Mode() string {
	extended := x.Status >> 4 & 15
	switch {
	case x.Status&0xc00 != 0 || extended == 5:
		return "fault"
	case extended == 1:
		return "firmware update"
	case x.Vendor != rockwell || x.Type != controller:
	case extended == 6 && x.KeySwitch() == "remote":
		return "remote run"
	case extended == 6:
		return "run"
	case extended == 7 && x.KeySwitch() == "remote":
		return "remote program"
	case extended == 7:
		return "program"
	}
	return ""
}
