package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"syscall"
	"time"
)

// used is what a process used.
type used struct {
	cpu     time.Duration
	peak    int64   // bytes, of resident memory
	samples []int64 // of it, one a second
}

// growth is by how much the last third of the time passes the second, by
// medians: 0 is flat.
func (u used) growth() float64 { return growth(u.samples) }

func growth(samples []int64) float64 {
	n := len(samples)
	if n < 6 {
		return 0
	}
	before, after := median(samples[n/3:2*n/3]), median(samples[2*n/3:])
	return float64(after-before) / float64(before)
}

func median(of []int64) int64 { return slices.Sorted(slices.Values(of))[len(of)/2] }

func most(of []int64) (m int64) {
	for _, x := range of {
		m = max(m, x)
	}
	return m
}

// analyze feeds a trial into tyto analyze, and gives what it writes to read.
func analyze(o options, t trial, format string, read func(io.Reader) error) (used, error) {
	args := []string{"analyze", "--workers", "1", "-q", "--format", format, "-"}
	if o.config != "" {
		args = append([]string{"--config", o.config}, args...)
	}
	cmd := exec.Command(o.tyto, args...)
	in, err := cmd.StdinPipe()
	if err != nil {
		return used{}, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return used{}, err
	}
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		return used{}, err
	}
	fed, samples := make(chan error, 1), make(chan []int64, 1)
	over := make(chan struct{})
	go func() { fed <- t.feed(in, o.scale) }()
	go func() { samples <- sample(over, func() (int64, error) { return resident(cmd.Process.Pid) }) }()
	err = read(out)
	_, _ = io.Copy(io.Discard, out)
	close(over)
	u := used{samples: <-samples}
	err = errors.Join(err, <-fed, cmd.Wait())
	if err != nil {
		return u, fmt.Errorf("%w\n%s", err, said.Bytes())
	}
	u.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	u.peak = cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss << 10
	return u, nil
}

// sample takes one a second until it is over; what cannot be had is left out.
func sample(over <-chan struct{}, take func() (int64, error)) (all []int64) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-over:
			return all
		case <-tick.C:
			if x, err := take(); err == nil {
				all = append(all, x)
			}
		}
	}
}

// resident is the memory of a process, in bytes (proc(5), statm).
func resident(pid int) (int64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0, err
	}
	f := bytes.Fields(b)
	if len(f) < 2 {
		return 0, fmt.Errorf("statm: %q", b)
	}
	pages, err := strconv.ParseInt(string(f[1]), 10, 64)
	return pages * int64(os.Getpagesize()), err
}
