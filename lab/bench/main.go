// Command bench runs tyto beside other programs over one large trace, in
// turn, and prints medians as a Markdown table with ratios. It times whole
// processes by the operating system's own account.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

// A contender is one command.
type contender struct {
	name string
	args []string
	once bool // so slow that one run must do
}

// A run is what one run took.
type run struct {
	cpu, wall time.Duration
	rss       int64 // bytes
}

func main() {
	trace := flag.String("trace", filepath.Join("out", "bench.pcap"), "the trace; made if it is not there")
	maker := flag.String("make", filepath.Join("..", "shared", "tools", "make_bench_pcap.py"), "the script that makes the trace")
	runs := flag.Int("n", 5, "runs of each, in turn; the slow ones run once")
	only := flag.String("only", "", "run only what has this in its name, and the record walk")
	flag.Parse()
	if err := compare(*trace, *maker, *runs, *only); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func contenders(trace string) []contender {
	return []contender{
		{name: "capinfos -c (record walk)", args: []string{"capinfos", "-c", trace}},
		{name: "tyto analyze, 1 worker", args: []string{"./bin/tyto", "analyze", "--workers", "1", "-q", trace}},
		{name: "tyto analyze, 2 workers", args: []string{"./bin/tyto", "analyze", "--workers", "2", "-q", trace}},
		{name: "tyto analyze, JSON", args: []string{"./bin/tyto", "analyze", "--workers", "1", "-q", "--format", "json", trace}},
		{name: "p0f", args: []string{"p0f", "-r", trace}},
		{name: "ndpiReader", args: []string{"ndpiReader", "-q", "-i", trace}},
		{name: "tshark conversations", args: []string{"tshark", "-n", "-q", "-r", trace, "-z", "conv,tcp", "-z", "conv,udp"}, once: true},
	}
}

func compare(trace, maker string, runs int, only string) error {
	if err := need(trace, maker); err != nil {
		return err
	}
	packets, err := count(trace)
	if err != nil {
		return err
	}
	all := contenders(trace)
	all = slices.DeleteFunc(all, func(c contender) bool {
		if _, err := exec.LookPath(c.args[0]); err != nil {
			fmt.Fprintf(os.Stderr, "bench: %s is not installed, left out\n", c.args[0])
			return true
		}
		return only != "" && !strings.Contains(c.name, only) && !strings.Contains(c.name, "record walk")
	})
	results := make([][]run, len(all))
	for i := range runs + 1 { // the first warms the page cache
		for j, c := range all {
			if c.once && i != 1 {
				continue
			}
			r, err := once(c)
			if err != nil {
				return err
			}
			if i > 0 {
				results[j] = append(results[j], r)
			}
			fmt.Fprintf(os.Stderr, "\r%d/%d %-40s", i, runs, c.name)
		}
	}
	fmt.Fprintln(os.Stderr)
	print(all, results, packets)
	return nil
}

// need makes the trace if it is not there.
func need(trace, maker string) error {
	if _, err := os.Stat(trace); err == nil {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(trace), 0o755); err != nil {
		return err
	}
	fmt.Fprintln(os.Stderr, "bench: making the trace, two minutes")
	cmd := exec.Command("python3", maker, trace)
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w; name a trace of your own with -trace", maker, err)
	}
	return nil
}

func count(trace string) (n int, err error) {
	out, err := exec.Command("capinfos", "-c", "-M", trace).Output()
	if err != nil {
		return 0, fmt.Errorf("capinfos: %w; install tshark", err)
	}
	_, err = fmt.Sscanf(string(out[bytes.LastIndexByte(bytes.TrimSpace(out), ' ')+1:]), "%d", &n)
	return n, err
}

func once(c contender) (run, error) {
	cmd := exec.Command(c.args[0], c.args[1:]...)
	start := time.Now()
	if err := cmd.Run(); err != nil {
		return run{}, fmt.Errorf("%s: %w", strings.Join(c.args, " "), err)
	}
	usage := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	return run{cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), time.Since(start), usage.Maxrss << 10}, nil
}

func print(all []contender, results [][]run, packets int) {
	fmt.Printf("%s, %d processors, %d packets; medians of %d alternating runs (tshark: one).\n\n", runtime.GOARCH, runtime.NumCPU(), packets, len(results[0]))
	fmt.Println("| what | million packets/s per core | CPU s | wall s | peak MiB | CPU × the record walk | CPU × tyto, 1 worker |")
	fmt.Println("|---|--:|--:|--:|--:|--:|--:|")
	walk, tyto := median(results[0]), run{}
	for i, c := range all {
		if strings.Contains(c.name, "1 worker") {
			tyto = median(results[i])
		}
	}
	for i, c := range all {
		m := median(results[i])
		fmt.Printf("| %s | %.2f | %.2f | %.2f | %d | %.2f | %.2f |\n", c.name, float64(packets)/m.cpu.Seconds()/1e6, m.cpu.Seconds(), m.wall.Seconds(),
			m.rss>>20, ratio(m.cpu, walk.cpu), ratio(m.cpu, tyto.cpu))
	}
}

func ratio(a, b time.Duration) float64 {
	if b == 0 {
		return 0
	}
	return a.Seconds() / b.Seconds()
}

// median is the median of each figure by itself.
func median(runs []run) (m run) {
	if len(runs) == 0 {
		return m
	}
	slices.SortFunc(runs, func(a, b run) int { return int(a.cpu - b.cpu) })
	m.cpu = runs[len(runs)/2].cpu
	slices.SortFunc(runs, func(a, b run) int { return int(a.wall - b.wall) })
	m.wall = runs[len(runs)/2].wall
	slices.SortFunc(runs, func(a, b run) int { return int(a.rss - b.rss) })
	m.rss = runs[len(runs)/2].rss
	return m
}
