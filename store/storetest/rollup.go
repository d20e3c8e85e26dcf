package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tyto/store"
)

func history(t testing.TB, s store.Store, q store.HistoryQuery) store.History {
	t.Helper()
	if q.Points == 0 {
		q.Points = 100
	}
	return get[store.History](t)(s.History(ctx, q))
}

func bytesOf(h store.History) (sum [2]uint64) {
	for _, p := range h.Points {
		sum[0], sum[1] = sum[0]+p.Bytes[0], sum[1]+p.Bytes[1]
	}
	return sum
}

func testHistory(t *testing.T, p Place) {
	s := p(t)
	if h := history(t, s, store.HistoryQuery{}); len(h.Points) != 0 {
		t.Errorf("of nothing: %+v", h)
	}
	a, b := conversation(1, 2, "http"), conversation(1, 3, "modbus")
	b.Port = 502
	a.Last = epoch.Add(90 * time.Second)
	b.Minutes = []store.Sum{{Time: epoch, Packets: [2]uint64{1, 1}, Bytes: [2]uint64{40, 100}}, {Time: epoch.Add(4 * time.Minute), Bytes: [2]uint64{60, 300}, Sessions: 1}}
	for range 2 {
		must(t, s.Write(ctx, store.Change{Zone: "z", Conversations: []store.Conversation{a, b}}))
	}
	s = p(t)
	want := store.History{Step: time.Minute, Points: []store.Sum{{Time: epoch, Packets: [2]uint64{2, 2}, Bytes: [2]uint64{80, 200}}, {Time: epoch.Add(time.Minute)},
		{Time: epoch.Add(2 * time.Minute)}, {Time: epoch.Add(3 * time.Minute)}, {Time: epoch.Add(4 * time.Minute), Bytes: [2]uint64{120, 600}, Sessions: 2}}}
	if d := cmp.Diff(want, history(t, s, store.HistoryQuery{Client: "d0001", Server: "d0003", Protocol: []string{"modbus"}, Port: 502, Transport: "tcp", Zone: []string{"z"}})); d != "" {
		t.Error(d)
	}
	for name, x := range map[string]struct {
		q    store.HistoryQuery
		step time.Duration
		n    int
		want [2]uint64
	}{
		"all":      {store.HistoryQuery{}, time.Minute, 5, [2]uint64{400, 1600}},
		"server":   {store.HistoryQuery{Server: "d0002"}, time.Minute, 1, [2]uint64{200, 800}},
		"address":  {store.HistoryQuery{ServerIP: "10.0.0.3"}, time.Minute, 5, [2]uint64{200, 800}},
		"device":   {store.HistoryQuery{Device: "d0002"}, time.Minute, 1, [2]uint64{200, 800}},
		"either":   {store.HistoryQuery{Device: "d0001", Protocol: []string{"http", "modbus"}}, time.Minute, 5, [2]uint64{400, 1600}},
		"text":     {store.HistoryQuery{Text: "modbus", Scope: []string{"lan"}}, time.Minute, 5, [2]uint64{200, 800}},
		"no scope": {store.HistoryQuery{Device: "d0001", Scope: []string{"internet"}}, 0, 0, [2]uint64{}},
		"coarse":   {store.HistoryQuery{Points: 3}, 5 * time.Minute, 1, [2]uint64{400, 1600}},
		"a time":   {store.HistoryQuery{From: epoch.Add(time.Minute), To: epoch.Add(3 * time.Minute)}, time.Minute, 2, [2]uint64{200, 800}},
		"nobody":   {store.HistoryQuery{Client: "x"}, 0, 0, [2]uint64{}},
		"no zone":  {store.HistoryQuery{Zone: []string{"y"}}, 0, 0, [2]uint64{}},
		"no port":  {store.HistoryQuery{Port: 1}, 0, 0, [2]uint64{}},
		"protocol": {store.HistoryQuery{Protocol: []string{"http"}}, time.Minute, 1, [2]uint64{200, 800}},
	} {
		h := history(t, s, x.q)
		if len(h.Points) != x.n || h.Step != x.step || bytesOf(h) != x.want {
			t.Errorf("%s: %d of %v with %v, want %d of %v with %v", name, len(h.Points), h.Step, bytesOf(h), x.n, x.step, x.want)
		}
	}
}

// testRollUp lets time pass: every byte stays in one place, until it is too old.
func testRollUp(t *testing.T, p Place) {
	s := p(t)
	keep := store.Retention{Minutes: 2 * time.Hour, Hours: 48 * time.Hour, Days: 100 * 24 * time.Hour}
	c := conversation(1, 2, "http")
	const days = 10
	for i := range days * 24 {
		m := store.Sum{Time: epoch.Add(time.Duration(i)*time.Hour + time.Duration(i%60)*time.Minute), Bytes: [2]uint64{1, 2}}
		c.Minutes = append(c.Minutes, m)
	}
	must(t, s.Write(ctx, store.Change{Zone: "z", Conversations: []store.Conversation{c}}))
	end := epoch.Add(days * 24 * time.Hour)
	for range 2 { // again changes nothing
		must(t, s.RollUp(ctx, end, keep))
		s = p(t)
		if h := history(t, s, store.HistoryQuery{}); bytesOf(h) != [2]uint64{days * 24, 2 * days * 24} || h.Step != 24*time.Hour {
			t.Errorf("after rolling up: %v in steps of %v", bytesOf(h), h.Step)
		}
	}
	if h := history(t, s, store.HistoryQuery{From: end.Add(-24 * time.Hour)}); h.Step != time.Hour || bytesOf(h) != [2]uint64{24, 48} {
		t.Errorf("of the last day: %v in steps of %v", bytesOf(h), h.Step)
	}
	if h := history(t, s, store.HistoryQuery{From: end.Add(-2 * time.Hour), Points: 200}); h.Step != time.Minute || bytesOf(h) != [2]uint64{2, 4} {
		t.Errorf("of the last hours: %v in steps of %v", bytesOf(h), h.Step)
	}
	late := c
	late.Minutes = []store.Sum{{Time: epoch.Add(time.Hour), Bytes: [2]uint64{5, 5}}} // from a sensor that was away
	must(t, s.Write(ctx, store.Change{Zone: "z", Conversations: []store.Conversation{late}}))
	must(t, s.RollUp(ctx, end, keep))
	if h := history(t, s, store.HistoryQuery{}); bytesOf(h) != [2]uint64{days*24 + 5, 2*days*24 + 5} {
		t.Errorf("what came late: %v", bytesOf(h))
	}
	must(t, s.RollUp(ctx, end.Add(200*24*time.Hour), keep))
	if h := history(t, s, store.HistoryQuery{}); len(h.Points) != 0 {
		t.Errorf("too old, and left: %+v", h)
	}
}

// testStale drops conversations that were silent for long.
func testStale(t *testing.T, p Place) {
	s := p(t)
	silent, loud, other := conversation(1, 2, "http"), conversation(1, 3, "dns"), conversation(1, 2, "http")
	loud.Last = epoch.Add(48 * time.Hour)
	must(t, s.Write(ctx, store.Change{Zone: "z", Conversations: []store.Conversation{silent, loud}}))
	must(t, s.Write(ctx, store.Change{Zone: "other", Conversations: []store.Conversation{other}}))
	must(t, s.Write(ctx, store.Change{Zone: "z", Stale: epoch.Add(24 * time.Hour)}))
	for range 2 { // and after a start
		got := conversations(t, s, store.ConversationQuery{Zone: []string{"z"}})
		if got.Total != 1 || len(got.Items) != 1 || got.Items[0].Protocol != "dns" {
			t.Errorf("left are %d: %+v", got.Total, got.Items)
		}
		if found := conversations(t, s, store.ConversationQuery{Text: "http"}); found.Total != 1 {
			t.Errorf("a search finds %d, want the one of the other zone", found.Total)
		}
		if h := history(t, s, store.HistoryQuery{Zone: []string{"z"}}); bytesOf(h) != loud.Bytes {
			t.Errorf("the history left is %v", bytesOf(h))
		}
		s = p(t)
	}
	must(t, s.Write(ctx, store.Change{Zone: "z", Conversations: []store.Conversation{silent}})) // it speaks again
	if got := conversations(t, s, store.ConversationQuery{Zone: []string{"z"}}); got.Total != 2 {
		t.Errorf("%d conversations, want 2", got.Total)
	}
}
