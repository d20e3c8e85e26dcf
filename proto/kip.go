package proto

import (
	"bytes"
	"strconv"

	"tyto/frame"
	"tyto/tyto"
)

// KNXnet/IP (EN ISO 22510, KNX System Specifications 03_08) with the telegrams
// of KNX in it (03_06_03 cEMI, 03_03_07 application layer).
func init() {
	register(Dissector{
		Name: "kip", Industrial: true,
		Where:    []Where{UDP(3671), TCP(3671)},
		Anywhere: true, First: "\x06",
		Is: isKIP, Split: splitKIP, Tell: tellKIP,
	})
}

const (
	kipHeader     = 6
	kipToldClient = 1 // in Memory[3]
	kipToldServer = 2
)

// kipOp is the name of a service, "" if there is none of the number.
func kipOp(service uint16) string {
	switch service {
	case 0x0201:
		return "kip SearchReq"
	case 0x0202:
		return "kip SearchResp"
	case 0x0203:
		return "kip DescrReq"
	case 0x0204:
		return "kip DescrResp"
	case 0x0205:
		return "kip ConnectReq"
	case 0x0206:
		return "kip ConnectResp"
	case 0x0207, 0x0208:
		return "kip ConnState"
	case 0x0209, 0x020a:
		return "kip Disconnect"
	case 0x020b:
		return "kip SearchReqExt"
	case 0x020c:
		return "kip SearchRespExt"
	case 0x0310, 0x0311:
		return "kip ConfigReq"
	case 0x0420:
		return "kip TunnelReq"
	case 0x0421:
		return "kip TunnelAck"
	case 0x0422, 0x0423, 0x0424, 0x0425:
		return "kip TunnelFeature"
	case 0x0530, 0x0531, 0x0532, 0x0533:
		return "kip RoutingInd"
	case 0x0740, 0x0741, 0x0742, 0x0743:
		return "kip RemoteDiag"
	case 0x0950, 0x0951, 0x0952, 0x0953, 0x0954, 0x0955:
		return "kip Secure"
	}
	return ""
}

var (
	kipClient = []byte("knxnet/ip client")
	kipServer = []byte("knxnet/ip server")
)

func isKIP(m *Message) bool {
	c := m.Read()
	head, version, service, n := c.U8(), c.U8(), c.U16(), int(c.U16())
	return !c.Short() && head == kipHeader && version == 0x10 && kipOp(service) != "" && n >= kipHeader &&
		(n == len(m.Body) || m.Frame.Proto == frame.TCP && n < 512 && (m.Frame.SrcPort == 3671 || m.Frame.DstPort == 3671))
}

func splitKIP(m *Message) int {
	c := m.Read()
	head, version := c.U8(), c.U8()
	c.Skip(2)
	n := int(c.U16())
	switch {
	case c.Short():
		return 0
	case head != kipHeader || version != 0x10 || n < kipHeader:
		return -1
	}
	return n
}

func tellKIP(m *Message, s *Sink) {
	c := m.Read()
	c.Skip(2)
	service, n := c.U16(), int(c.U16())
	if c.Short() || n != len(m.Body) && !m.Cut {
		s.Malformed("kip: header")
		return
	}
	if op := kipOp(service); op != "" {
		s.Op(op)
	}
	switch service {
	case 0x0201, 0x0203, 0x0205, 0x020b:
		if m.Memory[3]&kipToldClient == 0 {
			m.Memory[3] |= kipToldClient
			s.Sender(tyto.Role, kipClient, tyto.Shown, "knxip.service.type")
		}
	case 0x0202, 0x020c, 0x0204:
		kipProvides(m, s)
		if service != 0x0204 {
			c.Skip(int(c.U8()) - 1) // host protocol and address
		}
		kipBlocks(m, s, &c)
	case 0x0206:
		kipProvides(m, s)
	case 0x0420, 0x0530, 0x0310:
		if service != 0x0530 {
			c.Skip(int(c.U8()) - 1) // connection header
		}
		kipTelegram(s, &c)
	}
}

func kipProvides(m *Message, s *Sink) {
	if m.Memory[3]&kipToldServer != 0 {
		return
	}
	m.Memory[3] |= kipToldServer
	s.Sender(tyto.Role, kipServer, tyto.Shown, "knxip.service.type")
	b := append(s.Scratch(16)[:0], "udp/"...)
	if m.Frame.Proto == frame.TCP {
		b = append(b[:0], "tcp/"...)
	}
	b = strconv.AppendUint(b, uint64(m.Frame.SrcPort), 10)
	s.Sender(tyto.Provides, append(b, " kip"...), tyto.Shown, "knxip.service.type")
}

// kipBlocks reads the description information blocks (03_08_02 section 7.5.4).
func kipBlocks(m *Message, s *Sink, c *frame.Cursor) {
	for range 16 {
		if c.Len() == 0 {
			return
		}
		n := int(c.U8())
		block := c.Sub(n - 1)
		if n < 2 || c.Short() {
			s.Malformed("kip: description block")
			return
		}
		if block.U8() == 1 && block.Len() >= 52 {
			kipDevice(m, s, &block)
		}
	}
}

// kipDevice reads the block on the device. Its serial number begins with the
// number of its manufacturer.
func kipDevice(m *Message, s *Sink, c *frame.Cursor) {
	c.Skip(2) // medium, state
	address := c.U16()
	c.Skip(2) // project
	serial := c.Bytes(6)
	c.Skip(4) // multicast address
	mac, name := c.MAC(), c.Bytes(30)
	b := strconv.AppendUint(s.Scratch(10)[:0], uint64(address>>12), 10)
	b = strconv.AppendUint(append(b, '.'), uint64(address>>8&15), 10)
	s.Sender(tyto.Clue, strconv.AppendUint(append(b, '.'), uint64(address&255), 10), tyto.Stated, "knxip.knxaddr")
	if maker := frame.Read(serial); !bytes.Equal(serial, kipNoSerial[:]) {
		s.Sender(tyto.Clue, strconv.AppendUint(s.Scratch(5)[:0], uint64(maker.U16()), 10), tyto.Stated, "knxip.manufacturer")
		hex := kipHex(s, serial)
		s.Sender(tyto.Clue, hex, tyto.Stated, "knxip.sernr")
		s.Sender(tyto.Serial, hex[2:], tyto.Stated, "knxip.sernr")
	}
	if !mac.IsZero() && mac != m.Frame.SrcMAC {
		s.Sender(tyto.Clue, mac.Append(s.Scratch(17)[:0]), tyto.Stated, "knxip.macaddr")
	}
	if i := bytes.IndexByte(name, 0); i >= 0 {
		name = name[:i]
	}
	// As it leaves the works it is the name of the model; who installs it may change it.
	s.Sender(tyto.Model, bytes.TrimSpace(name), tyto.Shown, "knxip.device.name")
}

var kipNoSerial [6]byte

// kipHex is v in hexadecimal, with 0x before it.
func kipHex(s *Sink, v []byte) []byte {
	const digits = "0123456789abcdef"
	b := append(s.Scratch(2 + 2*len(v))[:0], "0x"...)
	for _, x := range v {
		b = append(b, digits[x>>4], digits[x&15])
	}
	return b
}

// kipTelegram tells what a telegram that is to be sent does on the bus
// (03_03_07 section 3); those that were on it are only counted.
func kipTelegram(s *Sink, c *frame.Cursor) {
	code := c.U8()
	c.Skip(int(c.U8())) // additional information
	c.Skip(1)
	control := c.U8()
	c.Skip(2)
	to := c.U16()
	length := c.U8()
	service := c.U16()
	if c.Short() || code != 0x11 && code != 0x29 || length == 0 {
		return
	}
	verb, op := tyto.NoVerb, "kip telegram"
	switch service & 0x3ff >> 6 {
	case 0:
		op = "kip GroupValueRead"
	case 1:
		op = "kip GroupValueResp"
	case 2:
		verb, op = tyto.Write, "kip GroupValueWrite"
	case 3:
		if service&0x3ff == 0xc0 {
			verb, op = tyto.Configure, "kip IndAddrWrite"
		}
	case 10:
		verb, op = tyto.Program, "kip MemWrite"
	case 14:
		verb, op = tyto.Stop, "kip Restart"
	case 15:
		switch service & 0x3ff {
		case 0x3d5:
			op = "kip PropValueRead"
		case 0x3d7:
			verb, op = tyto.Configure, "kip PropValueWrite"
		case 0x3d1:
			verb, op = tyto.Login, "kip AuthReq"
		}
	}
	if code == 0x29 || verb == tyto.NoVerb {
		s.Op(op)
		return
	}
	s.Did(verb, op, kipAddress(s, to, control&0x80 != 0), "")
}

// kipAddress is a group's address, "1/2/3", or a device's, "1.1.2".
func kipAddress(s *Sink, a uint16, group bool) []byte {
	b := s.Scratch(12)[:0]
	if group {
		b = append(strconv.AppendUint(b, uint64(a>>11), 10), '/')
		b = append(strconv.AppendUint(b, uint64(a>>8&7), 10), '/')
	} else {
		b = append(strconv.AppendUint(b, uint64(a>>12), 10), '.')
		b = append(strconv.AppendUint(b, uint64(a>>8&15), 10), '.')
	}
	return strconv.AppendUint(b, uint64(a&255), 10)
}
