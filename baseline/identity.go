package baseline

import (
	"strings"
	"time"

	"tyto/fingerprint"
	"tyto/tyto"
)

// Device takes a device as it is known now: that there is it, what it is, and
// what it says of itself.
func (b *Baseline) Device(d *tyto.Device) {
	b.relocate()
	p := b.known[d.ID]
	if p == nil {
		p = &profile{since: d.First, later: !b.learning.Active}
		b.known[d.ID] = p
	}
	p.category = d.Value(tyto.Category)
	switch f := b.facts[idOf(tyto.FactDevice, d.ID, "", "")]; {
	case f == nil:
		b.appeared(d, p)
	case f.What != p.category:
		f.What = p.category
		b.changed[f] = struct{}{}
	}
	b.identify(d, p)
}

// appeared notes that there is a device.
func (b *Baseline) appeared(d *tyto.Device, p *profile) {
	x := tyto.Fact{ID: idOf(tyto.FactDevice, d.ID, "", ""), Kind: tyto.FactDevice, Device: d.ID, What: p.category, Client: subjectOf(d),
		First: d.First.UTC(), Last: d.Last.UTC(), Count: 1, Evidence: earliest(d)}
	b.note(x, !p.later)
}

// subjectOf is the subject by which a device is found again.
func subjectOf(d *tyto.Device) (s tyto.Subject) {
	for _, i := range d.Interfaces {
		if s.MAC.IsZero() && s.Addr.IsZero() {
			s.MAC = i.MAC
			if len(i.VLANs) > 0 {
				s.VLAN = i.VLANs[0]
			}
		}
		for _, ip := range i.IPs {
			if i.MAC == s.MAC && (s.Addr.IsZero() || s.Addr.IsLinkLocal() || ip.IP.Is4() && !s.Addr.Is4()) {
				s.Addr = ip.IP
			}
		}
	}
	return s
}

// earliest is the first that was heard of a device.
func earliest(d *tyto.Device) (e tyto.Evidence) {
	var at time.Time
	for i := range d.Evidence {
		if c := &d.Evidence[i]; c.Evidence.Packet != 0 && (at.IsZero() || c.First.Before(at)) {
			at, e = c.First, c.Evidence
		}
	}
	return e
}

// identities are the attributes that make a device the one it is, and how sure
// they are to be: what is concluded from a hint may change with the next one.
var identities = []struct {
	attr tyto.Attr
	sure tyto.Confidence
}{{tyto.Type, tyto.Stated}, {tyto.Vendor, tyto.Stated}, {tyto.Firmware, tyto.Stated}, {tyto.Hostname, tyto.Stated}}

func (b *Baseline) identify(d *tyto.Device, p *profile) {
	for _, i := range identities {
		belief, ok := d.Beliefs[i.attr]
		if !ok || belief.Confidence < i.sure || i.attr == tyto.Hostname && len(d.Services) == 0 {
			continue
		}
		b.identity(d, p, i.attr, &belief)
	}
}

// identity notes what a device is said to be in one respect. The first that is
// said becomes usual whenever that is; another one deviates.
func (b *Baseline) identity(d *tyto.Device, p *profile, attr tyto.Attr, belief *tyto.Belief) {
	value := belief.Value
	if attr == tyto.Hostname {
		value, _, _ = strings.Cut(strings.ToLower(value), ".")
	}
	what := attr.String() + " " + value
	id := idOf(tyto.FactIdentity, d.ID, "", what)
	if b.facts[id] != nil {
		if f := b.facts[id]; f.Status == tyto.Deviates && belief.Last.After(f.Last.Add(againUsual)) {
			f.Last = belief.Last.UTC()
			b.changed[f] = struct{}{}
		}
		return
	}
	before, any := b.identityOf(d.ID, attr, value)
	x := tyto.Fact{ID: id, Kind: tyto.FactIdentity, Device: d.ID, What: what, Client: subjectOf(d), First: belief.First.UTC(), Last: belief.Last.UTC(), Count: 1, Evidence: belief.Evidence}
	learnt := b.learning.Active || !any || b.settling(d.ID, x.First)
	if !learnt {
		x.Peer = before
	}
	b.note(x, learnt)
}

// identityOf is what a device was in one respect, and whether it was anything
// that a value contradicts: a narrower type does not.
func (b *Baseline) identityOf(device string, attr tyto.Attr, value string) (before string, any bool) {
	for _, f := range b.said[device] {
		a, was, _ := strings.Cut(f.What, " ")
		if a != attr.String() {
			continue
		}
		if attr == tyto.Type && (fingerprint.IsA(value, was) || fingerprint.IsA(was, value)) || attr == tyto.Vendor && alike(value, was) {
			return "", false
		}
		if before == "" || was < before {
			before, any = was, true
		}
	}
	return before, any
}

// alike reports whether two names of a vendor are of one: "Siemens" and
// "Siemens AG".
func alike(a, b string) bool {
	a, b = strings.ToLower(a), strings.ToLower(b)
	return strings.HasPrefix(a, b) || strings.HasPrefix(b, a)
}
