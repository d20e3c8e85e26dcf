// Package flows reads what routers and switches tell of conversations that
// they forwarded: NetFlow 5 and 9, IPFIX and sFlow. It is a source of low
// fidelity, and says so: who spoke to whom, over which port, and how much;
// nothing of what was said, and with sampling an estimate of the rest. The
// protocols themselves are decoded by goflow2.
package flows

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"tyto/capture"
	"tyto/decode"
	"tyto/frame"
	"tyto/proto"
	"tyto/tyto"
)

// A source takes datagrams out of one that hears exporters, and tells of the
// conversations in them; no packet comes out of it.
type source struct {
	capture.Source
	reader *reader
	tell   chan<- []tyto.Event
	closed chan struct{}
	once   sync.Once
}

// Divert reads the datagrams of a Source, which must be one that
// capture.OpenTunnel opened for one of capture.FlowProtocols, and gives tell
// the conversations, as events without sensor, zone and number. Its Read
// waits until the Source ends.
func Divert(s capture.Source, tell chan<- []tyto.Event) capture.Source {
	return &source{Source: s, reader: newReader(s.Captures()[0].Name), tell: tell, closed: make(chan struct{})}
}

// Read implements capture.Source.
func (s *source) Read(b *capture.Batch) error {
	for {
		err := s.Source.Read(b)
		for i := range b.Packets {
			if events := s.reader.read(&b.Packets[i]); len(events) > 0 {
				select {
				case s.tell <- events:
				case <-s.closed:
				}
			}
		}
		b.Packets = b.Packets[:0]
		if err != nil {
			return err
		}
	}
}

// Captures implements capture.Source. What could not be read is an error of it.
func (s *source) Captures() []capture.Info {
	all := s.Source.Captures()
	if why := s.reader.wrong(); why != nil && all[0].Err == nil {
		all[0].Err = why
	}
	return all
}

// Close implements capture.Source.
func (s *source) Close() error {
	s.once.Do(func() { close(s.closed) })
	return s.Source.Close()
}

// A reader reads the datagrams of exporters.
type reader struct {
	capture   string
	decoder   *decode.Decoder
	templates templates
	sampled   sampled
	events    []tyto.Event

	mu  sync.Mutex // guards what follows
	bad uint64
	why error
}

// index knows the ports of servers.
var index = sync.OnceValue(func() *proto.Index { return proto.NewIndex(proto.All()) })

func newReader(name string) *reader {
	return &reader{capture: name, decoder: decode.New(decode.DefaultConfig()), templates: newTemplates(), sampled: newSampled()}
}

// A record is what was told of one direction of a conversation.
type record struct {
	src, dst         netip.Addr
	srcMAC, dstMAC   frame.MAC
	vlan             uint16
	srcPort, dstPort uint16
	proto            uint8
	packets, bytes   uint64
	first, last      time.Time
}

// read is the conversations of one datagram.
func (r *reader) read(p *frame.Packet) []tyto.Event {
	payload, exporter, ok := payloadOf(p)
	if !ok {
		return nil
	}
	r.events = nil
	var all []record
	err := safely(func() (err error) {
		all, err = r.decode(payload, exporter, time.Unix(0, p.Time).UTC())
		return err
	})
	r.note(err)
	for i := range all {
		r.event(&all[i], p)
	}
	return r.events
}

// safely turns a panic of what is not ours into an error.
func safely(f func() error) (err error) {
	defer func() {
		if x := recover(); x != nil {
			err = fmt.Errorf("flows: %v", x)
		}
	}()
	return f()
}

func (r *reader) note(err error) {
	if err == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.bad++
	r.why = err
}

// wrong is what was wrong last, with how often something was.
func (r *reader) wrong() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.why == nil {
		return nil
	}
	return fmt.Errorf("flows: %s: %d datagrams could not be read, the last: %w", r.capture, r.bad, r.why)
}

// payloadOf takes the headers off that capture put in front, of UDP.
func payloadOf(p *frame.Packet) (payload []byte, exporter netip.Addr, ok bool) {
	b := p.Data
	switch {
	case len(b) > 28 && b[0]>>4 == 4:
		exporter, _ = netip.AddrFromSlice(b[12:16])
		return b[28:], exporter, true
	case len(b) > 48 && b[0]>>4 == 6:
		exporter, _ = netip.AddrFromSlice(b[8:24])
		return b[48:], exporter, true
	}
	return nil, exporter, false
}

// event adds an event of a record.
func (r *reader) event(x *record, p *frame.Packet) {
	if !x.src.IsValid() || !x.dst.IsValid() || x.src.IsUnspecified() || x.dst.IsUnspecified() || x.packets == 0 {
		return
	}
	from := 0
	client, server := tyto.Subject{MAC: x.srcMAC, Addr: frame.AddrFrom(x.src), VLAN: x.vlan}, tyto.Subject{MAC: x.dstMAC, Addr: frame.AddrFrom(x.dst), VLAN: x.vlan}
	port := x.dstPort
	if isServer(x) {
		client, server, port, from = server, client, x.srcPort, 1
	}
	c := &tyto.Conversation{Client: client, Server: server, Transport: transport(x.proto), Port: port, First: x.first, Last: x.last,
		Evidence: tyto.Evidence{Capture: r.capture, Packet: p.Number, Protocol: "cflow", Field: "frame.number"}}
	if x.proto != frame.TCP && x.proto != frame.UDP && x.proto != frame.SCTP {
		c.Port = 0
	}
	c.Packets[from], c.Bytes[from] = x.packets, x.bytes
	r.events = append(r.events, tyto.Event{Version: tyto.EventVersion, Time: x.last, Kind: tyto.KindConversation, Conversation: c})
}

// isServer reports whether a record is of what a server sends: by a port that
// is known, else by the lower one.
func isServer(x *record) bool {
	s, d := index().ServerPort(x.proto, x.srcPort), index().ServerPort(x.proto, x.dstPort)
	if s != d {
		return s
	}
	return x.srcPort != 0 && x.srcPort < x.dstPort
}

var transports = map[uint8]string{frame.ICMP: "icmp", frame.IGMP: "igmp", frame.TCP: "tcp", frame.UDP: "udp", frame.GRE: "gre", 50: "esp", 51: "ah", frame.ICMPv6: "icmpv6", 89: "ospf", frame.SCTP: "sctp"}

// transport is the name of a protocol of IP, as conversations that were heard have it.
func transport(p uint8) string {
	if name := transports[p]; name != "" {
		return name
	}
	return "ip-" + strconv.Itoa(int(p))
}

var errVersion = errors.New("it is neither NetFlow 5 or 9, nor IPFIX, nor sFlow 5")
