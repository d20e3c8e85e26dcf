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
	{"http", "tcp.port in {80, 1400, 5000, 7676, 8200}", 1, 40},
	{"lldp", "lldp", 1, 3},
	{"llmnr", "llmnr", 2, 6},
	{"mdns", "mdns", 2, 8},
	{"modbus", "tcp.port == 502", 1, 60},
	{"nbns", "nbns", 2, 10},
	{"snmp", "snmp", 3, 50},
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
	lines, err := shark("-r", file, "-Y", c.filter, "-T", "fields", "-e", "frame.number", "-e", "eth.src", "-e", "eth.dst", "-e", "tcp.port", "-e", "udp.port")
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
// packets of each conversation. tshark's own numbers of streams will not do:
// it gives the first request and answer of SNMP two.
func (c cut) choose(lines []string) (numbers []string) {
	ofService, ofConversation := map[string]int{}, map[string]int{}
	for _, line := range lines {
		f := strings.Split(line, "\t")
		if len(f) < 5 {
			continue
		}
		macs := f[1:3]
		ports := strings.Split(f[3]+f[4], ",")
		sort.Strings(macs)
		sort.Slice(ports, func(i, j int) bool {
			return len(ports[i]) < len(ports[j]) || len(ports[i]) == len(ports[j]) && ports[i] < ports[j]
		})
		service := strings.Join(macs, "-") + "/" + ports[0]
		conversation := service + "-" + ports[len(ports)-1]
		if ofConversation[conversation] == 0 {
			if ofService[service]++; ofService[service] > c.conversations {
				ofConversation[conversation] = c.packets
			}
		}
		if ofConversation[conversation]++; ofConversation[conversation] <= c.packets {
			numbers = append(numbers, f[0])
		}
	}
	return numbers
}

func shark(args ...string) (string, error) {
	out, err := exec.Command("tshark", append([]string{"-n"}, args...)...).Output()
	if err != nil {
		return "", fmt.Errorf("tshark (apt-get install tshark): %w", err)
	}
	return string(out), nil
}
