package proto

import (
	"bytes"

	"tyto/tyto"
)

// The point-of-care protocol of CLSI POCT1-A2, appendix B: messages of XML
// between a device (or its dock) and a data manager. Only what they say of the
// device is read; patients, operators and results are in other elements.
func init() {
	register(Dissector{
		Name:     "poct1",
		Where:    []Where{TCP(4001), TCP(3001), TCP(9001)},
		Anywhere: true, First: "<",
		Is: isPOCT1, Split: splitPOCT1, Tell: tellPOCT1,
	})
}

// poct1Types are the messages; the device begins with HEL.R01.
var poct1Types = [...]struct{ name, op string }{{"HEL.R01", "poct1 hello"}, {"ACK.R01", "poct1 acknowledge"}, {"DST.R01", "poct1 device status"},
	{"REQ.R01", "poct1 request"}, {"OBS.R01", "poct1 observations"}, {"OBS.R02", "poct1 non-patient observations"}, {"EVS.R01", "poct1 events"},
	{"DTV.R01", "poct1 directive"}, {"OPL.R01", "poct1 operator list"}, {"OPL.R02", "poct1 operator list"}, {"PTL.R01", "poct1 patient list"},
	{"PTL.R02", "poct1 patient list"}, {"CTV.R01", "poct1 continuous mode"}, {"EOT.R01", "poct1 end of topic"}, {"END.R01", "poct1 terminate"},
	{"ESC.R01", "poct1 escape"}, {"KPA.R01", "poct1 keep alive"}}

var (
	poct1Device  = []byte("poct1 device")
	poct1Manager = []byte("poct1 data manager")
)

// poct1Root is the number of the message that begins b, -1 if none does, and how far in its name ends.
func poct1Root(b []byte) (kind, at int) {
	head := b[:min(len(b), 400)]
	for at < len(head) {
		i := bytes.IndexByte(head[at:], '<')
		if i < 0 || len(bytes.Trim(head[at:at+i], " \t\r\n\xef\xbb\xbf")) > 0 {
			return -1, 0
		}
		if at += i + 1; at < len(head) && (head[at] == '?' || head[at] == '!') {
			if i = bytes.IndexByte(head[at:], '>'); i < 0 {
				return -1, 0
			}
			at += i + 1
			continue
		}
		for k := range poct1Types {
			if bytes.HasPrefix(head[at:], []byte(poct1Types[k].name)) {
				return k, at + len(poct1Types[k].name)
			}
		}
		return -1, 0
	}
	return -1, 0
}

func isPOCT1(m *Message) bool {
	kind, at := poct1Root(m.Body)
	return kind >= 0 && at < len(m.Body) && (m.Body[at] == '>' || m.Body[at] == ' ')
}

func splitPOCT1(m *Message) int {
	b := m.Body
	if blank := len(b) - len(bytes.TrimLeft(b, " \t\r\n\x00")); blank > 0 {
		return blank
	}
	kind, _ := poct1Root(b)
	switch {
	case len(b) == 0 || kind < 0 && len(b) < 400 && b[0] == '<':
		return 0
	case kind < 0:
		return -1
	}
	var end [10]byte
	if i := bytes.Index(b, append(append(end[:0], "</"...), poct1Types[kind].name...)); i >= 0 {
		if j := bytes.IndexByte(b[i:], '>'); j >= 0 {
			return i + j + 1
		}
	}
	if len(b) >= MaxMessage {
		return len(b)
	}
	return 0
}

func tellPOCT1(m *Message, s *Sink) {
	kind, at := poct1Root(m.Body)
	if kind < 0 {
		if len(bytes.Trim(m.Body, " \t\r\n\x00")) > 0 {
			s.Malformed("poct1: message")
		}
		return
	}
	name := poct1Types[kind].name
	switch name {
	case "DTV.R01":
		s.Did(tyto.Execute, poct1Types[kind].op, nil, "")
	case "OPL.R01", "OPL.R02", "PTL.R01", "PTL.R02":
		s.Did(tyto.Write, poct1Types[kind].op, nil, "")
	default:
		s.Op(poct1Types[kind].op)
	}
	if name == "HEL.R01" {
		s.Sender(tyto.Role, poct1Device, tyto.Shown, "poct1.message_type")
		s.Receiver(tyto.Role, poct1Manager, tyto.Shown, "poct1.message_type")
		tellPOCT1Device(s, m.Body[at:])
	}
}

// poct1Fields are the elements of the object DEV that say what the device is.
var poct1Fields = [...]struct {
	name, field string
	attr        tyto.Attr
}{{"DEV.manufacturer_name", "poct1.DEV.manufacturer_name", tyto.Vendor}, {"DEV.vendor_id", "poct1.DEV.vendor_id", tyto.Clue},
	{"DEV.model_id", "poct1.DEV.model_id", tyto.Model}, {"DEV.serial_id", "poct1.DEV.serial_id", tyto.Serial},
	{"DEV.sw_version", "poct1.DEV.sw_version", tyto.Firmware}, {"DEV.hw_version", "poct1.DEV.hw_version", tyto.Hardware},
	{"DEV.device_name", "poct1.DEV.device_name", tyto.Description}, {"DEV.device_id", "poct1.DEV.device_id", tyto.Clue}}

// tellPOCT1Device reads elements like <DEV.model_id V="…"/>.
func tellPOCT1Device(s *Sink, b []byte) {
	for range 200 {
		i := bytes.Index(b, []byte("<DEV."))
		if i < 0 {
			return
		}
		b = b[i+1:]
		end := bytes.IndexByte(b, '>')
		if end < 0 {
			return
		}
		tag := b[:end]
		for k := range poct1Fields {
			x := &poct1Fields[k]
			if rest, ok := bytes.CutPrefix(tag, []byte(x.name)); ok && len(rest) > 0 && rest[0] == ' ' {
				s.Sender(x.attr, poct1Value(rest), tyto.Stated, x.field)
			}
		}
		b = b[end:]
	}
}

func poct1Value(tag []byte) []byte {
	i := bytes.Index(tag, []byte(`V="`))
	if i < 0 {
		return nil
	}
	tag = tag[i+3:]
	if i = bytes.IndexByte(tag, '"'); i < 0 {
		return nil
	}
	return bytes.TrimSpace(tag[:i])
}
