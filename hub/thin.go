package hub

import (
	"context"
	"fmt"
	"hash/maphash"
	"time"

	"tyto/store"
	"tyto/tyto"
)

// The log would grow for ever with what is told again and again: each time a
// sensor starts it tells all it sees anew. Of an observation that was made
// often the first and the last say all that the others do, as learning is
// free of order and of repetition. Of health only the last counts, and the
// store has it.

// spot is where an event is in the log.
type spot struct {
	position int64
	i        int32
}

// told is the first and the last time that something was told.
type told struct{ first, last spot }

// maxTold bounds the memory for thinning, to about half a gigabyte; what
// comes after is left as it is.
const maxTold = 5_000_000

// thinner finds what was told before and after.
type thinner struct {
	seed maphash.Seed
	told map[uint64]told
	drop map[spot]struct{} // is of what is forgotten
}

// thin drops repetition from the log of a zone, older than what is kept whole.
func (z *zone) thin(ctx context.Context) (dropped int64, err error) {
	t := thinner{maphash.MakeSeed(), map[uint64]told{}, map[spot]struct{}{}}
	var forgotten time.Time
	if keep := z.hub.cfg.Retention.Devices; keep > 0 {
		forgotten = z.clock().Add(-keep)
	}
	memory := z.hub.deps.Store
	err = memory.Read(ctx, z.name, 0, func(e store.Entry) error {
		for i := range e.Events {
			o := e.Events[i].Observation
			switch {
			case o == nil:
			case z.unknown(&e.Events[i], forgotten):
				t.drop[spot{e.Position, int32(i)}] = struct{}{}
			default:
				t.note(o, spot{e.Position, int32(i)})
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	folded, err := memory.Folded(ctx, z.name)
	if err != nil {
		return 0, err
	}
	return memory.ThinLog(ctx, z.name, z.hub.now().Add(-z.hub.cfg.KeepLog), func(position int64, i int, e *tyto.Event) bool {
		switch {
		case position > folded:
			return true
		case e.Observation != nil:
			return t.keeps(e.Observation, spot{position, int32(i)})
		}
		return e.Health == nil
	})
}

func (t *thinner) note(o *tyto.Observation, at spot) {
	key := t.key(o)
	seen, again := t.told[key]
	switch {
	case again:
		seen.last = at
	case len(t.told) >= maxTold:
		return
	default:
		seen = told{at, at}
	}
	t.told[key] = seen
}

func (t *thinner) keeps(o *tyto.Observation, at spot) bool {
	if _, dropped := t.drop[at]; dropped {
		return false
	}
	seen, known := t.told[t.key(o)]
	return !known || at == seen.first || at == seen.last
}

// key is what makes an observation the same as another. The seed is random,
// so that nobody can make two of them meet.
func (t *thinner) key(o *tyto.Observation) uint64 {
	var h maphash.Hash
	h.SetSeed(t.seed)
	h.Write(o.Subject.MAC[:])
	h.Write(o.Subject.Addr[:])
	for _, n := range []uint16{o.Subject.VLAN, o.Subject.Part, uint16(o.Attr), uint16(o.Confidence)} {
		h.Write([]byte{byte(n >> 8), byte(n)})
	}
	for _, s := range []string{o.Value, o.Evidence.Sensor, o.Evidence.Protocol, o.Evidence.Field} {
		fmt.Fprintf(&h, "%d:%s", len(s), s)
	}
	return h.Sum64()
}
