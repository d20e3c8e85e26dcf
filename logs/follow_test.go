package logs

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tyto/capture"
	"tyto/tyto"
)

// A following is a log that is followed, and what it told.
type following struct {
	t      *testing.T
	source capture.Source
	told   []string
	ended  chan struct{}
}

// follow follows a path; within a bubble of package synctest.
func follow(t *testing.T, path, state string) *following {
	t.Helper()
	tell := make(chan []tyto.Event, 16)
	s, err := Follow(path, capture.Watch{State: state}, tell)
	if err != nil {
		t.Fatal(err)
	}
	f := &following{t: t, source: s, ended: make(chan struct{})}
	go func() {
		defer close(tell)
		var b capture.Batch
		if err := s.Read(&b); err != io.EOF || len(b.Packets) != 0 {
			t.Errorf("%v, %d packets", err, len(b.Packets))
		}
	}()
	go func() {
		defer close(f.ended)
		for events := range tell {
			for _, e := range events {
				if c := e.Conversation; c != nil {
					f.told = append(f.told, fmt.Sprintf("%d@%s:%d", c.Packets[0], filepath.Base(c.Evidence.Capture), c.Evidence.Packet))
				}
			}
		}
	}()
	return f
}

// hears waits and compares what was told since the last time.
func (f *following) hears(want ...string) {
	f.t.Helper()
	time.Sleep(2500 * time.Millisecond)
	synctest.Wait()
	if !slices.Equal(f.told, want) {
		f.t.Errorf("told %q, want %q", f.told, want)
	}
	f.told = nil
}

func (f *following) close() {
	f.source.Close()
	<-f.ended
}

// flow is a line that tells of a conversation of n packets.
func flow(n int) string {
	return fmt.Sprintf(`{"timestamp":"2026-01-05T08:00:00.%06d+0000","event_type":"flow","src_ip":"10.9.0.20","dest_ip":"10.9.0.33","proto":"TCP","dest_port":80,"flow":{"pkts_toserver":%d}}`+"\n", n, n)
}

func packed(text string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	io.WriteString(z, text)
	z.Close()
	return b.String()
}

// folder is a folder that files are put into.
type folder string

func (d folder) put(name, text string) { d.write(name, text, os.O_TRUNC) }
func (d folder) add(name, text string) { d.write(name, text, os.O_APPEND) }

func (d folder) write(name, text string, how int) {
	f, err := os.OpenFile(filepath.Join(string(d), name), os.O_WRONLY|os.O_CREATE|how, 0o600)
	if err == nil {
		_, err = io.WriteString(f, text)
	}
	if err != nil {
		panic(err)
	}
	f.Close()
}

func (d folder) move(from, to string) {
	if err := os.Rename(filepath.Join(string(d), from), filepath.Join(string(d), to)); err != nil {
		panic(err)
	}
}

// TestFollow reads each line once, whatever becomes of its file.
func TestFollow(t *testing.T) {
	dir, state, elsewhere := folder(t.TempDir()), filepath.Join(t.TempDir(), "state.json"), t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		f := follow(t, string(dir), state)
		f.hears()
		dir.put("notes.txt", "no log\n")
		dir.put("eve.json", flow(1)+flow(2)+flow(3)[:20])
		f.hears("1@eve.json:1", "2@eve.json:2")
		dir.add("eve.json", flow(3)[20:])
		f.hears("3@eve.json:3")
		dir.add("eve.json", "{nonsense}\n")
		f.hears()
		if i := f.source.Captures()[0]; i.Lines != 4 || i.Err == nil || !strings.Contains(i.Err.Error(), "line 4 of ") {
			t.Errorf("%+v", i)
		}
		dir.add("eve.json", flow(5)) // put away with a line that was not read yet, and written to after that
		dir.move("eve.json", "eve.json.1")
		dir.put("eve.json", flow(10))
		f.hears("10@eve.json:1", "5@eve.json:5")
		dir.add("eve.json.1", flow(6))
		f.hears("6@eve.json:6")
		dir.put("eve.json.1.gz", packed(flow(1)+flow(2)+flow(3)+"{nonsense}\n"+flow(5)+flow(6)))
		f.hears()
		os.Remove(filepath.Join(string(dir), "eve.json.1"))
		dir.put("copy.json", flow(10)+flow(11)) // copied and emptied
		dir.put("eve.json", "")
		f.hears("11@copy.json:2")
		dir.add("eve.json", flow(20))
		f.hears("20@eve.json:1")
		f.close()

		dir.add("eve.json", flow(21)) // while nobody followed
		dir.put("old.json.gz", packed(flow(30)))
		f = follow(t, string(dir), state)
		f.hears("21@eve.json:2", "30@old.json.gz:1")
		dir.add("eve.json", flow(22))
		if err := os.Rename(filepath.Join(string(dir), "eve.json"), filepath.Join(elsewhere, "eve.json")); err != nil {
			t.Fatal(err)
		}
		f.hears("22@eve.json:3") // it was held
		f.close()
	})
}

// TestFollowOne follows one log that is not there yet, and what it is put
// away to, but no other.
func TestFollowOne(t *testing.T) {
	dir := folder(t.TempDir())
	synctest.Test(t, func(t *testing.T) {
		f := follow(t, filepath.Join(string(dir), "eve.json"), "")
		dir.put("eve.json", flow(1))
		dir.put("stats.json", flow(2))
		dir.put("eve.json-20260105.gz", packed(flow(3)))
		f.hears("1@eve.json:1", "3@eve.json-20260105.gz:1")
		f.close()
	})
	if _, err := Follow(filepath.Join(string(dir), "none", "eve.json"), capture.Watch{}, nil); err == nil {
		t.Error("it follows what cannot come")
	}
}

// TestFollowUnheard counts what nobody took as not read.
func TestFollowUnheard(t *testing.T) {
	dir, state := folder(t.TempDir()), filepath.Join(t.TempDir(), "state.json")
	synctest.Test(t, func(t *testing.T) {
		dir.put("eve.json", flow(1))
		s, err := Follow(string(dir), capture.Watch{State: state}, make(chan []tyto.Event))
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			var b capture.Batch
			s.Read(&b)
		}()
		time.Sleep(time.Minute)
		s.Close()
		<-ended
		f := follow(t, string(dir), state)
		f.hears("1@eve.json:1")
		f.close()
	})
	if err := os.WriteFile(state, []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Follow(string(dir), capture.Watch{State: state}, nil); err == nil || !strings.Contains(err.Error(), "remove it") {
		t.Error(err)
	}
}

// TestLongLine passes over a line that is too long, and no other.
func TestLongLine(t *testing.T) {
	dir := folder(t.TempDir())
	dir.put("eve.json", flow(1)+`{"a":"`+strings.Repeat("x", 3*maxLine)+"\"}\n"+strings.TrimSpace(flow(2)))
	s, told := Open(nil, []string{filepath.Join(string(dir), "eve.json")}), []uint64{}
	s.Tell(func(events []tyto.Event) error {
		for _, e := range events {
			told = append(told, e.Conversation.Packets[0], e.Conversation.Evidence.Packet)
		}
		return nil
	})
	if i := s.Captures()[0]; !slices.Equal(told, []uint64{1, 1, 2, 3}) || i.Lines != 3 || i.Err == nil || !strings.Contains(i.Err.Error(), "256 KiB") {
		t.Errorf("%v, %+v", told, i)
	}
}
