package capture

import (
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tyto/frame"
	"tyto/lab/cable"
)

// TestCardClock tells by a packet's status who stamped it, and takes the
// system's time where the card's clock is set to something else.
func TestCardClock(t *testing.T) {
	r := &ring{fd: -1, link: frame.LinkEthernet}
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_REALTIME, &now); err != nil {
		t.Fatal(err)
	}
	at := func(off time.Duration, status uint32) time.Duration { // how far the packet's time is from the one that the kernel gave
		t.Helper()
		h, ne := make([]byte, 128), binary.NativeEndian
		stamp := time.Unix(now.Unix()).Add(off)
		ne.PutUint32(h[packetSec:], uint32(stamp.Unix()))
		ne.PutUint32(h[packetNsec:], uint32(stamp.Nanosecond()))
		ne.PutUint32(h[packetStatus:], status)
		ne.PutUint16(h[packetMAC:], 64)
		ne.PutUint32(h[packetSnap:], 60)
		ne.PutUint32(h[packetLen:], 60)
		var b Batch
		r.packet(&b, h, make([]byte, 128))
		if len(b.Packets) != 1 {
			t.Fatal("no packet")
		}
		return time.Unix(0, b.Packets[0].Time).Sub(stamp)
	}
	const card, kernel = unix.TP_STATUS_TS_RAW_HARDWARE, unix.TP_STATUS_TS_SOFTWARE
	if off := at(-time.Hour, kernel); off != 0 || r.card.count != 0 {
		t.Errorf("of the kernel's clock: %v, %d", off, r.card.count)
	}
	if off := at(-time.Second, card); off != 0 || r.card.count != 1 {
		t.Errorf("of the card's clock: %v, %d", off, r.card.count)
	}
	if r.count(); r.info.ByCard != 1 || len(r.info.Remarks) != 0 {
		t.Errorf("%+v", r.info)
	}
	for range 2 {
		if off := at(-time.Hour, card); off < time.Hour || off > time.Hour+cable.Patience || r.card.count != 0 {
			t.Errorf("of a card whose clock is an hour late: %v, %d", off, r.card.count)
		}
		if r.count(); r.info.ByCard != 1 || len(r.info.Remarks) != 1 || !strings.Contains(r.info.Remarks[0], "1h0m") {
			t.Errorf("%+v", r.info)
		}
	}
}

func TestWhyNot(t *testing.T) {
	const can = unix.SOF_TIMESTAMPING_RX_HARDWARE | unix.SOF_TIMESTAMPING_RAW_HARDWARE
	for want, driver := range map[string]unix.EthtoolTsInfo{
		"":            {So_timestamping: can, Rx_filters: 1 | 1<<unix.HWTSTAMP_FILTER_ALL},
		"PTP only":    {So_timestamping: can, Rx_filters: 1 | 1<<12},
		"not stamp":   {So_timestamping: unix.SOF_TIMESTAMPING_SOFTWARE},
		"does not st": {So_timestamping: unix.SOF_TIMESTAMPING_RAW_HARDWARE, Rx_filters: 2},
	} {
		if got := whyNot(&driver); (want == "") != (got == "") || !strings.Contains(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestNoCardClock listens with the kernel's clock where there is no other, and
// says so.
func TestNoCardClock(t *testing.T) {
	cable.New(t)
	s, err := OpenLive([]string{"near"}, Live{CardClock: true, RingBytes: 1 << 20, Milliseconds: 10})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	cable.Sender(t, "far")(cable.Broadcast(1))
	var b Batch
	if err := s.Read(&b); err != nil {
		t.Fatal(err)
	}
	if i := s.Captures()[0]; i.ByCard != 0 || !i.NoClock || i.Packets != 1 || len(i.Remarks) != 1 || !strings.Contains(i.Remarks[0], "driver does not stamp") {
		t.Errorf("%+v", i)
	}
	if age := time.Since(time.Unix(0, b.Packets[0].Time)); age < 0 || age > 2*cable.Patience {
		t.Errorf("a packet of %v ago", age)
	}
}
