// Package ntlmssp reads the challenge of NT LAN Manager authentication
// ([MS-NLMP] section 2.2.1.2), in which a Windows host says who it is and
// which build it runs, before anyone is authenticated. HTTP, SMB, RDP, SMTP
// and MS-SQL carry it. It is pure: no memory of its own, no allocation.
package ntlmssp

import (
	"bytes"
	"unicode/utf8"

	"tyto/frame"
)

// A Challenge is what a server says of itself. The names are UTF-16, little-endian.
type Challenge struct {
	Computer, Domain             []byte // NetBIOS names
	DNSComputer, DNSDomain, Tree []byte
	Major, Minor                 uint8 // version of Windows; both zero if it does not tell
	Build                        uint16
}

// signature begins every message.
const signature = "NTLMSSP\x00"

// ReadChallenge reads a challenge message from its signature on.
func ReadChallenge(b []byte) (ch Challenge, ok bool) {
	c := frame.Read(b)
	if !c.Has(signature) {
		return ch, false
	}
	c.Skip(len(signature))
	if c.L32() != 2 {
		return ch, false
	}
	c.Skip(8) // target name
	flags := c.L32()
	c.Skip(16) // challenge and reserved
	length := int(c.L16())
	c.Skip(2)
	offset := c.L32()
	if flags&(1<<25) != 0 && c.Len() >= 8 {
		ch.Major, ch.Minor, ch.Build = c.U8(), c.U8(), c.L16()
	}
	if c.Short() {
		return ch, false
	}
	if offset < uint32(len(b)) {
		info := frame.Read(b[offset:])
		ch.readInfo(info.Sub(min(length, info.Len())))
	}
	return ch, true
}

// readInfo reads the list of AV_PAIR of [MS-NLMP] section 2.2.2.1.
func (ch *Challenge) readInfo(c frame.Cursor) {
	for range 16 {
		id, n := c.L16(), c.L16()
		value := c.Bytes(int(n))
		if c.Short() || id == 0 {
			return
		}
		switch id {
		case 1:
			ch.Computer = value
		case 2:
			ch.Domain = value
		case 3:
			ch.DNSComputer = value
		case 4:
			ch.DNSDomain = value
		case 5:
			ch.Tree = value
		}
	}
}

// AppendText appends UTF-16, little-endian, as UTF-8.
func AppendText(b, utf16 []byte) []byte {
	for c := frame.Read(utf16); c.Len() > 1; {
		r := rune(c.L16())
		if r >= 0xd800 && r < 0xdc00 && c.Len() > 1 {
			low := rune(c.L16())
			r = 0x10000 + (r-0xd800)<<10 + (low - 0xdc00)
		}
		b = utf8.AppendRune(b, r)
	}
	return b
}

// A Claim is what a client says of its own host when it asks to be let in
// (messages 1 and 3). Who the person is, is not read.
type Claim struct {
	Workstation         []byte
	Wide                bool  // Workstation is UTF-16, little-endian; else of one byte a character
	Major, Minor        uint8 // version of Windows; both zero if it does not tell
	Build               uint16
	Authenticates, Null bool // it is message 3; it names nobody
}

// Flags of [MS-NLMP] section 2.2.2.5.
const (
	flagUnicode     = 1 << 0
	flagWorkstation = 1 << 13
	flagVersion     = 1 << 25
)

// ReadClaim reads a message of a client from its signature on ([MS-NLMP]
// sections 2.2.1.1 and 2.2.1.3).
func ReadClaim(b []byte) (cl Claim, ok bool) {
	c := frame.Read(b)
	if !c.Has(signature) {
		return cl, false
	}
	c.Skip(len(signature))
	var flags, offset uint32
	var length int
	switch c.L32() {
	case 1:
		flags = c.L32()
		c.Skip(8) // domain
		length = int(c.L16())
		c.Skip(2)
		offset = c.L32()
		if flags&flagWorkstation == 0 {
			length = 0
		}
	case 3:
		cl.Authenticates = true
		c.Skip(24) // answers, domain
		cl.Null = c.L16() == 0
		c.Skip(6)
		length = int(c.L16())
		c.Skip(2)
		offset = c.L32()
		c.Skip(8) // session key
		flags = c.L32()
		cl.Wide = flags&flagUnicode != 0
	default:
		return cl, false
	}
	if flags&flagVersion != 0 && c.Len() >= 8 {
		cl.Major, cl.Minor, cl.Build = c.U8(), c.U8(), c.L16()
	}
	if offset < uint32(len(b)) {
		at := frame.Read(b[offset:])
		cl.Workstation = at.Bytes(length)
	}
	return cl, true
}

// Find is b from the signature of the first message in it; nil if there is none.
func Find(b []byte) []byte {
	i := bytes.Index(b, magic)
	if i < 0 {
		return nil
	}
	return b[i:]
}

var magic = []byte(signature)
