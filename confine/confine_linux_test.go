package confine

import (
	"errors"
	"fmt"
	"math/bits"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestProcess confines a process of its own, which then tries what it may and
// what it may not, from several threads.
func TestProcess(t *testing.T) {
	if dir := os.Getenv("CONFINED_IN"); dir != "" {
		confined(dir)
		return
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestProcess$", "-test.v=false")
	cmd.Env = append(os.Environ(), "CONFINED_IN="+t.TempDir())
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "all is as it should be") {
		t.Errorf("%v\n%s", err, out)
	}
}

func confined(dir string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check("listen", err == nil, err)
	defer listener.Close()
	outside := filepath.Join(filepath.Dir(dir), "outside")
	before, _ := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW, 0) // needs a right that a test may not have
	r := Process(Needs{Write: []string{dir}})
	fmt.Printf("%q\n", r.Done)
	for _, f := range r.Failed {
		fmt.Println(f.What, "could not be:", f.Err)
	}
	can := strings.Join(r.Done, "; ")
	done := make(chan bool)
	for range 4 { // threads that were there, and new ones
		go func() {
			defer func() { done <- true }()
			if strings.Contains(can, "Landlock") {
				err := os.WriteFile(outside, nil, 0o600)
				check("no file outside", errors.Is(err, unix.EACCES), err)
			}
			if strings.Contains(can, "seccomp") {
				err := exec.Command("/bin/true").Run()
				check("no program", errors.Is(err, unix.EPERM), err)
				for _, family := range []int{unix.AF_PACKET, unix.AF_XDP} {
					_, err = unix.Socket(family, unix.SOCK_RAW, 0)
					check("no packet socket", errors.Is(err, unix.EPERM), err)
				}
			}
			if strings.Contains(can, "capabilities") {
				n, err := held()
				check("no capability", err == nil && n == 0, err)
			}
		}()
	}
	for range 4 {
		<-done
	}
	err = os.WriteFile(filepath.Join(dir, "inside"), []byte("x"), 0o600)
	check("a file inside", err == nil, err)
	_, err = os.ReadFile("/etc/passwd")
	check("reading", err == nil, err)
	c, err := net.Dial("tcp", listener.Addr().String())
	check("a connection", err == nil, err)
	c.Close()
	if before > 0 {
		check("an open socket stays", unix.SetsockoptInt(before, unix.SOL_SOCKET, unix.SO_RCVBUF, 1<<16) == nil, nil)
	}
	fmt.Println("all is as it should be")
}

func check(what string, ok bool, err error) {
	if !ok {
		fmt.Println(what, "does not hold:", err)
		os.Exit(1)
	}
}

// held is how many capabilities this thread has.
func held() (int, error) {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		return 0, fmt.Errorf("capget: %w", err)
	}
	n := 0
	for _, d := range data {
		n += bits.OnesCount32(d.Permitted | d.Effective | d.Inheritable)
	}
	return n, nil
}
