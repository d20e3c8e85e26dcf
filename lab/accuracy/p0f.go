package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// besideP0f compares what the rules on TCP say of hosts with what p0f said of
// the same packets, host by host. p0f tells versions, which are ten years old;
// families are compared.
func (o *options) besideP0f() (string, error) {
	text, err := os.ReadFile(filepath.Join(o.shared, "truth", "p0f.tsv"))
	if err != nil {
		return "", err
	}
	theirs := map[string]map[string]string{} // by capture, then by address
	for _, line := range strings.Split(string(text), "\n") {
		f := strings.Split(line, "\t")
		if len(f) < 5 || f[2] != "syn" && f[2] != "syn+ack" || f[3] != "os" {
			continue
		}
		if theirs[f[0]] == nil {
			theirs[f[0]] = map[string]string{}
		}
		theirs[f[0]][f[1]] = family(f[4])
	}
	var same, silent, there int
	differ := map[[2]string]int{}
	for capture, hosts := range theirs {
		all, err := o.analyze(capture)
		if err != nil {
			return "", err
		}
		for _, d := range all {
			for _, ip := range d.IPs {
				their, ok := hosts[ip]
				if !ok {
					continue
				}
				there++
				ours := d.byTCP()
				switch {
				case len(ours) == 0:
					silent++
				case slices.Contains(ours, their):
					same++
				default:
					differ[[2]string{their, strings.Join(ours, ", ")}]++
				}
			}
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "By how they open TCP connections, p0f 3.09 names the system of %d addresses of devices in %d captures: the same here for %d, nothing for %d",
		there, len(theirs), same, silent)
	for i, pair := range slices.SortedFunc(maps.Keys(differ), func(a, b [2]string) int { return strings.Compare(a[0]+a[1], b[0]+b[1]) }) {
		if i == 0 {
			b.WriteString(", and another for")
		} else {
			b.WriteString(",")
		}
		fmt.Fprintf(&b, " %d (%s, here %s)", differ[pair], pair[0], pair[1])
	}
	return b.String() + ".\n\n", nil
}

// byTCP is the families of systems that rules on TCP guess of a device.
func (d *device) byTCP() (all []string) {
	for _, e := range d.Evidence {
		if e.Attribute == "os" && (strings.HasSuffix(e.Field, ".tcp") || strings.Contains(e.Field, ".tcp.") || strings.HasSuffix(e.Field, ".tcp6")) {
			all = append(all, family(e.Value))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// family is the first word of a system's name, one for all of Apple's.
func family(name string) string {
	if name = strings.ToLower(name); strings.HasPrefix(name, "mac") || strings.HasPrefix(name, "ios ") {
		return "apple"
	}
	word, _, _ := strings.Cut(name, " ")
	return word
}
