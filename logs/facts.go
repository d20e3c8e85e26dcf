package logs

import (
	"slices"
	"strconv"
	"strings"

	"tyto/frame"
	"tyto/tyto"
)

// A hello is what is known of the beginning of a TLS connection. Of the
// messages themselves there is too little to put them together again.
type hello struct {
	id, server, version string // version is "TLSv12" or "TLS 1.2"
	ja3, ja3s, ja4      string
	protocol            string // that the server chose
	subject, issuer     string // as RFC 4514 writes them
	selfSigned          bool
}

// versions of TLS as the protocol numbers them.
var versions = map[string]string{"tlsv10": "0x0301", "tlsv1": "0x0301", "tlsv11": "0x0302", "tlsv12": "0x0303", "tlsv13": "0x0304", "sslv3": "0x0300"}

// shaken tells of the beginning of a TLS connection.
func (r *reader) shaken(h hello) {
	s := r.sink
	s.Begin(&r.f)
	if n := len(h.server); n > 0 && n < 256 {
		s.Sender(tyto.Clue, []byte(h.server), tyto.Stated, "tls.handshake.extensions_server_name")
		r.servers.put(h.id, h.server)
	}
	r.clue(hash(h.ja3), "tls.handshake.ja3")
	if len(h.ja4) == 36 {
		r.clue(h.ja4, "tls.handshake.ja4")
	}
	r.told("tls")
	version := versions[strings.ReplaceAll(strings.ReplaceAll(strings.ToLower(h.version), ".", ""), "tls 1", "tlsv1")]
	if version == "" {
		return
	}
	r.turn()
	s.Begin(&r.f)
	r.clue(version, "tls.handshake.version")
	r.clue(hash(h.ja3s), "tls.handshake.ja3s")
	r.clue(h.protocol, "tls.handshake.extensions_alpn_str")
	r.clue(h.subject, "x509sat.subject")
	r.clue(h.issuer, "x509sat.issuer")
	if h.selfSigned {
		r.clue("self-signed", "x509af.selfSigned")
	}
	s.Sender(tyto.Provides, []byte("tcp/"+strconv.Itoa(int(r.f.SrcPort))+" tls"), tyto.Stated, "tls.handshake.type")
	r.told("tls")
}

// clue tells raw evidence of the sender, if there is some.
func (r *reader) clue(value, field string) {
	r.sink.Sender(tyto.Clue, []byte(value), tyto.Stated, field)
}

// hash is an MD5 in hexadecimal digits, "" if it is none.
func hash(text string) string {
	if len(text) != 32 || strings.Trim(text, "0123456789abcdef") != "" {
		return ""
	}
	return text
}

// turned is a distinguished name as RFC 4514 writes it, of one that is written as the
// certificate has it: the other way round, and nothing escaped.
func turned(name string) string {
	var parts []string
	for _, part := range strings.Split(name, ", ") {
		kind, value, ok := strings.Cut(part, "=")
		if n := len(parts); n > 0 && (!ok || strings.Contains(kind, " ")) { // of the value before it
			parts[n-1] += `\, ` + special.Replace(part)
			continue
		}
		if ok {
			part = kind + "=" + special.Replace(value)
		}
		parts = append(parts, part)
	}
	slices.Reverse(parts)
	return strings.Join(parts, ",")
}

// special is the characters that RFC 4514 section 2.4 escapes wherever they are.
var special = strings.NewReplacer(`\`, `\\`, `,`, `\,`, `+`, `\+`, `"`, `\"`, `;`, `\;`, `<`, `\<`, `>`, `\>`)

// A lease is what is known of what a client and a DHCP server said.
type lease struct {
	mac                              frame.MAC
	assigned, requested, has, server frame.Addr // assigned is for sure
	host, hostOfServer, fqdn, domain string
	class                            string // of the client's vendor
}

// leased tells of a lease.
func (r *reader) leased(l lease) {
	s := r.sink
	s.Begin(&r.f)
	client := tyto.Subject{MAC: l.mac, VLAN: r.f.VLAN}
	about := func(a tyto.Attr, value string, c tyto.Confidence, field string) {
		if !l.mac.IsZero() && !l.mac.IsGroup() {
			s.About(client, a, []byte(value), c, field)
		}
	}
	s.Has(l.mac, l.assigned, tyto.Stated, "dhcp.ip.your")
	s.Has(l.mac, l.has, tyto.Shown, "dhcp.ip.client")
	about(tyto.Hostname, l.host, tyto.Stated, "dhcp.option.hostname")
	about(tyto.Hostname, l.hostOfServer, tyto.Shown, "dhcp.option.hostname")
	if host, domain, _ := strings.Cut(strings.TrimSuffix(l.fqdn, "."), "."); host != "" {
		about(tyto.Clue, strings.TrimSuffix(l.fqdn, "."), tyto.Stated, "dhcp.fqdn.name")
		about(tyto.Hostname, host, tyto.Stated, "dhcp.fqdn.name")
		about(tyto.Domain, domain, tyto.Stated, "dhcp.fqdn.name")
	}
	about(tyto.Domain, l.domain, tyto.Inferred, "dhcp.option.domain_name")
	about(tyto.Clue, l.class, tyto.Stated, "dhcp.option.vendor_class_id")
	if !l.requested.IsUnspecified() {
		about(tyto.Clue, l.requested.String(), tyto.Shown, "dhcp.option.requested_ip_address")
	}
	if !l.server.IsUnspecified() && !l.server.IsMulticast() && l.server != frame.V4(255, 255, 255, 255) {
		s.About(tyto.Subject{Addr: l.server}, tyto.Role, []byte("dhcp server"), tyto.Shown, "dhcp.option.dhcp_server_id")
	}
	r.told("dhcp")
}
