package proto

import (
	"bytes"

	"tyto/frame"
	"tyto/proto/httpmsg"
	"tyto/proto/phrase"
	"tyto/proto/selfdesc"
	"tyto/tyto"
)

// WS-Discovery, OASIS wsdd-discovery-1.1 and its draft of 2005: how Windows,
// printers and ONVIF cameras find each other. Wireshark has no dissector for
// it, so the fields are the names of the elements.
func init() {
	register(Dissector{
		Name:  "wsd",
		Where: []Where{UDP(3702)},
		Is:    isWSD,
		Tell:  tellWSD,
	})
}

// Bounds of what is looked at in one message.
const (
	wsdElements = 400
	wsdScopes   = 24
)

func isWSD(m *Message) bool {
	c := m.Read()
	if !c.Has("<") && !c.Has("\xef\xbb\xbf<") && !c.Has("\r\n<") && !c.Has("\n<") {
		return false
	}
	head := m.Body[:min(len(m.Body), 2048)]
	return bytes.Contains(head, []byte("Envelope")) &&
		(bytes.Contains(head, []byte("/ws/2005/04/discovery")) || bytes.Contains(head, []byte("/ws-dd/ns/discovery")))
}

// wsdVerbs are the messages, by the end of their action. Those that own speak of their sender.
var wsdVerbs = [...]struct {
	action, op string
	own        bool
}{
	{"/Hello", "wsd hello", true}, {"/Bye", "wsd bye", true}, {"/ProbeMatches", "wsd probe matches", true},
	{"/ResolveMatches", "wsd resolve matches", true}, {"/Probe", "wsd probe", false}, {"/Resolve", "wsd resolve", false},
}

func tellWSD(m *Message, s *Sink) {
	own, known, named := false, false, false
	xml := httpmsg.ReadMarkup(m.Body)
	for n := 0; n < wsdElements; n++ {
		name, text, ok := xml.Next()
		if !ok {
			break
		}
		switch string(name) {
		case "Action":
			own, known = wsdAction(s, text)
		case "Address":
			if own && !named && (bytes.HasPrefix(text, []byte("urn:uuid:")) || bytes.HasPrefix(text, []byte("uuid:"))) {
				named = true // of a proxy's answer, the others are other devices'
				wsdEndpoint(s, text)
			} else if !own && bytes.HasPrefix(text, []byte("urn:uuid:")) { // whom it looks for
				s.Sender(tyto.Clue, text, tyto.Stated, "wsd.Resolve.EndpointReference")
			}
		case "Types":
			if own {
				s.Sender(tyto.Clue, text, tyto.Stated, "wsd.Types")
			} else {
				s.Sender(tyto.Clue, text, tyto.Stated, "wsd.Probe.Types")
			}
		case "Scopes":
			if own {
				wsdPlaces(s, text)
			}
		case "XAddrs":
			if own {
				s.Sender(tyto.Clue, text, tyto.Stated, "wsd.XAddrs")
			}
		}
	}
	if !known && m.Frame.Missing == 0 {
		s.Malformed("wsd: no action")
	}
}

func wsdAction(s *Sink, text []byte) (own, known bool) {
	for i := range wsdVerbs {
		if x := &wsdVerbs[i]; bytes.HasSuffix(text, []byte(x.action)) {
			s.Op(x.op)
			return x.own, true
		}
	}
	s.Op("wsd other")
	return false, len(text) > 0
}

func wsdEndpoint(s *Sink, text []byte) {
	s.Sender(tyto.Clue, text, tyto.Stated, "wsd.EndpointReference")
	if b := s.Scratch(128); b != nil && len(text) < 100 {
		s.Sender(tyto.Identity, selfdesc.AppendUUID(b[:0], bytes.TrimPrefix(text, []byte("urn:"))), tyto.Stated, "wsd.EndpointReference")
	}
}

// wsdOnvif is what ONVIF's scopes say (ONVIF core specification section 7.3.2.1).
var wsdOnvif = [...]struct {
	prefix string
	attr   tyto.Attr
	field  string
}{
	{"hardware/", tyto.Model, "wsd.onvif.hardware"},
	{"name/", tyto.Description, "wsd.onvif.name"},
	{"location/", tyto.Location, "wsd.onvif.location"},
	{"mac/", tyto.Clue, "wsd.onvif.mac"},
	{"type/", tyto.Clue, "wsd.onvif.type"},
	{"profile/", tyto.Clue, "wsd.onvif.profile"},
}

// wsdPlaces tells the scopes: all in one, and what ONVIF says in them.
func wsdPlaces(s *Sink, text []byte) {
	s.Sender(tyto.Clue, text, tyto.Stated, "wsd.Scopes")
	for n := 0; n < wsdScopes && len(text) > 0; n++ {
		i := bytes.IndexAny(text, " \t\r\n")
		if i < 0 {
			i = len(text)
		}
		word := text[:i]
		text = bytes.TrimLeft(text[i:], " \t\r\n")
		if httpmsg.HasPrefix(word, "onvif://www.onvif.org/") {
			wsdScope(s, word[len("onvif://www.onvif.org/"):])
		}
	}
}

func wsdScope(s *Sink, scope []byte) {
	for i := range wsdOnvif {
		x := &wsdOnvif[i]
		if !httpmsg.HasPrefix(scope, x.prefix) {
			continue
		}
		value := scope[len(x.prefix):]
		if x.attr == tyto.Location && httpmsg.HasPrefix(value, "country/") { // the factory's
			return
		}
		s.Sender(x.attr, phrase.Text(wsdDecode(s.Scratch(min(len(value), 128)), value)), tyto.Stated, x.field)
		return
	}
}

// wsdDecode resolves %20 and the like, as far as there is room.
func wsdDecode(b, text []byte) []byte {
	n := 0
	for c := frame.Read(text); c.Len() > 0 && n < len(b); n++ {
		b[n] = c.U8()
		if look := c; b[n] == '%' && c.Len() >= 2 {
			hi, lo := wsdHex(look.U8()), wsdHex(look.U8())
			if hi < 16 && lo < 16 {
				b[n] = hi<<4 | lo
				c.Skip(2)
			}
		}
	}
	return b[:n]
}

func wsdHex(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return (c | 0x20) - 'a' + 10
	}
	return 16
}
