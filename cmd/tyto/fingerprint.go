package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"tyto/capture"
	"tyto/fingerprint"
	"tyto/inventory"
	"tyto/outbound"
	"tyto/tyto"
)

type fingerprintCommand struct {
	Test    fingerprintTest    `cmd:"" help:"Hold rules to their tests, to each other, and to captures."`
	Explain fingerprintExplain `cmd:"" help:"Say what follows from facts, or why a device is what it is."`
	Import  fingerprintImport  `cmd:"" help:"Make rules of recog's XML, or of a table (CSV)."`
	Sign    fingerprintSign    `cmd:"" help:"Sign a pack of rules."`
	Verify  fingerprintVerify  `cmd:"" help:"Check the signature of a pack."`
}

// texts reads files of rules, and folders of them.
func texts(paths []string) (all []fingerprint.Text, err error) {
	for _, p := range paths {
		info, err := os.Stat(p)
		if err != nil {
			return nil, usageError{fmt.Errorf("fingerprint: %w", err)}
		}
		if info.IsDir() {
			some, err := fingerprint.Texts(os.DirFS(p))
			if err != nil {
				return nil, err
			}
			for _, t := range some {
				all = append(all, fingerprint.Text{Name: filepath.Join(p, t.Name), YAML: t.YAML})
			}
			continue
		}
		b, err := os.ReadFile(p)
		if err != nil {
			return nil, usageError{fmt.Errorf("fingerprint: %w", err)}
		}
		all = append(all, fingerprint.Text{Name: p, YAML: b})
	}
	return all, nil
}

type fingerprintTest struct {
	Files   []string `arg:"" name:"file" type:"path" help:"Files of rules, or folders of them."`
	Against []string `type:"path" placeholder:"FILE" help:"Captures, or folders of them: says what each rule makes of them."`
	Alone   bool     `help:"Without the rules that ship with the program."`
}

// Help is what --help adds.
func (fingerprintTest) Help() string {
	return `Examples:
  tyto fingerprint test rules/                          every rule against its own tests, and against all others
  tyto fingerprint test mine.yaml --against captures/   and what it concludes in captures: look for what is wrong there

Exit status 1 if a test fails or two rules contradict each other.`
}

// Run tests rules.
func (f *fingerprintTest) Run(ctx context.Context, s streams) error {
	mine, err := texts(f.Files)
	if err != nil {
		return err
	}
	own, err := fingerprint.Compile(mine)
	if err != nil {
		return err
	}
	all := own
	if !f.Alone {
		if all, err = inventory.StandardRules(mine); err != nil {
			return err
		}
	}
	problems := own.Test()
	for _, c := range all.Conflicts() {
		if own.Has(c.Rule) {
			problems = append(problems, fmt.Errorf("%q: %s says %s %s, %s says %s with the same class", c.Value, c.Rule, c.Attr, c.Has, c.Other, c.Says))
		}
	}
	for _, p := range problems {
		fmt.Fprintln(s.out, p)
	}
	if err := against(ctx, s, f.Against, own); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%d rules, %d problems\n", own.Len(), len(problems))
	if len(problems) > 0 {
		return errors.New("fingerprint: the rules do not hold")
	}
	return nil
}

// against prints what rules make of what is in captures, each conclusion once.
func against(ctx context.Context, s streams, captures []string, rules *fingerprint.Rules) error {
	if len(captures) == 0 {
		return nil
	}
	source, err := capture.OpenFiles(captures, capture.Options{})
	if err != nil {
		return usageError{fmt.Errorf("fingerprint: %w", err)}
	}
	defer source.Close()
	set := defaultSettings()
	told := map[string]int{}
	a := analyzeCommand{Format: "events", Workers: 1}
	err = a.sensor(set, source, newProgress(s.err, true)).Run(ctx, func(events []tyto.Event) error {
		for i := range events {
			o := events[i].Observation
			if o == nil {
				continue
			}
			for _, c := range rules.Match(*o, nil) {
				told[fmt.Sprintf("%s\t%s\t%s\t%s %q", c.RuleID, c.Attr, c.Value, o.Evidence.Field, o.Value)]++
			}
		}
		return nil
	})
	lines := make([]string, 0, len(told))
	for line, n := range told {
		lines = append(lines, fmt.Sprintf("%s\t%d times", line, n))
	}
	slices.Sort(lines)
	for _, line := range lines {
		fmt.Fprintln(s.out, line)
	}
	return err
}

type fingerprintExplain struct {
	What  []string `arg:"" name:"what" help:"FIELD=VALUE, such as dhcp.option.hostname=SEP001122334455; or, with --in, a device: its id, MAC or IP address, or name."`
	In    []string `type:"path" placeholder:"FILE" help:"Captures in which the device is."`
	Rules []string `type:"path" placeholder:"FILE" help:"More rules."`
}

// Help is what --help adds.
func (fingerprintExplain) Help() string {
	return `Examples:
  tyto fingerprint explain 'dhcp.option.vendor_class_id=AXIS,Network Camera,M3045-V,8.40.1'
  tyto fingerprint explain http.server=lighttpd nic_vendor=Axis        facts together, for rules with conditions
  tyto fingerprint explain 10.0.0.5 --in office.pcap                   why a device is what it is`
}

// Run explains.
func (f *fingerprintExplain) Run(ctx context.Context, s streams, c *commands) error {
	more, err := texts(f.Rules)
	if err != nil {
		return err
	}
	if len(f.In) > 0 {
		return f.device(ctx, s, c, more)
	}
	rules, err := inventory.StandardRules(more)
	if err != nil {
		return err
	}
	known, facts := fingerprint.Facts{}, []tyto.Observation{}
	for _, w := range f.What {
		field, value, ok := strings.Cut(w, "=")
		if !ok || !fingerprint.KnownField(field) {
			return usageError{fmt.Errorf("fingerprint: %q is no FIELD=VALUE of a field that sensors tell; for a device name captures with --in", w)}
		}
		o := tyto.Observation{Value: value, Evidence: tyto.Evidence{Field: field}}
		if a, ok := tyto.ParseAttr(field); ok {
			o.Attr = a
			known[a] = append(known[a], value)
		}
		facts = append(facts, o)
	}
	found := 0
	for range 2 { // conclusions are conditions of others
		found = 0
		for _, o := range facts {
			for _, c := range rules.Match(o, known) {
				found++
				known[c.Attr] = append(known[c.Attr], c.Value)
			}
		}
	}
	for _, o := range facts {
		for _, c := range rules.Match(o, known) {
			fmt.Fprintf(s.out, "%s\t%s\t%s\t%s\n", c.Attr, c.Value, c.Confidence, c.RuleID)
		}
	}
	if found == 0 {
		fmt.Fprintln(s.out, "nothing follows")
	}
	return nil
}

// device says why a device in captures is what it is.
func (f *fingerprintExplain) device(ctx context.Context, s streams, c *commands, more []fingerprint.Text) error {
	source, err := capture.OpenFiles(f.In, capture.Options{})
	if err != nil {
		return usageError{fmt.Errorf("fingerprint: %w", err)}
	}
	defer source.Close()
	known, err := inventory.Standard(more...)
	if err != nil {
		return err
	}
	set, err := loadSettings(c.Config)
	if err != nil {
		return err
	}
	devices := inventory.New(set.Zone, known)
	a := analyzeCommand{Workers: 1}
	err = a.sensor(set, source, newProgress(s.err, true)).Run(ctx, func(events []tyto.Event) error {
		for i := range events {
			devices.Learn(&events[i])
		}
		return nil
	})
	if err != nil {
		return err
	}
	found := false
	for d := range devices.All() {
		if slices.ContainsFunc(f.What, func(w string) bool { return isCalled(d, w) }) {
			found = true
			explain(s, d)
		}
	}
	if !found {
		return fmt.Errorf("fingerprint: no device is called %s; tyto analyze lists them", strings.Join(f.What, ", "))
	}
	return nil
}

func isCalled(d *tyto.Device, name string) bool {
	if d.ID == name || strings.EqualFold(d.Value(tyto.Hostname), name) {
		return true
	}
	return slices.ContainsFunc(d.Interfaces, func(i tyto.Interface) bool {
		return strings.EqualFold(i.MAC.String(), name) || slices.ContainsFunc(i.IPs, func(a tyto.IPInterval) bool { return a.IP.String() == name })
	})
}

// longestShown is the most bytes of a value of the network that are shown.
const longestShown = 4096

// explain prints each belief, what speaks for it, and what was believed less.
func explain(s streams, d *tyto.Device) {
	fmt.Fprintf(s.out, "%s\n", d.ID)
	for a := tyto.NoAttr + 1; a <= tyto.Protection; a++ {
		b, ok := d.Beliefs[a]
		if !ok {
			continue
		}
		fmt.Fprintf(s.out, "%s: %s (%s)\n", a, outbound.OneLine(b.Value, longestShown), b.Confidence)
		for _, e := range d.Evidence {
			if e.Attr == a {
				fmt.Fprintf(s.out, "  %s\t%s\t%s %s\tframe %d\n", outbound.OneLine(e.Value, longestShown), e.Confidence, e.Evidence.Protocol, e.Evidence.Field, e.Evidence.Packet)
			}
		}
	}
}
