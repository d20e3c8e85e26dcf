package proto

import (
	"bytes"
	"strconv"

	"tyto/frame"
	"tyto/tyto"
)

// The NetBIOS datagram service (RFC 1002 section 4.4), and what hosts announce
// of themselves in its mailslots: the browser protocol ([MS-BRWS] section 2.2)
// and the location of domain controllers ([MS-MAIL], [MS-ADTS] section 6.3).
func init() {
	register(Dissector{
		Name:  "nbdgm",
		Where: []Where{UDP(138)},
		Is:    isNBDGM,
		Tell:  tellNBDGM,
	})
}

// Types of datagrams.
const (
	nbdgmUnique    = 0x10
	nbdgmBroadcast = 0x12
	nbdgmError     = 0x13
	nbdgmQuery     = 0x14
	nbdgmNegative  = 0x16
)

func isNBDGM(m *Message) bool {
	c := m.Read()
	kind, flags := c.U8(), c.U8()
	c.Skip(8)
	if c.Short() || flags > 0x0f || kind < nbdgmUnique || kind > nbdgmNegative {
		return false
	}
	if kind < nbdgmError {
		c.Skip(4)
	}
	if kind == nbdgmError {
		return c.U8() >= 0x82 && !c.Short()
	}
	return c.U8() == 32 && !c.Short()
}

func tellNBDGM(m *Message, s *Sink) {
	c := m.Read()
	kind, flags := c.U8(), c.U8()
	c.Skip(2)
	addr := c.IPv4()
	c.Skip(2)
	switch {
	case kind == nbdgmError:
		s.Op("nbdgm error")
		return
	case kind >= nbdgmQuery:
		s.Op("nbdgm query")
		return
	}
	c.Skip(4)
	source, from := nbdgmName(s, &c)
	dest, to := nbdgmName(s, &c)
	if c.Short() {
		if m.Frame.Missing == 0 {
			s.Malformed("nbdgm: datagram cut short")
		}
		return
	}
	s.Op("nbdgm datagram")
	// A server of the service forwards for others, whose address it gives.
	if addr != m.Frame.Src {
		return
	}
	nbdgmSender(s, source, from, dest, to)
	if flags&0x02 != 0 { // the first fragment, with what counts
		nbdgmMailslot(s, c)
	}
}

// nbdgmName reads an encoded name of RFC 1001 section 14; its text without padding, and its suffix.
func nbdgmName(s *Sink, c *frame.Cursor) (text []byte, suffix byte) {
	if c.U8() != 32 {
		c.Skip(-1)
		return nil, 0
	}
	label, b := c.Bytes(32), s.Scratch(16)
	for range 16 { // the scope
		n := c.U8()
		if n == 0 {
			break
		}
		c.Skip(int(n))
	}
	if c.Short() || b == nil {
		return nil, 0
	}
	for i := range b {
		high, low := label[2*i]-'A', label[2*i+1]-'A'
		if high > 15 || low > 15 {
			c.Skip(-1)
			return nil, 0
		}
		b[i] = high<<4 | low
	}
	return bytes.TrimRight(b[:15:15], " \x00"), b[15]
}

// nbdgmSender tells what the names of a datagram say of its sender: its own,
// and that of the group it speaks to.
func nbdgmSender(s *Sink, source []byte, from byte, dest []byte, to byte) {
	if from == 0x00 || from == 0x20 { // others may be persons
		s.Sender(tyto.Hostname, source, tyto.Stated, "nbdgm.source_name")
	}
	switch to {
	case 0x1b, 0x1c, 0x1d, 0x1e:
		s.Sender(tyto.Domain, dest, tyto.Shown, "nbdgm.destination_name")
	}
}

// nbdgmMailslot reads the SMB transaction of a mailslot ([MS-CIFS] section 2.2.4.33).
func nbdgmMailslot(s *Sink, c frame.Cursor) {
	smb := c.Rest()
	if !c.Has("\xffSMB\x25") {
		return
	}
	c.Skip(32)
	words := c.Sub(2 * int(c.U8()))
	c.Skip(2)
	words.Skip(22)
	n, offset := int(words.L16()), int(words.L16())
	slot := c.Until("\x00")
	if words.Short() || c.Short() || offset > len(smb) {
		s.Malformed("nbdgm: mailslot cut short")
		return
	}
	data := frame.Read(smb[offset:])
	data = data.Sub(min(n, data.Len()))
	switch {
	case bytes.EqualFold(slot, nbdgmBrowse), bytes.EqualFold(slot, nbdgmLanman):
		nbdgmBrowser(s, data)
	case len(slot) >= len(nbdgmNet) && bytes.EqualFold(slot[:len(nbdgmNet)], nbdgmNet), bytes.EqualFold(slot, nbdgmLogon):
		nbdgmNetlogon(s, data)
	default:
		s.Op("nbdgm mailslot")
	}
}

var (
	nbdgmBrowse = []byte(`\MAILSLOT\BROWSE`)
	nbdgmLanman = []byte(`\MAILSLOT\LANMAN`)
	nbdgmNet    = []byte(`\MAILSLOT\NET\`)
	nbdgmLogon  = []byte(`\MAILSLOT\NTLOGON`)
)

// nbdgmCommands is the operation of a command of the browser protocol.
var nbdgmCommands = [16]string{1: "browser host announcement", 2: "browser announcement request", 8: "browser election",
	9: "browser backup list request", 10: "browser backup list", 11: "browser become backup", 12: "browser domain announcement",
	13: "browser master announcement", 14: "browser reset", 15: "browser local master announcement"}

func nbdgmBrowser(s *Sink, c frame.Cursor) {
	command := c.U8()
	if command > 15 || nbdgmCommands[command] == "" {
		return
	}
	s.Op(nbdgmCommands[command])
	switch command {
	case 1, 15:
		nbdgmAnnouncement(s, c)
	case 2:
		c.Skip(1)
		nbdgmHost(s, &c, "browser.response_computer_name")
	case 8:
		c.Skip(13)
		nbdgmHost(s, &c, "browser.server")
	case 12:
		c.Skip(5)
		domain := nbdgmText(c.Bytes(16))
		c.Skip(10)
		s.Sender(tyto.Domain, domain, tyto.Stated, "browser.server")
		s.Sender(tyto.Role, nbdgmMaster, tyto.Stated, "browser.command")
		nbdgmHost(s, &c, "browser.mb_server")
	case 13:
		nbdgmHost(s, &c, "browser.mb_server")
	}
}

func nbdgmHost(s *Sink, c *frame.Cursor, field string) {
	if name := c.Until("\x00"); len(name) <= 15 {
		s.Sender(tyto.Hostname, name, tyto.Stated, field)
	}
}

// nbdgmText is a text of fixed size up to its padding.
func nbdgmText(b []byte) []byte {
	b, _, _ = bytes.Cut(b, []byte{0})
	return bytes.TrimRight(b, " ")
}

var nbdgmMaster = []byte("master browser")

// Bits of the server type ([MS-BRWS] section 2.2.1, [MS-SRVS] section 2.2.2.7).
const (
	nbdgmDC    = 1<<3 | 1<<4
	nbdgmUnix  = 1 << 11
	nbdgmNTS   = 1 << 15
	nbdgmWin95 = 1 << 22
)

// nbdgmRoles is what bits of the server type say a host does for others.
var nbdgmRoles = [...]struct {
	bits uint32
	role []byte
}{
	{1 << 2, []byte("sql server")}, {nbdgmDC, []byte("domain controller")}, {1 << 5, []byte("ntp server")},
	{1 << 9, []byte("print server")}, {1 << 10, []byte("remote access server")}, {1 << 18, nbdgmMaster},
	{1 << 19, []byte("domain master browser")}, {1 << 25, []byte("terminal server")},
}

// nbdgmAnnouncement reads who a host says it is ([MS-BRWS] section 2.2.1).
func nbdgmAnnouncement(s *Sink, c frame.Cursor) {
	c.Skip(5)
	name := nbdgmText(c.Bytes(16))
	major, minor, kind := c.U8(), c.U8(), c.L32()
	c.Skip(4)
	if c.Short() {
		s.Malformed("browser: announcement cut short")
		return
	}
	comment, _, _ := bytes.Cut(c.Rest(), []byte{0})
	s.Sender(tyto.Hostname, name, tyto.Stated, "browser.server")
	if b := s.Scratch(8); b != nil {
		b = strconv.AppendUint(b[:0], uint64(major), 10)
		s.Sender(tyto.Clue, strconv.AppendUint(append(b, '.'), uint64(minor), 10), tyto.Stated, "browser.os_major")
	}
	if b := s.Scratch(10); b != nil {
		s.Sender(tyto.Clue, nbdgmHex(b, kind), tyto.Stated, "browser.server_type")
	}
	s.Sender(tyto.Description, comment, tyto.Stated, "browser.comment")
	for i := range nbdgmRoles {
		if kind&nbdgmRoles[i].bits != 0 {
			s.Sender(tyto.Role, nbdgmRoles[i].role, tyto.Stated, "browser.server_type")
		}
	}
	nbdgmOS(s, major, minor, kind, comment)
}

// nbdgmHex writes "0x00011003" into b.
func nbdgmHex(b []byte, n uint32) []byte {
	b[0], b[1] = '0', 'x'
	for i := range 8 {
		b[2+i] = "0123456789abcdef"[n>>(28-4*i)&15]
	}
	return b
}

// nbdgmSystems is the Windows of a version: of a workstation, and of a server.
var nbdgmSystems = [...]struct {
	major, minor        uint8
	workstation, server []byte
	either              []byte // what the version alone says
}{
	{4, 0, []byte("Windows NT 4.0"), []byte("Windows NT 4.0 Server"), nil},
	{5, 0, []byte("Windows 2000"), []byte("Windows 2000 Server"), nil},
	{5, 1, []byte("Windows XP"), []byte("Windows XP"), nil},
	{5, 2, []byte("Windows XP x64"), []byte("Windows Server 2003"), []byte("Windows Server 2003 R2 or Windows Server 2003")},
	{6, 0, []byte("Windows Vista"), []byte("Windows Server 2008"), []byte("Windows Vista or Windows Server 2008")},
	{6, 1, []byte("Windows 7"), []byte("Windows Server 2008 R2"), []byte("Windows 7 or Windows Server 2008 R2")},
	{6, 2, []byte("Windows 8"), []byte("Windows Server 2012"), []byte("Windows 8 or Windows Server 2012")},
	{6, 3, []byte("Windows 8.1"), []byte("Windows Server 2012 R2"), []byte("Windows 8.1 or Windows Server 2012 R2")},
	{10, 0, []byte("Windows 10"), []byte("Windows Server 2016 or later"), []byte("Windows 10 or Windows Server 2016 or later")},
}

var nbdgmWin9x = []byte("Windows 95, 98 or Me")

// nbdgmOS tells the system of a version. Samba pretends to be some Windows,
// and says so in its comment or by the bit for Unix.
func nbdgmOS(s *Sink, major, minor uint8, kind uint32, comment []byte) {
	if kind&nbdgmUnix != 0 || bytes.Contains(comment, []byte("Samba")) {
		return
	}
	if kind&nbdgmWin95 != 0 {
		s.Sender(tyto.OS, nbdgmWin9x, tyto.Stated, "browser.windows_version")
		return
	}
	for i := range nbdgmSystems {
		x := &nbdgmSystems[i]
		if x.major != major || x.minor != minor {
			continue
		}
		s.Sender(tyto.Clue, x.either, tyto.Stated, "browser.windows_version")
		if kind&(nbdgmNTS|nbdgmDC) != 0 {
			s.Sender(tyto.OS, x.server, tyto.Stated, "browser.windows_version")
		} else if kind&(1<<12) != 0 {
			s.Sender(tyto.OS, x.workstation, tyto.Stated, "browser.windows_version")
		}
	}
}

// nbdgmNetlogon reads who looks for a domain controller, and who answers
// ([MS-ADTS] sections 6.3.1 and 6.3.5). Names of users are passed over.
func nbdgmNetlogon(s *Sink, c frame.Cursor) {
	switch c.L16() {
	case 0x07:
		s.Op("netlogon query for primary controller")
		nbdgmHost(s, &c, "smb_netlogon.computer_name")
	case 0x0c:
		s.Op("netlogon answer of primary controller")
		nbdgmHost(s, &c, "smb_netlogon.pdc_name")
		s.Sender(tyto.Role, nbdgmRoles[1].role, tyto.Stated, "smb_netlogon.command")
	case 0x12:
		s.Op("netlogon logon request")
		c.Skip(2)
		s.Sender16(tyto.Hostname, nbdgmWide(&c), tyto.Stated, "smb_netlogon.unicode_computer_name")
	case 0x13, 0x15:
		s.Op("netlogon logon answer")
		if name := nbdgmWide(&c); len(name) > 4 && name[0] == '\\' { // \\SERVER
			s.Sender16(tyto.Hostname, name[4:], tyto.Stated, "smb_netlogon.server_name")
		}
		s.Sender(tyto.Role, nbdgmRoles[1].role, tyto.Stated, "smb_netlogon.command")
	case 0x17, 0x19:
		s.Op("netlogon logon answer")
		s.Sender(tyto.Role, nbdgmRoles[1].role, tyto.Stated, "smb_netlogon.command")
	}
}

// nbdgmWide reads UTF-16 up to its end mark.
func nbdgmWide(c *frame.Cursor) []byte {
	b := c.Rest()
	for i := 0; i+1 < len(b) && i < 2*64; i += 2 {
		if b[i]|b[i+1] == 0 {
			c.Skip(i + 2)
			return b[:i]
		}
	}
	c.Skip(-1)
	return nil
}
