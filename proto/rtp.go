package proto

import (
	"tyto/proto/phrase"
	"tyto/tyto"
)

// The Real-time Transport Protocol, RFC 3550. It has no mark of its own: a
// stream is known by two packets in order from one source.
func init() {
	register(Dissector{
		Name:     "rtp",
		Where:    []Where{UDP(5004)},
		Anywhere: true, First: "\x80\x90\xa0\xb0",
		Is: isRTP, Tell: tellRTP,
	})
}

// What Memory says: the last packet seen of each direction, in 2 and 3; the types told, in 0.
const (
	rtpSeen  = 1 << 63
	rtpKnown = 1 << 62
)

func isRTP(m *Message) bool {
	c := m.Read()
	first, kind, seq := c.U8(), c.U8()&0x7f, c.U16()
	c.U32()
	source := c.U32()
	c.Skip(4 * int(first&15))
	if first&0x10 != 0 {
		c.U16()
		c.Skip(4 * int(c.U16()))
	}
	if c.Short() || c.Len() == 0 || first>>6 != 2 || source == 0 || !rtpType(kind) || m.Frame.SrcPort < 1024 || m.Frame.DstPort < 1024 {
		return false
	}
	if m.Memory[2]&rtpKnown != 0 {
		return true
	}
	at := 2
	if m.ToServer {
		at = 3
	}
	last := m.Memory[at]
	m.Memory[at] = rtpSeen | uint64(kind)<<48 | uint64(seq)<<32 | uint64(source)
	step := seq - uint16(last>>32)
	if last&rtpSeen == 0 || uint32(last) != source || byte(last>>48)&0x7f != kind || step == 0 || step > 3 {
		return false
	}
	m.Memory[2] = rtpKnown
	return true
}

// rtpType reports whether a payload type is assigned (RFC 3551 section 6) or
// dynamic, and not that of RTCP.
func rtpType(kind byte) bool {
	switch {
	case kind <= 18 && kind != 2, kind == 25, kind == 26, kind == 28, kind >= 31 && kind <= 34, kind >= 96:
		return true
	}
	return false
}

func tellRTP(m *Message, s *Sink) {
	c := m.Read()
	c.U8()
	kind := c.U8() & 0x7f
	s.Op(rtpOp(kind))
	if m.Memory[0] != uint64(kind)+1 {
		m.Memory[0] = uint64(kind) + 1
		s.Sender(tyto.Clue, phrase.Number(s.Scratch(3)[:0], uint64(kind)), tyto.Stated, "rtp.p_type")
	}
}

func rtpOp(kind byte) string {
	switch {
	case kind <= 18:
		return "rtp audio"
	case kind < 35:
		return "rtp video"
	}
	return "rtp dynamic"
}
