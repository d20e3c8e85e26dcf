package lab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// ErrNotRoot is returned where namespaces would have to be made by another than root.
var ErrNotRoot = errors.New("lab: network namespaces need root; run it as root (sudo), or use lab generate, which does not")

// A Box is a lab that is up.
type Box struct {
	hosts []*Host
	pids  map[string]int            // of each host's first process, by host name
	words map[string]io.WriteCloser // where each is told to go on
	log   io.Writer
}

// The two hosts that are not devices: the switch, and where the sensor listens.
const (
	wireHost = "wire"
	spanHost = "span"
	// SpanNamespace and SpanInterface are where all frames of the office's
	// bridge are seen, once each.
	SpanNamespace = "tyto-" + spanHost
	SpanInterface = "span0"
)

// Up starts hosts and connects them, and tells log what it does. listen, if
// not nil, is called when the mirror port is there and before any host is let
// go, so that nothing is missed. On error, or when ctx ends while it is at
// work, nothing is left.
func Up(ctx context.Context, hosts []*Host, log io.Writer, listen func(*Box) error) (*Box, error) {
	if os.Geteuid() != 0 {
		return nil, ErrNotRoot
	}
	if programs, debian := Missing(); len(programs) > 0 {
		return nil, fmt.Errorf("lab: programs are missing: %s; remedy: apt-get install --no-install-recommends %s", strings.Join(programs, " "), strings.Join(debian, " "))
	}
	held, err := lock()
	if err != nil {
		return nil, err
	}
	defer held.Close()
	if old, err := traces(); err != nil {
		return nil, err
	} else if anyAlive(old) {
		return nil, errors.New("lab: it is up already; lab down removes it")
	}
	if err := Down(); err != nil {
		return nil, err
	}
	b := &Box{hosts: hosts, pids: map[string]int{}, words: map[string]io.WriteCloser{}, log: log}
	if err := b.build(ctx, listen); err != nil {
		return nil, errors.Join(err, Down())
	}
	return b, nil
}

func anyAlive(all []trace) bool {
	for _, t := range all {
		if t.alive() {
			return true
		}
	}
	return false
}

func (b *Box) build(ctx context.Context, listen func(*Box) error) error {
	begun := time.Now()
	if err := copySelf(); err != nil {
		return err
	}
	if err := giveKeys(b.hosts); err != nil {
		return err
	}
	silent := []string{"net.ipv6.conf.default.disable_ipv6=1", "net.ipv6.conf.all.disable_ipv6=1"}
	for _, h := range append([]*Host{{Name: wireHost, Tune: silent}, {Name: spanHost, Tune: silent}}, b.hosts...) {
		if err := errors.Join(ctx.Err(), b.start(h)); err != nil {
			return err
		}
	}
	if err := b.connect(ctx); err != nil {
		return err
	}
	if listen != nil {
		if err := listen(b); err != nil {
			return err
		}
	}
	for _, word := range b.words {
		io.WriteString(word, "go\n")
		word.Close()
	}
	fmt.Fprintf(b.log, "lab: %d hosts are up after %.1f s; the sensor listens with: ip netns exec %s tyto run -i %s\n", len(b.hosts), time.Since(begun).Seconds(), SpanNamespace, SpanInterface)
	return ctx.Err()
}

// copySelf keeps this program where hosts find it even when it was started
// by go run, which removes what it built.
func copySelf() error {
	in, err := os.Open("/proc/self/exe")
	if err != nil {
		return fmt.Errorf("lab: %w", err)
	}
	defer in.Close()
	out, err := os.OpenFile(executable, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o755)
	if err != nil {
		return fmt.Errorf("lab: %w", err)
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// giveKeys makes one SSH key for the lab: every host may log in to every server with it.
func giveKeys(hosts []*Host) error {
	at := filepath.Join(stateDir, "hosts", "key")
	if err := os.MkdirAll(filepath.Dir(at), 0o700); err != nil {
		return fmt.Errorf("lab: %w", err)
	}
	if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "lab", "-f", at).CombinedOutput(); err != nil {
		return fmt.Errorf("lab: ssh-keygen: %s: %w", out, err)
	}
	private, err := os.ReadFile(at)
	if err != nil {
		return fmt.Errorf("lab: %w", err)
	}
	public, err := os.ReadFile(at + ".pub")
	if err != nil {
		return fmt.Errorf("lab: %w", err)
	}
	for _, h := range hosts {
		h.file("/root/.ssh/id_ed25519", string(private))
		h.file("/etc/ssh/lab_keys", string(public))
		h.file("/root/.ssh/config", "StrictHostKeyChecking no\nUserKnownHostsFile /dev/null\nBatchMode yes\nConnectTimeout 5\n")
	}
	return nil
}

// start begins the host's first process, in namespaces of its own, and records it.
func (b *Box) start(h *Host) error {
	dir := filepath.Join(stateDir, "hosts", h.Name)
	if err := os.MkdirAll(filepath.Join(dir, "log"), 0o755); err != nil {
		return fmt.Errorf("lab: %w", err)
	}
	text, err := json.Marshal(h)
	if err != nil {
		return fmt.Errorf("lab: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "host.json"), text, 0o600); err != nil {
		return fmt.Errorf("lab: %w", err)
	}
	log, err := os.Create(filepath.Join(dir, "log", "inside.log"))
	if err != nil {
		return fmt.Errorf("lab: %w", err)
	}
	defer log.Close()
	cmd := exec.Command(executable, "inside", dir)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWUTS | syscall.CLONE_NEWIPC}
	if b.words[h.Name], err = cmd.StdinPipe(); err != nil {
		return fmt.Errorf("lab: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("lab: %s: %w", h.Name, err)
	}
	go cmd.Wait()
	b.pids[h.Name] = cmd.Process.Pid
	if err := record(trace{Process: cmd.Process.Pid, Host: h.Name, Namespace: h.Namespace()}); err != nil {
		cmd.Process.Kill()
		return err
	}
	if out, err := exec.Command("ip", "netns", "attach", h.Namespace(), fmt.Sprint(cmd.Process.Pid)).CombinedOutput(); err != nil {
		return fmt.Errorf("lab: namespace of %s: %s: %w", h.Name, out, err)
	}
	return nil
}

// up reports whether this very lab still is.
func (b *Box) up() bool {
	all, err := traces()
	if err != nil {
		return false
	}
	for _, t := range all {
		if t.Host == wireHost {
			return t.Process == b.pids[wireHost] && t.alive()
		}
	}
	return false
}

// Listen runs tcpdump at the mirror port, into a file, until the function
// that it returns is called.
func (b *Box) Listen(file string) (stop func() error, err error) {
	cmd := exec.Command("nsenter", "-t", fmt.Sprint(b.pids[spanHost]), "-n", "tcpdump", "-i", SpanInterface, "-w", file, "-s", "0", "-U", "-Z", "root", "--time-stamp-precision=nano")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	said, err := cmd.StderrPipe()
	if err != nil {
		return nil, fmt.Errorf("lab: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("lab: tcpdump: %w", err)
	}
	if err := record(trace{Process: cmd.Process.Pid, Host: "tcpdump"}); err != nil {
		cmd.Process.Kill()
		return nil, err
	}
	// Its first line says that it listens.
	if _, err := said.Read(make([]byte, 256)); err != nil {
		return nil, fmt.Errorf("lab: tcpdump: %w", errors.Join(err, cmd.Wait()))
	}
	go io.Copy(io.Discard, said)
	return func() error {
		cmd.Process.Signal(os.Interrupt)
		return cmd.Wait()
	}, nil
}

// Enter runs a command on a host that is up, with this process's input and output.
func Enter(name string, command []string) error {
	all, err := traces()
	if err != nil {
		return err
	}
	for _, t := range all {
		if t.Host == name && t.alive() {
			if len(command) == 0 {
				command = []string{"/bin/sh"}
			}
			cmd := exec.Command("nsenter", append([]string{"-t", fmt.Sprint(t.Process), "-m", "-u", "-i", "-n", "-p", "--"}, command...)...)
			cmd.Env = append(os.Environ(), "LAB="+executable)
			cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
			return cmd.Run()
		}
	}
	return fmt.Errorf("lab: no host %s is up; lab list names them", name)
}
