package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// The gauges that must not grow (client_golang's collectors).
var gauges = []string{"process_resident_memory_bytes", "go_goroutines", "process_open_fds"}

// day plays a day into a sensor and hub in one process, and looks at its
// metrics meanwhile.
func day(o options, t trial) error {
	folder, err := os.MkdirTemp("", "endure")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	pipe := filepath.Join(folder, "day.pcap")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		return fmt.Errorf("%s: %w", pipe, err)
	}
	address, err := freeAddress()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel() // ends the program if the load fails
	var said bytes.Buffer
	cmd := exec.CommandContext(ctx, o.tyto, "run", "--pcap", pipe, "--speed", "0", "--once", "--listen", address, "--data", filepath.Join(folder, "data"))
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		return err
	}
	over := make(chan struct{})
	samples := make(chan map[string][]int64, 1)
	go func() { samples <- scrape(over, "http://"+address+"/metrics") }()
	err = t.play(pipe, o.scale)
	if err != nil {
		cancel()
	}
	err = errors.Join(err, cmd.Wait())
	close(over)
	seen := <-samples
	if err != nil {
		return fmt.Errorf("%w\n%s", err, said.Bytes())
	}
	var told []string
	for _, g := range gauges {
		told = append(told, fmt.Sprintf("%s at most %d, in the last third %+.1f %% over the second", g, most(seen[g]), 100*growth(seen[g])))
	}
	cpu := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	fmt.Printf("| %s | %.0f s CPU; %s |\n", t.name, cpu.Seconds(), strings.Join(told, "; "))
	return nil
}

// play writes the load into a named pipe, once somebody reads it.
func (t trial) play(pipe string, scale int) error {
	w, err := os.OpenFile(pipe, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return t.feed(w, scale)
}

// freeAddress is one on loopback that nobody listens at.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// scrape reads the gauges once a second until it is over.
func scrape(over <-chan struct{}, url string) map[string][]int64 {
	all := map[string][]int64{}
	client := http.Client{Timeout: 10 * time.Second}
	sample(over, func() (int64, error) {
		r, err := client.Get(url)
		if err != nil {
			return 0, err
		}
		defer r.Body.Close()
		lines := bufio.NewScanner(r.Body)
		for lines.Scan() {
			name, value, _ := strings.Cut(lines.Text(), " ")
			for _, g := range gauges {
				if x, err := strconv.ParseFloat(value, 64); name == g && err == nil {
					all[g] = append(all[g], int64(x))
				}
			}
		}
		return 0, lines.Err()
	})
	return all
}
