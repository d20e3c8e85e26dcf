package lab

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
)

// A cut is what of a recording shows a protocol, in tshark's filters, and
// how much of it is enough: conversations for each pair of hosts, and packets
// for each conversation.
type cut struct {
	protocol, filter string
	conversations    int
	packets          int
}

var cuts = []cut{
	{"arp", "arp", 1, 4},
	{"cdp", "cdp", 1, 6},
	{"dhcp", "dhcp", 2, 12},
	{"dns", "dns && udp.port == 53", 5, 4},
	{"http", "tcp.port in {80, 1400, 5000, 7676, 8200}", 2, 40},
	{"lldp", "lldp", 1, 3},
	{"llmnr", "llmnr", 2, 6},
	{"mdns", "mdns", 2, 8},
	{"modbus", "tcp.port == 502", 1, 60},
	{"nbns", "nbns", 2, 10},
	{"snmp", "snmp", 2, 60},
	{"ssdp", "ssdp", 1, 8},
	{"ssh", "tcp.port == 22", 1, 40},
	{"tls", "tcp.port in {443, 5001, 8443}", 1, 40},
}

// Cut writes dir/PROTOCOL/lab.pcap for each protocol that the recording
// shows, in whole conversations as far as there is room.
func Cut(file, dir string) error {
	for _, c := range cuts {
		if err := c.write(file, filepath.Join(dir, c.protocol, "lab.pcap")); err != nil {
			return fmt.Errorf("lab: cut %s: %w", c.protocol, err)
		}
	}
	return nil
}

func (c cut) write(file, out string) error {
	lines, err := shark("-r", file, "-Y", c.filter, "-T", "fields", "-e", "frame.number", "-e", "tcp.stream", "-e", "udp.stream", "-e", "eth.src", "-e", "eth.dst", "-e", "tcp.port")
	if err != nil {
		return err
	}
	numbers := c.choose(strings.Split(strings.TrimSpace(lines), "\n"))
	if len(numbers) == 0 {
		return fmt.Errorf("%s shows none", file)
	}
	if err := os.MkdirAll(filepath.Dir(out), 0o755); err != nil {
		return err
	}
	_, err = shark("-r", file, "-Y", "frame.number in {"+strings.Join(numbers, ", ")+"}", "-F", "nsecpcap", "-w", out)
	return err
}

// choose takes the first conversations of each pair of hosts, and the first
// packets of each conversation.
func (c cut) choose(lines []string) (numbers []string) {
	ofPair, ofConversation := map[string]int{}, map[string]int{}
	for _, line := range lines {
		f := strings.Split(line, "\t")
		if len(f) < 6 {
			continue
		}
		pair := []string{f[3], f[4]}
		sort.Strings(pair)
		conversation := f[1] + "/" + f[2] + "/"
		if f[1]+f[2] == "" {
			conversation += f[3]
		}
		if ofConversation[conversation] == 0 {
			key := pair[0] + pair[1] + servicePort(f[5])
			if ofPair[key]++; ofPair[key] > c.conversations {
				ofConversation[conversation] = c.packets
			}
		}
		if ofConversation[conversation]++; ofConversation[conversation] <= c.packets {
			numbers = append(numbers, f[0])
		}
	}
	return numbers
}

// servicePort is the lower of two ports, as text "a,b".
func servicePort(ports string) string {
	a, b, _ := strings.Cut(ports, ",")
	if len(a) < len(b) || len(a) == len(b) && a < b {
		return a
	}
	return b
}

func shark(args ...string) (string, error) {
	out, err := exec.Command("tshark", append([]string{"-n"}, args...)...).Output()
	if err != nil {
		return "", fmt.Errorf("tshark (apt-get install tshark): %w", err)
	}
	return string(out), nil
}
