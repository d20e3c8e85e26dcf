package proto

import (
	"bytes"

	"tyto/proto/httpmsg"
	"tyto/proto/phrase"
	"tyto/tyto"
)

// The Real Time Streaming Protocol, RFC 2326 and RFC 7826: cameras, recorders,
// and who looks at them.
func init() {
	register(Dissector{
		Name:     "rtsp",
		Where:    []Where{TCP(554), TCP(8554)},
		Anywhere: true, First: "DSOPTRAG",
		Is: isRTSP, Split: splitRTSP, Tell: tellRTSP,
	})
}

// rtspMethods are the methods and their operations.
var rtspMethods = [...]struct{ method, op string }{
	{"DESCRIBE", "rtsp DESCRIBE"}, {"SETUP", "rtsp SETUP"}, {"OPTIONS", "rtsp OPTIONS"}, {"PLAY", "rtsp PLAY"}, {"PAUSE", "rtsp PAUSE"},
	{"TEARDOWN", "rtsp TEARDOWN"}, {"RECORD", "rtsp RECORD"}, {"REDIRECT", "rtsp REDIRECT"}, {"ANNOUNCE", "rtsp ANNOUNCE"},
	{"GET_PARAMETER", "rtsp GET_PARAMETER"}, {"SET_PARAMETER", "rtsp SET_PARAMETER"},
}

// What Memory[0] says of the last request, and of the connection.
const (
	rtspAuthorized = 1 << iota
	rtspKnown
	rtspPlay
)

func rtspStart(line []byte) (method, code int, ok bool) {
	if httpmsg.HasPrefix(line, "rtsp/1.0 ") || httpmsg.HasPrefix(line, "rtsp/2.0 ") {
		if len(line) < 12 {
			return 0, 0, false
		}
		n, ok := httpmsg.Number(line[9:12])
		return -1, n, ok && n >= 100
	}
	i := bytes.IndexByte(line, ' ')
	if i < 0 || !bytes.Contains(line, []byte(" RTSP/")) {
		return 0, 0, false
	}
	for n := range rtspMethods {
		if string(line[:i]) == rtspMethods[n].method {
			return n, 0, true
		}
	}
	return 0, 0, false
}

func isRTSP(m *Message) bool {
	c := m.Read()
	_, _, ok := rtspStart(c.Line())
	return ok
}

// splitRTSP also passes over what is interleaved (RFC 2326 section 10.12).
func splitRTSP(m *Message) int {
	c := m.Read()
	if c.Has("$") {
		c.U16()
		if n := int(c.U16()); !c.Short() {
			return 4 + n
		}
		return 0
	}
	if c.Has("\r\n") {
		return 2
	}
	if _, _, ok := rtspStart(c.Line()); !ok {
		if bytes.IndexByte(m.Body, '\n') < 0 && len(m.Body) < 1024 {
			return 0
		}
		return -1
	}
	n := httpmsg.Head(m.Body)
	for f := httpmsg.ReadFields(c); n > 0; {
		name, value, ok := f.Next()
		if !ok {
			break
		}
		if string(name) == "content-length" {
			body, ok := httpmsg.Number(value)
			if !ok {
				return -1
			}
			return n + min(body, 1<<24)
		}
	}
	return n
}

var rtspServer = []byte("rtsp server")

func tellRTSP(m *Message, s *Sink) {
	c := m.Read()
	method, code, ok := rtspStart(c.Line())
	if !ok {
		return
	}
	if method >= 0 {
		s.Op(rtspMethods[method].op)
		m.Memory[0] &^= rtspAuthorized | rtspPlay
		if rtspMethods[method].method == "PLAY" {
			m.Memory[0] |= rtspPlay
		}
	} else {
		s.Op("rtsp response")
		s.Sender(tyto.Role, rtspServer, tyto.Shown, "rtsp.status")
	}
	var server []byte
	f := httpmsg.ReadFields(c)
	for {
		name, value, ok := f.Next()
		if !ok {
			break
		}
		switch string(name) {
		case "user-agent":
			s.Sender(tyto.Clue, value, tyto.Stated, "rtsp.user_agent")
		case "server":
			server = value
			s.Sender(tyto.Clue, value, tyto.Stated, "rtsp.server")
		case "www-authenticate":
			s.Sender(tyto.Clue, httpmsg.Parameter(value, "realm"), tyto.Stated, "rtsp.www_authenticate")
			if httpmsg.Is(httpmsg.Parameter(value, "stale"), "true") { // RFC 7616 section 3.3: the nonce was too old, not the password wrong
				m.Memory[0] &^= rtspAuthorized
			}
		case "authorization":
			m.Memory[0] |= rtspAuthorized
		}
	}
	if f.Bad() {
		s.Malformed("rtsp: illegal field name")
	}
	if method < 0 {
		rtspAnswer(m, s, code, server)
		rtspDescription(s, f.Body())
	}
}

func rtspAnswer(m *Message, s *Sink, code int, server []byte) {
	if b := s.Scratch(phrase.ServiceRoom); b != nil && !m.ToServer {
		s.Sender(tyto.Provides, phrase.Service(b[:0], "tcp/", m.Frame.SrcPort, "rtsp", server), tyto.Stated, "rtsp.status")
	}
	asked := m.Memory[0]
	switch {
	case asked&rtspAuthorized != 0 && code == 401:
		s.Undergone(tyto.LoginFailed, "rtsp login", nil, "refused")
	case asked&rtspAuthorized != 0 && asked&rtspKnown == 0 && code == 200:
		m.Memory[0] |= rtspKnown
		s.Undergone(tyto.Login, "rtsp login", nil, "ok")
	}
	if asked&rtspPlay != 0 && code == 200 {
		s.Undergone(tyto.Read, "rtsp watch", nil, "ok")
	}
}

// rtspDescription tells what SDP (RFC 8866) says of the program that made it.
func rtspDescription(s *Sink, body []byte) {
	if !bytes.HasPrefix(body, []byte("v=0")) {
		return
	}
	for n := 0; n < 64 && len(body) > 0; n++ {
		line := phrase.Until(body, '\n')
		body = body[min(len(line)+1, len(body)):]
		switch {
		case bytes.HasPrefix(line, []byte("s=")):
			s.Sender(tyto.Clue, phrase.Text(line[2:min(len(line), 98)]), tyto.Stated, "sdp.session_name")
		case bytes.HasPrefix(line, []byte("a=tool:")):
			s.Sender(tyto.Clue, phrase.Text(line[7:]), tyto.Stated, "sdp.media_attr")
		}
	}
}
