package proto

import (
	"bytes"
	"strconv"

	"tyto/frame"
	"tyto/tyto"
)

// The Remote Desktop Protocol ([MS-RDPBCGR] section 2.2.1), from its beginning to
// where encryption begins. The cookie, which names a person, is passed over.
func init() {
	register(Dissector{
		Name:     "rdp",
		Where:    []Where{TCP(3389)},
		Anywhere: true, First: "\x03",
		Is: isRDP, Split: splitRDP, Tell: tellRDP,
	})
}

// Codes of X.224 (ITU-T X.224 section 13).
const (
	rdpConnect = 0xe0
	rdpConfirm = 0xd0
	rdpData    = 0xf0
)

// rdpTPKT reads the header of RFC 1006 and of X.224.
func rdpTPKT(b []byte) (c frame.Cursor, code uint8, length int) {
	c = frame.Read(b)
	version, zero := c.U8(), c.U8()
	length = int(c.U16())
	head := int(c.U8())
	code = c.U8()
	if c.Short() || version != 3 || zero != 0 || length < 7 || head < 2 || head > length-5 {
		return c, 0, 0
	}
	return c, code, length
}

var (
	rdpCookie = []byte("Cookie: msts") // mstshash, or msts of a load balancer
)

func isRDP(m *Message) bool {
	c, code, length := rdpTPKT(m.Body)
	if code != rdpConnect || length > 512 {
		return false
	}
	c.Skip(5)
	b := c.Rest()
	if bytes.HasPrefix(b, rdpCookie) || len(b) == 8 && b[0] == 1 && b[2] == 8 && b[3] == 0 {
		return true
	}
	return m.Frame.DstPort == 3389 && len(b) == 0
}

func splitRDP(m *Message) int {
	if len(m.Body) < 7 {
		return 0
	}
	if _, _, n := rdpTPKT(m.Body); n > 0 {
		return n
	}
	return -1
}

func tellRDP(m *Message, s *Sink) {
	c, code, n := rdpTPKT(m.Body)
	switch {
	case n == 0:
		s.Malformed("rdp: header")
	case code == rdpConnect:
		s.Op("rdp connect")
	case code == rdpConfirm:
		c.Skip(5)
		rdpConfirmed(m, s, c)
	case code == rdpData:
		rdpConference(s, c.Rest())
	}
}

// rdpSecurity is the protocols of section 2.2.1.2.1 by number.
var rdpSecurity = [...][]byte{[]byte("standard"), []byte("TLS"), []byte("CredSSP"), 3: nil, 4: []byte("RDSTLS"), 8: []byte("CredSSP, early user authorization")}

func rdpConfirmed(m *Message, s *Sink, c frame.Cursor) {
	kind := c.U8()
	c.Skip(3)
	chosen := c.L32()
	if c.Short() { // an old server does not negotiate
		kind, chosen = 2, 0
	}
	if b := s.Scratch(16); b != nil {
		b = strconv.AppendUint(append(b[:0], "tcp/"...), uint64(m.Frame.SrcPort), 10)
		s.Sender(tyto.Provides, append(b, " rdp"...), tyto.Stated, "rdp.neg_type")
	}
	switch {
	case kind == 3:
		s.Op("rdp refused")
	case kind == 2 && chosen < uint32(len(rdpSecurity)):
		s.Op("rdp connected")
		s.Sender(tyto.Clue, rdpSecurity[chosen], tyto.Stated, "rdp.negReq.selectedProtocol")
		if chosen != 0 { // TLS begins
			s.Switch()
		}
	}
}

// rdpClient marks the client's data in the request for a conference (T.124; section 2.2.1.3).
var rdpClient = []byte("Duca")

func rdpConference(s *Sink, b []byte) {
	i := bytes.Index(b[:min(len(b), 512)], rdpClient)
	if i < 0 {
		if bytes.Contains(b[:min(len(b), 512)], rdpServer) {
			s.Op("rdp conference created")
			s.Done()
		}
		return
	}
	s.Op("rdp create conference")
	c := frame.Read(b[i+len(rdpClient):])
	if c.U8()&0x80 != 0 {
		c.Skip(1)
	}
	for range 16 {
		kind, n := c.L16(), int(c.L16())
		block := c.Sub(n - 4)
		if c.Short() || n < 4 {
			s.Malformed("rdp: client data")
			return
		}
		if kind == 0xc001 {
			rdpCore(s, block)
			return
		}
	}
}

var rdpServer = []byte("McDn")

// rdpCore reads what a client says of itself (section 2.2.1.3.2).
func rdpCore(s *Sink, c frame.Cursor) {
	c.Skip(16)
	build := c.L32()
	name := c.Bytes(32)
	if c.Short() {
		s.Malformed("rdp: core data")
		return
	}
	for i := 0; i+1 < len(name); i += 2 {
		if name[i]|name[i+1] == 0 {
			name = name[:i]
		}
	}
	s.Sender16(tyto.Hostname, name, tyto.Stated, "rdp.client.name")
	if b := s.Scratch(10); b != nil {
		s.Sender(tyto.Clue, strconv.AppendUint(b[:0], uint64(build), 10), tyto.Stated, "rdp.client.build")
	}
}
