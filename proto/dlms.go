package proto

import (
	"tyto/frame"
	"tyto/proto/der"
	"tyto/tyto"
)

// DLMS/COSEM of electricity, gas and water meters (IEC 62056-5-3), in its
// wrapper for TCP and UDP (IEC 62056-47) or in HDLC frames (IEC 62056-46) as
// modems and concentrators tunnel them.
func init() {
	register(Dissector{
		Name: "dlms", Industrial: true,
		Where:    []Where{TCP(4059), UDP(4059), TCP(4060)},
		Anywhere: true, First: "\x00\x7e",
		Is: isDLMS, Split: splitDLMS, Tell: tellDLMS,
	})
}

// Memory of a conversation: [0] is the attribute that was asked for last: its
// class, the six bytes of its name, its number.
const dlmsFlag = 0x7e

var (
	dlmsClient = []byte("dlms client")
	dlmsMeter  = []byte("dlms meter")
)

// dlmsLength is the length of the message at the start of b; 0 if it is not there yet, negative if there is none.
func dlmsLength(b []byte) int {
	c := frame.Read(b)
	if c.Has("\x7e") {
		if len(b) < 3 {
			return 0
		}
		c.Skip(1)
		format := c.U16()
		if n := int(format&0x7ff) + 2; format>>12 == 0xa && n >= 9 {
			return n
		}
		return -1
	}
	version := c.U16()
	c.Skip(4)
	n := int(c.U16())
	switch {
	case c.Short():
		return 0
	case version != 1 || n == 0:
		return -1
	}
	return 8 + n
}

// isDLMS wants a whole message: a frame between flags whose header's checksum is
// right, or a wrapper with an APDU that DLMS has.
func isDLMS(m *Message) bool {
	n := dlmsLength(m.Body)
	if n <= 0 || n > len(m.Body) {
		return false
	}
	if m.Body[0] == dlmsFlag {
		end := 5 + dlmsAddress(m.Body[3:]) + dlmsAddress(m.Body[3+dlmsAddress(m.Body[3:]):]) - 1
		return m.Body[n-1] == dlmsFlag && end+2 < n && dlmsSummed(m.Body[1:end], m.Body[end:end+2])
	}
	f := m.Frame
	onPort := f.SrcPort == 4059 || f.DstPort == 4059
	apdu := m.Body[8]
	return (onPort || n == len(m.Body)) && (apdu >= 0x60 && apdu <= 0x63 || apdu >= 0xc0 && apdu <= 0xc7 || apdu >= 0xc8 && apdu <= 0xdd || apdu == 0x0f) && (onPort || apdu == 0x60 && m.Body[9] == byte(n-10))
}

// dlmsAddress is how long the address at the start of b is: its last byte is odd.
func dlmsAddress(b []byte) int {
	for i, x := range b[:min(len(b), 4)] {
		if x&1 == 1 {
			return i + 1
		}
	}
	return 4
}

// dlmsSummed reports whether sum is the check sequence of b (ISO 13239).
func dlmsSummed(b, sum []byte) bool {
	x := uint16(0xffff)
	for _, v := range b {
		x ^= uint16(v)
		for range 8 {
			x = x>>1 ^ x&1*0x8408
		}
	}
	x = ^x
	return sum[0] == byte(x) && sum[1] == byte(x>>8)
}

func splitDLMS(m *Message) int {
	if len(m.Body) > 1 && m.Body[0] == dlmsFlag && m.Body[1] == dlmsFlag {
		return 1 // one flag may stand for two
	}
	return dlmsLength(m.Body)
}

func tellDLMS(m *Message, s *Sink) {
	if len(m.Body) < 9 || m.Cut {
		return
	}
	if m.Body[0] != dlmsFlag {
		tellDLMSUnit(m, s, frame.Read(m.Body[8:]))
		return
	}
	to := dlmsAddress(m.Body[3:])
	at := 3 + to + dlmsAddress(m.Body[3+to:])
	if at+4 > len(m.Body) || m.Body[len(m.Body)-1] != dlmsFlag || !dlmsSummed(m.Body[1:at+1], m.Body[at+1:at+3]) {
		s.Malformed("dlms: frame or its checksum")
		return
	}
	switch kind := m.Body[at] &^ 0x10; {
	case kind == 0x83:
		s.Op("dlms connect")
	case kind == 0x43:
		s.Op("dlms disconnect")
	case kind&1 == 0 && at+6 < len(m.Body)-3: // information, after the link layer's three bytes
		c := frame.Read(m.Body[at+3 : len(m.Body)-3])
		if c.Has("\xe6\xe6\x00") || c.Has("\xe6\xe7\x00") {
			c.Skip(3)
			tellDLMSUnit(m, s, c)
		}
	}
}

// tellDLMSUnit tells an APDU. Which end is the meter, its kind says.
func tellDLMSUnit(m *Message, s *Sink, c frame.Cursor) {
	tag := c.U8()
	switch tag {
	case 0x60, 0xc0, 0xc1, 0xc3, 0xc8, 0xc9, 0xcb, 0x62:
		s.Asks(m, dlmsClient, "dlms.apdu")
	case 0x61, 0xc4, 0xc5, 0xc7, 0xcc, 0xcd, 0xcf, 0xc2, 0x0f:
		s.Serves(m, dlmsMeter, "dlms", "dlms.apdu")
	}
	switch tag {
	case 0x60, 0x61:
		tellDLMSAssociation(s, tag == 0x60, c)
	case 0x62:
		s.Op("dlms release")
	case 0xc0:
		s.Op("dlms get")
		m.Memory[0] = dlmsAttribute(&c)
	case 0xc1:
		s.Op("dlms set")
		m.Memory[0] = dlmsAttribute(&c)
	case 0xc3:
		s.Op("dlms action")
		m.Memory[0] = dlmsAttribute(&c)
	case 0xc2, 0x0f:
		s.Op("dlms notification")
	case 0xc4:
		tellDLMSGot(m, s, &c)
	case 0xc5, 0xc7:
		kind := c.U8()
		c.Skip(1)
		outcome := "ok"
		if result := c.U8(); kind == 1 && result != 0 {
			outcome = dlmsResult(result)
		}
		verb, op := tyto.Write, "dlms set"
		if tag == 0xc7 {
			verb, op = tyto.Execute, "dlms action"
		}
		s.Undergone(verb, op, dlmsObject(s, m.Memory[0]), outcome)
		m.Memory[0] = 0
	case 0xc8, 0xc9, 0xcb, 0xcc, 0xcd, 0xcf, 0xdb, 0xdc, 0xdd:
		s.Op("dlms ciphered")
	}
}

// dlmsAttribute reads what a normal request is about, 0 if it is of another kind.
func dlmsAttribute(c *frame.Cursor) uint64 {
	kind := c.U8()
	c.Skip(1)
	class, name := c.U16(), uint64(c.U32())<<16|uint64(c.U16())
	number := c.U8()
	if kind != 1 || c.Short() || class > 0xff {
		return 0
	}
	return uint64(class)<<56 | name<<8 | uint64(number)
}

// dlmsObject is the name of an object and the number of its attribute or method: "0.0.42.0.0.255 2".
func dlmsObject(s *Sink, x uint64) []byte {
	b := s.Scratch(32)
	if x == 0 || b == nil {
		return nil
	}
	b = b[:0]
	for shift := 48; shift >= 0; shift -= 8 {
		b = dlmsNumber(b, byte(x>>shift))
		if shift > 8 {
			b = append(b, '.')
		} else if shift == 8 {
			b = append(b, ' ')
		}
	}
	return b
}

func dlmsNumber(b []byte, n byte) []byte {
	if n >= 100 {
		b = append(b, '0'+n/100)
	}
	if n >= 10 {
		b = append(b, '0'+n/10%10)
	}
	return append(b, '0'+n%10)
}

func dlmsResult(code uint8) string {
	switch code {
	case 2:
		return "temporary failure"
	case 3:
		return "read-write denied"
	case 4:
		return "object undefined"
	case 13:
		return "scope of access violated"
	}
	return "error"
}

// tellDLMSGot tells a value that says what the meter is: its logical device
// name, serial number or firmware (IEC 62056-6-1 section 6.2).
func tellDLMSGot(m *Message, s *Sink, c *frame.Cursor) {
	asked := m.Memory[0]
	m.Memory[0] = 0
	kind := c.U8()
	c.Skip(1)
	if kind != 1 {
		return
	}
	if c.U8() != 0 {
		s.Undergone(tyto.Read, "dlms get", dlmsObject(s, asked), dlmsResult(c.U8()))
		return
	}
	tag := c.U8()
	text := c.Bytes(int(c.U8()))
	if asked&0xff != 2 || tag != 9 && tag != 10 || c.Short() || !dlmsPrintable(text) {
		return
	}
	switch asked >> 8 & 0xffffffffffff {
	case 0x00002a0000ff:
		if len(text) > 3 {
			s.Sender(tyto.Clue, text, tyto.Stated, "dlms.logical_device_name")
			s.Sender(tyto.Clue, text[:3], tyto.Stated, "dlms.flag")
		}
	case 0x0000600100ff:
		s.Sender(tyto.Serial, text, tyto.Stated, "dlms.serial")
	case 0x0100000200ff, 0x0000000200ff:
		s.Sender(tyto.Firmware, text, tyto.Stated, "dlms.firmware")
	case 0x0000600101ff:
		s.Sender(tyto.Model, text, tyto.Shown, "dlms.type")
	}
}

func dlmsPrintable(b []byte) bool {
	for _, x := range b {
		if x < ' ' || x > '~' {
			return false
		}
	}
	return len(b) > 0
}

// tellDLMSAssociation tells whom an association is between: system titles begin
// with the maker's three letters (FLAG). Of a password nothing is told.
func tellDLMSAssociation(s *Sink, asks bool, c frame.Cursor) {
	if asks {
		s.Op("dlms associate")
	}
	c.Skip(1) // length of one byte
	for range 16 {
		if c.Len() == 0 {
			break
		}
		tag, body, ok := der.Next(&c)
		if !ok {
			s.Malformed("dlms: association")
			return
		}
		switch {
		case tag == 0xa2 && !asks && len(body) == 3:
			if body[2] == 0 {
				s.Undergone(tyto.Login, "dlms associate", nil, "ok")
			} else {
				s.Undergone(tyto.LoginFailed, "dlms associate", nil, "rejected")
			}
		case (tag == 0xa4 && !asks || tag == 0xa6 && asks) && len(body) == 10 && body[0] == 4:
			s.Hex(tyto.Clue, body[2:], tyto.Stated, "dlms.system_title")
			if dlmsPrintable(body[2:5]) {
				s.Sender(tyto.Clue, body[2:5], tyto.Stated, "dlms.flag")
			}
		}
	}
}
