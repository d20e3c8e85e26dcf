package logs

import (
	"strconv"
	"strings"

	"golang.org/x/net/dns/dnsmessage"

	"tyto/frame"
	"tyto/tyto"
)

// zeek is who reads which of Zeek's logs (base/protocols/*/main.zeek,
// policy/protocols/conn/known-*.zeek, base/frameworks/software), by path.
var zeek = map[string]teller{
	"conn": zeekConn, "http": zeekHTTP, "ssl": zeekSSL, "ssh": zeekSSH, "dns": zeekDNS, "dhcp": zeekDHCP, "software": zeekSoftware,
	"known_hosts": zeekKnownHost, "known_services": zeekKnownService, "known_devices": zeekKnownDevice,
}

// zeekEnds has the addresses of interfaces too, where policy/protocols/conn/mac-logging is loaded.
var zeekEnds = names{"id.orig_h", "id.orig_p", "id.resp_h", "id.resp_p", "proto", "orig_l2_addr", "resp_l2_addr", "vlan"}

func zeekConn(r *reader) error {
	if err := r.ends(&zeekEnds); err != nil {
		return nil // who has no address yet
	}
	x := r.rec
	var said []string
	for _, s := range x.list("service") { // "gssapi,smb,ntlm", and "-ssl" for what it was not after all
		said = append(said, strings.Split(s, ",")...)
	}
	r.converse(talk{
		protocol: protocol(said...), first: r.f.Time, last: r.f.Time + int64(x.span("duration")), id: x.text("uid"), lossy: x.number("missed_bytes") > 0,
		packets: [2]uint64{x.number("orig_pkts"), x.number("resp_pkts")},
		bytes:   [2]uint64{x.number("orig_ip_bytes", "orig_bytes"), x.number("resp_ip_bytes", "resp_bytes")},
	})
	return nil
}

// zeekApplication is the ends of what an application did.
func zeekApplication(r *reader, transport uint8) error {
	if err := r.ends(&zeekEnds); err != nil {
		return err
	}
	if r.f.Proto == 0 { // most of these logs do not say
		r.f.Proto, r.f.Flags = transport, r.f.Flags|frame.Ports
		r.f.SrcPort, r.f.DstPort = port(r.rec.number("id.orig_p")), port(r.rec.number("id.resp_p"))
	}
	return nil
}

func zeekHTTP(r *reader) error {
	if err := zeekApplication(r, frame.TCP); err != nil {
		return err
	}
	x := r.rec
	r.webbed(web{id: x.text("uid"), method: x.text("method"), target: x.text("uri"), host: x.text("host"), agent: x.text("user_agent"),
		proxied: len(x.list("proxied")) > 0, basic: x.text("username") != "", code: x.text("status_code")})
	return nil
}

func zeekSSL(r *reader) error {
	if err := zeekApplication(r, frame.TCP); err != nil {
		return err
	}
	x := r.rec
	status := x.text("validation_status")
	r.shaken(hello{id: x.text("uid"), server: x.text("server_name"), version: x.text("version"), ja3: x.text("ja3"), ja3s: x.text("ja3s"), ja4: x.text("ja4"),
		protocol: x.text("next_protocol"), subject: x.text("subject"), issuer: x.text("issuer"),
		selfSigned: status == "self signed certificate" || status == "self-signed certificate"})
	return nil
}

func zeekSSH(r *reader) error {
	if err := zeekApplication(r, frame.TCP); err != nil {
		return err
	}
	r.secured(r.rec.text("client"), r.rec.text("server"), r.rec.text("hassh"), r.rec.text("hasshServer"))
	return nil
}

// secured tells of both ends of an SSH connection: what they call themselves,
// and the hashes of the algorithms that they offer.
func (r *reader) secured(client, server, hassh, hasshServer string) {
	one := func(line, sum, field string, toServer bool) {
		r.banner(line, toServer)
		r.sink.Begin(&r.f)
		r.clue(hash(sum), field)
		r.told("ssh")
	}
	one(client, hassh, "ssh.kex.hassh", true)
	r.turn()
	one(server, hasshServer, "ssh.kex.hasshserver", false)
}

func zeekDNS(r *reader) error {
	if err := zeekApplication(r, frame.UDP); err != nil {
		return err
	}
	x := r.rec
	r.lookedUp(lookup{name: x.text("query"), kind: x.text("qtype_name"), asked: true, answered: x.text("rcode") != "", code: dnsmessage.RCode(x.number("rcode") & 15),
		recursive: x.is("RA"), owner: x.is("AA"), answers: x.list("answers")})
	return nil
}

// is reports whether a field is true.
func (r record) is(name string) bool {
	v := r.at(name)
	return v == true || v == "T"
}

func zeekDHCP(r *reader) error {
	x := r.rec
	l := lease{mac: x.mac("mac"), requested: x.addr("requested_addr"), host: x.text("host_name"), fqdn: x.text("client_fqdn"), domain: x.text("domain"), class: x.text("client_software")}
	for _, kind := range x.list("msg_types") {
		switch strings.ToUpper(kind) {
		case "ACK", "DHCP_ACK":
			if l.assigned = x.addr("assigned_addr"); l.assigned.IsUnspecified() {
				l.has = x.addr("client_addr") // as it asked only what there is to know
			}
			l.server = x.addr("server_addr")
		case "OFFER", "DHCP_OFFER":
			l.server = x.addr("server_addr")
		}
	}
	r.leased(l)
	return nil
}

// zeekSoftware reads what a host uses and what it answers with.
func zeekSoftware(r *reader) error {
	x := r.rec
	version := x.text("unparsed_version")
	if r.f.Src = x.addr("host"); r.f.Src.IsUnspecified() || version == "" {
		return errEnds
	}
	r.f.Proto, r.f.Flags, r.f.SrcPort = frame.TCP, frame.Ports, port(x.number("host_p"))
	switch x.text("software_type") {
	case "HTTP::SERVER":
		if r.f.SrcPort != 0 {
			r.show("http", "HTTP/1.1 200 OK\r\n"+field("Server", version)+"\r\n", false, new([4]uint64))
			r.told("http")
		}
	case "HTTP::BROWSER", "OS::WINDOWS":
		r.show("http", "GET / HTTP/1.1\r\n"+field("User-Agent", version)+"\r\n", true, new([4]uint64))
		r.told("http")
	case "SSH::SERVER":
		if r.f.SrcPort != 0 {
			r.banner("SSH-2.0-"+version, false)
		}
	case "SSH::CLIENT":
		r.banner("SSH-2.0-"+version, true)
	}
	return nil
}

// zeekKnownHost reads that a host was seen to complete a connection.
func zeekKnownHost(r *reader) error {
	if r.f.Src = r.rec.addr("host"); r.f.Src.IsUnspecified() {
		return errEnds
	}
	if r.f.Flags = frame.IPv6; r.f.Src.Is4() {
		r.f.Flags = frame.IPv4
	}
	r.observer.Sighted(&r.f)
	return nil
}

// zeekKnownService reads that a host answers on a port.
func zeekKnownService(r *reader) error {
	if err := zeekKnownHost(r); err != nil {
		return err
	}
	number, over := r.rec.number("port_num"), strings.ToLower(r.rec.text("port_proto"))
	if transports[over] != frame.TCP && transports[over] != frame.UDP || port(number) == 0 {
		return nil
	}
	text, sure := over+"/"+strconv.Itoa(int(number)), tyto.Inferred
	if name := protocol(r.rec.list("service")...); name != "" {
		text, sure = text+" "+name, tyto.Shown
	}
	r.sink.Begin(&r.f)
	r.sink.Sender(tyto.Provides, []byte(text), sure, over+".port")
	r.told(over)
	return nil
}

// zeekKnownDevice reads that an interface was seen.
func zeekKnownDevice(r *reader) error {
	if r.f.SrcMAC = r.rec.mac("mac"); r.f.SrcMAC.IsZero() {
		return errEnds
	}
	r.observer.Sighted(&r.f)
	r.leased(lease{mac: r.f.SrcMAC, host: r.rec.text("dhcp_host_name")})
	return nil
}
