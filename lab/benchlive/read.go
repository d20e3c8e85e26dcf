package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"tyto/capture"
)

// An account is what a reader says of an interface, in the words of tyto mirror.
type account struct {
	Interfaces []struct {
		Counters map[string]uint64 `json:"counters"`
	} `json:"interfaces"`
}

// settle is how long a reader has to get ready, and to come to an end.
const settle = 1500 * time.Millisecond

// try sends at a rate and is how many packets the reader lost, and of how many
// conversations it gave up the contents.
func try(r reader, packets [][]byte, rate float64, each time.Duration) (lost, shed uint64, err error) {
	cmd := r.command(each + 2*settle)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, os.Stderr
	cmd.Env = append(os.Environ(), "GOMAXPROCS=2")
	if err := startOn(cmd, 1); err != nil {
		return 0, 0, err
	}
	time.Sleep(settle)
	sent, err := send(packets, rate, each, nil)
	if err != nil {
		return 0, 0, err
	}
	time.Sleep(settle / 2)
	_ = cmd.Process.Signal(os.Interrupt)
	_ = cmd.Wait() // its exit status says what it thinks of the mirror
	var a account
	if err := json.Unmarshal(out.Bytes(), &a); err != nil || len(a.Interfaces) != 1 {
		return 0, 0, fmt.Errorf("%s: %w in %q", r.name, err, out.String())
	}
	c := a.Interfaces[0].Counters
	if c["packets"]+c["kernel_drops"] != sent {
		return 0, 0, fmt.Errorf("%s: of %d packets sent it had %d and lost %d", r.name, sent, c["packets"], c["kernel_drops"])
	}
	return c["kernel_drops"], c["shed_bulk"] + c["shed_new"], nil
}

// startOn starts a program that has a processor of its own, all threads of it.
func startOn(cmd *exec.Cmd, cpu int) error {
	if err := pin(unix.Gettid(), cpu); err != nil { // it begins where this thread is
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("%s: %w", cmd.Path, err)
	}
	return pin(unix.Gettid(), 0)
}

// pin gives a thread a processor.
func pin(pid, cpu int) error {
	var set unix.CPUSet
	set.Set(cpu)
	if err := unix.SchedSetaffinity(pid, &set); err != nil {
		return fmt.Errorf("give process %d processor %d: %w", pid, cpu, err)
	}
	return nil
}

// readBare reads an interface and does nothing with what comes, until SIGINT.
func readBare(name, driver string) error {
	source, err := capture.OpenLive([]string{name}, capture.Live{Driver: driver})
	if err != nil {
		return err
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt)
	var ended atomic.Bool
	go func() {
		<-stop
		ended.Store(true)
		source.Close()
	}()
	var b capture.Batch
	for !ended.Load() {
		if err := source.Read(&b); err != nil && !ended.Load() {
			return err
		}
	}
	i := source.Captures()[0]
	fmt.Printf(`{"interfaces": [{"counters": {"packets": %d, "kernel_drops": %d}}]}`, i.Packets+i.Unread, i.Dropped)
	return nil
}
