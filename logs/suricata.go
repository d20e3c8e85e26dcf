package logs

import (
	"golang.org/x/net/dns/dnsmessage"

	"tyto/frame"
)

// suricata is who reads which of the events of Suricata's EVE, by event_type.
var suricata = map[string]teller{"flow": eveFlow, "http": eveHTTP, "tls": eveTLS, "ssh": eveSSH, "dns": eveDNS, "dhcp": eveDHCP}

// eveEnds has the addresses of interfaces too, where eve-log has "ethernet: yes".
var eveEnds = names{"src_ip", "src_port", "dest_ip", "dest_port", "proto", "ether.src_mac", "ether.dest_mac", "vlan"}

func eveFlow(r *reader) error {
	if err := r.ends(&eveEnds); err != nil {
		return nil
	}
	x := r.rec
	r.converse(talk{
		protocol: protocol(x.text("app_proto")), first: firstOf(x.time("flow.start"), r.f.Time), last: firstOf(x.time("flow.end"), r.f.Time), id: x.text("flow_id"),
		packets: [2]uint64{x.number("flow.pkts_toserver"), x.number("flow.pkts_toclient")},
		bytes:   [2]uint64{x.number("flow.bytes_toserver"), x.number("flow.bytes_toclient")},
	})
	return nil
}

// firstOf is a, or b if that is not known.
func firstOf(a, b int64) int64 {
	if a == 0 {
		return b
	}
	return a
}

func eveHTTP(r *reader) error {
	if err := r.ends(&eveEnds); err != nil {
		return err
	}
	x := r.rec
	r.webbed(web{id: x.text("flow_id"), method: x.text("http.http_method"), target: x.text("http.url"), host: x.text("http.hostname"),
		agent: x.text("http.http_user_agent"), proxied: x.text("http.via", "http.xff") != "", code: x.text("http.status"), server: x.text("http.server")})
	return nil
}

func eveTLS(r *reader) error {
	if err := r.ends(&eveEnds); err != nil {
		return err
	}
	x := r.rec
	subject, issuer := turned(x.text("tls.subject")), turned(x.text("tls.issuerdn"))
	r.shaken(hello{id: x.text("flow_id"), server: x.text("tls.sni"), version: x.text("tls.version"), ja3: x.text("tls.ja3.hash"), ja3s: x.text("tls.ja3s.hash"),
		ja4: x.text("tls.ja4"), subject: subject, issuer: issuer, selfSigned: subject != "" && subject == issuer})
	return nil
}

func eveSSH(r *reader) error {
	if err := r.ends(&eveEnds); err != nil {
		return err
	}
	line := func(side string) string {
		version, product := r.rec.text("ssh."+side+".proto_version"), r.rec.text("ssh."+side+".software_version")
		if version == "" || product == "" {
			return ""
		}
		return "SSH-" + version + "-" + product
	}
	r.secured(line("client"), line("server"), r.rec.text("ssh.client.hassh.hash"), r.rec.text("ssh.server.hassh.hash"))
	return nil
}

// eveDNS reads questions and answers, of which each is an event; before
// version 2 of the format each record of an answer was.
func eveDNS(r *reader) error {
	if err := r.ends(&eveEnds); err != nil {
		return err
	}
	x := r.rec
	if r.f.SrcPort == 53 { // versions differ in which way an answer goes
		r.turn()
	}
	l := lookup{name: x.text("dns.rrname"), kind: x.text("dns.rrtype"), recursive: x.is("dns.ra"), owner: x.is("dns.aa"), answers: x.list("dns.rdata")}
	if questions, _ := x.at("dns.queries").([]any); l.name == "" && len(questions) > 0 { // version 3
		if q, ok := questions[0].(map[string]any); ok {
			l.name, l.kind = record(q).text("rrname"), record(q).text("rrtype")
		}
	}
	kind := x.text("dns.type")
	l.asked, l.answered = kind == "query" || kind == "request", kind == "answer" || kind == "response"
	l.code = rcodes[x.text("dns.rcode")]
	records, _ := x.at("dns.answers").([]any)
	for _, a := range records[:min(len(records), maxList)] {
		if a, ok := a.(map[string]any); ok {
			l.answers = append(l.answers, record(a).text("rdata"))
		}
	}
	if len(records) == 0 {
		l.answers = append(append(append(l.answers, x.list("dns.grouped.A")...), x.list("dns.grouped.AAAA")...), x.list("dns.grouped.PTR")...)
	}
	r.lookedUp(l)
	return nil
}

// rcodes is what an answer says of how it went, by name.
var rcodes = map[string]dnsmessage.RCode{"FORMERR": 1, "SERVFAIL": 2, "NXDOMAIN": 3, "NOTIMP": 4, "REFUSED": 5}

func eveDHCP(r *reader) error {
	r.ends(&eveEnds) // a client may have no address yet
	x := r.rec
	l := lease{mac: x.mac("dhcp.client_mac"), class: x.text("dhcp.vendor_class_identifier"), requested: x.addr("dhcp.requested_ip")}
	if x.text("dhcp.type") == "request" {
		l.host, l.has = x.text("dhcp.hostname"), x.addr("dhcp.client_ip")
		r.leased(l)
		return nil
	}
	l.hostOfServer = x.text("dhcp.hostname")
	switch x.text("dhcp.dhcp_type") {
	case "ack":
		l.assigned, l.server = x.addr("dhcp.assigned_ip"), r.f.Src
	case "offer":
		l.server = r.f.Src
	default:
		l = lease{}
	}
	if l.server == (frame.Addr{}) && l.mac.IsZero() {
		return nil
	}
	r.leased(l)
	return nil
}
