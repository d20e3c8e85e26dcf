package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/csv"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"tyto/capture"
	"tyto/fingerprint"
	"tyto/inventory"
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

// explain prints each belief, what speaks for it, and what was believed less.
func explain(s streams, d *tyto.Device) {
	fmt.Fprintf(s.out, "%s\n", d.ID)
	for a := tyto.NoAttr + 1; a <= tyto.Protection; a++ {
		b, ok := d.Beliefs[a]
		if !ok {
			continue
		}
		fmt.Fprintf(s.out, "%s: %s (%s)\n", a, safe(b.Value), b.Confidence)
		for _, e := range d.Evidence {
			if e.Attr == a {
				fmt.Fprintf(s.out, "  %s\t%s\t%s %s\tframe %d\n", safe(e.Value), e.Confidence, e.Evidence.Protocol, e.Evidence.Field, e.Evidence.Packet)
			}
		}
	}
}

// safe is text of the network without what moves a terminal's cursor.
func safe(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return '·'
		}
		return r
	}, text)
}

type fingerprintImport struct {
	Format string `arg:"" enum:"recog,csv" help:"recog (XML) or csv."`
	File   string `arg:"" type:"existingfile" help:"What is imported. You must be allowed to use it."`
	Output string `short:"o" type:"path" placeholder:"FILE" help:"Write the rules there instead of to standard output."`
	Pack   string `placeholder:"NAME" help:"Name of the pack; else the file's."`
}

// Help is what --help adds.
func (fingerprintImport) Help() string {
	return `Examples:
  tyto fingerprint import recog http_servers.xml -o mine/http.yaml
  tyto fingerprint import csv assets.csv -o mine/assets.yaml

The columns of a table are field and value, and as they are wanted match (exact, prefix, suffix, domain, glob, regex), class
(A to E), example, and attributes: vendor, type, model, os, firmware, … What cannot be a rule is left out and counted.`
}

var packName = regexp.MustCompile(`[^a-z0-9_-]+`)

// Run imports.
func (f *fingerprintImport) Run(s streams) error {
	text, err := os.ReadFile(f.File)
	if err != nil {
		return usageError{fmt.Errorf("fingerprint: %w", err)}
	}
	pack := f.Pack
	if pack == "" {
		pack = strings.TrimSuffix(filepath.Base(f.File), filepath.Ext(f.File))
	}
	pack = strings.Trim(packName.ReplaceAllString(strings.ToLower(pack), "-"), "-")
	var made fingerprint.Import
	if f.Format == "recog" {
		made, err = fingerprint.ImportRecog(text, pack)
	} else {
		r := csv.NewReader(strings.NewReader(string(text)))
		r.FieldsPerRecord = -1
		rows, e := r.ReadAll()
		if e != nil {
			return fmt.Errorf("fingerprint: %s: %w", f.File, e)
		}
		made, err = fingerprint.ImportCSV(rows, pack)
	}
	for _, reason := range slices.Sorted(mapKeys(made.LeftOut)) {
		fmt.Fprintf(s.err, "left out: %d, as %s\n", made.LeftOut[reason], reason)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(s.err, "%d rules\n", made.Rules)
	if f.Output == "" {
		_, err = s.out.Write(made.YAML)
		return err
	}
	return os.WriteFile(f.Output, made.YAML, 0o644)
}

func mapKeys(m map[string]int) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

type fingerprintSign struct {
	Folder  string `arg:"" type:"existingdir" help:"Folder of the pack."`
	Key     string `required:"" type:"path" placeholder:"FILE" help:"Private key; made if there is none."`
	Name    string `placeholder:"NAME" help:"Name of the pack; else the folder's."`
	Version string `required:"" placeholder:"VERSION" help:"Version of the pack, such as 2026.11.1."`
}

// Help is what --help adds.
func (fingerprintSign) Help() string {
	return `Example:
  tyto fingerprint sign rules/ --key signing.pem --version 2026.11.1

Writes pack.json beside the rules, and prints the public key: those who are to use the pack put it under fingerprints.trust.`
}

// Run signs.
func (f *fingerprintSign) Run(s streams) error {
	key, err := signingKey(f.Key)
	if err != nil {
		return err
	}
	name := f.Name
	if name == "" {
		whole, err := filepath.Abs(f.Folder)
		if err != nil {
			return err
		}
		name = filepath.Base(whole)
	}
	b, err := fingerprint.Sign(os.DirFS(f.Folder), name, f.Version, key)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(f.Folder, fingerprint.Manifest), b, 0o644); err != nil {
		return err
	}
	_, err = fmt.Fprintln(s.out, fingerprint.KeyText(key.Public().(ed25519.PublicKey)))
	return err
}

const keyKind = "TYTO FINGERPRINT SIGNING KEY"

// signingKey reads a private key, or makes one that only its owner can read.
func signingKey(file string) (ed25519.PrivateKey, error) {
	b, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		_, key, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			return nil, err
		}
		return key, os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: keyKind, Bytes: key.Seed()}), 0o600)
	}
	if err != nil {
		return nil, usageError{fmt.Errorf("fingerprint: %w", err)}
	}
	block, _ := pem.Decode(b)
	if block == nil || block.Type != keyKind || len(block.Bytes) != ed25519.SeedSize {
		return nil, usageError{fmt.Errorf("fingerprint: %s is no key that 'tyto fingerprint sign' made; name another file", file)}
	}
	return ed25519.NewKeyFromSeed(block.Bytes), nil
}

type fingerprintVerify struct {
	Folder string   `arg:"" type:"existingdir" help:"Folder of the pack."`
	Trust  []string `required:"" placeholder:"KEY" help:"Public key that may have signed it."`
}

// Help is what --help adds.
func (fingerprintVerify) Help() string {
	return `Example:
  tyto fingerprint verify rules/ --trust 'kq0s1Hx3Xc0G0V9b1tW6v3yq3m4mD6E0Oq7Lw8bPp1Q='`
}

// Run verifies.
func (f *fingerprintVerify) Run(s streams) error {
	var trusted []ed25519.PublicKey
	for _, text := range f.Trust {
		k, err := fingerprint.ParseKey(text)
		if err != nil {
			return usageError{err}
		}
		trusted = append(trusted, k)
	}
	p, err := fingerprint.OpenPack(os.DirFS(f.Folder), filepath.Base(f.Folder), trusted, false)
	if err != nil {
		return err
	}
	r, err := fingerprint.Compile(p.Texts)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "%s %s: %d rules, signed by %s\n", p.Name, p.Version, r.Len(), p.Signer)
	return err
}
