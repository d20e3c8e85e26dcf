package inventory

import (
	"fmt"
	"slices"
	"strings"

	"tyto/tyto"
)

// What an inventory finds out about a device as a whole is clues of protocol
// "inventory"; the field says what sort: identity_conflict, serial_conflict,
// translation, private_addresses, management_controller, managed_server.

// finding is a clue, with the evidence of the fact that shows it.
func finding(from tyto.Claim, sort, text string, how tyto.Confidence) fact {
	from.Attr, from.Value, from.Confidence = tyto.Clue, text, how
	from.Evidence.Protocol, from.Evidence.Field = "inventory", sort
	return fact{Claim: from, cause: "inventory"}
}

// findings is what contradicts, or explains, the facts of a device, which are sorted.
func findings(out *tyto.Device, facts []fact) (found []fact) {
	if f, ok := serialConflict(ofDevice(facts, tyto.Serial)); ok {
		found = append(found, f)
	}
	if f, ok := translation(ofDevice(facts, tyto.OS)); ok {
		found = append(found, f)
	}
	if n := privateAddresses(out); n > 1 {
		found = append(found, finding(tyto.Claim{First: out.First, Last: out.Last}, "private_addresses",
			fmt.Sprintf("%d random addresses in turn: counted as one device", n), tyto.Inferred))
	}
	return found
}

// serialConflict tells of two serial numbers that the device states in the
// same field: two devices have one address, or were taken for one.
func serialConflict(facts []fact) (fact, bool) {
	first := map[string]*fact{}
	for i := range facts {
		f := &facts[i]
		if f.faded > 0 || f.Confidence < tyto.Stated || f.Evidence.Protocol == person || f.Evidence.Protocol == "fingerprint" {
			continue
		}
		where := f.Evidence.Protocol + " " + f.Evidence.Field
		old := first[where]
		if old == nil {
			first[where] = f
		} else if !strings.EqualFold(strings.TrimSpace(old.Value), strings.TrimSpace(f.Value)) {
			return finding(f.Claim, "serial_conflict", fmt.Sprintf("two serial numbers: %s and %s (%s)", old.Value, f.Value, where), tyto.Shown), true
		}
	}
	return fact{}, false
}

// families is systems that do not run in one another as a rule, by how their names begin.
var families = [...]struct{ begins, name string }{
	{"windows", "Windows"}, {"ios", "iOS"}, {"ipados", "iOS"}, {"iphone os", "iOS"}, {"macos", "macOS"}, {"mac os x", "macOS"},
	{"android", "Android"}, {"chromeos", "ChromeOS"}, {"tizen", "Tizen"}, {"webos", "webOS"},
}

// translation tells of systems that cannot be one device's, by what programs
// call themselves in HTTP, or by how TCP connections are opened: hosts behind
// address translation, or a proxy.
func translation(facts []fact) (fact, bool) {
	for _, x := range [...]struct {
		cause, how string
		least      tyto.Confidence
	}{{"http", "programs of ", tyto.Inferred}, {"tcp", "connections as those of ", tyto.Guessed}} {
		if names, last := systems(facts, x.cause, x.least); len(names) > 1 {
			return finding(last.Claim, "translation", "several hosts behind one address: "+x.how+strings.Join(names, ", "), tyto.Inferred), true
		}
	}
	return fact{}, false
}

// systems is the families that one cause names, sorted, and the last fact of them.
func systems(facts []fact, cause string, least tyto.Confidence) (names []string, last *fact) {
	for i := range facts {
		f := &facts[i]
		if f.faded > 0 || f.cause != cause || f.Confidence < least {
			continue
		}
		lower := strings.ToLower(f.Value)
		for _, x := range families {
			if strings.HasPrefix(lower, x.begins) && !slices.Contains(names, x.name) {
				names, last = append(names, x.name), f
			}
		}
	}
	slices.Sort(names)
	return names, last
}
