package proto

import (
	"bytes"
	"strconv"

	"tyto/frame"
	"tyto/tyto"
)

// PROFINET IO's context management (IEC 61158-6-10, section 5.2) over
// connectionless DCE/RPC (C706, chapter 12), and what the endpoint mapper of
// a PROFINET station says of it.
func init() {
	register(Dissector{
		Name: "pn_io", Industrial: true,
		Where:    []Where{UDP(34964)},
		Anywhere: true, // answers come from ports of their own
		First:    "\x04",
		Is:       isPNIO, Tell: tellPNIO,
	})
}

// The interfaces, as they are on the wire in either order of bytes; before
// the two forms stands a number, of which the last byte varies.
const (
	pnioBig      = "\x6c\x97\x11\xd1\x82\x71\x00\xa0\x24\x42\xdf\x7d"
	pnioLittle   = "\x97\x6c\xd1\x11\x82\x71\x00\xa0\x24\x42\xdf\x7d"
	pnioMapperB  = "\xe1\xaf\x83\x08\x5d\x1f\x11\xc9\x91\xa4\x08\x00\x2b\x14\xa0\xfa"
	pnioMapperL  = "\x08\x83\xaf\xe1\x1f\x5d\xc9\x11\x91\xa4\x08\x00\x2b\x14\xa0\xfa"
	pnioHeader   = 80
	pnioRequest  = 0
	pnioResponse = 2
	pnioFragment = 0x04
)

// A pnioCall is the header of a message.
type pnioCall struct {
	kind, flags       byte
	little            bool
	number            byte // of the interface: 1 device, 2 controller, 3 supervisor, 4 parameter server; 0 endpoint mapper
	device, vendor    uint16
	operation, length uint16
	fragment          uint16
}

func pnioRead(c *frame.Cursor) (h pnioCall, ok bool) {
	version := c.U8()
	h.kind, h.flags = c.U8(), c.U8()
	c.Skip(1)
	h.little = c.U8()>>4 == 1
	c.Skip(3 + 8) // format of numbers, serial, first half of the object
	c.Skip(4)
	h.device, h.vendor = c.U16(), c.U16()
	switch {
	case c.Has(pnioMapperB) || c.Has(pnioMapperL):
		c.Skip(4)
	case h.little:
		h.number = c.U8()
		ok = h.number >= 1 && h.number <= 4 && c.Has("\x00\xa0\xde"+pnioLittle)
		c.Skip(3)
	default:
		ok = c.Has("\xde\xa0\x00")
		c.Skip(3)
		h.number = c.U8()
		ok = ok && h.number >= 1 && h.number <= 4 && c.Has(pnioBig)
	}
	c.Skip(12 + 16 + 12) // rest of the interface, activity, boot time, version, sequence
	h.operation = pnio16(c, h.little)
	c.Skip(4) // hints
	h.length, h.fragment = pnio16(c, h.little), pnio16(c, h.little)
	c.Skip(2)
	return h, version == 4 && h.kind <= 10 && (ok || h.number == 0) && !c.Short()
}

func pnio16(c *frame.Cursor, little bool) uint16 {
	if little {
		return c.L16()
	}
	return c.U16()
}

func isPNIO(m *Message) bool {
	c := m.Read()
	h, ok := pnioRead(&c)
	return ok && int(h.length) <= c.Len()+m.Frame.Missing && (h.number != 0 || m.Frame.SrcPort == 34964 || m.Frame.DstPort == 34964)
}

var (
	pnioDevice     = []byte("profinet device")
	pnioController = []byte("profinet controller")
	pnioSupervisor = []byte("profinet supervisor")
)

func tellPNIO(m *Message, s *Sink) {
	c := m.Read()
	h, ok := pnioRead(&c)
	if !ok {
		return
	}
	c = c.Sub(min(int(h.length), c.Len()))
	if h.kind == pnioRequest && h.fragment == 0 {
		s.Op(pnioName(&h))
	} else if int(h.kind) < len(pnioControls) && pnioControls[h.kind] != "" {
		s.Op(pnioControls[h.kind])
	} else if h.fragment != 0 {
		s.Op("pn_io fragment")
	}
	if h.fragment != 0 || h.kind != pnioRequest && h.kind != pnioResponse {
		return
	}
	switch {
	case h.number == 0:
		if h.kind == pnioResponse && h.operation == 2 {
			tellPNIOMapper(s, c, h.little)
		}
	case h.kind == pnioRequest:
		c.Skip(20) // lengths
		tellPNIOBlocks(s, &h, c, "")
	default:
		status := c.U32()
		c.Skip(16)
		outcome := "ok"
		if status != 0 {
			outcome = pnioError(status, h.little)
		}
		tellPNIOBlocks(s, &h, c, outcome)
	}
}

// pnioControls are the messages that carry no call (C706 section 12.5.3).
var pnioControls = [...]string{1: "pn_io ping", 3: "pn_io fault", 4: "pn_io working", 5: "pn_io no call response to ping", 6: "pn_io reject",
	7: "pn_io acknowledge", 8: "pn_io cancel", 9: "pn_io fragment acknowledge", 10: "pn_io cancel acknowledge"}

// pnioName is what a call is called as an operation.
func pnioName(h *pnioCall) string {
	if h.number == 0 {
		return "epm lookup"
	}
	switch h.operation {
	case 0:
		return "pn_io connect"
	case 1:
		return "pn_io release"
	case 2:
		return "pn_io read"
	case 3:
		return "pn_io write"
	case 4:
		return "pn_io control"
	case 5:
		return "pn_io read implicit"
	}
	return "pn_io call"
}

// pnioError is what the first byte of a status, which stands first in either
// order of a number, says went wrong.
func pnioError(status uint32, little bool) string {
	code := byte(status >> 24)
	decode := byte(status >> 16)
	if little {
		code, decode = byte(status), byte(status>>8)
	}
	switch {
	case decode == 0x80 && code == 0xde:
		return "refused: read"
	case decode == 0x80 && code == 0xdf:
		return "refused: write"
	case code == 0xdb:
		return "refused: connect"
	case code == 0xdc:
		return "refused: release"
	case code == 0xdd:
		return "refused: control"
	case decode == 0x80:
		return "refused: record"
	}
	return "refused"
}

// tellPNIOBlocks tells the blocks of a message: type, length, version, and
// what they hold, in network order whatever the header's is.
func tellPNIOBlocks(s *Sink, h *pnioCall, c frame.Cursor, outcome string) {
	at := pnioRecord{}
	for n := 0; n < 24 && c.Len() >= 6; n++ {
		kind, length := c.U16(), int(c.U16())
		b := c.Sub(min(length, c.Len()))
		if b.Len() < length && h.flags&pnioFragment == 0 {
			s.Malformed("pn_io: block goes beyond the message")
			return
		}
		b.Skip(2) // version
		switch kind {
		case 0x0101:
			tellPNIOConnect(s, h, b)
		case 0x8101:
			s.Sender(tyto.Role, pnioDevice, tyto.Shown, "pn_io.ar_type")
		case 0x8106:
			s.Sender(tyto.Hostname, bytes.Trim(b.Bytes(int(b.U16())), "\x00 "), tyto.Stated, "pn_io.cminitiator_station_name")
		case 0x0008, 0x0009, 0x8008, 0x8009:
			at = pnioReadRecord(&b)
			if kind == 0x8008 {
				s.Undergone(tyto.Write, "pn_io write", at.append(s.Scratch(48)[:0]), outcome)
				return // more of the same
			}
			if kind == 0x0008 {
				return // followed by data
			}
		case 0x0020, 0x0021, 0x0022, 0x0023:
			tellPNIOMaintenance(s, kind, at.slot, b)
		}
	}
	if h.kind == pnioResponse && outcome != "ok" && h.operation < 6 {
		s.Undergone(tyto.Execute, pnioName(h), nil, outcome)
	}
}

// tellPNIOConnect tells who opens an application relationship, and what it
// takes the other for.
func tellPNIOConnect(s *Sink, h *pnioCall, b frame.Cursor) {
	kind := b.U16()
	b.Skip(16 + 2 + 6 + 12)
	device, vendor := b.U16(), b.U16()
	b.Skip(4 + 2 + 2)
	name := b.Bytes(int(b.U16()))
	if b.Short() {
		s.Malformed("pn_io: application relationship")
		return
	}
	role := pnioController
	if kind == 6 {
		role = pnioSupervisor
	}
	s.Sender(tyto.Role, role, tyto.Shown, "pn_io.ar_type")
	s.Receiver(tyto.Role, pnioDevice, tyto.Shown, "pn_io.ar_type")
	s.Sender(tyto.Hostname, bytes.Trim(name, "\x00 "), tyto.Stated, "pn_io.cminitiator_station_name")
	pnioNumber(s, s.sender, vendor, tyto.Stated, "pn_io.vendor_id_high")
	pnioNumber(s, s.sender, device, tyto.Stated, "pn_io.device_id_high")
	pnioNumber(s, s.receiver, h.vendor, tyto.Shown, "pn_io.vendor_id_high")
	pnioNumber(s, s.receiver, h.device, tyto.Shown, "pn_io.device_id_high")
}

func pnioNumber(s *Sink, who tyto.Subject, n uint16, sure tyto.Confidence, field string) {
	if b := s.Scratch(6); b != nil && n != 0 {
		s.About(who, tyto.Clue, pnioHex(b[:0], n), sure, field)
	}
}

func pnioHex(b []byte, n uint16) []byte {
	b = append(b, "0x"...)
	for shift := 12; shift >= 0; shift -= 4 {
		b = append(b, "0123456789abcdef"[n>>shift&15])
	}
	return b
}

// A pnioRecord is where a record is read or written.
type pnioRecord struct{ slot, subslot, index uint16 }

func pnioReadRecord(b *frame.Cursor) (r pnioRecord) {
	b.Skip(2 + 16 + 4) // sequence, relationship, profile
	r.slot, r.subslot = b.U16(), b.U16()
	b.Skip(2)
	r.index = b.U16()
	return r
}

func (r *pnioRecord) append(b []byte) []byte {
	if cap(b) < 48 {
		return b
	}
	b = strconv.AppendUint(append(b, "slot "...), uint64(r.slot), 10)
	b = pnioHex(append(b, " subslot "...), r.subslot)
	return pnioHex(append(b, " record "...), r.index)
}

// tellPNIOMaintenance tells a record of identification and maintenance (I&M
// 0 to 3) of the station, or of the module in a slot.
func tellPNIOMaintenance(s *Sink, kind, slot uint16, b frame.Cursor) {
	switch kind {
	case 0x0020:
		pnioNumber(s, s.sender, b.U16(), tyto.Stated, "pn_io.vendor_id_high")
		order, serial := bytes.Trim(b.Bytes(20), "\x00 "), bytes.Trim(b.Bytes(16), "\x00 ")
		hardware, prefix := b.U16(), b.U8()
		v := [3]byte{b.U8(), b.U8(), b.U8()}
		if b.Short() {
			s.Malformed("pn_io: identification and maintenance")
			return
		}
		firmware := pnioVersion(s.Scratch(16), prefix, v)
		if slot != 0 {
			s.Part(slot, tyto.PartModel, order, tyto.Stated, "pn_io.order_id")
			s.Part(slot, tyto.PartSerial, serial, tyto.Stated, "pn_io.im_serial_number")
			s.Part(slot, tyto.PartFirmware, firmware, tyto.Stated, "pn_io.im_revision_prefix")
			return
		}
		s.Sender(tyto.ModelNumber, order, tyto.Stated, "pn_io.order_id")
		s.Sender(tyto.Serial, serial, tyto.Stated, "pn_io.im_serial_number")
		s.Sender(tyto.Firmware, firmware, tyto.Stated, "pn_io.im_revision_prefix")
		if x := s.Scratch(6); x != nil {
			s.Sender(tyto.Hardware, strconv.AppendUint(x[:0], uint64(hardware), 10), tyto.Stated, "pn_io.im_hardware_revision")
		}
	case 0x0021:
		if slot == 0 {
			s.Sender(tyto.Description, bytes.Trim(b.Bytes(32), "\x00 "), tyto.Stated, "pn_io.im_tag_function")
			s.Sender(tyto.Location, bytes.Trim(b.Bytes(22), "\x00 "), tyto.Stated, "pn_io.im_tag_location")
		}
	case 0x0022:
		s.Part(slot, tyto.Clue, bytes.Trim(b.Bytes(16), "\x00 "), tyto.Stated, "pn_io.im_date")
	case 0x0023:
		s.Part(slot, tyto.Clue, bytes.Trim(b.Bytes(54), "\x00 "), tyto.Stated, "pn_io.im_descriptor")
	}
}

// pnioVersion is a version as text: V and three numbers.
func pnioVersion(b []byte, prefix byte, v [3]byte) []byte {
	if b == nil {
		return nil
	}
	b = b[:0]
	if prefix >= 'A' && prefix <= 'Z' {
		b = append(b, prefix)
	}
	for i, x := range v {
		if i > 0 {
			b = append(b, '.')
		}
		b = strconv.AppendUint(b, uint64(x), 10)
	}
	return b
}

// tellPNIOMapper tells the annotation of the first endpoint (IEC 61158-6-10
// section 4.10.3.2): type of device 25, order number 20, hardware 5 and
// firmware 10 characters, with blanks between the first three.
func tellPNIOMapper(s *Sink, c frame.Cursor, little bool) {
	c.Skip(20 + 4 + 12) // handle, how many, of how many
	c.Skip(16 + 4 + 4)  // object, tower, offset
	n := pnio16(&c, little)
	if !little {
		n = pnio16(&c, little)
	} else {
		c.Skip(2)
	}
	a := c.Sub(min(int(n), c.Len()))
	device := bytes.Trim(a.Bytes(25), "\x00 ")
	a.Skip(1)
	order := bytes.Trim(a.Bytes(20), "\x00 ")
	a.Skip(1)
	hardware := bytes.Trim(a.Bytes(5), "\x00 ")
	a.Skip(1)
	prefix := a.U8()
	if a.Short() || prefix < 'A' || prefix > 'Z' {
		return
	}
	s.Sender(tyto.Model, device, tyto.Stated, "epm.annotation")
	s.Sender(tyto.ModelNumber, order, tyto.Stated, "epm.annotation")
	s.Sender(tyto.Hardware, hardware, tyto.Stated, "epm.annotation")
	var v [3]byte
	for i := range v {
		for _, x := range a.Bytes(min(3, a.Len())) {
			if x >= '0' && x <= '9' {
				v[i] = v[i]*10 + x - '0'
			}
		}
	}
	s.Sender(tyto.Firmware, pnioVersion(s.Scratch(16), prefix, v), tyto.Stated, "epm.annotation")
}
