package proto

import (
	"bytes"

	"tyto/frame"
	"tyto/tyto"
)

// The laboratory protocol of CLSI LIS1-A2 (frames, once ASTM E1381) and LIS2-A2
// (records, once ASTM E1394) on TCP. Only the header record is read; patients,
// orders and results are in others, of which only the kind is counted.
func init() {
	register(Dissector{
		Name:     "astm",
		Where:    []Where{TCP(4000), TCP(5000), TCP(3001)},
		Anywhere: true, First: "\x02\x05H",
		Is: isASTM, Split: splitASTM, Tell: tellASTM,
	})
}

const (
	astmSTX = 2
	astmETX = 3
	astmEOT = 4
	astmENQ = 5
	astmACK = 6
	astmNAK = 0x15
	astmETB = 0x17

	astmInside = 1 << 2 // in Memory[3]: the text of the last frame goes on in the next; the server's is one bit further
)

var (
	astmInstrument = []byte("lis2 instrument")
	astmHost       = []byte("lis2 host")
	astmBegin      = []byte(`H|\^&|`)
)

// isASTM wants a frame with the header record in it, with its own delimiters.
func isASTM(m *Message) bool {
	b := bytes.TrimLeft(m.Body, "\x05")
	if len(b) > 2 && b[0] == astmSTX && b[1] >= '0' && b[1] <= '7' {
		b = b[2:]
	}
	return bytes.HasPrefix(b, astmBegin)
}

// splitASTM cuts control characters, and frames up to the line feed that ends them.
func splitASTM(m *Message) int {
	b := m.Body
	switch {
	case len(b) == 0:
		return 0
	case b[0] == astmSTX || b[0] >= 'A' && b[0] <= 'Z':
		if i := bytes.IndexAny(b[1:], "\n\x02\x05\x04"); i >= 0 {
			if b[i+1] == '\n' {
				return i + 2
			}
			return i + 1
		}
		if len(b) >= MaxMessage {
			return len(b)
		}
		return 0
	}
	return 1
}

func tellASTM(m *Message, s *Sink) {
	c := m.Read()
	inside := uint64(astmInside)
	if !m.ToServer {
		inside <<= 1
	}
	switch first := c.U8(); {
	case first == astmSTX:
		if number := c.U8(); number < '0' || number > '7' {
			s.Malformed("astm: number of a frame")
			return
		}
	case first == astmNAK:
		s.Op("astm refused")
		return
	case first >= 'A' && first <= 'Z': // records without frames
		c = m.Read()
	default:
		return
	}
	text := c.Rest()
	if i := bytes.IndexAny(text, "\x03\x17"); i >= 0 {
		if rest := text[i:]; !m.Cut && !astmSummed(m.Body[1:len(m.Body)-len(rest)+1], rest[1:]) {
			s.Malformed("astm: checksum")
			return
		}
		text = text[:i+1]
	}
	for first := true; len(text) > 1; first = false {
		end := bytes.IndexAny(text, "\r\x03\x17")
		if end < 0 {
			end = len(text)
		}
		if !first || m.Memory[3]&inside == 0 {
			tellASTMRecord(m, s, text[:end])
		}
		if text = text[min(end, len(text)):]; len(text) > 0 && text[0] == '\r' {
			text = text[1:]
		}
	}
	m.Memory[3] &^= inside
	if len(text) > 0 && text[0] == astmETB {
		m.Memory[3] |= inside
	}
}

// astmSummed reports whether two digits are the sum of what stands between STX and them.
func astmSummed(b, digits []byte) bool {
	if len(digits) < 2 {
		return false
	}
	sum := byte(0)
	for _, x := range b {
		sum += x
	}
	return astmDigit(digits[0]) == sum>>4 && astmDigit(digits[1]) == sum&15
}

func astmDigit(b byte) byte {
	switch {
	case b >= '0' && b <= '9':
		return b - '0'
	case b|0x20 >= 'a' && b|0x20 <= 'f':
		return b | 0x20 - 'a' + 10
	}
	return 0xff
}

func tellASTMRecord(m *Message, s *Sink, record []byte) {
	if len(record) < 2 || record[1] != '|' {
		return
	}
	switch record[0] {
	case 'H':
		s.Op("astm header")
		tellASTMHeader(m, s, record)
	case 'P':
		s.Op("astm patient")
	case 'O':
		s.Op("astm order")
	case 'R':
		s.Op("astm result")
		if m.Memory[3]&(1<<4) == 0 {
			m.Memory[3] |= 1 << 4
			s.Sender(tyto.Role, astmInstrument, tyto.Shown, "astm.record")
			s.Receiver(tyto.Role, astmHost, tyto.Shown, "astm.record")
		}
	case 'Q':
		s.Op("astm query")
	case 'C', 'S', 'M', 'L':
		s.Op("astm other record")
	default:
		s.Malformed("astm: type of a record")
	}
}

// tellASTMHeader tells the sender (LIS2-A2 section 6.5: name, version, serial
// number, and what else its maker puts there) and the receiver (6.10). The
// password (6.4) is passed over.
func tellASTMHeader(m *Message, s *Sink, record []byte) {
	c := frame.Read(record)
	var fields [14][]byte
	for i := range fields {
		if c.Len() == 0 {
			break
		}
		if fields[i] = c.Until("|"); c.Short() {
			break
		}
	}
	sender := fields[4]
	for i := range 4 {
		part := sender
		if j := bytes.IndexByte(sender, '^'); j >= 0 {
			part, sender = sender[:j], sender[j+1:]
		} else {
			sender = nil
		}
		switch {
		case i == 0:
			s.Sender(tyto.Model, part, tyto.Shown, "astm.H.5")
		case i == 1 && len(part) > 0 && part[0] >= '0' && part[0] <= '9':
			s.Sender(tyto.Firmware, part, tyto.Shown, "astm.H.5.2")
		default:
			s.Sender(tyto.Clue, part, tyto.Stated, "astm.H.5.3")
		}
	}
	s.Receiver(tyto.Clue, fields[9], tyto.Shown, "astm.H.10")
}
