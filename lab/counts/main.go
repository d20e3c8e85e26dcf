// Command counts compares how often each operation is counted in each
// conversation with how often tshark reads its function code there: of Modbus,
// S7, DNP3, BACnet, IEC 60870-5-104 and EtherNet/IP, in captures that others made.
// It prints a table: functions that tshark reads, how many of them are counted
// too, missing, extra.
//
// What is sent again is left out on both sides. An operation that a
// conversation has counted without its name ("other") makes up for a missing one.
package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
)

func main() {
	tyto := flag.String("tyto", "./bin/tyto", "the program to ask")
	pcaps := flag.String("pcaps", "../shared/pcaps/ot", "folder of captures")
	truth := flag.String("truth", "../shared/truth/ot", "folder of what tshark read in them: CAPTURE.json; only captures with a protocol in it are asked for that")
	misses := flag.String("misses", "", "file to write to what is counted differently")
	flag.Parse()
	if err := run(*tyto, *pcaps, *truth, *misses, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "counts:", err)
		os.Exit(1)
	}
}

// A score is how often functions of one protocol are counted.
type score struct{ captures, functions, matched, missing, extra int }

func run(tyto, pcaps, truth, misses string, out io.Writer) error {
	if _, err := exec.LookPath("tshark"); err != nil {
		return fmt.Errorf("%w; install it, Debian's package is tshark", err)
	}
	if err := readNames(); err != nil {
		return err
	}
	scores := make([]score, len(protocols))
	var notes []string
	err := filepath.WalkDir(pcaps, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.Contains(filepath.Ext(path), "cap") {
			return err
		}
		has, err := layers(strings.Replace(path, pcaps, truth, 1) + ".json")
		if err != nil || !slices.ContainsFunc(protocols, func(p protocol) bool { return has[p.layer] > 0 }) {
			return err
		}
		counted, err := analyze(tyto, path)
		if err != nil {
			return err
		}
		for i := range protocols {
			if has[protocols[i].layer] == 0 {
				continue
			}
			read, err := protocols[i].read(path)
			if err != nil {
				return err
			}
			for _, n := range scores[i].compare(read, counted[protocols[i].name]) {
				notes = append(notes, protocols[i].name+"\t"+filepath.Base(path)+"\t"+n)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	print(out, scores)
	if misses != "" {
		return os.WriteFile(misses, []byte(strings.Join(notes, "\n")+"\n"), 0o644)
	}
	return nil
}

// layers is how many packets have each protocol, as the truth says.
func layers(path string) (map[string]int, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var t struct{ Protocols map[string]int }
	if err := json.Unmarshal(b, &t); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return t.Protocols, nil
}

// counts is how often an operation was done between two stations.
type counts map[string]map[string]int

func (c counts) add(a, b, operation string, n int) {
	pair := a + " " + b
	if b < a {
		pair = b + " " + a
	}
	if c[pair] == nil {
		c[pair] = map[string]int{}
	}
	c[pair][operation] += n
}

// compare adds what differs to a score, and tells of it.
func (s *score) compare(read, counted counts) (notes []string) {
	if len(read) > 0 {
		s.captures++
	}
	for _, pair := range sorted(read) {
		unnamed := counted[pair]["other"]
		for _, op := range sorted(read[pair]) {
			want, got := read[pair][op], counted[pair][op]
			if lacking := want - got; lacking > 0 {
				got += min(lacking, unnamed)
				unnamed -= min(lacking, unnamed)
			}
			s.functions, s.matched = s.functions+want, s.matched+min(want, got)
			s.missing, s.extra = s.missing+max(0, want-got), s.extra+max(0, got-want)
			if want != got {
				notes = append(notes, fmt.Sprintf("%s\t%s\ttshark %d, counted %d", pair, op, want, got))
			}
		}
	}
	return notes
}

func sorted[V any](m map[string]V) (keys []string) {
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func print(out io.Writer, scores []score) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "tshark's functions\tcaptures\tfunctions\tcounted\tmissing\textra\t")
	for i, s := range scores {
		if s.functions > 0 {
			fmt.Fprintf(w, "%s\t%d\t%d\t%.2f %%\t%d\t%d\t\n", protocols[i].name, s.captures, s.functions, 100*float64(s.matched)/float64(s.functions), s.missing, s.extra)
		}
	}
	w.Flush()
}

// analyze is what tyto counts in a capture, by protocol.
func analyze(tyto, path string) (map[string]counts, error) {
	out, err := exec.Command(tyto, "analyze", "--format", "json", "--quiet", path).Output()
	if err != nil && len(out) == 0 {
		return nil, fmt.Errorf("%s analyze %s: %w; build it with make bin/tyto", tyto, path, err)
	}
	var doc struct {
		Conversations []struct {
			Client, Server struct{ MAC, IP string }
			Protocol       string
			Operations     map[string]int
		}
	}
	if err := json.Unmarshal(out, &doc); err != nil {
		return nil, fmt.Errorf("read the document of %s: %w", path, err)
	}
	all := map[string]counts{}
	for _, c := range doc.Conversations {
		if all[c.Protocol] == nil {
			all[c.Protocol] = counts{}
		}
		for op, n := range c.Operations {
			if strings.HasPrefix(op, "cip ") && op != "cip io" {
				op = cipRequest
			}
			all[c.Protocol].add(cmp.Or(c.Client.IP, c.Client.MAC), cmp.Or(c.Server.IP, c.Server.MAC), op, n)
		}
	}
	return all, nil
}

// tshark is the values of fields in the packets of a capture that a filter lets through; each may occur several times.
func tshark(path, filter string, fields []string) (rows [][][]string, err error) {
	args := []string{"-n", "-r", path, "-Y", filter, "-T", "fields", "-E", "separator=/t", "-E", "occurrence=a", "-E", "aggregator=,"}
	for _, f := range fields {
		args = append(args, "-e", f)
	}
	out, err := exec.Command("tshark", args...).Output()
	if failed := new(exec.ExitError); err != nil && !(errors.As(err, &failed) && failed.ExitCode() == 2) { // 2: a capture that is cut off
		return nil, fmt.Errorf("tshark -r %s: %w", path, err)
	}
	for line := range strings.Lines(string(out)) {
		var row [][]string
		for f := range strings.SplitSeq(strings.TrimRight(line, "\n"), "\t") {
			row = append(row, strings.Split(f, ","))
		}
		rows = append(rows, row)
	}
	return rows, nil
}
