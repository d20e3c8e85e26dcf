package proto

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tyto/capture"
	"tyto/decode"
	"tyto/frame"
	"tyto/tyto"
)

// Protocols that serve a local network are tested with packets made here. Each
// list is also a capture in testdata; GENERATE=1 go test ./proto -run
// TestGenerated writes those.
var generated = map[string]func() [][]byte{"arp": arpPackets, "dhcp": dhcpPackets, "dns": dnsPackets, "mdns": mdnsPackets,
	"llmnr": llmnrPackets, "nbns": nbnsPackets, "lldp": lldpPackets, "cdp": cdpPackets}

func TestGenerated(t *testing.T) {
	for name, packets := range generated {
		var b bytes.Buffer
		w, err := capture.NewWriter(&b, frame.LinkEthernet)
		if err != nil {
			t.Fatal(err)
		}
		for i, p := range packets() {
			if err := w.Write(&frame.Packet{Time: 1767225600e9 + int64(i)*1e8, Data: p, Length: len(p), Link: frame.LinkEthernet}); err != nil {
				t.Fatal(err)
			}
		}
		path := filepath.Join("testdata", name, "generated.pcap")
		if os.Getenv("GENERATE") != "" {
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if have, err := os.ReadFile(path); err != nil || !bytes.Equal(have, b.Bytes()) {
			t.Errorf("%s is not what the test makes (%v); run GENERATE=1 go test ./proto -run TestGenerated", path, err)
		}
	}
}

// TestGeneratedAllocate holds the dissectors to their promise, over whole and cut packets.
func TestGeneratedAllocate(t *testing.T) {
	for name, packets := range generated {
		d, s := dissector(name), new(Sink)
		for i, p := range packets() {
			for _, m := range messages(p) {
				s.Begin(m.Frame)
				whole := m.Body
				n := testing.AllocsPerRun(10, func() {
					for cut := len(whole); cut > 0; cut = cut * 3 / 4 {
						if m.Body = whole[:cut]; d.Is(m) {
							s.Begin(m.Frame)
							d.Tell(m, s)
						}
					}
				})
				if n != 0 {
					t.Errorf("%s packet %d: %v allocations", name, i+1, n)
				}
			}
		}
	}
}

func dissector(name string) *Dissector {
	for _, d := range All() {
		if d.Name == name {
			return d
		}
	}
	panic("no dissector " + name)
}

// messages is the messages in a packet, outermost first.
func messages(p []byte) (all []*Message) {
	d := decode.New(decode.DefaultConfig())
	for _, f := range d.Decode(&frame.Packet{Data: p, Length: len(p), Link: frame.LinkEthernet}) {
		if len(f.Payload) > 0 {
			all = append(all, &Message{Frame: &f, Body: f.Payload, Memory: new([4]uint64)})
		}
	}
	return all
}

// tells is what a dissector tells of a packet, a line each.
func tells(t *testing.T, name string, p []byte) string {
	t.Helper()
	d, s, found := dissector(name), new(Sink), false
	var b strings.Builder
	for _, m := range messages(p) {
		s.Begin(m.Frame)
		if !d.Is(m) {
			continue
		}
		found = true
		d.Tell(m, s)
		for _, x := range s.Facts() {
			fmt.Fprintf(&b, "%s: %s=%s %s %s\n", whom(x.Subject), x.Attr, x.Value, x.Confidence, x.Field)
		}
		for _, x := range s.Deeds() {
			fmt.Fprintf(&b, "%s %s %s\n", orElse(x.Verb.String(), "op"), x.Operation, x.Object)
		}
		for _, x := range s.Resolutions() {
			fmt.Fprintf(&b, "%s told %s is %s\n", x.Asker, x.Name, x.Addr)
		}
		if s.Broken() != "" {
			fmt.Fprintf(&b, "malformed: %s\n", s.Broken())
		}
		if s.Overflow() > 0 {
			fmt.Fprintf(&b, "overflow %d\n", s.Overflow())
		}
	}
	if !found {
		t.Errorf("%s does not know the packet %x", name, p)
	}
	return b.String()
}

func whom(s tyto.Subject) string {
	if s.MAC.IsZero() {
		return s.Addr.String()
	}
	text := s.MAC.String()
	if !s.Addr.IsZero() {
		text += "/" + s.Addr.String()
	}
	return text
}

// says checks that every line of want is told, and no line that begins with "!" is.
func says(t *testing.T, name string, p []byte, want ...string) {
	t.Helper()
	got := tells(t, name, p)
	for _, w := range want {
		if not, found := strings.CutPrefix(w, "!"); found == strings.Contains(got, not) {
			t.Errorf("%s: want %s\ngot:\n%s", name, w, got)
		}
	}
}

// A station is who sends or receives a made packet.
type station struct{ mac, ip string }

var (
	laptop    = station{"00:00:5e:00:53:11", "192.168.77.21"}
	laptop6   = station{"00:00:5e:00:53:11", "fe80::200:5eff:fe00:5311"}
	printer   = station{"00:00:5e:00:53:12", "192.168.77.22"}
	gateway   = station{"00:00:5e:00:53:01", "192.168.77.1"}
	server    = station{"00:00:5e:00:53:05", "192.168.77.5"}
	switch1   = station{"00:00:5e:00:53:80", "192.168.77.2"}
	newcomer  = station{"00:00:5e:00:53:11", "0.0.0.0"}
	everybody = station{"ff:ff:ff:ff:ff:ff", "255.255.255.255"}
	subnet    = station{"ff:ff:ff:ff:ff:ff", "192.168.77.255"}
	mdnsGroup = station{"01:00:5e:00:00:fb", "224.0.0.251"}
	mdns6     = station{"33:33:00:00:00:fb", "ff02::fb"}
	llmnrAll  = station{"01:00:5e:00:00:fc", "224.0.0.252"}
)

func mac(text string) frame.MAC {
	m, ok := frame.ParseMAC([]byte(text))
	if !ok {
		panic(text)
	}
	return m
}

func ip(text string) (b []byte) {
	var a frame.Addr
	if err := a.UnmarshalText([]byte(text)); err != nil {
		panic(err)
	}
	if a.Is4() {
		return a[12:]
	}
	return a[:]
}

// cat puts parts together, numbers big-endian; an int is one byte.
func cat(parts ...any) (b []byte) {
	for _, p := range parts {
		switch x := p.(type) {
		case int:
			b = append(b, byte(x))
		case uint16:
			b = binary.BigEndian.AppendUint16(b, x)
		case uint32:
			b = binary.BigEndian.AppendUint32(b, x)
		case string:
			b = append(b, x...)
		case []byte:
			b = append(b, x...)
		case frame.MAC:
			b = append(b, x[:]...)
		default:
			panic(fmt.Sprintf("cat: %T", p))
		}
	}
	return b
}

func sized8(b []byte) []byte  { return cat(len(b), b) }
func sized16(b []byte) []byte { return cat(uint16(len(b)), b) }

func ether(from, to string, etherType uint16, payload []byte) []byte {
	b := cat(mac(to), mac(from), etherType, payload)
	for len(b) < 60 {
		b = append(b, 0)
	}
	return b
}

func onUDP(from, to station, sport, dport uint16, payload []byte) []byte {
	u := cat(sport, dport, uint16(8+len(payload)), uint16(0), payload)
	return onIP(from, to, frame.UDP, u, 6)
}

func onTCP(from, to station, sport, dport uint16, seq, ack uint32, flags int, payload []byte) []byte {
	s := cat(sport, dport, seq, ack, 0x50, flags, uint16(0xfaf0), uint16(0), uint16(0), payload)
	return onIP(from, to, frame.TCP, s, 16)
}

// onIP adds the checksum at the place and the headers below.
func onIP(from, to station, proto int, segment []byte, at int) []byte {
	src, dst := ip(from.ip), ip(to.ip)
	pseudo := cat(src, dst, uint32(len(segment)), 0, 0, 0, proto, segment)
	binary.BigEndian.PutUint16(segment[at:], checksum(pseudo))
	ttl := 64
	if len(src) == 16 {
		return ether(from.mac, to.mac, 0x86dd, cat(0x60, 0, 0, 0, uint16(len(segment)), proto, ttl, src, dst, segment))
	}
	head := cat(0x45, 0, uint16(20+len(segment)), uint16(0), uint16(0), ttl, proto, uint16(0), src, dst)
	binary.BigEndian.PutUint16(head[10:], checksum(head))
	return ether(from.mac, to.mac, 0x0800, cat(head, segment))
}

func checksum(b []byte) uint16 {
	sum := uint32(0)
	for i := 0; i < len(b); i += 2 {
		sum += uint32(b[i]) << 8
		if i+1 < len(b) {
			sum += uint32(b[i+1])
		}
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}

// dnsName is a name on the wire: labels by dots, "\." for a dot within one.
func dnsName(text string) (b []byte) {
	var label []byte
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\\':
			i++
			label = append(label, text[i])
		case text[i] == '.':
			b, label = append(b, sized8(label)...), nil
		default:
			label = append(label, text[i])
		}
	}
	if len(label) > 0 {
		b = append(b, sized8(label)...)
	}
	return append(b, 0)
}

func dnsMessage(flags uint16, questions, answers, authorities, additionals [][]byte) []byte {
	b := cat(uint16(0x1a2b), flags, uint16(len(questions)), uint16(len(answers)), uint16(len(authorities)), uint16(len(additionals)))
	for _, part := range [][][]byte{questions, answers, authorities, additionals} {
		for _, x := range part {
			b = append(b, x...)
		}
	}
	return b
}

func list(x ...[]byte) [][]byte { return x }

func question(name string, kind, class uint16) []byte { return cat(dnsName(name), kind, class) }

func record(name string, kind, class uint16, data []byte) []byte {
	return cat(dnsName(name), kind, class, uint32(120), sized16(data))
}

func texts(t ...string) (b []byte) {
	for _, x := range t {
		b = append(b, sized8([]byte(x))...)
	}
	return b
}
