package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"tyto/capture"
	"tyto/inventory"
	"tyto/mirror"
	"tyto/tyto"
)

type mirrorCommand struct {
	Interface []string `short:"i" placeholder:"IFACE" help:"Interface with mirrored traffic; may be repeated. Nothing is sent on it."`
	Pcap      []string `type:"path" placeholder:"FILE" help:"Look at capture files or folders instead."`
	choosing
	For    time.Duration `default:"30s" placeholder:"TIME" help:"How long to listen."`
	Format string        `enum:"text,json" default:"text" help:"How to say it: ${enum}."`
}

// Help is what --help adds.
func (mirrorCommand) Help() string {
	return `Examples:
  tyto mirror -i eth1                 listen for half a minute, and say what is heard and what to mend
  tyto mirror -i eth1 --for 5m
  tyto mirror --pcap office.pcap      the same of a capture

Exit status 1 if most of what should be heard is not.`
}

// errMirror is the exit status when something is bad; the report has said what.
var errMirror = errors.New("mirror: not all is well; see above")

// Run listens for a while and says what was heard.
func (m *mirrorCommand) Run(ctx context.Context, s streams, c *commands) error {
	if m.For < time.Second {
		return usageError{fmt.Errorf("mirror: --for %v is too short to hear anything; 30s is the default", m.For)}
	}
	set, err := loadSettings(c.Config)
	if err != nil {
		return err
	}
	w := where{Interface: m.Interface, Pcap: m.Pcap, choosing: m.choosing}
	source, live, err := w.open(&set)
	if err != nil {
		return err
	}
	defer source.Close()
	h := heard{devices: inventory.New(set.Zone, inventory.Config{}), health: map[string]*tyto.Health{}, protocols: map[string]uint64{}}
	listening, stop := ctx, func() {}
	if live {
		fmt.Fprintf(s.err, "Listening for %v; Ctrl-C ends it early.\n", m.For)
		listening, stop = context.WithTimeout(ctx, m.For)
	}
	remark(newLog(s.err, &set), source)
	err = newSensor(&set, source, live).Run(listening, h.learn)
	stop()
	told(s, source)
	if err != nil {
		return err
	}
	return m.tell(s.out, h.report(source.Captures(), live))
}

// heard is what was heard so far.
type heard struct {
	devices   *inventory.Inventory
	health    map[string]*tyto.Health // the latest, by interface
	protocols map[string]uint64       // conversations
}

func (h *heard) learn(events []tyto.Event) error {
	for i := range events {
		e := &events[i]
		switch {
		case e.Health != nil:
			h.health[e.Health.Interface] = e.Health
		case e.Conversation != nil && e.Conversation.Protocol != "":
			h.protocols[e.Conversation.Protocol]++
		}
		h.devices.Learn(e)
	}
	return nil
}

// mirrorReport is what the command says, of all interfaces together where
// nothing else is said.
type mirrorReport struct {
	Interfaces []mirroredInterface `json:"interfaces"`
	Devices    int                 `json:"devices"`
	Networks   []mirroredNetwork   `json:"networks"`
	Protocols  []string            `json:"protocols"` // the most spoken first
}

type mirroredInterface struct {
	Name     string            `json:"name"`
	Link     *mirror.Link      `json:"link,omitempty"`
	Seconds  float64           `json:"seconds"` // between the first packet and the last
	Counters map[string]uint64 `json:"counters"`
	Findings []mirror.Finding  `json:"findings"`
}

type mirroredNetwork struct {
	Prefix    string `json:"prefix"`
	Addresses int    `json:"addresses"`
}

func (h *heard) report(captures []capture.Info, live bool) *mirrorReport {
	r := &mirrorReport{Interfaces: []mirroredInterface{}, Networks: []mirroredNetwork{}}
	for _, c := range captures {
		x := mirroredInterface{Name: c.Name, Counters: map[string]uint64{}, Seconds: time.Duration(c.Last - c.First).Seconds()}
		if told := h.health[c.Name]; told != nil {
			x.Counters = told.Counters
		}
		if live {
			if link, err := mirror.Look(c.Name); err == nil {
				x.Link, x.Findings = &link, link.Findings()
			}
		}
		x.Findings = append(x.Findings, mirror.Findings(x.Counters)...)
		r.Interfaces = append(r.Interfaces, x)
	}
	networks := map[netip.Prefix]int{}
	for d := range h.devices.Outlines() {
		r.Devices++
		for _, i := range d.Interfaces {
			for _, ip := range i.IPs {
				networks[networkOf(ip.IP.Netip())]++
			}
		}
	}
	for _, p := range slices.SortedFunc(maps.Keys(networks), func(a, b netip.Prefix) int {
		if n := networks[b] - networks[a]; n != 0 {
			return n
		}
		return a.Addr().Compare(b.Addr())
	}) {
		r.Networks = append(r.Networks, mirroredNetwork{p.String(), networks[p]})
	}
	r.Protocols = slices.SortedFunc(maps.Keys(h.protocols), func(a, b string) int {
		if n := int(h.protocols[b]) - int(h.protocols[a]); n != 0 {
			return n
		}
		return strings.Compare(a, b)
	})
	return r
}

// networkOf is the usual network of an address: nobody told the real one.
func networkOf(a netip.Addr) netip.Prefix {
	bits := 64
	if a.Is4() {
		bits = 24
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return p
}

func (m *mirrorCommand) tell(out io.Writer, r *mirrorReport) error {
	if m.Format == "json" {
		e := json.NewEncoder(out)
		e.SetIndent("", "  ")
		if err := e.Encode(r); err != nil {
			return err
		}
	} else {
		r.text(out)
	}
	for _, x := range r.Interfaces {
		if slices.ContainsFunc(x.Findings, func(f mirror.Finding) bool { return f.Level == mirror.Bad }) {
			return errMirror
		}
	}
	return nil
}

// mostListed is how many networks and protocols are listed for people.
const mostListed = 12

func (r *mirrorReport) text(out io.Writer) {
	for i := range r.Interfaces {
		r.Interfaces[i].text(out)
	}
	fmt.Fprintf(out, "%d devices", r.Devices)
	var networks []string
	for _, n := range r.Networks[:min(len(r.Networks), mostListed)] {
		networks = append(networks, fmt.Sprintf("%s (%d)", n.Prefix, n.Addresses))
	}
	if len(networks) > 0 {
		fmt.Fprintf(out, " in %s%s", strings.Join(networks, ", "), more(len(r.Networks)))
	}
	if len(r.Protocols) > 0 {
		fmt.Fprintf(out, ", speaking %s%s", strings.Join(r.Protocols[:min(len(r.Protocols), mostListed)], ", "), more(len(r.Protocols)))
	}
	fmt.Fprintln(out, ".")
}

// more says that a list goes on.
func more(n int) string {
	if n <= mostListed {
		return ""
	}
	return fmt.Sprintf(" and %d more", n-mostListed)
}

func (x *mirroredInterface) text(out io.Writer) {
	c := x.Counters
	fmt.Fprintf(out, "%s", x.Name)
	if x.Link != nil {
		fmt.Fprintf(out, " (MTU %d", x.Link.MTU)
		if x.Link.Megabits > 0 {
			fmt.Fprintf(out, ", %d Mbit/s", x.Link.Megabits)
		}
		fmt.Fprint(out, ")")
	}
	fmt.Fprintf(out, ": %d packets, %d bytes", c["packets"], c["bytes"])
	if x.Seconds > 0 {
		fmt.Fprintf(out, " in %.1f s (%.0f packets/s, %.2f Mbit/s)", x.Seconds, float64(c["packets"])/x.Seconds, float64(c["bytes"])*8/1e6/x.Seconds)
	}
	fmt.Fprintf(out, "\n  frames: %d to one receiver, %d broadcast, %d multicast; VLANs: %d\n", c["unicast"], c["broadcast"], c["multicast"], c["vlans"])
	fmt.Fprintf(out, "  TCP: %d conversations heard from both sides, %d from one; %d bytes missing of %d\n",
		c["tcp_two_sided"], c["tcp_one_sided"], c["tcp_bytes_unseen"], c["tcp_bytes_seen"]+c["tcp_bytes_unseen"])
	fmt.Fprintf(out, "  lost here: %d; twice: %d; cut short: %d; malformed: %d\n", c["kernel_drops"], c["duplicates"], c["truncated"], c["malformed"])
	for _, f := range x.Findings {
		fmt.Fprintf(out, "  %-8s %s\n", f.Level, f.Text)
		if f.Remedy != "" {
			fmt.Fprintf(out, "           %s\n", f.Remedy)
		}
	}
}
