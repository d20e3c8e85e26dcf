package proto

import (
	"strconv"

	"tyto/frame"
	"tyto/proto/enip"
	"tyto/proto/transfer"
	"tyto/tyto"
)

// EtherNet/IP with the Common Industrial Protocol (ODVA, The CIP Networks
// Library, volumes 1 and 2), and PCCC (Allen-Bradley 1770-6.5.16) in it.
func init() {
	register(Dissector{
		Name: "enip", Industrial: true,
		Where:    []Where{TCP(44818), UDP(44818), UDP(2222)},
		Anywhere: true,
		First:    "\x04\x63\x64\x65\x6f\x70",
		Is:       isENIP, Split: splitENIP, Tell: tellENIP,
	})
}

func enipPort(f *frame.Frame) bool {
	return f.DstPort == 44818 || f.SrcPort == 44818 || f.DstPort == 2222 || f.SrcPort == 2222
}

// isENIP wants a message whose header is right; elsewhere than on its port
// also one that is whole and of a session.
func isENIP(m *Message) bool {
	if enipIO(m) {
		return true
	}
	c := m.Read()
	h, ok := enip.ReadHeader(&c)
	if !ok {
		return false
	}
	if !enipPort(m.Frame) {
		return h.Length == c.Len() && h.Length > 0 && (h.Session != 0 || h.Command == enip.RegisterSession && h.Length == 4 && c.Has("\x01\x00\x00\x00"))
	}
	return m.Frame.Proto == frame.TCP || h.Length <= c.Len()
}

// enipIO recognises cyclic data on UDP 2222.
func enipIO(m *Message) bool { return m.Frame.Proto == frame.UDP && enip.IsIO(m.Read()) }

func splitENIP(m *Message) int {
	c := m.Read()
	h, ok := enip.ReadHeader(&c)
	switch {
	case len(m.Body) < enip.HeaderLength:
		return 0
	case !ok:
		return -1
	}
	return enip.HeaderLength + h.Length
}

func tellENIP(m *Message, s *Sink) {
	if enipIO(m) {
		s.Op("cip io")
		return
	}
	c := m.Read()
	h, ok := enip.ReadHeader(&c)
	if !ok || h.Length > c.Len() && !m.Cut {
		s.Malformed("enip: encapsulation header")
		return
	}
	c = c.Sub(min(h.Length, c.Len()))
	toServer := m.ToServer
	if m.Frame.DstPort == 44818 || m.Frame.SrcPort == 44818 {
		toServer = m.Frame.DstPort == 44818 && (m.Frame.SrcPort != 44818 || m.Frame.DstMAC.IsGroup())
	}
	switch h.Command {
	case enip.SendRRData, enip.SendUnitData:
		tellENIPData(m, s, &h, c, toServer)
	case enip.ListIdentity:
		if c.Len() > 2 {
			tellENIPListed(m, s, c)
		} else {
			s.Op("enip list identity")
		}
	default:
		if toServer {
			s.Op(enip.CommandName(h.Command))
		}
		if h.Command == enip.RegisterSession {
			tellENIPRole(m, s, toServer)
			if version := c.L16(); toServer && version != 1 && !c.Short() {
				s.Malformed("enip: version of the protocol")
			}
		}
	}
}

var (
	enipClient  = []byte("enip client")
	enipAdapter = []byte("enip adapter")
)

func tellENIPRole(m *Message, s *Sink, toServer bool) {
	if toServer {
		s.Asks(m, enipClient, "enip.command")
	} else {
		s.Serves(m, enipAdapter, "enip", "enip.command")
	}
}

func tellENIPListed(m *Message, s *Sink, c frame.Cursor) {
	kind, _, item := enip.Items(&c)
	x, ok := enip.ReadListed(&item)
	if kind != enip.IdentityItem || !ok {
		s.Malformed("enip: item of list identity")
		return
	}
	tellENIPRole(m, s, false)
	tellCIPIdentity(s, &x, 0, true)
	s.Undergone(tyto.Identify, "enip list identity", nil, "ok")
}

func tellENIPData(m *Message, s *Sink, h *enip.Header, c frame.Cursor, toServer bool) {
	if h.Status != 0 {
		return
	}
	c.Skip(6) // interface handle, time-out
	kind, sequence, data := enip.Items(&c)
	if kind == 0 || data.Len() < 2 {
		if !m.Cut {
			s.Malformed("enip: items of data")
		}
		return
	}
	tellENIPRole(m, s, toServer)
	key := uint16(h.Context) ^ uint16(h.Context>>16) ^ uint16(h.Context>>32) ^ uint16(h.Context>>48)
	if kind == enip.ConnectedItem {
		key = sequence
	}
	if data.Rest()[0]&0x80 != 0 {
		tellCIPReply(m, s, key, data)
		return
	}
	way := uint8(0)
	if kind == enip.ConnectedItem {
		way = enip.Way(m.Memory)
	}
	tellCIPRequest(m, s, key, way, data)
}

func tellCIPRequest(m *Message, s *Sink, key uint16, way uint8, c frame.Cursor) {
	r, ok := enip.ReadRequest(c)
	if !ok {
		if !m.Cut {
			s.Malformed("cip: path of a request")
		}
		return
	}
	s.Op(enip.ServiceName(r.Path.Class, r.Service))
	asked := enip.AskedBy(&r, way)
	switch {
	case r.Path.Class == enip.Manager && r.Service == enip.UnconnectedSend:
		message, route, ok := enip.Embedded(r.Data)
		if !ok {
			s.Malformed("cip: unconnected send")
			return
		}
		if inner, ok := enip.ReadRequest(message); ok {
			s.Op(enip.ServiceName(inner.Path.Class, inner.Service))
			asked = enip.AskedBy(&inner, uint8(route.Slot+1))
			tellPCCC(s, &inner, &asked)
			enip.MoveBy(m.Memory, &inner)
		}
	case r.Path.Class == enip.Manager && (r.Service == enip.ForwardOpen || r.Service == enip.LargeOpen):
		tellCIPOpen(m, s, &r)
		return
	case r.Path.Class == enip.Router && r.Service == enip.Multiple:
		tellCIPMultiple(s, &r)
		return
	default:
		tellPCCC(s, &r, &asked)
		enip.MoveBy(m.Memory, &r)
	}
	enip.Keep(m.Memory, key, &asked)
}

// tellCIPMultiple tells the requests of a packet of them. What they do is
// told at once, without its outcome.
func tellCIPMultiple(s *Sink, r *enip.Request) {
	for i := range maxDeeds - 1 { // the packet itself is one
		part, ok := enip.Part(r.Data, i)
		if !ok {
			return
		}
		inner, ok := enip.ReadRequest(part)
		if !ok {
			return
		}
		a := enip.AskedBy(&inner, 0)
		name := enip.ServiceName(a.Class, a.Service)
		if verb := cipVerb(&a); verb != tyto.NoVerb && verb != tyto.Identify {
			s.Did(verb, name, enip.AppendObject(s.Scratch(64)[:0], a.Class, a.Instance, a.Attribute), "")
		} else {
			s.Op(name)
		}
	}
}

// tellCIPOpen tells what the sender of a forward open expects to find, and
// remembers where the connection leads.
func tellCIPOpen(m *Message, s *Sink, r *enip.Request) {
	p, ok := enip.OpenPath(r.Service, r.Data)
	if !ok {
		s.Malformed("cip: path of a forward open")
		return
	}
	enip.SetWay(m.Memory, uint8(p.Slot+1))
	if p.Key.Vendor != 0 && p.Slot < 0 {
		cipNumber(s, s.receiver, uint64(p.Key.Vendor), tyto.Inferred, "cip.id.vendor_id")
		cipNumber(s, s.receiver, uint64(p.Key.Type&0x7fff), tyto.Inferred, "cip.id.device_type")
	}
}

func cipNumber(s *Sink, who tyto.Subject, n uint64, c tyto.Confidence, field string) {
	if b := s.Scratch(20); b != nil {
		s.About(who, tyto.Clue, strconv.AppendUint(b[:0], n, 10), c, field)
	}
}

// tellPCCC counts the command of PCCC that a request carries, and keeps what it does as the instance.
func tellPCCC(s *Sink, r *enip.Request, asked *enip.Asked) {
	if r.Path.Class != enip.PCCCObject || r.Service != enip.ExecutePCCC {
		return
	}
	c := r.Data
	c.Skip(int(c.U8()) - 1) // who asks
	command := c.U8()
	c.Skip(3)
	function, mode := c.U8(), c.U8()
	name, does := enip.PCCC(command, function)
	s.Op(name)
	asked.Instance, asked.Attribute = uint16(does), uint16(mode)
}

var pcccObjects = [...]struct {
	verb   tyto.Verb
	op     string
	object []byte
}{enip.Reads: {}, enip.Writes: {tyto.Write, "pccc write", []byte("data table")}, enip.Identifies: {tyto.Identify, "pccc diagnostic status", nil},
	enip.Modes: {tyto.Stop, "pccc change mode", []byte("controller")}, enip.Programs: {tyto.Program, "pccc download", []byte("program")},
	enip.Transfers: {tyto.Transfer, "pccc upload", []byte("program")}}

func tellCIPReply(m *Message, s *Sink, key uint16, c frame.Cursor) {
	r, ok := enip.ReadReply(c)
	if !ok {
		s.Malformed("cip: reply")
		return
	}
	a, ok := enip.Answered(m.Memory, key, r.Service)
	if !ok {
		return
	}
	outcome := enip.StatusText(r.Status)
	if a.Class == enip.PCCCObject && a.Service == enip.ExecutePCCC {
		tellPCCCReply(s, &a, r.Data, outcome)
		return
	}
	verb := cipVerb(&a)
	if verb != tyto.NoVerb {
		s.Undergone(verb, enip.ServiceName(a.Class, a.Service), enip.AppendObject(s.Scratch(64)[:0], a.Class, a.Instance, a.Attribute), outcome)
	}
	if r.Status == 0 {
		tellCIPObject(s, &a, r.Data)
	}
	tellCIPMoved(m, s, &a, r.Data, outcome)
}

// tellPCCCReply tells what a command of PCCC did, and what its answer says of the processor.
func tellPCCCReply(s *Sink, a *enip.Asked, c frame.Cursor, outcome string) {
	var data frame.Cursor
	if outcome == "ok" {
		var ok bool
		if outcome, data, ok = enip.ReadPCCC(c); !ok {
			s.Malformed("cip: PCCC reply")
			return
		}
	}
	if int(a.Instance) >= len(pcccObjects) {
		return
	}
	x := pcccObjects[a.Instance]
	if x.verb == tyto.Stop && (a.Attribute == 6 || a.Attribute == 2) {
		x.verb = tyto.Start
	}
	if x.op != "" {
		s.Undergone(x.verb, x.op, x.object, outcome)
	}
	if outcome != "ok" {
		return
	}
	who := s.sender
	if a.Way != 0 {
		who.Part = uint16(a.Way - 1)
	}
	switch enip.Deed(a.Instance) {
	case enip.Modes:
		cipState(s, who, tyto.Mode, enip.PCCCMode(uint8(a.Attribute)), tyto.Shown, "cip.pccc.cpu.mode_80")
	case enip.Identifies:
		if p, ok := enip.ReadProcessor(data); ok {
			pcccProcessor(s, who, &p)
		}
	}
}

// pcccProcessor tells of a processor. The name that the Identity object gives says more, where there is one.
func pcccProcessor(s *Sink, who tyto.Subject, p *enip.Processor) {
	cipState(s, who, tyto.Mode, p.Mode, tyto.Stated, "cip.pccc.data")
	if who.Part != 0 {
		s.About(who, tyto.PartModel, p.Name, tyto.Shown, "cip.pccc.data")
		return
	}
	s.About(who, tyto.Model, p.Name, tyto.Shown, "cip.pccc.data")
	if b := s.Scratch(3); b != nil {
		s.About(who, tyto.Hardware, append(b[:0], p.Series, '/', p.Revision), tyto.Stated, "cip.pccc.data")
	}
}

// tellCIPMoved tells what was moved when the last part is answered.
func tellCIPMoved(m *Message, s *Sink, a *enip.Asked, c frame.Cursor, outcome string) {
	sum, ok := enip.MovedBy(m.Memory, a, c, outcome == "ok")
	b := s.Scratch(64 + 2 + transfer.Longest + 64)
	if !ok || b == nil {
		return
	}
	b = sum.Append(append(enip.AppendObject(b[:0], a.Class, a.Instance, 0), ", "...))
	switch {
	case a.Class == enip.Flash:
		s.Undergone(tyto.UpdateFirmware, "cip firmware", b, outcome)
	case a.FromDevice():
		s.Undergone(tyto.Transfer, "cip file upload", b, outcome)
	default:
		s.Undergone(tyto.Program, "cip file download", b, outcome)
	}
}

// cipVerbs are what requests do; reading is only counted.
var cipVerbs = [...]tyto.Verb{enip.Writes: tyto.Write, enip.Identifies: tyto.Identify, enip.Programs: tyto.Program, enip.Configures: tyto.Configure,
	enip.Starts: tyto.Start, enip.Stops: tyto.Stop, enip.Executes: tyto.Execute, enip.Updates: tyto.UpdateFirmware}

func cipVerb(a *enip.Asked) tyto.Verb { return cipVerbs[a.Does()] }

// tellCIPObject tells what the answer of an object says of who answered.
func tellCIPObject(s *Sink, a *enip.Asked, c frame.Cursor) {
	switch {
	case a.Class == enip.Identify && a.Service == enip.GetAll && a.Instance <= 1:
		if x, ok := enip.ReadIdentity(&c); ok {
			tellCIPIdentity(s, &x, a.Way, false)
		}
	case a.Class == enip.Identify && a.Service == enip.GetSingle:
		tellCIPAttribute(s, a, c)
	case a.Class == enip.TCPIP && a.Way == 0 && a.Service == enip.GetSingle && a.Attribute == 6:
		s.Sender(tyto.Hostname, c.Bytes(int(c.L16())), tyto.Stated, "cip.tcpip.hostname")
	case a.Class == enip.TCPIP && a.Way == 0 && a.Service == enip.GetAll:
		s.Sender(tyto.Hostname, enip.ReadHostName(&c), tyto.Stated, "cip.tcpip.hostname")
	}
}

// tellCIPAttribute tells one attribute of the Identity object.
func tellCIPAttribute(s *Sink, a *enip.Asked, c frame.Cursor) {
	switch a.Attribute {
	case 4:
		if major, minor := c.U8()&0x7f, c.U8(); !c.Short() {
			cipFact(s, a.Way, tyto.Firmware, enip.AppendRevision(s.Scratch(8)[:0], major, minor), "cip.id.major_rev")
		}
	case 6:
		if serial := c.L32(); !c.Short() {
			cipFact(s, a.Way, tyto.Serial, enip.AppendHex(s.Scratch(8)[:0], serial), "cip.id.serial_number")
		}
	case 7:
		cipFact(s, a.Way, tyto.Model, c.Bytes(int(c.U8())), "cip.id.product_name")
	}
}

// tellCIPIdentity tells the identity of the sender, or of the module in a slot of its rack.
func tellCIPIdentity(s *Sink, x *enip.Identity, way uint8, listed bool) {
	name, serial, vendor, kind := "cip.id.product_name", "cip.id.serial_number", "cip.id.vendor_id", "cip.id.device_type"
	if listed {
		name, serial, vendor, kind = "enip.lir.name", "enip.lir.serial", "enip.lir.vendor", "enip.lir.devtype"
	}
	who := s.sender
	if way != 0 {
		who.Part = uint16(way - 1)
	}
	cipFact(s, way, tyto.Model, x.Name, name)
	cipFact(s, way, tyto.Firmware, enip.AppendRevision(s.Scratch(8)[:0], x.Major, x.Minor), "cip.id.major_rev")
	if x.Serial != 0 {
		cipFact(s, way, tyto.Serial, enip.AppendHex(s.Scratch(8)[:0], x.Serial), serial)
		s.About(who, tyto.Clue, enip.AppendHex(append(s.Scratch(10)[:0], "0x"...), x.Serial), tyto.Stated, serial)
	}
	if who.Part == 0 { // what a rack's other modules are, it is not
		cipNumber(s, who, uint64(x.Vendor), tyto.Stated, vendor)
		cipNumber(s, who, uint64(x.Type), tyto.Stated, kind)
	}
	cipState(s, who, tyto.Key, x.KeySwitch(), tyto.Stated, "cip.id.status")
	cipState(s, who, tyto.Mode, x.Mode(), tyto.Stated, "cip.id.status")
	if b := s.Scratch(32); b != nil && way == 0 && x.Serial != 0 {
		b = strconv.AppendUint(append(b[:0], "serial:cip-"...), uint64(x.Vendor), 10)
		s.Sender(tyto.Identity, append(append(b, '/'), enip.AppendHex(s.Scratch(8)[:0], x.Serial)...), tyto.Stated, serial)
	}
}

// cipState tells a state of who.
func cipState(s *Sink, who tyto.Subject, a tyto.Attr, value string, sure tyto.Confidence, field string) {
	s.About(who, a, append(s.Scratch(len(value))[:0], value...), sure, field)
}

// cipFact tells a fact about the sender, or about the module in a slot.
func cipFact(s *Sink, way uint8, a tyto.Attr, value []byte, field string) {
	if way == 0 {
		s.Sender(a, value, tyto.Stated, field)
		return
	}
	switch a {
	case tyto.Model:
		a = tyto.PartModel
	case tyto.Firmware:
		a = tyto.PartFirmware
	case tyto.Serial:
		a = tyto.PartSerial
	}
	s.Part(uint16(way-1), a, value, tyto.Stated, field)
}
