package decode_test

import (
	"bytes"
	"encoding/binary"
	"math/rand"
	"testing"
	"time"

	"tyto/decode"
	"tyto/frame"
)

// piece is an IPv4 fragment at offset at, of datagram id.
func piece(t testing.TB, id, at int, more bool, body []byte) []byte {
	b := ip4(t, 17, body)
	binary.BigEndian.PutUint16(b[4:], uint16(id))
	x := uint16(at / 8)
	if more {
		x |= 0x2000
	}
	binary.BigEndian.PutUint16(b[6:], x)
	return b
}

// piece6 is an IPv6 fragment.
func piece6(t testing.TB, id, at int, more bool, body []byte) []byte {
	head := make([]byte, 8)
	head[0] = 17
	x := uint16(at)
	if more {
		x |= 1
	}
	binary.BigEndian.PutUint16(head[2:], x)
	binary.BigEndian.PutUint32(head[4:], uint32(id))
	return ip6(t, 44, head, body)
}

func feed(d *decode.Decoder, at time.Duration, b []byte) frame.Frame {
	return d.Decode(&frame.Packet{Time: int64(at), Data: b, Length: len(b), Link: frame.LinkRaw})[0]
}

// datagram is a UDP datagram with a body of n bytes.
func datagram(t testing.TB, n int) []byte {
	body := make([]byte, n)
	for i := range body {
		body[i] = byte(i * 7)
	}
	return udp(t, 5000, 6000, body)
}

type makePiece func(t testing.TB, id, at int, more bool, body []byte) []byte

// TestReassembly puts datagrams together whatever the order of the pieces:
// the last to come carries the payload.
func TestReassembly(t *testing.T) {
	for name, make := range map[string]makePiece{"ipv4": piece, "ipv6": piece6} {
		d := decode.New(decode.Config{})
		for id, size := range []int{16, 100, 1500, 2040, 2048, 9000, 65000} {
			whole := datagram(t, size)
			step := max(8, size/5&^7)
			var order []int
			for at := 0; at < len(whole); at += step {
				order = append(order, at)
			}
			rand.New(rand.NewSource(int64(id))).Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
			for i, at := range order {
				end := min(at+step, len(whole))
				b := make(t, id, at, end < len(whole), whole[at:end])
				f := feed(d, 0, b)
				if f.Malformed != "" || f.Length != len(b) {
					t.Fatalf("%s: %+v", name, f)
				}
				if i < len(order)-1 {
					if f.Flags&frame.Fragment == 0 || f.Flags&frame.Ports != 0 || !bytes.Equal(f.Payload, whole[at:end]) {
						t.Fatalf("%s: piece %+v", name, f)
					}
					continue
				}
				if !f.Flags.Is(frame.Reassembled|frame.Ports) || f.Flags&frame.Fragment != 0 || f.SrcPort != 5000 || !bytes.Equal(f.Payload, whole[8:]) {
					t.Fatalf("%s: %d bytes of %d, %v", name, len(f.Payload), size, f.Flags)
				}
			}
		}
		if c := d.Counters(); c.Reassembled != 7 || c.FragmentsEvicted+c.FragmentsExpired+c.FragmentsRefused+c.FragmentsOverlapped != 0 {
			t.Errorf("%s: %+v", name, c)
		}
	}
}

// TestFragmentAttacks sends what has crashed or fooled other reassemblers.
func TestFragmentAttacks(t *testing.T) {
	b := datagram(t, 64) // 72 bytes
	x := bytes.Repeat([]byte{0xff}, 72)
	type sent struct {
		at   int
		more bool
		body []byte
	}
	for name, c := range map[string]struct {
		make      makePiece
		sent      []sent
		refused   uint64
		overlaps  uint64
		completes bool
	}{
		"teardrop":            {piece, []sent{{0, true, b[:40]}, {24, false, b[24:28]}}, 1, 0, false},
		"two ends":            {piece, []sent{{64, false, b[64:72]}, {40, false, b[40:48]}}, 1, 0, false},
		"beyond the end":      {piece, []sent{{32, false, b[32:40]}, {40, true, b[40:48]}}, 1, 0, false},
		"ping of death":       {piece, []sent{{65528, false, b[:16]}}, 0, 0, false},
		"empty piece":         {piece, []sent{{8, true, nil}}, 0, 0, false},
		"odd piece":           {piece, []sent{{0, true, b[:13]}}, 0, 0, false},
		"same again":          {piece, []sent{{0, true, b[:40]}, {0, true, b[:40]}, {40, false, b[40:]}}, 0, 1, true},
		"overlap, first wins": {piece, []sent{{0, true, b[:40]}, {24, true, x[24:48]}, {40, false, b[40:]}}, 0, 2, false},
		"evasion":             {piece, []sent{{0, true, b[:40]}, {0, true, x[:40]}, {40, false, b[40:]}}, 0, 1, true},
		"ipv6 same again":     {piece6, []sent{{0, true, b[:40]}, {0, true, b[:40]}, {40, false, b[40:]}}, 0, 1, true},
		"ipv6 overlap":        {piece6, []sent{{0, true, b[:40]}, {24, true, x[24:48]}, {40, false, b[40:]}}, 1, 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			d := decode.New(decode.Config{})
			var f frame.Frame
			for _, s := range c.sent {
				f = feed(d, 0, c.make(t, 7, s.at, s.more, s.body))
				check(t, &f)
			}
			n := d.Counters()
			if n.FragmentsRefused != c.refused || n.FragmentsOverlapped != c.overlaps {
				t.Errorf("%+v", n)
			}
			if c.completes && !bytes.Equal(f.Payload, b[8:]) {
				t.Errorf("%x, want %x", f.Payload, b[8:])
			}
		})
	}
}

// TestFirstBytesWin fills only the gaps of what came before.
func TestFirstBytesWin(t *testing.T) {
	b, x := datagram(t, 64), bytes.Repeat([]byte{0xff}, 72)
	d := decode.New(decode.Config{})
	feed(d, 0, piece(t, 7, 0, true, b[:24]))
	feed(d, 0, piece(t, 7, 48, false, b[48:]))
	mixed := append(bytes.Clone(x[:8]), b[24:48]...)
	f := feed(d, 0, piece(t, 7, 16, true, append(mixed, x[:8]...)))
	if !bytes.Equal(f.Payload, b[8:]) {
		t.Errorf("%x, want %x", f.Payload, b[8:])
	}
}

// TestFragmentBounds begins more datagrams than there is room for, by
// entries, by bytes and by time.
func TestFragmentBounds(t *testing.T) {
	b := datagram(t, 4000)
	begin := func(d *decode.Decoder, n int, at time.Duration) {
		for id := range n {
			feed(d, at, piece(t, id+1, 0, true, b[:2048]))
		}
	}
	d := decode.New(decode.Config{FragmentEntries: 10})
	begin(d, 100, 0)
	if c := d.Counters(); c.FragmentsEvicted != 90 {
		t.Errorf("entries: %+v", c)
	}
	if f := feed(d, 0, piece(t, 100, 2048, false, b[2048:])); f.Flags&frame.Reassembled == 0 {
		t.Error("the youngest datagram was lost")
	}
	d = decode.New(decode.Config{FragmentBytes: 10 * 2048})
	begin(d, 100, 0)
	if c := d.Counters(); c.FragmentsEvicted != 90 {
		t.Errorf("bytes: %+v", c)
	}
	d = decode.New(decode.Config{FragmentBytes: 1})
	feed(d, 0, piece(t, 1, 0, true, bytes.Repeat(b[:8], 1000)))
	if c := d.Counters(); c.FragmentsEvicted != 1 {
		t.Errorf("larger than all: %+v", c)
	}
	d = decode.New(decode.Config{})
	begin(d, 5, 0)
	begin(d, 3, 31*time.Second)
	if c := d.Counters(); c.FragmentsExpired != 5 {
		t.Errorf("time: %+v", c)
	}
	feed(d, -time.Hour, piece(t, 99, 0, true, b[:8])) // backwards
}

// TestFragmentsApart keeps equal identifications of different networks apart.
func TestFragmentsApart(t *testing.T) {
	b := datagram(t, 64)
	d := decode.New(decode.Config{})
	send := func(vlan, source uint16, b []byte) frame.Frame {
		return d.Decode(&frame.Packet{Data: b, Length: len(b), Link: frame.LinkRaw, VLAN: vlan, HasVLAN: vlan > 0, Source: source})[0]
	}
	send(1, 0, piece(t, 7, 0, true, b[:40]))
	for _, f := range []frame.Frame{send(2, 0, piece(t, 7, 40, false, b[40:])), send(1, 1, piece(t, 7, 40, false, b[40:]))} {
		if f.Flags&frame.Reassembled != 0 {
			t.Errorf("%+v", f)
		}
	}
	if f := send(1, 0, piece(t, 7, 40, false, b[40:])); f.Flags&frame.Reassembled == 0 {
		t.Errorf("%+v", f)
	}
}

// TestFragmentCut shows the ports of a first fragment that was snapped.
func TestFragmentCut(t *testing.T) {
	b := piece(t, 7, 0, true, datagram(t, 1000)[:1000])
	d := decode.New(decode.Config{})
	f := d.Decode(&frame.Packet{Data: b[:60], Length: len(b), Link: frame.LinkRaw})[0]
	if !f.Flags.Is(frame.Fragment|frame.Ports|frame.Truncated) || f.SrcPort != 5000 || f.Missing != 960 || d.Counters().FragmentsCut != 1 {
		t.Errorf("%+v", f)
	}
}

// TestFragmentedTunnel opens a tunnel whose packet came in pieces, itself
// with a fragment in it that completes a datagram.
func TestFragmentedTunnel(t *testing.T) {
	b := datagram(t, 400)
	d := decode.New(decode.Config{})
	feed(d, 0, ip4(t, 4, piece(t, 9, 0, true, b[:40])))
	outer := ip4(t, 4, piece(t, 9, 40, false, b[40:]))[20:]
	first, last := piece(t, 8, 0, true, outer[:104]), piece(t, 8, 104, false, outer[104:])
	first[9], last[9] = 4, 4
	feed(d, 0, first)
	fs := d.Decode(&frame.Packet{Data: last, Length: len(last), Link: frame.LinkRaw})
	if len(fs) != 2 || !bytes.Equal(fs[1].Payload, b[8:]) || !bytes.Equal(fs[0].Payload, outer) {
		t.Errorf("%+v", fs)
	}
}

// TestFragmentsDoNotAllocate once the memory was taken.
func TestFragmentsDoNotAllocate(t *testing.T) {
	d := decode.New(decode.Config{FragmentEntries: 50, FragmentBytes: 1 << 17})
	b := datagram(t, 3000)
	var pieces [][]byte
	for id := range 200 {
		pieces = append(pieces, piece(t, id, 0, true, b[:1480]), piece(t, id*3, 1480, true, b[1480:2960]), piece(t, id, 2960, false, b[2960:]))
	}
	pass := func() {
		for i, b := range pieces {
			feed(d, time.Duration(i)*time.Second, b)
		}
	}
	pass()
	if n := testing.AllocsPerRun(5, pass); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkFragments(b *testing.B) {
	d := decode.New(decode.Config{})
	body := datagram(b, 2952)
	first, last := piece(b, 1, 0, true, body[:1480]), piece(b, 1, 1480, false, body[1480:])
	b.ReportAllocs()
	for b.Loop() {
		feed(d, 0, first)
		feed(d, 0, last)
	}
}
