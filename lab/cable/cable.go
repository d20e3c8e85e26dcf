// Package cable gives a test a network of its own with a cable in it: near,
// where a sensor listens, and far, from where packets are sent. The kernel
// itself says nothing on either end.
package cable

import (
	"bytes"
	"encoding/json"
	"net"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Patience is how long a test waits for what a loaded machine is slow to do.
const Patience = 2 * time.Minute

// New puts the test's thread, and the programs that it starts, into a network
// of their own where both ends are up. The thread ends with the test, and the
// network with it. Without the right to make namespaces the test fails.
func New(t testing.TB) {
	t.Helper()
	runtime.LockOSThread()
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		t.Fatalf("cannot make a network namespace: %v; run the tests as root", err)
	}
	IP(t, "link", "set", "dev", "lo", "up")
	Plug(t, "near", "far")
}

// Plug makes a cable with two ends.
func Plug(t testing.TB, a, b string) {
	t.Helper()
	IP(t, "link", "add", a, "type", "veth", "peer", "name", b)
	for _, name := range []string{a, b} {
		IP(t, "link", "set", "dev", name, "addrgenmode", "none")
		IP(t, "link", "set", "dev", name, "up")
	}
	for _, name := range []string{a, b} { // the kernel brings it up in its own time, and drops what is sent before
		Until(t, name+" is up", func() bool { l := Look(t, name); return l.State == "UP" && l.Qdisc != "noop" })
	}
}

// IP runs the program ip in the test's network.
func IP(t testing.TB, args ...string) []byte {
	t.Helper()
	out, err := exec.Command("ip", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("ip %v: %v: %s; run .ci/install", args, err, out)
	}
	return out
}

// Until waits until something is so.
func Until(t testing.TB, what string, so func() bool) {
	t.Helper()
	for limit := time.Now().Add(Patience); !so(); time.Sleep(time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatalf("%s: not so within %v", what, Patience)
		}
	}
}

// A Link is what the kernel says of an interface.
type Link struct {
	State       string `json:"operstate"`
	Qdisc       string `json:"qdisc"`
	Promiscuity int    `json:"promiscuity"`
	Stats       struct {
		RX, TX struct{ Packets uint64 }
	} `json:"stats64"`
}

// Look asks the kernel about an interface.
func Look(t testing.TB, name string) Link {
	t.Helper()
	var links []Link
	if err := json.Unmarshal(IP(t, "-d", "-j", "-s", "link", "show", "dev", name), &links); err != nil || len(links) != 1 {
		t.Fatal(name, err)
	}
	return links[0]
}

// Sender makes a function that sends frames out of an interface.
func Sender(t testing.TB, name string) func(frame []byte) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	face, err := net.InterfaceByName(name)
	if err != nil {
		t.Fatal(err)
	}
	to := &unix.SockaddrLinklayer{Ifindex: face.Index}
	return func(frame []byte) {
		if err := unix.Sendto(fd, frame, 0, to); err != nil {
			t.Fatal(err)
		}
	}
}

// Broadcast is a frame of a private EtherType, told apart by its last byte.
func Broadcast(n byte) []byte {
	b := append(bytes.Repeat([]byte{0xff}, 6), 2, 0, 0, 0, 0, 1, 0x88, 0xb5)
	return append(b, bytes.Repeat([]byte{n}, 50)...)
}

// Start starts a program in the test's network, and kills it if it still runs
// at the end of the test. What it writes to standard error goes to err.
func Start(t testing.TB, err *Lines, program string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Stderr, cmd.Stdout = err, err
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if cmd.ProcessState == nil {
			cmd.Process.Kill()
			cmd.Wait()
		}
		if t.Failed() {
			t.Logf("%s said:\n%s", strings.Join(cmd.Args, " "), err)
		}
	})
	return cmd
}
