package capture_test

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"time"

	"tyto/capture"
	"tyto/frame"
	"tyto/lab/cable"
)

// TestLive hears what another host sends, tagged or not, knows when and how
// long it was, and sends nothing itself.
func TestLive(t *testing.T) {
	cable.New(t)
	before := cable.Look(t, "near").Stats.TX
	s, err := capture.OpenLive([]string{"near"}, capture.Live{RingBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	send := cable.Sender(t, "far")
	for n := range byte(3) {
		send(cable.Broadcast(n))
	}
	tagged := cable.Broadcast(3)
	tagged = append(append(bytes.Clone(tagged[:12]), 0x81, 0, 0, 42), tagged[12:]...)
	send(tagged)

	var got []frame.Packet
	var b capture.Batch
	for begin := time.Now(); len(got) < 4; {
		if err := s.Read(&b); err != nil {
			t.Fatal(err)
		}
		for _, p := range b.Packets {
			p.Data = bytes.Clone(p.Data)
			got = append(got, p)
		}
		if time.Since(begin) > cable.Patience {
			t.Fatalf("%d packets within %v", len(got), cable.Patience)
		}
	}
	for i, p := range got[:3] {
		if !bytes.Equal(p.Data, cable.Broadcast(byte(i))) || p.Length != 64 || p.Number != uint64(i+1) || p.Link != frame.LinkEthernet || p.HasVLAN {
			t.Errorf("%+v", p)
		}
		if age := time.Since(time.Unix(0, p.Time)); age < 0 || age > 2*cable.Patience {
			t.Errorf("packet of %v ago", age)
		}
	}
	if !bytes.Equal(got[3].Data, tagged) || got[3].Length != 68 {
		t.Errorf("%x, want %x", got[3].Data, tagged)
	}
	if i := s.Captures()[0]; i.Name != "near" || i.Packets != 4 || i.Bytes != 64*3+68 || i.Dropped != 0 || i.First != got[0].Time {
		t.Errorf("%+v", i)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := s.Read(&b); err != io.EOF {
		t.Errorf("after Close: %v", err)
	}
	if after := cable.Look(t, "near").Stats.TX; after != before {
		t.Errorf("the monitored interface sent %d packets", after.Packets-before.Packets)
	}
}

// TestLiveClose wakes a Read that waits.
func TestLiveClose(t *testing.T) {
	cable.New(t)
	s, err := capture.OpenLive([]string{"near", "far"}, capture.Live{RingBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		time.Sleep(50 * time.Millisecond)
		s.Close()
	}()
	if err := s.Read(&capture.Batch{}); err != io.EOF {
		t.Error(err)
	}
	s.Captures()
	s.Close()
}

// TestLiveDrops says how much the kernel dropped because nobody read.
func TestLiveDrops(t *testing.T) {
	cable.New(t)
	s, err := capture.OpenLive([]string{"near"}, capture.Live{RingBytes: 1 << 16, BlockBytes: 1 << 14})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	send := cable.Sender(t, "far")
	before := cable.Look(t, "near").Stats.RX.Packets
	offer := func(n int) uint64 { // sends, and is how many of all reached the interface: a busy machine drops some before
		for range n {
			send(cable.Broadcast(1))
		}
		var came uint64
		cable.Until(t, "the ring has seen what came", func() bool {
			came = cable.Look(t, "near").Stats.RX.Packets - before
			return s.Captures()[0].Seen == came
		})
		return came
	}
	sent := offer(3000)
	var b capture.Batch
	for s.Captures()[0].Packets+s.Captures()[0].Dropped < sent {
		if err := s.Read(&b); err != nil {
			t.Fatal(err)
		}
	}
	if i := s.Captures()[0]; i.Dropped == 0 || i.Packets+i.Dropped != sent || i.Seen != sent || i.Unread != 0 {
		t.Errorf("%d packets and %d dropped of %d: %+v", i.Packets, i.Dropped, sent, i)
	}
	all := offer(500) // some are read, some dropped, and some left in the ring
	if err := s.Read(&b); err != nil {
		t.Fatal(err)
	}
	if i := s.Captures()[0]; i.Unread == 0 || i.Seen != all || i.Packets+i.Ignored+i.Dropped+i.Unread != i.Seen {
		t.Errorf("with some left unread: %+v", i)
	}
	s.Close()
	if i := s.Captures()[0]; i.Packets+i.Ignored+i.Dropped+i.Unread != all {
		t.Errorf("after the end: %+v", i)
	}
}

// TestLiveLoopback sees each packet once, though the kernel shows it twice.
func TestLiveLoopback(t *testing.T) {
	cable.New(t)
	s, err := capture.OpenLive([]string{"lo"}, capture.Live{RingBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	send := cable.Sender(t, "lo")
	send(cable.Broadcast(1))
	send(cable.Broadcast(2))
	var b capture.Batch
	for n := 0; n < 2; n += len(b.Packets) {
		if err := s.Read(&b); err != nil {
			t.Fatal(err)
		}
	}
	if i := s.Captures()[0]; i.Packets != 2 {
		t.Errorf("%+v", i)
	}
}

// TestLiveGone tells each time that an interface is gone, goes on with the
// other, and hears it again when it is back.
func TestLiveGone(t *testing.T) {
	cable.New(t)
	cable.Plug(t, "brief", "brief2")
	s, err := capture.OpenLive([]string{"brief", "near"}, capture.Live{RingBytes: 1 << 20, Milliseconds: 10})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	far := cable.Sender(t, "far")
	for round := range uint64(3) {
		cable.IP(t, "link", "del", "dev", "brief")
		far(cable.Broadcast(1))
		packets, errs := readUntil(t, s, func(packets, errs int) bool { return packets > 0 && errs > 0 })
		if i := s.Captures(); packets == 0 || errs != 1 || i[0].Err == nil || i[1].Err != nil || i[0].Absences != round+1 {
			t.Fatalf("round %d: %d packets, %d errors, %+v", round, packets, errs, i)
		}
		cable.Plug(t, "brief", "brief2")
		send, heard := cable.Sender(t, "brief2"), s.Captures()[0].Packets
		readUntil(t, s, func(int, int) bool { // the other keeps Read busy while it is looked for
			send(cable.Broadcast(2))
			far(cable.Broadcast(3))
			return s.Captures()[0].Packets > heard
		})
		if i := s.Captures(); i[0].Err != nil {
			t.Fatalf("back, and still %v", i[0].Err)
		}
	}
}

// readUntil reads until done with the packets and errors so far.
func readUntil(t *testing.T, s capture.Source, done func(packets, errs int) bool) (packets, errs int) {
	t.Helper()
	var b capture.Batch
	for limit := time.Now().Add(cable.Patience); !done(packets, errs); {
		if time.Now().After(limit) {
			t.Fatalf("%d packets and %d errors within %v: %+v", packets, errs, cable.Patience, s.Captures())
		}
		err := s.Read(&b)
		if errors.Is(err, io.EOF) {
			t.Fatal("it ended")
		}
		if err != nil {
			errs++
		}
		packets += len(b.Packets)
	}
	return packets, errs
}

func TestLiveAbsent(t *testing.T) {
	for _, names := range [][]string{nil, {"nosuchinterface"}} {
		if _, err := capture.OpenLive(names, capture.Live{}); err == nil {
			t.Error("no error")
		} else if _, ok := err.(*capture.Error); !ok {
			t.Errorf("%T", err)
		}
	}
}
