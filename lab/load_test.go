package lab

import (
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"tyto/decode"
	"tyto/frame"
)

// TestLoads: every frame of every load can be decoded whole, times only go
// forward, and there are as many as the load promises.
func TestLoads(t *testing.T) {
	for _, x := range []struct {
		name   string
		make   func(w io.Writer) error
		frames int
	}{
		{"plant", func(w io.Writer) error { return Plant(w, 5, 100*time.Millisecond, time.Second) }, 5*3 + 5*2*10},
		{"spoof", func(w io.Writer) error { return Spoof(w, 100, 3) }, 100 + 11*3*2},
		{"wide", func(w io.Writer) error { return Wide(w, 10, 2) }, 20 * (3 + 1 + 1)},
	} {
		file := filepath.Join(t.TempDir(), "load.pcap")
		w, err := os.Create(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := x.make(w); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		n, last := 0, int64(0)
		decoder := decode.New(decode.Config{})
		packets(t, file, func(p *frame.Packet) {
			n++
			if p.Time < last {
				t.Errorf("%s: frame %d goes back in time", x.name, n)
			}
			last = p.Time
			for _, f := range decoder.Decode(p) {
				if f.Malformed != "" || f.Missing != 0 {
					t.Errorf("%s: frame %d: %s, %d bytes missing", x.name, n, f.Malformed, f.Missing)
				}
			}
		})
		if n != x.frames {
			t.Errorf("%s: %d frames, want %d", x.name, n, x.frames)
		}
	}
}

func TestLoadsRefuse(t *testing.T) {
	if Plant(io.Discard, 0, time.Second, time.Second) == nil || Spoof(io.Discard, 1, 1) == nil || Wide(io.Discard, 0, 1) == nil {
		t.Error("a load of nothing is made")
	}
}
