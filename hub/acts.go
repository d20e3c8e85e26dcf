package hub

import (
	"cmp"
	"slices"

	"tyto/store"
	"tyto/tyto"
)

// deed is what makes acts one record.
type deed struct {
	client, server             tyto.Subject
	verb                       tyto.Verb
	operation, object, outcome string
	slot                       int64 // Unix seconds
}

// act adds an act to what is to be written.
func (z *zone) act(e *tyto.Event) {
	a := e.Act
	key := deed{a.Client, a.Server, a.Verb, a.Operation, a.Object, a.Outcome, store.SlotOf(a.Verb, e.Time).Unix()}
	r := z.acts[key]
	if r == nil {
		r = &store.ActRecord{Act: *a, Zone: z.name, First: e.Time, Last: e.Time}
		r.Count = 0
		z.acts[key] = r
	}
	r.Count += max(a.Count, 1)
	if e.Time.Before(r.First) {
		r.First, r.Evidence = e.Time, a.Evidence
	}
	if e.Time.After(r.Last) {
		r.Last = e.Time
	}
}

// takeActs takes all acts: a position in the log may only be told with all that is before it.
func (z *zone) takeActs(c *store.Change) {
	for _, r := range z.acts {
		r.ClientDevice, r.ServerDevice = z.place(r.Client), z.place(r.Server)
		c.Acts = append(c.Acts, *r)
	}
	clear(z.acts)
	slices.SortFunc(c.Acts, func(a, b store.ActRecord) int {
		return cmp.Or(a.First.Compare(b.First), cmp.Compare(a.Evidence.Packet, b.Evidence.Packet), cmp.Compare(a.Object, b.Object))
	})
}
