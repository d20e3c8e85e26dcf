package proto

import (
	"bytes"
	"encoding/base64"

	"tyto/proto/httpmsg"
	"tyto/tyto"
)

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
