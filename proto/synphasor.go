package proto

import (
	"bytes"
	"strconv"

	"tyto/frame"
	"tyto/tyto"
)

// IEEE C37.118.2 (2005, 2011), synchrophasors.
func init() {
	register(Dissector{
		Name: "synphasor", Industrial: true,
		Where:    []Where{TCP(4712), UDP(4713), UDP(4712), TCP(4713)},
		Anywhere: true, First: "\xaa",
		Is: isSynphasor, Split: splitSynphasor, Tell: tellSynphasor,
	})
}

// Types of frames (clause 6.2).
const (
	synData = iota
	synHeader
	synConfig1
	synConfig2
	synCommand
	synConfig3
)

const (
	synLeast    = 16 // of a frame, in bytes
	synStations = 30 // of a configuration that are looked at
)

// In Memory[3].
const (
	synToldClient = 1
	synToldServer = 2
)

var (
	synClient = []byte("synchrophasor client")
	synPMU    = []byte("pmu")
	synPDC    = []byte("phasor data concentrator")
)

var synSum = func() (t [256]uint16) {
	for i := range t {
		x := uint16(i) << 8
		for range 8 {
			if x&0x8000 != 0 {
				x = x<<1 ^ 0x1021
			} else {
				x <<= 1
			}
		}
		t[i] = x
	}
	return t
}()

// synSummed reports whether the frame ends with its checksum (CRC-CCITT).
func synSummed(b []byte) bool {
	x := uint16(0xffff)
	for _, c := range b[:len(b)-2] {
		x = x<<8 ^ synSum[byte(x>>8)^c]
	}
	return byte(x>>8) == b[len(b)-2] && byte(x) == b[len(b)-1]
}

// isSynphasor wants a whole frame with its checksum; on its ports of a longer
// one the beginning is enough.
func isSynphasor(m *Message) bool {
	n := splitSynphasor(m)
	switch {
	case n < synLeast:
		return false
	case n <= len(m.Body):
		return synSummed(m.Body[:n])
	}
	p := m.Frame
	return len(m.Body) >= 14 && (p.SrcPort == 4712 || p.DstPort == 4712 || p.SrcPort == 4713 || p.DstPort == 4713)
}

func splitSynphasor(m *Message) int {
	c := m.Read()
	sync, kind, n := c.U8(), c.U8(), int(c.U16())
	switch {
	case c.Short():
		return 0
	case sync != 0xaa || kind > synConfig3<<4|0xf || kind&0xf == 0 || kind&0xf > 3 || n < synLeast:
		return -1
	}
	return n
}

func tellSynphasor(m *Message, s *Sink) {
	n := splitSynphasor(m)
	switch {
	case n < synLeast || n > len(m.Body) && !m.Cut:
		s.Malformed("synphasor: header")
		return
	case !m.Cut && !synSummed(m.Body[:n]):
		s.Malformed("synphasor: checksum")
		return
	}
	c := m.Read()
	c.Skip(1)
	kind := c.U8() >> 4
	c.Skip(12)
	switch kind {
	case synData:
		s.Op("synphasor data")
	case synHeader:
		s.Op("synphasor header")
	case synConfig1, synConfig2:
		s.Op("synphasor configuration")
		synConfiguration(m, s, &c)
	case synConfig3:
		s.Op("synphasor configuration 3")
	case synCommand:
		synCommanded(m, s, &c)
	}
	if kind != synCommand && kind != synConfig1 && kind != synConfig2 {
		synProvides(m, s, 1)
	}
}

func synCommanded(m *Message, s *Sink, c *frame.Cursor) {
	if m.Memory[3]&synToldClient == 0 {
		m.Memory[3] |= synToldClient
		s.Sender(tyto.Role, synClient, tyto.Shown, "synphasor.command")
	}
	switch c.U16() {
	case 1:
		s.Did(tyto.Stop, "synphasor data transmission off", nil, "")
	case 2:
		s.Did(tyto.Start, "synphasor data transmission on", nil, "")
	case 3, 4, 5, 6:
		s.Did(tyto.Identify, "synphasor send configuration", nil, "")
	case 8:
		s.Did(tyto.Execute, "synphasor extended frame", nil, "")
	default:
		s.Malformed("synphasor: command")
	}
}

// synProvides tells once a conversation who measures, or gathers for several that do.
func synProvides(m *Message, s *Sink, stations uint16) {
	if m.Memory[3]&synToldServer != 0 {
		return
	}
	m.Memory[3] |= synToldServer
	if stations > 1 {
		s.Sender(tyto.Role, synPDC, tyto.Shown, "synphasor.conf.numpmu")
	} else {
		s.Sender(tyto.Role, synPMU, tyto.Shown, "synphasor.frtype")
	}
	if m.Frame.Proto == frame.TCP && !m.ToServer {
		b := strconv.AppendUint(append(s.Scratch(24)[:0], "tcp/"...), uint64(m.Frame.SrcPort), 10)
		s.Sender(tyto.Provides, append(b, " synphasor"...), tyto.Shown, "synphasor.frtype")
	}
}

// synConfiguration reads the names of the stations (clause 6.4, table 9).
func synConfiguration(m *Message, s *Sink, c *frame.Cursor) {
	c.Skip(4)
	count := c.U16()
	synProvides(m, s, count)
	for range min(count, synStations) {
		name := bytes.TrimRight(c.Bytes(16), " \x00")
		id := c.U16()
		c.Skip(2)
		phasors, analogs, digitals := int(c.U16()), int(c.U16()), int(c.U16())
		c.Skip(16*(phasors+analogs+16*digitals) + 4*(phasors+analogs+digitals) + 4)
		if c.Short() {
			if !m.Cut {
				s.Malformed("synphasor: configuration")
			}
			return
		}
		if count == 1 {
			s.Sender(tyto.Description, name, tyto.Stated, "synphasor.station_name")
			s.Sender(tyto.Clue, strconv.AppendUint(s.Scratch(5)[:0], uint64(id), 10), tyto.Stated, "synphasor.idcode_data_source")
			continue
		}
		s.Part(id, tyto.Clue, name, tyto.Stated, "synphasor.station_name")
	}
}
