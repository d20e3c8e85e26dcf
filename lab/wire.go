package lab

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// connect makes the bridges and the mirror port in the switch's namespace,
// and a cable from each port of each host to its bridge. Each port of the
// office's bridge is mirrored on its way in, so that every frame that a host
// sends is seen once.
func (b *Box) connect(ctx context.Context) error {
	wire, span := b.pids[wireHost], b.pids[spanHost]
	var links, inWire, mirrors, inSpan strings.Builder
	fmt.Fprintf(&links, "link add name span netns %d type veth peer name %s netns %d\n", wire, SpanInterface, span)
	for _, s := range []Segment{Office, Hall, Internet} {
		fmt.Fprintf(&inWire, "link add name %s type bridge stp_state 0 mcast_snooping 0\nlink set %s up\n", s, s)
	}
	inWire.WriteString("link set span up mtu 1504\n")
	fmt.Fprintf(&inSpan, "link set %s up mtu 1504\n", SpanInterface)
	var tags tagger
	n := 0
	for _, h := range b.hosts {
		for _, p := range h.Ports {
			n++
			port := fmt.Sprintf("p%d", n)
			if p.VLAN == 0 {
				fmt.Fprintf(&links, "link add name %s netns %d type veth peer name %s address %s netns %d\n", port, wire, p.Name, p.MAC, b.pids[h.Name])
			} else if err := tags.cable(wire, port, b.pids[h.Name], p); err != nil {
				return err
			}
			fmt.Fprintf(&inWire, "link set %s master %s up\n", port, p.Segment)
			if p.Segment == Office {
				fmt.Fprintf(&mirrors, "qdisc add dev %s clsact\nfilter add dev %s ingress protocol all u32 match u32 0 0 action mirred egress mirror dev span\n", port, port)
			}
		}
	}
	if err := tags.start(); err != nil {
		return err
	}
	for _, step := range []struct {
		pid           int
		program, text string
	}{{os.Getpid(), "ip", links.String()}, {wire, "ip", inWire.String()}, {wire, "tc", mirrors.String()}, {span, "ip", inSpan.String()}} {
		if err := batch(ctx, step.pid, step.program, step.text); err != nil {
			return err
		}
	}
	return nil
}

// batch gives ip or tc a list of commands, in the network namespace of a process.
func batch(ctx context.Context, pid int, program, text string) error {
	cmd := exec.CommandContext(ctx, "nsenter", "-t", fmt.Sprint(pid), "-n", program, "-batch", "-")
	cmd.Stdin = strings.NewReader(text)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("lab: %s: %s: %w (the kernel needs veth, bridge, clsact, u32 and mirred)", program, out, err)
	}
	return nil
}

// A tagger is the access ports of VLANs. The kernel's own VLAN devices are
// an option that not every kernel has, so these are pairs of TAP devices
// between which a small process puts tags on and takes them off.
type tagger struct {
	files []*os.File // switch side and host side, alternating
	vlans []string
}

// cable makes the two ends: one in the switch, which sees tags, and the host's.
func (t *tagger) cable(wire int, port string, host int, p Port) error {
	outer, err := openTap(wire, port, "")
	if err != nil {
		return err
	}
	t.files, t.vlans = append(t.files, outer), append(t.vlans, fmt.Sprint(p.VLAN))
	inner, err := openTap(host, p.Name, p.MAC)
	if err != nil {
		return err
	}
	t.files = append(t.files, inner)
	return nil
}

// start hands the devices to a process of their own, so that they outlive this one.
func (t *tagger) start() error {
	defer func() {
		for _, f := range t.files {
			f.Close()
		}
	}()
	if len(t.files) == 0 {
		return nil
	}
	cmd := exec.Command(executable, append([]string{"tag"}, t.vlans...)...)
	cmd.ExtraFiles = t.files
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("lab: tagger: %w", err)
	}
	go cmd.Wait()
	if err := record(trace{Process: cmd.Process.Pid, Host: "tagger"}); err != nil {
		cmd.Process.Kill()
		return err
	}
	return nil
}

// openTap makes a TAP device in the network namespace of a process.
func openTap(pid int, name, mac string) (f *os.File, err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // and never unlocked: the thread ends with this function
		f, err = openTapHere(pid, name)
	}()
	<-done
	if err != nil {
		return nil, fmt.Errorf("lab: tap %s (needs /dev/net/tun): %w", name, err)
	}
	if mac != "" {
		if err := batch(context.Background(), pid, "ip", "link set "+name+" address "+mac+"\n"); err != nil {
			return nil, errors.Join(err, f.Close())
		}
	}
	return f, nil
}

func openTapHere(pid int, name string) (*os.File, error) {
	ns, err := os.Open(fmt.Sprintf("/proc/%d/ns/net", pid))
	if err != nil {
		return nil, err
	}
	defer ns.Close()
	if err := unix.Setns(int(ns.Fd()), unix.CLONE_NEWNET); err != nil {
		return nil, err
	}
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	request, err := unix.NewIfreq(name)
	if err != nil {
		return nil, errors.Join(err, unix.Close(fd))
	}
	request.SetUint16(unix.IFF_TAP | unix.IFF_NO_PI)
	if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, request); err != nil {
		return nil, errors.Join(err, unix.Close(fd))
	}
	return os.NewFile(uintptr(fd), name), nil
}

// Tag moves frames between the pairs of TAP devices that were handed down as
// files 3, 4, 5, …: the tag of the pair's VLAN is put on towards the switch
// and taken off towards the host; frames of other VLANs are not for the host.
func Tag(vlans []string) error {
	failed := make(chan error, 2*len(vlans))
	for i, v := range vlans {
		var vlan uint16
		if _, err := fmt.Sscan(v, &vlan); err != nil {
			return fmt.Errorf("lab: tag: VLAN %q: %w", v, err)
		}
		outer, inner := 3+2*i, 4+2*i
		go func() { failed <- move(inner, outer, func(f []byte) []byte { return pushTag(f, vlan) }) }()
		go func() { failed <- move(outer, inner, func(f []byte) []byte { return popTag(f, vlan) }) }()
	}
	return <-failed
}

func move(from, to int, change func([]byte) []byte) error {
	buf := make([]byte, 4+9000)
	for {
		n, err := unix.Read(from, buf[4:])
		if err == unix.EINTR || err == unix.EIO { // EIO: not up yet
			sleep(0.05)
			continue
		}
		if err != nil {
			return fmt.Errorf("lab: tag: %w", err)
		}
		if f := change(buf[:4+n]); f != nil {
			unix.Write(to, f) // a device that is down drops it, as a cable would
		}
	}
}

// pushTag tags the frame that begins at buf[4], in place.
func pushTag(buf []byte, vlan uint16) []byte {
	if len(buf) < 18 {
		return nil
	}
	copy(buf, buf[4:16])
	binary.BigEndian.PutUint16(buf[12:], 0x8100)
	binary.BigEndian.PutUint16(buf[14:], vlan)
	return buf
}

// popTag is the untagged frame within the one that begins at buf[4]; nil if
// it is not of the VLAN.
func popTag(buf []byte, vlan uint16) []byte {
	f := buf[4:]
	if len(f) < 18 || binary.BigEndian.Uint16(f[12:]) != 0x8100 || binary.BigEndian.Uint16(f[14:])&0xfff != vlan {
		return nil
	}
	copy(f[4:16], f[:12])
	return f[4:]
}
