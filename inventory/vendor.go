package inventory

import (
	"slices"
	"strings"

	"tyto/content"
	"tyto/tyto"
)

// Devices, registers and rules write one vendor's name in many ways: "EATON", "ASUSTeK
// COMPUTER INC.". They are believed, and are conditions of rules, by the name that is usual;
// the evidence has them as they were told.

// usualName is the value of a claim of a vendor as it is usual. Rules have usual names already, and a
// person's word is left as it is.
func usualName(c *tyto.Claim) string {
	if c.Evidence.Protocol == "fingerprint" || c.Confidence >= tyto.Confirmed {
		return c.Value
	}
	if name := content.VendorName(c.Value); name != "" {
		return name
	}
	return c.Value
}

// usual is facts of vendors by usual names; facts itself if they are.
func usual(facts []fact) []fact {
	changed := false
	for i := range facts {
		name := usualName(&facts[i].Claim)
		if name == facts[i].Value {
			continue
		}
		if !changed {
			facts, changed = slices.Clone(facts), true
		}
		facts[i].Value = name
	}
	return facts
}

// isMadeBy reports whether a fact is of a vendor, by its usual name or as it was told.
func isMadeBy(facts []fact, vendor string) bool {
	for i := range facts {
		if f := &facts[i]; f.Attr == tyto.Vendor && (strings.EqualFold(f.Value, vendor) || strings.EqualFold(usualName(&f.Claim), vendor)) {
			return true
		}
	}
	return false
}
