package detect

import (
	"cmp"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	"tyto/tyto"
)

// A Family puts alerts under the one that they are a consequence of: who scans
// addresses also scans ports, and a device that is new does what is new. Rules
// say whose consequence their alerts may be; the client must be the same, and
// the time. The result does not depend on which alert came first.
type Family struct {
	under map[string][]string // by rule
	kin   map[string]*kin     // by id
	of    map[string][]*kin   // by client
}

// kin is an alert as it was told last.
type kin struct {
	tyto.Alert
	client   string
	children []*kin
}

// near is how far apart an alert and its consequence may be.
const near = time.Hour

// Bounds of the alerts that are remembered: of all clients, and of one, whose
// alerts are compared with each other.
const (
	maxKin      = 20_000
	maxOfClient = 500
)

// NewFamily is a family without alerts. Under says by rule which rules' alerts
// its own may be a consequence of, the most telling first.
func NewFamily(under map[string][]string) *Family {
	return &Family{under: under, kin: map[string]*kin{}, of: map[string][]*kin{}}
}

// Under is what the rules say of whose consequence their alerts may be.
func (r *Rules) Under() map[string][]string {
	all := map[string][]string{}
	for _, x := range r.all {
		if len(x.Under) > 0 {
			all[x.ID] = x.Under
		}
	}
	return all
}

// Restore remembers an alert that was told.
func (f *Family) Restore(a tyto.Alert) { f.remember(a) }

// Place gives alerts their Parent. What was told before and turns out to be a
// consequence of one of them is told again, with a Count of 0.
func (f *Family) Place(alerts []tyto.Alert) []tyto.Alert {
	told, clients := map[string]bool{}, map[string]bool{}
	for i := range alerts {
		told[alerts[i].ID] = true
		clients[f.remember(alerts[i]).client] = true
	}
	moved := map[*kin]bool{}
	for _, client := range slices.Sorted(maps.Keys(clients)) {
		for _, k := range f.of[client] {
			f.seek(k, moved)
		}
	}
	for i := range alerts {
		alerts[i].Parent = f.kin[alerts[i].ID].Parent
	}
	for _, k := range slices.SortedFunc(maps.Keys(moved), func(a, b *kin) int { return strings.Compare(a.ID, b.ID) }) {
		if !told[k.ID] {
			again := k.Alert
			again.Count = 0
			alerts = append(alerts, again)
		}
	}
	for client := range clients {
		if all := f.of[client]; len(all) > maxOfClient {
			f.forget(slices.Values(all))
		}
	}
	if len(f.kin) > maxKin {
		f.forget(maps.Values(f.kin))
	}
	return alerts
}

// remember notes an alert as it is now.
func (f *Family) remember(a tyto.Alert) *kin {
	k := f.kin[a.ID]
	if k == nil {
		k = &kin{Alert: a, client: clientOf(&a)}
		f.kin[a.ID] = k
		f.of[k.client] = append(f.of[k.client], k)
		return k
	}
	parent, first, last := k.Parent, k.First, k.Last
	k.Alert = a
	k.Parent = parent
	if first.Before(k.First) {
		k.First = first
	}
	if last.After(k.Last) {
		k.Last = last
	}
	return k
}

// clientOf is who did it, "" if nobody is named.
func clientOf(a *tyto.Alert) string {
	switch {
	case len(a.Of) > 0 && a.Of[0] != "":
		return a.Of[0]
	case len(a.Subjects) > 0:
		return subjectText(&a.Subjects[0])
	}
	return ""
}

// seek looks for the alert that one is a consequence of, and puts it, with its
// own consequences, under that one's.
func (f *Family) seek(k *kin, moved map[*kin]bool) {
	if k.Parent != "" || k.client == "" {
		return
	}
	parent := f.parentOf(k)
	if parent == nil {
		return
	}
	if top := f.kin[parent.Parent]; top != nil {
		parent = top
	}
	if parent == k {
		return
	}
	for _, child := range append([]*kin{k}, k.children...) {
		child.Parent = parent.ID
		parent.children = append(parent.children, child)
		moved[child] = true
	}
	k.children = nil
}

func (f *Family) parentOf(k *kin) *kin {
	for _, rule := range f.under[k.Rule] {
		var best *kin
		for _, p := range f.of[k.client] {
			if p.Rule != rule || p == k || p.First.Sub(k.Last) > near || k.First.Sub(p.Last) > near {
				continue
			}
			if best == nil || p.First.Before(best.First) || p.First.Equal(best.First) && p.ID < best.ID {
				best = p
			}
		}
		if best != nil {
			return best
		}
	}
	return nil
}

// forget drops the half of some that was silent longest.
func (f *Family) forget(some iter.Seq[*kin]) {
	all := slices.SortedFunc(some, func(a, b *kin) int { return cmp.Or(a.Last.Compare(b.Last), strings.Compare(a.ID, b.ID)) })
	for _, k := range all[:len(all)/2] {
		delete(f.kin, k.ID)
		if parent := f.kin[k.Parent]; parent != nil {
			parent.children = slices.DeleteFunc(parent.children, func(x *kin) bool { return x == k })
		}
		left := slices.DeleteFunc(f.of[k.client], func(x *kin) bool { return x == k })
		if f.of[k.client] = left; len(left) == 0 {
			delete(f.of, k.client)
		}
	}
}
