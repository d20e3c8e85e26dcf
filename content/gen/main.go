// Command gen rebuilds the vendor tables under content/data from their sources: the npm
// package oui-data, Debian's libwireshark-data, and tshark's value strings. Of these it
// takes facts only: numbers, and the names that their registries give them.
//
//	cd content && go generate
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

const ouiPackage, ouiVersion = "oui-data", "2.1.9"

func main() {
	log.SetFlags(0)
	wireshark := flag.String("wireshark", "/usr/share/wireshark", "where libwireshark-data is installed")
	flag.Parse()
	if err := run(*wireshark); err != nil {
		log.Fatal("gen: ", err)
	}
}

func run(wireshark string) error {
	if err := prefixes(wireshark); err != nil {
		return err
	}
	if err := enterprises(filepath.Join(wireshark, "enterprises.tsv")); err != nil {
		return err
	}
	return values()
}

// prefixes writes data/oui.bin.
func prefixes(wireshark string) error {
	names, date, err := fetchPrefixes()
	if err != nil {
		return err
	}
	if err := fillIn(names, filepath.Join(wireshark, "manuf")); err != nil {
		return err
	}
	head := header{name: "prefixes of MAC addresses (IEEE MA-L, MA-M, MA-S)", source: "npm " + ouiPackage + "; IAB from Debian libwireshark-data",
		version: ouiVersion, date: date, rows: len(names), licence: "facts of the public IEEE registries; package BSD-2-Clause"}
	return write("data/oui.bin", head, packPrefixes(names))
}

// fetchPrefixes is the registrants by prefix in hexadecimal: 6, 7 or 9 digits.
func fetchPrefixes() (names map[string]string, date string, err error) {
	dir, err := os.MkdirTemp("", "oui")
	if err != nil {
		return nil, "", err
	}
	defer os.RemoveAll(dir)
	if _, err := output(dir, "npm", "pack", "--silent", ouiPackage+"@"+ouiVersion); err != nil {
		return nil, "", err
	}
	if _, err := output(dir, "tar", "xzf", ouiPackage+"-"+ouiVersion+".tgz"); err != nil {
		return nil, "", err
	}
	text, err := os.ReadFile(filepath.Join(dir, "package", "index.json"))
	if err != nil {
		return nil, "", err
	}
	var rows map[string]string
	if err := json.Unmarshal(text, &rows); err != nil {
		return nil, "", err
	}
	names = map[string]string{}
	for prefix, row := range rows {
		name, _, _ := strings.Cut(row, "\n") // the address of the registrant follows
		if name = clean(name); name != "" && name != "Private" && name != "IEEE Registration Authority" {
			names[prefix] = name
		}
	}
	for prefix, name := range localPrefixes {
		names[prefix] = name
	}
	times, err := output(dir, "npm", "view", "--json", ouiPackage, "time")
	if err != nil {
		return nil, "", err
	}
	var published map[string]string
	if err := json.Unmarshal(times, &published); err != nil {
		return nil, "", err
	}
	return names, published[ouiVersion][:10], nil
}

// localPrefixes is well-known use of locally administered addresses, which no registry has.
var localPrefixes = map[string]string{"525400": "QEMU"}

// fillIn adds the prefixes of 36 bits that only the second source has: the IAB registry,
// which IEEE closed in 2014 and oui-data leaves out. It tells how far the two agree.
func fillIn(names map[string]string, manuf string) error {
	text, err := os.ReadFile(manuf)
	if err != nil {
		return fmt.Errorf("%w; install libwireshark-data", err)
	}
	same, added, missing := 0, 0, 0
	for line := range strings.Lines(string(text)) {
		f := strings.Split(strings.TrimSpace(line), "\t")
		if strings.HasPrefix(line, "#") || len(f) < 3 {
			continue
		}
		digits, bits, cut := strings.Cut(strings.ReplaceAll(strings.TrimSpace(f[0]), ":", ""), "/")
		n := 6
		if cut {
			b, _ := strconv.Atoi(bits)
			n = b / 4
		}
		if len(digits) < n || n < 6 {
			continue
		}
		switch _, ok := names[digits[:n]]; {
		case ok:
			same++
		case n == 9 && clean(f[2]) != "Private":
			names[digits[:n]] = clean(f[2])
			added++
		default:
			missing++
		}
	}
	log.Printf("prefixes: %d; %s confirms %d, adds %d, and has %d that are private or were given back", len(names), manuf, same, added, missing)
	return nil
}

var (
	updated = regexp.MustCompile(`last updated ([0-9-]{10})`)
	link    = regexp.MustCompile(`\s*\((https?:|formerly|previously|was )[^)]*\)`)
)

// enterprises writes data/enterprises.bin.
func enterprises(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("%w; install libwireshark-data", err)
	}
	date, names := "", map[uint32]string{}
	for line := range strings.Lines(string(text)) {
		if m := updated.FindStringSubmatch(line); m != nil {
			date = m[1]
		}
		number, name, ok := strings.Cut(strings.TrimSpace(line), "\t")
		n, err := strconv.ParseUint(number, 10, 32)
		name = clean(link.ReplaceAllString(name, ""))
		if !ok || err != nil || name == "" || name == "Reserved" || name == "Unassigned" || strings.HasPrefix(name, "---") {
			continue
		}
		names[uint32(n)] = name
	}
	version, err := wiresharkVersion()
	if err != nil {
		return err
	}
	head := header{name: "private enterprise numbers (IANA)", source: "Debian libwireshark-data, enterprises.tsv", version: version,
		date: date, rows: len(names), licence: "facts of the public IANA registry"}
	return write("data/enterprises.bin", head, packNumbers(names))
}

// values writes the tables that tshark has built in.
func values() error {
	text, err := output(".", "tshark", "-G", "values")
	if err != nil {
		return fmt.Errorf("%w; install tshark", err)
	}
	version, err := wiresharkVersion()
	if err != nil {
		return err
	}
	for _, t := range []struct{ field, file, name, licence string }{
		{"bacapp.vendor_identifier", "bacnet-vendors.bin", "BACnet vendor identifiers (ASHRAE)", "facts of the public ASHRAE list"},
		{"cip.id.vendor_id", "cip-vendors.bin", "CIP vendor identifiers (ODVA)", "facts of the ODVA list"},
		{"cip.id.device_type", "cip-types.bin", "CIP device types (ODVA)", "facts of the CIP specification"},
	} {
		names := valuesOf(text, t.field)
		if len(names) == 0 {
			return fmt.Errorf("tshark has no values for %s", t.field)
		}
		head := header{name: t.name, source: "tshark -G values, " + t.field, version: version, date: wiresharkDate(), rows: len(names), licence: t.licence}
		if err := write("data/"+t.file, head, packNumbers(names)); err != nil {
			return err
		}
	}
	return nil
}

func valuesOf(text []byte, field string) map[uint32]string {
	names := map[uint32]string{}
	for line := range bytes.Lines(text) {
		f := strings.Split(strings.TrimSpace(string(line)), "\t")
		if len(f) != 4 || f[0] != "V" || f[1] != field {
			continue
		}
		n, err := strconv.ParseUint(f[2], 0, 32)
		if name := clean(f[3]); err == nil && name != "" && !strings.HasPrefix(name, "Reserved") {
			names[uint32(n)] = name
		}
	}
	return names
}

func wiresharkVersion() (string, error) {
	out, err := output(".", "tshark", "--version")
	if err != nil {
		return "", err
	}
	m := regexp.MustCompile(`\d+\.\d+\.\d+`).Find(out)
	return string(m), nil
}

// wiresharkDate is when tshark's tables were made: the day its data files were.
func wiresharkDate() string {
	info, err := os.Stat("/usr/share/wireshark/manuf")
	if err != nil {
		return ""
	}
	return info.ModTime().UTC().Format("2006-01-02")
}

func output(dir, name string, args ...string) ([]byte, error) {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	var errors bytes.Buffer
	cmd.Stderr = &errors
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %s", name, err, bytes.TrimSpace(errors.Bytes()))
	}
	return out, nil
}

// clean is name without stray blanks and control characters, at most 120 bytes long.
func clean(name string) string {
	name = strings.ToValidUTF8(name, "")
	name = strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, name)
	name = strings.Join(strings.Fields(name), " ")
	for len(name) > 120 {
		name = name[:strings.LastIndexByte(name[:121], ' ')+1]
		name = strings.TrimSpace(name)
	}
	return name
}
