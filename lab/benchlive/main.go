// Command benchlive finds the highest rate at which a live sensor loses no
// packet, beside what a bare reader of the same ring reaches: two ends of a
// virtual cable in a network of their own, a sender at one, a reader at the
// other, each on a processor of its own. It needs root, and prints Markdown.
//
// A packet is lost if the kernel had it and the reader had not: kernel_drops
// of the reader's own account, checked against what was sent.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

func main() {
	trace := flag.String("trace", filepath.Join("out", "bench.pcap"), "a capture with the mixed traffic; its first packets are sent round and round")
	seconds := flag.Float64("seconds", 3, "how long each rate is tried")
	bare := flag.String("bare", "", "used by the command itself: read this interface and say what came")
	flag.Parse()
	var err error
	if *bare != "" {
		err = readBare(*bare)
	} else {
		err = compare(*trace, time.Duration(*seconds*float64(time.Second)))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "benchlive:", err)
		os.Exit(1)
	}
}

// A reader is a program that listens to near for a while and says, as JSON,
// what came.
type reader struct {
	name    string
	command func(listen time.Duration) *exec.Cmd
}

func readers() []reader {
	self, _ := os.Executable()
	return []reader{
		{"bare ring reader", func(time.Duration) *exec.Cmd { return exec.Command(self, "-bare", "near") }},
		{"tyto, all protocols", func(d time.Duration) *exec.Cmd {
			return exec.Command("./bin/tyto", "mirror", "-i", "near", "--for", d.String(), "--format", "json")
		}},
	}
}

func compare(trace string, each time.Duration) error {
	runtime.LockOSThread() // the network belongs to this thread and to what it starts
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("make a network of its own: %w; run it as root", err)
	}
	if err := cable(); err != nil {
		return err
	}
	mixed, err := packetsOf(trace, 100_000)
	if err != nil {
		return err
	}
	fmt.Printf("%s, %d processors: the sender has one, the reader another. Thousand packets/s without loss, tried for %v each.\n\n", runtime.GOARCH, runtime.NumCPU(), each)
	fmt.Println("| traffic | bare ring reader | tyto, all protocols | share | conversations given up | sender alone |")
	fmt.Println("|---|--:|--:|--:|--:|--:|")
	for _, t := range []struct {
		name    string
		packets [][]byte
	}{{"64 bytes", same(64)}, {"mixed", mixed}, {"1500 bytes", same(1500)}} {
		limit, err := fastest(t.packets, each)
		if err != nil {
			return err
		}
		var reached [2]float64
		var shed uint64
		for i, r := range readers() {
			if reached[i], shed, err = search(r, t.packets, limit, each); err != nil {
				return err
			}
		}
		fmt.Printf("| %s | %.0f | %.0f | %.0f %% | %d | %.0f |\n", t.name, reached[0]/1e3, reached[1]/1e3, reached[1]/reached[0]*100, shed, limit/1e3)
	}
	return nil
}

// search is the highest rate at which a reader loses nothing, to a twentieth,
// and the conversations whose contents it gave up at that rate.
func search(r reader, packets [][]byte, limit float64, each time.Duration) (reached float64, given uint64, err error) {
	low, high := 0.0, limit
	for rate := limit; high-low > limit/20; rate = (low + high) / 2 {
		lost, shed, err := try(r, packets, rate, each)
		if err != nil {
			return 0, 0, err
		}
		fmt.Fprintf(os.Stderr, "%-20s %8.0f packets/s: %d lost, %d conversations given up\n", r.name, rate, lost, shed)
		if lost > 0 {
			high = rate
		} else if low, given = rate, shed; rate == limit {
			return limit, shed, nil
		}
	}
	return low, given, nil
}

// cable makes the two ends, with nothing of the kernel's own on them.
func cable() error {
	for _, args := range [][]string{
		{"link", "add", "near", "type", "veth", "peer", "name", "far"},
		{"link", "set", "dev", "near", "addrgenmode", "none"}, {"link", "set", "dev", "far", "addrgenmode", "none"},
		{"link", "set", "dev", "near", "mtu", "9000", "up"}, {"link", "set", "dev", "far", "mtu", "9000", "up"},
	} {
		if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
			return fmt.Errorf("ip %v: %w: %s", args, err, out)
		}
	}
	return nil
}
