package proto

import (
	"bytes"
	"strconv"

	"tyto/frame"
	"tyto/proto/opcua"
	"tyto/tyto"
)

// OPC UA over TCP in its binary encoding (IEC 62541-6 clause 7.1, -4 services).
func init() {
	register(Dissector{
		Name: "opcua", Industrial: true,
		Where:    []Where{TCP(4840), TCP(4841), TCP(48010), TCP(48020), TCP(53530), TCP(49320)},
		Anywhere: true, First: "HAOM",
		Is: isOPCUA, Split: splitOPCUA, Tell: tellOPCUA,
	})
}

// opcuaVerbs is the verb for what a service does.
var opcuaVerbs = [...]tyto.Verb{opcua.Other: tyto.NoVerb, opcua.Identifies: tyto.Identify, opcua.Configures: tyto.Configure,
	opcua.LogsIn: tyto.Login, opcua.Writes: tyto.Write, opcua.Calls: tyto.Execute}

// Memory of a conversation: [0] is the request that waits for its answer,
// [1] the node that it is about, [2] is what the values of the last Read are, four
// bits each, the request id above them; [3] is what was told.
const (
	opcuaWaits    = 1 << 63
	opcuaNumbered = 1 << 62 // Memory[1] is a node

	opcuaToldClient = 1 << iota
	opcuaToldServer
	opcuaEncrypted
	opcuaInChunks // two bits: by direction
)

// What a value of a Read is.
const (
	opcuaOther = iota
	opcuaName
	opcuaProduct
	opcuaMaker
	opcuaVersion
	opcuaBuild
	opcuaBuildInfo
	opcuaStatus
)

var (
	opcuaClient = []byte("opcua client")
	opcuaServer = []byte("opcua server")
)

// isOPCUA wants the message's type and length; away from its port one that ends with the segment.
func isOPCUA(m *Message) bool {
	n := splitOPCUA(m)
	f := m.Frame
	onPort := f.SrcPort == 4840 || f.DstPort == 4840
	if n <= 0 {
		return false
	}
	switch string(m.Body[:3]) {
	case "HEL":
		return n >= 32 && n <= 32+4096
	case "ACK":
		return n == 28
	case "RHE", "ERR":
		return onPort
	}
	return n >= 24 && (onPort || n == len(m.Body))
}

func splitOPCUA(m *Message) int {
	c := m.Read()
	if c.Len() < 8 {
		return 0
	}
	kind, chunk, n := c.Bytes(3), c.U8(), int(c.L32())
	switch string(kind) {
	case "MSG", "OPN", "CLO":
		if chunk != 'F' && chunk != 'C' && chunk != 'A' {
			return -1
		}
	case "HEL", "ACK", "ERR", "RHE":
		if chunk != 'F' {
			return -1
		}
	default:
		return -1
	}
	if n < 8 || n > 64<<20 {
		return -1
	}
	return n
}

func tellOPCUA(m *Message, s *Sink) {
	c := m.Read()
	kind, chunk := c.Bytes(3), c.U8()
	c.Skip(4)
	switch string(kind) {
	case "HEL":
		c.Skip(20)
		opcuaClue(s, opcua.String(&c), "opcua.transport.endpoint")
		s.Op("opcua Hello")
	case "ACK":
		opcuaRoles(m, s, false)
		s.Op("opcua Acknowledge")
	case "ERR":
		s.Op("opcua Error")
		return
	case "RHE":
		s.Op("opcua ReverseHello")
		opcuaClue(s, opcua.String(&c), "opcua.transport.suri")
		return
	case "OPN":
		c.Skip(4)
		policy := opcua.String(&c)
		if !bytes.HasSuffix(policy, []byte("#None")) {
			m.Memory[3] |= opcuaEncrypted
		}
		opcuaClue(s, policy, "opcua.security.spu")
		opcua.String(&c)
		opcua.String(&c)
		opcuaBody(m, s, &c, chunk)
	case "MSG", "CLO":
		c.Skip(8)
		opcuaBody(m, s, &c, chunk)
	}
	if c.Short() && !m.Cut && m.Memory[3]&opcuaEncrypted == 0 {
		s.Malformed("opcua: length of a field")
	}
}

func opcuaClue(s *Sink, value []byte, field string) { s.Sender(tyto.Clue, value, tyto.Stated, field) }

// opcuaRoles tells once a conversation who is server and who client.
func opcuaRoles(m *Message, s *Sink, request bool) {
	if request {
		if m.Memory[3]&opcuaToldClient == 0 {
			m.Memory[3] |= opcuaToldClient
			s.Sender(tyto.Role, opcuaClient, tyto.Shown, "opcua.servicenodeid.numeric")
		}
		return
	}
	if m.Memory[3]&opcuaToldServer == 0 {
		m.Memory[3] |= opcuaToldServer
		s.Sender(tyto.Role, opcuaServer, tyto.Shown, "opcua.transport.type")
		b := strconv.AppendUint(append(s.Scratch(20)[:0], "tcp/"...), uint64(m.Frame.SrcPort), 10)
		s.Sender(tyto.Provides, append(b, " opcua"...), tyto.Shown, "opcua.transport.type")
	}
}

func opcuaBody(m *Message, s *Sink, c *frame.Cursor, chunk byte) {
	bit := uint64(opcuaInChunks)
	if m.ToServer {
		bit <<= 1
	}
	within := m.Memory[3]&bit != 0
	if m.Memory[3] &^= bit; chunk == 'C' {
		m.Memory[3] |= bit
	}
	c.Skip(4) // sequence number
	request := c.L32()
	if within || c.Short() || m.Memory[3]&opcuaEncrypted != 0 {
		return
	}
	kind := opcua.ReadNode(c)
	if kind.Namespace != 0 || c.Short() {
		return
	}
	if kind.Number == 397 {
		result := opcua.ReadResponseHeader(c)
		opcuaAnswered(m, s, request, result)
		return
	}
	for i := range opcua.Services {
		switch x := &opcua.Services[i]; kind.Number {
		case x.Request:
			opcuaRequest(m, s, request, i, c)
			return
		case x.Request + 3:
			opcuaResponse(m, s, request, x.Request, c)
			return
		case x.Request + 1:
			if x.Request > 12000 { // these were numbered without the XML encoding between
				opcuaResponse(m, s, request, x.Request, c)
				return
			}
		}
	}
}

func opcuaRequest(m *Message, s *Sink, request uint32, service int, c *frame.Cursor) {
	x := &opcua.Services[service]
	opcuaRoles(m, s, true)
	opcua.SkipRequestHeader(c)
	var node opcua.Node
	hasNode, login := false, uint64(0)
	switch x.Request {
	case 461:
		opcuaApplication(s, opcua.ReadApplication(c))
	case 437, 12211:
		opcuaClue(s, opcua.String(c), "opcua.ApplicationUri")
		opcuaClue(s, opcua.String(c), "opcua.ProductUri")
	case 428:
		opcuaClue(s, opcua.String(c), "opcua.EndpointUrl")
	case 467:
		login = uint64(opcua.ReadLogin(c))
	case 631:
		opcuaReads(m, request, c)
	case 673, 712, 500:
		if opcua.Count(c) > 0 {
			if node = opcua.ReadNode(c); x.Request == 712 {
				node = opcua.ReadNode(c) // the method, after its object
			}
			hasNode = !c.Short()
		}
	}
	if x.Does == opcua.Other {
		s.Op(x.Op)
		return
	}
	opcuaForget(m, s)
	if hasNode && node.Name != nil { // too long to wait for its answer
		s.Did(opcuaVerbs[x.Does], x.Op, node.Append(s.Scratch(128)[:0]), "")
		return
	}
	s.Op(x.Op)
	m.Memory[0] = opcuaWaits | uint64(service)<<40 | login<<32 | uint64(request)
	if hasNode {
		m.Memory[0] |= opcuaNumbered
		m.Memory[1] = uint64(node.Namespace)<<32 | uint64(node.Number)
	}
}

// opcuaForget tells of a request of which no answer was seen before the next one.
func opcuaForget(m *Message, s *Sink) {
	if m.Memory[0] != 0 {
		opcuaAct(m, s, NoAnswer, false)
	}
}

// opcuaReads remembers which of the values that are read say what the server is.
func opcuaReads(m *Message, request uint32, c *frame.Cursor) {
	c.Skip(12)
	kinds, found := uint64(0), false
	for i := range min(opcua.Count(c), 8) {
		node := opcua.ReadNode(c)
		attribute := c.L32()
		opcua.String(c)
		c.Skip(2)
		opcua.String(c)
		if node.Namespace != 0 || node.Name != nil || attribute != 13 || c.Short() {
			continue
		}
		kind := opcuaOther
		switch node.Number {
		case 2256:
			kind = opcuaStatus
		case 2260:
			kind = opcuaBuildInfo
		case 2261:
			kind = opcuaName
		case 2262:
			kind = opcuaProduct
		case 2263:
			kind = opcuaMaker
		case 2264:
			kind = opcuaVersion
		case 2265:
			kind = opcuaBuild
		}
		kinds |= uint64(kind) << (4 * i)
		found = found || kind != opcuaOther
	}
	if found {
		m.Memory[2] = uint64(request)<<32 | kinds
	}
}

func opcuaResponse(m *Message, s *Sink, request, service uint32, c *frame.Cursor) {
	opcuaRoles(m, s, false)
	result := opcua.ReadResponseHeader(c)
	if result&0x80000000 == 0 && !c.Short() {
		switch service {
		case 422:
			if opcua.Count(c) == 1 { // more are of other servers too
				opcuaApplication(s, opcua.ReadApplication(c))
			}
		case 428:
			opcuaEndpoints(s, c)
		case 461:
			opcua.ReadNode(c)
			opcua.ReadNode(c)
			c.Skip(8)
			opcua.String(c)
			opcua.String(c)
			opcuaEndpoints(s, c)
		case 631:
			opcuaValues(m, s, request, c)
		case 673, 712:
			if opcua.Count(c) > 0 {
				result = c.L32()
			}
		}
	}
	opcuaAnswered(m, s, request, result)
}

func opcuaApplication(s *Sink, a opcua.Application) {
	opcuaClue(s, a.URI, "opcua.ApplicationUri")
	opcuaClue(s, a.Product, "opcua.ProductUri")
	opcuaClue(s, a.Name, "opcua.ApplicationName")
}

// opcuaEndpoints reads endpoints; all are of one server.
func opcuaEndpoints(s *Sink, c *frame.Cursor) {
	for i := range min(opcua.Count(c), 16) {
		e := opcua.ReadEndpoint(c)
		if i == 0 {
			opcuaApplication(s, e.Server)
			opcuaClue(s, e.URL, "opcua.EndpointUrl")
		}
		opcuaClue(s, e.Policy, "opcua.SecurityPolicyUri")
		if c.Short() {
			return
		}
	}
}

func opcuaValues(m *Message, s *Sink, request uint32, c *frame.Cursor) {
	kinds := m.Memory[2]
	if kinds == 0 || uint32(kinds>>32) != request {
		return
	}
	m.Memory[2] = 0
	for i := range min(opcua.Count(c), 8) {
		_, text, _, body := opcua.ReadValue(c)
		switch kinds >> (4 * i) & 15 {
		case opcuaName:
			s.Sender(tyto.Model, text, tyto.Shown, "opcua.ProductName")
		case opcuaProduct:
			opcuaClue(s, text, "opcua.ProductUri")
		case opcuaMaker:
			s.Sender(tyto.Vendor, text, tyto.Shown, "opcua.ManufacturerName")
		case opcuaVersion:
			s.Sender(tyto.Firmware, text, tyto.Shown, "opcua.SoftwareVersion")
		case opcuaBuild:
			opcuaClue(s, text, "opcua.BuildNumber")
		case opcuaStatus:
			body.Skip(8 + 8 + 4)
			opcuaBuilt(s, &body)
		case opcuaBuildInfo:
			opcuaBuilt(s, &body)
		}
	}
}

func opcuaBuilt(s *Sink, c *frame.Cursor) {
	b := opcua.ReadBuild(c)
	if c.Short() {
		return
	}
	opcuaClue(s, b.Product, "opcua.ProductUri")
	s.Sender(tyto.Vendor, b.Maker, tyto.Shown, "opcua.ManufacturerName")
	s.Sender(tyto.Model, b.Name, tyto.Shown, "opcua.ProductName")
	s.Sender(tyto.Firmware, b.Version, tyto.Shown, "opcua.SoftwareVersion")
	opcuaClue(s, b.Number, "opcua.BuildNumber")
}

// opcuaAnswered tells how the request went that waits.
func opcuaAnswered(m *Message, s *Sink, request, result uint32) {
	if m.Memory[0] == 0 || uint32(m.Memory[0]) != request {
		return
	}
	opcuaAct(m, s, opcua.StatusText(result), true)
}

func opcuaAct(m *Message, s *Sink, outcome string, answered bool) {
	p := m.Memory[0]
	m.Memory[0] = 0
	x := &opcua.Services[p>>40&0xff]
	verb, object := opcuaVerbs[x.Does], opcua.Logins[p>>32&7]
	if p&opcuaNumbered != 0 {
		n := opcua.Node{Namespace: uint16(m.Memory[1] >> 32), Number: uint32(m.Memory[1])}
		object = n.Append(s.Scratch(32)[:0])
	}
	if verb == tyto.Login && outcome != "ok" && answered {
		verb = tyto.LoginFailed
	}
	if answered {
		s.Undergone(verb, x.Op, object, outcome)
	} else {
		s.Did(verb, x.Op, object, outcome)
	}
}
