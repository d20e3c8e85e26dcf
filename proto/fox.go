package proto

import (
	"bytes"
	"strconv"

	"tyto/frame"
	"tyto/tyto"
)

// Fox, the protocol of Tridium's Niagara framework. It is not published; it is
// read as captures of it agree: a line of words, and fields in braces.
func init() {
	register(Dissector{
		Name: "fox", Industrial: true,
		Where:    []Where{TCP(1911)},
		Anywhere: true, First: "f",
		Is: isFox, Split: splitFox, Tell: tellFox,
	})
}

const (
	foxToldRole = 1 // in Memory[3]; the server's is one bit further
	foxEnd      = "};;\n"
)

var (
	foxClient    = []byte("fox client")
	foxServer    = []byte("fox server")
	foxTridium   = []byte("Tridium")
	foxStation   = []byte("Station")
	foxQNX       = []byte("Qnx-")
	foxRejected  = []byte("rejected")
	foxOnPort    = []byte(" fox")
	foxHello     = []byte(" fox hello")
	foxLogin     = []byte(" fox login")
	foxChallenge = []byte(" fox challenge")
)

// isFox wants the first line: fox, a letter, two numbers, and words.
func isFox(m *Message) bool {
	c := m.Read()
	if !c.Has("fox ") || len(m.Body) < 12 || m.Body[4] < 'a' || m.Body[4] > 'z' || m.Body[5] != ' ' {
		return false
	}
	line := c.Until("\n")
	return !c.Short() && len(line) < 128 && c.Has("{")
}

func splitFox(m *Message) int {
	if len(m.Body) < 4 {
		return 0
	}
	if string(m.Body[:4]) != "fox " {
		return -1
	}
	if i := bytes.Index(m.Body, []byte(foxEnd)); i >= 0 {
		return i + len(foxEnd)
	}
	if len(m.Body) >= MaxMessage {
		return -1
	}
	return 0
}

func tellFox(m *Message, s *Sink) {
	c := m.Read()
	line := c.Line()
	switch {
	case bytes.HasSuffix(line, foxHello):
		s.Op("fox hello")
		tellFoxHello(m, s, &c)
	case bytes.HasSuffix(line, foxLogin):
		s.Did(tyto.Login, "fox login", nil, "")
	case bytes.HasSuffix(line, foxChallenge):
		s.Op("fox challenge")
	case bytes.HasSuffix(line, foxRejected):
		s.Undergone(tyto.LoginFailed, "fox login", nil, "rejected")
	default:
		s.Op("fox message")
	}
}

// tellFoxHello reads the fields of a hello: name=type:value, one a line.
func tellFoxHello(m *Message, s *Sink, c *frame.Cursor) {
	foxRole(m, s)
	var app, version, os, osVersion, host []byte
	for range 64 {
		line := c.Line()
		i := bytes.IndexByte(line, '=')
		if c.Short() || len(line) > 0 && line[0] == '}' {
			break
		}
		if i < 0 || len(line) < i+3 || line[i+2] != ':' {
			continue
		}
		value := line[i+3:]
		switch string(line[:i]) {
		case "fox.version":
			s.Sender(tyto.Clue, value, tyto.Stated, "fox.version")
		case "hostName":
			s.Sender(tyto.Hostname, value, tyto.Stated, "fox.hostName")
		case "app.name":
			app = value
		case "app.version":
			version = value
		case "os.name":
			os = value
		case "os.version":
			osVersion = value
		case "hostId":
			host = value
		case "station.name":
			s.Sender(tyto.Description, value, tyto.Stated, "fox.station.name")
		case "brandId":
			s.Sender(tyto.Clue, value, tyto.Stated, "fox.brandId")
		case "vm.name":
			s.Sender(tyto.Clue, value, tyto.Stated, "fox.vm.name")
		case "vm.version":
			s.Sender(tyto.Clue, value, tyto.Stated, "fox.vm.version")
		}
	}
	s.Sender(tyto.OS, foxJoined(s, os, osVersion), tyto.Stated, "fox.os.name")
	s.Sender(tyto.Clue, foxJoined(s, app, version), tyto.Stated, "fox.app.name")
	if bytes.Equal(app, foxStation) {
		s.Sender(tyto.Firmware, version, tyto.Stated, "fox.app.version")
	}
	foxHost(s, host)
}

// foxHost reads the id of a host: of a controller it begins with its system
// and model, "Qnx-NPM6-…"; of others it is a licence's.
func foxHost(s *Sink, id []byte) {
	s.Sender(tyto.Clue, id, tyto.Stated, "fox.hostId")
	if !bytes.HasPrefix(id, foxQNX) {
		return
	}
	model := id[len(foxQNX):]
	if i := bytes.IndexByte(model, '-'); i > 0 {
		s.Sender(tyto.Model, model[:i], tyto.Stated, "fox.hostId")
		s.Sender(tyto.Vendor, foxTridium, tyto.Shown, "fox.hostId")
		s.Sender(tyto.Serial, id, tyto.Stated, "fox.hostId")
	}
}

func foxJoined(s *Sink, a, b []byte) []byte {
	if len(a) == 0 || len(a)+len(b) > 200 {
		return a
	}
	x := append(s.Scratch(len(a) + len(b) + 1)[:0], a...)
	if len(b) > 0 {
		x = append(append(x, ' '), b...)
	}
	return x
}

// foxRole tells once a side what it does.
func foxRole(m *Message, s *Sink) {
	bit := uint64(foxToldRole)
	if !m.ToServer {
		bit <<= 1
	}
	if m.Memory[3]&bit != 0 {
		return
	}
	m.Memory[3] |= bit
	if m.ToServer {
		s.Sender(tyto.Role, foxClient, tyto.Shown, "fox.hello")
		return
	}
	s.Sender(tyto.Role, foxServer, tyto.Shown, "fox.hello")
	b := strconv.AppendUint(append(s.Scratch(20)[:0], "tcp/"...), uint64(m.Frame.SrcPort), 10)
	s.Sender(tyto.Provides, append(b, foxOnPort...), tyto.Shown, "fox.hello")
}
