package proto

import (
	"bytes"
	"encoding/base64"
	"strconv"

	"tyto/proto/httpmsg"
	"tyto/proto/selfdesc"
	"tyto/tyto"
)

// HTTP/1 (RFC 9112), and what is found in it: UPnP descriptions, SOAP of
// home routers and cameras, NTLM (MS-NTHT), WebDAV's methods.
func init() {
	register(Dissector{
		Name: "http",
		Where: []Where{TCP(80), TCP(81), TCP(2869), TCP(3128), TCP(5000), TCP(5357), TCP(5985), TCP(7547), TCP(8000),
			TCP(8008), TCP(8060), TCP(8080), TCP(8081), TCP(8088), TCP(8888), TCP(9080), TCP(49152), TCP(49153)},
		Is: isHTTP, Anywhere: true, Split: splitHTTP, Tell: tellHTTP,
	})
}

func isHTTP(m *Message) bool {
	switch httpmsg.Begins(m.Body) {
	case httpmsg.Yes:
		return true
	case httpmsg.Maybe: // the line is not whole: enough of it to be sure
		i := bytes.IndexByte(m.Body, ' ')
		return i > 0 && len(m.Body) > i+12 && (m.Body[i+1] == '/' || bytes.HasPrefix(m.Body[i+1:], []byte("http")))
	}
	return false
}

// Memory[0] of a conversation: what the last request asked, until its response.
const (
	httpHead      = 1 << iota // HEAD: the response has no body whatever it says
	httpConnect               // CONNECT: what follows a success is no HTTP
	httpProxied               // the target named the server: the receiver is a proxy
	httpBasic                 // it carried credentials, in the clear
	httpDigest                //
	httpNTLM                  // only the last message of the exchange
	httpKnown                 // a successful login was told already
	httpServed                // the product that serves was told already
	httpPath      = 16        // shift: number of the path, as httpmsg.Telling
	httpSOAP      = 24        // shift: 1 + index into httpActions
	httpPathMask  = 0xff << httpPath
	httpSOAPMask  = 0xff << httpSOAP
	httpAuthAny   = httpBasic | httpDigest | httpNTLM
	httpOfRequest = httpHead | httpConnect | httpProxied | httpAuthAny | httpPathMask | httpSOAPMask
)

var (
	httpProxyRole  = []byte("http proxy")
	httpInTheClear = []byte("password in the clear")
)

// httpActions are actions of SOAP that are acts. The first two change what a
// router lets in from outside.
var httpActions = [...]struct {
	name, operation string
	verb            tyto.Verb
}{
	{"#addportmapping", "upnp AddPortMapping", tyto.Configure},
	{"#deleteportmapping", "upnp DeletePortMapping", tyto.Configure},
	{"#addanyportmapping", "upnp AddAnyPortMapping", tyto.Configure},
	{"#addpinhole", "upnp AddPinhole", tyto.Configure},
	{"#setbinarystate", "upnp SetBinaryState", tyto.Write},
	{"#setsmartdevinfo", "upnp SetSmartDevInfo", tyto.Configure},
	{"#updatefirmware", "upnp UpdateFirmware", tyto.UpdateFirmware},
}

// splitHTTP never says that a conversation is no longer HTTP: what is no
// message is the rest of a body, passed over until a message begins.
func splitHTTP(m *Message) int {
	b := m.Body
	if n := len(b) - len(bytes.TrimLeft(b, "\r\n")); n > 0 {
		return n
	}
	switch httpmsg.Begins(b) {
	case httpmsg.No:
		return httpmsg.Next(b)
	case httpmsg.Maybe:
		return wholeOrMore(b)
	}
	r, ok := httpmsg.ReadFraming(b)
	switch {
	case !ok:
		return wholeOrMore(b)
	case r.Method == nil && bodiless(m, r.Code):
		return r.Head
	case r.Chunked && r.Markup:
		n := httpmsg.Chunks(b[r.Head:])
		if n == 0 {
			return wholeOrMore(b)
		}
		return r.Head + max(n, 0)
	case r.Chunked:
		return len(b)
	case r.Length >= 0:
		return r.Head + r.Length
	case r.Method != nil:
		return r.Head
	case r.Markup: // until the server closes
		return wholeOrMore(b)
	}
	return len(b)
}

// wholeOrMore asks for more, as long as there is room for it.
func wholeOrMore(b []byte) int {
	if len(b) >= MaxMessage {
		return len(b)
	}
	return 0
}

// bodiless reports whether a response has no body (RFC 9112 section 6.3).
func bodiless(m *Message, code int) bool {
	asked := m.Memory[0]
	return code < 200 || code == 204 || code == 304 || asked&httpHead != 0 || asked&httpConnect != 0 && code < 300
}

func tellHTTP(m *Message, s *Sink) {
	c := m.Read()
	start, ok := httpmsg.ParseStart(c.Line())
	if !ok || c.Short() {
		return
	}
	f := httpmsg.ReadFields(c)
	if start.Method != nil {
		tellRequest(m, s, start, &f)
	} else {
		tellResponse(m, s, start, &f)
	}
	if f.Bad() {
		s.Malformed("http: illegal field name")
	}
}

func methodOp(method []byte) string {
	switch string(method) {
	case "GET":
		return "http GET"
	case "POST":
		return "http POST"
	case "HEAD":
		return "http HEAD"
	case "PUT":
		return "http PUT"
	case "DELETE":
		return "http DELETE"
	case "OPTIONS":
		return "http OPTIONS"
	case "CONNECT":
		return "http CONNECT"
	case "PROPFIND":
		return "http PROPFIND"
	case "NOTIFY":
		return "http NOTIFY"
	case "SUBSCRIBE":
		return "http SUBSCRIBE"
	case "TRACE":
		return "http TRACE"
	case "PATCH":
		return "http PATCH"
	}
	return "http other"
}

func tellRequest(m *Message, s *Sink, start httpmsg.Start, f *httpmsg.Fields) {
	s.Op(methodOp(start.Method))
	asked := m.Memory[0]&^httpOfRequest | ofTarget(start)
	var te, cl bool
	for {
		name, value, ok := f.Next()
		if !ok {
			break
		}
		switch string(name) {
		case "host":
			tellHost(s, value)
		case "user-agent":
			s.Sender(tyto.Clue, value, tyto.Stated, "http.user_agent")
		case "authorization":
			asked |= credentials(value)
		case "proxy-authorization":
			asked |= credentials(value) | httpProxied
		case "via", "x-forwarded-for", "forwarded":
			s.Sender(tyto.Role, httpProxyRole, tyto.Inferred, "http.x_forwarded_for")
		case "soapaction":
			asked |= soapAction(value)
		case "sec-websocket-protocol":
			s.Sender(tyto.Clue, value, tyto.Stated, "http.sec_websocket_protocol")
			if httpmsg.Contains(value, "ocpp") { // the path of a charging station is its name
				s.Sender(tyto.Clue, start.Target, tyto.Stated, "http.request.uri")
			}
		case "transfer-encoding":
			te = true
		case "content-length":
			cl = true
			if _, ok := httpmsg.Number(value); !ok {
				s.Malformed("http: content length is no number")
			}
		}
	}
	if te && cl {
		s.Malformed("http: content length with transfer encoding")
	}
	if httpmsg.OnlineCheck(start.Target) {
		s.Sender(tyto.Clue, start.Target, tyto.Stated, "http.request.uri")
	}
	m.Memory[0] = asked
	if asked&httpSOAPMask != 0 {
		m.Memory[1], m.Memory[2] = httpmsg.ReadPortMapping(f.Body())
	} else if body := f.Body(); len(body) > 0 && httpmsg.Contains(body[:min(len(body), 1024)], "<cwmp:") {
		tellDescription(s, body)
	}
}

// ofTarget is what the response must know of the request.
func ofTarget(start httpmsg.Start) (asked uint64) {
	switch string(start.Method) {
	case "HEAD":
		asked = httpHead
	case "CONNECT":
		return httpConnect | httpProxied
	}
	if httpmsg.HasPrefix(start.Target, "http://") {
		return asked | httpProxied
	}
	return asked | uint64(httpmsg.Telling(start.Target))<<httpPath
}

func tellHost(s *Sink, value []byte) {
	host := value
	if i := bytes.LastIndexByte(host, ':'); i > 0 && host[len(host)-1] != ']' {
		host = host[:i]
	}
	if len(host) == 0 || len(host) > 255 {
		return
	}
	s.ServerName(host)
	if !httpmsg.Literal(host) {
		s.Sender(tyto.Clue, host, tyto.Stated, "http.host")
	}
}

func credentials(value []byte) uint64 {
	switch {
	case httpmsg.HasPrefix(value, "basic "):
		return httpBasic
	case httpmsg.HasPrefix(value, "digest "):
		return httpDigest
	case bytes.Contains(value[:min(len(value), 32)], []byte(" TlRMTVNTUAAD")): // NTLMSSP, type 3
		return httpNTLM
	}
	return 0
}

func soapAction(value []byte) uint64 {
	for i := range httpActions {
		if httpmsg.Contains(value, httpActions[i].name) {
			return uint64(i+1) << httpSOAP
		}
	}
	return 0
}

func tellResponse(m *Message, s *Sink, start httpmsg.Start, f *httpmsg.Fields) {
	asked := m.Memory[0]
	if start.Code >= 200 {
		m.Memory[0] &^= httpOfRequest
	}
	var server, kind []byte
	encoded := false
	for {
		name, value, ok := f.Next()
		if !ok {
			break
		}
		switch string(name) {
		case "server":
			server = value
			s.Sender(tyto.Clue, value, tyto.Stated, "http.server")
		case "x-powered-by":
			s.Sender(tyto.Clue, value, tyto.Stated, "http.x_powered_by")
		case "www-authenticate", "proxy-authenticate":
			tellChallenge(s, value)
			if httpmsg.Is(httpmsg.Parameter(value, "stale"), "true") { // RFC 7616 section 3.3: the nonce was too old, not the password wrong
				asked &^= httpAuthAny
			}
		case "set-cookie":
			s.Sender(tyto.Clue, cookieName(value), tyto.Stated, "http.set_cookie")
		case "location":
			if i := bytes.IndexAny(value, "?#;"); i >= 0 {
				value = value[:i]
			}
			s.Sender(tyto.Clue, value[:min(len(value), 200)], tyto.Stated, "http.location")
		case "content-encoding":
			encoded = !httpmsg.Is(value, "identity")
		case "content-type":
			kind = value
		}
	}
	tellService(m, s, server)
	tellOutcome(m, s, asked, start.Code)
	body := f.Body()
	if encoded || asked&httpHead != 0 || len(body) == 0 {
		return
	}
	if isEICAR(body) {
		s.Undergone(tyto.Transfer, "http eicar test file", nil, "ok")
	}
	switch {
	case httpmsg.Contains(kind, "html"):
		s.Sender(tyto.Clue, plain(s, httpmsg.Title(body)), tyto.Stated, "http.title")
	case httpmsg.Contains(kind, "xml") || len(kind) == 0 && body[0] == '<':
		tellDescription(s, body)
	}
}

// isEICAR reports whether a file is the one that virus scanners are tested
// with (eicar.org): 68 bytes at its beginning. The text stands in two halves,
// or scanners would take this program for it.
func isEICAR(body []byte) bool {
	const begin, middle, length = "X5O!P%@AP[4", "EICAR-STANDARD-ANTIVIRUS-TEST-FILE", 68
	return len(body) >= length && string(body[:len(begin)]) == begin && bytes.Contains(body[:length], []byte(middle))
}

// tellService tells "tcp/80 http" with the product behind it.
func tellService(m *Message, s *Sink, server []byte) {
	b := s.Scratch(16 + min(len(server), 128))
	if b == nil || len(server) == 0 && m.Memory[0]&httpServed != 0 {
		return
	}
	m.Memory[0] |= httpServed
	text := strconv.AppendUint(append(b[:0], "tcp/"...), uint64(m.Frame.SrcPort), 10)
	text = append(text, " http"...)
	if len(server) > 0 {
		text = append(append(text, ' '), server[:min(len(server), 128)]...)
	}
	s.Sender(tyto.Provides, text, tyto.Stated, "http.server")
}

// cookieName is the name of a cookie, without what IIS appends at random.
func cookieName(value []byte) []byte {
	name, _, _ := bytes.Cut(value, []byte{'='})
	if bytes.HasPrefix(name, []byte("ASPSESSIONID")) {
		return name[:12]
	}
	return name[:min(len(name), 64)]
}

// tellOutcome tells what the response says of what its request asked.
func tellOutcome(m *Message, s *Sink, asked uint64, code int) {
	if code < 200 {
		if code == 101 { // another protocol from here on
			s.Done()
		}
		return
	}
	success := code < 400
	if i := asked & httpPathMask >> httpPath; i > 0 && (code < 300 || code == 401) {
		s.Sender(tyto.Clue, append(s.Scratch(24)[:0], httpmsg.TellingPath(int(i))...), tyto.Shown, "http.request.uri")
	}
	if asked&httpProxied != 0 && success {
		s.Sender(tyto.Role, httpProxyRole, tyto.Shown, "http.request.uri")
		if asked&httpConnect != 0 { // what the tunnel carries
			s.Switch()
		}
	}
	if i := asked & httpSOAPMask >> httpSOAP; i > 0 {
		outcome := "ok"
		if !success {
			outcome = "refused"
		}
		action := &httpActions[i-1]
		s.Undergone(action.verb, action.operation, httpmsg.AppendPortMapping(s.Scratch(48)[:0], m.Memory[1], m.Memory[2]), outcome)
	}
	if asked&httpAuthAny != 0 {
		tellLogin(m, s, asked, code)
	}
}

// tellLogin tells of a login: each that failed, of those that did not only
// the first, since credentials come with every request.
func tellLogin(m *Message, s *Sink, asked uint64, code int) {
	operation, object := "http digest", []byte(nil)
	switch {
	case asked&httpBasic != 0:
		operation, object = "http basic", httpInTheClear
	case asked&httpNTLM != 0:
		operation = "http ntlm"
	}
	switch {
	case code == 401 || code == 407:
		s.Undergone(tyto.LoginFailed, operation, object, "refused")
	case code < 400 && asked&httpKnown == 0:
		m.Memory[0] |= httpKnown
		s.Undergone(tyto.Login, operation, object, "ok")
	}
}

// tellChallenge tells the realm, or what an NTLM challenge says of the server.
func tellChallenge(s *Sink, value []byte) {
	if realm := httpmsg.Parameter(value, "realm"); len(realm) > 0 {
		s.Sender(tyto.Clue, realm, tyto.Stated, "http.www_authenticate")
		return
	}
	scheme, token, _ := bytes.Cut(value, []byte{' '})
	s.Sender(tyto.Clue, scheme, tyto.Stated, "http.www_authenticate")
	if !httpmsg.Is(scheme, "ntlm") && !httpmsg.Is(scheme, "negotiate") || len(token) > 4096 {
		return
	}
	raw := s.Scratch(base64.StdEncoding.DecodedLen(len(token)))
	n, _ := base64.StdEncoding.Decode(raw, token)
	s.NTLM(raw[:n])
}

// plain is text without entities and line ends.
func plain(s *Sink, text []byte) []byte {
	text = text[:min(len(text), maxValue)]
	if bytes.IndexByte(text, '&') < 0 && bytes.IndexByte(text, '\n') < 0 {
		return text
	}
	return httpmsg.Unescape(s.Scratch(len(text)), text)
}

// httpAttrs is the attribute for what a description says.
var httpAttrs = [...]tyto.Attr{
	selfdesc.Vendor: tyto.Vendor, selfdesc.Model: tyto.Model, selfdesc.Number: tyto.ModelNumber, selfdesc.Serial: tyto.Serial,
	selfdesc.Firmware: tyto.Firmware, selfdesc.Hardware: tyto.Hardware, selfdesc.Name: tyto.Description,
	selfdesc.UUID: tyto.Identity, selfdesc.Other: tyto.Clue, selfdesc.Device: tyto.Clue, selfdesc.MAC: tyto.Clue,
}

// tellDescription tells what the sender says of itself in XML. Where a
// program on a computer speaks (a media server), it is no attribute of the device.
func tellDescription(s *Sink, body []byte) {
	program := selfdesc.OfProgram(body)
	for d := selfdesc.Read(body); ; {
		item, ok := d.Next()
		if !ok {
			return
		}
		attr, text := httpAttrs[item.What], plain(s, item.Text)
		switch {
		case item.What == selfdesc.UUID:
			tellUUID(s, text, item.Field)
			attr = tyto.Clue
		case item.Inner && item.What != selfdesc.Device:
			continue
		case program && attr != tyto.Description, item.What == selfdesc.Serial && !selfdesc.Unique(text):
			attr = tyto.Clue
		}
		s.Sender(attr, text, tyto.Stated, item.Field)
	}
}

// tellUUID tells the stable key "uuid:…".
func tellUUID(s *Sink, text []byte, field string) {
	if b := s.Scratch(5 + len(text)); b != nil {
		s.Sender(tyto.Identity, selfdesc.AppendUUID(b[:0], text), tyto.Stated, field)
	}
}
