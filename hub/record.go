package hub

import (
	"cmp"
	"slices"
	"strings"

	"tyto/frame"
	"tyto/store"
	"tyto/tyto"
)

// maxListed bounds the addresses and names of a device in a list and in what
// a search looks through; the device itself has them all.
const (
	maxListed = 32
	maxText   = 4096
)

// record is a device as the store keeps it.
func (h *Hub) record(zone string, d tyto.Device) store.DeviceRecord {
	ips := addresses(&d)
	r := store.DeviceRow{
		ID: d.ID, Category: cmp.Or(d.Value(tyto.Category), "unknown"), Type: d.Value(tyto.Type), Vendor: d.Value(tyto.Vendor),
		Model: cmp.Or(d.Value(tyto.Model), d.Value(tyto.ModelNumber)), OS: d.Value(tyto.OS), Firmware: d.Value(tyto.Firmware), Hostname: d.Value(tyto.Hostname),
		IPs: ips, NICVendor: d.Value(tyto.NICVendor), Roles: d.Roles, Protocols: d.Protocols, First: d.First, Last: d.Last,
		Packets: d.Packets, Bytes: d.Bytes, Zone: zone, Site: h.site(zone),
	}
	if len(ips) > 0 {
		r.IP = ips[0]
	}
	for _, i := range d.Interfaces {
		if !i.MAC.IsZero() {
			r.MAC, r.NICVendor = i.MAC.String(), cmp.Or(r.NICVendor, i.Vendor)
			break
		}
	}
	if b, ok := d.Beliefs[tyto.Type]; ok {
		r.Confidence = b.Confidence.String()
	}
	for i := range d.Evidence {
		if r.Sensor = d.Evidence[i].Evidence.Sensor; r.Sensor != "" {
			break
		}
	}
	return store.DeviceRecord{Row: r, Text: h.text(&r, &d), Device: d}
}

// addresses is a device's addresses: those that others reach it by first,
// IPv4 before IPv6, the last used before the earlier.
func addresses(d *tyto.Device) []string {
	var all []tyto.IPInterval
	for _, i := range d.Interfaces {
		for _, ip := range i.IPs {
			if !ip.IP.IsUnspecified() {
				all = append(all, ip)
			}
		}
	}
	rank := func(a frame.Addr) int {
		switch {
		case a.IsLinkLocal():
			return 2
		case a.Is4():
			return 0
		}
		return 1
	}
	slices.SortStableFunc(all, func(a, b tyto.IPInterval) int {
		return cmp.Or(cmp.Compare(rank(a.IP), rank(b.IP)), b.To.Compare(a.To), strings.Compare(string(a.IP[:]), string(b.IP[:])))
	})
	var text []string
	for _, ip := range all {
		if s := ip.IP.String(); !slices.Contains(text, s) && len(text) < maxListed {
			text = append(text, s)
		}
	}
	return text
}

// searched is the attributes that a search looks through, all claims of them.
var searched = map[tyto.Attr]bool{
	tyto.Hostname: true, tyto.Vendor: true, tyto.Model: true, tyto.ModelNumber: true, tyto.OS: true, tyto.Firmware: true,
	tyto.Serial: true, tyto.Domain: true, tyto.Location: true, tyto.Description: true,
}

// text is what a search looks through, one a line, in lower case.
func (h *Hub) text(r *store.DeviceRow, d *tyto.Device) string {
	var b strings.Builder
	seen := map[string]bool{}
	add := func(s string) {
		if s = strings.ToLower(strings.TrimSpace(s)); s != "" && !seen[s] && b.Len()+len(s) < maxText {
			seen[s] = true
			b.WriteString(s)
			b.WriteByte('\n')
		}
	}
	for _, s := range append([]string{r.Hostname, r.Vendor, r.Model, r.OS, r.Type, r.Category, r.NICVendor, r.ID}, r.IPs...) {
		add(s)
	}
	if h.deps.TypeName != nil && r.Type != "" {
		add(h.deps.TypeName(r.Type))
	}
	for _, i := range d.Interfaces {
		if !i.MAC.IsZero() {
			add(i.MAC.String())
		}
	}
	for _, s := range r.Roles {
		add(s)
	}
	for i := range d.Evidence {
		if searched[d.Evidence[i].Attr] {
			add(d.Evidence[i].Value)
		}
	}
	return b.String()
}
