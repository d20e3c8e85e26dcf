// Package lab is a real network in a box, for tests, demonstrations and
// load: hosts in network namespaces of their own on one bridge, real programs
// on them, and a mirror port on which a sensor listens. It also generates the
// traffic of any number of devices from a seed.
//
// Everything that the lab starts lives in namespaces named tyto-…, with
// private views of /etc, /var, /run, /tmp and /root, and is recorded in the
// state folder before it is let go; Down removes what is recorded there, and
// nothing else. The machine's own interfaces and files are never touched.
package lab

import (
	"fmt"
	"strings"
)

// A Host is one machine of the lab.
type Host struct {
	Name  string            `json:"name"` // its namespace is tyto-<Name>
	Kind  string            `json:"kind"` // what it plays, for people: "IP camera"
	Ports []Port            `json:"ports"`
	Jobs  []Job             `json:"jobs"`
	Files map[string]string `json:"files"` // by absolute path, in the host's own view
	Tune  []string          `json:"tune"`  // sysctls, "net.ipv4.ip_forward=1"
	// Plug is when it is plugged in, in seconds after the lab is up.
	Plug float64 `json:"plug"`
}

// A Port is one interface of a host.
type Port struct {
	Name    string   `json:"name"` // "eth0"
	MAC     string   `json:"mac"`
	Segment Segment  `json:"segment"`
	VLAN    int      `json:"vlan"`  // tagged on the wire if not 0
	Addrs   []string `json:"addrs"` // "10.20.0.1/24"; empty with DHCP
	Gateway string   `json:"gateway"`
	DHCP    string   `json:"dhcp"` // the client's command, which returns once bound
}

// A Segment is a wire of its own. Only Office is mirrored to the sensor.
type Segment string

// The segments of the lab.
const (
	Office   Segment = "br-office"
	Hall     Segment = "br-hall"
	Internet Segment = "br-internet"
)

// A Job is something that a host does: a program that stays, or one that is
// run again and again.
type Job struct {
	Name  string  `json:"name"`
	Run   string  `json:"run"`   // for sh -c; $LAB is this program
	After float64 `json:"after"` // seconds after the host is plugged in
	Every float64 `json:"every"` // seconds between runs; 0 for once
}

// Namespace is the name of the host's network namespace.
func (h *Host) Namespace() string { return "tyto-" + h.Name }

// file adds a file; the content ends with a newline.
func (h *Host) file(path, content string) {
	if h.Files == nil {
		h.Files = map[string]string{}
	}
	h.Files[path] = strings.TrimRight(content, "\n") + "\n"
}

// A trait is one thing that a host is or does; see programs.go and players.go.
type trait func(*Host)

// host puts a host with one interface together.
func host(name, kind, mac string, traits ...trait) *Host {
	h := &Host{Name: name, Kind: kind, Ports: []Port{{Name: "eth0", MAC: mac, Segment: Office}}}
	for _, t := range traits {
		t(h)
	}
	return h
}

// at gives the host's first interface a fixed address.
func at(addr, gateway string) trait {
	return func(h *Host) { h.Ports[0].Addrs, h.Ports[0].Gateway = []string{addr}, gateway }
}

// tagged puts the host's first interface into a VLAN.
func tagged(vlan int) trait { return func(h *Host) { h.Ports[0].VLAN = vlan } }

// on puts the host's first interface on another wire.
func on(s Segment) trait { return func(h *Host) { h.Ports[0].Segment = s } }

// port adds an interface.
func port(p Port) trait { return func(h *Host) { h.Ports = append(h.Ports, p) } }

// plug sets when the host appears.
func plug(seconds float64) trait { return func(h *Host) { h.Plug = seconds } }

// tune sets sysctls in the host.
func tune(sysctl ...string) trait { return func(h *Host) { h.Tune = append(h.Tune, sysctl...) } }

// does adds something that the host does every so many seconds, once if every is 0.
func does(name string, after, every float64, run string, args ...any) trait {
	if len(args) > 0 {
		run = fmt.Sprintf(run, args...)
	}
	return func(h *Host) { h.Jobs = append(h.Jobs, Job{Name: name, Run: run, After: after, Every: every}) }
}

// quote makes one word for the shell of s.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
