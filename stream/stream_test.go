package stream

import (
	"bytes"
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// lines is a protocol of lines with a length in front: 2 digits, then as many bytes.
type lines struct {
	got []string
	cut int
}

func (l *lines) Split(b []byte) int {
	if len(b) < 5 {
		return 0
	}
	var n int
	if _, err := fmt.Sscanf(string(b[:5]), "%05d", &n); err != nil {
		return -1
	}
	return 5 + n
}

func (l *lines) Take(b []byte, cut bool) {
	if cut {
		l.cut++
		return
	}
	l.got = append(l.got, string(b))
}

func message(n int, c byte) []byte {
	return append(fmt.Appendf(nil, "%05d", n), bytes.Repeat([]byte{c}, n)...)
}

func TestWholeMessagesAreHandedOutInPlace(t *testing.T) {
	d, h, l := NewFeeder(4), Half{}, &lines{}
	d.Feed(&h, 100, append(message(3, 'a'), message(4, 'b')...), 0, l)
	if want := []string{"00003aaa", "00004bbbb"}; fmt.Sprint(l.got) != fmt.Sprint(want) {
		t.Errorf("got %q, want %q", l.got, want)
	}
	if d.pool.top != 0 {
		t.Error("a buffer was used")
	}
}

func TestRetransmissionIsTakenOnce(t *testing.T) {
	d, h, l := NewFeeder(4), Half{}, &lines{}
	m := message(10, 'x')
	d.Feed(&h, 100, m[:8], 0, l)
	d.Feed(&h, 100, m[:8], 0, l)
	d.Feed(&h, 104, m[4:], 0, l)
	if len(l.got) != 1 || l.got[0] != string(m) {
		t.Errorf("got %q", l.got)
	}
}

func TestLongMessageIsCutAndPassedOver(t *testing.T) {
	d, h, l := NewFeeder(4), Half{}, &lines{}
	b := append(message(50000, 'x'), message(2, 'y')...)
	for i := 0; i < len(b); i += 1460 {
		d.Feed(&h, uint32(i), b[i:min(i+1460, len(b))], 0, l)
	}
	if l.cut != 1 || len(l.got) != 1 || l.got[0] != "00002yy" {
		t.Errorf("cut %d, got %q", l.cut, l.got)
	}
}

func TestGapInsideOfWhatIsPassedOverIsNone(t *testing.T) {
	d, h, l := NewFeeder(4), Half{}, &lines{}
	b := append(message(50000, 'x'), message(2, 'y')...)
	for i := 0; i < len(b); i += 1460 {
		if i > 20000 && i < 30000 {
			continue
		}
		d.Feed(&h, uint32(i), b[i:min(i+1460, len(b))], 0, l)
	}
	if len(l.got) != 1 || h.Gaps != 0 {
		t.Errorf("got %q, gaps %d", l.got, h.Gaps)
	}
}

func TestSnappedSegmentCutsItsMessage(t *testing.T) {
	d, h, l := NewFeeder(4), Half{}, &lines{}
	d.Feed(&h, 0, message(100, 'x')[:50], 55, l)
	d.Feed(&h, 105, message(2, 'y'), 0, l)
	if l.cut != 1 || len(l.got) != 1 {
		t.Errorf("cut %d, got %q", l.cut, l.got)
	}
}

func TestLostSegmentIsGivenUp(t *testing.T) {
	d, h, l := NewFeeder(4), Half{}, &lines{}
	d.Feed(&h, 0, message(10, 'a'), 0, l)
	at := uint32(15 + 15) // the second message is lost
	for range 2000 {
		d.Feed(&h, at, message(10, 'b'), 0, l)
		at += 15
	}
	if h.Gaps == 0 || len(l.got) < 1900 {
		t.Errorf("gaps %d, %d messages", h.Gaps, len(l.got))
	}
}

func TestForeignBytesEndTheDirection(t *testing.T) {
	d, h, l := NewFeeder(4), Half{}, &lines{}
	d.Feed(&h, 0, []byte("hello world"), 0, l)
	if !h.Dead() {
		t.Error("still alive")
	}
}

func TestNoBufferLeft(t *testing.T) {
	d, l := NewFeeder(1), &lines{}
	var a, b Half
	d.Feed(&a, 0, message(9, 'a')[:6], 0, l)
	d.Feed(&b, 0, message(9, 'b')[:6], 0, l)
	if !b.Dead() || d.Counters.NoBuffer != 1 {
		t.Error("the second direction must be given up, and counted")
	}
	d.End(&a, l)
	if l.cut != 1 || len(d.pool.free) != 1 {
		t.Error("End must hand out what is there and give the buffer back")
	}
}

// Whatever the order and overlap of segments within the window, the messages are the same.
func TestOrderDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b []byte
		var want []string
		for range rapid.IntRange(1, 10).Draw(t, "messages") {
			m := message(rapid.IntRange(0, 700).Draw(t, "length"), 'm')
			b, want = append(b, m...), append(want, string(m))
		}
		type segment struct{ from, to int }
		var segments []segment
		for at := 0; at < len(b); {
			end := min(len(b), at+rapid.IntRange(1, 500).Draw(t, "segment"))
			segments = append(segments, segment{max(0, at-rapid.IntRange(0, 20).Draw(t, "overlap")), end})
			at = end
		}
		for i := 1; i < len(segments); i++ { // swap neighbours, some twice
			if rapid.Bool().Draw(t, "swap") {
				segments[i-1], segments[i] = segments[i], segments[i-1]
			}
		}
		base := rapid.Uint32().Draw(t, "base")
		d, h, l := NewFeeder(4), Half{}, &lines{}
		h.Syn(base - 1)
		for _, s := range segments {
			d.Feed(&h, base+uint32(s.from), b[s.from:s.to], 0, l)
		}
		if fmt.Sprint(l.got) != fmt.Sprint(want) {
			t.Fatalf("got %d messages, want %d", len(l.got), len(want))
		}
		if h.part != 0 || h.early != 0 {
			t.Fatal("a buffer leaks")
		}
	})
}

func TestFeedDoesNotAllocate(t *testing.T) {
	d, h, l := NewFeeder(4), Half{}, &counter{}
	m := message(3000, 'x')
	seq := uint32(0)
	if n := testing.AllocsPerRun(100, func() {
		d.Feed(&h, seq+1000, m[1000:2000], 0, l)
		d.Feed(&h, seq, m[:1000], 0, l)
		d.Feed(&h, seq+2000, m[2000:], 0, l)
		seq += uint32(len(m))
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if l.n == 0 {
		t.Error("no message was taken")
	}
}

type counter struct{ n int }

func (c *counter) Split([]byte) int  { return 3005 }
func (c *counter) Take([]byte, bool) { c.n++ }

func FuzzFeed(f *testing.F) {
	f.Add([]byte{0, 0, 5, 1, 0, 5, 9, 0, 40}, uint16(3))
	f.Fuzz(func(t *testing.T, script []byte, length uint16) {
		d, h, l := NewFeeder(2), Half{}, &fixed{n: int(length)}
		data := bytes.Repeat([]byte{'z'}, 20000)
		for len(script) >= 3 {
			at, n := int(script[0])*97, int(script[1])*60
			d.Feed(&h, uint32(at), data[:n], int(script[2]), l)
			script = script[3:]
		}
		d.End(&h, l)
		if h.part != 0 || h.early != 0 || len(d.pool.free) != d.pool.top {
			t.Fatal("a buffer leaks")
		}
	})
}

type fixed struct{ n int }

func (x *fixed) Split(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	return x.n
}
func (x *fixed) Take([]byte, bool) {}
