package capture_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"tyto/capture"
	"tyto/frame"

	"golang.org/x/sys/unix"
)

// inNamespace puts the test's thread into a network of its own, where near
// and far are the ends of one cable that the kernel itself does not use. The
// thread ends with the test, and the network with the thread.
func inNamespace(t testing.TB) {
	t.Helper()
	runtime.LockOSThread()
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		t.Skipf("needs the right to make network namespaces: %v", err)
	}
	for _, line := range []string{
		"link add near type veth peer name far",
		"link set dev near addrgenmode none",
		"link set dev far addrgenmode none",
		"link set dev near up",
		"link set dev far up",
		"link set dev lo up",
	} {
		ip(t, strings.Fields(line)...)
	}
	alive(t, "near", "far")
}

// patience is how long a test waits for what a loaded machine is slow to do.
const patience = 2 * time.Minute

// until waits until something is so.
func until(t testing.TB, what string, so func() bool) {
	t.Helper()
	for limit := time.Now().Add(patience); !so(); time.Sleep(time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatalf("%s: not so within %v", what, patience)
		}
	}
}

// alive waits until interfaces carry packets: the kernel brings them up in
// its own time, and drops without a word what is sent before.
func alive(t testing.TB, names ...string) {
	t.Helper()
	for _, name := range names {
		until(t, name+" is up", func() bool { l := linkOf(t, name); return l.State == "UP" && l.Qdisc != "noop" })
	}
}

func ip(t testing.TB, args ...string) []byte {
	t.Helper()
	out, err := exec.Command("ip", args...).CombinedOutput()
	if err != nil {
		t.Skipf("ip %v: %v: %s", args, err, out)
	}
	return out
}

// A link is what the kernel says of an interface.
type link struct {
	State string `json:"operstate"`
	Qdisc string `json:"qdisc"`
	Stats struct {
		RX, TX struct{ Packets uint64 }
	} `json:"stats64"`
}

func linkOf(t testing.TB, name string) link {
	t.Helper()
	var links []link
	if err := json.Unmarshal(ip(t, "-j", "-s", "link", "show", "dev", name), &links); err != nil || len(links) != 1 {
		t.Fatal(name, err)
	}
	return links[0]
}

// sender makes a function that sends frames out of an interface.
func sender(t testing.TB, name string) func(b []byte) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	var index int
	for _, line := range strings.Split(string(ip(t, "-o", "link")), "\n") {
		if f := strings.Fields(line); len(f) > 1 && strings.HasPrefix(f[1], name+"@") || len(f) > 1 && f[1] == name+":" {
			for _, c := range strings.TrimSuffix(f[0], ":") {
				index = index*10 + int(c-'0')
			}
		}
	}
	to := &unix.SockaddrLinklayer{Ifindex: index}
	return func(b []byte) {
		if err := unix.Sendto(fd, b, 0, to); err != nil {
			t.Fatal(err)
		}
	}
}

// broadcast is a frame of a private EtherType, told apart by its last byte.
func broadcast(n byte) []byte {
	b := append(bytes.Repeat([]byte{0xff}, 6), 2, 0, 0, 0, 0, 1, 0x88, 0xb5)
	return append(b, bytes.Repeat([]byte{n}, 50)...)
}

// TestLive hears what another host sends, tagged or not, knows when and how
// long it was, and sends nothing itself.
func TestLive(t *testing.T) {
	inNamespace(t)
	before := linkOf(t, "near").Stats.TX
	s, err := capture.OpenLive([]string{"near"}, capture.Live{RingBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	send := sender(t, "far")
	for n := range byte(3) {
		send(broadcast(n))
	}
	tagged := broadcast(3)
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
		if time.Since(begin) > patience {
			t.Fatalf("%d packets within %v", len(got), patience)
		}
	}
	for i, p := range got[:3] {
		if !bytes.Equal(p.Data, broadcast(byte(i))) || p.Length != 64 || p.Number != uint64(i+1) || p.Link != frame.LinkEthernet || p.HasVLAN {
			t.Errorf("%+v", p)
		}
		if age := time.Since(time.Unix(0, p.Time)); age < 0 || age > 2*patience {
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
	if after := linkOf(t, "near").Stats.TX; after != before {
		t.Errorf("the monitored interface sent %d packets", after.Packets-before.Packets)
	}
}

// TestLiveClose wakes a Read that waits.
func TestLiveClose(t *testing.T) {
	inNamespace(t)
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
	inNamespace(t)
	s, err := capture.OpenLive([]string{"near"}, capture.Live{RingBytes: 1 << 16, BlockBytes: 1 << 14})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	send := sender(t, "far")
	before := linkOf(t, "near").Stats.RX.Packets
	offer := func(n int) uint64 { // sends, and is how many of all reached the interface: a busy machine drops some before
		for range n {
			send(broadcast(1))
		}
		var came uint64
		until(t, "the ring has seen what came", func() bool {
			came = linkOf(t, "near").Stats.RX.Packets - before
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
	inNamespace(t)
	s, err := capture.OpenLive([]string{"lo"}, capture.Live{RingBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	send := sender(t, "lo")
	send(broadcast(1))
	send(broadcast(2))
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
	inNamespace(t)
	plug := func() {
		ip(t, "link", "add", "brief", "type", "veth", "peer", "name", "brief2")
		for _, name := range []string{"brief", "brief2"} {
			ip(t, "link", "set", "dev", name, "addrgenmode", "none")
			ip(t, "link", "set", "dev", name, "up")
		}
		alive(t, "brief", "brief2")
	}
	plug()
	s, err := capture.OpenLive([]string{"brief", "near"}, capture.Live{RingBytes: 1 << 20, Milliseconds: 10})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	far := sender(t, "far")
	for round := range uint64(3) {
		ip(t, "link", "del", "dev", "brief")
		far(broadcast(1))
		packets, errs := readUntil(t, s, func(packets, errs int) bool { return packets > 0 && errs > 0 })
		if i := s.Captures(); packets == 0 || errs != 1 || i[0].Err == nil || i[1].Err != nil || i[0].Absences != round+1 {
			t.Fatalf("round %d: %d packets, %d errors, %+v", round, packets, errs, i)
		}
		plug()
		send, heard := sender(t, "brief2"), s.Captures()[0].Packets
		readUntil(t, s, func(int, int) bool { // the other keeps Read busy while it is looked for
			send(broadcast(2))
			far(broadcast(3))
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
	for limit := time.Now().Add(patience); !done(packets, errs); {
		if time.Now().After(limit) {
			t.Fatalf("%d packets and %d errors within %v: %+v", packets, errs, patience, s.Captures())
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
