package capture_test

import (
	"errors"
	"io"
	"net"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"tyto/capture"
	"tyto/frame"
)

// TestTogether has all packets of two folders and a file, each of its capture
// and in its order, also those that were read when it is closed.
func TestTogether(t *testing.T) {
	one := recorded(t, t.TempDir()+"/one.pcap", frame.LinkEthernet, slices.Repeat([]int{100}, 9000)...)
	damaged := recorded(t, t.TempDir()+"/damaged.pcap", frame.LinkEthernet, slices.Repeat([]int{200}, 9000)...)
	source := func(paths ...string) capture.Source {
		s, err := capture.OpenFiles(paths, capture.Options{BatchBytes: 4096})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := capture.Together(source(one, one), source(damaged))
	counts := make([]uint64, 3)
	for b := new(capture.Batch); ; {
		err := s.Read(b)
		for _, p := range b.Packets {
			if counts[p.Source]++; p.Number != counts[p.Source] || p.Length != []int{100, 100, 200}[p.Source] || len(p.Data) != 60 {
				t.Fatalf("packet %d of capture %d is %d bytes of %d", p.Number, p.Source, len(p.Data), p.Length)
			}
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if !reflect.DeepEqual(counts, []uint64{9000, 9000, 9000}) || len(s.Captures()) != 3 {
		t.Errorf("%v, %+v", counts, s.Captures())
	}
	s.Close()

	s = capture.Together(source(one), source(damaged))
	var b capture.Batch
	if err := s.Read(&b); err != nil {
		t.Fatal(err)
	}
	s.Close()
	n := uint64(len(b.Packets))
	for err := error(nil); err != io.EOF; n += uint64(len(b.Packets)) {
		err = s.Read(&b)
	}
	if all := s.Captures(); n != all[0].Packets+all[1].Packets {
		t.Errorf("%d packets, of %+v", n, all)
	}
}

// quick is a clock on which waiting takes no time.
type quick struct{ waited chan time.Duration }

func (quick) Now() time.Time { return time.Unix(1_700_000_000, 0) }
func (q quick) After(d time.Duration) <-chan time.Time {
	q.waited <- d
	c := make(chan time.Time, 1)
	c <- q.Now()
	return c
}

// TestRemote reads from one connection after the other, says that one ended,
// and waits longer and longer while nobody listens.
func TestRemote(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	sent := make(chan net.Conn)
	go func() {
		for _, marks := range []string{"abc", "de"} {
			c, err := l.Accept()
			if err != nil {
				t.Error(err)
				return
			}
			c.Write(marked(t, marks))
			if marks == "abc" {
				c.Close()
			} else {
				sent <- c
			}
		}
		l.Close()
	}()
	clock := quick{make(chan time.Duration, 100)}
	s := capture.OpenRemote(l.Addr().String(), capture.Options{}, clock)
	var b capture.Batch
	var got []byte
	var errs []string
	read := func() error {
		err := s.Read(&b)
		for _, p := range b.Packets {
			if got = append(got, p.Data[0]); p.Number != uint64(len(got)) {
				t.Errorf("packet %d is %d", len(got), p.Number)
			}
		}
		return err
	}
	for len(got) < 5 {
		if err := read(); err != nil {
			errs = append(errs, err.Error())
		}
	}
	if string(got) != "abcde" || len(errs) != 1 || !strings.Contains(errs[0], "closed the connection") {
		t.Errorf("%q, %q", got, errs)
	}
	(<-sent).Close()
	var pauses []time.Duration
	for range 8 {
		if err := read(); err == nil {
			t.Error("nobody listens")
		}
	}
	for len(clock.waited) > 0 {
		pauses = append(pauses, (<-clock.waited)/time.Second)
	}
	if want := []time.Duration{1, 1, 2, 4, 8, 16, 30, 30}; !reflect.DeepEqual(pauses, want) {
		t.Errorf("waited %v s, want %v", pauses, want)
	}
	if i := s.Captures()[0]; i.Packets != 5 || i.Err == nil || i.Absences != 2 {
		t.Errorf("%+v", i)
	}
	s.Close()
	if err := read(); err != io.EOF {
		t.Error(err)
	}
}

// TestRemoteClose wakes a Read that waits for packets.
func TestRemoteClose(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	s := capture.OpenRemote(l.Addr().String(), capture.Options{}, nil)
	go func() {
		if c, err := l.Accept(); err == nil {
			c.Write(marked(t, ""))
			s.Close()
		}
	}()
	if err := s.Read(new(capture.Batch)); err != io.EOF {
		t.Error(err)
	}
}
