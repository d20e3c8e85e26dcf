package inventory

import (
	"fmt"
	"slices"
	"strings"

	"tyto/tyto"
)

// A management controller (iDRAC, iLO, any that speaks IPMI) is a device of its
// own, in a server that is another. It knows the server's UUID, and is named
// for it or for its serial number: so each is told of the other. That is a
// relation, and no reason to take them for one.

// machineKey begins what names the machine that somebody is in: "machine:uuid:…",
// "machine:serial:…", "machine:name:…".
const machineKey = "machine:"

// maxKin is how many pairs are held of one machine, and of those in it.
const maxKin = 16

// kin is who is a machine, and who is in one, by what names it.
type kin struct{ machines, inside map[word][]uint32 }

func newKin() kin { return kin{map[word][]uint32{}, map[word][]uint32{}} }

// machineOf yields what a claim says of machines: that the subject is one, or
// is inside of one.
func machineOf(a tyto.Attr, how tyto.Confidence, field, value string, yield func(inside bool, key string)) {
	switch {
	case how < tyto.Shown:
	case a == tyto.Identity && strings.HasPrefix(value, machineKey):
		yield(true, value)
	case a == tyto.Identity && strings.HasPrefix(value, "uuid:"):
		yield(false, machineKey+value)
	case a == tyto.Serial && how >= tyto.Stated && len(value) > 4:
		yield(false, machineKey+"serial:"+strings.ToLower(value))
	case a == tyto.Hostname || a == tyto.Clue && field == "x509sat.subject":
		name := strings.ToLower(value)
		if a == tyto.Clue {
			_, name, _ = strings.Cut(name, "cn=")
			name, _, _ = strings.Cut(name, ",")
		}
		name, _, _ = strings.Cut(name, ".")
		serial, server := controllerName(name)
		if serial != "" {
			yield(true, machineKey+"serial:"+serial)
		}
		if server != "" {
			yield(true, machineKey+"name:"+server)
		}
		if serial+server == "" && a == tyto.Hostname && usable(name) > 0 {
			yield(false, machineKey+"name:"+name)
		}
	}
}

// controllers is what management controllers are called, before or behind the
// name of their server.
var controllers = []string{"idrac", "drac", "ilo", "bmc", "ipmi", "imm", "xcc", "cimc", "irmc"}

// controllerName is the serial number, and the name, of the server that a
// controller is named for; "" if it is not. Makers call them idrac-SERIAL,
// ILOSERIAL and XCC-MODEL-SERIAL, people as they like.
func controllerName(name string) (serial, server string) {
	for _, c := range controllers {
		if rest, ok := strings.CutPrefix(name, c+"-"); ok && len(rest) > 2 {
			return rest[strings.LastIndexByte(rest, '-')+1:], rest
		}
		if rest, ok := strings.CutSuffix(name, "-"+c); ok && len(rest) > 2 {
			return "", rest
		}
	}
	if rest, ok := strings.CutPrefix(name, "ilo"); ok && len(rest) >= 8 && strings.ContainsAny(rest, "0123456789") && !strings.Contains(rest, "-") {
		return rest, ""
	}
	return "", ""
}

// relate notes what a claim of a pair says of machines.
func (v *Inventory) relate(n uint32, a tyto.Attr, how tyto.Confidence, field, value string) {
	machineOf(a, how, field, value, func(inside bool, key string) {
		mine, others := v.kin.machines, v.kin.inside
		if inside {
			mine, others = others, mine
		}
		k := v.words.add(key)
		have := mine[k]
		switch {
		case slices.Contains(have, n):
			return
		case len(have) >= maxKin:
			v.refused++
			return
		}
		mine[k] = append(have, n)
		for _, other := range others[k] {
			v.touch(other)
		}
	})
}

// relatives tells a device of the controllers in it, and of the machine that it is in.
func (v *teller) relatives(d uint32, facts []fact) (found []fact) {
	if len(v.kin.inside) == 0 {
		return nil
	}
	seen := map[uint32]bool{d: true}
	for i := range facts {
		f := &facts[i]
		if f.part != 0 || f.Evidence.Protocol == "fingerprint" {
			continue
		}
		machineOf(f.Attr, f.Confidence, f.Evidence.Field, f.Value, func(inside bool, key string) {
			others, text, sort := v.kin.inside, "its management controller is %s (%s): %s", "management_controller"
			if inside {
				others, text, sort = v.kin.machines, "management controller of %s (%s): %s", "managed_server"
			}
			c := v.only(others[v.words.find(key)], seen)
			if c == 0 {
				return
			}
			how := tyto.Shown
			if strings.HasPrefix(key, machineKey+"name:") {
				how = tyto.Inferred
			}
			seen[v.seat(c).device] = true
			found = append(found, finding(f.Claim, sort, fmt.Sprintf(text, v.nameOf(c), idText(v.devices[v.seat(c).device].id), strings.TrimPrefix(key, machineKey)), how))
		})
	}
	return found
}

// only is a core of the one device, of those not seen, that pairs belong to; 0 if
// there is none, or several.
func (v *teller) only(pairs []uint32, seen map[uint32]bool) (one core) {
	for _, n := range pairs {
		c := v.home(n)
		if c == 0 {
			continue
		}
		d := v.seat(c).device
		switch {
		case d == 0 || seen[d]:
		case one != 0 && v.seat(one).device != d:
			return 0
		case one == 0 || v.compare(c, one) < 0:
			one = c
		}
	}
	return one
}
