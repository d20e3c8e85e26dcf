package proto

import (
	"bytes"

	"tyto/frame"
	"tyto/proto/httpmsg"
	"tyto/proto/ieee1284"
	"tyto/proto/phrase"
	"tyto/proto/selfdesc"
	"tyto/tyto"
)

// The Internet Printing Protocol, RFC 8010 and 8011, in HTTP on its own port.
// Jobs, their names and whose they are, are never told.
func init() {
	register(Dissector{
		Name:  "ipp",
		Where: []Where{TCP(631)},
		Is:    isIPP, Split: splitIPP, Tell: tellIPP,
	})
}

// ippMost is how many attributes of one message are looked at.
const ippMost = 512

func isIPP(m *Message) bool {
	c := m.Read()
	start, ok := httpmsg.ParseStart(c.Line())
	if !ok || start.Method != nil && string(start.Method) != "POST" {
		return false
	}
	return httpmsg.Contains(m.Body[:min(len(m.Body), 2048)], "application/ipp")
}

func splitIPP(m *Message) int {
	if len(m.Body) > 0 && (m.Body[0] == '\r' || m.Body[0] == '\n') {
		return 1
	}
	switch httpmsg.Begins(m.Body) {
	case httpmsg.No: // the rest of a document
		return httpmsg.Next(m.Body)
	case httpmsg.Maybe:
		return ippMore(m)
	}
	r, ok := httpmsg.ReadFraming(m.Body)
	switch {
	case !ok:
		return ippMore(m)
	case r.Method == nil && (r.Code < 200 || r.Code == 204 || r.Code == 304):
		return r.Head
	case r.Chunked:
		if n := httpmsg.Chunks(m.Body[r.Head:]); n != 0 {
			return r.Head + max(n, 0)
		}
		return ippMore(m)
	}
	return r.Head + max(r.Length, 0)
}

// ippMore asks for more, as long as there is room for it.
func ippMore(m *Message) int {
	if len(m.Body) >= MaxMessage {
		return len(m.Body)
	}
	return 0
}

func tellIPP(m *Message, s *Sink) {
	c := m.Read()
	start, ok := httpmsg.ParseStart(c.Line())
	if !ok {
		return
	}
	var server []byte
	ours, chunked := false, false
	f := httpmsg.ReadFields(c)
	for {
		name, value, ok := f.Next()
		if !ok {
			break
		}
		switch string(name) {
		case "user-agent":
			s.Sender(tyto.Clue, value, tyto.Stated, "http.user_agent")
		case "server":
			server = value
			s.Sender(tyto.Clue, value, tyto.Stated, "http.server")
		case "content-type":
			ours = httpmsg.HasPrefix(value, "application/ipp")
		case "transfer-encoding":
			chunked = true
		}
	}
	body := frame.Read(f.Body())
	if chunked { // what is told is in the first chunk
		body.Line()
	}
	if !ours || body.Len() < 8 {
		return
	}
	body.U16()
	code := body.U16()
	body.U32()
	if start.Method != nil {
		ippAsked(s, code)
		return
	}
	s.Op("ipp answer")
	if b := s.Scratch(phrase.ServiceRoom); b != nil {
		s.Sender(tyto.Provides, phrase.Service(b[:0], "tcp/", m.Frame.SrcPort, "ipp", server), tyto.Stated, "ipp.status_code")
	}
	ippAttributes(m, s, body, httpmsg.Contains(server, "cups"))
}

func ippAsked(s *Sink, operation uint16) {
	switch operation {
	case 2, 5, 6:
		s.Did(tyto.Execute, "ipp print", nil, "")
	case 8:
		s.Op("ipp cancel job")
	case 9, 10:
		s.Op("ipp get jobs")
	case 11:
		s.Op("ipp get printer attributes")
	case 0x4001, 0x4002, 0x4005:
		s.Did(tyto.Browse, "ipp list printers", nil, "")
	case 16, 17, 18, 0x4003, 0x4004:
		s.Did(tyto.Configure, "ipp manage printer", nil, "")
	default:
		s.Op("ipp other")
	}
}

var ippFields = [...]struct {
	name string
	attr tyto.Attr
}{
	{"printer-make-and-model", tyto.Model}, {"printer-location", tyto.Location}, {"printer-info", tyto.Description},
	{"printer-firmware-string-version", tyto.Firmware}, {"printer-serial-number", tyto.Serial}, {"printer-more-info", tyto.Clue},
	{"printer-dns-sd-name", tyto.Clue}, {"printer-kind", tyto.Clue}, {"printer-state-reasons", tyto.Clue},
}

// ippAttributes tells what a printer says of itself. A CUPS server speaks of
// printers that it has queues for: of it these are clues.
func ippAttributes(m *Message, s *Sink, c frame.Cursor, queues bool) {
	for n := 0; c.Len() > 0 && n < ippMost; n++ {
		tag := c.U8()
		if tag == 3 {
			return
		}
		if tag < 0x10 {
			continue
		}
		name := c.Bytes(int(c.U16()))
		value := c.Bytes(int(c.U16()))
		if c.Short() {
			if !m.Cut && m.Frame.Missing == 0 {
				s.Malformed("ipp: attribute runs over the end")
			}
			return
		}
		ippAttribute(s, name, phrase.Text(value), queues)
	}
}

func ippAttribute(s *Sink, name, value []byte, queues bool) {
	for i := range ippFields {
		if string(name) == ippFields[i].name {
			attr := ippFields[i].attr
			if queues {
				attr = tyto.Clue
			}
			s.Sender(attr, value, tyto.Stated, ippFields[i].name)
			return
		}
	}
	switch {
	case string(name) == "printer-device-id":
		s.Sender(tyto.Clue, value, tyto.Stated, "printer-device-id")
		if !queues {
			s.Sender(tyto.Vendor, ieee1284.Get(value, "MFG", "MANUFACTURER"), tyto.Stated, "printer-device-id")
			s.Sender(tyto.Model, ieee1284.Get(value, "MDL", "MODEL"), tyto.Stated, "printer-device-id")
			s.Sender(tyto.Serial, ieee1284.Get(value, "SN", "SERN"), tyto.Stated, "printer-device-id")
		}
	case string(name) == "printer-uuid" && !queues:
		if b := s.Scratch(96); b != nil && len(value) < 80 {
			s.Sender(tyto.Identity, selfdesc.AppendUUID(b[:0], bytes.TrimPrefix(value, []byte("urn:"))), tyto.Stated, "printer-uuid")
		}
	}
}
