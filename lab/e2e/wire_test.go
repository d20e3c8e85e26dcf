package e2e

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"tyto/capture"
	"tyto/frame"
	"tyto/lab/cable"
)

// cabled says that this process is in a network of its own.
var cabled = os.Getenv("TYTO_E2E_NETWORK") != ""

// inItsOwnNetwork runs this program once more, in a network that holds nothing
// but itself: cables can be laid there, and nothing gets out. Who may not make
// one has the sensors play files.
func inItsOwnNetwork() (code int, done bool) {
	if os.Getenv("TYTO_E2E") == "" || cabled || os.Geteuid() != 0 {
		return 0, false
	}
	alone := &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	probe := exec.Command("ip", "link", "add", "near", "type", "veth", "peer", "name", "far")
	probe.SysProcAttr = alone
	if probe.Run() != nil {
		return 0, false
	}
	runtime.LockOSThread() // the child goes with the thread that started it
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Env = append(os.Environ(), "TYTO_E2E_NETWORK=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = alone
	if err := cmd.Start(); err != nil {
		return 0, false
	}
	_ = cmd.Wait() // its status says it
	return max(cmd.ProcessState.ExitCode(), -1) & 0xff, true
}

// quiet has the network's kernel say nothing of its own, to routers that it hears.
func quiet(t *testing.T) {
	t.Helper()
	cable.IP(t, "link", "set", "dev", "lo", "up")
	for _, which := range []string{"all", "default"} {
		if err := os.WriteFile("/proc/sys/net/ipv6/conf/"+which+"/disable_ipv6", []byte("1"), 0); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
	}
}

// listen lays a cable, has a sensor listen at one end of it, and replays
// captures into the other.
func listen(t *testing.T, zone, data string, speed float64, captures []string) *daemon {
	t.Helper()
	mirror, far := zone+"-mirror", zone+"-net"
	cable.Plug(t, mirror, far)
	config := data + ".yaml"
	if err := os.WriteFile(config, []byte("sensor: {window: 1s}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := newDaemon(t, "sensor-"+zone, "--config", config, "sensor", "--data", data, "-i", mirror)
	eventually(t, s.name+" listens", func() bool { return cable.Look(t, mirror).Promiscuity > 0 })
	source, err := capture.OpenFiles(captures, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	send, played := cable.Sender(t, far), make(chan error, 1)
	go func() { played <- replay(capture.Paced(source, speed, nil), send) }()
	t.Cleanup(func() {
		if err := errors.Join(source.Close(), <-played); err != nil {
			t.Errorf("replay %v: %v", captures, err)
		}
	})
	return s
}

// replay sends all packets of a source.
func replay(source capture.Source, send func([]byte)) error {
	var b capture.Batch
	for n := 0; ; {
		err := source.Read(&b)
		for i := range b.Packets {
			n++
			send(b.Packets[i].Data)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("after %d packets: %w", n, err)
		}
	}
}

// silence is a capture without packets.
func silence(t *testing.T, folder string) string {
	t.Helper()
	f, err := os.Create(filepath.Join(folder, "silence.pcap"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = capture.NewWriter(f, frame.LinkEthernet)
	if err = errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	return f.Name()
}
