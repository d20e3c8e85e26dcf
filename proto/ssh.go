package proto

import (
	"bytes"
	"strconv"

	"tyto/frame"
	"tyto/proto/tlshello"
	"tyto/tyto"
)

// Secure Shell (RFC 4253), up to where the encryption begins.
func init() {
	register(Dissector{
		Name:     "ssh",
		Where:    []Where{TCP(22), TCP(830), TCP(2222)},
		Anywhere: true, First: "S",
		Is: isSSH, Split: splitSSH, Tell: tellSSH,
	})
}

// What Memory[0] of a conversation keeps, for the client; shifted by sshOther for the server.
const (
	sshBanner = 1 << iota
	sshKexInit
	sshOther = 8
)

// RFC 4253 sections 4.2 and 6.1.
const (
	sshMaxLine   = 255
	sshMaxPacket = 35000
	sshKexInitID = 20
)

func isSSH(m *Message) bool {
	b := m.Body
	return len(b) >= 8 && string(b[:4]) == "SSH-" && b[4] >= '1' && b[4] <= '2' && b[5] == '.' && b[6] >= '0' && b[6] <= '9'
}

// sshSide is the bit of Memory[0] for the message's sender.
func sshSide(m *Message, bit uint64) uint64 {
	if m.ToServer {
		return bit
	}
	return bit << sshOther
}

func splitSSH(m *Message) int {
	b := m.Body
	if m.Memory[0]&sshSide(m, sshBanner) == 0 {
		i := bytes.IndexByte(b, '\n')
		switch {
		case i < 0 && len(b) > 4*sshMaxLine:
			return -1
		case i < 0 && bytes.HasPrefix(b, []byte("SSH-")) && bytes.IndexByte(b, '\r') > 0:
			return bytes.IndexByte(b, '\r') + 1
		}
		return i + 1
	}
	c := frame.Read(b)
	n := c.U32()
	switch {
	case c.Short():
		return 4
	case n < 5 || n > sshMaxPacket:
		return -1
	}
	return 4 + int(n)
}

func tellSSH(m *Message, s *Sink) {
	if m.Memory[0]&sshSide(m, sshBanner) == 0 {
		if line := bytes.TrimRight(m.Body, "\r\n"); bytes.HasPrefix(line, []byte("SSH-")) {
			m.Memory[0] |= sshSide(m, sshBanner)
			tellBanner(m, s, line)
		}
		return
	}
	c := m.Read()
	c.Skip(4)
	padding, id := int(c.U8()), c.U8()
	if id != sshKexInitID { // keys are agreed; SSH 1 has no such message
		s.Done()
		return
	}
	s.Op("ssh kexinit")
	c = c.Sub(max(c.Len()-padding, 0))
	tellKexInit(m, s, c)
	m.Memory[0] |= sshSide(m, sshKexInit)
	doneSSH(m, s)
}

// tellBanner tells "SSH-2.0-OpenSSH_9.2p1 Debian-2".
func tellBanner(m *Message, s *Sink, line []byte) {
	if len(line) > sshMaxLine {
		s.Malformed("ssh: version longer than 255 bytes")
		line = line[:sshMaxLine]
	}
	s.Op("ssh version")
	s.Sender(tyto.Clue, line, tyto.Stated, "ssh.protocol")
	_, product, _ := bytes.Cut(line[4:], []byte{'-'})
	if b := s.Scratch(16 + len(product)); b != nil && !m.ToServer {
		text := strconv.AppendUint(append(b[:0], "tcp/"...), uint64(m.Frame.SrcPort), 10)
		text = append(append(text, " ssh "...), product...)
		s.Sender(tyto.Provides, bytes.TrimRight(text, " "), tyto.Stated, "ssh.protocol")
	}
	if bytes.HasPrefix(line, []byte("SSH-1.")) && !bytes.HasPrefix(line, []byte("SSH-1.99")) {
		s.Op("ssh version 1")
		m.Memory[0] |= sshSide(m, sshKexInit) // there is none
		doneSSH(m, s)
	}
}

// doneSSH ends the matter when both sides have said what they will.
func doneSSH(m *Message, s *Sink) {
	const both = sshKexInit | sshKexInit<<sshOther
	if m.Memory[0]&both == both {
		s.Done()
	}
}

// tellKexInit tells the fingerprint HASSH (Salesforce, BSD-3-Clause): the MD5
// of the lists of algorithms that the sender offers for its own direction.
func tellKexInit(m *Message, s *Sink, c frame.Cursor) {
	c.Skip(16) // cookie
	// RFC 4253 section 7.1: key exchange, host keys, then ciphers, MACs and
	// compressions, each for client to server and for server to client.
	var lists [8][]byte
	for i := range lists {
		lists[i] = c.Bytes(int(c.U32()))
	}
	if c.Short() {
		if !m.Cut {
			s.Malformed("ssh: kexinit")
		}
		return
	}
	field, full, way := "ssh.kex.hassh", "ssh.kex.hassh_algorithms", 0
	if !m.ToServer {
		field, full, way = "ssh.kex.hasshserver", "ssh.kex.hasshserver_algorithms", 1
	}
	parts := [...][]byte{lists[0], lists[2+way], lists[4+way], lists[6+way]}
	n := 3
	for _, p := range parts {
		n += len(p)
	}
	text := s.Scratch(n)
	if text == nil {
		return
	}
	text = text[:0]
	for i, p := range parts {
		if i > 0 {
			text = append(text, ';')
		}
		text = append(text, p...)
	}
	if b := s.Scratch(32); b != nil {
		s.Sender(tyto.Clue, tlshello.AppendMD5(b[:0], text), tyto.Stated, field)
	}
	s.Sender(tyto.Clue, text, tyto.Stated, full)
	if !m.ToServer {
		s.Sender(tyto.Clue, lists[1], tyto.Stated, "ssh.server_host_key_algorithms")
	}
}
