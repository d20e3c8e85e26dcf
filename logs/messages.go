package logs

import (
	"strings"

	"golang.org/x/net/dns/dnsmessage"

	"tyto/frame"
	"tyto/proto"
)

// show has a dissector read a message that the sender of the frame sent.
func (r *reader) show(protocol, body string, toServer bool, memory *[4]uint64) {
	m := proto.Message{Frame: &r.f, Body: []byte(body), ToServer: toServer, Memory: memory}
	r.sink.Begin(&r.f)
	dissectors()[protocol].Tell(&m, r.sink)
}

// field is a line of a message's head; none if the value is none, or would be
// more than one line.
func field(name, value string) string {
	if value == "" || strings.ContainsFunc(value, func(c rune) bool { return c < ' ' || c == 0x7f }) {
		return ""
	}
	return name + ": " + value + "\r\n"
}

// A web is one request and its response.
type web struct {
	id                          string
	method, target, host, agent string
	proxied, basic              bool
	code, server                string
}

// webbed tells of a request and its response.
func (r *reader) webbed(w web) {
	var memory [4]uint64
	line := w.method + " " + w.target + " HTTP/1.1"
	if w.method == "" || w.target == "" || strings.ContainsAny(line, "\r\n") || strings.Count(line, " ") != 2 {
		line = "GET / HTTP/1.1"
	}
	head := line + "\r\n" + field("Host", w.host) + field("User-Agent", w.agent)
	if w.proxied {
		head += "Via: 1.1 proxy\r\n"
	}
	if w.basic { // of who it was only that it was somebody
		head += "Authorization: Basic Og==\r\n"
	}
	r.show("http", head+"\r\n", true, &memory)
	r.servers.put(w.id, string(r.sink.Name()))
	r.told("http")
	if len(w.code) != 3 || strings.Trim(w.code, "0123456789") != "" {
		return
	}
	r.turn()
	r.show("http", "HTTP/1.1 "+w.code+" OK\r\n"+field("Server", w.server)+"\r\n", false, &memory)
	r.told("http")
}

// banner tells what an end of an SSH connection calls itself.
func (r *reader) banner(line string, toServer bool) {
	if strings.HasPrefix(line, "SSH-") && !strings.ContainsAny(line, "\r\n") {
		r.show("ssh", line+"\r\n", toServer, new([4]uint64))
		r.told("ssh")
	}
}

// A lookup is a question to a name server, and its answer.
type lookup struct {
	name, kind       string // kind "A"
	asked, answered  bool   // which of them is told
	recursive, owner bool   // the server looks up for others, or has the domain
	code             dnsmessage.RCode
	answers          []string
}

var lookupKinds = map[string]dnsmessage.Type{"A": dnsmessage.TypeA, "AAAA": dnsmessage.TypeAAAA, "PTR": dnsmessage.TypePTR, "SRV": dnsmessage.TypeSRV, "HTTPS": 65, "SVCB": 64}

// lookedUp tells of a lookup.
func (r *reader) lookedUp(l lookup) {
	kind, ok := lookupKinds[l.kind]
	name, err := dnsmessage.NewName(strings.TrimSuffix(l.name, ".") + ".")
	if !ok || err != nil || r.f.DstPort != 53 {
		return
	}
	m := dnsmessage.Message{Questions: []dnsmessage.Question{{Name: name, Type: kind, Class: dnsmessage.ClassINET}}}
	if l.asked {
		r.dns(&m, true)
	}
	if !l.answered {
		return
	}
	m.Header = dnsmessage.Header{Response: true, RecursionAvailable: l.recursive, Authoritative: l.owner, RCode: l.code}
	for _, text := range l.answers[:min(len(l.answers), maxList)] {
		if body := answer(kind, text); body != nil {
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: name, Class: dnsmessage.ClassINET}, Body: body})
		}
	}
	r.turn()
	r.dns(&m, false)
	r.turn()
}

// answer is an address, or the name that one has; nil if it is neither.
func answer(asked dnsmessage.Type, text string) dnsmessage.ResourceBody {
	if a := parseAddr(text); !a.IsZero() {
		if ip := a.Netip(); ip.Is4() {
			return &dnsmessage.AResource{A: ip.As4()}
		}
		return &dnsmessage.AAAAResource{AAAA: a.Netip().As16()}
	}
	if asked != dnsmessage.TypePTR {
		return nil
	}
	if name, err := dnsmessage.NewName(strings.TrimSuffix(text, ".") + "."); err == nil {
		return &dnsmessage.PTRResource{PTR: name}
	}
	return nil
}

func (r *reader) dns(m *dnsmessage.Message, toServer bool) {
	b, err := m.Pack()
	if err != nil { // a name that is none
		return
	}
	if r.f.Proto == frame.TCP {
		b = append([]byte{byte(len(b) >> 8), byte(len(b))}, b...)
	}
	r.show("dns", string(b), toServer, new([4]uint64))
	r.told("dns")
}
