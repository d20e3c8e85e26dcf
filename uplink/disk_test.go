package uplink

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"tyto/tyto"
)

// TestDiskFull fills a disk of its own around the spool: class A goes on by
// what is kept for that, what goes is counted, and when there is room again
// the spool goes on without being started again.
func TestDiskFull(t *testing.T) {
	if folder := os.Getenv("TYTO_DISK"); folder != "" {
		onFullDisk(t, folder)
		return
	}
	t.Parallel()
	self := exec.Command(os.Args[0], "-test.run", "^TestDiskFull$", "-test.v")
	self.Env = append(os.Environ(), "TYTO_DISK="+t.TempDir())
	self.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}, GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}}
	out, err := self.CombinedOutput()
	switch {
	case strings.Contains(string(out), "no disk of its own"), err != nil && len(out) == 0:
		t.Skipf("this machine does not let a test have a disk of its own: %v %s", err, out)
	case err != nil:
		t.Errorf("%v\n%s", err, out)
	default:
		t.Logf("%s", out)
	}
}

const diskSize = 24 << 20

func onFullDisk(t *testing.T, folder string) {
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, "size="+strconv.Itoa(diskSize)); err != nil {
		t.Skipf("no disk of its own: %v", err)
	}
	defer syscall.Unmount(folder, syscall.MNT_DETACH) //nolint:errcheck // it goes with the process
	c := testConfig(filepath.Join(folder, "uplink"))
	c.Cap, c.Reserve = 1<<30, 1<<20 // the disk is smaller than what the spool may take
	s := open(t, c)
	defer s.Close()
	n, failed := 0, 0
	write := func() error {
		for range 50 {
			if err := s.Put(t.Context(), []tyto.Event{talk(n)}); err != nil {
				t.Fatal(err)
			}
			n++
		}
		return s.Flush(t.Context())
	}
	for s.Backlog().Bytes < 4<<20 {
		if err := write(); err != nil {
			t.Fatal(err)
		}
	}
	filler := filepath.Join(folder, "filler")
	f, err := os.Create(filler)
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := f.Write(make([]byte, 1<<16)); err != nil {
			break
		}
	}
	f.Close()
	facts := 0
	for i := range 400 { // the other one keeps all that it can get
		if err := write(); err != nil {
			failed++
		}
		if err := s.Put(t.Context(), []tyto.Event{fact(i)}); err != nil {
			t.Fatal(err)
		}
		facts++
	}
	t.Logf("%d commits failed on the full disk, the ballast is gone: %v", failed, gone(filepath.Join(c.Folder, ballastFile)))
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	if err := s.Flush(t.Context()); err != nil {
		t.Fatalf("with room again: %v", err)
	}
	s.Tell()
	put(t, s)
	_, events := drain(t, s)
	talks, kept := 0, 0
	for i := range events {
		switch {
		case events[i].Conversation != nil:
			talks++
		case events[i].Observation != nil:
			kept++
		}
	}
	lost := 0
	for _, g := range gapsOf(events) {
		if g.Class != "B" || g.Reason != tyto.GapDisk {
			t.Errorf("gap %+v", g)
		}
		lost += int(g.Events)
	}
	if kept != facts || lost == 0 || talks+lost != n {
		t.Errorf("of class A %d of %d arrived; of B %d were put, %d arrived, %d are counted lost", kept, facts, n, talks, lost)
	}
}

func gone(path string) bool {
	_, err := os.Stat(path)
	return err != nil
}
