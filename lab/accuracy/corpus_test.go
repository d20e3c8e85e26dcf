package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tyto/capture"
	"tyto/fingerprint"
	"tyto/inventory"
	"tyto/sensor"
	"tyto/tyto"
)

var update = flag.Bool("update", false, "rewrite the golden file")

// TestRulesOnRecordedTraffic runs every rule over everything in the project's
// own captures. What each concludes of which device is held to a file that a person
// has read, so that no rule claims a product unseen; and where claims about one
// device contradict each other, that must be named, with the reason.
func TestRulesOnRecordedTraffic(t *testing.T) {
	paths, err := filepath.Glob("../../proto/testdata/*/*.pcap*")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no captures: %v", err)
	}
	config, err := standard()
	if err != nil {
		t.Fatal(err)
	}
	var claims, confused []string
	for _, path := range paths {
		name := filepath.ToSlash(strings.TrimPrefix(path, filepath.Clean("../../proto/testdata")+string(filepath.Separator)))
		for _, d := range devicesOf(t, path, config) {
			where := name + "\t" + address(&d)
			for _, c := range d.Evidence {
				if c.Evidence.Protocol == "fingerprint" {
					claims = append(claims, fmt.Sprintf("%s\t%s\t%s\t%s\t%s", where, c.Attr, c.Value, c.Confidence, c.Evidence.Field))
				}
			}
			for _, x := range confusions(d.Evidence) {
				confused = append(confused, where+"\t"+x)
			}
		}
	}
	same(t, "testdata/claims.golden", claims)
	same(t, "testdata/confusions.tsv", confused)
}

func devicesOf(t *testing.T, path string, config inventory.Config) []tyto.Device {
	source, err := capture.OpenFiles([]string{path}, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	v := inventory.New("corpus", config)
	if err := sensor.New(sensor.DefaultConfig(), source).Run(context.Background(), func(events []tyto.Event) error {
		for i := range events {
			v.Learn(&events[i])
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return v.Devices()
}

func address(d *tyto.Device) string {
	i := d.Interfaces[0]
	if i.MAC.IsZero() && len(i.IPs) > 0 {
		return i.IPs[0].IP.String()
	}
	return i.MAC.String()
}

// confusions is, by attribute, the vendors and the types of one device that
// are more than guessed and contradict each other, if a rule is the source of one.
func confusions(claims []tyto.Claim) (out []string) {
	for _, attr := range [...]tyto.Attr{tyto.Vendor, tyto.Type} {
		var sure []tyto.Claim
		var values []string
		for _, c := range claims {
			if c.Attr == attr && c.Confidence >= tyto.Inferred {
				sure, values = append(sure, c), append(values, c.Value)
			}
		}
		if slices.ContainsFunc(sure, func(a tyto.Claim) bool {
			return a.Evidence.Protocol == "fingerprint" && slices.ContainsFunc(sure, func(b tyto.Claim) bool { return contradict(attr, a.Value, b.Value) })
		}) {
			slices.Sort(values)
			out = append(out, attr.String()+"\t"+strings.Join(slices.Compact(values), " | "))
		}
	}
	return out
}

// contradict reports whether two values cannot both be right: vendors that are
// not one with more words, types of different categories.
func contradict(attr tyto.Attr, a, b string) bool {
	if attr == tyto.Vendor {
		return !agrees("vendor", a, b)
	}
	return branch(a) != branch(b)
}

// branch is the category of a type.
func branch(id string) string {
	x, _ := fingerprint.TypeOf(id)
	return x.Category
}

// same holds lines to those of a file; what follows "# " at the end of a line of it is a reason.
func same(t *testing.T, file string, lines []string) {
	t.Helper()
	slices.Sort(lines)
	lines = slices.Compact(lines)
	text, err := os.ReadFile(file)
	if err != nil && !*update {
		t.Fatal(err)
	}
	reasons := map[string]string{}
	for line := range strings.Lines(string(text)) {
		said, why, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t# ")
		reasons[said] = why
	}
	if *update {
		var b strings.Builder
		for _, line := range lines {
			b.WriteString(line)
			if why := reasons[line]; why != "" {
				b.WriteString("\t# " + why)
			}
			b.WriteString("\n")
		}
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	for _, line := range lines {
		if why, ok := reasons[line]; !ok {
			t.Errorf("%s does not have: %s; if it is true, run go test ./lab/accuracy -update", file, line)
		} else if strings.HasSuffix(file, ".tsv") && why == "" {
			t.Errorf("%s: no reason is given for: %s", file, line)
		}
		delete(reasons, line)
	}
	for line := range reasons {
		t.Errorf("%s has, and no rule says: %s", file, line)
	}
}
