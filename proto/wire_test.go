package proto

import (
	"bytes"
	"encoding/binary"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tyto/frame"
)

// generate rewrites the captures of testdata that our own code makes. Those
// with keys in them are new each time; the goldens must be rewritten with -update after it.
var generate = flag.Bool("generate", false, "rewrite the generated captures")

// A wireHost is a station of the generated captures.
type wireHost struct {
	mac frame.MAC
	ip  [4]byte
}

func wireStation(n byte) wireHost {
	return wireHost{mac: frame.MAC{0x02, 0x00, 0x5e, 0x10, 0x00, n}, ip: [4]byte{192, 168, 17, n}}
}

// A wire writes frames to a capture file in memory.
type wire struct {
	bytes.Buffer
	time uint64 // microseconds
	id   uint16
}

// newWire begins a capture file at a fixed time.
func newWire() *wire {
	w := &wire{time: 1767225600_000000}
	for _, x := range []any{uint32(0xa1b2c3d4), uint16(2), uint16(4), uint32(0), uint32(0), uint32(1 << 18), uint32(1)} {
		binary.Write(w, binary.LittleEndian, x)
	}
	return w
}

func (w *wire) frame(b []byte) {
	w.time += 1000
	for _, x := range []uint32{uint32(w.time / 1e6), uint32(w.time % 1e6), uint32(len(b)), uint32(len(b))} {
		binary.Write(w, binary.LittleEndian, x)
	}
	w.Write(b)
}

// ip writes one IPv4 packet with the checksums that it needs.
func (w *wire) ip(from, to wireHost, protocol byte, segment []byte, checksumAt int) {
	sum := uint32(protocol) + uint32(len(segment))
	for _, a := range [][4]byte{from.ip, to.ip} {
		sum += uint32(a[0])<<8 + uint32(a[1]) + uint32(a[2])<<8 + uint32(a[3])
	}
	binary.BigEndian.PutUint16(segment[checksumAt:], wireSum(sum, segment))
	w.id++
	h := []byte{0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, protocol, 0, 0}
	binary.BigEndian.PutUint16(h[2:], uint16(20+len(segment)))
	binary.BigEndian.PutUint16(h[4:], w.id)
	h = append(append(h, from.ip[:]...), to.ip[:]...)
	binary.BigEndian.PutUint16(h[10:], wireSum(0, h))
	mac := to.mac
	if to.ip[0] >= 224 {
		mac = frame.MAC{0x01, 0x00, 0x5e, to.ip[1] & 0x7f, to.ip[2], to.ip[3]}
	}
	b := append(append([]byte(nil), mac[:]...), from.mac[:]...)
	w.frame(append(append(append(b, 0x08, 0x00), h...), segment...))
}

func wireSum(sum uint32, b []byte) uint16 {
	for i := 0; i+1 < len(b); i += 2 {
		sum += uint32(b[i])<<8 | uint32(b[i+1])
	}
	if len(b)%2 == 1 {
		sum += uint32(b[len(b)-1]) << 8
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}

func (w *wire) udp(from wireHost, fromPort uint16, to wireHost, toPort uint16, payload []byte) {
	b := binary.BigEndian.AppendUint16(nil, fromPort)
	b = binary.BigEndian.AppendUint16(b, toPort)
	b = binary.BigEndian.AppendUint16(b, uint16(8+len(payload)))
	w.ip(from, to, 17, append(append(b, 0, 0), payload...), 6)
}

// A wireTalk is one TCP connection.
type wireTalk struct {
	w     *wire
	hosts [2]wireHost
	ports [2]uint16
	seq   [2]uint32
}

// tcp opens a connection from client to server.
func (w *wire) tcp(client wireHost, clientPort uint16, server wireHost, serverPort uint16) *wireTalk {
	t := &wireTalk{w: w, hosts: [2]wireHost{client, server}, ports: [2]uint16{clientPort, serverPort}, seq: [2]uint32{1000, 5000}}
	t.segment(0, frame.SYN, nil)
	t.segment(1, frame.SYN|frame.ACK, nil)
	t.segment(0, frame.ACK, nil)
	return t
}

func (t *wireTalk) segment(from int, flags byte, payload []byte) {
	to := 1 - from
	b := binary.BigEndian.AppendUint16(nil, t.ports[from])
	b = binary.BigEndian.AppendUint16(b, t.ports[to])
	b = binary.BigEndian.AppendUint32(b, t.seq[from])
	ack := t.seq[to]
	if flags&frame.ACK == 0 {
		ack = 0
	}
	b = binary.BigEndian.AppendUint32(b, ack)
	b = append(b, 5<<4, flags, 0xfa, 0xf0, 0, 0, 0, 0)
	t.w.ip(t.hosts[from], t.hosts[to], 6, append(b, payload...), 16)
	t.seq[from] += uint32(len(payload))
	if flags&(frame.SYN|frame.FIN) != 0 {
		t.seq[from]++
	}
}

// say sends bytes in segments of at most 1460.
func (t *wireTalk) say(from int, b []byte) *wireTalk {
	for len(b) > 0 {
		n := min(len(b), 1460)
		t.segment(from, frame.PSH|frame.ACK, b[:n])
		b = b[n:]
	}
	return t
}

func (t *wireTalk) ask(b string) *wireTalk    { return t.say(0, []byte(b)) }
func (t *wireTalk) answer(b string) *wireTalk { return t.say(1, []byte(b)) }

func (t *wireTalk) end() {
	t.segment(0, frame.FIN|frame.ACK, nil)
	t.segment(1, frame.FIN|frame.ACK, nil)
	t.segment(0, frame.ACK, nil)
}

// keep writes the capture to testdata if it was asked to.
func (w *wire) keep(t *testing.T, name string) {
	t.Helper()
	path := filepath.Join("testdata", name, "generated.pcap")
	if *generate {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, w.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// shown is what a dissector tells of one message, after Is has accepted it.
func shown(t *testing.T, name string, m *Message) *Sink {
	t.Helper()
	if m.Frame == nil {
		m.Frame = &frame.Frame{Src: frame.V4(192, 168, 17, 1), Dst: frame.V4(192, 168, 17, 2), SrcPort: 40000, DstPort: 40001}
	}
	if m.Memory == nil {
		m.Memory = new([4]uint64)
	}
	for _, d := range All() {
		if d.Name == name {
			s := new(Sink)
			s.Begin(m.Frame)
			d.Tell(m, s)
			return s
		}
	}
	t.Fatalf("there is no dissector %s", name)
	return nil
}

// fact is the value of the field that the sink was told first.
func fact(s *Sink, field string) string {
	for _, x := range s.Facts() {
		if x.Field == field {
			return string(x.Value)
		}
	}
	return ""
}

// wireAllocs demands that splitting and telling the message allocate nothing.
func wireAllocs(t *testing.T, name string, m *Message) {
	t.Helper()
	if m.Memory == nil {
		m.Memory = new([4]uint64)
	}
	var d *Dissector
	for _, x := range All() {
		if x.Name == name {
			d = x
		}
	}
	s, memory := new(Sink), *m.Memory
	if n := testing.AllocsPerRun(100, func() {
		*m.Memory = memory
		d.Is(m)
		if d.Split != nil {
			d.Split(m)
		}
		s.Begin(m.Frame)
		d.Tell(m, s)
	}); n != 0 {
		t.Errorf("%s allocates %v times a message, want 0", name, n)
	}
	if len(s.Facts()) == 0 {
		t.Errorf("%s told nothing", name)
	}
}

// wireHello is a client's hello, of TLS 1.2 for mail.plant.example, the same every time.
func wireHello() string {
	name := "mail.plant.example"
	sni := cat(uint16(len(name)+3), 0, uint16(len(name)), name)
	extensions := cat(uint16(0), uint16(len(sni)), sni, uint16(10), uint16(4), uint16(2), uint16(29), uint16(11), uint16(2), uint16(0x100))
	body := cat(uint16(0x303), strings.Repeat("r", 32), 0, uint16(4), uint16(0xc02f), uint16(0xc030), uint16(0x100), uint16(len(extensions)), extensions)
	message := cat(1, 0, uint16(len(body)), body)
	return string(cat("\x16\x03\x01", uint16(len(message)), message))
}
