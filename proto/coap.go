package proto

import (
	"bytes"

	"tyto/frame"
	"tyto/proto/phrase"
	"tyto/tyto"
)

// The Constrained Application Protocol, RFC 7252, with its directory of
// resources (RFC 6690), LwM2M's registration, and Shelly's CoIoT.
func init() {
	register(Dissector{
		Name:  "coap",
		Where: []Where{UDP(5683)},
		Is:    isCoAP,
		Tell:  tellCoAP,
	})
}

// Numbers of options.
const (
	coapURIPath  = 11
	coapFormat   = 12
	coapURIQuery = 15
	coapShelly   = 3332
	coapMost     = 48 // options of one message that are looked at
	coapLinks    = 40 // content format of RFC 6690
)

// coapOption reads the next option: false at the payload, or the end.
func coapOption(c *frame.Cursor, number *int) (value []byte, ok bool) {
	if c.Len() == 0 || c.Has("\xff") {
		return nil, false
	}
	first := c.U8()
	delta, n := coapExtended(c, first>>4), coapExtended(c, first&15)
	*number += delta
	value = c.Bytes(n)
	return value, !c.Short()
}

// coapExtended reads the rest of a delta or length (RFC 7252 section 3.1); negative if it is reserved.
func coapExtended(c *frame.Cursor, x byte) int {
	switch x {
	case 13:
		return int(c.U8()) + 13
	case 14:
		return int(c.U16()) + 269
	case 15:
		return -1 << 20
	}
	return int(x)
}

func isCoAP(m *Message) bool {
	c := m.Read()
	first, code := c.U8(), c.U8()
	c.U16()
	if c.Short() || first>>6 != 1 || first&15 > 8 {
		return false
	}
	class, detail := code>>5, code&31
	switch {
	case code == 0:
		return len(m.Body) == 4 && first&15 == 0
	case class == 0 && (detail <= 7 || detail == 30), class == 2 && detail <= 31, class == 4, class == 5, class == 7 && detail <= 5 && detail > 0:
	default:
		return false
	}
	c.Skip(int(first & 15))
	number := 0
	for n := 0; n < coapMost; n++ {
		if _, ok := coapOption(&c, &number); !ok {
			break
		}
	}
	if m.Frame.Missing > 0 {
		return true
	}
	return !c.Short() && number >= 0 && (c.Len() == 0 || c.Has("\xff") && c.Len() > 1)
}

func tellCoAP(m *Message, s *Sink) {
	c := m.Read()
	first, code := c.U8(), c.U8()
	c.U16()
	c.Skip(int(first & 15))
	path, query := s.Scratch(128)[:0], s.Scratch(256)[:0]
	number, format := 0, -1
	for n := 0; n < coapMost; n++ {
		value, ok := coapOption(&c, &number)
		if !ok {
			break
		}
		switch number {
		case coapURIPath:
			path = phrase.Join(phrase.Add(path, "/"), value)
		case coapURIQuery:
			coapQuery(s, value)
			query = phrase.Join(phrase.Add(query, "&"), value)
		case coapFormat:
			f := frame.Read(value)
			if format = 0; len(value) == 1 {
				format = int(f.U8())
			} else if len(value) == 2 {
				format = int(f.U16())
			}
		case coapShelly:
			coapDevice(s, value)
		}
	}
	if c.Short() && m.Frame.Missing == 0 {
		s.Malformed("coap: option runs over the end")
		return
	}
	s.Op(coapOp(code))
	if code>>5 == 0 && code != 0 {
		coapAsked(s, code, path, query)
	} else if code>>5 == 2 {
		coapAnswered(m, s, format, c)
	}
}

var (
	coapServer  = []byte("coap server")
	coapManaged = []byte("lwm2m client")
)

// coapQuery tells what an LwM2M client registers as (its specification section 5.3.1).
func coapQuery(s *Sink, value []byte) {
	if len(value) > 3 && string(value[:3]) == "ep=" {
		s.Sender(tyto.Clue, phrase.Text(value[3:]), tyto.Stated, "coap.opt.uri_query")
	}
}

// coapDevice tells "SHSW-1#9D0F8E#2", type, id and version, that Shelly's devices send.
func coapDevice(s *Sink, value []byte) {
	value = phrase.Text(value)
	s.Sender(tyto.Clue, value, tyto.Stated, "coap.opt.unknown")
	kind := phrase.Until(value, '#')
	if len(kind) < len(value) {
		s.Sender(tyto.ModelNumber, kind, tyto.Stated, "coap.opt.unknown")
		s.Sender(tyto.Serial, phrase.Until(value[len(kind)+1:], '#'), tyto.Stated, "coap.opt.unknown")
	}
}

func coapAsked(s *Sink, code byte, path, query []byte) {
	switch {
	case code == 2 && (string(path) == "/rd" || string(path) == "/bs") && bytes.Contains(query, []byte("ep=")):
		s.Sender(tyto.Role, coapManaged, tyto.Stated, "coap.opt.uri_query")
	case code == 1 && string(path) == "/.well-known/core":
		s.Did(tyto.Browse, "coap directory", path, "")
	case code == 2 || code == 3 || code == 4:
		s.Did(tyto.Write, "coap change", phrase.Text(path), "")
	}
}

// coapAnswered tells a directory: the beginning of it, and each kind of resource.
func coapAnswered(m *Message, s *Sink, format int, c frame.Cursor) {
	s.Sender(tyto.Role, coapServer, tyto.Shown, "coap.code")
	if b := s.Scratch(phrase.ServiceRoom); b != nil && m.Frame.SrcPort == 5683 {
		s.Sender(tyto.Provides, phrase.Service(b[:0], "udp/", m.Frame.SrcPort, "coap", nil), tyto.Shown, "coap.code")
	}
	if format != coapLinks || c.Len() < 2 {
		return
	}
	c.U8()
	text := c.Rest()
	s.Sender(tyto.Clue, phrase.Text(text[:min(len(text), 400)]), tyto.Stated, "coap.payload")
	for n := 0; n < 16; n++ {
		i := bytes.Index(text, []byte("rt=\""))
		if i < 0 {
			return
		}
		text = text[i+4:]
		end := bytes.IndexByte(text, '"')
		if end < 0 {
			return
		}
		s.Sender(tyto.Clue, phrase.Text(text[:min(end, 96)]), tyto.Stated, "coap.payload.rt")
		text = text[end:]
	}
}

func coapOp(code byte) string {
	switch {
	case code == 0:
		return "coap empty"
	case code == 1:
		return "coap GET"
	case code == 2:
		return "coap POST"
	case code == 3:
		return "coap PUT"
	case code == 4:
		return "coap DELETE"
	case code>>5 == 0:
		return "coap other"
	case code>>5 == 2:
		return "coap success"
	case code>>5 == 7:
		return "coap signal"
	}
	return "coap error"
}
