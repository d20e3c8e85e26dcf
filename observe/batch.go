package observe

import (
	"time"

	"tyto/tyto"
)

// A Batch is events and what they point to, in memory that is used again.
type Batch struct {
	Events        []tyto.Event
	observations  []tyto.Observation
	acts          []tyto.Act
	conversations []tyto.Conversation
	operations    []map[string]uint64
}

// NewBatch is an empty batch of n events.
func NewBatch(n int) *Batch {
	return &Batch{
		Events:        make([]tyto.Event, 0, n),
		observations:  make([]tyto.Observation, n),
		acts:          make([]tyto.Act, n),
		conversations: make([]tyto.Conversation, n),
		operations:    make([]map[string]uint64, n),
	}
}

// Full reports whether no event fits any more.
func (b *Batch) Full() bool { return len(b.Events) == cap(b.Events) }

// Reset empties the batch. What it held must not be used any more.
func (b *Batch) Reset() { b.Events = b.Events[:0] }

func (b *Batch) add(kind tyto.Kind) (*tyto.Event, int) {
	i := len(b.Events)
	b.Events = append(b.Events, tyto.Event{Version: tyto.EventVersion, Kind: kind})
	return &b.Events[i], i
}

func (b *Batch) observation() *tyto.Observation {
	e, i := b.add(tyto.KindObservation)
	e.Observation = &b.observations[i]
	return e.Observation
}

func (b *Batch) act() *tyto.Act {
	e, i := b.add(tyto.KindAct)
	e.Act = &b.acts[i]
	return e.Act
}

// Conversation adds a conversation event, and gives its conversation, zero
// but for an empty map of operations.
func (b *Batch) Conversation() (*tyto.Event, *tyto.Conversation) {
	e, i := b.add(tyto.KindConversation)
	c := &b.conversations[i]
	if b.operations[i] == nil {
		b.operations[i] = map[string]uint64{}
	}
	clear(b.operations[i])
	*c = tyto.Conversation{Operations: b.operations[i]}
	e.Conversation = c
	return e, c
}

// Health adds a health event. The batch keeps h.
func (b *Batch) Health(sensor string, at time.Time, h *tyto.Health) {
	e, _ := b.add(tyto.KindHealth)
	e.Sensor, e.Time, e.Health = sensor, at, h
}

// Copy is the batch's events in memory of their own, for whom keeps them.
func Copy(events []tyto.Event) []tyto.Event {
	out := make([]tyto.Event, len(events))
	for i, e := range events {
		switch {
		case e.Observation != nil:
			x := *e.Observation
			e.Observation = &x
		case e.Act != nil:
			x := *e.Act
			e.Act = &x
		case e.Conversation != nil:
			x := *e.Conversation
			ops := x.Operations
			x.Operations = nil
			if len(ops) > 0 {
				x.Operations = make(map[string]uint64, len(ops))
				for k, n := range ops {
					x.Operations[k] = n
				}
			}
			e.Conversation = &x
		}
		out[i] = e
	}
	return out
}
