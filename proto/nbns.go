package proto

import (
	"tyto/frame"
	"tyto/proto/dns"
	"tyto/tyto"
)

// The NetBIOS name service, RFC 1002 section 4.2; suffixes of names are
// Microsoft's. A name is of 15 characters and a suffix that says what it is
// for, each half byte of them a letter from A to P.
func init() {
	register(Dissector{
		Name:  "nbns",
		Where: []Where{UDP(137)},
		Is:    isNBNS,
		Tell:  tellNBNS,
	})
}

// Opcodes.
const (
	nbnsQuery     = 0
	nbnsRegister  = 5
	nbnsRelease   = 6
	nbnsWait      = 7
	nbnsRefresh   = 8
	nbnsRefresh9  = 9 // as some wrote it, after an error in the RFC
	nbnsMultiHome = 15
)

var nbnsOps = [16]string{nbnsQuery: "nbns query NB", nbnsRegister: "nbns registration", nbnsRelease: "nbns release",
	nbnsWait: "nbns wait", nbnsRefresh: "nbns refresh", nbnsRefresh9: "nbns refresh", nbnsMultiHome: "nbns multi-homed registration"}

func isNBNS(m *Message) bool {
	r := dns.Read(m.Body)
	if r.Broken() != "" || nbnsOps[r.Opcode()] == "" || r.Counts[0] > 1 || r.Counts[1] > 1 || r.Counts[2] > 16 || r.Counts[3] > 16 {
		return false
	}
	if q, ok := r.Question(); ok {
		return (q.Type == dns.NB || q.Type == dns.NBSTAT) && isNetBIOSName(q.Name)
	}
	x, ok := r.Record()
	return ok && isNetBIOSName(x.Name)
}

func isNetBIOSName(n dns.Name) bool {
	label := n.Label(0)
	for _, c := range label {
		if c < 'A' || c > 'P' {
			return false
		}
	}
	return len(label) == 32
}

// netbiosName is a name, decoded: its text and its suffix.
type netbiosName struct {
	text   []byte // without the padding; in the sink's memory or in the packet
	suffix byte
}

func readNetBIOSName(s *Sink, n dns.Name) (name netbiosName, ok bool) {
	if !isNetBIOSName(n) {
		return name, false
	}
	b := s.Scratch(16)
	if b == nil {
		return name, false
	}
	label := n.Label(0)
	for i := range b {
		b[i] = (label[2*i]-'A')<<4 | (label[2*i+1] - 'A')
	}
	return padded(b), true
}

// padded is the name of 16 bytes.
func padded(b []byte) netbiosName {
	n := 15
	for n > 0 && (b[n-1] == ' ' || b[n-1] == 0) {
		n--
	}
	return netbiosName{text: b[:n:n], suffix: b[15]}
}

// clue is the name with its suffix, "SERVER<20>".
func (n netbiosName) clue(s *Sink) []byte {
	const hex = "0123456789abcdef"
	b := s.Scratch(len(n.text) + 4)
	if b == nil {
		return nil
	}
	return append(append(b[:0], n.text...), '<', hex[n.suffix>>4], hex[n.suffix&15], '>')
}

func tellNBNS(m *Message, s *Sink) {
	r := dns.Read(m.Body)
	q, asked := r.Question()
	name, named := readNetBIOSName(s, q.Name)
	op := nbnsOps[r.Opcode()]
	switch {
	case r.Response() && r.Opcode() == nbnsQuery:
		nbnsAnswer(m, s, &r)
	case r.Response():
		s.Op("nbns answer to registration")
	case !asked || !named:
	case r.Opcode() == nbnsQuery && q.Type == dns.NBSTAT:
		s.Did(tyto.Identify, "nbns query NBSTAT", name.text, "")
	case r.Opcode() == nbnsQuery:
		s.Op(op)
		nbnsAsked(s, name)
	case r.Opcode() == nbnsRelease:
		s.Op(op)
	default:
		s.Op(op)
		nbnsRegistered(m, s, &r, name)
	}
	if r.Broken() != "" && m.Frame.Missing == 0 && !m.Cut {
		s.Malformed(r.Broken())
	}
}

// nbnsAsked tells what the name that a host looks for says of it.
func nbnsAsked(s *Sink, n netbiosName) {
	switch n.suffix {
	case 0x03: // a person, to send a message to
		return
	case 0x1b, 0x1c: // who looks for the controllers of a domain belongs to it
		if !n.is("INet~Services") {
			s.Sender(tyto.Domain, n.text, tyto.Inferred, "nbns.name")
		}
	}
	s.Sender(tyto.Clue, n.clue(s), tyto.Shown, "nbns.query")
}

// nbnsRegistered tells the name that a host takes for itself, and the address
// it gives with it.
func nbnsRegistered(m *Message, s *Sink, r *dns.Reader, n netbiosName) {
	sure, group := tyto.Shown, false
	if x, ok := r.Record(); ok && x.Type == dns.NB {
		c := frame.Read(x.Data)
		group = c.U16()&0x8000 != 0
		if c.IPv4() == m.Frame.Src {
			sure = tyto.Stated
		}
	}
	nbnsName(s, s.SenderSubject(), n, group, sure)
}

// nbnsAnswer tells what an answer says: of a name, who has it; of a node, its
// names and its MAC address (section 4.2.18).
func nbnsAnswer(m *Message, s *Sink, r *dns.Reader) {
	x, ok := r.Record()
	switch {
	case r.RCode() != 0:
		s.Op("nbns negative answer")
	case !ok:
	case x.Type == dns.NBSTAT:
		s.Op("nbns answer NBSTAT")
		nbnsStatus(m, s, &x)
	case x.Type == dns.NB:
		s.Op("nbns answer NB")
		n, ok := readNetBIOSName(s, x.Name)
		c := frame.Read(x.Data)
		for i := 0; ok && i < 8 && c.Len() >= 6; i++ {
			group, addr := c.U16()&0x8000 != 0, c.IPv4()
			if n.suffix != 0x03 {
				s.Resolved(n.text, addr)
			}
			if addr == m.Frame.Src {
				nbnsName(s, s.SenderSubject(), n, group, tyto.Stated)
			} else if !addr.IsUnspecified() && !group {
				nbnsName(s, tyto.Subject{Addr: addr, VLAN: m.Frame.VLAN}, n, group, tyto.Inferred)
			}
		}
	}
}

func nbnsStatus(m *Message, s *Sink, x *dns.Record) {
	c := frame.Read(x.Data)
	for n := c.U8(); n > 0 && !c.Short(); n-- {
		b, flags := c.Bytes(16), c.U16()
		if c.Short() {
			break
		}
		nbnsName(s, s.SenderSubject(), padded(b), flags&0x8000 != 0, tyto.Stated)
	}
	mac := c.MAC()
	switch {
	case c.Short():
		s.Malformed("node status cut short")
	case mac == m.Frame.SrcMAC:
		s.Has(mac, m.Frame.Src, tyto.Stated, "nbns.unit_id")
	case !mac.IsZero() && !mac.IsGroup() && mac != frame.MAC{0x44, 0x45, 0x53, 0x54}: // "DEST": dial-up of Windows 9x
		// Behind a router, or on another of its interfaces.
		if b := s.Scratch(46); b != nil {
			s.About(tyto.Subject{MAC: mac}, tyto.Address, m.Frame.Src.Append(b[:0]), tyto.Shown, "nbns.unit_id")
		}
	}
}

func (n netbiosName) is(text string) bool { return string(n.text) == text }

var (
	nbnsDC             = []byte("domain controller")
	nbnsMasterBrowser  = []byte("master browser")
	nbnsDomainBrowser  = []byte("domain master browser")
	nbnsRemoteAccess   = []byte("remote access server")
	nbnsWebServer      = []byte("web server")
	nbnsExchange       = []byte("mail server")
	nbnsNetworkMonitor = []byte("network monitor")
)

// nbnsName tells what a name that a node has says of it, by its suffix.
// <03> is for messages to it, which under its own name says nothing new, and
// under another is the person who signed in: that is not told.
func nbnsName(s *Sink, who tyto.Subject, n netbiosName, group bool, sure tyto.Confidence) {
	if len(n.text) == 0 || n.suffix == 0x03 && !group {
		return
	}
	switch {
	case n.suffix == 0x01 && len(n.text) > 2 && n.text[0] == 1: // \x01\x02__MSBROWSE__\x02
		nbnsRole(s, who, nbnsMasterBrowser)
		return
	case n.is("INet~Services"), len(n.text) > 3 && string(n.text[:3]) == "IS~":
		nbnsRole(s, who, nbnsWebServer)
		return
	case group:
		nbnsGroup(s, who, n, sure)
	case n.suffix == 0x00, n.suffix == 0x20:
		// <20> is the server service, which every Windows and every printer that scans to
		// a folder has: no role.
		s.About(who, tyto.Hostname, n.text, sure, "nbns.name")
	case n.suffix == 0x1b:
		s.About(who, tyto.Domain, n.text, sure, "nbns.name")
		nbnsRole(s, who, nbnsDomainBrowser)
	case n.suffix == 0x1d:
		nbnsRole(s, who, nbnsMasterBrowser)
	case n.suffix == 0x06, n.suffix == 0x21:
		nbnsRole(s, who, nbnsRemoteAccess)
	case n.suffix == 0x22, n.suffix == 0x23, n.suffix == 0x24, n.suffix == 0x6a, n.suffix == 0x87:
		nbnsRole(s, who, nbnsExchange)
	case n.suffix == 0xbe, n.suffix == 0xbf:
		nbnsRole(s, who, nbnsNetworkMonitor)
	}
	s.About(who, tyto.Clue, n.clue(s), sure, "nbns.name")
}

func nbnsGroup(s *Sink, who tyto.Subject, n netbiosName, sure tyto.Confidence) {
	switch n.suffix {
	case 0x00, 0x1e:
		s.About(who, tyto.Domain, n.text, sure, "nbns.name")
	case 0x1c:
		s.About(who, tyto.Domain, n.text, sure, "nbns.name")
		nbnsRole(s, who, nbnsDC)
	}
}

func nbnsRole(s *Sink, who tyto.Subject, role []byte) {
	s.About(who, tyto.Role, role, tyto.Shown, "nbns.name")
}
