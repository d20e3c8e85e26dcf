package lab

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Where a host finds its own things.
const (
	dirInside  = "/run/lab"
	specInside = dirInside + "/host.json"
)

// Inside is the first process of a host: it makes the host's private view of
// the file system, waits on standard input for the word that its cables are
// plugged, and then does the host's jobs until it is killed, which kills all
// of them. dir is the host's folder.
func Inside(dir string) error {
	if os.Getpid() != 1 {
		return fmt.Errorf("lab: inside is for the first process of a host; use lab up")
	}
	text, err := os.ReadFile(filepath.Join(dir, "host.json"))
	if err != nil {
		return fmt.Errorf("lab: %w", err)
	}
	var h Host
	if err := json.Unmarshal(text, &h); err != nil {
		return fmt.Errorf("lab: %s: %w", dir, err)
	}
	if err := privateView(dir); err != nil {
		return err
	}
	if err := h.furnish(); err != nil {
		return err
	}
	// A closed pipe instead of the word means that whoever started us is
	// gone before we were recorded: then we go too.
	if line, err := bufio.NewReader(os.Stdin).ReadString('\n'); err != nil || line != "go\n" {
		return fmt.Errorf("lab: %s: not let go", h.Name)
	}
	h.run()
	return nil
}

// privateView gives this process and its children file systems of their own
// where programs write, over those of the machine.
func privateView(dir string) error {
	steps := []struct {
		what string
		do   func() error
	}{
		{"private mounts", func() error { return unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "") }},
		{"/proc", func() error { return unix.Mount("proc", "/proc", "proc", 0, "") }},
		{"/sys", func() error { return unix.Mount("sysfs", "/sys", "sysfs", 0, "") }},
		{"folder", func() error { return unix.Mount(dir, "/mnt", "", unix.MS_BIND, "") }},
		{"/run", func() error { return unix.Mount("tmpfs", "/run", "tmpfs", 0, "size=256m,mode=755") }},
		{"/tmp", func() error { return unix.Mount("tmpfs", "/tmp", "tmpfs", 0, "size=64m,mode=1777") }},
		{dirInside, func() error { return os.MkdirAll(dirInside, 0o755) }},
		{dirInside, func() error { return unix.Mount("/mnt", dirInside, "", unix.MS_MOVE, "") }},
		{dirInside, func() error { return os.MkdirAll(dirInside+"/log", 0o777) }},
	}
	for _, s := range steps {
		if err := s.do(); err != nil {
			return fmt.Errorf("lab: mount %s: %w", s.what, err)
		}
	}
	for _, at := range []string{"/etc", "/var", "/root"} {
		if err := overlay(at); err != nil {
			return fmt.Errorf("lab: overlay %s (the kernel's overlayfs is needed): %w", at, err)
		}
	}
	return nil
}

func overlay(at string) error {
	up, work := "/run/.view"+at+"/up", "/run/.view"+at+"/work"
	for _, d := range []string{up, work} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			return err
		}
	}
	return unix.Mount("overlay", at, "overlay", 0, "lowerdir="+at+",upperdir="+up+",workdir="+work)
}

// furnish writes the host's files and name. It refuses to write to an /etc
// that is not the host's own.
func (h *Host) furnish() error {
	var fs unix.Statfs_t
	if err := unix.Statfs("/etc", &fs); err != nil || fs.Type != unix.OVERLAYFS_SUPER_MAGIC {
		return fmt.Errorf("lab: %s: /etc is not private", h.Name)
	}
	if err := unix.Sethostname([]byte(h.Name)); err != nil {
		return fmt.Errorf("lab: hostname: %w", err)
	}
	os.RemoveAll("/etc/avahi/services")
	os.Remove("/etc/resolv.conf")
	h.file("/etc/hostname", h.Name)
	h.file("/etc/hosts", "127.0.0.1 localhost\n127.0.1.1 "+h.Name+".office.example "+h.Name+"\n::1 ip6-localhost")
	if h.Files["/etc/resolv.conf"] == "" {
		h.file("/etc/resolv.conf", "search office.example\nnameserver 10.20.0.1")
	}
	for path, content := range h.Files {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return fmt.Errorf("lab: %w", err)
		}
		mode := os.FileMode(0o644)
		if strings.HasSuffix(path, ".key") || strings.Contains(path, "/.ssh/") {
			mode = 0o600
		}
		if err := os.WriteFile(path, []byte(content), mode); err != nil {
			return fmt.Errorf("lab: %w", err)
		}
	}
	for _, s := range h.Tune {
		key, value, _ := strings.Cut(s, "=")
		if err := os.WriteFile("/proc/sys/"+strings.ReplaceAll(key, ".", "/"), []byte(value), 0o644); err != nil {
			return fmt.Errorf("lab: %s: sysctl: %w", h.Name, err)
		}
	}
	return nil
}

// run plugs the host in and does its jobs, forever.
func (h *Host) run() {
	r := &reaper{waiting: map[int]chan struct{}{}}
	go r.reap()
	sleep(h.Plug)
	r.sh("lo", "ip link set lo up")
	for _, p := range h.Ports {
		offload(p.Name)
		setup := "ip link set " + p.Name + " up"
		for _, a := range p.Addrs {
			setup += "; ip addr add " + a + " dev " + p.Name
		}
		if p.Gateway != "" {
			setup += "; ip route add default via " + p.Gateway
		}
		if p.DHCP != "" {
			setup += "; sleep 2; " + p.DHCP
		}
		r.sh("port-"+p.Name, setup)
	}
	for _, j := range h.Jobs {
		go r.job(j)
	}
	select {}
}

func sleep(seconds float64) { time.Sleep(time.Duration(seconds * float64(time.Second))) }

// A reaper starts processes and, being the first process of its namespace,
// takes in the orphans too.
type reaper struct {
	mu      sync.Mutex // guards waiting
	waiting map[int]chan struct{}
}

func (r *reaper) reap() {
	for {
		pid, err := unix.Wait4(-1, nil, 0, nil)
		if err != nil {
			time.Sleep(100 * time.Millisecond) // no children at the moment
			continue
		}
		r.mu.Lock()
		if done := r.waiting[pid]; done != nil {
			delete(r.waiting, pid)
			close(done)
		}
		r.mu.Unlock()
	}
}

// sh runs a command of the shell and waits for it. Its output goes to the host's log.
func (r *reaper) sh(name, command string) {
	log, err := os.OpenFile(dirInside+"/log/"+name+".log", os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return
	}
	null, _ := os.Open(os.DevNull)
	r.mu.Lock()
	p, err := os.StartProcess("/bin/sh", []string{"sh", "-c", command}, &os.ProcAttr{
		Dir: "/", Env: append(os.Environ(), "LAB="+executable, "PATH=/usr/sbin:/usr/bin:/sbin:/bin"),
		Files: []*os.File{null, log, log},
	})
	done := make(chan struct{})
	if err == nil {
		r.waiting[p.Pid] = done
	}
	r.mu.Unlock()
	log.Close()
	null.Close()
	if err == nil {
		<-done
	}
}

func (r *reaper) job(j Job) {
	sleep(j.After)
	for r.sh(j.Name, j.Run); j.Every > 0; r.sh(j.Name, j.Run) {
		sleep(j.Every)
	}
}
