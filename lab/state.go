package lab

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Where the lab keeps what it made. Root's alone.
const (
	stateDir   = "/var/lib/tyto-lab"
	stateFile  = stateDir + "/state.jsonl"
	executable = stateDir + "/lab"
)

// A trace is one line of the state file: something that Down has to remove.
type trace struct {
	Process   int    `json:"process,omitempty"` // a pid
	Start     uint64 `json:"start,omitempty"`   // when it began, ticks since boot: pids are used again
	Namespace string `json:"namespace,omitempty"`
	Host      string `json:"host,omitempty"`
}

// record appends to the state file, durably, before what it speaks of is used.
func record(t trace) error {
	if t.Process != 0 {
		t.Start, _ = startTime(t.Process)
	}
	line, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("lab: state: %w", err)
	}
	f, err := os.OpenFile(stateFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("lab: state: %w", err)
	}
	defer f.Close()
	if _, err := f.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("lab: state: %w", err)
	}
	return f.Sync()
}

// traces reads the state file; a torn last line is passed over, for what it
// spoke of was not yet let go.
func traces() ([]trace, error) {
	f, err := os.Open(stateFile)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("lab: state: %w", err)
	}
	defer f.Close()
	var all []trace
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var t trace
		if json.Unmarshal(lines.Bytes(), &t) == nil {
			all = append(all, t)
		}
	}
	return all, nil
}

// startTime is field 22 of /proc/PID/stat; false if there is no such process
// or it is only waiting to be reaped.
func startTime(pid int) (uint64, bool) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, false
	}
	// The name in parentheses may hold spaces and parentheses.
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	if len(fields) < 20 || fields[0] == "Z" {
		return 0, false
	}
	start, err := strconv.ParseUint(fields[19], 10, 64)
	return start, err == nil
}

// alive reports whether the very process that was recorded still runs.
func (t trace) alive() bool {
	start, ok := startTime(t.Process)
	return t.Process != 0 && ok && start == t.Start
}

// Down removes what the state file names: processes (with all that they
// started, since each is the first of its namespace), namespaces, folders.
// It can be called at any time, again and again.
func Down() error {
	if os.Geteuid() != 0 {
		return ErrNotRoot
	}
	all, err := traces()
	if err != nil {
		return err
	}
	for _, t := range all {
		if t.alive() {
			unix.Kill(t.Process, unix.SIGKILL)
		}
	}
	for _, t := range all {
		for i := 0; t.alive(); i++ {
			if i == 200 {
				return fmt.Errorf("lab: process %d of %s does not end", t.Process, t.Host)
			}
			time.Sleep(50 * time.Millisecond)
		}
	}
	for _, t := range all {
		if !strings.HasPrefix(t.Namespace, "tyto-") {
			continue
		}
		if _, err := os.Stat("/run/netns/" + t.Namespace); err == nil {
			if out, err := exec.Command("ip", "netns", "delete", t.Namespace).CombinedOutput(); err != nil {
				return fmt.Errorf("lab: namespace %s: %s: %w", t.Namespace, out, err)
			}
		}
	}
	for _, name := range []string{"hosts", "lab", filepath.Base(stateFile)} {
		if err := os.RemoveAll(filepath.Join(stateDir, name)); err != nil {
			return fmt.Errorf("lab: %w", err)
		}
	}
	return nil
}

// lock keeps two labs from being made at once. It is held until the process ends.
func lock() (*os.File, error) {
	if err := os.MkdirAll(stateDir, 0o700); err != nil {
		return nil, fmt.Errorf("lab: %w", err)
	}
	f, err := os.OpenFile(stateDir+"/lock", os.O_CREATE|os.O_RDWR|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lab: %w", err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		f.Close()
		return nil, errors.New("lab: another lab command is at work")
	}
	return f, nil
}
