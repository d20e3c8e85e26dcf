package inventory

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"tyto/fingerprint"
	"tyto/frame"
	"tyto/tyto"
)

// known is the facts of a device, and what follows from them so far, as the
// conditions of rules see them. asked says whether a rule looked: only then is
// a second round of use.
type known struct {
	facts, follows []fact
	asked          bool
}

// Has implements fingerprint.Context.
func (k *known) Has(a tyto.Attr, value string) bool {
	k.asked = true
	if a == tyto.Vendor {
		return isMadeBy(k.facts, value) || has(k.follows, a, value)
	}
	return has(k.facts, a, value) || has(k.follows, a, value)
}

func has(facts []fact, a tyto.Attr, value string) bool {
	for i := range facts {
		if facts[i].Attr == a && strings.EqualFold(facts[i].Value, value) {
			return true
		}
	}
	return false
}

// conclude adds what the rules make of the facts. Conclusions can be
// conditions of other rules, so rules with conditions are asked twice.
func (v *teller) conclude(out *tyto.Device, facts []fact) []fact {
	if v.config.Rules == nil {
		return facts
	}
	var macs []frame.MAC
	for _, x := range out.Interfaces {
		if !x.MAC.IsZero() {
			macs = append(macs, x.MAC)
		}
	}
	k := &known{facts: facts}
	v.follows[0] = v.ask(out, v.follows[0][:0], macs, k)
	follows := v.follows[0]
	if k.asked && len(follows) > 0 {
		k.follows = follows
		v.follows[1] = v.ask(out, v.follows[1][:0], macs, k)
		follows = v.follows[1]
	}
	return append(facts, follows...)
}

// sortFacts orders facts by attribute, then part, so that those of one
// attribute stand together and nothing depends on the order of arrival.
func sortFacts(facts []fact) {
	slices.SortFunc(facts, func(a, b fact) int { return compareFacts(&a, &b) })
}

func compareFacts(a, b *fact) int {
	if a.Attr != b.Attr { // most differ here: what follows is dear
		return cmp.Compare(a.Attr, b.Attr)
	}
	if a.part != b.part {
		return cmp.Compare(a.part, b.part)
	}
	if c := strings.Compare(a.Value, b.Value); c != 0 {
		return c
	}
	return cmp.Or(cmp.Compare(b.Confidence, a.Confidence), earlier(&a.Claim, &b.Claim))
}

// ask adds one round of conclusions from what is known to facts.
func (v *teller) ask(out *tyto.Device, facts []fact, macs []frame.MAC, k *known) []fact {
	var m frame.MAC
	if len(macs) > 0 {
		m = macs[0]
	}
	for i := range k.facts {
		f := &k.facts[i]
		o := tyto.Observation{
			Subject: tyto.Subject{MAC: m, Part: f.part}, Attr: f.Attr, Value: f.Value, Confidence: f.Confidence, Evidence: f.Evidence,
		}
		facts = follow(facts, f, v.config.Rules.Match(o, k))
	}
	seen := fact{Claim: tyto.Claim{First: out.First, Last: out.Last}, cause: "eth"}
	for _, m := range macs {
		facts = follow(facts, &seen, v.config.Rules.MatchMAC(m, k))
	}
	for _, field := range v.config.Rules.SetFields() {
		if values, from := together(k.facts, field); len(values) > 0 {
			facts = follow(facts, &from, v.config.Rules.MatchSet(field, values, m, k))
		}
	}
	return facts
}

// together is the values that a field, or an attribute, had, and the first fact of them.
func together(facts []fact, field string) (values []string, from fact) {
	attr, _ := tyto.ParseAttr(field)
	for i := range facts {
		f := &facts[i]
		if f.Evidence.Field != field && (attr == tyto.NoAttr || f.Attr != attr) {
			continue
		}
		if len(values) == 0 || earlier(&f.Claim, &from.Claim) < 0 {
			from = *f
		}
		values = append(values, f.Value)
	}
	return values, from
}

// follow adds conclusions from a fact, with its packet as their evidence.
func follow(facts []fact, from *fact, all []fingerprint.Conclusion) []fact {
	for _, c := range all {
		f := *from
		f.Attr, f.Value, f.Confidence = c.Attr, c.Value, c.Confidence
		f.Evidence.Protocol, f.Evidence.Field = "fingerprint", c.RuleID
		facts = append(facts, f)
	}
	return facts
}

// maxServices is how many services of a device are listed.
const maxServices = 256

// services is what a device answers on: claims "tcp/22 ssh OpenSSH_9.2p1", one
// service a port, with the longest product.
func services(facts []fact) (out []tyto.Service) {
	for i := range facts {
		if facts[i].Attr != tyto.Provides {
			continue
		}
		s, ok := parseService(facts[i].Value)
		if !ok {
			continue
		}
		at := slices.IndexFunc(out, func(x tyto.Service) bool { return x.Transport == s.Transport && x.Port == s.Port })
		if at < 0 {
			if len(out) < maxServices {
				out = append(out, s)
			}
			continue
		}
		x := &out[at]
		if x.Protocol == "" || s.Protocol != "" && len(s.Product) > len(x.Product) {
			x.Protocol = cmp.Or(s.Protocol, x.Protocol)
		}
		if len(s.Product) > len(x.Product) {
			x.Product = s.Product
		}
	}
	slices.SortFunc(out, func(a, b tyto.Service) int {
		return cmp.Or(strings.Compare(a.Transport, b.Transport), cmp.Compare(a.Port, b.Port))
	})
	return out
}

func parseService(text string) (s tyto.Service, ok bool) {
	where, rest, _ := strings.Cut(text, " ")
	transport, port, ok := strings.Cut(where, "/")
	n, err := strconv.ParseUint(port, 10, 16)
	if !ok || err != nil {
		return s, false
	}
	protocol, product, _ := strings.Cut(rest, " ")
	return tyto.Service{Transport: transport, Port: uint16(n), Protocol: protocol, Product: product}, true
}

// maxModules is how many modules of a device are listed.
const maxModules = 256

// modules is the parts of a device that say what they are.
func modules(facts []fact) (out []tyto.Module) {
	byAttr := map[uint16]*[3][]fact{}
	for _, f := range facts {
		at := -1
		switch {
		case f.Attr == tyto.PartModel, f.part != 0 && f.Attr == tyto.Model:
			at = 0
		case f.Attr == tyto.PartFirmware, f.part != 0 && f.Attr == tyto.Firmware:
			at = 1
		case f.Attr == tyto.PartSerial, f.part != 0 && f.Attr == tyto.Serial:
			at = 2
		}
		if at < 0 {
			continue
		}
		if byAttr[f.part] == nil {
			byAttr[f.part] = new([3][]fact)
		}
		byAttr[f.part][at] = append(byAttr[f.part][at], f)
	}
	for slot, x := range byAttr {
		model, _ := belief(tyto.Model, x[0])
		firmware, _ := belief(tyto.Firmware, x[1])
		serial, _ := belief(tyto.Serial, x[2])
		out = append(out, tyto.Module{Slot: slot, Model: model.Value, Firmware: firmware.Value, Serial: serial.Value})
	}
	slices.SortFunc(out, func(a, b tyto.Module) int { return cmp.Compare(a.Slot, b.Slot) })
	return out[:min(len(out), maxModules)]
}
