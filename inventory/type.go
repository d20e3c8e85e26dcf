package inventory

import (
	"cmp"
	"fmt"
	"slices"

	"tyto/fingerprint"
	"tyto/tyto"
)

// The type is the deepest of the taxonomy that independent causes agree on.
// A type is supported by what refines it; types of different branches
// compete. Where they are even, what they have in common is the answer:
// backing off is right, guessing is not.

const (
	refines   = 0.6 // share of a type's weight that its wider types receive
	threshold = 1.0 // weight that a refinement must have, unless it is as sure as what it refines
	margin    = 0.3 // lead over a rival
	inertia   = 1.0 // lead over what was believed before
)

// scored is a candidate of type with its weight.
type scored struct {
	candidate
	score float64
}

// typeOf is the type that is believed, and the contradiction if there is one.
// A type of another branch than the one held before must be surer, or lead by
// inertia: types that change to and fro destroy trust.
func typeOf(all []candidate, held string) (b tyto.Belief, doubt tyto.Claim) {
	if len(all) == 0 {
		return b, doubt
	}
	types := scores(all)
	hold(types, held)
	best := types[0]
	b = believeType(types, best)
	rival := slices.IndexFunc(types, func(x scored) bool { return !related(x.Value, best.Value) })
	if rival < 0 || best.Confidence >= tyto.Confirmed {
		return refine(types, b), doubt
	}
	other := types[rival]
	if shown := weight(tyto.Shown); other.sure >= shown && best.sure >= shown && categoryOf(other.Value) != categoryOf(best.Value) {
		doubt = conflict(&best, &other)
	}
	if best.score-other.score >= margin || best.sure > other.sure {
		return refine(types, b), doubt
	}
	b.Value = fingerprint.CommonType(best.Value, other.Value)
	b.Confidence = min(best.Confidence, other.Confidence)
	return b, doubt
}

// hold puts the type that was held before first, unless another one leads.
func hold(types []scored, held string) {
	at := slices.IndexFunc(types, func(x scored) bool { return x.Value == held })
	if at <= 0 {
		return
	}
	best, old := types[0], types[at]
	if related(best.Value, held) || best.sure > old.sure || best.score-old.score >= inertia {
		return
	}
	old.score = best.score + 2*margin // not even with the other
	copy(types[1:at+1], types[:at])
	types[0] = old
}

// scores sums the causes of each type, the best type first.
func scores(all []candidate) []scored {
	types := make([]scored, len(all))
	for i, c := range all {
		types[i].candidate = c
		for _, w := range c.weights {
			types[i].score += w
		}
	}
	own := slices.Clone(types)
	for i := range types {
		for j := range own {
			if i != j && fingerprint.IsA(own[j].Value, types[i].Value) {
				types[i].score += refines * own[j].score
			}
		}
	}
	slices.SortFunc(types, func(a, b scored) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(b.sure, a.sure), cmp.Compare(a.Value, b.Value))
	})
	return types
}

func believeType(types []scored, best scored) tyto.Belief {
	b := tyto.Belief{Claim: best.Claim}
	for _, x := range types {
		if x.folded != best.folded && len(b.Others) < maxOthers {
			b.Others = append(b.Others, x.Claim)
		}
	}
	return b
}

// refine follows a type to the deepest kind of it that has weight of its own.
func refine(types []scored, b tyto.Belief) tyto.Belief {
	for range 8 { // deeper than the taxonomy
		var below []scored
		for _, x := range types {
			if x.Value != b.Value && (x.score >= threshold || x.Confidence >= b.Confidence) && fingerprint.IsA(x.Value, b.Value) {
				below = append(below, x)
			}
		}
		if len(below) == 0 || len(below) > 1 && below[0].score-below[1].score < margin && !related(below[0].Value, below[1].Value) {
			return b
		}
		b = believeType(types, below[0])
	}
	return b
}

func related(a, b string) bool { return fingerprint.IsA(a, b) || fingerprint.IsA(b, a) }

func categoryOf(typ string) string {
	t, _ := fingerprint.TypeOf(typ)
	return t.Category
}

// conflict tells of two strong and different answers: address translation, a
// forged address, a virtual machine's host, or a wrong merge.
func conflict(a, b *scored) tyto.Claim {
	c := a.Claim
	c.Attr, c.Confidence = tyto.Clue, tyto.Shown
	c.Value = fmt.Sprintf("identity conflict: %s (%s %s) or %s (%s %s)", a.Value, a.Evidence.Protocol, a.Evidence.Field,
		b.Value, b.Evidence.Protocol, b.Evidence.Field)
	c.Evidence.Protocol, c.Evidence.Field = "inventory", "identity_conflict"
	return c
}

// category is a person's word, or that of the type, or the one that most
// types speak for, or what is claimed, or of what it does; "unknown" otherwise.
func category(out *tyto.Device, facts []fact) tyto.Belief {
	claimed, ok := belief(tyto.Category, ofDevice(facts, tyto.Category))
	if ok && claimed.Confidence >= tyto.Confirmed {
		return claimed
	}
	derived := func(c tyto.Claim, value string) tyto.Belief {
		c.Attr, c.Value = tyto.Category, value
		return tyto.Belief{Claim: c}
	}
	if t := out.Beliefs[tyto.Type]; categoryOf(t.Value) != "" {
		return derived(t.Claim, categoryOf(t.Value))
	}
	if best := vote(candidates(ofDevice(facts, tyto.Type))); best.Value != "" && (!ok || best.Confidence >= claimed.Confidence) {
		return derived(best, categoryOf(best.Value))
	}
	if ok {
		return claimed
	}
	for i := range facts {
		if f := &facts[i]; f.Attr == tyto.Role && (f.Value == "router" || f.Value == "switch") {
			return derived(f.Claim, "network")
		}
	}
	return tyto.Belief{Claim: tyto.Claim{Attr: tyto.Category, Value: "unknown", Confidence: tyto.Guessed}}
}

// vote is the surest type of the category that all types together speak for,
// nothing if two categories are even.
func vote(types []candidate) (best tyto.Claim) {
	sum := map[string]float64{}
	for _, t := range types {
		for _, w := range t.weights {
			sum[categoryOf(t.Value)] += w
		}
	}
	winner, second := "", 0.0
	for _, c := range fingerprint.Categories {
		if sum[c] > sum[winner] {
			winner, second = c, sum[winner]
		} else {
			second = max(second, sum[c])
		}
	}
	if winner == "" || sum[winner]-second < margin {
		return best
	}
	for _, t := range scores(types) {
		if categoryOf(t.Value) == winner {
			return t.Claim
		}
	}
	return best
}

// purdue takes the level from the type, unless what else tells it is surer, or
// the type is one of the widest, which have devices on all levels.
func purdue(out *tyto.Device) {
	typ := out.Beliefs[tyto.Type]
	t, ok := fingerprint.TypeOf(typ.Value)
	if !ok || t.Purdue == "" {
		return
	}
	c := typ.Claim
	c.Attr, c.Value, c.Confidence = tyto.Purdue, t.Purdue, min(c.Confidence, tyto.Inferred)
	if told, has := out.Beliefs[tyto.Purdue]; has && (told.Confidence > c.Confidence || t.Parent == "") {
		return
	}
	out.Beliefs[tyto.Purdue] = tyto.Belief{Claim: c}
}
