package decode_test

import (
	"encoding/binary"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tyto/capture"
	"tyto/decode"
	"tyto/frame"
)

// bytesOf joins hex strings, blanks ignored, and byte slices.
func bytesOf(t testing.TB, parts ...any) (b []byte) {
	t.Helper()
	for _, p := range parts {
		switch p := p.(type) {
		case string:
			x, err := hex.DecodeString(strings.Join(strings.Fields(p), ""))
			if err != nil {
				t.Fatal(err)
			}
			b = append(b, x...)
		case []byte:
			b = append(b, p...)
		}
	}
	return b
}

const macs = "020000000002 020000000001"

func ether(t testing.TB, kind string, parts ...any) []byte {
	return bytesOf(t, append([]any{macs, kind}, parts...)...)
}

// ip4 is an IPv4 packet of 10.0.0.1 to 10.0.0.2 without options.
func ip4(t testing.TB, proto byte, parts ...any) []byte {
	body := bytesOf(t, parts...)
	b := bytesOf(t, "4500 0000 0001 0000 40 00 0000 0a000001 0a000002")
	binary.BigEndian.PutUint16(b[2:], uint16(20+len(body)))
	b[9] = proto
	return append(b, body...)
}

func ip6(t testing.TB, next byte, parts ...any) []byte {
	body := bytesOf(t, parts...)
	b := bytesOf(t, "60000000 0000 00 40 20010db8000000000000000000000001 20010db8000000000000000000000002")
	binary.BigEndian.PutUint16(b[4:], uint16(len(body)))
	b[6] = next
	return append(b, body...)
}

func udp(t testing.TB, src, dst int, parts ...any) []byte {
	body := bytesOf(t, parts...)
	b := make([]byte, 8)
	binary.BigEndian.PutUint16(b[0:], uint16(src))
	binary.BigEndian.PutUint16(b[2:], uint16(dst))
	binary.BigEndian.PutUint16(b[4:], uint16(8+len(body)))
	return append(b, body...)
}

func tcp(t testing.TB, parts ...any) []byte {
	return bytesOf(t, append([]any{"0400 0050 00000001 00000002 50 18 1000 0000 0000"}, parts...)...)
}

// inner is a whole Ethernet frame of other stations, as tunnels carry it.
func inner(t testing.TB) []byte {
	return bytesOf(t, "020000000022 020000000011 0800", ip4(t, 17, udp(t, 5000, 6000, "616263")))
}

func decoded(t testing.TB, link frame.LinkType, b []byte) []frame.Frame {
	t.Helper()
	return decode.New(decode.Config{}).Decode(&frame.Packet{Data: b, Length: len(b), Link: link, Number: 1})
}

// TestHeaders reads one packet of each kind of header and link, with a UDP
// datagram of "abc" in it.
func TestHeaders(t *testing.T) {
	u := udp(t, 5000, 6000, "616263")
	v4, v6 := ip4(t, 17, u), ip6(t, 17, u)
	for name, c := range map[string]struct {
		link frame.LinkType
		b    []byte
	}{
		"ethernet":            {1, ether(t, "0800", v4)},
		"padding":             {1, ether(t, "0800", v4, "0000000000000000")},
		"options":             {1, ether(t, "0800", "4600 0023 0001 0000 40 11 0000 0a000001 0a000002 94040000", u)},
		"ipv6":                {1, ether(t, "86dd", v6)},
		"extensions":          {1, ether(t, "86dd", ip6(t, 0, "2b00 010400000000", "3c00 000000000000", "1101 0104 00000000 000000000000 0000", u))},
		"authentication":      {1, ether(t, "86dd", ip6(t, 51, "1104 0000 00000001 00000001 000000000000000000000000", u))},
		"ah in ipv4":          {1, ether(t, "0800", ip4(t, 51, "1104 0000 00000001 00000001 000000000000000000000000", u))},
		"atomic fragment":     {1, ether(t, "86dd", ip6(t, 44, "1100 0000 00000007", u))},
		"vlan":                {1, ether(t, "8100 0005", "0800", v4)},
		"qinq":                {1, ether(t, "88a8 0005 8100 0006 0800", v4)},
		"deep stack":          {1, ether(t, "9100 0005 8100 0006 8100 0007 8100 0008 0800", v4)},
		"hsr":                 {1, ether(t, "892f 0030 0001 0800", v4)},
		"cisco metadata":      {1, ether(t, "8909 0101 0001 0008 0800", v4)},
		"arista time":         {1, ether(t, "d28b 0001 0110 0000000000000000 0800", v4)},
		"arista short time":   {1, ether(t, "d28b 0001 0021 000000000000 8100 0001 0800", v4)},
		"snap":                {1, ether(t, "0027", "aaaa03 000000 0800", v4)},
		"llc ip":              {1, ether(t, "0022", "060603", v4)},
		"mpls":                {1, ether(t, "8847 00010140", v4)},
		"mpls ipv6":           {1, ether(t, "8847 00010140", v6)},
		"mpls two labels":     {1, ether(t, "8847 00010040 00010140", v4)},
		"pppoe":               {1, ether(t, "8864 1100 0001 0021 0021", v4)},
		"pppoe ipv6":          {1, ether(t, "8864 1100 0001 0035 0057", v6)},
		"fabricpath":          {1, bytesOf(t, "02aaaaaaaaaa 02bbbbbbbbbb 8903 0040", ether(t, "0800", v4))},
		"sll":                 {113, bytesOf(t, "0000 0001 0006 020000000001 0000 0800", v4)},
		"sll2":                {276, bytesOf(t, "0800 0000 00000001 0001 00 06 020000000001 0000", v4)},
		"raw 4":               {101, v4},
		"raw 6":               {101, v6},
		"raw bsd":             {12, v4},
		"raw openbsd":         {14, v6},
		"ipv4 link":           {228, v4},
		"ipv6 link":           {229, v6},
		"null little":         {0, bytesOf(t, "02000000", v4)},
		"null big":            {0, bytesOf(t, "00000002", v4)},
		"null freebsd":        {0, bytesOf(t, "1c000000", v6)},
		"null darwin":         {0, bytesOf(t, "0000001e", v6)},
		"null netbsd":         {108, bytesOf(t, "00000018", v6)},
		"null linux":          {108, bytesOf(t, "0000000a", v6)},
		"ppp":                 {9, bytesOf(t, "0021", v4)},
		"ppp hdlc":            {9, bytesOf(t, "ff03 0021", v4)},
		"ppp compressed":      {9, bytesOf(t, "57", v6)},
		"ppp mpls":            {9, bytesOf(t, "ff03 0281 00010140", v4)},
		"cisco hdlc":          {104, bytesOf(t, "0f00 0800", v4)},
		"wireless to ds":      {105, bytesOf(t, "0801 0000 020000000003 020000000001 020000000002 0000 aaaa03 000000 0800", v4)},
		"wireless from ds":    {105, bytesOf(t, "0802 0000 020000000002 020000000003 020000000001 0000 aaaa03 000000 0800", v4)},
		"wireless ad hoc":     {105, bytesOf(t, "0800 0000 020000000002 020000000001 020000000003 0000 aaaa03 000000 0800", v4)},
		"wireless 4 address":  {105, bytesOf(t, "0803 0000 020000000004 020000000003 020000000002 0000 020000000001 aaaa03 000000 0800", v4)},
		"wireless qos":        {105, bytesOf(t, "8801 0000 020000000003 020000000001 020000000002 0000 0000 aaaa03 000000 0800", v4)},
		"wireless qos htc":    {105, bytesOf(t, "8881 0000 020000000003 020000000001 020000000002 0000 0000 00000000 aaaa03 000000 0800", v4)},
		"radiotap":            {127, bytesOf(t, "00000900 02000000 00", "0801 0000 020000000003 020000000001 020000000002 0000 aaaa03 000000 0800", v4)},
		"radiotap fcs":        {127, bytesOf(t, "0000 1900 030000a0 00000000 00000000 0000000000000000 10", "0801 0000 020000000003 020000000001 020000000002 0000 aaaa03 000000 0800", v4, "ffffffff")},
		"radiotap pad":        {127, bytesOf(t, "00000900 02000000 20", "8801 0000 020000000003 020000000001 020000000002 0000 0000 0000 aaaa03 000000 0800", v4)},
		"ppi":                 {192, bytesOf(t, "00000800 69000000", "0801 0000 020000000003 020000000001 020000000002 0000 aaaa03 000000 0800", v4)},
		"ppi ethernet":        {192, bytesOf(t, "00000800 01000000", ether(t, "0800", v4))},
		"segmentation":        {1, ether(t, "0800", "4500 0000 0001 0000 40 11 0000 0a000001 0a000002", u)},
		"udp length 0":        {1, ether(t, "0800", ip4(t, 17, "1388 1770 0000 0000 616263"))},
		"amsdu":               {105, bytesOf(t, "8801 0000 020000000003 020000000009 020000000004 0000 8000", "020000000002 020000000001 0027 aaaa03 000000 0800", v4)},
		"ipv6 without length": {229, bytesOf(t, "60000000 0000 11 40 20010db8000000000000000000000001 20010db8000000000000000000000002", u)},
	} {
		t.Run(name, func(t *testing.T) {
			fs := decoded(t, c.link, c.b)
			f := fs[0]
			if len(fs) != 1 || f.SrcPort != 5000 || f.DstPort != 6000 || string(f.Payload) != "abc" || f.Proto != frame.UDP {
				t.Fatalf("%d frames, %+v", len(fs), f)
			}
			if f.Malformed != "" || f.Missing != 0 || f.Length != len(c.b) || f.TTL != 0x40 {
				t.Errorf("%+v", f)
			}
			if want := frame.V4(10, 0, 0, 1); f.Flags&frame.IPv4 != 0 && f.Src != want || f.Flags&frame.IPv6 != 0 && f.Dst.String() != "2001:db8::2" {
				t.Errorf("from %v to %v", f.Src, f.Dst)
			}
			if want := (frame.MAC{2, 0, 0, 0, 0, 1}); !f.SrcMAC.IsZero() && f.SrcMAC != want {
				t.Errorf("source %v", f.SrcMAC)
			}
			if want := (frame.MAC{2, 0, 0, 0, 0, 2}); !f.DstMAC.IsZero() && f.DstMAC != want {
				t.Errorf("destination %v", f.DstMAC)
			}
			testCuts(t, c.link, c.b)
		})
	}
}

// testCuts decodes a packet cut at every place, snapped and really short.
func testCuts(t *testing.T, link frame.LinkType, b []byte) {
	t.Helper()
	d := decode.New(decode.Config{})
	for n := range b {
		for _, length := range []int{n, len(b)} {
			for _, f := range d.Decode(&frame.Packet{Data: b[:n:n], Length: length, Link: link}) {
				check(t, &f)
			}
		}
		if f := d.Decode(&frame.Packet{Data: b[:n:n], Length: len(b), Link: link})[0]; f.Malformed != "" && link != 192 && link != 127 {
			t.Errorf("cut to %d of %d bytes: %s", n, len(b), f.Malformed)
		}
	}
}

// check is what must be true of any frame.
func check(t testing.TB, f *frame.Frame) {
	t.Helper()
	if f.Length < len(f.Data) || f.Missing < 0 || f.Flags.Is(frame.IPv4|frame.IPv6) {
		t.Fatalf("%+v", f)
	}
	if f.Flags&frame.Reassembled == 0 && len(f.Payload)+f.Missing > f.Length {
		t.Fatalf("payload of %d and %d missing in %d", len(f.Payload), f.Missing, f.Length)
	}
	if (f.Flags&frame.Truncated != 0) != (f.Length > len(f.Data)) {
		t.Fatalf("truncated? %+v", f)
	}
	if f.Flags.Is(frame.Fragment | frame.Reassembled) {
		t.Fatalf("fragment and reassembled: %+v", f)
	}
}

func TestFields(t *testing.T) {
	f := decoded(t, 1, ether(t, "8100 6005 8100 0006 8100 0007 0800", ip4(t, 6, "0400 0050 00000001 00000002 60 12 1000 0000 0000 020405b4 4142")))[0]
	if f.VLAN != 5 || f.InnerVLAN != 6 || f.EtherType != 0x0800 || f.TCPSeq != 1 || f.TCPAck != 2 || f.TCPFlags != frame.SYN|frame.ACK || f.TCPWindow != 0x1000 {
		t.Errorf("%+v", f)
	}
	if string(f.Options) != "\x02\x04\x05\xb4" || string(f.Payload) != "AB" {
		t.Errorf("options %x, payload %x", f.Options, f.Payload)
	}
	f = decoded(t, 1, ether(t, "0026 424203 0000 0000"))[0]
	if f.LLC != 0x4242 || f.EtherType != 0 || f.Malformed != "802.3 length beyond frame" {
		t.Errorf("%+v", f)
	}
	f = decoded(t, 1, ether(t, "000a aaaa03 00000c 2000 0102 00000000"))[0]
	if f.LLC != 0xaaaa || f.SNAP != 0x00000c2000 || string(f.Payload) != "\x01\x02" {
		t.Errorf("%+v", f)
	}
	f = decoded(t, 1, ether(t, "0806 0001 0800 0604 0001 020000000001 0a000001 000000000000 0a000002 00000000000000"))[0]
	if f.EtherType != 0x0806 || len(f.Payload) != 28 {
		t.Errorf("%+v", f)
	}
	f = decoded(t, 1, ether(t, "0800", ip4(t, 132, "0b59 0b59 00000001 00000000 0a000004")))[0]
	if f.SrcPort != 2905 || f.Proto != frame.SCTP || len(f.Payload) != 4 {
		t.Errorf("%+v", f)
	}
	p := frame.Packet{Data: ether(t, "8100 0006 0800", ip4(t, 1, "08000000")), Link: 1, VLAN: 9, HasVLAN: true}
	if f = decode.New(decode.Config{}).Decode(&p)[0]; f.VLAN != 9 || f.InnerVLAN != 6 || len(f.Payload) != 4 {
		t.Errorf("%+v", f)
	}
}

// TestSnapped keeps the lengths on the wire.
func TestSnapped(t *testing.T) {
	b := ether(t, "0800", ip4(t, 6, tcp(t, make([]byte, 1000))))
	d := decode.New(decode.Config{})
	f := d.Decode(&frame.Packet{Data: b[:100], Length: len(b), Link: 1})[0]
	if f.Length != 1054 || len(f.Payload) != 46 || f.Missing != 954 || f.Flags&frame.Truncated == 0 || f.Malformed != "" {
		t.Errorf("%+v", f)
	}
	in := ether(t, "0800", ip4(t, 47, "0000 6558", b))
	g := d.Decode(&frame.Packet{Data: in[:138], Length: len(in), Link: 1})[1]
	if g.Length != 1054 || len(g.Payload) != 46 || g.Missing != 954 || g.Flags&frame.Truncated == 0 {
		t.Errorf("%+v", g)
	}
}

// TestMalformed names what is wrong, and keeps the sender.
func TestMalformed(t *testing.T) {
	for want, b := range map[string][]byte{
		"ethernet header too short":      bytesOf(t, macs),
		"vlan tag too short":             ether(t, "8100 00"),
		"ip header too short":            ether(t, "0800 4500"),
		"ip version wrong":               ether(t, "0800", "55", ip4(t, 6, tcp(t))[1:]),
		"ip header length wrong":         ether(t, "0800", "41", ip4(t, 6, tcp(t))[1:]),
		"ip length below header length":  ether(t, "0800 4500 0010 0001 0000 40 11 0000 0a000001 0a000002"),
		"ip length beyond frame":         ether(t, "0800 4500 0100 0001 0000 40 01 0000 0a000001 0a000002 08000000"),
		"tcp header length wrong":        ether(t, "0800", ip4(t, 6, "0400 0050 00000001 00000002 40 18 1000 0000 0000")),
		"tcp header too short":           ether(t, "0800", ip4(t, 6, "0400 0050 0000")),
		"udp header too short":           ether(t, "0800", ip4(t, 17, "0400")),
		"udp length below header length": ether(t, "0800", ip4(t, 17, "0400 0050 0007 0000")),
		"udp length beyond datagram":     ether(t, "0800", ip4(t, 17, "0400 0050 0100 0000 61")),
		"ipv6 extension header wrong":    ether(t, "86dd", ip6(t, 0, "11ff 0000 00000000")),
		"too many link headers":          ether(t, strings.Repeat("8100 0001", 70)),
		"arp too short":                  ether(t, "0806 0001 0800 06"),
		"mpls stack too short":           ether(t, "8847 0000 0040"),
		"pppoe header wrong":             ether(t, "8864 2200 0001 0000 0000"),
		"llc header too short":           ether(t, "0002 4242"),
		"sctp header too short":          ether(t, "0800", ip4(t, 132, "0b590b59")),
		"icmp too short":                 ether(t, "0800", ip4(t, 1, "08")),
		"ip fragment wrong":              ether(t, "0800 4500 0019 0001 2000 40 11 0000 0a000001 0a000002 6162636465"),
		"tunnel header wrong":            ether(t, "0800", ip4(t, 47, "f000 0800 00000000")),
		"802.3 length beyond frame":      ether(t, "0100 424203"),
	} {
		f := decoded(t, 1, b)[0]
		if f.Malformed != want || f.SrcMAC != (frame.MAC{2, 0, 0, 0, 0, 1}) {
			t.Errorf("%q, want %q, from %v", f.Malformed, want, f.SrcMAC)
		}
	}
}

// captures calls see with the packets of every capture there is: ours, and
// those beside the project if they are there.
func captures(t testing.TB, see func(name string, packets []frame.Packet)) {
	t.Helper()
	for _, dir := range []string{"testdata", "../proto/testdata", "../../shared/pcaps"} {
		if _, err := os.Stat(dir); err != nil {
			continue
		}
		s, err := capture.OpenFiles([]string{dir}, capture.Options{})
		if err != nil {
			continue
		}
		for {
			var b capture.Batch
			if err := s.Read(&b); err != nil && len(b.Packets) == 0 {
				break
			}
			see(filepath.Base(s.Captures()[b.Packets[0].Source].Name), b.Packets)
		}
		s.Close()
	}
}

// TestDoesNotAllocate decodes everything twice; the second time in the
// memory of the first.
func TestDoesNotAllocate(t *testing.T) {
	d, packets := decode.New(decode.Config{}), 0
	captures(t, func(name string, ps []frame.Packet) {
		packets += len(ps)
		pass := func() {
			for i := range ps {
				fs := d.Decode(&ps[i])
				for j := range fs {
					check(t, &fs[j])
				}
			}
		}
		if n := testing.AllocsPerRun(1, pass); n != 0 {
			t.Errorf("%s: %v allocations in %d packets", name, n, len(ps))
		}
	})
	t.Logf("%d packets", packets)
}

func BenchmarkDecode(b *testing.B) {
	for name, p := range map[string][]byte{
		"tcp":    ether(b, "0800", ip4(b, 6, tcp(b, "616263646566"))),
		"udp":    ether(b, "0800", ip4(b, 17, udp(b, 5000, 6000, "616263646566"))),
		"udp6":   ether(b, "86dd", ip6(b, 17, udp(b, 5000, 6000, "616263646566"))),
		"vlan":   ether(b, "8100 0005 0800", ip4(b, 6, tcp(b, "616263646566"))),
		"arp":    ether(b, "0806 0001 0800 0604 0001 020000000001 0a000001 000000000000 0a000002"),
		"vxlan":  ether(b, "0800", ip4(b, 17, udp(b, 40000, 4789, "08000000 00000100", inner(b)))),
		"erspan": ether(b, "0800", ip4(b, 47, "1000 88be 00000001 1000 0001 00000000", inner(b))),
	} {
		b.Run(name, func(b *testing.B) {
			d := decode.New(decode.Config{})
			packet := frame.Packet{Data: p, Length: len(p), Link: frame.LinkEthernet}
			b.ReportAllocs()
			for b.Loop() {
				d.Decode(&packet)
			}
		})
	}
}

// BenchmarkTrace reads and decodes the capture that $TRACE names.
func BenchmarkTrace(b *testing.B) {
	path := os.Getenv("TRACE")
	if path == "" {
		b.Skip("set TRACE to a capture file")
	}
	d, packets := decode.New(decode.Config{}), 0
	for range b.N {
		s, err := capture.OpenFiles([]string{path}, capture.Options{})
		if err != nil {
			b.Fatal(err)
		}
		var batch capture.Batch
		for s.Read(&batch) == nil {
			packets += len(batch.Packets)
			for i := range batch.Packets {
				d.Decode(&batch.Packets[i])
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(packets), "ns/packet")
}
