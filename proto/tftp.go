package proto

import (
	"bytes"

	"tyto/frame"
	"tyto/proto/phrase"
	"tyto/proto/transfer"
	"tyto/tyto"
)

// The Trivial File Transfer Protocol, RFC 1350, with options (RFC 2347). A
// transfer goes on from a port that the server chooses.
func init() {
	register(Dissector{
		Name:     "tftp",
		Where:    []Where{UDP(69)},
		Anywhere: true, First: "\x00",
		Is: isTFTP, Tell: tellTFTP,
	})
}

// Kinds of packets.
const (
	tftpRead    = 1
	tftpWrite   = 2
	tftpData    = 3
	tftpAck     = 4
	tftpError   = 5
	tftpOptions = 6
)

// Memory of a conversation: [0] is what is known of it, [1] the hash of the data
// so far, [2] its size and above that the block that is expected, [3] the length of a whole block.
const (
	tftpKnown = 1
	tftpOver  = 2
)

func isTFTP(m *Message) bool {
	c := m.Read()
	op := c.U16()
	f := m.Frame
	port := f.DstPort == 69 || f.SrcPort == 69
	n := len(m.Body) + f.Missing
	switch op {
	case tftpRead, tftpWrite:
		name, mode := c.Until("\x00"), c.Until("\x00")
		return !c.Short() && len(name) > 0 && len(phrase.Text(name)) == len(name) && tftpMode(mode)
	case tftpData: // elsewhere only the first block, if it is whole
		block := c.U16()
		return port && n >= 4 || m.Memory[0] != 0 && n >= 4 || block == 1 && (n == 516 || n == 1432 || n == 1472)
	case tftpAck:
		return n == 4 && (port || m.Memory[0] != 0)
	case tftpError:
		return c.U16() <= 8 && (port || m.Memory[0] != 0) && n > 4
	case tftpOptions:
		return c.Has("blksize\x00") || c.Has("tsize\x00") || c.Has("timeout\x00") || c.Has("windowsize\x00")
	}
	return false
}

func tftpMode(mode []byte) bool {
	return bytes.EqualFold(mode, []byte("octet")) || bytes.EqualFold(mode, []byte("netascii")) || bytes.EqualFold(mode, []byte("mail"))
}

var (
	tftpServer = []byte("tftp server")
	tftpClient = []byte("tftp client")
)

func tellTFTP(m *Message, s *Sink) {
	c := m.Read()
	op := c.U16()
	if m.Memory[0] == 0 { // from here on its packets are known by their kind
		sum := transfer.Begin()
		m.Memory[0], m.Memory[1], m.Memory[2] = tftpKnown, sum.Hash, 1<<32
	}
	switch op {
	case tftpRead, tftpWrite:
		name := phrase.Text(c.Until("\x00"))
		s.Sender(tyto.Role, tftpClient, tyto.Shown, "tftp.opcode")
		if op == tftpRead { // what a device boots or is configured from says what it is
			s.Sender(tyto.Clue, name, tyto.Stated, "tftp.source_file")
			s.Did(tyto.Transfer, "tftp read", name, "")
		} else {
			s.Did(tyto.Transfer, "tftp write", name, "")
		}
	case tftpData:
		s.Op("tftp data")
		tftpSum(m, s, c)
	case tftpAck:
		s.Op("tftp ack")
	case tftpError:
		s.Op("tftp error")
	case tftpOptions:
		s.Op("tftp options")
		s.Sender(tyto.Role, tftpServer, tyto.Shown, "tftp.opcode")
	}
	if c.Short() && m.Frame.Missing == 0 {
		s.Malformed("tftp: packet ends early")
	}
}

// tftpSum sums up the blocks of a file in their order, and tells when the last
// is there, which is shorter than the others. Who serves, begins this conversation
// from a port of its own, and so counts as its client.
func tftpSum(m *Message, s *Sink, c frame.Cursor) {
	block, data := c.U16(), c.Rest()
	expected := uint16(m.Memory[2] >> 32)
	onPort69 := m.Frame.SrcPort == 69 || m.Frame.DstPort == 69
	if block != expected || m.Memory[0]&tftpOver != 0 || m.Frame.Missing > 0 {
		return
	}
	sum := transfer.Sum{Hash: m.Memory[1], Size: uint32(m.Memory[2])}
	sum.Add(data)
	m.Memory[1], m.Memory[2] = sum.Hash, uint64(block+1)<<32|uint64(sum.Size)
	if block == 1 && m.Memory[3] == 0 {
		m.Memory[3] = uint64(max(len(data), 512))
	}
	b := s.Scratch(transfer.Longest)
	if uint64(len(data)) >= m.Memory[3] || b == nil || onPort69 {
		return
	}
	m.Memory[0] |= tftpOver
	if m.ToServer { // the server sends what was read
		s.Undergone(tyto.Transfer, "tftp file read", sum.Append(b[:0]), "ok")
	} else {
		s.Did(tyto.Transfer, "tftp file written", sum.Append(b[:0]), "ok")
	}
}
