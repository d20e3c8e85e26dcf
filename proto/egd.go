package proto

import (
	"tyto/frame"
	"tyto/tyto"
)

// Ethernet Global Data of GE Fanuc controllers (GFK-2224).
func init() {
	register(Dissector{
		Name: "egd", Industrial: true,
		Where:    []Where{UDP(18246)},
		Anywhere: true, First: "\x0d",
		Is: isEGD, Tell: tellEGD,
	})
}

const egdHeader = 32 // its length, in bytes

var (
	egdProducer = []byte("egd producer")
	egdConsumer = []byte("egd consumer")
)

// isEGD wants a data message whose producer, elsewhere than on its port, is named by its own address.
func isEGD(m *Message) bool {
	c := m.Read()
	kind, version := c.U8(), c.U8()
	c.Skip(2)
	producer := c.IPv4()
	if c.Short() || len(m.Body) < egdHeader || kind != 13 || version != 1 {
		return false
	}
	return m.Frame.DstPort == 18246 || m.Frame.SrcPort == 18246 || producer == m.Frame.Src
}

// tellEGD tells who produces an exchange of data, once, and whether it says that its data is not good.
func tellEGD(m *Message, s *Sink) {
	s.Op("egd data")
	c := m.Read()
	c.Skip(4)
	producer := c.Bytes(4)
	exchange := c.L32()
	c.Skip(8)
	status := c.L32()
	if c.Short() || len(m.Body) < egdHeader {
		s.Malformed("egd: header")
		return
	}
	s.Asks(m, egdProducer, "egd.pid")
	if m.Memory[3]&4 == 0 {
		m.Memory[3] |= 4
		s.Receiver(tyto.Role, egdConsumer, tyto.Shown, "egd.exid")
		if b := s.Scratch(16); b != nil {
			a := frame.AddrOf(producer)
			s.Sender(tyto.Clue, a.Append(b[:0]), tyto.Stated, "egd.pid")
		}
		s.Number(tyto.Clue, uint64(exchange), tyto.Stated, "egd.exid")
	}
	if status&0xffff > 1 {
		s.Op("egd data not good")
	}
}
