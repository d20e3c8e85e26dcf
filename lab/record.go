package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"time"
)

// Record brings the lab up, writes what the mirror port shows into a capture
// file, and removes the lab again, also when ctx ends early.
func Record(ctx context.Context, hosts []*Host, file string, long time.Duration, log io.Writer) error {
	file, err := filepath.Abs(file)
	if err != nil {
		return fmt.Errorf("lab: %w", err)
	}
	var stop func() error
	if _, err := Up(ctx, hosts, log, func(b *Box) (err error) {
		stop, err = b.Listen(file)
		return err
	}); err != nil {
		return err
	}
	fmt.Fprintf(log, "lab: recording into %s for %s\n", file, long)
	pause(ctx, long)
	return errors.Join(stop(), Down())
}

// List writes the hosts, and whether they are up, as a table.
func List(w io.Writer, hosts []*Host) error {
	all, err := traces()
	if err != nil && !errors.Is(err, os.ErrPermission) {
		return err
	}
	up := map[string]bool{}
	for _, t := range all {
		up[t.Host] = up[t.Host] || t.alive()
	}
	for _, h := range hosts {
		state := "down"
		if up[h.Name] {
			state = "up"
		}
		p := h.Ports[0]
		addr := strings.Join(p.Addrs, " ")
		if addr == "" {
			addr, _, _ = strings.Cut(p.DHCP, " ")
		}
		if _, err := fmt.Fprintf(w, "%-5s %-16s %-20s %s  %s\n", state, h.Name, h.Kind, p.MAC, addr); err != nil {
			return fmt.Errorf("lab: %w", err)
		}
	}
	return nil
}

// cuts is what of a recording shows each protocol, in tshark's filters.
var cuts = map[string]string{
	"arp": "arp", "dhcp": "dhcp", "dns": "dns && udp.port == 53", "mdns": "mdns", "llmnr": "llmnr",
	"nbns": "nbns", "ssdp": "ssdp", "lldp": "lldp", "cdp": "cdp", "snmp": "snmp",
	"http":   "tcp.port in {80, 1400, 5000, 7676, 8200} && tcp.stream < %d",
	"tls":    "tcp.port in {443, 5001, 8443} && tcp.stream < %d",
	"ssh":    "tcp.port == 22 && tcp.stream < %d",
	"modbus": "tcp.port == 502 && tcp.stream < %d",
}

// most is how many packets of a protocol a cut keeps.
var most = map[string]int{"arp": 120, "dns": 160, "mdns": 160, "snmp": 200, "nbns": 120, "http": 260, "tls": 200, "ssh": 160, "modbus": 300, "ssdp": 160, "lldp": 60, "cdp": 20}

// Cut writes dir/PROTOCOL/lab.pcap for each protocol that the recording holds.
func Cut(file, dir string) error {
	names := make([]string, 0, len(cuts))
	for name := range cuts {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		filter := strings.ReplaceAll(cuts[name], "tcp.stream < %d", "tcp")
		out := filepath.Join(dir, name, "lab.pcap")
		if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
			return fmt.Errorf("lab: cut: %w", err)
		}
		args := []string{"-r", file, "-Y", filter, "-w", out, "-F", "nsecpcap"}
		if text, err := exec.Command("tshark", args...).CombinedOutput(); err != nil {
			return fmt.Errorf("lab: cut: tshark (apt-get install tshark): %s: %w", text, err)
		}
	}
	return nil
}
