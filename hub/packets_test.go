package hub

import (
	"context"
	"errors"
	"io"
	"slices"
	"testing"

	"tyto/packets"
	"tyto/store"
	"tyto/tyto"
)

// kept notes what is saved; of one alert nothing is kept.
type kept struct {
	saved []string
	none  string
}

func (k *kept) Save(_ context.Context, a *tyto.Alert) error {
	k.saved = append(k.saved, a.ID)
	if a.ID == k.none {
		return packets.ErrNone
	}
	return nil
}

func (k *kept) Has(*tyto.Alert) bool { return true }

func (k *kept) Write(context.Context, *tyto.Alert, io.Writer) error {
	return errors.New("nobody asks in this test")
}

// TestSavePackets saves the packets of each alert once, while it is new.
func TestSavePackets(t *testing.T) {
	f := newFixture(t)
	k := &kept{none: "b"}
	h, err := New(DefaultConfig(), Deps{Store: f.store, Packets: k}) // beside the one that runs, whose alerts these are
	if err != nil {
		t.Fatal(err)
	}
	write := func(ids ...string) {
		var all []tyto.Alert
		for _, id := range ids {
			all = append(all, tyto.Alert{ID: id, Rule: "plc-stop", Severity: tyto.Major, First: start, Last: start, Count: 1})
		}
		if err := f.store.Write(t.Context(), store.Change{Zone: "z", Alerts: all}); err != nil {
			t.Fatal(err)
		}
	}
	write("a", "b")
	done := h.saveNew(t.Context(), nil)
	write("a", "c")
	h.saveNew(t.Context(), done)
	slices.Sort(k.saved)
	if !slices.Equal(k.saved, []string{"a", "b", "c"}) {
		t.Errorf("saved %v", k.saved)
	}
}
