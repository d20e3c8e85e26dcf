package proto

import (
	"bytes"
	"strconv"

	"tyto/frame"
	"tyto/proto/cotp"
	"tyto/proto/der"
	"tyto/proto/mms"
	"tyto/tyto"
)

// MMS (ISO 9506) over TCP as IEC 61850-8-1 and TASE.2 (IEC 60870-6) use it.
func init() {
	register(Dissector{
		Name: "mms", Industrial: true,
		Where:    []Where{TCP(102)},
		Anywhere: true, First: "\x03",
		Is: isMMS, Split: splitMMS, Tell: tellMMS,
	})
	for i := range mmsOps {
		if mmsOps[i] = mmsServices[i].op; mmsOps[i] == "" {
			mmsOps[i] = "mms " + strconv.Itoa(i)
		}
	}
}

// mmsOps are the names of the services as operations.
var mmsOps [128]string

// mmsServices are the confirmed services (ISO 9506-2 clause 7.1), and what those
// that do something do.
var mmsServices = [128]struct {
	op   string
	verb tyto.Verb
}{0: {"mms status", 0}, 1: {"mms getNameList", 0}, 2: {"mms identify", tyto.Identify}, 3: {"mms rename", tyto.Configure}, 4: {"mms read", 0},
	5: {"mms write", tyto.Write}, 6: {"mms getVariableAccessAttributes", 0}, 7: {"mms defineNamedVariable", tyto.Configure},
	10: {"mms deleteVariableAccess", tyto.Configure}, 11: {"mms defineNamedVariableList", tyto.Configure},
	12: {"mms getNamedVariableListAttributes", 0}, 13: {"mms deleteNamedVariableList", tyto.Configure}, 19: {"mms takeControl", tyto.Configure},
	20: {"mms relinquishControl", 0}, 25: {"mms output", 0}, 26: {"mms initiateDownloadSequence", tyto.Program},
	27: {"mms downloadSegment", 0}, 28: {"mms terminateDownloadSequence", 0}, 29: {"mms initiateUploadSequence", tyto.Transfer},
	30: {"mms uploadSegment", 0}, 31: {"mms terminateUploadSequence", 0}, 32: {"mms requestDomainDownload", tyto.Program},
	33: {"mms requestDomainUpload", tyto.Transfer}, 34: {"mms loadDomainContent", tyto.Program}, 35: {"mms storeDomainContent", tyto.Transfer},
	36: {"mms deleteDomain", tyto.Program}, 37: {"mms getDomainAttributes", 0}, 38: {"mms createProgramInvocation", tyto.Program},
	39: {"mms deleteProgramInvocation", tyto.Program}, 40: {"mms start", tyto.Start}, 41: {"mms stop", tyto.Stop}, 42: {"mms resume", tyto.Start},
	43: {"mms reset", tyto.Stop}, 44: {"mms kill", tyto.Stop}, 45: {"mms getProgramInvocationAttributes", 0},
	46: {"mms obtainFile", tyto.Transfer}, 65: {"mms readJournal", 0}, 66: {"mms writeJournal", tyto.Write}, 67: {"mms initializeJournal", tyto.Configure},
	71: {"mms getCapabilityList", 0}, 72: {"mms fileOpen", tyto.Transfer}, 73: {"mms fileRead", 0}, 74: {"mms fileClose", 0},
	75: {"mms fileRename", tyto.Transfer}, 76: {"mms fileDelete", tyto.Transfer}, 77: {"mms fileDirectory", tyto.Browse}}

// Memory of a conversation: [0] and [1] are requests that wait for their
// answers, the last first: service and what is asked above the invoke id; [3] is
// what was told.
const (
	mmsPending    = 2
	mmsWaits      = 1 << 63
	mmsNameplate  = 1 << 62 // the answer is a nameplate (IEC 61850-7-3 DPL)
	mmsToldClient = 1
	mmsToldServer = 2
	mmsToldDomain = 4
)

var (
	mmsClient    = []byte("mms client")
	mmsServer    = []byte("mms server")
	mmsPhysical  = []byte("$DC$PhyNam")
	mmsBilateral = []byte("Bilateral_Table_ID")
	mmsTASE2     = []byte("TASE2_Version")
	mmsICCP      = []byte("iccp peer")
)

func isMMS(m *Message) bool {
	t, ok := cotp.Read(m.Body)
	if !ok || t.Kind != cotp.Data {
		return false
	}
	_, ok = mms.Read(t.User)
	return ok
}

// splitMMS takes the packets together that carry one message.
func splitMMS(m *Message) int {
	for at := 0; ; {
		c := frame.Read(m.Body[at:])
		n := cotp.Length(c.Rest())
		if n <= 0 || c.Len() < cotp.HeaderLength+3 {
			if at > 0 && n < 0 {
				return at
			}
			return min(n, 0)
		}
		c.Skip(cotp.HeaderLength + 1)
		kind, last := c.U8()&0xf0, c.U8()&0x80 != 0
		switch {
		case kind != cotp.Data && at > 0:
			return at
		case kind != cotp.Data || last:
			return at + n
		}
		if at += n; at > 2*MaxMessage {
			return at
		} else if at >= len(m.Body) {
			return 0
		}
	}
}

func tellMMS(m *Message, s *Sink) {
	t, ok := cotp.Read(m.Body)
	switch {
	case m.Cut && len(m.Body) > 7:
		t.Kind, t.User = cotp.Data, m.Body[7:]
	case !ok:
		s.Malformed("mms: TPKT or COTP header")
		return
	case t.Kind != cotp.Data:
		return
	case !t.Last:
		t.User = mmsAssembled(m, s)
	}
	if len(t.User) == 0 {
		return
	}
	p, ok := mms.Read(t.User)
	if !ok {
		if !m.Cut {
			s.Malformed("mms: session, presentation or PDU")
		}
		return
	}
	mmsPDU(m, s, &p)
}

// mmsAssembled puts the user data of several packets together.
func mmsAssembled(m *Message, s *Sink) []byte {
	user := s.Scratch(8 << 10)[:0]
	for c := m.Read(); c.Len() > 0; {
		t, ok := cotp.Read(c.Rest())
		if !ok || len(user)+len(t.User) > cap(user) {
			break
		}
		user = append(user, t.User...)
		c.Skip(cotp.Length(c.Rest()))
	}
	return user
}

func mmsPDU(m *Message, s *Sink, p *mms.PDU) {
	switch p.Kind {
	case mms.Initiate:
		mmsRoles(m, s, true)
		if p.Login {
			s.Did(tyto.Login, "mms initiate", nil, "")
			return
		}
		s.Op("mms initiate")
	case mms.Initiated:
		mmsRoles(m, s, false)
	case mms.InitiateRefused:
		s.Undergone(tyto.LoginFailed, "mms initiate", nil, "refused")
	case mms.Request:
		mmsRequest(m, s, p.Body)
	case mms.Response:
		mmsResponse(m, s, p.Body)
	case mms.ErrorPDU:
		id := mmsInvoke(&p.Body, 0x80)
		mmsAnswered(m, s, id, "error")
	case mms.Reject:
		id := mmsInvoke(&p.Body, 0x80)
		mmsAnswered(m, s, id, "rejected")
	case mms.Unconfirmed:
		s.Op("mms informationReport")
	case mms.Conclude:
		s.Op("mms conclude")
	}
}

func mmsRoles(m *Message, s *Sink, request bool) {
	if request {
		if m.Memory[3]&mmsToldClient == 0 {
			m.Memory[3] |= mmsToldClient
			s.Sender(tyto.Role, mmsClient, tyto.Shown, "mms.confirmedServiceRequest")
		}
		return
	}
	if m.Memory[3]&mmsToldServer == 0 {
		m.Memory[3] |= mmsToldServer
		s.Sender(tyto.Role, mmsServer, tyto.Shown, "mms.confirmedServiceResponse")
		b := strconv.AppendUint(append(s.Scratch(20)[:0], "tcp/"...), uint64(m.Frame.SrcPort), 10)
		s.Sender(tyto.Provides, append(b, " mms"...), tyto.Shown, "mms.confirmedServiceResponse")
	}
}

// mmsInvoke reads an invoke id; 0 is one, too.
func mmsInvoke(c *frame.Cursor, tag byte) uint32 {
	body, ok := der.Expect(c, tag)
	n, _ := der.Int(body)
	if !ok {
		return 0xffffffff
	}
	return uint32(n) & 0x7fffffff
}

func mmsRequest(m *Message, s *Sink, c frame.Cursor) {
	id := mmsInvoke(&c, der.Integer)
	if der.Peek(&c) == der.Sequence { // modifiers
		der.Next(&c)
	}
	service, body, ok := mms.Service(&c)
	if !ok || id == 0xffffffff {
		s.Malformed("mms: request")
		return
	}
	mmsRoles(m, s, true)
	verb, op := mmsServices[service&127].verb, mmsOps[service&127]
	var name mms.Name
	if service == 4 || service == 5 {
		name = mms.FirstVariable(body)
		mmsDomain(m, s, &name)
	}
	pending := mmsWaits | uint64(service)<<32 | uint64(id)
	switch {
	case service == 4 && bytes.HasSuffix(name.Item, mmsPhysical):
		pending |= mmsNameplate
	case service == 5 && len(name.Item) > 0: // what it writes is only in the request
		s.Did(verb, op, name.Append(s.Scratch(200)[:0]), "")
		return
	}
	s.Op(op)
	if m.Memory[mmsPending-1] != 0 {
		mmsAct(s, m.Memory[mmsPending-1], NoAnswer, false)
	}
	m.Memory[1], m.Memory[0] = m.Memory[0], pending
}

// mmsDomain tells the first domain (logical device) of the server, and that it speaks TASE.2.
func mmsDomain(m *Message, s *Sink, name *mms.Name) {
	if bytes.Equal(name.Item, mmsBilateral) || bytes.Equal(name.Item, mmsTASE2) {
		s.Sender(tyto.Role, mmsICCP, tyto.Shown, "mms.itemId")
		s.Receiver(tyto.Role, mmsICCP, tyto.Shown, "mms.itemId")
	}
	if m.Memory[3]&mmsToldDomain == 0 && len(name.Domain) > 0 {
		m.Memory[3] |= mmsToldDomain
		s.Receiver(tyto.Clue, name.Domain, tyto.Shown, "mms.domainId")
	}
}

func mmsResponse(m *Message, s *Sink, c frame.Cursor) {
	id := mmsInvoke(&c, der.Integer)
	service, body, ok := mms.Service(&c)
	if !ok || id == 0xffffffff {
		s.Malformed("mms: response")
		return
	}
	mmsRoles(m, s, false)
	outcome := "ok"
	switch service {
	case 0:
		mmsState(s, &body)
	case 2:
		mmsIdentity(s, &body)
	case 5:
		if der.Peek(&body) == 0x80 {
			s.Undergone(tyto.Write, mmsOps[5], nil, "refused")
			return
		}
	}
	if asked := mmsAnswered(m, s, id, outcome); asked&mmsNameplate != 0 && service == 4 {
		mmsPlate(s, &body)
	}
}

// mmsStates are the physical states of a virtual device (ISO 9506-2 section 8.1).
var mmsStates = [...][]byte{[]byte("operational"), []byte("partially operational"), []byte("inoperable"), []byte("needs commissioning")}

// mmsState reads the answer to status: the logical state, then the physical one.
func mmsState(s *Sink, c *frame.Cursor) {
	der.Expect(c, 0x80)
	value, ok := der.Expect(c, 0x81)
	if n, _ := der.Int(value); ok && n >= 0 && int(n) < len(mmsStates) {
		s.Sender(tyto.Clue, mmsStates[n], tyto.Stated, "mms.vmdPhysicalStatus")
	}
}

// mmsAnswered tells how the request went that waits with the id, and what it was.
func mmsAnswered(m *Message, s *Sink, id uint32, outcome string) uint64 {
	for i := range mmsPending {
		p := m.Memory[i]
		if p == 0 || uint32(p) != id {
			continue
		}
		if m.Memory[i] = 0; i == 0 {
			m.Memory[0], m.Memory[1] = m.Memory[1], 0
		}
		mmsAct(s, p, outcome, true)
		return p
	}
	return 0
}

func mmsAct(s *Sink, p uint64, outcome string, answered bool) {
	service := uint8(p>>32) & 127
	verb := mmsServices[service].verb
	if verb == tyto.NoVerb {
		if outcome == "ok" || !answered {
			return
		}
		verb = tyto.Read
	}
	if answered {
		s.Undergone(verb, mmsOps[service], nil, outcome)
	} else {
		s.Did(verb, mmsOps[service], nil, outcome)
	}
}

func mmsIdentity(s *Sink, c *frame.Cursor) {
	vendor, _ := der.Expect(c, 0x80)
	model, _ := der.Expect(c, 0x81)
	revision, _ := der.Expect(c, 0x82)
	s.Sender(tyto.Vendor, vendor, tyto.Stated, "mms.vendorName")
	s.Sender(tyto.Model, model, tyto.Stated, "mms.modelName")
	s.Sender(tyto.Firmware, revision, tyto.Stated, "mms.revision")
}

// mmsPlate reads the physical nameplate: vendor, hardware, software, serial, model, location.
func mmsPlate(s *Sink, c *frame.Cursor) {
	list, _ := der.Enter(c, 0xa1)
	plate, ok := der.Enter(&list, 0xa2)
	if !ok {
		return
	}
	for _, a := range [...]tyto.Attr{tyto.Vendor, tyto.Hardware, tyto.Firmware, tyto.Serial, tyto.Model, tyto.Location} {
		tag, value, ok := der.Next(&plate)
		if !ok || tag != 0x8a && tag != 0x90 {
			return
		}
		s.Sender(a, bytes.TrimSpace(value), tyto.Stated, "mms.visible-string")
	}
}
