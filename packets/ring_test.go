package packets

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tyto/capture"
	"tyto/frame"
	"tyto/lab/doubles"
	"tyto/tyto"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(doubles.Settled{M: m}) }

var start = time.Unix(1_700_000_000, 0)

// datagram is what host a says to host b, at a millisecond.
func datagram(a, b byte, at, size int) frame.Packet {
	d := make([]byte, 14+20+8+size)
	copy(d, []byte{2, 0, 0, 0, 0, b, 2, 0, 0, 0, 0, a, 8, 0, 0x45, 0, byte((28 + size) >> 8), byte(28 + size), 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, a, 10, 0, 0, b, 0x9c, 0x40, 0, 9, byte((8 + size) >> 8), byte(8 + size)})
	return frame.Packet{Data: d, Length: len(d), Link: frame.LinkEthernet, Time: start.Add(time.Duration(at) * time.Millisecond).UnixNano()}
}

func openRing(t *testing.T, dir string) *Ring {
	t.Helper()
	r, err := Open(Config{Dir: dir, Bytes: MinBytes, Segment: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

func host(n byte) tyto.Subject { return tyto.Subject{Addr: frame.V4(10, 0, 0, n)} }

// ever is a query of all times.
func ever(between ...tyto.Subject) Query {
	return Query{From: start.Add(-time.Hour), To: start.Add(24 * time.Hour), Between: between, Comment: "why it is asked for"}
}

// read is the packets of a capture that Find wrote.
func read(t *testing.T, b []byte) (all []frame.Packet) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "found.pcapng")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	source, err := capture.OpenFiles([]string{path}, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	for {
		var batch capture.Batch
		err := source.Read(&batch)
		all = append(all, batch.Packets...)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// keep keeps packets a few at a time, as they come, and waits for the disk as the network does not.
func keep(r *Ring, all []frame.Packet) {
	for len(all) > 0 {
		n := min(len(all), 100)
		r.Keep(all[:n], []string{"eth1"})
		r.flush()
		all = all[n:]
	}
}

func TestFind(t *testing.T) {
	r := openRing(t, t.TempDir())
	var all []frame.Packet
	want := 0
	for i := range 5000 {
		a, b := byte(1+i%7), byte(1+(i+1+i%3)%7)
		all = append(all, datagram(a, b, i, 100))
		if a == 2 && b == 3 || a == 3 && b == 2 {
			want++
		}
	}
	keep(r, all)
	var out bytes.Buffer
	found, err := r.Find(t.Context(), ever(host(2), host(3)), &out)
	if err != nil {
		t.Fatal(err)
	}
	got := read(t, out.Bytes())
	if want == 0 || int(found.Packets) != want || len(got) != want || found.Cut {
		t.Errorf("found %+v, %d packets in the file, want %d", found, len(got), want)
	}
	if !bytes.Contains(out.Bytes(), []byte("why it is asked for")) {
		t.Error("the comment is not in the file")
	}
	for i := range got {
		if i > 0 && got[i].Time <= got[i-1].Time || len(got[i].Data) != 142 {
			t.Fatalf("packet %d is of %d, %d bytes", i, got[i].Time, len(got[i].Data))
		}
	}
	q := ever(tyto.Subject{MAC: frame.MAC{2, 0, 0, 0, 0, 5}})
	q.From, q.To = start, start.Add(99*time.Millisecond)
	inTime := 0
	for i := range 100 {
		if a, b := 1+i%7, 1+(i+1+i%3)%7; a == 5 || b == 5 {
			inTime++
		}
	}
	if found, err := r.Find(t.Context(), q, io.Discard); err != nil || int(found.Packets) != inTime {
		t.Errorf("of one MAC in 100 ms: %+v, %v; want %d", found, err, inTime)
	}
	both := host(6)
	both.MAC = frame.MAC{2, 0, 0, 0, 0, 6}
	arp := frame.Packet{Data: append([]byte{255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 0, 6, 8, 6}, make([]byte, 46)...), Length: 60, Link: frame.LinkEthernet, Time: start.Add(time.Hour).UnixNano()}
	keep(r, []frame.Packet{arp})
	q = ever(both)
	q.From = start.Add(time.Hour)
	if found, err := r.Find(t.Context(), q, io.Discard); err != nil || found.Packets != 1 {
		t.Errorf("of ARP: %+v, %v", found, err)
	}
	q = ever(host(2))
	q.Bytes = 1000
	if found, err := r.Find(t.Context(), q, io.Discard); err != nil || !found.Cut || found.Packets != 7 {
		t.Errorf("of 1000 bytes: %+v, %v", found, err)
	}
	out.Reset()
	if _, err := r.Find(t.Context(), ever(host(99)), &out); !errors.Is(err, ErrNone) || out.Len() > 0 {
		t.Errorf("of nobody: %v, %d bytes", err, out.Len())
	}
}

// TestBound writes four times what may be kept: the newest is there, the
// oldest gone, and the folder never larger.
func TestBound(t *testing.T) {
	dir := t.TempDir()
	r := openRing(t, dir)
	for i := range 64 {
		var all []frame.Packet
		for j := range 1000 {
			all = append(all, datagram(byte(i), 200, i*1000+j, 1000))
		}
		keep(r, all)
		if n := size(t, dir); n > MinBytes {
			t.Fatalf("%d bytes on disk", n)
		}
	}
	if found, err := r.Find(t.Context(), ever(host(63)), io.Discard); err != nil || found.Packets != 1000 {
		t.Errorf("the newest: %+v, %v", found, err)
	}
	if _, err := r.Find(t.Context(), ever(host(0)), io.Discard); !errors.Is(err, ErrNone) {
		t.Errorf("the oldest: %v", err)
	}
	if s := r.Stats(); s.Kept != 64_000 || s.Missed != 0 || s.Bytes != size(t, dir) || s.Newest != start.Add(63_999*time.Millisecond).UnixNano() || s.Oldest <= start.UnixNano() {
		t.Errorf("%+v", s)
	}
}

func size(t *testing.T, dir string) (n int64) {
	t.Helper()
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			info, _ := d.Info()
			n += info.Size()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestReopen finds what was kept before an end, and before a crash that left
// half a packet.
func TestReopen(t *testing.T) {
	dir := t.TempDir()
	r := openRing(t, dir)
	keep(r, []frame.Packet{datagram(1, 2, 1, 10)})
	r.Close()
	r = openRing(t, dir)
	keep(r, []frame.Packet{datagram(1, 2, 2, 10), datagram(1, 2, 3, 10)})
	after := t.TempDir()
	for _, name := range names(t, dir) {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, openSuffix) {
			b = b[:len(b)-20]
		}
		if err := os.WriteFile(filepath.Join(after, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if found, err := openRing(t, after).Find(t.Context(), ever(host(1)), io.Discard); err != nil || found.Packets != 2 {
		t.Errorf("after a crash: %+v, %v; files %v", found, err, names(t, after))
	}
}

func names(t *testing.T, dir string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

// TestFull has a disk without room: what could not be written is counted, and
// the next file is whole.
func TestFull(t *testing.T) {
	dir := t.TempDir()
	r := openRing(t, dir)
	if err := os.Symlink("/dev/full", filepath.Join(dir, "1"+openSuffix)); err != nil {
		t.Fatal(err)
	}
	keep(r, []frame.Packet{datagram(1, 2, 1, 10)})
	if s := r.Stats(); s.Kept != 0 || s.Missed != 1 || !strings.Contains(s.Error, "no space left") {
		t.Errorf("full: %+v", s)
	}
	keep(r, []frame.Packet{datagram(1, 2, 2, 10)})
	if s := r.Stats(); s.Kept != 1 || s.Missed != 1 || s.Error != "" {
		t.Errorf("afterwards: %+v", s)
	}
	if found, err := r.Find(t.Context(), ever(host(1)), io.Discard); err != nil || found.Packets != 1 {
		t.Errorf("found %+v, %v", found, err)
	}
}

// TestFullMeanwhile has the disk full while packets of the same file come:
// they are counted as missed, and the file of those after them is whole.
func TestFullMeanwhile(t *testing.T) {
	dir := t.TempDir()
	r, err := Open(Config{Dir: dir, Bytes: MinBytes, Segment: MinBytes / 2})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := os.Symlink("/dev/full", filepath.Join(dir, "1"+openSuffix)); err != nil {
		t.Fatal(err)
	}
	r.files.mu.Lock() // the first megabyte is at the writer, and more than one packet of the second is here
	r.Keep(megabyte(), nil)
	r.Keep([]frame.Packet{datagram(1, 2, 2001, 10), datagram(1, 2, 2002, 10)}, nil)
	r.files.mu.Unlock()
	for r.Stats().Missed == 0 {
		runtime.Gosched()
	}
	missed := r.Stats().Missed
	keep(r, []frame.Packet{datagram(1, 2, 3000, 10)})
	if s := r.Stats(); s.Kept != 1 || s.Missed != missed || s.Missed < 1000 || s.Error != "" {
		t.Errorf("%+v, %d missed before", s, missed)
	}
	if found, err := r.Find(t.Context(), ever(host(1)), io.Discard); err != nil || found.Packets != 1 {
		t.Errorf("found %+v, %v", found, err)
	}
}

// megabyte is packets that fill one buffer.
func megabyte() (all []frame.Packet) {
	for bytes := 0; bytes < bufferBytes; bytes += 1000 {
		all = append(all, datagram(1, 2, len(all), 1000))
	}
	return all
}

// TestSlowDisk never waits for it.
func TestSlowDisk(t *testing.T) {
	r := openRing(t, t.TempDir())
	all := make([]frame.Packet, 0, 10_000)
	for i := range cap(all) {
		all = append(all, datagram(1, 2, i, 1000))
	}
	r.files.mu.Lock() // nothing can be written
	r.Keep(all, nil)
	r.files.mu.Unlock()
	s := r.Stats()
	if s.Missed == 0 || s.Kept == 0 || s.Kept+s.Missed != 10_000 {
		t.Errorf("%+v", s)
	}
}

// TestTogether keeps and finds at the same time.
func TestTogether(t *testing.T) {
	r := openRing(t, t.TempDir())
	var finding sync.WaitGroup
	for range 3 {
		finding.Go(func() {
			for range 20 {
				if _, err := r.Find(t.Context(), ever(host(1)), io.Discard); err != nil && !errors.Is(err, ErrNone) {
					t.Error(err)
				}
			}
		})
	}
	for i := range 200 {
		r.Keep([]frame.Packet{datagram(1, 2, i, 1000), datagram(2, 1, i, 1000)}, []string{"eth1"})
	}
	finding.Wait()
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	r.Keep([]frame.Packet{datagram(1, 2, 1, 1)}, nil) // is no harm
}

// BenchmarkKeep is packets to the disk's cache, of 642 bytes each.
func BenchmarkKeep(b *testing.B) {
	r, err := Open(Config{Dir: b.TempDir(), Bytes: 256 << 20})
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	all := make([]frame.Packet, 1000)
	for i := range all {
		all[i] = datagram(1, 2, i, 600)
	}
	b.SetBytes(int64(len(all) * all[0].Length))
	for b.Loop() {
		r.Keep(all, nil)
		r.flush()
	}
	if s := r.Stats(); s.Missed > 0 {
		b.Error(s.Missed, "packets were missed")
	}
}
