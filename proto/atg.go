package proto

import (
	"bytes"
	"strconv"

	"tyto/frame"
	"tyto/tyto"
)

// The serial protocol of Veeder-Root's automatic tank gauges (TLS-300, TLS-350
// serial interface manual 576013-635) as it is spoken on TCP.
func init() {
	register(Dissector{
		Name: "atg", Industrial: true,
		Where: []Where{TCP(10001)},
		Is:    isATG, Tell: tellATG,
	})
}

const (
	atgToldClient = 1 // in Memory[3]
	atgToldServer = 2
)

var (
	atgClient  = []byte("tank gauge client")
	atgServer  = []byte("tank gauge")
	atgVendor  = []byte("Veeder-Root")
	atgModel   = []byte("TLS")
	atgVersion = []byte("VERSION ")
)

// atgCommand is the function that a message asks for or answers: I or S and five digits.
func atgCommand(b []byte) []byte {
	if i := bytes.IndexByte(b, 1); i >= 0 && i < 2 {
		b = b[i+1:]
	}
	b = bytes.TrimLeft(b, "\r\n")
	if len(b) < 6 || b[0]|0x20 != 'i' && b[0]|0x20 != 's' {
		return nil
	}
	for i, x := range b[1:6] {
		if (x < '0' || x > '9') && (i < 3 || x|0x20 < 'a' || x|0x20 > 'f') {
			return nil
		}
	}
	return b[:6]
}

func isATG(m *Message) bool { return len(m.Body) >= 7 && m.Body[0] == 1 && atgCommand(m.Body) != nil }

func tellATG(m *Message, s *Sink) {
	command := atgCommand(m.Body)
	switch {
	case m.ToServer:
		atgAsked(m, s, command)
	case bytes.Contains(m.Body, []byte("9999FF1B")): // as an answer to what it does not know
		s.Op("atg refused")
	case command != nil:
		atgAnswered(m, s, command)
	}
}

func atgAsked(m *Message, s *Sink, command []byte) {
	if command == nil {
		return
	}
	if m.Memory[3]&atgToldClient == 0 {
		m.Memory[3] |= atgToldClient
		s.Sender(tyto.Role, atgClient, tyto.Shown, "atg.function")
	}
	switch {
	case command[0]|0x20 == 's':
		s.Did(tyto.Configure, "atg set", command, "")
	case string(command[1:4]) == "902":
		s.Did(tyto.Identify, "atg revision", command, "")
	default:
		s.Op("atg inquire")
	}
}

// atgAnswered reads an answer: the function, the time, up to four lines that
// name the station, and what was asked for.
func atgAnswered(m *Message, s *Sink, command []byte) {
	if m.Memory[3]&atgToldServer == 0 {
		m.Memory[3] |= atgToldServer
		s.Sender(tyto.Role, atgServer, tyto.Shown, "atg.function")
		s.Sender(tyto.Vendor, atgVendor, tyto.Shown, "atg.function")
		s.Sender(tyto.Model, atgModel, tyto.Stated, "atg.function") // only these consoles, and what stands in for them, have these functions
		b := strconv.AppendUint(append(s.Scratch(16)[:0], "tcp/"...), uint64(m.Frame.SrcPort), 10)
		s.Sender(tyto.Provides, append(b, " atg"...), tyto.Shown, "atg.function")
	}
	if string(command[1:4]) != "902" {
		return
	}
	c := m.Read()
	c.Until(string(atgVersion))
	if c.Short() {
		c = frame.Cursor{}
	}
	version := bytes.TrimSpace(c.Line())
	if len(version) > 0 && len(version) < 20 {
		s.Sender(tyto.Firmware, version, tyto.Stated, "atg.version")
	}
}
