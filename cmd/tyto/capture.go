package main

import (
	"cmp"
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"

	"tyto/capture"
	"tyto/filter"
	"tyto/tyto"
)

// captureSetting is what is captured beside what interfaces hear, and what of
// all that is looked at.
type captureSetting struct {
	Filter string   `yaml:"filter"`
	Watch  []string `yaml:"watch"`
	OverIP []string `yaml:"over_ip"`

	Tunnels []tunnelSetting `yaml:"tunnels"`
	Flows   []tunnelSetting `yaml:"flows"`
	Logs    []string        `yaml:"logs"`

	Interfaces map[string]interfaceSetting `yaml:"interfaces"`

	told chan []tyto.Event // what flows and logs tell; nil before they are listened to
}

// tell is where what flows and logs tell comes.
func (c *captureSetting) tell() chan []tyto.Event {
	if c.told == nil {
		c.told = make(chan []tyto.Event, 16)
	}
	return c.told
}

// tunnelSetting is a mirror tunnel that ends here, or who tells of flows.
type tunnelSetting struct {
	Protocol string   `yaml:"protocol"`
	Address  string   `yaml:"address"`
	Port     uint16   `yaml:"port,omitempty"`
	From     []string `yaml:"from"`
}

// tunnel is the tunnel that is meant; why says what is wrong with it, "" if nothing is.
func (t *tunnelSetting) tunnel() (x capture.Tunnel, why string) {
	x = capture.Tunnel{Protocol: t.Protocol, Port: t.Port}
	x.Address, _ = netip.ParseAddr(t.Address)
	for _, text := range t.From {
		p, err := prefixOf(text)
		if err != nil {
			return x, fmt.Sprintf("%q is neither an address nor a network such as 10.1.0.0/24", text)
		}
		x.From = append(x.From, p)
	}
	return x, x.Check()
}

// prefixOf is a network, or an address alone.
func prefixOf(text string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(text); err == nil {
		return a.Prefix(a.BitLen())
	}
	p, err := netip.ParsePrefix(text)
	return p.Masked(), err
}

// check finds values that cannot be meant.
func (c *captureSetting) check(bad func(key, why string)) {
	if _, err := filter.Parse(c.Filter); err != nil && c.Filter != "" {
		bad("capture.filter", err.Error())
	}
	checkInterfaces(c.Interfaces, bad)
	for _, dir := range c.Watch {
		if !filepath.IsAbs(dir) {
			bad("capture.watch", fmt.Sprintf("%q is not the whole path of a folder; it begins with /", dir))
		}
	}
	for _, path := range c.Logs {
		if !filepath.IsAbs(path) {
			bad("capture.logs", fmt.Sprintf("%q is not the whole path of a log or a folder of logs; it begins with /", path))
		}
	}
	check := func(key, each string, all []tunnelSetting, known []string) {
		for i := range all {
			_, why := all[i].tunnel()
			if !slices.Contains(known, all[i].Protocol) {
				why = fmt.Sprintf("%q is none of %s", all[i].Protocol, strings.Join(known, ", "))
			}
			if why != "" {
				bad(key, fmt.Sprintf("%s %d: %s", each, i+1, why))
			}
		}
	}
	check("capture.tunnels", "tunnel", c.Tunnels, capture.TunnelProtocols())
	check("capture.flows", "source", c.Flows, capture.FlowProtocols())
	for _, address := range c.OverIP {
		if host, port, err := net.SplitHostPort(address); err != nil || host == "" || port == "" {
			bad("capture.over_ip", fmt.Sprintf("%q is not HOST:PORT; 10.0.0.9:57012 is", address))
		}
	}
}

// choosing is the flag for what of the traffic is looked at.
type choosing struct {
	Filter string `placeholder:"EXPR" help:"What of the traffic is looked at, as an expression of tcpdump, such as 'not port 443'."`
}

// wanted is the filter that the flag says, or else the configuration; nil for everything.
func (c *choosing) wanted(set *settings) (*filter.Filter, error) {
	text := cmp.Or(c.Filter, set.Capture.Filter)
	if text == "" {
		return nil, nil
	}
	f, err := filter.Parse(text)
	if err != nil {
		return nil, usageError{fmt.Errorf("%w; the filter is %q", err, text)}
	}
	return f, nil
}

// openFiles opens capture files, of which a filter may refuse packets.
func openFiles(paths []string, f *filter.Filter) (capture.Source, error) {
	source, err := capture.OpenFiles(paths, capture.Options{})
	return sifted(source, f), err
}

// sifted is what a filter lets through of a source; all of it if it is nil.
func sifted(source capture.Source, f *filter.Filter) capture.Source {
	if f == nil {
		return source
	}
	return capture.Filtered(source, f)
}
