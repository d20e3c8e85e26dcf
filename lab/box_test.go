package lab

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tyto/frame"
)

// TestMain lets the test binary be what the lab calls itself as.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 {
		var err error
		switch os.Args[1] {
		case "inside":
			err = Inside(os.Args[2])
		case "tag":
			err = Tag(os.Args[2:])
		case "play":
			err = Play(context.Background(), os.Args[2:])
		default:
			os.Exit(m.Run())
		}
		if err != nil {
			os.Stderr.WriteString(err.Error() + "\n")
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// small is four hosts: internet, the gateway, a workstation and a camera in the VLAN.
func small() []*Host {
	hosts := append(infrastructure()[:2], pc("pc-acct-01", "d4:be:d9:41:20:01", 0), things()[0])
	for _, h := range hosts {
		h.Plug /= 10
	}
	return hosts
}

func needLab(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("network namespaces need root")
	}
	if programs, debian := Missing(); len(programs) > 0 {
		t.Skipf("missing: %s; apt-get install --no-install-recommends %s", strings.Join(programs, " "), strings.Join(debian, " "))
	}
	if all, err := traces(); err != nil || anyAlive(all) {
		t.Skip("a lab is up on this machine")
	}
}

// machine is what the lab must leave as it was.
func machine(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	for _, command := range []string{"ip -o link", "ip -o addr", "ip netns list", "cat /etc/resolv.conf /etc/hosts", "ls /etc /var/lib /root", "hostname"} {
		out, _ := exec.Command("sh", "-c", command).CombinedOutput()
		b.Write(out)
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(string(mounts), "\n") {
		if strings.Contains(line, "tyto") {
			b.WriteString(line + "\n")
		}
	}
	return b.String()
}

// leftovers are processes of the lab.
func leftovers(t *testing.T) (found []string) {
	t.Helper()
	all, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range all {
		if text, _ := os.ReadFile(at); strings.Contains(string(text), stateDir) {
			found = append(found, strings.ReplaceAll(string(text), "\x00", " "))
		}
	}
	return found
}

func checkGone(t *testing.T, before string) {
	t.Helper()
	if got := leftovers(t); len(got) > 0 {
		t.Errorf("processes are left: %q", got)
	}
	if after := machine(t); after != before {
		t.Errorf("the machine is not as it was:\n%s\nbefore:\n%s", after, before)
	}
	if _, err := os.Stat(stateFile); !os.IsNotExist(err) {
		t.Errorf("%s is left", stateFile)
	}
}

func TestUpAndDownLeaveNothing(t *testing.T) {
	needLab(t)
	os.MkdirAll(stateDir, 0o700)
	before := machine(t)
	file := filepath.Join(t.TempDir(), "lab.pcap")
	var stop func() error
	if _, err := Up(t.Context(), small(), io.Discard, func(b *Box) (err error) {
		stop, err = b.Listen(file)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	defer Down()
	if _, err := Up(t.Context(), small(), io.Discard, nil); err == nil {
		t.Error("a second lab was made beside the first")
	}
	time.Sleep(7 * time.Second) // real programs take real time
	if err := stop(); err != nil {
		t.Error(err)
	}
	if err := Down(); err != nil {
		t.Fatal(err)
	}
	checkGone(t, before)
	if err := Down(); err != nil {
		t.Errorf("the second time: %v", err)
	}
	untagged, tagged := false, false
	packets(t, file, func(p *frame.Packet) {
		untagged = untagged || p.Data[12] == 0x08
		tagged = tagged || p.HasVLAN || p.Data[12] == 0x81 && p.Data[15] == cameraVLAN
	})
	if !untagged || !tagged {
		t.Errorf("the mirror port showed untagged frames: %t, tagged frames: %t", untagged, tagged)
	}
}

func TestInterruptedUpLeavesNothing(t *testing.T) {
	needLab(t)
	os.MkdirAll(stateDir, 0o700)
	before := machine(t)
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := Up(ctx, small(), io.Discard, func(*Box) error { cancel(); return nil }); err == nil {
		t.Error("no error")
	}
	checkGone(t, before)
}

// TestDownSparesOthers gives Down a pid that was used again.
func TestDownSparesOthers(t *testing.T) {
	start, ok := startTime(os.Getpid())
	if !ok {
		t.Skip("no /proc")
	}
	if !(trace{Process: os.Getpid(), Start: start}).alive() {
		t.Error("we are not alive")
	}
	if (trace{Process: os.Getpid(), Start: start - 1}).alive() {
		t.Error("a process of another start time was taken for the recorded one")
	}
}

func TestPlayersStayInside(t *testing.T) {
	if _, err := os.Stat(specInside); err == nil {
		t.Skip("this is a host of the lab")
	}
	if err := Play(t.Context(), []string{"scan", "127.0.0.0/24", "1"}); err != ErrOutside {
		t.Errorf("got %v, want %v", err, ErrOutside)
	}
}

func TestTags(t *testing.T) {
	buf := append([]byte{0, 0, 0, 0}, "ddddddssssss\x08\x00payload"...)
	tagged := pushTag(append([]byte(nil), buf...), 20)
	if got, want := string(tagged), "ddddddssssss\x81\x00\x00\x14\x08\x00payload"; got != want {
		t.Fatalf("got %q, want %q", got, want)
	}
	if got := popTag(append(make([]byte, 4), tagged...), 20); string(got) != string(buf[4:]) {
		t.Errorf("got %q, want %q", got, buf[4:])
	}
	if got := popTag(append(make([]byte, 4), tagged...), 21); got != nil {
		t.Errorf("another VLAN's frame got through: %q", got)
	}
}

func TestHostsAreDistinct(t *testing.T) {
	macs, names := map[string]string{}, map[string]bool{}
	hosts := OfficeHosts()
	if len(hosts) < 25 {
		t.Errorf("got %d hosts", len(hosts))
	}
	for _, h := range hosts {
		if names[h.Name] {
			t.Errorf("two hosts %s", h.Name)
		}
		names[h.Name] = true
		for _, p := range h.Ports {
			if macs[p.MAC] != "" {
				t.Errorf("%s and %s share %s", h.Name, macs[p.MAC], p.MAC)
			}
			macs[p.MAC] = h.Name
		}
	}
}
