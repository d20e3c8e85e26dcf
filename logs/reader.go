package logs

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"tyto/frame"
	"tyto/observe"
	"tyto/proto"
	"tyto/tyto"
)

// remember is how many facts are remembered to have been told.
const remember = 1 << 16

// batchSize is how many events are put together at a time.
const batchSize = 256

// A reader turns lines into events. It belongs to one goroutine.
type reader struct {
	observer *observe.Observer
	out      []tyto.Event // told and not taken yet, without sensor, zone and number
	sink     *proto.Sink
	servers  servers

	// What is being read.
	rec record
	f   frame.Frame // stands for a packet that the client sent
}

func newReader() *reader {
	r := &reader{sink: new(proto.Sink), servers: servers{names: map[string]string{}}}
	r.observer = observe.NewObserver("", remember, observe.NewBatch(batchSize), func(b *observe.Batch) *observe.Batch {
		r.out = append(r.out, observe.Copy(b.Events)...)
		b.Reset()
		return b
	})
	return r
}

// take is the events since it was last called.
func (r *reader) take() []tyto.Event {
	r.observer.Flush()
	events := r.out
	r.out = nil
	return events
}

// A log is what is known of the file that lines are of.
type log struct {
	path   string
	header header
}

func newLog(path string) *log { return &log{path: path, header: newHeader()} }

// A teller tells what a record says.
type teller func(*reader) error

// parse reads a line; the record is nil if it is about the log itself.
func (l *log) parse(line []byte) (record, error) {
	switch {
	case len(line) == 0:
		return nil, nil
	case line[0] == '#':
		l.header.directive(string(line))
		return nil, nil
	case line[0] == '{':
		return parseJSON(line)
	}
	return l.header.record(line)
}

// teller is who reads a record, and whose log it is, "zeek" or "suricata";
// nil if nobody does, ours if the log has others that somebody may.
func (l *log) teller(rec record) (tell teller, program string, ours bool) {
	if kind := rec.text("event_type"); kind != "" && rec.text("timestamp") != "" {
		return suricata[kind], "suricata", true
	}
	kind := l.header.path
	if kind == "" {
		kind = rec.text("_path")
	}
	if kind == "" { // "conn.10:00:00-11:00:00.log.gz"
		kind, _, _ = strings.Cut(filepath.Base(l.path), ".")
		kind = strings.TrimPrefix(kind, "json_streaming_")
	}
	if rec.text("ts") != "" {
		tell = zeek[kind]
	}
	return tell, "zeek", tell != nil
}

// line reads one, and reports the time of which it tells; 0 if it tells of none.
func (r *reader) line(l *log, line []byte, number uint64) (at int64, err error) {
	rec, err := l.parse(line)
	if err != nil || rec == nil {
		return 0, err
	}
	tell, program, ours := l.teller(rec)
	if tell == nil {
		if !ours {
			err = errNoRecord
		}
		return 0, err
	}
	r.rec, r.f = rec, frame.Frame{Number: number, Time: max(rec.time("ts"), rec.time("timestamp"))}
	if r.f.Time == 0 {
		return 0, errTime
	}
	r.observer.Capture(program + " " + l.path)
	return r.f.Time, tell(r)
}

// names is where a program's records have the ends of a conversation.
type names struct {
	client, clientPort, server, serverPort, transport, clientMAC, serverMAC, vlan string
}

// ends makes the frame one from client to server.
func (r *reader) ends(n *names) error {
	f := &r.f
	f.Src, f.Dst = r.rec.addr(n.client), r.rec.addr(n.server)
	if f.Src.IsUnspecified() || f.Dst.IsUnspecified() {
		return errEnds
	}
	f.Flags = frame.IPv6
	if f.Src.Is4() {
		f.Flags = frame.IPv4
	}
	f.SrcMAC, f.DstMAC = r.rec.mac(n.clientMAC, n.clientMAC+"s"), r.rec.mac(n.serverMAC, n.serverMAC+"s")
	if tags := r.rec.list(n.vlan); len(tags) > 0 {
		f.VLAN = uint16(min(record{"v": tags[0]}.number("v"), 4095))
	}
	f.Proto = transports[strings.ToLower(r.rec.text(n.transport))]
	if f.Proto == frame.ICMP && f.Flags&frame.IPv6 != 0 {
		f.Proto = frame.ICMPv6
	}
	if f.Proto == frame.TCP || f.Proto == frame.UDP || f.Proto == frame.SCTP {
		f.SrcPort, f.DstPort = port(r.rec.number(n.clientPort)), port(r.rec.number(n.serverPort))
		f.Flags |= frame.Ports
	}
	return nil
}

func port(n uint64) uint16 {
	if n > 0xffff {
		return 0
	}
	return uint16(n)
}

var transports = map[string]uint8{"tcp": frame.TCP, "udp": frame.UDP, "icmp": frame.ICMP, "icmp6": frame.ICMPv6, "ipv6-icmp": frame.ICMPv6, "sctp": frame.SCTP}

// turn makes the frame one of the other direction.
func (r *reader) turn() {
	f := &r.f
	f.Src, f.Dst, f.SrcMAC, f.DstMAC, f.SrcPort, f.DstPort = f.Dst, f.Src, f.DstMAC, f.SrcMAC, f.DstPort, f.SrcPort
}

// sighted tells that both ends were seen on their links, if it is known where.
func (r *reader) sighted() {
	for range 2 {
		if !r.f.SrcMAC.IsZero() {
			r.observer.Sighted(&r.f)
		}
		r.turn()
	}
}

// told passes on what the sink has of a protocol.
func (r *reader) told(protocol string) { r.observer.Told(&r.f, protocol, r.sink) }

// A talk is what a record says of a whole conversation.
type talk struct {
	protocol       string
	first, last    int64
	packets, bytes [2]uint64
	lossy          bool
	id             string // by which other records name it
}

// mostCounted is as many packets or bytes as one conversation is believed to have.
const mostCounted = 1 << 50

// converse tells of a conversation.
func (r *reader) converse(t talk) {
	for i := range t.packets {
		t.packets[i], t.bytes[i] = min(t.packets[i], mostCounted), min(t.bytes[i], mostCounted)
	}
	if t.packets[0]+t.packets[1] == 0 {
		return
	}
	r.sighted()
	name := r.rec.text("proto")
	f := &r.f
	if t.last < t.first {
		t.last = t.first
	}
	e, c := r.observer.Room().Conversation()
	c.Client, c.Server = tyto.Subject{MAC: f.SrcMAC, Addr: f.Src, VLAN: f.VLAN}, tyto.Subject{MAC: f.DstMAC, Addr: f.Dst, VLAN: f.VLAN}
	c.Transport, c.Port, c.Protocol = transport(f.Proto, name), f.DstPort, t.protocol
	c.ServerName = r.servers.names[t.id]
	c.First, c.Last = time.Unix(0, t.first).UTC(), time.Unix(0, t.last).UTC()
	c.Packets, c.Bytes, c.Lossy, c.Sessions = t.packets, t.bytes, t.lossy, 1
	c.Evidence = tyto.Evidence{Capture: r.observer.Where(), Packet: f.Number, Protocol: t.protocol, Field: "frame.number"}
	e.Time = c.Last
}

// transport is the name of what a conversation goes over, as conversations
// that were heard have it.
func transport(p uint8, name string) string {
	switch p {
	case frame.TCP:
		return "tcp"
	case frame.UDP:
		return "udp"
	case frame.SCTP:
		return "sctp"
	case frame.ICMP:
		return "icmp"
	case frame.ICMPv6:
		return "icmpv6"
	}
	switch name = strings.ToLower(name); name {
	case "gre", "esp", "ah", "igmp", "ospf", "pim", "vrrp":
		return name
	}
	return "ip"
}

// dissectors is those that there are, by name.
var dissectors = sync.OnceValue(func() map[string]*proto.Dissector {
	all := map[string]*proto.Dissector{}
	for _, d := range proto.All() {
		all[d.Name] = d
	}
	return all
})

// protocols is our names of protocols that others call differently.
var protocols = map[string]string{"ssl": "tls", "krb": "kerberos", "krb5": "kerberos", "dce_rpc": "dcerpc", "rfb": "vnc", "pop3": "pop",
	"ike": "isakmp", "ikev2": "isakmp", "ipsec": "isakmp", "postgresql": "pgsql", "wireguard": "wg", "cip": "enip"}

// protocol is the first of these names that is one of ours, "" if none is.
func protocol(said ...string) string {
	for _, name := range said {
		name = strings.TrimSuffix(strings.TrimSuffix(strings.ToLower(name), "_tcp"), "_udp")
		if ours := protocols[name]; ours != "" {
			name = ours
		}
		if dissectors()[name] != nil {
			return name
		}
	}
	return ""
}

// servers is the names of the servers of conversations that are not told yet.
type servers struct {
	names map[string]string
	order []string // a ring of the ids
	next  int      // the oldest, once it is full
}

// maxServers is how many names wait for their conversations.
const maxServers = 1 << 15

func (s *servers) put(id, name string) {
	if id == "" || name == "" || len(id) > 64 {
		return
	}
	if _, ok := s.names[id]; !ok {
		if len(s.order) < maxServers {
			s.order = append(s.order, id)
		} else {
			delete(s.names, s.order[s.next])
			s.order[s.next], s.next = id, (s.next+1)%maxServers
		}
	}
	s.names[id] = name
}

// safely reads a line as line does; what this program fails on is an error.
func (r *reader) safely(l *log, line []byte, number uint64) (at int64, err error) {
	defer func() {
		if x := recover(); x != nil {
			err = fmt.Errorf("this program failed on it: %v", x)
		}
	}()
	return r.line(l, line, number)
}
