package proto

import (
	"strconv"

	"tyto/frame"
	"tyto/proto/ntlmssp"
	"tyto/proto/tcpstack"
	"tyto/tyto"
)

// A Fact is one thing that a message tells about someone. Value lies in the
// packet or in the sink's own memory and is valid until the sink is reset.
type Fact struct {
	Subject    tyto.Subject
	Attr       tyto.Attr
	Confidence tyto.Confidence
	Field      string // Wireshark's field name, "dhcp.option.hostname"; a constant
	Value      []byte
}

// A Deed is an act or an operation of the conversation.
type Deed struct {
	Verb       tyto.Verb // NoVerb: only counted
	Operation  string    // a constant, "modbus 6"
	Object     []byte
	Outcome    string // a constant: "" if not known, "ok", or the error
	ByReceiver bool   // done by the receiver of the message to its sender
}

// NoAnswer is the outcome of an act of which no answer was seen. Its operation
// was counted when it was asked for.
const NoAnswer = "no answer"

// A Resolution is a name that an answer gave for an address: from then on,
// conversations with that address are known by the name.
type Resolution struct {
	Asker frame.Addr
	Addr  frame.Addr
	Name  []byte
}

// Bounds of what one message can tell. What goes beyond is counted in Sink.Overflow.
const (
	maxFacts       = 96
	maxDeeds       = 32
	maxResolutions = 32
	scratchSize    = 16 << 10
	maxValue       = 512 // longest value of a fact, in bytes; longer ones are cut
)

// A Sink takes what a dissector tells. It is memory of a fixed size, reset
// for each message.
type Sink struct {
	facts       [maxFacts]Fact
	deeds       [maxDeeds]Deed
	resolutions [maxResolutions]Resolution
	scratch     [scratchSize]byte
	nFacts      int
	nDeeds      int
	nResolved   int
	used        int
	serverName  []byte
	malformed   string
	done        bool
	switched    bool
	overflow    int
	sender      tyto.Subject
	receiver    tyto.Subject
}

// Begin empties the sink for a message in f.
func (s *Sink) Begin(f *frame.Frame) {
	s.nFacts, s.nDeeds, s.nResolved, s.used, s.overflow = 0, 0, 0, 0, 0
	s.serverName, s.malformed, s.done, s.switched = nil, "", false, false
	s.sender = tyto.Subject{MAC: f.SrcMAC, Addr: f.Src, VLAN: f.VLAN}
	s.receiver = tyto.Subject{MAC: f.DstMAC, Addr: f.Dst, VLAN: f.VLAN}
}

// Sender tells a fact about who sent the message. An empty value is no fact.
func (s *Sink) Sender(a tyto.Attr, value []byte, c tyto.Confidence, field string) {
	s.About(s.sender, a, value, c, field)
}

// Receiver tells a fact about whom the message was sent to; nothing if that is a group.
func (s *Sink) Receiver(a tyto.Attr, value []byte, c tyto.Confidence, field string) {
	if !s.receiver.MAC.IsGroup() && !s.receiver.Addr.IsMulticast() {
		s.About(s.receiver, a, value, c, field)
	}
}

// Asks tells, once a conversation, the sender's role as a client. It keeps bit
// 0 of Memory[3] for it, Serves bit 1.
func (s *Sink) Asks(m *Message, role []byte, field string) {
	if m.Memory[3]&1 == 0 {
		m.Memory[3] |= 1
		s.Sender(tyto.Role, role, tyto.Shown, field)
	}
}

// Serves tells, once a conversation, the sender's role as a server, and that
// it answers to the protocol on the port that it sends from.
func (s *Sink) Serves(m *Message, role []byte, protocol, field string) {
	if m.Memory[3]&2 != 0 {
		return
	}
	m.Memory[3] |= 2
	s.Sender(tyto.Role, role, tyto.Shown, field)
	b := s.Scratch(12 + len(protocol))
	if b == nil || m.Frame.SrcPort == 0 {
		return
	}
	b = append(b[:0], "tcp/"...)
	if m.Frame.Proto == frame.UDP {
		b = append(b[:0], "udp/"...)
	}
	b = append(strconv.AppendUint(b, uint64(m.Frame.SrcPort), 10), ' ')
	s.Sender(tyto.Provides, append(b, protocol...), tyto.Shown, field)
}

// Number tells a number about the sender, in decimal.
func (s *Sink) Number(a tyto.Attr, n uint64, c tyto.Confidence, field string) {
	if b := s.Scratch(20); b != nil {
		s.Sender(a, strconv.AppendUint(b[:0], n, 10), c, field)
	}
}

// Hex tells bytes about the sender, in hexadecimal digits.
func (s *Sink) Hex(a tyto.Attr, v []byte, c tyto.Confidence, field string) {
	b := s.Scratch(2 * min(len(v), maxValue))
	if b = b[:0]; cap(b) == 0 {
		return
	}
	for _, x := range v[:min(len(v), maxValue)] {
		b = append(b, "0123456789abcdef"[x>>4], "0123456789abcdef"[x&15])
	}
	s.Sender(a, b, c, field)
}

// Part tells a fact about something behind the sender: a Modbus unit, a slot.
func (s *Sink) Part(part uint16, a tyto.Attr, value []byte, c tyto.Confidence, field string) {
	sub := s.sender
	sub.Part = part
	s.About(sub, a, value, c, field)
}

// About tells a fact about a subject that the message speaks of.
func (s *Sink) About(sub tyto.Subject, a tyto.Attr, value []byte, c tyto.Confidence, field string) {
	if len(value) == 0 {
		return
	}
	if s.nFacts == maxFacts {
		s.overflow++
		return
	}
	if len(value) > maxValue {
		value = value[:maxValue]
	}
	s.facts[s.nFacts] = Fact{Subject: sub, Attr: a, Confidence: c, Field: field, Value: value}
	s.nFacts++
}

// Has tells that the interface mac has the address, as ARP, neighbour
// discovery or DHCP state it. The sender's VLAN is that of the interface.
func (s *Sink) Has(mac frame.MAC, addr frame.Addr, c tyto.Confidence, field string) {
	if mac.IsZero() || mac.IsGroup() || addr.IsUnspecified() || addr.IsMulticast() {
		return
	}
	s.About(tyto.Subject{MAC: mac, VLAN: s.sender.VLAN}, tyto.Address, addr.Append(s.Scratch(46)[:0]), c, field)
}

// Sender16 tells a fact about the sender whose value is UTF-16, little-endian.
func (s *Sink) Sender16(a tyto.Attr, utf16 []byte, c tyto.Confidence, field string) {
	utf16 = utf16[:min(len(utf16), 2*maxValue)]
	if b := s.Scratch(len(utf16) * 3 / 2); b != nil {
		s.Sender(a, ntlmssp.AppendText(b[:0], utf16), c, field)
	}
}

// NTLM tells what the first NTLM message in b says of the host that sends it:
// a server's challenge its names, domain and build; a client's its name and build.
// Of the person nothing is told. It reports whether a client named somebody.
func (s *Sink) NTLM(b []byte) (names bool) {
	b = ntlmssp.Find(b)
	if b == nil {
		return false
	}
	if ch, ok := ntlmssp.ReadChallenge(b); ok {
		s.Sender16(tyto.Hostname, ch.Computer, tyto.Stated, "ntlmssp.challenge.target_info.nb_computer_name")
		s.Sender16(tyto.Clue, ch.Domain, tyto.Stated, "ntlmssp.challenge.target_info.nb_domain_name")
		s.Sender16(tyto.Hostname, ch.DNSComputer, tyto.Stated, "ntlmssp.challenge.target_info.dns_computer_name")
		s.Sender16(tyto.Domain, ch.DNSDomain, tyto.Stated, "ntlmssp.challenge.target_info.dns_domain_name")
		s.Sender16(tyto.Clue, ch.Tree, tyto.Stated, "ntlmssp.challenge.target_info.dns_tree_name")
		s.windows(ch.Major, ch.Minor, ch.Build)
		return false
	}
	cl, ok := ntlmssp.ReadClaim(b)
	if !ok {
		return false
	}
	if cl.Wide {
		s.Sender16(tyto.Hostname, cl.Workstation, tyto.Shown, "ntlmssp.auth.hostname")
	} else {
		s.Sender(tyto.Hostname, cl.Workstation, tyto.Shown, "ntlmssp.auth.hostname")
	}
	s.windows(cl.Major, cl.Minor, cl.Build)
	return cl.Authenticates && !cl.Null
}

// Opening tells how the sender of a frame opens a TCP connection; nothing if it
// does not. What a host answers depends on what it was offered, so SYN and
// SYN/ACK are different fields.
func (s *Sink) Opening(f *frame.Frame) {
	if !tcpstack.Opens(f) {
		return
	}
	field := "tcp.syn"
	if f.TCPFlags&frame.ACK != 0 {
		field = "tcp.syn_ack"
	}
	if b := s.Scratch(tcpstack.MaxLength); b != nil {
		s.Sender(tyto.Clue, tcpstack.Append(b[:0], f), tyto.Stated, field)
	}
}

// windows tells a version of Windows, "10.0.19045".
func (s *Sink) windows(major, minor uint8, build uint16) {
	if b := s.Scratch(16); b != nil && major > 0 {
		b = strconv.AppendUint(b[:0], uint64(major), 10)
		b = strconv.AppendUint(append(b, '.'), uint64(minor), 10)
		b = strconv.AppendUint(append(b, '.'), uint64(build), 10)
		s.Sender(tyto.Clue, b, tyto.Stated, "ntlmssp.version")
	}
}

// Op counts an operation of the conversation; op is a constant.
func (s *Sink) Op(op string) { s.Did(tyto.NoVerb, op, nil, "") }

// Did tells that the sender of a request did something to its receiver. The
// outcome is "" when the answer is not known.
func (s *Sink) Did(v tyto.Verb, op string, object []byte, outcome string) {
	s.deed(Deed{Verb: v, Operation: op, Object: object, Outcome: outcome})
}

// Undergone tells, from an answer, what its receiver did to its sender, and how it went.
// It is told instead of Did when request and answer are paired; the operation
// is not counted by it, but by the Op that is told of the request.
func (s *Sink) Undergone(v tyto.Verb, op string, object []byte, outcome string) {
	s.deed(Deed{Verb: v, Operation: op, Object: object, Outcome: outcome, ByReceiver: true})
}

func (s *Sink) deed(d Deed) {
	if s.nDeeds == maxDeeds {
		s.overflow++
		return
	}
	s.deeds[s.nDeeds] = d
	s.nDeeds++
	if (d.Verb == tyto.Program || d.Verb == tyto.UpdateFirmware) && (d.Outcome == "" || d.Outcome == "ok") {
		s.About(d.by(s), tyto.Role, programmer, tyto.Shown, d.Operation)
	}
}

// programmer is the role of who changes the program or the firmware of others.
var programmer = []byte("programming device")

// by is who did it.
func (d *Deed) by(s *Sink) tyto.Subject {
	if d.ByReceiver {
		return s.receiver
	}
	return s.sender
}

// ServerName names the server that the client wants: SNI, HTTP Host.
func (s *Sink) ServerName(name []byte) { s.serverName = name }

// Resolved tells that the sender answered to asker that name has the address.
func (s *Sink) Resolved(name []byte, addr frame.Addr) {
	if s.nResolved == maxResolutions {
		s.overflow++
		return
	}
	s.resolutions[s.nResolved] = Resolution{Asker: s.receiver.Addr, Addr: addr, Name: name}
	s.nResolved++
}

// Malformed tells that the message breaks its protocol's rules; why is a
// constant that names the rule. What was told before it stands.
func (s *Sink) Malformed(why string) {
	if s.malformed == "" {
		s.malformed = why
	}
}

// Done tells that nothing more is to be learnt from this conversation: its
// later packets are only counted.
func (s *Sink) Done() { s.done = true }

// Switch tells that what follows in this conversation is of another protocol,
// such as TLS after STARTTLS: it is looked for as at the beginning. The
// conversation keeps the name of this one.
func (s *Sink) Switch() { s.switched = true }

// Scratch is n bytes of the sink's own memory to build a value in, valid
// until the sink is reset; empty if there is no more.
func (s *Sink) Scratch(n int) []byte {
	if n < 0 || s.used+n > scratchSize {
		s.overflow++
		return nil
	}
	b := s.scratch[s.used : s.used+n : s.used+n]
	s.used += n
	return b
}

// SenderSubject is who sent the message.
func (s *Sink) SenderSubject() tyto.Subject { return s.sender }

// ReceiverSubject is whom the message was sent to.
func (s *Sink) ReceiverSubject() tyto.Subject { return s.receiver }

// Facts is what was told so far.
func (s *Sink) Facts() []Fact { return s.facts[:s.nFacts] }

// Deeds is what was done.
func (s *Sink) Deeds() []Deed { return s.deeds[:s.nDeeds] }

// Resolutions is what names were given for addresses.
func (s *Sink) Resolutions() []Resolution { return s.resolutions[:s.nResolved] }

// Name is the server's name, if the message told it.
func (s *Sink) Name() []byte { return s.serverName }

// Broken is what the message got wrong, "" if nothing.
func (s *Sink) Broken() string { return s.malformed }

// Finished reports whether Done was told.
func (s *Sink) Finished() bool { return s.done }

// Switched reports whether Switch was told.
func (s *Sink) Switched() bool { return s.switched }

// Overflow is how many things did not fit.
func (s *Sink) Overflow() int { return s.overflow }
