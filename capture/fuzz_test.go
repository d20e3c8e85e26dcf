package capture_test

import (
	"bytes"
	"io"
	"testing"

	"tyto/capture"
	"tyto/frame"

	"github.com/google/go-cmp/cmp"
)

// readAny reads bytes that may be a capture, and checks that the size of
// batches makes no difference, and that all packets lie within the file.
func readAny(t *testing.T, b []byte) {
	path := put(t, t.TempDir(), "x", b)
	first, infos, errs := all(t, []string{path}, capture.Options{MaxPacket: 1 << 20, MaxInflated: 1 << 22})
	second, _, _ := all(t, []string{path}, capture.Options{MaxPacket: 1 << 20, MaxInflated: 1 << 22, BatchBytes: 64, BatchPackets: 3})
	if d := cmp.Diff(first, second); d != "" {
		t.Error(d)
	}
	if uint64(len(first)) != infos[0].Packets || len(errs) > 1 {
		t.Errorf("%d packets, %+v, %v", len(first), infos[0], errs)
	}
	for i, p := range first {
		if p.Number != uint64(i+1) || p.Length < len(p.Data) {
			t.Errorf("%+v", p)
		}
	}
}

func FuzzPcap(f *testing.F) {
	b := pcapOf(f, some(3))
	f.Add(b)
	f.Add(b[:len(b)-3])
	f.Add(bigEndian(b))
	f.Add(gzipped(f, b))
	f.Fuzz(readAny)
}

func FuzzPcapng(f *testing.F) {
	p := some(3)
	p[1].Link = frame.LinkRaw
	b := pcapngOf(f, p)
	f.Add(b)
	f.Add(b[:len(b)-3])
	f.Add(append(bytes.Clone(b), b...))
	f.Add(ngBig)
	f.Fuzz(readAny)
}

// ngBig is a big-endian section with a simple, an obsolete, an enhanced and
// an unknown block; times in 1/1024 s, ten seconds later.
var ngBig = []byte("\x0a\x0d\x0d\x0a\x00\x00\x00\x1c\x1a\x2b\x3c\x4d\x00\x01\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x1c" +
	"\x00\x00\x00\x01\x00\x00\x00\x2c\x00\x01\x00\x00\x00\x00\x00\x10\x00\x09\x00\x01\x8a\x00\x00\x00\x00\x0e\x00\x08\x00\x00\x00\x00\x00\x00\x00\x0a\x00\x00\x00\x00\x00\x00\x00\x2c" +
	"\x00\x00\x00\x03\x00\x00\x00\x20\x00\x00\x00\x40ABCDEFGHIJKLMNOP\x00\x00\x00\x20" +
	"\x00\x00\x00\x02\x00\x00\x00\x24\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x08\x00\x00\x00\x00\x03\x00\x00\x00\x09ABC\x00\x00\x00\x00\x24" +
	"\x00\x00\x00\x06\x00\x00\x00\x24\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x0a\x00\x00\x00\x00\x03\x00\x00\x00\x03DEF\x00\x00\x00\x00\x24" +
	"\x00\x00\x0b\xad\x00\x00\x00\x10what\x00\x00\x00\x10")

func TestBlocks(t *testing.T) {
	got, _, errs := all(t, []string{put(t, t.TempDir(), "x", append(bytes.Clone(ngBig), ngBig...))}, capture.Options{})
	if len(errs) > 0 || len(got) != 6 {
		t.Fatal(len(got), errs)
	}
	for i, want := range []frame.Packet{
		{Number: 1, Data: []byte("ABCDEFGHIJKLMNOP"), Length: 64, Link: 1},
		{Number: 2, Data: []byte("ABC"), Length: 9, Link: 1, Time: 12e9},
		{Number: 3, Data: []byte("DEF"), Length: 3, Link: 1, Time: 12.5e9},
	} {
		if d := cmp.Diff(got[i], want); d != "" {
			t.Error(d)
		}
	}
}

// TestStream reads what a pipe has, without waiting for a whole batch.
func TestStream(t *testing.T) {
	b := pcapOf(t, some(2))
	r, w := io.Pipe()
	s := capture.OpenStream("pipe", r, capture.Options{})
	defer s.Close()
	go w.Write(b[:24+16+60+10])
	var batch capture.Batch
	if err := s.Read(&batch); err != nil || len(batch.Packets) != 1 {
		t.Fatal(err, len(batch.Packets))
	}
	go func() {
		w.Write(b[24+16+60+10:])
		w.Close()
	}()
	if err := s.Read(&batch); err != nil || len(batch.Packets) != 1 || batch.Packets[0].Number != 2 {
		t.Fatal(err, len(batch.Packets))
	}
	if err := s.Read(&batch); err != io.EOF {
		t.Error(err)
	}
}
