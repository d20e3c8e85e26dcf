package proto

import (
	"strconv"

	"tyto/tyto"
)

// Virtual Network Computing: the Remote Framebuffer protocol (RFC 6143), up
// to the login. Names of desktops, which name persons, are passed over.
func init() {
	register(Dissector{
		Name:     "vnc",
		Where:    []Where{TCP(5900), TCP(5901), TCP(5800)},
		Anywhere: true, First: "R",
		Is: isVNC, Tell: tellVNC,
	})
}

// What Memory[0] of a conversation keeps: how far the handshake is.
const (
	vncServer = 1 << iota
	vncClient
	vncOffered
	vncChosen
	vncChallenged
)

// vncVersion is the length of "RFB 003.008\n" (section 7.1.1).
const vncVersion = 12

func isVNC(m *Message) bool {
	b := m.Body
	if len(b) != vncVersion || string(b[:4]) != "RFB " || b[7] != '.' || b[11] != '\n' {
		return false
	}
	for _, i := range [...]int{4, 5, 6, 8, 9, 10} {
		if b[i] < '0' || b[i] > '9' {
			return false
		}
	}
	return true
}

func tellVNC(m *Message, s *Sink) {
	b, memory := m.Body, &m.Memory[0]
	switch {
	case isVNC(m) && m.ToServer:
		*memory |= vncClient
		s.Op("vnc version")
		s.Sender(tyto.Clue, b[4:11], tyto.Stated, "vnc.client_proto_ver")
	case isVNC(m):
		*memory |= vncServer
		vncServes(m, s)
	case m.ToServer && *memory&vncOffered != 0 && *memory&vncChosen == 0 && len(b) == 1:
		*memory |= vncChosen
		vncLogin(s, b[0])
	case m.ToServer && *memory&vncChallenged == 0, *memory&vncClient == 0:
	case !m.ToServer && *memory&vncOffered == 0:
		*memory |= vncOffered
		vncOffers(m, s)
	case !m.ToServer && len(b) == 16:
		*memory |= vncChallenged
	case !m.ToServer && *memory&vncChallenged != 0 && len(b) >= 4:
		c := m.Read()
		if c.U32() == 0 {
			s.Undergone(tyto.Login, "vnc login", nil, "ok")
		} else {
			s.Undergone(tyto.LoginFailed, "vnc login", nil, "refused")
		}
		s.Done()
	}
}

func vncServes(m *Message, s *Sink) {
	version := m.Body[4:11]
	s.Sender(tyto.Clue, version, tyto.Stated, "vnc.server_proto_ver")
	if b := s.Scratch(32); b != nil {
		b = strconv.AppendUint(append(b[:0], "tcp/"...), uint64(m.Frame.SrcPort), 10)
		s.Sender(tyto.Provides, append(append(b, " vnc RFB "...), version...), tyto.Stated, "vnc.server_proto_ver")
	}
}

// vncOffers reads the kinds of security of a server (section 7.1.2); before
// version 3.7 it is one of four bytes.
func vncOffers(m *Message, s *Sink) {
	c := m.Read()
	if len(m.Body) >= 4 && m.Body[0] == 0 {
		m.Memory[0] |= vncChosen
		switch c.U32() {
		case 1:
			s.Undergone(tyto.Login, "vnc no authentication", nil, "")
			s.Done()
		case 2:
			s.Op("vnc password")
		}
		if len(m.Body) >= 20 {
			m.Memory[0] |= vncChallenged
		}
		return
	}
	for range min(c.U8(), 16) {
		if c.U8() == 1 {
			s.Sender(tyto.Clue, vncNone, tyto.Stated, "vnc.security_type")
		}
	}
}

var vncNone = []byte("no authentication")

// vncLogin tells which kind of security was chosen (section 8.1.2).
func vncLogin(s *Sink, kind uint8) {
	switch kind {
	case 1:
		s.Did(tyto.Login, "vnc no authentication", nil, "")
		s.Done()
	case 2:
		s.Op("vnc password")
	default: // what follows is the vendor's
		s.Op("vnc other authentication")
		s.Done()
	}
}
