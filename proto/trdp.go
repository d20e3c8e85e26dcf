package proto

import (
	"bytes"
	"hash/crc32"

	"tyto/frame"
	"tyto/tyto"
)

// TRDP, the train real-time data protocol (IEC 61375-2-3 annex A): process
// data (PD) and messages (MD) between devices of a train.
func init() {
	register(Dissector{
		Name: "trdp", Industrial: true,
		Where:    []Where{UDP(17224), UDP(17225), TCP(17225)},
		Anywhere: true, First: "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f",
		Is: isTRDP, Split: splitTRDP, Tell: tellTRDP,
	})
}

const (
	trdpPD = 40 // length of a header of process data, and of a message
	trdpMD = 116
)

// trdpTypes are the messages, by their two letters.
var trdpTypes = [...]struct{ name, op string }{{"Pd", "trdp process data"}, {"Pp", "trdp process data reply"}, {"Pr", "trdp process data request"},
	{"Pe", "trdp process data error"}, {"Mn", "trdp notification"}, {"Mr", "trdp message request"}, {"Mp", "trdp message reply"},
	{"Mq", "trdp message reply"}, {"Mc", "trdp message confirm"}, {"Me", "trdp message error"}}

var (
	trdpDevice = []byte("trdp device")
	trdpCaller = []byte("trdp caller")
)

// trdpRead reads a header whose checksum is right: which of the types it is,
// its length and that of the data, which is filled up to four bytes.
func trdpRead(b []byte) (kind, header, length int) {
	c := frame.Read(b)
	c.Skip(4)
	version, name := c.U16(), c.Bytes(2)
	c.Skip(12)
	n := c.U32()
	if c.Short() || version>>8 != 1 || n > 1<<16 {
		return -1, 0, 0
	}
	for i := range trdpTypes {
		if string(name) != trdpTypes[i].name {
			continue
		}
		if header = trdpPD; name[0] == 'M' {
			header = trdpMD
		}
		if len(b) < header {
			return i, header, 0
		}
		sum := frame.Read(b[header-4 : header])
		if crc32.ChecksumIEEE(b[:header-4]) != sum.L32() {
			return -1, 0, 0
		}
		return i, header, int(n+3) &^ 3
	}
	return -1, 0, 0
}

func isTRDP(m *Message) bool {
	kind, header, _ := trdpRead(m.Body)
	return kind >= 0 && len(m.Body) >= header
}

func splitTRDP(m *Message) int {
	kind, header, n := trdpRead(m.Body)
	switch {
	case len(m.Body) < trdpPD || kind >= 0 && len(m.Body) < header:
		return 0
	case kind < 0:
		return -1
	}
	return header + n
}

func tellTRDP(m *Message, s *Sink) {
	kind, header, n := trdpRead(m.Body)
	if kind < 0 || len(m.Body) < header {
		s.Malformed("trdp: checksum of the header")
		return
	}
	if header+n > len(m.Body)+3 && !m.Cut {
		s.Malformed("trdp: length of the data")
	}
	c := m.Read()
	c.Skip(8)
	id := c.U32()
	s.Op(trdpTypes[kind].op)
	switch trdpTypes[kind].name {
	case "Pd", "Pp": // from any port
		s.Asks(m, trdpDevice, "trdp.type")
	case "Mp", "Mq", "Me":
		s.Serves(m, trdpDevice, "trdp", "trdp.type")
	default:
		s.Asks(m, trdpCaller, "trdp.type")
	}
	if m.Memory[3]>>32 != uint64(id)|1<<31 { // what is published, when it changes
		m.Memory[3] = m.Memory[3]&0xffffffff | (uint64(id)|1<<31)<<32
		s.Number(tyto.Clue, uint64(id), tyto.Stated, "trdp.comid")
	}
	if header == trdpMD {
		c.Skip(12 + 4 + 16 + 4) // counters, length, status, session, time-out
		s.Sender(tyto.Clue, bytes.TrimRight(c.Bytes(32), "\x00"), tyto.Stated, "trdp.source_uri")
		s.Receiver(tyto.Clue, bytes.TrimRight(c.Bytes(32), "\x00"), tyto.Shown, "trdp.destination_uri")
	}
}
