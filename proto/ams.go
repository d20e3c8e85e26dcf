package proto

import (
	"bytes"
	"strconv"

	"tyto/frame"
	"tyto/tyto"
)

// AMS with ADS, between Beckhoff's TwinCAT systems (Beckhoff Information
// System, "AMS/ADS specification"), and the discovery on UDP, which Beckhoff has not
// published: as captures of it agree.
func init() {
	register(Dissector{
		Name: "ams", Industrial: true,
		Where:    []Where{TCP(48898), UDP(48899)},
		Anywhere: true, First: "\x00\x03",
		Is: isAMS, Split: splitAMS, Tell: tellAMS,
	})
}

const (
	amsHeader    = 6  // of TCP
	adsHeader    = 32 // of AMS
	amsDiscovery = "\x03\x66\x14\x71"
)

// adsCommands are what the commands do, by number.
var adsCommands = [...]struct {
	op   string
	verb tyto.Verb
}{{"ams invalid", 0}, {"ams Read Device Info", tyto.Identify}, {"ams Read", 0}, {"ams Write", tyto.Write}, {"ams Read State", 0},
	{"ams Write Control", tyto.Configure}, {"ams Add Device Notification", 0}, {"ams Delete Device Notification", 0},
	{"ams Device Notification", 0}, {"ams Read Write", 0}}

// adsStates are the states that Write Control asks for.
var adsStates = [...]struct {
	word []byte
	verb tyto.Verb
}{2: {[]byte("reset"), tyto.Stop}, 3: {[]byte("init"), tyto.Configure}, 4: {[]byte("start"), tyto.Start}, 5: {[]byte("run"), tyto.Start},
	6: {[]byte("stop"), tyto.Stop}, 7: {[]byte("save configuration"), tyto.Configure}, 8: {[]byte("load configuration"), tyto.Program},
	11: {[]byte("error"), tyto.Stop}, 12: {[]byte("shutdown"), tyto.Stop}, 13: {[]byte("suspend"), tyto.Stop}, 14: {[]byte("resume"), tyto.Start},
	15: {[]byte("config"), tyto.Stop}, 16: {[]byte("reconfig"), tyto.Stop}}

// Memory of a conversation: [0] is a request that waits for its answer: its
// command above its invoke id; [1] its group and offset; [3] what was told.
const (
	amsWaits      = 1 << 63
	amsToldClient = 1
	amsToldServer = 2
	amsToldNet    = 4 // shifted by 1 for the server's
)

var (
	amsClient  = []byte("ams client")
	amsServer  = []byte("ams server")
	amsOnTCP   = []byte("tcp/48898 ams")
	amsOnUDP   = []byte("udp/48899 ams")
	amsTwinCAT = []byte("TwinCAT")
)

func isAMS(m *Message) bool {
	if m.Frame.Proto == frame.UDP || m.Frame.DstPort == 48899 || m.Frame.SrcPort == 48899 {
		c := m.Read()
		return c.Has(amsDiscovery) && len(m.Body) >= 24
	}
	c := m.Read()
	kind := c.L16()
	n := int(c.L32())
	if kind != 0 { // port connect and the like, of the router
		return (kind == 1 || kind >= 0x1000 && kind <= 0x1002) && n == c.Len() && n < 64 && (m.Frame.DstPort == 48898 || m.Frame.SrcPort == 48898)
	}
	c.Skip(16)
	command, flags, data := c.L16(), c.L16(), int(c.L32())
	return !c.Short() && n == adsHeader+data && command > 0 && int(command) < len(adsCommands) && flags&^0x1ff == 0 && flags&4 != 0
}

func splitAMS(m *Message) int {
	c := m.Read()
	kind := c.L16()
	n := int(c.L32())
	switch {
	case c.Short():
		return 0
	case kind > 1 && (kind < 0x1000 || kind > 0x1002) || n > 64<<20:
		return -1
	}
	return amsHeader + n
}

func tellAMS(m *Message, s *Sink) {
	c := m.Read()
	if c.Has(amsDiscovery) && (m.Frame.Proto == frame.UDP || m.Frame.DstPort == 48899 || m.Frame.SrcPort == 48899) {
		amsDiscovered(m, s, &c)
		return
	}
	if kind := c.L16(); kind != 0 {
		s.Op("ams router")
		return
	}
	c.Skip(4 + 8)
	net, port := c.Bytes(6), c.L16()
	command, flags, _ := c.L16(), c.L16(), c.L32()
	result, invoke := c.L32(), c.L32()
	switch {
	case c.Short():
		s.Malformed("ams: header")
	case command == 0 || int(command) >= len(adsCommands):
		s.Malformed("ams: command")
	case flags&1 == 0:
		amsNet(m, s, net, false)
		adsRequest(m, s, command, invoke, &c)
	default:
		amsNet(m, s, net, true)
		adsResponse(m, s, command, invoke, result, port, &c)
	}
}

// amsNet tells once a conversation what the sender's address in AMS is and what it does.
func amsNet(m *Message, s *Sink, net []byte, response bool) {
	bit, told := uint64(amsToldNet), uint64(amsToldClient)
	if response {
		bit, told = amsToldNet<<1, amsToldServer
	}
	if m.Memory[3]&bit == 0 {
		m.Memory[3] |= bit
		s.Sender(tyto.Clue, amsNetID(s, net), tyto.Stated, "ams.sendernetid")
	}
	if m.Memory[3]&told != 0 {
		return
	}
	m.Memory[3] |= told
	if !response {
		s.Sender(tyto.Role, amsClient, tyto.Shown, "ams.cmdid")
		return
	}
	s.Sender(tyto.Role, amsServer, tyto.Shown, "ams.cmdid")
	if m.Frame.SrcPort == 48898 {
		s.Sender(tyto.Provides, amsOnTCP, tyto.Shown, "ams.cmdid")
	}
}

// amsNetID is an address as text: "5.13.117.96.1.1".
func amsNetID(s *Sink, net []byte) []byte {
	b := s.Scratch(23)[:0]
	for i, x := range net {
		if i > 0 {
			b = append(b, '.')
		}
		b = strconv.AppendUint(b, uint64(x), 10)
	}
	return b
}

func adsRequest(m *Message, s *Sink, command uint16, invoke uint32, c *frame.Cursor) {
	s.Op(adsCommands[command].op)
	group, offset := uint32(0), uint32(0)
	switch command {
	case 2, 3, 9:
		group, offset = c.L32(), c.L32()
	case 5:
		group = uint32(c.L16())
	}
	if c.Short() {
		s.Malformed("ams: length of a request")
		return
	}
	if command == 8 || adsVerb(command, group) == tyto.NoVerb {
		return
	}
	if m.Memory[0] != 0 {
		adsAct(m, s, NoAnswer, false)
	}
	m.Memory[0] = amsWaits | uint64(command)<<32 | uint64(invoke)
	m.Memory[1] = uint64(group)<<32 | uint64(offset)
}

// adsVerb is what a command does to a group of a server: some groups stand
// for what the system does, not for data.
func adsVerb(command uint16, group uint32) tyto.Verb {
	verb := adsCommands[command].verb
	switch {
	case command == 5 && int(group) < len(adsStates) && adsStates[group].word != nil:
		return adsStates[group].verb
	case command != 3 && command != 9:
		return verb
	case group == 0xf081 && command == 9: // many writes at once
		return tyto.Write
	case group >= 120 && group <= 131 && group != 121: // files
		return tyto.Transfer
	case group == 500: // start of a process
		return tyto.Execute
	case group == 200 || group == 400 || group == 801: // registry, time, routes
		return tyto.Configure
	case group == 0xf006: // a handle is given back
		return tyto.NoVerb
	}
	return verb
}

func adsResponse(m *Message, s *Sink, command uint16, invoke, result uint32, port uint16, c *frame.Cursor) {
	if code := c.L32(); result == 0 && !c.Short() {
		result = code
	}
	if command == 1 && result == 0 {
		adsDevice(s, c)
	}
	if state := int(c.L16()); command == 4 && result == 0 && !c.Short() && adsRuntime(port, state) {
		s.Sender(tyto.Mode, adsStates[state].word, tyto.Stated, "ams.adsstate")
	}
	if m.Memory[0] == 0 || uint32(m.Memory[0]) != invoke || uint16(m.Memory[0]>>32)&0x7fff != command {
		return
	}
	adsAct(m, s, adsError(result), true)
}

// adsRuntime reports whether a state is one that a program's run-time system has, or
// that in which there is none: the ports of TwinCAT 2 and 3, and that of the system's service.
func adsRuntime(port uint16, state int) bool {
	const service, config = 10000, 15
	return state < len(adsStates) && adsStates[state].word != nil && (port >= 801 && port < 900 || port == service && state == config)
}

func adsError(code uint32) string {
	switch code {
	case 0:
		return "ok"
	case 6:
		return "target port not found"
	case 7:
		return "target machine not found"
	case 0x701:
		return "service not supported"
	case 0x702, 0x703:
		return "invalid index"
	case 0x704:
		return "access denied"
	case 0x710:
		return "symbol not found"
	case 0x712:
		return "invalid state"
	}
	return "error"
}

func adsAct(m *Message, s *Sink, outcome string, answered bool) {
	command := uint16(m.Memory[0]>>32) & 0xf
	group, offset := uint32(m.Memory[1]>>32), uint32(m.Memory[1])
	m.Memory[0] = 0
	if int(command) >= len(adsCommands) {
		return
	}
	verb, object := adsVerb(command, group), s.Scratch(32)[:0]
	switch {
	case command == 5 && int(group) < len(adsStates):
		object = adsStates[group].word
	case command == 3 || command == 9:
		object = strconv.AppendUint(append(object, "0x"...), uint64(group), 16)
		object = strconv.AppendUint(append(object, ":0x"...), uint64(offset), 16)
	}
	if answered {
		s.Undergone(verb, adsCommands[command].op, object, outcome)
	} else {
		s.Did(verb, adsCommands[command].op, object, outcome)
	}
}

// adsDevice reads what a server says of itself: of several in one system.
func adsDevice(s *Sink, c *frame.Cursor) {
	major, minor, build := c.U8(), c.U8(), c.L16()
	name := amsText(c.Bytes(16))
	if c.Short() {
		s.Malformed("ams: device info")
		return
	}
	s.Sender(tyto.Clue, name, tyto.Stated, "ams.ads_devicename")
	s.Sender(tyto.Clue, amsVersion(s, nil, major, minor, build), tyto.Stated, "ams.ads_version")
	if bytes.HasPrefix(name, amsTwinCAT) {
		s.Sender(tyto.Firmware, amsVersion(s, amsTwinCAT, major, minor, build), tyto.Stated, "ams.ads_version")
	}
}

func amsVersion(s *Sink, name []byte, major, minor uint8, build uint16) []byte {
	b := append(s.Scratch(32)[:0], name...)
	if len(b) > 0 {
		b = append(b, ' ')
	}
	b = append(strconv.AppendUint(b, uint64(major), 10), '.')
	b = append(strconv.AppendUint(b, uint64(minor), 10), '.')
	return strconv.AppendUint(b, uint64(build), 10)
}

// amsText is text up to its NUL.
func amsText(b []byte) []byte {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	return bytes.TrimSpace(b)
}

// amsDiscovered reads a message of the discovery: a service, an address, and tagged fields.
func amsDiscovered(m *Message, s *Sink, c *frame.Cursor) {
	c.Skip(8)
	service := c.L32()
	net := c.Bytes(6)
	c.Skip(2)
	count := c.L32()
	if c.Short() {
		s.Malformed("ams: header of discovery")
		return
	}
	s.Sender(tyto.Clue, amsNetID(s, net), tyto.Stated, "ams.sendernetid")
	status := uint32(0)
	for range min(count, 16) {
		tag := c.L16()
		value := c.Bytes(int(c.L16()))
		if c.Short() {
			s.Malformed("ams: field of discovery")
			return
		}
		v := frame.Read(value)
		if service == 0x80000001 {
			amsField(s, tag, value)
		} else if tag == 1 && len(value) == 4 {
			status = v.L32()
		}
	}
	switch service {
	case 1:
		s.Did(tyto.Identify, "ams discovery", nil, "")
	case 0x80000001:
		s.Op("ams discovery response")
		s.Sender(tyto.Role, amsServer, tyto.Shown, "ams.discovery")
		s.Sender(tyto.Provides, amsOnUDP, tyto.Shown, "ams.discovery")
	case 6:
		s.Op("ams add route")
	case 0x80000006:
		s.Undergone(tyto.Configure, "ams add route", nil, adsError(status))
	}
}

func amsField(s *Sink, tag uint16, value []byte) {
	c := frame.Read(value)
	switch tag {
	case 5:
		s.Sender(tyto.Hostname, amsText(value), tyto.Stated, "ams.discovery.host")
	case 3:
		major, minor, build := c.U8(), c.U8(), c.L16()
		if !c.Short() {
			s.Sender(tyto.Firmware, amsVersion(s, amsTwinCAT, major, minor, build), tyto.Stated, "ams.discovery.twincat")
		}
	case 4: // OSVERSIONINFO of Windows
		c.Skip(4)
		major, minor := c.L32(), c.L32()
		c.Skip(4)
		platform := c.L32()
		if c.Short() || major > 99 || minor > 99 || platform < 1 || platform > 3 {
			return
		}
		b := append(s.Scratch(32)[:0], "Windows NT "...)
		if platform == 3 {
			b = append(b[:0], "Windows CE "...)
		}
		b = append(strconv.AppendUint(b, uint64(major), 10), '.')
		s.Sender(tyto.OS, strconv.AppendUint(b, uint64(minor), 10), tyto.Stated, "ams.discovery.os")
	case 18:
		s.Sender(tyto.Clue, amsText(value), tyto.Stated, "ams.discovery.fingerprint")
	}
}
