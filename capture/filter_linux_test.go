package capture_test

import (
	"bytes"
	"fmt"
	"slices"
	"sync"
	"testing"

	"tyto/capture"
	"tyto/filter"
	"tyto/frame"
	"tyto/lab/cable"
)

func parse(t *testing.T, text string) *filter.Filter {
	t.Helper()
	f, err := filter.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestLiveFilter lets the kernel choose by an address behind a tag, which it
// takes off, by the tag, and by the length on the wire; all are counted, too
// short ones and those refused while nobody reads, too.
func TestLiveFilter(t *testing.T) {
	cable.New(t)
	s, err := capture.OpenLive([]string{"near"}, capture.Live{
		RingBytes: 1 << 16, BlockBytes: 1 << 14, Milliseconds: 10, Filter: parse(t, "src host 10.0.0.1 and (vlan 42 or less 63) or (len = 68 and not vlan)"),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	before := cable.Look(t, "near").Stats.RX.Packets
	send := cable.Sender(t, "far")
	packet := func(tag string, from byte, length int) []byte {
		head := slices.Concat(bytes.Repeat([]byte{0xff}, 6), []byte{2, 0, 0, 0, 0, 1}, []byte(tag))
		ip := []byte{8, 0, 0x45, 0, 0, 40, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, from, 10, 0, 0, 9}
		b := append(head, ip...)
		return append(b, make([]byte, max(0, length-len(b)))...)
	}
	const vlan42, vlan7, two = "\x81\x00\x00\x2a", "\x81\x00\x60\x07", "\x88\xa8\x00\x07\x81\x00\x00\x2a"
	wanted := [][]byte{packet(vlan42, 1, 100), packet(two, 1, 104), packet("", 1, 62), packet("", 2, 68)}
	others := [][]byte{packet("", 1, 64), packet(vlan7, 1, 100), packet(vlan42, 2, 100), packet(vlan7, 2, 68), packet("", 1, 0)[:20], packet("", 2, 64)}
	for range 400 { // too many for the ring
		for _, b := range others {
			send(b)
		}
	}
	settled := func() capture.Info {
		t.Helper()
		sent := cable.Look(t, "near").Stats.RX.Packets - before
		cable.Until(t, "all that came is seen", func() bool { return s.Captures()[0].Seen == sent })
		return s.Captures()[0]
	}
	if i := settled(); i.Dropped == 0 || i.Unread == 0 || i.Seen != i.Dropped+i.Unread {
		t.Errorf("before it is read: %+v", i)
	}
	var mu sync.Mutex
	var got []frame.Packet
	go func() {
		for b := new(capture.Batch); s.Read(b) == nil; {
			mu.Lock()
			for _, p := range b.Packets {
				p.Data = bytes.Clone(p.Data)
				got = append(got, p)
			}
			mu.Unlock()
		}
	}()
	for _, want := range wanted {
		cable.Until(t, fmt.Sprintf("%x is captured", want), func() bool {
			send(want)
			mu.Lock()
			defer mu.Unlock()
			return slices.ContainsFunc(got, func(p frame.Packet) bool { return bytes.Equal(p.Data, want) && p.Length == len(want) })
		})
	}
	settled()
	cable.Until(t, "all is read", func() bool { return s.Captures()[0].Unread == 0 })
	mu.Lock()
	defer mu.Unlock()
	for _, p := range got {
		if !slices.ContainsFunc(wanted, func(w []byte) bool { return bytes.Equal(p.Data, w) }) {
			t.Errorf("not wanted: %x", p.Data)
		}
	}
	if i := s.Captures()[0]; i.Filtered == 0 || i.Packets != uint64(len(got)) || i.Seen != i.Packets+i.Filtered+i.Ignored+i.Dropped {
		t.Errorf("%d were captured: %+v", len(got), i)
	}
	if _, err := capture.OpenLive([]string{"near"}, capture.Live{Filter: parse(t, tooLong())}); err == nil {
		t.Error("a filter that the kernel does not take")
	}
}

func tooLong() string {
	b := []byte("port 1")
	for len(b) < 4000 {
		b = append(b, " or 1"...)
	}
	return string(b)
}
