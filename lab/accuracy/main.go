// Command accuracy compares what tyto makes of captures with devices that people know:
// recall and precision of each attribute, types that were taken for others, and how often
// evidence of each confidence is right. It writes the tables between two marks of a
// Markdown file.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	var o options
	flag.StringVar(&o.tyto, "tyto", "./bin/tyto", "the program")
	flag.StringVar(&o.shared, "shared", "../shared", "the folder with pcaps and truth")
	flag.StringVar(&o.scores, "scores", "", "JSON of the score of captures, to be told too")
	flag.StringVar(&o.out, "o", "", "the Markdown file between whose marks the tables go")
	flag.Parse()
	if err := o.run(); err != nil {
		fmt.Fprintln(os.Stderr, "accuracy:", err)
		os.Exit(1)
	}
}

type options struct{ tyto, shared, scores, out string }

// An expected device is one that a person knows.
type expected struct {
	Capture  string            `json:"capture"`
	MAC      string            `json:"mac"`
	IP       string            `json:"ip"`
	Expected map[string]string `json:"expected"`
}

// A device is what the document says of one, as far as it is compared.
type device struct {
	Category  string   `json:"category"`
	Type      string   `json:"type"`
	Vendor    string   `json:"vendor"`
	Model     string   `json:"model"`
	OS        string   `json:"os"`
	Firmware  string   `json:"firmware"`
	Serial    string   `json:"serial"`
	Hostname  string   `json:"hostname"`
	Hostnames []string `json:"hostnames"`
	MACs      []string `json:"macs"`
	IPs       []string `json:"ips"`
	Evidence  []struct {
		Attribute, Value, Confidence, Protocol, Field string
	} `json:"evidence"`
}

func (d *device) value(attr string) string {
	return map[string]string{"category": d.Category, "type": d.Type, "vendor": d.Vendor, "model": d.Model, "os": d.OS, "firmware": d.Firmware,
		"serial": d.Serial, "hostname": d.Hostname}[attr]
}

var attributes = []string{"category", "type", "vendor", "model", "os", "firmware", "serial", "hostname"}

func (o *options) run() error {
	want, err := o.wanted()
	if err != nil {
		return err
	}
	t := newTally()
	documents := map[string][]device{}
	for _, w := range want {
		all, known := documents[w.Capture]
		if !known {
			if all, err = o.analyze(w.Capture); err != nil {
				return err
			}
			documents[w.Capture] = all
		}
		t.add(&w, find(all, &w))
	}
	beside, err := o.besideP0f()
	if err != nil {
		return err
	}
	banners, err := o.besideRecog()
	if err != nil {
		return err
	}
	text := t.tables(len(documents)) + beside + banners
	if o.scores != "" {
		scores, err := captures(o.scores)
		if err != nil {
			return err
		}
		text = scores + text
	}
	fmt.Print(text)
	if o.out == "" {
		return nil
	}
	return put(o.out, text)
}

// wanted is the devices known by hand, and those that the makers of data sets labelled.
func (o *options) wanted() (all []expected, err error) {
	b, err := os.ReadFile(filepath.Join(o.shared, "truth", "devices.json"))
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(b, &all); err != nil {
		return nil, err
	}
	b, err = os.ReadFile(filepath.Join(o.shared, "truth", "dataset_devices.tsv"))
	if err != nil {
		return nil, err
	}
	byHand := map[string]bool{}
	for _, w := range all {
		byHand[w.Capture+w.MAC] = true
	}
	for i, line := range strings.Split(strings.TrimSpace(string(b)), "\n") {
		f := strings.Split(line, "\t")
		if i == 0 || len(f) < 4 || byHand[f[0]+f[1]] {
			continue
		}
		if is, ok := labels[f[3]]; ok {
			all = append(all, expected{f[0], f[1], f[2], is})
		}
	}
	return all, nil
}

// labels is what the labels of IoT Sentinel's captures are, by the vendors' own pages.
var labels = map[string]map[string]string{
	"Aria":              {"category": "IoT", "type": "scale", "vendor": "Fitbit"},
	"D-LinkCam":         {"category": "IoT", "type": "camera", "vendor": "D-Link"},
	"D-LinkHomeHub":     {"category": "IoT", "type": "smart home hub", "vendor": "D-Link"},
	"D-LinkSensor":      {"category": "IoT", "type": "motion sensor", "vendor": "D-Link"},
	"EdimaxCam1":        {"category": "IoT", "type": "camera", "vendor": "Edimax"},
	"EdimaxPlug1101W":   {"category": "IoT", "type": "smart plug", "vendor": "Edimax"},
	"EdnetGateway":      {"category": "IoT", "type": "smart home hub", "vendor": "ednet"},
	"HueBridge":         {"category": "IoT", "type": "lighting bridge", "vendor": "Philips"},
	"MAXGateway":        {"category": "IoT", "type": "smart home hub", "vendor": "eQ-3"},
	"TP-LinkPlugHS110":  {"category": "IoT", "type": "smart plug", "vendor": "TP-Link"},
	"WeMoInsightSwitch": {"category": "IoT", "type": "smart plug", "vendor": "Belkin"},
	"WeMoLink":          {"category": "IoT", "type": "smart home hub", "vendor": "Belkin"},
	"iKettle2":          {"category": "IoT", "type": "kettle", "vendor": "Smarter"},
}

func (o *options) analyze(capture string) ([]device, error) {
	c := exec.Command(o.tyto, "analyze", "--format", "json", "--quiet", filepath.Join(o.shared, "pcaps", capture))
	out, err := c.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", capture, err)
	}
	var document struct{ Devices []device }
	return document.Devices, json.Unmarshal(out, &document)
}

func find(all []device, w *expected) *device {
	for i := range all {
		if w.MAC != "" && slices.Contains(all[i].MACs, strings.ToLower(w.MAC)) {
			return &all[i]
		}
	}
	for i := range all {
		if w.IP != "" && slices.Contains(all[i].IPs, w.IP) {
			return &all[i]
		}
	}
	return nil
}

// The marks between which the tables go.
const begin, end = "<!-- measured by make accuracy -->", "<!-- end of what is measured -->"

func put(file, text string) error {
	b, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	from, to := bytes.Index(b, []byte(begin)), bytes.Index(b, []byte(end))
	if from < 0 || to < from {
		return errors.New(file + ": the marks for the tables are not there: " + begin)
	}
	out := slices.Concat(b[:from], []byte(begin+"\n\n"+text), b[to:])
	return os.WriteFile(file, out, 0o644)
}
