package proto

import (
	"tyto/frame"
	"tyto/proto/phrase"
	"tyto/tyto"
)

// The RTP Control Protocol, RFC 3550 section 6: reports on streams of RTP.
func init() {
	register(Dissector{
		Name:     "rtcp",
		Where:    []Where{UDP(5005)},
		Anywhere: true, First: "\x80\x81\x82\x83\xa0\xa1",
		Is: isRTCP, Tell: tellRTCP,
	})
}

// rtcpMost is how many packets of one datagram are looked at.
const rtcpMost = 12

// isRTCP walks over the packets: the first is a report, and their lengths add up.
func isRTCP(m *Message) bool {
	c := m.Read()
	for i := 0; i < rtcpMost && c.Len() > 0; i++ {
		first, kind, words := c.U8(), c.U8(), int(c.U16())
		if c.Short() || first>>6 != 2 || kind < 200 || kind > 207 {
			return i > 0 && m.Memory[0] != 0 // SRTCP ends in what is no packet
		}
		if i == 0 && !rtcpReport(first, kind, words) {
			return false
		}
		c.Skip(4 * words)
		if c.Short() {
			return m.Frame.Missing > 0 && i > 0
		}
	}
	return c.Len() == 0 && len(m.Body) >= 8
}

// rtcpReport reports whether a first packet is as long as its count of reports says, or longer by an extension.
func rtcpReport(first, kind byte, words int) bool {
	reports := int(first & 31)
	switch kind {
	case 200:
		return words >= 6+6*reports && words <= 24+6*reports
	case 201:
		return words >= 1+6*reports && words <= 16+6*reports
	}
	return false
}

func tellRTCP(m *Message, s *Sink) {
	m.Memory[0] = 1
	c := m.Read()
	for i := 0; i < rtcpMost && c.Len() >= 4; i++ {
		first, kind, words := c.U8(), c.U8(), int(c.U16())
		body := c.Sub(4 * words)
		switch kind {
		case 200:
			s.Op("rtcp sender report")
		case 201:
			s.Op("rtcp receiver report")
		case 202:
			s.Op("rtcp source description")
			rtcpDescription(s, int(first&31), body)
		case 203:
			s.Op("rtcp goodbye")
		default:
			s.Op("rtcp other")
		}
	}
}

// rtcpDescription tells the program; the name of who speaks is not told.
func rtcpDescription(s *Sink, chunks int, c frame.Cursor) {
	if chunks == 0 {
		return
	}
	c.U32()
	for n := 0; n < 16 && c.Len() >= 2; n++ {
		kind := c.U8()
		if kind == 0 {
			return
		}
		if v := c.Bytes(int(c.U8())); kind == 6 {
			s.Sender(tyto.Clue, phrase.Text(v), tyto.Stated, "rtcp.sdes.text")
		}
	}
}
