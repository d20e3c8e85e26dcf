package proto

import (
	"bytes"

	"tyto/frame"
	"tyto/tyto"
)

// SAIA S-Bus over UDP (Saia-Burgess, Ether-S-Bus), which PCD controllers speak.
func init() {
	register(Dissector{
		Name: "sbus", Industrial: true,
		Where:    []Where{UDP(5050)},
		Anywhere: true, First: "\x00",
		Is: isSBus, Tell: tellSBus,
	})
}

// Attributes of a telegram, and commands that are looked at.
const (
	sbusRequest  = 0
	sbusResponse = 1
	sbusAck      = 2

	sbusFirmware = 32
	sbusStatus   = 27
)

var (
	sbusClient = []byte("s-bus client")
	sbusServer = []byte("s-bus server")
	sbusVendor = []byte("Saia-Burgess")
)

var sbusSum = func() (t [256]uint16) {
	for i := range t {
		x := uint16(i) << 8
		for range 8 {
			x = x<<1 ^ (x>>15)*0x1021
		}
		t[i] = x
	}
	return t
}()

// isSBus wants the length, version and type of the header, and the checksum.
func isSBus(m *Message) bool {
	c := m.Read()
	n, version, kind := c.U32(), c.U8(), c.U8()
	c.Skip(2)
	attribute := c.U8()
	if c.Short() || int(n) != len(m.Body) || n < 11 || version > 1 || kind > 1 || attribute > sbusAck {
		return false
	}
	x := uint16(0)
	for _, b := range m.Body[:n-2] {
		x = x<<8 ^ sbusSum[byte(x>>8)^b]
	}
	return byte(x>>8) == m.Body[n-2] && byte(x) == m.Body[n-1]
}

// sbusDeed is what a command does; ops of one kind share a name.
func sbusDeed(command uint8) (op string, verb tyto.Verb) {
	switch {
	case command <= 7 || command >= 70 && command <= 75 || command == 150 || command >= 155 && command <= 161 || command == 168:
		return "sbus read", tyto.NoVerb
	case command >= 20 && command <= 27:
		return "sbus read status", tyto.NoVerb
	case command == 29 || command == sbusFirmware || command == 171:
		return "sbus identify", tyto.Identify
	case command >= 30 && command <= 34:
		return "sbus read program", tyto.Transfer
	case command >= 35 && command <= 37 || command == 112 || command == 114 || command == 117 || command == 152 || command == 169 || command == 172:
		return "sbus write program", tyto.Program
	case command >= 10 && command <= 15 || command >= 80 && command <= 83 || command >= 90 && command <= 94 || command == 151 || command == 163 || command == 167:
		return "sbus write", tyto.Write
	case command >= 40 && command <= 48:
		return "sbus run", tyto.Start
	case command >= 60 && command <= 68:
		return "sbus stop", tyto.Stop
	case command >= 50 && command <= 57 || command >= 100 && command <= 107 || command == 166:
		return "sbus restart", tyto.Stop
	case command == 174:
		return "sbus download firmware", tyto.UpdateFirmware
	case command == 165 || command == 173:
		return "sbus flash", tyto.Program
	}
	return "sbus other", tyto.NoVerb
}

func tellSBus(m *Message, s *Sink) {
	c := m.Read()
	c.Skip(6)
	sequence, attribute := c.U16(), c.U8()
	if c.Short() || len(m.Body) < 11 {
		s.Malformed("sbus: header")
		return
	}
	c = c.Sub(max(c.Len()-2, 0))
	switch attribute {
	case sbusRequest:
		s.Asks(m, sbusClient, "sbus.att")
		c.Skip(1) // station
		command := c.U8()
		op, verb := sbusDeed(command)
		s.Op(op)
		if before := m.Memory[0]; before != 0 {
			if op, verb := sbusDeed(uint8(before >> 16)); verb != tyto.NoVerb {
				s.Did(verb, op, nil, NoAnswer)
			}
		}
		m.Memory[0] = 0
		if verb != tyto.NoVerb || command == sbusStatus {
			m.Memory[0] = 1<<32 | uint64(command)<<16 | uint64(sequence)
		}
	case sbusResponse, sbusAck:
		s.Serves(m, sbusServer, "sbus", "sbus.att")
		asked := m.Memory[0]
		if asked == 0 || uint16(asked) != sequence {
			return
		}
		m.Memory[0] = 0
		command := uint8(asked >> 16)
		outcome := "ok"
		if attribute == sbusAck {
			outcome = sbusOutcome(c.U16())
		}
		if op, verb := sbusDeed(command); verb != tyto.NoVerb {
			s.Undergone(verb, op, nil, outcome)
		}
		if attribute == sbusResponse {
			tellSBusAnswer(s, command, &c)
		}
	}
}

func sbusOutcome(code uint16) string {
	switch code {
	case 0:
		return "ok"
	case 2:
		return "password"
	case 3, 4:
		return "port in use"
	}
	return "refused"
}

// tellSBusAnswer tells kind and firmware of the controller: five and three characters, "PC" left out of the
// first; or whether it runs.
func tellSBusAnswer(s *Sink, command uint8, c *frame.Cursor) {
	switch command {
	case sbusFirmware:
		kind, version := bytes.Trim(c.Bytes(5), " \x00"), bytes.Trim(c.Bytes(3), " \x00")
		if c.Short() || len(kind) == 0 || kind[0] != 'D' {
			return
		}
		s.Sender(tyto.Vendor, sbusVendor, tyto.Shown, "sbus.pcd_type")
		s.Sender(tyto.Model, append(append(s.Scratch(8)[:0], "PC"...), kind...), tyto.Stated, "sbus.pcd_type")
		s.Sender(tyto.Firmware, version, tyto.Stated, "sbus.fw_version")
	case sbusStatus:
		text := ""
		switch c.U8() {
		case 'R':
			text = "run"
		case 'C':
			text = "conditional run"
		case 'S':
			text = "stop"
		case 'H':
			text = "halt"
		}
		s.Sender(tyto.Mode, append(s.Scratch(24)[:0], text...), tyto.Stated, "sbus.CPU_status")
	}
}
