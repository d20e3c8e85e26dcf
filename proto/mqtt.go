package proto

import (
	"tyto/frame"
	"tyto/proto/phrase"
	"tyto/tyto"
)

// MQTT: ISO/IEC 20922 (3.1.1), OASIS MQTT 5.0, and 3.1 of IBM. User names,
// passwords and what is published are never told.
func init() {
	register(Dissector{
		Name:     "mqtt",
		Where:    []Where{TCP(1883)},
		Anywhere: true, First: "\x10",
		Is: isMQTT, Split: splitMQTT, Tell: tellMQTT,
	})
}

// Types of packets.
const (
	mqttConnect    = 1
	mqttConnAck    = 2
	mqttPublish    = 3
	mqttSubscribe  = 8
	mqttDisconnect = 14
)

// What Memory[0] says of the connection.
const (
	mqttHasUser  = 1 << 8 // the low byte is the version
	mqttAnswered = 1 << 9
)

// mqttHead reads the fixed header: type with flags, and length of the rest.
func mqttHead(c *frame.Cursor) (first byte, n int, ok bool) {
	first = c.U8()
	for shift := 0; shift < 28; shift += 7 {
		x := c.U8()
		n |= int(x&0x7f) << shift
		if x&0x80 == 0 {
			return first, n, !c.Short()
		}
	}
	return first, 0, false
}

// mqttVersion reads the protocol's name and version of CONNECT, 0 if it is none.
func mqttVersion(c *frame.Cursor) byte {
	name, version := string(c.Bytes(int(c.U16()))), c.U8()
	if name == "MQTT" && (version == 4 || version == 5) || name == "MQIsdp" && version == 3 {
		return version
	}
	return 0
}

func isMQTT(m *Message) bool {
	c := m.Read()
	first, n, ok := mqttHead(&c)
	if !ok {
		return false
	}
	if first == mqttConnect<<4 {
		return n >= 10 && mqttVersion(&c) > 0
	}
	if m.Frame.DstPort != 1883 && m.Frame.SrcPort != 1883 {
		return false
	}
	switch first >> 4 { // in the middle of a connection
	case mqttConnAck:
		return first == 0x20 && n >= 2 && n == c.Len() && c.U8() <= 1
	case mqttPublish:
		topic := c.Bytes(int(c.U16()))
		return first&6 != 6 && len(topic) > 0 && len(topic)+2 <= n && len(phrase.Text(topic)) == len(topic)
	case mqttSubscribe:
		return first == 0x82 && n == c.Len() && n >= 6
	case 12, 13:
		return first&15 == 0 && n == 0 && c.Len() == 0
	}
	return false
}

func splitMQTT(m *Message) int {
	c := m.Read()
	first, n, ok := mqttHead(&c)
	switch {
	case !ok && len(m.Body) < 5:
		return 0
	case !ok || first>>4 == 0:
		return -1
	}
	return len(m.Body) - c.Len() + n
}

var (
	mqttBroker = []byte("mqtt broker")
	mqttClient = []byte("mqtt client")
)

func tellMQTT(m *Message, s *Sink) {
	c := m.Read()
	first, n, ok := mqttHead(&c)
	if !ok || n > c.Len() && !m.Cut {
		s.Malformed("mqtt: packet ends early")
		return
	}
	switch first >> 4 {
	case mqttConnect:
		s.Op("mqtt connect")
		mqttTellConnect(m, s, &c)
	case mqttConnAck:
		s.Op("mqtt connack")
		c.U8()
		mqttTellAnswer(m, s, c.U8())
	case mqttPublish:
		s.Op("mqtt publish")
		if topic := c.Bytes(int(c.U16())); m.ToServer {
			mqttTopic(s, topic, "mqtt.topic")
		}
	case mqttSubscribe:
		s.Op("mqtt subscribe")
		mqttTellSubscribe(m, s, &c)
	case mqttDisconnect:
		s.Op("mqtt disconnect")
	default:
		s.Op("mqtt other")
	}
	if c.Short() && !m.Cut {
		s.Malformed("mqtt: field runs over the end")
	}
}

func mqttTellConnect(m *Message, s *Sink, c *frame.Cursor) {
	version := mqttVersion(c)
	if version == 0 {
		s.Malformed("mqtt: unknown protocol in CONNECT")
		return
	}
	flags := c.U8()
	c.U16()
	if version == 5 {
		mqttProperties(c)
	}
	s.Sender(tyto.Role, mqttClient, tyto.Shown, "mqtt.msgtype")
	s.Sender(tyto.Clue, phrase.Text(c.Bytes(int(c.U16()))), tyto.Stated, "mqtt.clientid")
	m.Memory[0] = uint64(version)
	if flags&0x80 != 0 {
		m.Memory[0] |= mqttHasUser
	}
	if flags&0x04 != 0 {
		if version == 5 {
			mqttProperties(c)
		}
		mqttTopic(s, c.Bytes(int(c.U16())), "mqtt.willtopic")
	}
}

// mqttProperties passes over the properties of version 5.
func mqttProperties(c *frame.Cursor) {
	n := 0
	for shift := 0; shift < 28; shift += 7 {
		x := c.U8()
		n |= int(x&0x7f) << shift
		if x&0x80 == 0 {
			break
		}
	}
	c.Skip(n)
}

// mqttTellAnswer tells how a login went; without a user name it is none.
func mqttTellAnswer(m *Message, s *Sink, code byte) {
	s.Sender(tyto.Role, mqttBroker, tyto.Shown, "mqtt.msgtype")
	if b := s.Scratch(phrase.ServiceRoom); b != nil && !m.ToServer {
		s.Sender(tyto.Provides, phrase.Service(b[:0], "tcp/", m.Frame.SrcPort, "mqtt", nil), tyto.Stated, "mqtt.msgtype")
	}
	switch {
	case code == 4 || code == 5 || code == 0x86 || code == 0x87:
		s.Undergone(tyto.LoginFailed, "mqtt login", nil, "refused")
	case code == 0 && m.Memory[0]&mqttHasUser != 0:
		s.Undergone(tyto.Login, "mqtt login", nil, "ok")
	}
}

func mqttTellSubscribe(m *Message, s *Sink, c *frame.Cursor) {
	c.U16()
	if byte(m.Memory[0]) == 5 {
		mqttProperties(c)
	}
	for n := 0; c.Len() > 2 && n < 16; n++ {
		filter := c.Bytes(int(c.U16()))
		c.U8()
		mqttTopic(s, filter, "mqtt.topic")
		if string(filter) == "#" { // wants to hear all
			s.Did(tyto.Browse, "mqtt subscribe to all", filter, "")
		}
	}
}

// mqttTopic tells the first two levels of a topic: they name the system, those below often persons or rooms.
func mqttTopic(s *Sink, topic []byte, field string) {
	levels := 0
	for i, x := range topic {
		if x != '/' || i == 0 {
			continue
		}
		if levels++; levels == 2 {
			topic = topic[:i]
			break
		}
	}
	s.Sender(tyto.Clue, phrase.Text(topic[:min(len(topic), 96)]), tyto.Stated, field)
}
