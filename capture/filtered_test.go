package capture_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tyto/capture"
	"tyto/filter"
	"tyto/frame"
)

// recorded is a capture of packets of these lengths, of which 60 bytes are kept.
func recorded(t *testing.T, path string, link frame.LinkType, lengths ...int) string {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w, err := capture.NewWriter(f, link)
	for i, n := range lengths {
		if err == nil {
			err = w.Write(&frame.Packet{Time: int64(i + 1), Link: link, Length: n, Data: make([]byte, 60)})
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// TestFiltered counts what is refused apart, of each capture.
func TestFiltered(t *testing.T) {
	f, err := filter.Parse("greater 70")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	ether := recorded(t, filepath.Join(dir, "a.pcap"), frame.LinkEthernet, 60, 100, 69, 80)
	files, err := capture.OpenFiles([]string{ether, recorded(t, filepath.Join(dir, "b.pcap"), frame.LinkIEEE80211, 100, 90)}, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := capture.Filtered(files, f)
	defer s.Close()
	var got []int
	var bad []error
	for b := new(capture.Batch); ; {
		err := s.Read(b)
		for _, p := range b.Packets {
			got = append(got, p.Length, int(p.Number))
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			bad = append(bad, err)
		}
	}
	if len(got) != 4 || got[0] != 100 || got[1] != 2 || got[2] != 80 || got[3] != 4 {
		t.Errorf("lengths and numbers %v", got)
	}
	if len(bad) != 1 || !strings.Contains(bad[0].Error(), "cannot be filtered") {
		t.Errorf("errors %v", bad)
	}
	a, b := s.Captures()[0], s.Captures()[1]
	if a.Packets != 2 || a.Bytes != 180 || a.Truncated != 2 || a.Filtered != 2 || a.Err != nil {
		t.Errorf("%+v", a)
	}
	if b.Packets != 0 || b.Filtered != 2 || b.Err == nil {
		t.Errorf("%+v", b)
	}
}
