package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"syscall"
	"time"

	"tyto/lab"
)

// flood sends the load to a sensor by pcap-over-IP, so that it keeps to
// sensor.memory as one that listens does, and reads what it tells.
func flood(o options, t trial) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer l.Close()
	folder, err := os.MkdirTemp("", "endure")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel() // ends the program if the load fails
	args := []string{"sensor", "--pcap-over-ip", l.Addr().String(), "--data", folder}
	if o.config != "" {
		args = append([]string{"--config", o.config}, args...)
	}
	cmd := exec.CommandContext(ctx, o.tyto, args...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		return err
	}
	fed, samples, over := make(chan error, 1), make(chan []int64, 1), make(chan struct{})
	go func() {
		err := t.serve(l, o.scale)
		fed <- errors.Join(err, cmd.Process.Signal(os.Interrupt))
	}()
	go func() { samples <- sample(over, func() (int64, error) { return resident(cmd.Process.Pid) }) }()
	told := hearing{real: map[string]bool{}}
	err = told.read(out)
	close(over)
	u := used{samples: <-samples}
	if err := errors.Join(err, <-fed, cmd.Wait()); err != nil {
		return fmt.Errorf("%w\n%s", err, said.Bytes())
	}
	u.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	u.peak = cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss << 10
	fmt.Printf("| %s | peak %d MiB, in the last third %+.1f %% over the second; %.1f µs CPU each; %d packets looked at; told of %d of the %d real ones in %d events |\n",
		t.name, u.peak>>20, 100*u.growth(), u.cpu.Seconds()*1e6/float64(10_000_000/o.scale), told.parsed, len(told.real), realHosts, told.events)
	return nil
}

// serve gives the load to the first who connects. Who comes again has read all.
func (t trial) serve(l net.Listener, scale int) error {
	w, err := l.Accept()
	if err != nil {
		return err
	}
	if err := t.feed(w, scale); err != nil {
		return err
	}
	_ = l.(*net.TCPListener).SetDeadline(time.Now().Add(10 * time.Minute))
	again, err := l.Accept()
	if err != nil {
		return fmt.Errorf("it does not come to an end: %w", err)
	}
	return again.Close()
}

// hearing is what a sensor told.
type hearing struct {
	real   map[string]bool // of the real hosts, those that it told of
	events int
	parsed uint64 // packets, as its last health has it
}

func (h *hearing) read(r io.Reader) error {
	wanted := map[string]bool{}
	for i := range realHosts {
		wanted[lab.RealHost(i).String()] = true
	}
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 1<<20), 1<<24)
	for lines.Scan() {
		h.events++
		line := lines.Bytes()
		if _, mac, ok := bytes.Cut(line, []byte(`"mac":"`)); ok && len(mac) >= 17 && wanted[string(mac[:17])] {
			h.real[string(mac[:17])] = true
		}
		if bytes.Contains(line, []byte(`"kind":"health"`)) {
			var e struct {
				Health struct {
					Counters map[string]uint64 `json:"counters"`
				} `json:"health"`
			}
			if err := json.Unmarshal(line, &e); err != nil {
				return fmt.Errorf("an event: %w", err)
			}
			h.parsed = e.Health.Counters["packets"]
		}
	}
	return lines.Err()
}
