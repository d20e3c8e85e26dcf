package proto

import (
	"bytes"
	"strconv"

	"tyto/frame"
	"tyto/proto/bacnet"
	"tyto/tyto"
)

// BACnet over UDP (ANSI/ASHRAE 135 annex J) and over Ethernet (clause 7).
func init() {
	register(Dissector{
		Name: "bacnet", Industrial: true,
		Where:    []Where{UDP(47808), LLC(0x82)},
		Anywhere: true, First: "\x81",
		Is: isBACnet, Tell: tellBACnet,
	})
}

type bacnetService struct {
	op   string
	verb tyto.Verb
}

var bacnetConfirmed = [...]bacnetService{{"bacnet acknowledgeAlarm", tyto.Configure}, {"bacnet confirmedCOVNotification", 0},
	{"bacnet confirmedEventNotification", 0}, {"bacnet getAlarmSummary", 0}, {"bacnet getEnrollmentSummary", 0}, {"bacnet subscribeCOV", 0},
	{"bacnet atomicReadFile", tyto.Transfer}, {"bacnet atomicWriteFile", tyto.Program}, {"bacnet addListElement", tyto.Configure},
	{"bacnet removeListElement", tyto.Configure}, {"bacnet createObject", tyto.Configure}, {"bacnet deleteObject", tyto.Configure},
	{"bacnet readProperty", 0}, {"bacnet readPropertyConditional", 0}, {"bacnet readPropertyMultiple", 0}, {"bacnet writeProperty", tyto.Write},
	{"bacnet writePropertyMultiple", tyto.Write}, {"bacnet deviceCommunicationControl", tyto.Stop}, {"bacnet confirmedPrivateTransfer", tyto.Execute},
	{"bacnet confirmedTextMessage", 0}, {"bacnet reinitializeDevice", tyto.Stop}, {"bacnet vtOpen", tyto.Login}, {"bacnet vtClose", 0},
	{"bacnet vtData", 0}, {"bacnet authenticate", tyto.Login}, {"bacnet requestKey", 0}, {"bacnet readRange", 0},
	{"bacnet lifeSafetyOperation", tyto.Write}, {"bacnet subscribeCOVProperty", 0}, {"bacnet getEventInformation", 0},
	{"bacnet subscribeCOVPropertyMultiple", 0}, {"bacnet confirmedCOVNotificationMultiple", 0}, {"bacnet confirmedAuditNotification", 0},
	{"bacnet auditLogQuery", 0}}

var bacnetUnconfirmed = [...]bacnetService{{"bacnet i-Am", 0}, {"bacnet i-Have", 0}, {"bacnet unconfirmedCOVNotification", 0},
	{"bacnet unconfirmedEventNotification", 0}, {"bacnet unconfirmedPrivateTransfer", 0}, {"bacnet unconfirmedTextMessage", 0},
	{"bacnet timeSynchronization", tyto.Configure}, {"bacnet who-Has", 0}, {"bacnet who-Is", 0}, {"bacnet utcTimeSynchronization", tyto.Configure},
	{"bacnet writeGroup", tyto.Write}, {"bacnet unconfirmedCOVNotificationMultiple", 0}, {"bacnet unconfirmedAuditNotification", 0},
	{"bacnet who-Am-I", 0}, {"bacnet you-Are", tyto.Configure}}

var bacnetLink = [...]bacnetService{{"bacnet result", 0}, {"bacnet write-broadcast-distribution-table", tyto.Configure},
	{"bacnet read-broadcast-distribution-table", 0}, {"bacnet read-broadcast-distribution-table-ack", 0}, {"bacnet forwarded", 0},
	{"bacnet register-foreign-device", tyto.Configure}, {"bacnet read-foreign-device-table", 0}, {"bacnet read-foreign-device-table-ack", 0},
	{"bacnet delete-foreign-device-table-entry", tyto.Configure}}

var bacnetNetwork = [...]bacnetService{{"bacnet who-is-router-to-network", 0}, {"bacnet i-am-router-to-network", 0},
	{"bacnet i-could-be-router-to-network", 0}, {"bacnet reject-message-to-network", 0}, {"bacnet router-busy-to-network", 0},
	{"bacnet router-available-to-network", 0}, {"bacnet initialize-routing-table", tyto.Configure}, {"bacnet initialize-routing-table-ack", 0},
	{"bacnet establish-connection-to-network", tyto.Configure}, {"bacnet disconnect-connection-to-network", tyto.Configure}}

// Memory[0] to Memory[2] of a conversation are requests that wait for their
// answers, the last first; Memory[3] is what was told. While a file is moved
// only one request waits: Memory[1] and Memory[2] are the file.
const (
	bacnetPending    = 3
	bacnetWaits      = 1 << 7 // in the service of a request that waits
	bacnetToldServer = 1 << iota
	bacnetToldClient
	bacnetMoves
)

// bacnetWaiting is how many requests can wait.
func bacnetWaiting(m *Message) int {
	if m.Memory[3]&bacnetMoves != 0 {
		return 1
	}
	return bacnetPending
}

var (
	bacnetClient = []byte("bacnet client")
	bacnetServer = []byte("bacnet server")
	bacnetRouter = []byte("bacnet router")
	bacnetUDP    = []byte("udp/47808 bacnet")
)

func bacnetOnUDP(m *Message) bool { return m.Frame.Flags.Is(frame.Ports) || m.Frame.SrcPort != 0 }

func isBACnet(m *Message) bool {
	c := m.Read()
	if bacnetOnUDP(m) {
		l, ok := bacnet.ReadLink(&c)
		onPort := m.Frame.SrcPort == 47808 || m.Frame.DstPort == 47808
		if !ok || !l.Carries() || !l.Exact && !onPort {
			return ok && onPort
		}
	}
	n, ok := bacnet.ReadNetwork(&c)
	if n.IsMessage || !ok {
		return ok
	}
	h, ok := bacnet.ReadHeader(&c)
	return ok && (h.Kind != bacnet.Confirmed || h.Later || int(h.Service) < len(bacnetConfirmed)) &&
		(h.Kind != bacnet.Unconfirmed || int(h.Service) < len(bacnetUnconfirmed))
}

func tellBACnet(m *Message, s *Sink) {
	c := m.Read()
	from := s.SenderSubject()
	if bacnetOnUDP(m) {
		l, ok := bacnet.ReadLink(&c)
		if !ok {
			s.Malformed("bacnet: header of the virtual link")
			return
		}
		if !l.Exact && m.Frame.Missing == 0 {
			s.Malformed("bacnet: length of the virtual link")
		}
		if int(l.Function) < len(bacnetLink) && l.Function != bacnet.Forwarded {
			x := &bacnetLink[l.Function]
			s.Did(x.verb, x.op, nil, "")
			return
		}
		if !l.Origin.IsUnspecified() {
			from = tyto.Subject{Addr: l.Origin, VLAN: from.VLAN}
		}
	}
	n, ok := bacnet.ReadNetwork(&c)
	if !ok {
		s.Malformed("bacnet: header of the network layer")
		return
	}
	if n.IsMessage {
		tellBACnetNetwork(s, from, &c)
		return
	}
	if n.From != 0 {
		s.About(from, tyto.Role, bacnetRouter, tyto.Shown, "bacnet.snet")
		from.Part = n.Part()
	}
	tellBACnetMessage(m, s, from, &c)
}

func tellBACnetNetwork(s *Sink, from tyto.Subject, c *frame.Cursor) {
	kind := c.U8()
	if c.Short() {
		s.Malformed("bacnet: header of the network layer")
		return
	}
	if int(kind) >= len(bacnetNetwork) {
		s.Op("bacnet network message")
		return
	}
	s.Did(bacnetNetwork[kind].verb, bacnetNetwork[kind].op, nil, "")
	if kind == 1 || kind == 5 {
		s.About(from, tyto.Role, bacnetRouter, tyto.Stated, "bacnet.mesgtyp")
	}
}

func tellBACnetMessage(m *Message, s *Sink, from tyto.Subject, c *frame.Cursor) {
	h, ok := bacnet.ReadHeader(c)
	if !ok {
		s.Malformed("bacnet: header of the application layer")
		return
	}
	switch h.Kind {
	case bacnet.Confirmed:
		bacnetRequest(m, s, from, h, c)
	case bacnet.Unconfirmed:
		bacnetAnnounced(m, s, from, h, c)
	case bacnet.SimpleAck, bacnet.ComplexAck:
		asked := bacnetAsked(m, h.Invoke)
		bacnetAnswered(m, s, h.Invoke, "ok")
		if h.Kind == bacnet.ComplexAck && h.Service == bacnet.ReadFile && !h.Segmented {
			bacnetFileRead(m, s, asked, *c)
		}
		if h.Kind == bacnet.ComplexAck && !h.Later {
			bacnetResult(m, s, from, h, c)
		}
	case bacnet.Error:
		if outcome := bacnet.ErrorText(*c); !bacnetAnswered(m, s, h.Invoke, outcome) && int(h.Service) < len(bacnetConfirmed) {
			x := &bacnetConfirmed[h.Service] // an error repeats the service
			s.Undergone(max(x.verb, tyto.Read), x.op, nil, outcome)
		}
	case bacnet.Reject:
		if !bacnetAnswered(m, s, h.Invoke, bacnet.RejectText(h.Service)) {
			s.Op("bacnet reject")
		}
	case bacnet.Abort:
		if !h.ToClient || !bacnetAnswered(m, s, h.Invoke, bacnet.AbortText(h.Service)) {
			s.Op("bacnet abort")
		}
	case bacnet.SegmentAck:
		s.Op("bacnet segment ack")
	}
}

func bacnetRequest(m *Message, s *Sink, from tyto.Subject, h bacnet.Header, c *frame.Cursor) {
	if h.Later {
		return
	}
	if int(h.Service) >= len(bacnetConfirmed) {
		s.Malformed("bacnet: service")
		return
	}
	s.Op(bacnetConfirmed[h.Service].op)
	if m.Memory[3]&(bacnetToldClient|bacnetToldServer) == 0 && from.Part == 0 {
		m.Memory[3] |= bacnetToldClient
		s.About(from, tyto.Role, bacnetClient, tyto.Shown, "bacapp.confirmed_service")
	}
	object, property := bacnet.Target(h.Service, *c)
	bacnetFileAsked(m, s, h, object, *c)
	n := bacnetWaiting(m)
	if lost := m.Memory[n-1]; lost != 0 {
		bacnetAct(s, lost, NoAnswer, false)
	}
	copy(m.Memory[1:n], m.Memory[:n-1])
	m.Memory[0] = uint64(h.Service|bacnetWaits)<<56 | uint64(h.Invoke)<<48 | uint64(object)<<16 | uint64(property)
}

// bacnetAnswered tells how a request went: of reads only if they failed. It is false if the request was not seen.
func bacnetAnswered(m *Message, s *Sink, invoke uint8, outcome string) bool {
	n := bacnetWaiting(m)
	for i := range n {
		if x := m.Memory[i]; x != 0 && uint8(x>>48) == invoke {
			copy(m.Memory[i:n], m.Memory[i+1:n])
			m.Memory[n-1] = 0
			bacnetAct(s, x, outcome, true)
			if moving, ok := bacnetMoving(m); ok && outcome != "ok" && uint8(x>>56)&^bacnetWaits == bacnet.WriteFile && moving.Writes() {
				bacnetMoved(m, s, outcome, true)
			}
			return true
		}
	}
	return false
}

// bacnetMoving is the file that is moved; false if there is none.
func bacnetMoving(m *Message) (bacnet.Moving, bool) {
	return bacnet.Moving{Hash: &m.Memory[1], About: &m.Memory[2]}, m.Memory[3]&bacnetMoves != 0
}

// bacnetBegin begins to sum up a file: requests that wait where it will be remembered are given up.
func bacnetBegin(m *Message, s *Sink, object uint32, writes bool) bacnet.Moving {
	for i := 1; i < bacnetWaiting(m); i++ {
		if lost := m.Memory[i]; lost != 0 {
			bacnetAct(s, lost, NoAnswer, false)
		}
	}
	m.Memory[3] |= bacnetMoves
	moving, _ := bacnetMoving(m)
	moving.Begin(object, writes, m.ToServer != writes)
	return moving
}

// bacnetMoved tells what was moved.
func bacnetMoved(m *Message, s *Sink, outcome string, answered bool) {
	moving, _ := bacnetMoving(m)
	verb, op := tyto.Transfer, "bacnet file read"
	if moving.Writes() {
		verb, op = tyto.Program, "bacnet file written"
	}
	b := moving.Append(s.Scratch(96)[:0])
	bacnetForget(m)
	if answered {
		s.Undergone(verb, op, b, outcome)
	} else {
		s.Did(verb, op, b, outcome)
	}
}

// bacnetFileAsked follows a file that is written: its end is told when its writer asks for something else.
func bacnetFileAsked(m *Message, s *Sink, h bacnet.Header, object uint32, c frame.Cursor) {
	moving, is := bacnetMoving(m)
	if h.Service != bacnet.WriteFile {
		if is && moving.Writes() && moving.FromServer() != m.ToServer {
			bacnetMoved(m, s, "ok", false)
		}
		return
	}
	bacnet.Next(&c) // the file's identifier
	p, ok := bacnet.ReadPart(c, false)
	if !ok || h.Segmented {
		return
	}
	if is && moving.Is(object, true, !m.ToServer) && moving.Repeats(&p) {
		return
	}
	if begins := p.Start == 0 && !p.Append; begins || !is || !moving.Is(object, true, !m.ToServer) {
		if is && moving.Writes() {
			bacnetMoved(m, s, "ok", false)
		}
		if !begins { // its beginning was not seen
			return
		}
		moving = bacnetBegin(m, s, object, true)
	}
	if !moving.Add(&p) {
		bacnetForget(m)
	}
}

// bacnetForget forgets the file that is moved.
func bacnetForget(m *Message) {
	m.Memory[1], m.Memory[2], m.Memory[3] = 0, 0, m.Memory[3]&^bacnetMoves
}

// bacnetFileRead follows a file that is read, of which the answer does not name it: request is what asked for the part.
func bacnetFileRead(m *Message, s *Sink, request uint64, c frame.Cursor) {
	p, ok := bacnet.ReadPart(c, true)
	object := uint32(request >> 16)
	if !ok || uint8(request>>56)&^bacnetWaits != bacnet.ReadFile {
		return
	}
	moving, is := bacnetMoving(m)
	switch {
	case is && moving.Is(object, false, m.ToServer):
	case p.Start == 0 && !is:
		moving = bacnetBegin(m, s, object, false)
	default:
		return
	}
	if !moving.Add(&p) {
		bacnetForget(m)
	} else if p.Last {
		bacnetMoved(m, s, "ok", true)
	}
}

// bacnetAsked is the request that waits for an answer, 0 if it was not seen.
func bacnetAsked(m *Message, invoke uint8) uint64 {
	for _, x := range m.Memory[:bacnetWaiting(m)] {
		if x != 0 && uint8(x>>48) == invoke {
			return x
		}
	}
	return 0
}

func bacnetAct(s *Sink, request uint64, outcome string, answered bool) {
	service, object, property := uint8(request>>56)&^bacnetWaits, uint32(request>>16), uint16(request)
	does, b := &bacnetConfirmed[service], s.Scratch(64)[:0]
	verb := does.verb
	switch {
	case service == 17:
		if property == 0 { // enable
			verb = tyto.Start
		}
		if int(property) < len(bacnet.Talks) {
			b = append(b, bacnet.Talks[property]...)
		}
	case service == 20 && int(property) < len(bacnet.States):
		b = append(b, bacnet.States[property]...)
		if property >= 2 {
			verb = tyto.Configure
		}
		if property == 4 {
			verb = tyto.Program
		}
	case service == 18 || service >= 21 && service <= 25:
	default:
		b = bacnet.AppendObject(b, object)
		if property != 0xffff {
			b = bacnet.AppendProperty(append(b, ' '), property)
		}
	}
	if verb == tyto.NoVerb {
		if outcome == "ok" || outcome == NoAnswer {
			return
		}
		verb = tyto.Read
	}
	if answered {
		s.Undergone(verb, does.op, b, outcome)
	} else {
		s.Did(verb, does.op, b, outcome)
	}
}

// bacnetToldOnce tells that the sender answers, once a conversation.
func bacnetToldOnce(m *Message, s *Sink, from tyto.Subject, field string) {
	if m.Memory[3]&bacnetToldServer != 0 || from.Part != 0 {
		return
	}
	m.Memory[3] |= bacnetToldServer
	s.About(from, tyto.Role, bacnetServer, tyto.Shown, field)
	if bacnetOnUDP(m) && m.Frame.SrcPort == 47808 {
		s.About(from, tyto.Provides, bacnetUDP, tyto.Shown, field)
	}
}

func bacnetAnnounced(m *Message, s *Sink, from tyto.Subject, h bacnet.Header, c *frame.Cursor) {
	if int(h.Service) >= len(bacnetUnconfirmed) {
		s.Malformed("bacnet: service")
		return
	}
	s.Did(bacnetUnconfirmed[h.Service].verb, bacnetUnconfirmed[h.Service].op, nil, "")
	switch h.Service {
	case 0: // I-Am: device, size, segmentation, vendor
		device, _, _ := bacnet.Next(c), bacnet.Next(c), bacnet.Next(c)
		vendor := bacnet.Next(c)
		if c.Short() || device.Number != bacnet.ObjectID || vendor.Number != bacnet.Unsigned {
			s.Malformed("bacnet: parameters of I-Am")
			return
		}
		bacnetToldOnce(m, s, from, "bacapp.unconfirmed_service")
		bacnetNumber(s, from, device.Uint()&0x3fffff, "bacapp.instance_number")
		bacnetNumber(s, from, vendor.Uint(), "bacapp.vendor_identifier")
	case 1: // I-Have: device, object, name
		_, object := bacnet.Next(c), bacnet.Next(c)
		name := bacnet.Next(c)
		bacnetToldOnce(m, s, from, "bacapp.unconfirmed_service")
		if object.Uint()>>22 == bacnet.Device && !c.Short() {
			bacnetFact(s, from, bacnet.ObjectName, &name)
		}
	}
}

// bacnetNumber tells a number as a clue.
func bacnetNumber(s *Sink, from tyto.Subject, n uint32, field string) {
	s.About(from, tyto.Clue, strconv.AppendUint(s.Scratch(10)[:0], uint64(n), 10), tyto.Stated, field)
}

// bacnetResult reads the answers to ReadProperty and ReadPropertyMultiple.
func bacnetResult(m *Message, s *Sink, from tyto.Subject, h bacnet.Header, c *frame.Cursor) {
	bacnetToldOnce(m, s, from, "bacapp.confirmed_service")
	switch h.Service {
	case 12:
		object, property := bacnet.Next(c), bacnet.Next(c)
		t := bacnet.Next(c)
		if t.Is(2) { // an element of an array
			t = bacnet.Next(c)
		}
		if !object.Is(0) || !property.Is(1) || !t.Opens(3) {
			s.Malformed("bacnet: parameters of ReadProperty-ACK")
			return
		}
		if t = bacnet.Next(c); object.Uint()>>22 == bacnet.Device {
			bacnetFact(s, from, property.Uint(), &t)
		}
	case 14:
		bacnetResults(s, from, c)
	}
}

// bacnetResults reads the list of objects of ReadPropertyMultiple-ACK, as far as it is there.
func bacnetResults(s *Sink, from tyto.Subject, c *frame.Cursor) {
	var object, property uint32
	for depth := 0; c.Len() > 0; {
		t := bacnet.Next(c)
		switch {
		case c.Short():
		case t.Opening:
			depth++
		case t.Closing:
			depth--
		case depth == 0 && t.Is(0):
			object = t.Uint()
		case depth == 1 && t.Is(2):
			property = t.Uint()
		case depth == 2 && !t.Context && object>>22 == bacnet.Device:
			bacnetFact(s, from, property, &t)
		}
	}
}

// bacnetAttrs are the properties that say what a device is. The vendor's name is as
// its makers spell it; its identifier, which ASHRAE assigns, is surer.
var bacnetAttrs = [...]struct {
	property       uint32
	attr, partAttr tyto.Attr
	field          string
	sure           tyto.Confidence
}{
	{bacnet.VendorName, tyto.Vendor, tyto.Clue, "bacapp.vendor-name", tyto.Shown},
	{bacnet.ModelName, tyto.Model, tyto.PartModel, "bacapp.model-name", tyto.Stated},
	{bacnet.Firmware, tyto.Firmware, tyto.PartFirmware, "bacapp.firmware-revision", tyto.Stated},
	{bacnet.ApplicationVersion, tyto.Clue, tyto.Clue, "bacapp.application-software-version", tyto.Stated},
	{bacnet.SerialNumber, tyto.Serial, tyto.PartSerial, "bacapp.serial-number", tyto.Stated},
	{bacnet.Location, tyto.Location, tyto.Clue, "bacapp.location", tyto.Stated},
	{bacnet.Description, tyto.Description, tyto.Clue, "bacapp.description", tyto.Stated},
	{bacnet.ObjectName, tyto.Hostname, tyto.Clue, "bacapp.object_name", tyto.Stated},
}

// bacnetFact tells a property of the device object.
func bacnetFact(s *Sink, from tyto.Subject, property uint32, t *bacnet.Tag) {
	if property == bacnet.VendorID && t.Number == bacnet.Unsigned {
		bacnetNumber(s, from, t.Uint(), "bacapp.vendor_identifier")
		return
	}
	for i := range bacnetAttrs {
		x := &bacnetAttrs[i]
		if x.property != property || t.Context || t.Number != bacnet.Text || len(t.Value) > 200 {
			continue
		}
		value := bytes.TrimSpace(bacnet.AppendText(s.Scratch(2 * len(t.Value))[:0], t))
		attr := x.attr
		if from.Part != 0 {
			attr = x.partAttr
		} else if property == bacnet.ObjectName && bytes.IndexByte(value, ' ') >= 0 {
			attr = tyto.Clue
		}
		s.About(from, attr, value, x.sure, x.field)
		return
	}
}
