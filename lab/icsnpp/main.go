// Command icsnpp compares what `tyto analyze` says of captures with the logs
// that the ICSNPP analyzers of Zeek are expected to write for the same
// captures. Each row of a message log is asked of the document: a request by
// the count of its operation in the conversations of the pair; an answer by the
// request that it answers, or the act that tells of it; a failure by an act
// with that outcome. It prints a table: matched, missing, extra per protocol.
//
// Extra are operations that are counted more often than there are rows.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"text/tabwriter"
)

func main() {
	tyto := flag.String("tyto", "./bin/tyto", "the program to ask")
	pcaps := flag.String("pcaps", "../shared/pcaps", "folder of captures")
	truth := flag.String("truth", "../shared/truth/icsnpp", "folder of logs: ANALYZER/CAPTURE/*.log")
	misses := flag.String("misses", "", "file to write the rows to that are missing or extra")
	flag.Parse()
	if err := run(*tyto, *pcaps, *truth, *misses, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(tyto, pcaps, truth, misses string, out io.Writer) error {
	captures, err := findCaptures(pcaps)
	if err != nil {
		return err
	}
	total := map[string]*score{}
	var notes []string
	for _, a := range analyzers {
		dirs, _ := filepath.Glob(filepath.Join(truth, a.folder, "*"))
		for _, dir := range dirs {
			name := filepath.Base(dir)
			path, ok := captures[name]
			if !ok {
				return fmt.Errorf("icsnpp: there is no capture %s in %s", name, pcaps)
			}
			doc, err := analyze(tyto, path)
			if err != nil {
				return err
			}
			rows, err := a.read(dir)
			if err != nil {
				return err
			}
			s, missed := compare(&a, rows, doc)
			if total[a.name] == nil {
				total[a.name] = &score{}
			}
			total[a.name].add(s)
			for _, m := range missed {
				notes = append(notes, a.name+"\t"+name+"\t"+m)
			}
		}
	}
	if misses != "" {
		if err := os.WriteFile(misses, []byte(strings.Join(notes, "\n")+"\n"), 0o644); err != nil {
			return fmt.Errorf("icsnpp: write misses: %w", err)
		}
	}
	print(out, total)
	return nil
}

func print(out io.Writer, total map[string]*score) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "ICSNPP's rows\trows\tmatched\tmissing\textra\t\t")
	names, sum := []string{}, score{}
	for name := range total {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		sum.add(*total[name])
		line(w, name, *total[name])
	}
	line(w, "all", sum)
	w.Flush()
}

func line(w io.Writer, name string, s score) {
	all := s.matched + s.missing
	fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%.2f %%\t\n", name, all, s.matched, s.missing, s.extra, 100*float64(s.matched)/float64(max(all, 1)))
}

// findCaptures is the captures under a folder, by name without ending.
func findCaptures(root string) (map[string]string, error) {
	found := map[string]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if ext := filepath.Ext(path); err == nil && (ext == ".pcap" || ext == ".pcapng") {
			found[strings.TrimSuffix(filepath.Base(path), ext)] = path
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("icsnpp: look for captures: %w", err)
	}
	return found, nil
}

// A document is what of `tyto analyze --format json` is compared.
type document struct {
	Conversations []struct {
		Client, Server      party
		Transport, Protocol string
		Operations          map[string]int
	}
	Acts []struct {
		Client, Server                       party
		Protocol, Operation, Object, Outcome string
	}
}

type party struct{ MAC, IP string }

func (p party) String() string {
	if p.IP != "" {
		return p.IP
	}
	return p.MAC
}

func analyze(tyto, path string) (*document, error) {
	out, err := exec.Command(tyto, "analyze", "--format", "json", path).Output()
	if err != nil {
		return nil, fmt.Errorf("icsnpp: %s analyze %s: %w; build it with make bin/tyto", tyto, path, err)
	}
	doc := &document{}
	if err := json.Unmarshal(out, doc); err != nil {
		return nil, fmt.Errorf("icsnpp: read the document of %s: %w", path, err)
	}
	return doc, nil
}
