package lab

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tyto/capture"
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

// machine is what the lab must leave as it was: a line each of files, links,
// addresses and mounts.
func machine(t *testing.T) (lines []string) {
	t.Helper()
	for _, command := range []string{"cat /etc/resolv.conf /etc/hosts", "ls /etc /var/lib /root", "hostname", "ip -br link | cut -d' ' -f1", "ip -br addr | tr -s ' ' | cut -d' ' -f1,3-", "ip netns list", "cat /proc/self/mounts"} {
		out, err := exec.Command("sh", "-c", command).CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v: %s", command, err, out)
		}
		for _, line := range strings.Split(string(out), "\n") {
			lines = append(lines, command+": "+line)
		}
	}
	return lines
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

// checkGone waits until nothing of the lab is left. Others may be at work on
// the machine meanwhile: what they add goes away, and so may what they had.
func checkGone(t *testing.T, before []string) {
	t.Helper()
	var processes, more, less []string
	gone := func() bool {
		after := machine(t)
		processes = leftovers(t)
		more, less = without(after, before), slices.DeleteFunc(without(before, after), func(s string) bool { return strings.HasPrefix(s, "ip ") || strings.HasPrefix(s, "cat /proc") })
		_, err := os.Stat(stateFile)
		return len(processes)+len(more)+len(less) == 0 && os.IsNotExist(err)
	}
	for limit := time.Now().Add(time.Minute); !gone(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatalf("left are processes %q, and on the machine %q; missing is %q; %s is to be gone", processes, more, less, stateFile)
		}
	}
}

func without(all, these []string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(s string) bool { return slices.Contains(these, s) })
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
	for limit := time.Now().Add(2 * time.Minute); ; time.Sleep(200 * time.Millisecond) { // real programs take real time
		untagged, tagged := mirrored(t, file)
		if untagged && tagged {
			break
		}
		if time.Now().After(limit) {
			t.Fatalf("the mirror port showed untagged frames: %t, tagged frames: %t", untagged, tagged)
		}
	}
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
}

// mirrored reports what a capture, that is being written, has so far.
func mirrored(t *testing.T, file string) (untagged, tagged bool) {
	t.Helper()
	source, err := capture.OpenFiles([]string{file}, capture.Options{})
	if err != nil {
		return false, false // not even its header
	}
	defer source.Close()
	var b capture.Batch
	for err == nil { // it ends at the end, or in the middle of a packet
		err = source.Read(&b)
		for i := range b.Packets {
			p := &b.Packets[i]
			untagged = untagged || p.Data[12] == 0x08
			tagged = tagged || p.HasVLAN || p.Data[12] == 0x81 && p.Data[15] == cameraVLAN
		}
	}
	return untagged, tagged
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
