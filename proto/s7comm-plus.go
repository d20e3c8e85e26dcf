package proto

import (
	"bytes"
	"strconv"

	"tyto/frame"
	"tyto/proto/cotp"
	"tyto/tyto"
)

// What the S7-1200 and S7-1500 speak instead of S7 communication, over COTP
// and TPKT. Siemens has published no specification; what is read here is
// what recorded traffic shows.
func init() {
	register(Dissector{
		Name: "s7comm-plus", Industrial: true,
		Where:    []Where{TCP(102)},
		Anywhere: true,
		First:    "\x03",
		Is:       isS7Plus, Split: func(m *Message) int { return cotp.Length(m.Body) }, Tell: tellS7Plus,
	})
}

// Memory[0] to Memory[2] of a conversation are requests that wait for their
// answers, the last first: sequence number, function, what it does.
// Memory[3] is what was told, and whether a message goes on, per direction.
const (
	s7pPending    = 3
	s7pToldClient = 1
	s7pToldServer = 2
	s7pMore       = 4 // by the client; the server's is one bit further

	s7pRequest      = 0x31
	s7pResponse     = 0x32
	s7pNotification = 0x33

	s7pCreate  = 0x04ca
	s7pDelete  = 0x04d4
	s7pSet     = 0x04f2
	s7pSetMany = 0x0542

	s7pSessions = 285 // the object that holds the sessions
	s7pProgram  = 3   // that which holds the program
	s7pUnit     = 52  // that which executes it
)

// isS7Plus wants a message, or a connection to one of the TSAPs by name.
func isS7Plus(m *Message) bool {
	t, ok := cotp.Read(m.Body)
	switch {
	case !ok:
		return false
	case t.Kind == cotp.Data:
		c := frame.Read(t.User)
		id, version, n := c.U8(), c.U8(), int(c.U16())
		return id == 0x72 && version >= 1 && version <= 3 && n > 0 && !c.Short() && (n == c.Len() || n+4 == c.Len() || !t.Last) && s7pFunction(version, c)
	case t.Kind == cotp.ConnectionRequest || t.Kind == cotp.ConnectionConfirm:
		return bytes.HasPrefix(t.Called, s7pRoot)
	}
	return false
}

// s7pFunction reports whether a message begins with a function that is known.
func s7pFunction(version byte, c frame.Cursor) bool {
	if version == 3 {
		c.Skip(int(c.U8()))
	}
	kind := c.U8()
	c.Skip(2)
	return kind == s7pNotification || (kind == s7pRequest || kind == s7pResponse) && s7pName(c.U16()) != ""
}

var (
	s7pRoot    = []byte("SIMATIC-ROOT")
	s7pClient  = []byte("s7comm-plus client")
	s7pServer  = []byte("s7comm-plus server")
	s7pSiemens = []byte("Siemens")
	s7pCPU     = []byte("controller")
	s7pLoaded  = []byte("program")
	s7pValues  = []byte("variables")

	// The version of a controller in its session, and a record of
	// identification and maintenance (I&M0) of Siemens: what stands before them.
	s7pVersion     = []byte("\x82\x3f\x00\x15")
	s7pMaintenance = []byte("\x00\x20\x00\x38\x01\x00\x00\x2a")
	s7pComputer    = []byte("\x82\x2a\x00\x15")
	s7pUse         = []byte("\x82\x29\x00\x15")
	s7pState       = []byte("\x90\x77\x00\x08")
)

func s7pName(function uint16) string {
	switch function {
	case 0x04bb:
		return "s7comm-plus explore"
	case s7pCreate:
		return "s7comm-plus create object"
	case s7pDelete:
		return "s7comm-plus delete object"
	case s7pSet:
		return "s7comm-plus set variable"
	case 0x04fc:
		return "s7comm-plus get variable"
	case 0x0524:
		return "s7comm-plus get link"
	case s7pSetMany:
		return "s7comm-plus set multiple variables"
	case 0x054c:
		return "s7comm-plus get multiple variables"
	case 0x0556:
		return "s7comm-plus begin sequence"
	case 0x0560:
		return "s7comm-plus end sequence"
	case 0x056b:
		return "s7comm-plus invoke"
	case 0x0586:
		return "s7comm-plus get sub-stream"
	case 0x05b3:
		return "s7comm-plus begin tls"
	}
	return ""
}

func tellS7Plus(m *Message, s *Sink) {
	if m.Cut {
		return
	}
	t, ok := cotp.Read(m.Body)
	if !ok {
		s.Malformed("s7comm-plus: TPKT or COTP header")
		return
	}
	if t.Kind == cotp.ConnectionRequest {
		s.Op("cotp connect")
		s.Sender(tyto.Clue, t.Called, tyto.Stated, "cotp.dst-tsap")
	}
	c := frame.Read(t.User)
	id, version, n := c.U8(), c.U8(), int(c.U16())
	if t.Kind != cotp.Data || c.Short() || id != 0x72 {
		return // an acknowledgement, or what goes on
	}
	if n > c.Len() && t.Last {
		s.Malformed("s7comm-plus: length goes beyond the message")
		return
	}
	toServer := m.ToServer
	if m.Frame.DstPort == 102 || m.Frame.SrcPort == 102 {
		toServer = m.Frame.DstPort == 102
	}
	more := uint64(s7pMore)
	if !toServer {
		more <<= 1
	}
	body := c.Sub(min(n, c.Len()))
	goesOn := m.Memory[3]&more != 0
	if m.Memory[3] &^= more; c.Len() < 4 { // the last part has a trailer
		m.Memory[3] |= more
	}
	if goesOn || version < 1 || version > 3 || n == 0 {
		return
	}
	if version == 3 { // a digest stands in front
		body.Skip(int(body.U8()))
	}
	tellS7PlusMessage(m, s, toServer, body)
}

func tellS7PlusMessage(m *Message, s *Sink, toServer bool, c frame.Cursor) {
	kind := c.U8()
	c.Skip(2)
	function := c.U16()
	c.Skip(2)
	sequence := c.U16()
	name := s7pName(function)
	switch {
	case kind == s7pNotification:
		s.Op("s7comm-plus notification")
		return
	case c.Short() || name == "" || kind != s7pRequest && kind != s7pResponse:
		return // not one that is known
	}
	tellS7PlusRoles(m, s, toServer)
	if kind == s7pRequest {
		s.Op(name)
		session := c.U32()
		c.Skip(1)
		does := s7pVerb(function, session, c)
		copy(m.Memory[1:s7pPending], m.Memory[:s7pPending-1])
		m.Memory[0] = uint64(sequence) | uint64(function)<<16 | uint64(does)<<32 | 1<<63
		if function == s7pCreate {
			s.Sender(tyto.Clue, s7pText(c.Rest(), s7pComputer), tyto.Stated, "s7comm-plus.client_name")
			s.Sender(tyto.Clue, s7pText(c.Rest(), s7pUse), tyto.Stated, "s7comm-plus.application")
		}
		return
	}
	c.Skip(1)
	outcome := "ok"
	if c.U8() != 0 {
		outcome = "error"
	}
	if verb := s7pAnswered(m, sequence, function); verb != tyto.NoVerb {
		s.Undergone(verb, name, s7pObject(verb), outcome)
	}
	tellS7PlusIdentity(s, c.Rest())
}

func tellS7PlusRoles(m *Message, s *Sink, toServer bool) {
	switch {
	case toServer && m.Memory[3]&s7pToldClient == 0:
		m.Memory[3] |= s7pToldClient
		s.Sender(tyto.Role, s7pClient, tyto.Shown, "s7comm-plus.function")
	case !toServer && m.Memory[3]&s7pToldServer == 0:
		m.Memory[3] |= s7pToldServer
		s.Sender(tyto.Role, s7pServer, tyto.Shown, "s7comm-plus.function")
		if b := s.Scratch(24); b != nil {
			text := strconv.AppendUint(append(b[:0], "tcp/"...), uint64(m.Frame.SrcPort), 10)
			s.Sender(tyto.Provides, append(text, " s7comm-plus"...), tyto.Shown, "s7comm-plus.function")
		}
	}
}

// s7pVerb is what a request does, from the object that it is about.
func s7pVerb(function uint16, session uint32, c frame.Cursor) tyto.Verb {
	object := c.U32()
	switch {
	case function == s7pCreate && object == s7pProgram:
		return tyto.Program
	case function == s7pSet && object == s7pUnit:
		at := bytes.Index(c.Rest(), s7pState)
		if at < 0 || at+4 >= c.Len() {
			return tyto.NoVerb
		}
		switch c.Rest()[at+4] {
		case 1:
			return tyto.Stop
		case 3:
			return tyto.Start
		}
	case function == s7pSetMany && object != session:
		return tyto.Write
	case function == 0x04bb:
		return tyto.Browse
	}
	return tyto.NoVerb
}

func s7pObject(v tyto.Verb) []byte {
	switch v {
	case tyto.Start, tyto.Stop:
		return s7pCPU
	case tyto.Program:
		return s7pLoaded
	case tyto.Write:
		return s7pValues
	}
	return nil
}

func s7pAnswered(m *Message, sequence, function uint16) tyto.Verb {
	for i := range s7pPending {
		if x := m.Memory[i]; x != 0 && uint16(x) == sequence && uint16(x>>16) == function {
			copy(m.Memory[i:s7pPending], m.Memory[i+1:s7pPending])
			m.Memory[s7pPending-1] = 0
			return tyto.Verb(x >> 32)
		}
	}
	return tyto.NoVerb
}

// s7pText is the text that stands after a mark: length, as a number of 7-bit
// groups, and characters; nil if there is none.
func s7pText(b, mark []byte) []byte {
	at := bytes.Index(b, mark)
	if at < 0 {
		return nil
	}
	c := frame.Read(b[at+len(mark):])
	n := int(c.U8())
	if n >= 0x80 {
		n = n&0x7f<<7 | int(c.U8())
	}
	return c.Bytes(n)
}

// tellS7PlusIdentity tells what an answer says of the controller: of its
// session "1;6ES7 …;V4.2", of its record of identification order number, serial number and versions.
func tellS7PlusIdentity(s *Sink, b []byte) {
	if v := frame.Read(s7pText(b, s7pVersion)); v.Has("1;") {
		v.Skip(2)
		order := bytes.Trim(v.Until(";"), " ")
		s7pOrder(s, order)
		s.Sender(tyto.Firmware, bytes.Trim(v.Rest(), " \x00"), tyto.Stated, "s7comm-plus.version")
	}
	at := bytes.Index(b, s7pMaintenance)
	if at < 0 {
		return
	}
	c := frame.Read(b[at+len(s7pMaintenance):])
	order, serial := bytes.Trim(c.Bytes(20), "\x00 "), bytes.Trim(c.Bytes(16), "\x00 ")
	c.Skip(2)
	prefix := c.U8()
	v := [3]byte{c.U8(), c.U8(), c.U8()}
	x := s.Scratch(16)
	if c.Short() || prefix != 'V' || x == nil {
		return
	}
	x = append(x[:0], prefix)
	for i, n := range v {
		if i > 0 {
			x = append(x, '.')
		}
		x = strconv.AppendUint(x, uint64(n), 10)
	}
	s7pOrder(s, order)
	s.Sender(tyto.Serial, serial, tyto.Stated, "s7comm-plus.im_serial_number")
	s.Sender(tyto.Firmware, x, tyto.Stated, "s7comm-plus.im_revision")
	if key := s.Scratch(len("serial:Siemens/") + len(serial)); key != nil && len(serial) > 3 {
		s.Sender(tyto.Identity, append(append(key[:0], "serial:Siemens/"...), serial...), tyto.Stated, "s7comm-plus.im_serial_number")
	}
}

func s7pOrder(s *Sink, order []byte) {
	s.Sender(tyto.ModelNumber, order, tyto.Stated, "s7comm-plus.order_number")
	if bytes.HasPrefix(order, []byte("6ES7")) || bytes.HasPrefix(order, []byte("6AG1")) {
		s.Sender(tyto.Vendor, s7pSiemens, tyto.Stated, "s7comm-plus.order_number")
	}
}
