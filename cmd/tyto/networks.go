package main

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"

	"tyto/hub"
)

// networkSettings is networks by zone.
type networkSettings map[string][]string

// check finds what is no network, and what several zones claim.
func (n networkSettings) check(bad func(key, why string)) {
	of := map[netip.Prefix]string{}
	for _, zone := range slices.Sorted(maps.Keys(n)) {
		key := "networks." + zone
		if zone == "" || len(zone) > 128 {
			bad(key, "the id of a zone has 1 to 128 characters; the portal's page Sites shows them")
		}
		for _, text := range n[zone] {
			p, err := netip.ParsePrefix(text)
			switch {
			case err != nil || p.Bits() == 0:
				bad(key, fmt.Sprintf("%q is no network; write it such as 10.3.0.0/16 or fd00:3::/48", text))
			case of[p.Masked()] != "":
				bad(key, fmt.Sprintf("%s is of zone %s already; a network has one zone", p.Masked(), of[p.Masked()]))
			default:
				of[p.Masked()] = zone
			}
		}
	}
}

// networks is all of them; they were checked.
func (n networkSettings) networks() (all []hub.Network) {
	for _, zone := range slices.Sorted(maps.Keys(n)) {
		for _, text := range n[zone] {
			all = append(all, hub.Network{Prefix: netip.MustParsePrefix(text).Masked(), Zone: zone})
		}
	}
	return all
}
