package capture_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"tyto/capture"
	"tyto/frame"
)

// marked is a capture of as many packets, which say which they are.
func marked(t *testing.T, marks string) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := capture.NewWriter(&b, frame.LinkEthernet)
	for i := range marks {
		if err == nil {
			err = w.Write(&frame.Packet{Time: int64(marks[i]), Link: frame.LinkEthernet, Length: 60, Data: bytes.Repeat([]byte{marks[i]}, 60)})
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// watched is a folder that is watched by a goroutine.
type watched struct {
	t      *testing.T
	dir    string
	source capture.Source
	got    []byte // the marks of the packets
	errs   []error
	ended  chan struct{}
}

func watch(t *testing.T, dir, state string) *watched {
	t.Helper()
	s, err := capture.OpenFolder(dir, capture.Watch{State: state}, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	w := &watched{t: t, dir: dir, source: s, ended: make(chan struct{})}
	go func() {
		defer close(w.ended)
		for b := new(capture.Batch); ; {
			err := s.Read(b)
			for _, p := range b.Packets {
				w.got = append(w.got, p.Data[0])
				if p.Number != uint64(len(w.got)) || p.Source != 0 {
					t.Errorf("packet %d is number %d of %d", len(w.got), p.Number, p.Source)
				}
			}
			if err == io.EOF {
				return
			}
			if err != nil {
				w.errs = append(w.errs, err)
			}
		}
	}()
	return w
}

// after writes to a file, and looks at what was read of all so far.
func (w *watched) after(name string, text []byte, flags int, want string) {
	w.t.Helper()
	f, err := os.OpenFile(filepath.Join(w.dir, name), os.O_WRONLY|os.O_CREATE|flags, 0o600)
	if err == nil {
		_, err = f.Write(text)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	f.Close()
	w.want(want)
}

func (w *watched) want(want string) {
	w.t.Helper()
	time.Sleep(time.Minute)
	synctest.Wait()
	if string(w.got) != want {
		w.t.Errorf("read %q, want %q", w.got, want)
	}
}

func (w *watched) close() {
	w.source.Close()
	<-w.ended
}

// TestWatch reads files as they grow, each packet once: cut within a packet,
// after a newer file came, after this program began anew, overwritten, and
// compressed. What is no capture is passed over.
func TestWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir, state := t.TempDir(), filepath.Join(t.TempDir(), "x", "state.json")
		one, two := marked(t, "abcdef"), marked(t, "ghi")
		cut := 24 + 2*76 + 30 // within the third packet
		w := watch(t, dir, state)
		w.after("notes.txt", bytes.Repeat([]byte("no capture\n"), 10), 0, "")
		w.after(".hidden", one, 0, "")
		w.after("1.pcap", one[:20], os.O_APPEND, "")
		w.after("1.pcap", one[20:cut], os.O_APPEND, "ab")
		w.after("1.pcap", one[cut:cut+76], os.O_APPEND, "abc")
		w.after("2.pcap", two[:24+76], 0, "abcg")
		w.after("2.pcap", two[24+76:], os.O_APPEND, "abcghi")
		w.after("1.pcap", one[cut+76:], os.O_APPEND, "abcghidef") // though it had seemed whole
		w.close()
		w = watch(t, dir, state)
		w.want("")
		w.after("1.pcap", marked(t, "jk")[24:], os.O_APPEND, "jk")
		w.after("2.pcap", marked(t, "lmnopq"), os.O_TRUNC, "jklmnopq")
		var z bytes.Buffer
		g := gzip.NewWriter(&z)
		g.Write(marked(t, "rs"))
		g.Close()
		w.after("3.pcap.gz", z.Bytes(), 0, "jklmnopqrs")
		w.after("2.pcap", marked(t, "tu"), os.O_TRUNC, "jklmnopqrstu")
		if i := w.source.Captures(); len(i) != 1 || i[0].Packets != 12 || i[0].Name != dir || i[0].Bytes != 720 {
			t.Errorf("%+v", i)
		}
		w.close()
		if len(w.errs) > 0 {
			t.Error(w.errs)
		}
	})
}

// TestWatchTrouble tells once that a file is damaged, or the folder gone, and
// goes on.
func TestWatchTrouble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "captures")
		if _, err := capture.OpenFolder(dir, capture.Watch{}, capture.Options{}); err == nil {
			t.Error("a folder that is not there")
		}
		os.Mkdir(dir, 0o700)
		w := watch(t, dir, "")
		damaged := marked(t, "abc")
		copy(damaged[24+76+8:], "\xff\xff\xff\xff")
		w.after("1.pcap", damaged, 0, "a")
		w.after("2.pcap", marked(t, "d"), 0, "ad")
		os.RemoveAll(dir)
		w.want("ad")
		os.Mkdir(dir, 0o700)
		w.after("3.pcap", marked(t, "e"), 0, "ade")
		w.close()
		if len(w.errs) != 2 {
			t.Errorf("%d errors: %v", len(w.errs), w.errs)
		}
		bad := filepath.Join(t.TempDir(), "state")
		os.WriteFile(bad, []byte("{"), 0o600)
		if _, err := capture.OpenFolder(dir, capture.Watch{State: bad}, capture.Options{}); err == nil {
			t.Error("what was read cannot be told")
		}
	})
}
