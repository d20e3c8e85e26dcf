package capture_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"tyto/capture"
	"tyto/frame"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// some is n packets whose sizes, times and bytes follow from their number.
func some(n int) []frame.Packet {
	p := make([]frame.Packet, n)
	for i := range p {
		data := make([]byte, 60+i*7%1400)
		for j := range data {
			data[j] = byte(i + j)
		}
		p[i] = frame.Packet{
			Time: 1_700_000_000_123_456_789 + int64(i)*1_000_003, Number: uint64(i + 1),
			Data: data, Length: len(data) + i%3, Link: frame.LinkEthernet,
		}
	}
	return p
}

func pcapOf(t testing.TB, packets []frame.Packet) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := capture.NewWriter(&b, frame.LinkEthernet)
	return written(t, &b, w, err, packets)
}

func pcapngOf(t testing.TB, packets []frame.Packet) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := capture.NewNGWriter(&b)
	return written(t, &b, w, err, packets)
}

func written(t testing.TB, b *bytes.Buffer, w capture.PacketWriter, err error, packets []frame.Packet) []byte {
	t.Helper()
	for i := range packets {
		if err == nil {
			err = w.Write(&packets[i])
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func put(t testing.TB, dir, name string, b []byte) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// all reads a source to its end, and copies what it gave.
func all(t testing.TB, paths []string, o capture.Options) (packets []frame.Packet, infos []capture.Info, errs []error) {
	t.Helper()
	s, err := capture.OpenFiles(paths, o)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var b capture.Batch
	for {
		err := s.Read(&b)
		for _, p := range b.Packets {
			p.Data = bytes.Clone(p.Data)
			packets = append(packets, p)
		}
		if err == io.EOF {
			return packets, s.Captures(), errs
		}
		if err != nil {
			errs = append(errs, err)
		} else if len(b.Packets) == 0 {
			t.Fatal("a batch without packets, and no error")
		}
	}
}

func gzipped(t testing.TB, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(b); err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestFormats reads the same packets from each format, in batches of odd
// sizes, so that records lie across the borders of blocks.
func TestFormats(t *testing.T) {
	want := some(500)
	plain, ng := pcapOf(t, want), pcapngOf(t, want)
	enc, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{
		"pcap": plain, "pcapng": ng, "pcap.gz": gzipped(t, plain), "pcapng.gz": gzipped(t, ng),
		"pcap.zst": enc.EncodeAll(plain, nil), "big.pcap": bigEndian(plain),
		"members.gz": append(gzipped(t, plain[:1000]), gzipped(t, plain[1000:])...),
	}
	for name, b := range files {
		path := put(t, t.TempDir(), name, b)
		for _, o := range []capture.Options{{}, {BatchBytes: 1000}, {BatchBytes: 4099, BatchPackets: 3}, {BatchBytes: 8192, BatchPackets: 1}} {
			got, infos, errs := all(t, []string{path}, o)
			if len(errs) > 0 {
				t.Fatal(name, errs)
			}
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("%s %+v: %s", name, o, cmp.Diff(got, want))
			}
			i := infos[0]
			if i.Packets != 500 || i.First != want[0].Time || i.Last != want[499].Time || i.Truncated != 333 || i.Link != frame.LinkEthernet || i.Offset != int64(len(b)) {
				t.Errorf("%s: %+v", name, i)
			}
		}
	}
}

// bigEndian turns the headers of a pcap file round.
func bigEndian(b []byte) []byte {
	b = bytes.Clone(b)
	turn := func(at int, sizes ...int) {
		for _, n := range sizes {
			for i := range n / 2 {
				b[at+i], b[at+n-1-i] = b[at+n-1-i], b[at+i]
			}
			at += n
		}
	}
	turn(0, 4, 2, 2, 4, 4, 4, 4)
	for at := 24; at < len(b); {
		n := int(binary.LittleEndian.Uint32(b[at+8:]))
		turn(at, 4, 4, 4, 4)
		at += 16 + n
	}
	return b
}

func TestMicroseconds(t *testing.T) {
	b := pcapOf(t, some(1))
	binary.LittleEndian.PutUint32(b, 0xa1b2c3d4)
	binary.LittleEndian.PutUint32(b[28:], 123456)
	got, _, _ := all(t, []string{put(t, t.TempDir(), "x", b)}, capture.Options{})
	if want := int64(1_700_000_000_123_456_000); got[0].Time != want {
		t.Errorf("time %d, want %d", got[0].Time, want)
	}
}

// TestFolder reads the captures of a folder in order, whatever they are
// called, and nothing else.
func TestFolder(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "b/two.cap", pcapOf(t, some(2)))
	put(t, dir, "a/one", gzipped(t, pcapngOf(t, some(1))))
	put(t, dir, "a/README", []byte("This is not a capture, but quite long enough to be one."))
	put(t, dir, "c.pcap", pcapOf(t, some(3)))
	put(t, dir, "empty.pcap", nil)
	got, infos, errs := all(t, []string{dir}, capture.Options{})
	if len(errs) > 0 || len(got) != 6 || len(infos) != 3 {
		t.Fatal(len(got), infos, errs)
	}
	for i, name := range []string{"a/one", "b/two.cap", "c.pcap"} {
		if infos[i].Name != filepath.Join(dir, name) || infos[i].Packets != uint64(i+1) {
			t.Errorf("%d: %+v", i, infos[i])
		}
	}
	if got[5].Source != 2 || got[5].Number != 3 {
		t.Errorf("%+v", got[5])
	}
}

func TestNothingToRead(t *testing.T) {
	dir := t.TempDir()
	for _, paths := range [][]string{nil, {dir}, {filepath.Join(dir, "absent")}} {
		if _, err := capture.OpenFiles(paths, capture.Options{}); err == nil {
			t.Errorf("%v: no error", paths)
		} else if !errors.As(err, new(*capture.Error)) {
			t.Errorf("%v: %T", paths, err)
		}
	}
}

// TestDamaged reads what can be read of bad files, says what is wrong where,
// and goes on with the next file.
func TestDamaged(t *testing.T) {
	good, ng := pcapOf(t, some(3)), pcapngOf(t, some(3))
	change := func(b []byte, at int, x uint32) []byte {
		b = bytes.Clone(b)
		binary.LittleEndian.PutUint32(b[at:], x)
		return b
	}
	second := 24 + 16 + 60
	ngFirst := 28 + 32
	zipped := gzipped(t, pcapOf(t, some(2000)))
	for _, c := range []struct {
		name    string
		file    []byte
		packets int
		says    string
	}{
		{"empty", nil, 0, "empty"},
		{"one byte", []byte{0xd4}, 0, "only 1 bytes"},
		{"text", []byte("GET / HTTP/1.1\r\nHost: example\r\n\r\n"), 0, "not a capture file"},
		{"zip", []byte("PK\x03\x04................................"), 0, "unpack it"},
		{"snoop", []byte("snoop\x00\x00\x00................................"), 0, "editcap"},
		{"half a header", good[:20], 0, "within its header"},
		{"no packets", good[:24], 0, ""},
		{"modified", change(good, 0, 0xa1b2cd34), 0, "modified pcap"},
		{"aix", change(good, 4, 0x00020002), 0, "AIX"},
		{"version 9", change(good, 4, 0x00040009), 0, "version 9.4"},
		{"cut in a record header", good[:second+7], 1, "header of a record: 7 bytes"},
		{"cut in a packet", good[:second+20], 1, "20 of its 83 bytes"},
		{"absurd packet", change(good, second+8, 0x7fffffff), 1, "at byte 100, after packet 1: a packet of 2147483647 bytes"},
		{"300 KiB packet", change(good, second+8, 300<<10), 1, "a packet of 307200 bytes"},
		{"more captured than sent", change(good, second+12, 3), 3, ""},
		{"absurd snap length", change(good, 16, 0xffffffff), 3, ""},
		{"snap length 0", change(good, 16, 0), 3, ""},
		{"any link type", change(good, 20, 147), 3, ""},
		{"huge link type", change(good, 20, 0x03fffffe), 3, ""},
		{"cut gzip", zipped[:len(zipped)/2], -1, "cannot be read on"},
		{"flipped gzip", append(bytes.Clone(zipped[:len(zipped)-8]), 1, 2, 3, 4, 5, 6, 7, 8), -1, "cannot be read on"},
		{"gzip of text", gzipped(t, []byte("no capture at all, but text")), 0, "not a capture file"},
		{"gzip header alone", []byte("\x1f\x8b"), 0, "cannot be inflated"},
		{"pcapng: no packets", ng[:ngFirst], 0, ""},
		{"pcapng: cut", ng[:len(ng)-5], 2, "within a record"},
		{"pcapng: cut in a header", ng[:ngFirst+9], 0, "header of a record: 9 bytes"},
		{"pcapng: small block", change(ng, ngFirst+4, 8), 0, "a block of 8 bytes"},
		{"pcapng: huge block", change(ng, ngFirst+4, 0xfffffff0), 0, "a block of 4294967280 bytes"},
		{"pcapng: block's end", change(ng, ngFirst+4+4, 7), 0, "interface 7"},
		{"pcapng: large packet in small block", change(ng, ngFirst+20, 2000), 0, "a packet of 2000 bytes"},
		{"pcapng: lengths differ", change(ng, ngFirst+4, 96), 0, "at its end"},
		{"pcapng: byte order", change(ng, 8, 0x12345678), 0, "byte order"},
		{"pcapng: version", change(ng, 12, 9), 0, "version 9"},
		{"pcapng: no interface", change(ng, 28, 5), 0, "interface 0, which"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			bad, next := put(t, dir, "bad", c.file), put(t, dir, "next", good)
			got, infos, errs := all(t, []string{bad, next}, capture.Options{})
			if c.packets >= 0 && len(got)-3 != c.packets || infos[1].Packets != 3 {
				t.Errorf("%d packets, want %d and 3", len(got), c.packets)
			}
			if c.says == "" {
				if len(errs) > 0 {
					t.Errorf("unexpected: %v", errs)
				}
				return
			}
			var e *capture.Error
			if len(errs) != 1 || !errors.As(errs[0], &e) || e.Name != bad || infos[0].Err != errs[0] {
				t.Fatalf("errors %v, info %+v", errs, infos[0])
			}
			if !strings.Contains(e.Error(), c.says) {
				t.Errorf("%q does not say %q", e, c.says)
			}
		})
	}
}

// TestInflatedBound stops at a bomb.
func TestInflatedBound(t *testing.T) {
	path := put(t, t.TempDir(), "bomb", gzipped(t, pcapOf(t, some(2000))))
	_, _, errs := all(t, []string{path}, capture.Options{MaxInflated: 100_000})
	if len(errs) != 1 || !strings.Contains(errs[0].Error(), "more than 100000 bytes") {
		t.Error(errs)
	}
}

// TestLargePacket lets the memory grow for one packet, within its bound.
func TestLargePacket(t *testing.T) {
	p := some(3)
	p[1].Data = bytes.Repeat([]byte{7}, 200<<10)
	p[1].Length = len(p[1].Data)
	path := put(t, t.TempDir(), "large", pcapOf(t, p))
	got, _, errs := all(t, []string{path}, capture.Options{BatchBytes: 4096})
	if d := cmp.Diff(got, p); d != "" || len(errs) > 0 {
		t.Error(d, errs)
	}
}

// TestClose ends the reading at once.
func TestClose(t *testing.T) {
	s, err := capture.OpenFiles([]string{put(t, t.TempDir(), "x", pcapOf(t, some(50)))}, capture.Options{BatchPackets: 2})
	if err != nil {
		t.Fatal(err)
	}
	var b capture.Batch
	if err := s.Read(&b); err != nil || len(b.Packets) != 2 {
		t.Fatal(err)
	}
	s.Close()
	if err := s.Read(&b); err != io.EOF || len(b.Packets) != 0 {
		t.Error(err, len(b.Packets))
	}
}

// TestReadDoesNotAllocate reads in steady state.
func TestReadDoesNotAllocate(t *testing.T) {
	path := put(t, t.TempDir(), "x", pcapOf(t, some(20000)))
	s, err := capture.OpenFiles([]string{path}, capture.Options{BatchPackets: 64, BatchBytes: 32 << 10})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var b capture.Batch
	read := func() {
		if err := s.Read(&b); err != nil {
			t.Fatal(err)
		}
	}
	for range 20 {
		read()
	}
	if n := testing.AllocsPerRun(100, read); n != 0 {
		t.Errorf("%v allocations for a batch", n)
	}
}

// TestBatchesAreApart keeps the packets of one batch while another is read.
func TestBatchesAreApart(t *testing.T) {
	want := some(200)
	s, err := capture.OpenFiles([]string{put(t, t.TempDir(), "x", pcapOf(t, want))}, capture.Options{BatchBytes: 4096})
	if err != nil {
		t.Fatal(err)
	}
	var a, b capture.Batch
	if err := s.Read(&a); err != nil {
		t.Fatal(err)
	}
	for s.Read(&b) == nil {
	}
	if d := cmp.Diff(a.Packets, want[:len(a.Packets)]); d != "" {
		t.Error(d)
	}
}

func BenchmarkRead(b *testing.B) {
	packets := some(200_000)
	for i := range packets {
		packets[i].Data = packets[i].Data[:60]
	}
	for name, file := range map[string][]byte{"pcap": pcapOf(b, packets), "pcapng": pcapngOf(b, packets)} {
		path := put(b, b.TempDir(), name, file)
		b.Run(name, func(b *testing.B) {
			var batch capture.Batch
			b.SetBytes(int64(len(file)))
			for range b.N {
				s, err := capture.OpenFiles([]string{path}, capture.Options{})
				if err != nil {
					b.Fatal(err)
				}
				for s.Read(&batch) == nil {
				}
				s.Close()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(packets)), "ns/packet")
		})
	}
}
