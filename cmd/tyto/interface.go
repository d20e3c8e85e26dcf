package main

import (
	"cmp"
	"fmt"
	"log/slog"
	"maps"
	"slices"

	"tyto/capture"
)

// interfaceSetting is how one interface is listened to.
type interfaceSetting struct {
	Driver string `yaml:"driver,omitempty"`
	Clock  string `yaml:"clock,omitempty"`
}

// The clocks of interfaceSetting.
const (
	clockKernel = "kernel"
	clockCard   = "card"
)

// checkInterfaces finds values that cannot be meant.
func checkInterfaces(all map[string]interfaceSetting, bad func(key, why string)) {
	drivers, clocks := []string{"", capture.DriverPacket, capture.DriverXDP, capture.DriverAuto}, []string{"", clockKernel, clockCard}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		x, key := all[name], "capture.interfaces."+name
		switch {
		case !slices.Contains(drivers, x.Driver):
			bad(key, fmt.Sprintf("driver %q is none of af_packet, af_xdp, auto; af_packet is the default", x.Driver))
		case !slices.Contains(clocks, x.Clock):
			bad(key, fmt.Sprintf("clock %q is neither kernel nor card; kernel is the default", x.Clock))
		case x.Clock == clockCard && x.Driver != "" && x.Driver != capture.DriverPacket:
			bad(key, "clock: card is not to be had with driver: "+x.Driver+"; use driver: af_packet, or leave the clock to the kernel")
		}
	}
}

// openInterfaces listens to interfaces, each as the settings have it; o is
// what all have in common. Those that are listened to alike are one source.
func (c *captureSetting) openInterfaces(names []string, o capture.Live) (all []capture.Source, err error) {
	var kinds []interfaceSetting
	alike := map[interfaceSetting][]string{}
	for _, name := range names {
		x := c.Interfaces[name]
		x.Driver, x.Clock = cmp.Or(x.Driver, capture.DriverPacket), cmp.Or(x.Clock, clockKernel)
		if alike[x] == nil {
			kinds = append(kinds, x)
		}
		alike[x] = append(alike[x], name)
	}
	for _, x := range kinds {
		o.Driver, o.CardClock = x.Driver, x.Clock == clockCard
		s, err := capture.OpenLive(alike[x], o)
		if err != nil {
			for _, s := range all {
				s.Close()
			}
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}

// remark logs how interfaces are listened to, if it is otherwise than usual or
// than was asked for.
func remark(log *slog.Logger, source capture.Source) {
	for _, i := range source.Captures() {
		if i.Driver != "" && i.Driver != usualDriver {
			log.Info("listening", "interface", i.Name, "by", i.Driver)
		}
		for _, r := range i.Remarks {
			log.Warn("not listening as asked for", "interface", i.Name, "reason", r)
		}
	}
}

// usualDriver is what capture calls the driver that is used without a word in
// the settings.
const usualDriver = "AF_PACKET"
