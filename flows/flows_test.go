package flows

import (
	"encoding/binary"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"tyto/capture"
	"tyto/frame"
	"tyto/tyto"
)

var be = binary.BigEndian

// now is when datagrams come.
var now = time.Unix(1_700_000_000, 0).UTC()

// datagram is a packet as capture hands it over.
func datagram(payload []byte) *frame.Packet {
	head := make([]byte, 28)
	head[0] = 0x45
	copy(head[12:], []byte{10, 0, 0, 1})
	return &frame.Packet{Time: now.UnixNano(), Number: 7, Link: frame.LinkRaw, Data: append(head, payload...)}
}

func words(v ...uint32) (b []byte) {
	for _, x := range v {
		b = be.AppendUint32(b, x)
	}
	return b
}

func halves(v ...uint16) (b []byte) {
	for _, x := range v {
		b = be.AppendUint16(b, x)
	}
	return b
}

// v5 is a datagram of NetFlow 5 with one record, sampled one in ten.
func v5() []byte {
	head := slices.Concat(halves(5, 1), words(100_000, uint32(now.Unix()), 0, 1), []byte{0, 0}, halves(1<<14|10))
	one := slices.Concat([]byte{10, 1, 0, 9, 10, 2, 0, 5, 0, 0, 0, 0}, halves(1, 2), words(3, 300, 90_000, 99_000), halves(40000, 502), []byte{0, 0x1b, 6, 0}, halves(0, 0), []byte{24, 24}, halves(0))
	return append(head, one...)
}

// set is a flow set, padded.
func set(id uint16, body []byte) []byte {
	for len(body)%4 != 0 {
		body = append(body, 0)
	}
	return append(halves(id, uint16(4+len(body))), body...)
}

// v9 is a datagram of NetFlow 9 with these sets.
func v9(sets ...[]byte) []byte {
	return slices.Concat(halves(9, uint16(len(sets))), words(100_000, uint32(now.Unix()), 1, 77), slices.Concat(sets...))
}

// ipfix is one of IPFIX.
func ipfix(sets ...[]byte) []byte {
	body := slices.Concat(sets...)
	return slices.Concat(halves(10, uint16(16+len(body))), words(uint32(now.Unix()), 1, 77), body)
}

var (
	template9 = set(0, halves(256, 9, 8, 4, 12, 4, 7, 2, 11, 2, 4, 1, 1, 4, 2, 4, 22, 4, 21, 4))
	data9     = set(256, slices.Concat([]byte{10, 2, 0, 5, 10, 1, 0, 9}, halves(502, 40000), []byte{6}, words(500, 5, 90_000, 99_000)))
	options9  = set(1, halves(257, 4, 4, 1, 4, 34, 4))
	sampling9 = set(257, words(1, 100))
	templateX = set(2, halves(300, 10, 27, 16, 28, 16, 7, 2, 11, 2, 4, 1, 231, 8, 298, 8, 232, 8, 299, 8, 153, 8))
	dataX     = set(300, slices.Concat(netip.MustParseAddr("fd00::9").AsSlice(), netip.MustParseAddr("fd00::5").AsSlice(), halves(50000, 443), []byte{6},
		words(0, 1000, 0, 10, 0, 9000, 0, 12), be.AppendUint64(nil, uint64(now.Add(-time.Second).UnixMilli()))))
)

// v5sample is a datagram of sFlow with one sampled frame, one in 512.
func v5sample() []byte {
	ip := slices.Concat([]byte{0x45, 0}, halves(1486), make([]byte, 4), []byte{64, 17, 0, 0, 10, 1, 0, 9, 10, 2, 0, 5}, halves(40000, 53, 1466, 0), make([]byte, 60))
	head := slices.Concat([]byte{2, 0, 0, 0, 0, 5, 2, 0, 0, 0, 0, 9, 0x81, 0, 0, 42, 8, 0}, ip)
	for len(head)%4 != 0 {
		head = append(head, 0)
	}
	record := append(words(1, uint32(16+len(head)), 1, 1504, 4, uint32(len(head))), head...)
	sample := slices.Concat(words(1, 3, 512, 1000, 0, 1, 2, 1), record)
	return slices.Concat(words(5, 1), []byte{10, 0, 0, 1}, words(0, 1, 1000, 1), words(1, uint32(len(sample))), sample)
}

// told is what a reader tells of datagrams, in words.
func told(t *testing.T, r *reader, datagrams ...[]byte) (all []string) {
	t.Helper()
	for _, b := range datagrams {
		for _, e := range r.read(datagram(b)) {
			c := e.Conversation
			if e.Kind != tyto.KindConversation || e.Version != tyto.EventVersion || c.Evidence.Protocol != "cflow" || c.Evidence.Packet != 7 || c.Evidence.Capture != "netflow 10.0.0.5" || !e.Time.Equal(c.Last) {
				t.Errorf("%+v", e)
			}
			all = append(all, fmt.Sprintf("%v > %v:%d %s %v %v %s %d", c.Client.Addr.Netip(), c.Server.Addr.Netip(), c.Port, c.Transport, c.Packets, c.Bytes, c.Last.Sub(c.First), c.Client.VLAN))
		}
	}
	return all
}

func TestRead(t *testing.T) {
	for name, x := range map[string]struct {
		datagrams [][]byte
		want      []string
	}{
		"netflow 5": {[][]byte{v5()}, []string{"10.1.0.9 > 10.2.0.5:502 tcp [30 0] [3000 0] 9s 0"}},
		"netflow 9": {[][]byte{v9(template9, data9), v9(data9)}, []string{"10.1.0.9 > 10.2.0.5:502 tcp [0 5] [0 500] 9s 0", "10.1.0.9 > 10.2.0.5:502 tcp [0 5] [0 500] 9s 0"}},
		"sampled":   {[][]byte{v9(options9, sampling9), v9(template9, data9)}, []string{"10.1.0.9 > 10.2.0.5:502 tcp [0 500] [0 50000] 9s 0"}},
		"no template, and then one in the same datagram": {[][]byte{v9(data9, template9, data9)}, []string{"10.1.0.9 > 10.2.0.5:502 tcp [0 5] [0 500] 9s 0"}},
		"ipfix, both directions":                         {[][]byte{ipfix(templateX, dataX)}, []string{"fd00::9 > fd00::5:443 tcp [10 0] [1000 0] 0s 0", "fd00::9 > fd00::5:443 tcp [0 12] [0 9000] 0s 0"}},
		"sflow":                                          {[][]byte{v5sample()}, []string{"10.1.0.9 > 10.2.0.5:53 udp [512 0] [770048 0] 0s 42"}},
		"nonsense":                                       {[][]byte{{}, {1}, []byte("no flows at all, but long enough"), v5()[:60]}, nil},
	} {
		r := newReader("netflow 10.0.0.5")
		if got := told(t, r, x.datagrams...); !slices.Equal(got, x.want) {
			t.Errorf("%s: %q, want %q", name, got, x.want)
		}
		if bad := strings.HasPrefix(name, "no"); bad != (r.wrong() != nil) {
			t.Errorf("%s: %v", name, r.wrong())
		}
	}
}

// TestHostile refuses templates of which there would be endless records, and
// remembers no more than there is room for.
func TestHostile(t *testing.T) {
	r := newReader("netflow 10.0.0.5")
	for _, template := range [][]byte{set(0, halves(256, 0)), set(0, halves(256, 1, 8, 0)), set(0, halves(256, 2, 8, 4, 12, 0))} {
		if got := told(t, r, v9(template), v9(set(256, make([]byte, 1000)))); got != nil || r.wrong() == nil {
			t.Errorf("%x: %v, %v", template, got, r.wrong())
		}
	}
	for id := range uint16(2 * mostTemplates) {
		told(t, r, v9(set(0, halves(256+id, 2, 8, 4, 12, 4))))
	}
	if n := len(r.templates.of(netip.MustParseAddr("10.0.0.1")).all); n != mostTemplates {
		t.Errorf("%d templates", n)
	}
	for i := range 2 * mostExporters {
		r.templates.of(netip.AddrFrom4([4]byte{10, 9, byte(i >> 8), byte(i)}))
		r.sampled.put(domain{id: uint32(i)}, 10)
	}
	if len(r.templates) != mostExporters || len(r.sampled) != mostExporters {
		t.Errorf("%d exporters, %d of them sample", len(r.templates), len(r.sampled))
	}
}

// exporters is a Source of datagrams in memory.
type exporters struct{ all [][]byte }

func (s *exporters) Read(b *capture.Batch) error {
	if b.Packets = b.Packets[:0]; len(s.all) == 0 {
		return io.EOF
	}
	b.Packets, s.all = append(b.Packets, *datagram(s.all[0])), s.all[1:]
	return nil
}
func (*exporters) Captures() []capture.Info { return []capture.Info{{Name: "netflow 10.0.0.5"}} }
func (*exporters) Close() error             { return nil }

// TestDivert tells conversations and lets no packet through.
func TestDivert(t *testing.T) {
	tell := make(chan []tyto.Event, 10)
	s := Divert(&exporters{[][]byte{v9(template9), []byte("nonsense"), v9(data9), v5()}}, tell)
	var b capture.Batch
	if err := s.Read(&b); err != io.EOF || len(b.Packets) != 0 || len(tell) != 2 {
		t.Errorf("%v, %d packets, %d events", err, len(b.Packets), len(tell))
	}
	if i := s.Captures()[0]; i.Err == nil || !strings.Contains(i.Err.Error(), "1 datagrams could not be read") {
		t.Errorf("%+v", i)
	}
	s = Divert(&exporters{[][]byte{v5()}}, make(chan []tyto.Event))
	s.Close() // nobody listens
	if err := s.Read(&b); err != io.EOF {
		t.Error(err)
	}
}

func FuzzRead(f *testing.F) {
	for _, b := range [][]byte{v5(), v9(template9, data9), v9(options9, sampling9), ipfix(templateX, dataX), v5sample(), v9(set(0, halves(256, 1, 8, 0)), set(256, make([]byte, 100)))} {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 1<<16 {
			return
		}
		r := newReader("netflow")
		for range 2 {
			for _, e := range r.read(datagram(b)) {
				if c := e.Conversation; c.Packets[0]+c.Packets[1] == 0 || c.First.After(c.Last) || c.Last.Sub(now).Abs() > skew {
					t.Errorf("%+v", c)
				}
			}
		}
	})
}
