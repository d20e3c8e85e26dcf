package capture_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"tyto/capture"
	"tyto/frame"
	"tyto/lab/cable"
)

// cableForXDP is a cable on a machine whose kernel has AF_XDP and lets this
// process load programs of interfaces; on others there is nothing to test.
func cableForXDP(t *testing.T) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_XDP, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	if err == unix.EAFNOSUPPORT {
		t.Skip("this kernel has no AF_XDP")
	}
	unix.Close(fd)
	sockets := struct{ kind, key, value, entries, flags uint32 }{unix.BPF_MAP_TYPE_XSKMAP, 4, 4, 1, 0}
	m, _, errno := unix.Syscall(unix.SYS_BPF, unix.BPF_MAP_CREATE, uintptr(unsafe.Pointer(&sockets)), unsafe.Sizeof(sockets))
	if errno == unix.ENOSYS || errno == unix.EPERM {
		t.Skipf("this machine lets nobody load programs of interfaces: %v", errno)
	}
	unix.Close(int(m))
	cable.New(t)
}

func byXDP(t *testing.T, o capture.Live) capture.Source {
	t.Helper()
	if o.Driver == "" {
		o.Driver = capture.DriverXDP
	}
	o.Milliseconds = 10
	s, err := capture.OpenLive([]string{"near"}, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// hear reads until n packets have come, and is a copy of them.
func hear(t *testing.T, s capture.Source, n int) (got []frame.Packet) {
	t.Helper()
	var b capture.Batch
	for len(got) < n {
		if err := s.Read(&b); err != nil {
			t.Fatal(err)
		}
		for _, p := range b.Packets {
			p.Data = bytes.Clone(p.Data)
			got = append(got, p)
		}
	}
	return got
}

// whole says what is wrong with the sum of what is told, "" if nothing.
func whole(i capture.Info) string {
	if i.Seen != i.Packets+i.Filtered+i.Refused+i.Ignored+i.Dropped+i.Unread {
		return fmt.Sprintf("the sum is not right: %+v", i)
	}
	return ""
}

// TestXDP hears what another host sends, of any length, tagged or not, knows
// when it was, sends nothing, and gives the interface back.
func TestXDP(t *testing.T) {
	cableForXDP(t)
	cable.KeepTags(t, "near")
	for _, name := range []string{"near", "far"} {
		cable.IP(t, "link", "set", "dev", name, "mtu", "9000")
	}
	before := cable.Look(t, "near").Stats.TX
	s := byXDP(t, capture.Live{RingBytes: 1 << 20, BlockBytes: 1 << 16})
	send := cable.Sender(t, "far")
	plain := cable.Broadcast(1)
	tagged := append(append(bytes.Clone(plain[:12]), 0x81, 0, 0, 42), plain[12:]...)
	long := append(bytes.Clone(plain), bytes.Repeat([]byte("0123456789"), 880)...)
	all := [][]byte{plain, tagged, long}
	for round := range 150 { // more than there are chunks
		for _, b := range all {
			send(b)
		}
		for i, p := range hear(t, s, 3) {
			if !bytes.Equal(p.Data, all[i]) || p.Length != len(all[i]) || p.Link != frame.LinkEthernet || p.Number != uint64(3*round+i+1) {
				t.Fatalf("packet %d of %d bytes: %d are there, number %d", i, p.Length, len(p.Data), p.Number)
			}
			if age := time.Since(time.Unix(0, p.Time)); age < 0 || age > 2*cable.Patience {
				t.Errorf("packet of %v ago", age)
			}
		}
	}
	if i := s.Captures()[0]; i.Packets != 450 || i.XDP != 450 || i.Dropped+i.Unread != 0 || !i.Live || !strings.Contains(i.Driver, "AF_XDP, in the driver") || whole(i) != "" {
		t.Errorf("%+v", i)
	}
	if out := string(cable.IP(t, "-d", "link", "show", "dev", "near")); !strings.Contains(out, "xdp") || !strings.Contains(out, "promiscuity 1") {
		t.Errorf("it does not listen to all: %s", out)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := s.Read(&capture.Batch{}); err != io.EOF {
		t.Errorf("after Close: %v", err)
	}
	if out := string(cable.IP(t, "-d", "link", "show", "dev", "near")); strings.Contains(out, "xdp") || !strings.Contains(out, "promiscuity 0") {
		t.Errorf("the interface is not given back: %s", out)
	}
	if after := cable.Look(t, "near").Stats.TX; after != before {
		t.Errorf("the monitored interface sent %d packets", after.Packets-before.Packets)
	}
}

// TestXDPDrops says how much was dropped because nobody read: all that came
// is accounted for, and what the filter refused, too.
func TestXDPDrops(t *testing.T) {
	cableForXDP(t)
	cable.KeepTags(t, "near")
	s := byXDP(t, capture.Live{RingBytes: 1 << 18, BlockBytes: 1 << 14, Filter: parse(t, "ether[60] != 2")})
	send := cable.Sender(t, "far")
	before := cable.Look(t, "near").Stats.RX.Packets
	for n := range 1000 {
		send(cable.Broadcast(byte(1 + n%2)))
	}
	var i capture.Info
	cable.Until(t, "all that came is accounted for", func() bool {
		i = s.Captures()[0]
		return i.Dropped+i.Unread == cable.Look(t, "near").Stats.RX.Packets-before && i.Unread > 0
	})
	waiting := i.Unread
	if i.Dropped == 0 || whole(i) != "" {
		t.Errorf("%+v", i)
	}
	for _, p := range hear(t, s, int(waiting/2)) {
		if p.Data[60] != 1 {
			t.Errorf("not wanted: %x", p.Data)
		}
	}
	if i := s.Captures()[0]; i.Packets != waiting/2 || i.Filtered != waiting/2 || i.Unread != 0 || i.XDP != i.Packets || whole(i) != "" {
		t.Errorf("of %d: %+v", waiting, i)
	}
	send(cable.Broadcast(1)) // there is room again
	hear(t, s, 1)
}

// TestXDPRefuses takes no interface away from a machine that uses it, takes
// none whose tags would be lost, and says what to do; by choice it listens by
// the ring instead.
func TestXDPRefuses(t *testing.T) {
	cableForXDP(t)
	cable.IP(t, "address", "add", "192.0.2.7/24", "dev", "far")
	cable.IP(t, "link", "add", "port", "type", "veth", "peer", "name", "other")
	cable.IP(t, "link", "add", "hub0", "type", "bridge")
	cable.IP(t, "link", "set", "dev", "port", "master", "hub0")
	for name, want := range map[string]string{"near": "ethtool -K near rx-vlan-hw-parse off", "far": "ip address flush dev far", "lo": "af_packet", "port": "of its own", "none": "no such interface"} {
		s, err := capture.OpenLive([]string{name}, capture.Live{Driver: capture.DriverXDP, RingBytes: 1 << 20})
		if err == nil {
			s.Close()
		}
		var e *capture.Error
		if !errors.As(err, &e) || !strings.Contains(e.Remedy, want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	auto := byXDP(t, capture.Live{Driver: capture.DriverAuto, RingBytes: 1 << 20})
	if i := auto.Captures()[0]; i.Driver != "AF_PACKET" || len(i.Remarks) != 1 || !strings.Contains(i.Remarks[0], "VLAN tags") {
		t.Errorf("%+v", i)
	}
	auto.Close()
	cable.KeepTags(t, "near")
	if err := capture.XDP("near"); err != nil {
		t.Error(err)
	}
	if _, err := capture.OpenLive([]string{"near"}, capture.Live{Driver: capture.DriverXDP, Endpoint: true, RingBytes: 1 << 20}); err == nil {
		t.Error("an endpoint would hear nothing")
	}
	auto = byXDP(t, capture.Live{Driver: capture.DriverAuto, RingBytes: 1 << 20})
	if i := auto.Captures()[0]; !strings.Contains(i.Driver, "AF_XDP") || len(i.Remarks) != 0 {
		t.Errorf("%+v", i)
	}
	if _, err := capture.OpenLive([]string{"near"}, capture.Live{Driver: capture.DriverXDP, RingBytes: 1 << 20}); err == nil || !strings.Contains(err.Error(), "another program") {
		t.Errorf("a second time: %v", err)
	}
}

// readWhile reads once, while again and again a frame is sent from far: an
// interface needs its time to be up.
func readWhile(t *testing.T, s capture.Source, frame []byte) {
	t.Helper()
	send, heard, sent := cable.Sender(t, "far"), make(chan bool), make(chan bool)
	go func() {
		defer close(sent)
		for {
			select {
			case <-heard:
				return
			case <-time.After(10 * time.Millisecond):
				send(frame)
			}
		}
	}()
	err := s.Read(&capture.Batch{}) // by this thread, whose network it is
	close(heard)
	<-sent
	if err != nil {
		t.Error(err)
	}
}

// TestXDPBeside hears by the ring what the program lets pass, such as what the
// machine itself sends; and goes on by AF_XDP when the interface was down.
func TestXDPBeside(t *testing.T) {
	cableForXDP(t)
	cable.KeepTags(t, "near")
	s := byXDP(t, capture.Live{RingBytes: 1 << 20})
	cable.Sender(t, "near")(cable.Broadcast(7))
	if p := hear(t, s, 1)[0]; p.Data[60] != 7 || p.Number != 1 {
		t.Errorf("%+v", p)
	}
	if i := s.Captures()[0]; i.XDP != 0 || i.Packets != 1 || whole(i) != "" {
		t.Errorf("%+v", i)
	}
	for range 3 {
		cable.IP(t, "link", "set", "dev", "near", "down")
		cable.IP(t, "link", "set", "dev", "near", "up")
	}
	cable.Until(t, "near is up", func() bool { return cable.Look(t, "near").State == "UP" })
	readWhile(t, s, cable.Broadcast(2))
	if i := s.Captures()[0]; i.XDP == 0 || i.Absences != 0 || i.Err != nil || whole(i) != "" {
		t.Errorf("%+v", i)
	}
}

// TestXDPAway tells that an interface went away, loses no count, and hears it
// by the ring when it is back.
func TestXDPAway(t *testing.T) {
	cableForXDP(t)
	cable.KeepTags(t, "near")
	s := byXDP(t, capture.Live{RingBytes: 1 << 20})
	cable.Sender(t, "far")(cable.Broadcast(1))
	hear(t, s, 1)
	cable.IP(t, "link", "del", "dev", "near")
	if err := s.Read(&capture.Batch{}); err == nil || err == io.EOF {
		t.Fatal(err)
	}
	if i := s.Captures()[0]; i.Absences != 1 || i.Err == nil || i.Packets != 1 {
		t.Errorf("%+v", i)
	}
	cable.Plug(t, "near", "far")
	readWhile(t, s, cable.Broadcast(2))
	if i := s.Captures()[0]; i.Err != nil || i.XDP != 1 || !i.NoXDP || i.Driver != "AF_PACKET" || len(i.Remarks) != 1 {
		t.Errorf("%+v", i)
	}
}
