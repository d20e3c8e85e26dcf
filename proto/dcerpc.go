package proto

import (
	"strings"

	"tyto/proto/dcerpc"
	"tyto/tyto"
)

// DCE/RPC over TCP (C706 chapter 12, [MS-RPCE] section 2.2): which interfaces
// of Windows and of OPC are asked for, and those calls of Windows's by which a
// host is managed, looked over or attacked. Other calls are only counted.
func init() {
	register(Dissector{
		Name:     "dcerpc",
		Where:    []Where{TCP(135), TCP(593)},
		Anywhere: true, First: "\x05",
		Is: isDCERPC, Split: splitDCERPC, Tell: tellDCERPC,
	})
}

// What Memory of a conversation keeps, beside the interfaces that are bound in [2] and [3].
const (
	dcerpcSigning     = 1 << 32 // [0]: bits 0 to 31 are the id of a call by which a machine signs in
	dcerpcReplicating = 2 << 32 // [0]: or of one by which a directory is replicated
)

var dcerpcOps = [dcerpc.Last + 1]string{0: "dcerpc request", 2: "dcerpc response", 3: "dcerpc fault", 11: "dcerpc bind",
	12: "dcerpc bind answer", 13: "dcerpc bind refused", 14: "dcerpc alter context", 15: "dcerpc alter context answer",
	16: "dcerpc auth3", 17: "dcerpc shutdown", 18: "dcerpc cancel", 19: "dcerpc orphaned"}

func isDCERPC(m *Message) bool {
	p, ok := dcerpc.Read(m.Body)
	f := m.Frame
	if f.DstPort != 135 && f.SrcPort != 135 && p.Kind != dcerpc.Bind {
		return false
	}
	return ok && dcerpcOps[p.Kind] != "" && len(m.Body) >= dcerpc.HeaderSize && (p.Kind != dcerpc.Bind || p.Length >= 72)
}

func splitDCERPC(m *Message) int {
	if len(m.Body) < 12 {
		return 0
	}
	if p, ok := dcerpc.Read(m.Body); ok && dcerpcOps[p.Kind] != "" {
		return p.Length
	}
	return -1
}

func tellDCERPC(m *Message, s *Sink) {
	p, ok := dcerpc.Read(m.Body)
	if !ok {
		s.Malformed("dcerpc: header")
		return
	}
	bound := (*dcerpc.Binding)(m.Memory[2:4])
	switch p.Kind {
	case dcerpc.Bind, dcerpc.Alter:
		if !p.Contexts(func(x dcerpc.Context) { dcerpcContext(s, x, p.Little); bound.Bind(uint32(x.ID), p.Find(x.UUID)) }) {
			s.Malformed("dcerpc: contexts")
			return
		}
	case dcerpc.Request:
		if dcerpcCall(m, s, &p, bound) {
			return
		}
	case dcerpc.Response:
		dcerpcAnswered(m, s, &p)
	}
	s.Op(dcerpcOps[p.Kind])
	if p.Auth > 0 && p.Kind >= dcerpc.Bind && p.Auth <= len(m.Body) {
		s.NTLM(m.Body[len(m.Body)-p.Auth:])
	}
}

// dcerpcCall tells a call whose meaning is known; false if it is another.
func dcerpcCall(m *Message, s *Sink, p *dcerpc.Packet, bound *dcerpc.Binding) bool {
	context, operation, ok := p.Called()
	if !ok {
		return false
	}
	call := dcerpc.CallOf(bound.Bound(uint32(context)), operation)
	if call == nil {
		return false
	}
	switch call.Op {
	case dcerpc.Authenticate2, dcerpc.Authenticate3:
		m.Memory[0] = dcerpcSigning | uint64(p.CallID)
	case dcerpc.Replicate:
		m.Memory[0] = dcerpcReplicating | uint64(p.CallID)
	}
	s.Did(call.Verb, call.Op, nil, "")
	return true
}

// dcerpcController is the role of who answers how directories replicate.
var dcerpcController = []byte("domain controller")

// dcerpcAnswered tells what the answer to the last call of these says: that who replicates a directory is a
// domain controller, and how a machine's signing in to one went.
func dcerpcAnswered(m *Message, s *Sink, p *dcerpc.Packet) {
	asked := m.Memory[0]
	if asked == 0 || uint32(asked) != p.CallID {
		return
	}
	m.Memory[0] = 0
	status, ok := p.Status()
	switch {
	case asked&dcerpcReplicating != 0:
		s.Sender(tyto.Role, dcerpcController, tyto.Shown, "dcerpc.opnum")
	case !ok:
	case status == 0:
		s.Undergone(tyto.Login, "netlogon authenticate", nil, "ok")
	default:
		s.Undergone(tyto.LoginFailed, "netlogon authenticate", nil, "refused")
	}
}

// dcerpcContext tells of an interface that a client wants.
func dcerpcContext(s *Sink, x dcerpc.Context, little bool) {
	id := dcerpcUUID(s, x.UUID, little)
	s.Receiver(tyto.Clue, id, tyto.Shown, "dcerpc.cn_bind_to_uuid")
	for i := range dcerpcInterfaces {
		if x := &dcerpcInterfaces[i]; x.id == string(id) {
			s.Did(x.verb, x.op, nil, "")
			dcerpcOPC(s, x.op)
			return
		}
	}
}

// What a server of OPC (OPC Foundation, Data Access 2.05a and 3.0, Alarms and
// Events, Historical Data Access) binds at its client, to call it back.
const dcerpcOPCCallback = "dcerpc bind OPCDataCallback"

var (
	dcerpcOPCServer = []byte("opc classic server")
	dcerpcOPCClient = []byte("opc classic client")
)

// dcerpcOPC tells who is server and who client, if the interface is one of OPC's.
func dcerpcOPC(s *Sink, op string) {
	if !strings.HasPrefix(op, "dcerpc bind OPC") {
		return
	}
	server, client := dcerpcOPCServer, dcerpcOPCClient
	if op == dcerpcOPCCallback {
		server, client = client, server
	}
	s.Receiver(tyto.Role, server, tyto.Shown, "dcerpc.cn_bind_to_uuid")
	s.Sender(tyto.Role, client, tyto.Shown, "dcerpc.cn_bind_to_uuid")
}

// dcerpcUUID is the text of an identifier.
func dcerpcUUID(s *Sink, id []byte, little bool) []byte {
	b := s.Scratch(36)
	if b == nil || len(id) != 16 {
		return nil
	}
	order := [16]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}
	if little {
		order = [16]byte{3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15}
	}
	b = b[:0]
	for i, at := range order {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			b = append(b, '-')
		}
		b = append(b, "0123456789abcdef"[id[at]>>4], "0123456789abcdef"[id[at]&15])
	}
	return b
}

// dcerpcInterfaces is interfaces by their identifiers, as Microsoft's and the
// OPC Foundation's specifications give them, and what they are used for.
var dcerpcInterfaces = [...]struct {
	id, op string
	verb   tyto.Verb
}{
	{"e1af8308-5d1f-11c9-91a4-08002b14a0fa", "dcerpc bind epm", tyto.NoVerb},
	{"367abb81-9844-35f1-ad32-98f038001003", "dcerpc bind svcctl", tyto.Execute},
	{"1ff70682-0a51-30e8-076d-740be8cee98b", "dcerpc bind atsvc", tyto.Execute},
	{"86d35949-83c9-4044-b424-db363231fd0c", "dcerpc bind ITaskSchedulerService", tyto.Execute},
	{"338cd001-2244-31f1-aaaa-900038001003", "dcerpc bind winreg", tyto.Configure},
	{"894de0c0-0d55-11d3-a322-00c04fa321a1", "dcerpc bind initshutdown", tyto.Stop},
	{"f309ad18-d86a-11d0-a075-00c04fb68820", "dcerpc bind IWbemLevel1Login", tyto.NoVerb},
	{"9556dc99-828c-11cf-a37e-00aa003240c7", "dcerpc bind IWbemServices", tyto.Execute},
	{"12345778-1234-abcd-ef00-0123456789ac", "dcerpc bind samr", tyto.NoVerb},
	{"12345778-1234-abcd-ef00-0123456789ab", "dcerpc bind lsarpc", tyto.NoVerb},
	{"12345678-1234-abcd-ef00-01234567cffb", "dcerpc bind netlogon", tyto.NoVerb},
	{"4b324fc8-1670-01d3-1278-5a47bf6ee188", "dcerpc bind srvsvc", tyto.NoVerb},
	{"6bffd098-a112-3610-9833-46c3f87e345a", "dcerpc bind wkssvc", tyto.NoVerb},
	{"12345678-1234-abcd-ef00-0123456789ab", "dcerpc bind spoolss", tyto.NoVerb},
	{"e3514235-4b06-11d1-ab04-00c04fc2dcd2", "dcerpc bind drsuapi", tyto.NoVerb},
	{"000001a0-0000-0000-c000-000000000046", "dcerpc bind ISystemActivator", tyto.NoVerb},
	{"99fcfec4-5260-101b-bbcb-00aa0021347a", "dcerpc bind IOXIDResolver", tyto.NoVerb},
	{"00000131-0000-0000-c000-000000000046", "dcerpc bind IRemUnknown", tyto.NoVerb},
	{"00000143-0000-0000-c000-000000000046", "dcerpc bind IRemUnknown2", tyto.NoVerb},
	{"a4f1db00-ca47-1067-b31f-00dd010662da", "dcerpc bind mapi", tyto.NoVerb},
	{"f5cc5a18-4264-101a-8c59-08002b2f8426", "dcerpc bind nspi", tyto.NoVerb},
	{"c681d488-d850-11d0-8c52-00c04fd90f7e", "dcerpc bind efsrpc", tyto.NoVerb},
	{"df1941c5-fe89-4e79-bf10-463657acf44d", "dcerpc bind efsrpc", tyto.NoVerb},
	{"82273fdc-e32a-18c3-3f78-827929dc23ea", "dcerpc bind eventlog", tyto.NoVerb},
	{"50abc2a4-574d-40b3-9d66-ee4fd5fba076", "dcerpc bind dnsserver", tyto.NoVerb},
	{"4d9f4ab8-7d1c-11cf-861e-0020af6e7c57", "dcerpc bind IRemoteActivation", tyto.NoVerb},
	{"afa8bd80-7d8a-11c9-bef4-08002b102989", "dcerpc bind mgmt", tyto.NoVerb},
	{"39c13a4d-011e-11d0-9675-0020afd8adb3", "dcerpc bind OPCServer", tyto.NoVerb},
	{"13486d50-4821-11d2-a494-3cb306c10000", "dcerpc bind OPCServerList", tyto.NoVerb},
	{"9dd0b56c-ad9e-43ee-8305-487f3188bf7a", "dcerpc bind OPCServerList2", tyto.NoVerb},
	{"39c13a4e-011e-11d0-9675-0020afd8adb3", "dcerpc bind OPCServerPublicGroups", tyto.NoVerb},
	{"39c13a4f-011e-11d0-9675-0020afd8adb3", "dcerpc bind OPCBrowseServerAddressSpace", tyto.Browse},
	{"39c13a50-011e-11d0-9675-0020afd8adb3", "dcerpc bind OPCGroupStateMgt", tyto.NoVerb},
	{"39c13a52-011e-11d0-9675-0020afd8adb3", "dcerpc bind OPCSyncIO", tyto.NoVerb},
	{"39c13a54-011e-11d0-9675-0020afd8adb3", "dcerpc bind OPCItemMgt", tyto.NoVerb},
	{"39c13a70-011e-11d0-9675-0020afd8adb3", dcerpcOPCCallback, tyto.NoVerb},
	{"39c13a71-011e-11d0-9675-0020afd8adb3", "dcerpc bind OPCAsyncIO2", tyto.NoVerb},
	{"39c13a72-011e-11d0-9675-0020afd8adb3", "dcerpc bind OPCItemProperties", tyto.Browse},
	{"39227004-a18f-4b57-8b0a-5235670f4468", "dcerpc bind OPCBrowse", tyto.Browse},
	{"85c0b427-2893-4cbc-bd78-e5fc5146f08f", "dcerpc bind OPCItemIO", tyto.NoVerb},
	{"65168851-5783-11d1-84a0-00608cb8a7e9", "dcerpc bind OPCEventServer", tyto.NoVerb},
	{"1f1217b0-dee0-11d2-a5e5-000086339399", "dcerpc bind OPCHDA_Server", tyto.NoVerb},
}
