// Command benchlive finds the highest rate at which a live sensor loses no
// packet, beside what a bare reader of the same interface reaches: two ends of
// a virtual cable in a network of their own, a sender at one, a reader at the
// other, each on a processor of its own. At 80 % of that rate it measures how
// long it takes from the first packet of a new device to the device in the API
// of tyto run. It needs root, and prints Markdown.
//
// A packet is lost if the kernel had it and the reader had not: kernel_drops
// of the reader's own account, checked against what was sent.
package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"tyto/capture"
	"tyto/lab/cable"
)

// options is how it is measured.
type options struct {
	trace   string
	each    time.Duration // each rate is tried for so long
	warm    time.Duration // and so long before devices come
	devices int
	rate    float64 // packets a second; 0 is 80 % of the highest without loss
	only    string
	listener
}

// A listener is how packets come from the kernel.
type listener struct {
	driver string
	file   string // the program's configuration that says so
	tyto   string // the program
}

func (l listener) config() []string { return []string{"--config", l.file} }

func main() {
	var o options
	flag.StringVar(&o.trace, "trace", filepath.Join("out", "bench.pcap"), "a capture with the mixed traffic; its first packets are sent round and round")
	flag.DurationVar(&o.each, "each", 3*time.Second, "how long each rate is tried")
	flag.DurationVar(&o.warm, "warm", 20*time.Second, "how long there is traffic before new devices come")
	flag.IntVar(&o.devices, "devices", 300, "how many new devices come; 0 measures no delay")
	flag.Float64Var(&o.rate, "rate", 0, "packets a second while they do, and nothing else is measured; 0 is 80 % of the highest rate without loss")
	flag.StringVar(&o.only, "only", "", "only traffic whose name begins so")
	flag.StringVar(&o.tyto, "tyto", "./bin/tyto", "the program")
	flag.StringVar(&o.driver, "driver", capture.DriverPacket, "af_packet or af_xdp")
	bare := flag.String("bare", "", "used by the command itself: read this interface and say what came")
	inside := flag.Bool("inside", false, "used by the command itself: this is a network of its own")
	flag.Parse()
	var err error
	switch {
	case *bare != "":
		err = readBare(*bare, o.driver)
	case *inside:
		err = compare(o)
	default:
		err = again()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "benchlive:", err)
		os.Exit(1)
	}
}

// again runs the command in a network of its own, all threads of it.
func again() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command(self, append([]string{"-inside"}, os.Args[1:]...)...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.SysProcAttr = &unix.SysProcAttr{Cloneflags: unix.CLONE_NEWNET}
	if err := cmd.Run(); errors.Is(err, unix.EPERM) {
		return fmt.Errorf("make a network of its own: %w; run it as root", err)
	} else if err != nil {
		return err
	}
	return nil
}

// A reader is a program that listens to near for a while and says, as JSON,
// what came.
type reader struct {
	name    string
	command func(listen time.Duration) *exec.Cmd
}

func readers(l listener) []reader {
	self, _ := os.Executable()
	return []reader{
		{"bare reader", func(time.Duration) *exec.Cmd { return exec.Command(self, "-driver", l.driver, "-bare", "near") }},
		{"tyto, all protocols", func(d time.Duration) *exec.Cmd {
			return exec.Command(l.tyto, append(l.config(), "mirror", "-i", "near", "--for", d.String(), "--format", "json")...)
		}},
	}
}

// A load is what is sent, in turn.
type load struct {
	name    string
	packets [][]byte
}

func compare(o options) error {
	runtime.LockOSThread() // it gets a processor
	folder, err := os.MkdirTemp("", "benchlive")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	o.file = filepath.Join(folder, "tyto.yaml")
	if err := os.WriteFile(o.file, fmt.Appendf(nil, "capture:\n  interfaces:\n    near: {driver: %s}\n", o.driver), 0o600); err != nil {
		return err
	}
	if err := plug(); err != nil {
		return err
	}
	mixed, err := packetsOf(o.trace, 100_000)
	if err != nil {
		return err
	}
	at := "at 80 % of that rate"
	if o.rate > 0 {
		at = fmt.Sprintf("at %.0f packets/s", o.rate)
	}
	fmt.Printf("%s, %s, %d processors: the sender has one, the reader another. Thousand packets/s without loss, tried for %v each; from the first packet of\n"+
		"each of %d new devices to its name in the API of tyto run, %s: p50, p99.\n\n", runtime.GOARCH, o.driver, runtime.NumCPU(), o.each, o.devices, at)
	fmt.Println("| traffic | bare reader | tyto, all protocols | share | conversations given up | sender alone | sent meanwhile | new device in the API |")
	fmt.Println("|---|--:|--:|--:|--:|--:|--:|--:|")
	for _, t := range []load{{"64 bytes", same(64)}, {"mixed", mixed}, {"1500 bytes", same(1500)}} {
		if strings.HasPrefix(t.name, o.only) {
			if err := row(o, t); err != nil {
				return err
			}
		}
	}
	return nil
}

// row measures one load.
func row(o options, t load) error {
	cells := "– | – | – | – | –"
	rate := o.rate
	if rate == 0 {
		limit, err := fastest(t.packets, o.each)
		if err != nil {
			return err
		}
		var reached [2]float64
		var shed uint64
		for i, r := range readers(o.listener) {
			if reached[i], shed, err = search(r, t.packets, limit, o.each); err != nil {
				return err
			}
		}
		cells = fmt.Sprintf("%.0f | %.0f | %.0f %% | %d | %.0f", reached[0]/1e3, reached[1]/1e3, reached[1]/cmp.Or(reached[0], 1)*100, shed, limit/1e3)
		rate = 0.8 * reached[1]
	}
	took := "–"
	if o.devices > 0 && rate > 0 {
		d, err := delays(o.listener, t.packets, rate, o.warm, o.devices)
		if err != nil {
			return err
		}
		took = d.String()
	}
	fmt.Printf("| %s | %s | %.0f | %s |\n", t.name, cells, rate/1e3, took)
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

// plug makes the two ends, with nothing of the kernel's own on them.
func plug() error {
	for _, args := range [][]string{
		{"link", "set", "dev", "lo", "up"},
		{"link", "add", "near", "type", "veth", "peer", "name", "far"},
		{"link", "set", "dev", "near", "addrgenmode", "none"}, {"link", "set", "dev", "far", "addrgenmode", "none"},
		{"link", "set", "dev", "near", "mtu", mtu, "up"}, {"link", "set", "dev", "far", "mtu", mtu, "up"},
	} {
		if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
			return fmt.Errorf("ip %v: %w: %s", args, err, out)
		}
	}
	for _, name := range []string{"near", "far"} { // or they take addresses from what is mirrored
		if err := os.WriteFile("/proc/sys/net/ipv6/conf/"+name+"/disable_ipv6", []byte("1"), 0); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return cable.LeaveTags("near")
}

// mtu is that of the cable: longer packets of the trace are not sent.
const mtu = "9000"
