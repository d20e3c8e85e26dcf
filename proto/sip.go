package proto

import (
	"bytes"

	"tyto/frame"
	"tyto/proto/httpmsg"
	"tyto/proto/phrase"
	"tyto/proto/selfdesc"
	"tyto/tyto"
)

// The Session Initiation Protocol, RFC 3261. Who calls whom is never told.
func init() {
	register(Dissector{
		Name:     "sip",
		Where:    []Where{UDP(5060), TCP(5060)},
		Anywhere: true, First: "SIRBOACPNUM",
		Is: isSIP, Split: splitSIP, Tell: tellSIP,
	})
}

// sipMethods are the methods and their operations.
var sipMethods = [...]struct{ method, op string }{
	{"INVITE", "sip INVITE"}, {"ACK", "sip ACK"}, {"BYE", "sip BYE"}, {"CANCEL", "sip CANCEL"}, {"REGISTER", "sip REGISTER"},
	{"OPTIONS", "sip OPTIONS"}, {"PRACK", "sip PRACK"}, {"SUBSCRIBE", "sip SUBSCRIBE"}, {"NOTIFY", "sip NOTIFY"}, {"PUBLISH", "sip PUBLISH"},
	{"INFO", "sip INFO"}, {"REFER", "sip REFER"}, {"MESSAGE", "sip MESSAGE"}, {"UPDATE", "sip UPDATE"},
}

// sipStart reads the first line: the method's index, or the code of a response.
func sipStart(line []byte) (method, code int, ok bool) {
	if bytes.HasPrefix(line, []byte("SIP/2.0 ")) && len(line) >= 11 {
		n, ok := httpmsg.Number(line[8:11])
		return -1, n, ok && n >= 100 && n < 700
	}
	i := bytes.IndexByte(line, ' ')
	if i < 0 || !bytes.HasSuffix(bytes.TrimRight(line, " "), []byte(" SIP/2.0")) {
		return 0, 0, false
	}
	for n := range sipMethods {
		if string(line[:i]) == sipMethods[n].method {
			return n, 0, true
		}
	}
	return 0, 0, false
}

func isSIP(m *Message) bool {
	c := m.Read()
	if len(m.Body) > 4096 || m.Frame.Proto == frame.TCP || bytes.IndexByte(m.Body, '\n') > 0 {
		_, _, ok := sipStart(c.Line())
		return ok
	}
	return false
}

func splitSIP(m *Message) int {
	c := m.Read()
	if c.Has("\r\n") || c.Has("\x00") { // to keep the connection alive
		return 2
	}
	line := c.Line()
	if _, _, ok := sipStart(line); !ok {
		if bytes.IndexByte(m.Body, '\n') < 0 && len(m.Body) < 512 {
			return 0
		}
		return -1
	}
	n := httpmsg.Head(m.Body)
	if n == 0 {
		return 0
	}
	for f := httpmsg.ReadFields(c); ; {
		name, value, ok := f.Next()
		if !ok {
			return n
		}
		if x := string(name); x == "content-length" || x == "l" {
			body, ok := httpmsg.Number(value)
			if !ok {
				return -1
			}
			return n + min(body, 1<<24)
		}
	}
}

// A sipMessage is the fields of one message that belong together.
type sipMessage struct {
	register, authorized, stale bool
	server                      []byte
}

func tellSIP(m *Message, s *Sink) {
	c := m.Read()
	method, code, ok := sipStart(c.Line())
	if !ok {
		return
	}
	var x sipMessage
	f := httpmsg.ReadFields(c)
	for {
		name, value, ok := f.Next()
		if !ok {
			break
		}
		x.read(s, name, value, method >= 0)
	}
	if f.Bad() {
		s.Malformed("sip: illegal field name")
	}
	if method >= 0 {
		s.Op(sipMethods[method].op)
		if x.register && x.authorized {
			m.Memory[0] = 1
		}
		return
	}
	sipAnswer(m, s, &x, code)
}

func (x *sipMessage) read(s *Sink, name, value []byte, request bool) {
	switch string(name) {
	case "user-agent":
		s.Sender(tyto.Clue, value, tyto.Stated, "sip.User-Agent")
		if !request && len(x.server) == 0 {
			x.server = value
		}
	case "server":
		s.Sender(tyto.Clue, value, tyto.Stated, "sip.Server")
		x.server = value
	case "x-serialnumber", "x-serial-number":
		if selfdesc.Unique(value) {
			s.Sender(tyto.Serial, value, tyto.Stated, "sip.X-Serialnumber")
		}
	case "cseq":
		x.register = bytes.HasSuffix(value, []byte("REGISTER"))
	case "authorization", "proxy-authorization":
		x.authorized = true
	case "contact", "m":
		if request {
			sipInstance(s, value)
		}
	case "www-authenticate", "proxy-authenticate":
		s.Sender(tyto.Clue, httpmsg.Parameter(value, "realm"), tyto.Stated, "sip.auth.realm")
		x.stale = httpmsg.Is(httpmsg.Parameter(value, "stale"), "true") // RFC 7616 section 3.3: the nonce was too old, not the password wrong
	}
}

// sipInstance tells the key of a phone (RFC 5626 section 4.1).
func sipInstance(s *Sink, contact []byte) {
	const mark = `+sip.instance="<urn:`
	i := bytes.Index(contact, []byte(mark))
	if i < 0 {
		return
	}
	id := contact[i+len(mark):]
	id = id[:min(len(phrase.Until(id, '>')), 80)]
	if b := s.Scratch(96); b != nil && bytes.HasPrefix(id, []byte("uuid:")) {
		s.Sender(tyto.Identity, selfdesc.AppendUUID(b[:0], id), tyto.Stated, "sip.contact.parameter")
	}
}

var (
	sipRegistrar = []byte("sip registrar")
	sipPhone     = []byte("sip client")
)

func sipAnswer(m *Message, s *Sink, x *sipMessage, code int) {
	switch {
	case code < 200:
		s.Op("sip provisional")
	case code < 300:
		s.Op("sip success")
	case code < 400:
		s.Op("sip redirection")
	default:
		s.Op("sip failure")
	}
	if !x.register {
		return
	}
	s.Sender(tyto.Role, sipRegistrar, tyto.Shown, "sip.CSeq.method")
	s.Receiver(tyto.Role, sipPhone, tyto.Shown, "sip.CSeq.method")
	transport := "udp/"
	if m.Frame.Proto == frame.TCP {
		transport = "tcp/"
	}
	if b := s.Scratch(phrase.ServiceRoom); b != nil {
		s.Sender(tyto.Provides, phrase.Service(b[:0], transport, m.Frame.SrcPort, "sip", x.server), tyto.Stated, "sip.CSeq.method")
	}
	switch {
	case code >= 200 && code < 300:
		s.Undergone(tyto.Login, "sip register", nil, "ok")
		m.Memory[0] = 0
	case code == 403, code == 401 && m.Memory[0] != 0 && !x.stale: // the first 401 only asks who it is
		s.Undergone(tyto.LoginFailed, "sip register", nil, "refused")
		m.Memory[0] = 0
	}
}
