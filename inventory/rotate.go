package inventory

import (
	"strings"

	"tyto/frame"
	"tyto/tyto"
)

// Telephones and computers that change their addresses would be a new device
// each time. An interface whose address is random, and that asks for its
// address as another did which is silent by then (the same name, or none, and
// the same list of options in the same order), is the same device, as far as
// anybody can tell; two that are heard at one time are two. What this puts
// together is so many devices at least, and never more than there are.

// rotatesKey is what begins the identity key of a random address: the list of
// options that it asks DHCP for, and its name.
const rotatesKey = "rotates:"

// How long a random address may have been silent when another takes over:
// with a name of its own, and with one that thousands have.
const (
	namedGap  = int64(14 * 24 * 3600e9)
	commonGap = int64(24 * 3600e9)
)

// commonNames begin the names that telephones and computers have by default.
var commonNames = []string{"iphone", "ipad", "android", "galaxy", "pixel", "redmi", "xiaomi", "oneplus", "huawei", "honor", "oppo", "vivo",
	"desktop-", "laptop-", "macbook", "localhost", "ubuntu", "debian", "fedora"}

// isRandom reports whether an address is one that its interface made up.
func (v *Inventory) isRandom(i *iface) bool {
	m := i.mac()
	if !m.IsLocal() || isMade(m) || i.flags&shared != 0 {
		return false
	}
	if v.config.Vendor == nil {
		return true
	}
	_, _, known := v.config.Vendor(m)
	return !known
}

// rotates notes how an interface with a random address asks for one.
func (v *Inventory) rotates(n uint32, o *tyto.Observation) {
	if o.Evidence.Field == "dhcp.option.request_list_item" || o.Evidence.Field == "dhcp.option.hostname" {
		v.rotatesAs(n)
	}
}

// rotatesAs notes the key by which a pair's interface may follow another.
func (v *Inventory) rotatesAs(n uint32) {
	p := v.pair(n)
	if p.iface == 0 || !v.isRandom(&v.ifaces[p.iface]) {
		return
	}
	list, name := v.asks(p.iface)
	if list == "" {
		return
	}
	key := rotatesKey + list + " " + strings.ToLower(name)
	v.ifaces[p.iface].flags |= rotating
	p.flags |= stating
	v.learnKey(n, v.words.add(key), key)
}

// asks is the list of options that an interface asks DHCP for, and its name.
func (v *Inventory) asks(i uint32) (list, name string) {
	for n := v.ifaces[i].pairs; n != 0; {
		p := v.pair(n)
		for k := p.claims; k != 0; {
			x := v.claims.at(k)
			switch v.claims.sources[x.source].field {
			case "dhcp.option.request_list_item":
				if t := v.words.text(x.value); list == "" || t < list {
					list = t
				}
			case "dhcp.option.hostname":
				if t := v.words.text(x.value); x.attr() == tyto.Hostname && (name == "" || t < name) {
					name = t
				}
			}
			k = x.next
		}
		n = p.nextOfIface
	}
	return list, name
}

// rotation is the key by which an interface with a random address may follow
// another, 0 if there is none.
func (v *Inventory) rotation(c core) word {
	if c.isAddr() || v.ifaces[c.n()].flags&rotating == 0 {
		return 0
	}
	list, name := v.asks(c.n())
	if list == "" {
		return 0
	}
	return v.words.find(rotatesKey + list + " " + strings.ToLower(name))
}

// A stay is the time during which a core was heard.
type stay struct{ first, last int64 }

func (v *Inventory) stayOf(c core) stay {
	s := stay{always, never}
	for n := v.ifaces[c.n()].pairs; n != 0; {
		if p := v.pair(n); p.flags&used != 0 {
			s.first, s.last = min(s.first, p.first), max(s.last, p.until())
		}
		n = v.pair(n).nextOfIface
	}
	return s
}

// inTurn reports whether none of a was heard while any of b was, and the two
// follow each other within a gap.
func inTurn(a, b []stay, gap int64) bool {
	near := false
	for _, x := range a {
		for _, y := range b {
			if x.first > x.last || y.first > y.last || x.first <= y.last && y.first <= x.last {
				return false // never heard, or at one time
			}
			near = near || x.first > y.last && x.first-y.last <= gap || y.first > x.last && y.first-x.last <= gap
		}
	}
	return near
}

// gapOf is how long a key of rotation may have been silent.
func gapOf(key string) int64 {
	_, name, _ := strings.Cut(key, " ")
	if name == "" {
		return commonGap
	}
	for _, c := range commonNames {
		if strings.HasPrefix(name, c) {
			return commonGap
		}
	}
	return namedGap
}

// privateAddresses is how many random addresses of a device there are.
func privateAddresses(out *tyto.Device) (n int) {
	seen := map[frame.MAC]bool{}
	for _, i := range out.Interfaces {
		if i.MAC.IsLocal() && !isMade(i.MAC) && !seen[i.MAC] {
			seen[i.MAC] = true
			n++
		}
	}
	return n
}
