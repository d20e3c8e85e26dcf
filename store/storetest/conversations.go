package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tyto/frame"
	"tyto/store"
	"tyto/tyto"
)

func subject(i byte) tyto.Subject {
	return tyto.Subject{MAC: frame.MAC{2, 0, 0, 0, 0, i}, Addr: frame.V4(10, 0, 0, i), VLAN: 5}
}

func conversation(client, server byte, protocol string) store.Conversation {
	return store.Conversation{
		Zone: "z", ClientDevice: fmt.Sprintf("d%04d", client), ServerDevice: fmt.Sprintf("d%04d", server), Scope: store.ScopeLAN,
		Conversation: tyto.Conversation{Client: subject(client), Server: subject(server), Transport: "tcp", Port: 80, Protocol: protocol,
			ServerName: "printer.example", First: epoch.Add(time.Duration(client) * time.Second), Last: epoch.Add(time.Duration(server) * time.Minute),
			Packets: [2]uint64{uint64(client), 2}, Bytes: [2]uint64{100 * uint64(client), 400}, Operations: map[string]uint64{"GET": 2, "POST": 1}, Sessions: 1,
			Evidence: tyto.Evidence{Capture: "x.pcap", Packet: 9, Protocol: protocol, Field: "frame.number"}},
	}
}

func conversations(t testing.TB, s store.Store, q store.ConversationQuery) store.Page[store.ConversationRow] {
	t.Helper()
	if q.Limit == 0 {
		q.Limit = 500
	}
	return get[store.Page[store.ConversationRow]](t)(s.Conversations(ctx, q))
}

func testConversations(t *testing.T, p Place) {
	s := p(t)
	put(t, s, 10)
	c := conversation(1, 2, "http")
	must(t, s.Write(ctx, store.Change{Zone: "z", Conversations: []store.Conversation{c}}))
	more := c
	more.First, more.Last, more.Lossy = c.First.Add(-time.Hour), c.Last.Add(time.Hour), true
	more.Operations = map[string]uint64{"GET": 1, "HEAD": 4}
	must(t, s.Write(ctx, store.Change{Zone: "z", Conversations: []store.Conversation{more}}))

	want := store.ConversationRow{Conversation: c, ClientLabel: "host-1.example", ServerLabel: "host-2.example"}
	want.First, want.Last, want.Lossy, want.Sessions = more.First, more.Last, true, 2
	want.Packets, want.Bytes = [2]uint64{2, 4}, [2]uint64{200, 800}
	want.Operations = map[string]uint64{"GET": 3, "POST": 1, "HEAD": 4}
	for range 2 { // and after a start
		got := conversations(t, s, store.ConversationQuery{})
		if d := cmp.Diff([]store.ConversationRow{want}, got.Items); d != "" || got.Total != 1 {
			t.Errorf("total %d: %s", got.Total, d)
		}
		totals := get[store.ConversationTotals](t)(s.ConversationTotals(ctx))
		if d := cmp.Diff(store.ConversationTotals{Total: 1, Protocols: []store.Count{{Key: "http", Count: 1}}}, totals); d != "" {
			t.Error(d)
		}
		s = p(t)
	}
}

func testConversationFilters(t *testing.T, p Place) {
	s := p(t)
	put(t, s, 40)
	var all []store.Conversation
	for i := byte(1); i < 31; i++ {
		c := conversation(i, 31+i%3, []string{"http", "dns", "modbus"}[i%3])
		if i%5 == 0 {
			c.Scope, c.ServerDevice, c.ServerName, c.Server.Addr = store.ScopeInternet, "", "www.example.org", frame.V4(198, 51, 100, i)
		}
		all = append(all, c)
	}
	must(t, s.Write(ctx, store.Change{Zone: "z", Conversations: all}))
	for _, q := range []struct {
		name  string
		query store.ConversationQuery
		want  int
	}{
		{"all", store.ConversationQuery{}, 30},
		{"protocol", store.ConversationQuery{Protocol: []string{"dns"}}, 10},
		{"scope", store.ConversationQuery{Scope: []string{"internet"}}, 6},
		{"protocol and scope", store.ConversationQuery{Protocol: []string{"dns", "http"}, Scope: []string{"internet"}}, 4},
		{"device as client", store.ConversationQuery{Device: "d0007"}, 1},
		{"device as server", store.ConversationQuery{Device: "d0031"}, 8},
		{"device and scope", store.ConversationQuery{Device: "d0031", Scope: []string{"internet"}}, 0},
		{"address", store.ConversationQuery{Text: "198.51.100"}, 6},
		{"server name", store.ConversationQuery{Text: "EXAMPLE.ORG"}, 6},
		{"port", store.ConversationQuery{Text: "tcp/80"}, 30},
		{"two words", store.ConversationQuery{Text: "modbus printer"}, 8},
		{"short", store.ConversationQuery{Text: "ww"}, 6},
		{"name of a device", store.ConversationQuery{Text: "host-32.example"}, 8},
		{"zone", store.ConversationQuery{Zone: []string{"elsewhere"}}, 0},
		{"operators", store.ConversationQuery{Text: `dns" OR "http`}, 0},
	} {
		got := conversations(t, s, q.query)
		if int(got.Total) != q.want || len(got.Items) != q.want {
			t.Errorf("%s: %d of %d, want %d", q.name, len(got.Items), got.Total, q.want)
		}
	}
	got := conversations(t, s, store.ConversationQuery{Protocol: []string{"dns"}, Scope: []string{"internet"}})
	if d := cmp.Diff([]store.Count{{Key: "dns", Count: 2}, {Key: "http", Count: 2}, {Key: "modbus", Count: 2}}, got.Facets["protocol"]); d != "" {
		t.Error(d)
	}
	for _, column := range store.ConversationSorts {
		seen := map[string]bool{}
		for offset := 0; offset < 30; offset += 7 {
			for _, r := range conversations(t, s, store.ConversationQuery{Window: store.Window{Sort: column, Desc: true, Limit: 7, Offset: offset}}).Items {
				seen[r.ClientDevice] = true
			}
		}
		if len(seen) != 30 {
			t.Errorf("sorted by %s the pages hold %d of 30", column, len(seen))
		}
	}
}

func testMoves(t *testing.T, p Place) {
	s := p(t)
	must(t, s.Write(ctx, store.Change{Zone: "z", Conversations: []store.Conversation{conversation(1, 2, "http"), conversation(3, 1, "dns"), conversation(3, 2, "dns")}}))
	if d := cmp.Diff([]tyto.Subject{subject(1)}, get[[]tyto.Subject](t)(s.Subjects(ctx, "z", "d0001"))); d != "" {
		t.Error(d)
	}
	must(t, s.Write(ctx, store.Change{Zone: "z", Moves: []store.Move{{Subject: subject(1), Device: "d0009"}, {Subject: subject(2)}}}))
	for device, want := range map[string]uint64{"d0001": 0, "d0009": 2, "d0002": 0, "d0003": 2} {
		if got := conversations(t, s, store.ConversationQuery{Device: device}).Total; got != want {
			t.Errorf("%s has %d conversations, want %d", device, got, want)
		}
	}
}

// testScope has a host of the internet turn out to be a device here.
func testScope(t *testing.T, p Place) {
	s := p(t)
	c := conversation(1, 2, "http")
	c.Server.Addr, c.ServerDevice = frame.V4(198, 51, 100, 1), ""
	c.Scope = store.ScopeOf(&c)
	must(t, s.Write(ctx, store.Change{Zone: "z", Conversations: []store.Conversation{c}}))
	check := func(what, want string) {
		t.Helper()
		for range 2 { // and after a start
			got := conversations(t, s, store.ConversationQuery{Scope: []string{want}})
			if got.Total != 1 || len(got.Items) != 1 || got.Items[0].Scope != want {
				t.Errorf("%s: %d of scope %s, want 1", what, got.Total, want)
			}
			if d := cmp.Diff([]store.Count{{Key: want, Count: 1}}, got.Facets["scope"]); d != "" {
				t.Errorf("%s: %s", what, d)
			}
			s = p(t)
		}
	}
	check("at first", store.ScopeInternet)
	must(t, s.Write(ctx, store.Change{Zone: "z", Moves: []store.Move{{Subject: c.Server, Device: "d0002"}}}))
	check("moved", store.ScopeLAN)
	must(t, s.Write(ctx, store.Change{Zone: "z", Moves: []store.Move{{Subject: c.Server}}}))
	check("moved back", store.ScopeInternet)
	c.ServerDevice = "d0002"
	c.Scope = store.ScopeOf(&c)
	must(t, s.Write(ctx, store.Change{Zone: "z", Conversations: []store.Conversation{c}}))
	check("said again", store.ScopeLAN)
	c.Scope = store.ScopeOtherZone
	must(t, s.Write(ctx, store.Change{Zone: "z", Conversations: []store.Conversation{c}}))
	check("another zone's", store.ScopeOtherZone)
	must(t, s.Write(ctx, store.Change{Zone: "z", Moves: []store.Move{{Subject: c.Server, Device: "d0003"}}}))
	check("moved there", store.ScopeOtherZone)
}

func testKnown(t *testing.T, p Place) {
	s := p(t)
	var want []store.Conversation
	for i := range 620 { // more than are read at once
		c := conversation(byte(i%200+1), 2, "http")
		c.Port = uint16(i)
		want = append(want, c)
	}
	must(t, s.Write(ctx, store.Change{Zone: "z", Conversations: want}))
	var got []store.Conversation
	must(t, p(t).Known(ctx, "z", func(c store.Conversation) error { got = append(got, c); return nil }))
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func testTraffic(t *testing.T, p Place) {
	s := p(t)
	if got := get[[]store.Traffic](t)(s.Traffic(ctx, time.Hour, 10)); len(got) != 0 {
		t.Errorf("silence is %v", got)
	}
	for range 2 {
		must(t, s.Write(ctx, store.Change{Zone: "z", Traffic: []store.Traffic{{Time: epoch.Add(3 * time.Second), Packets: 1, Bytes: 60}, {Time: epoch.Add(25 * time.Second), Packets: 2, Bytes: 120}}}))
	}
	want := []store.Traffic{{Time: epoch, Packets: 2, Bytes: 120}, {Time: epoch.Add(10 * time.Second)}, {Time: epoch.Add(20 * time.Second), Packets: 4, Bytes: 240}}
	if d := cmp.Diff(want, get[[]store.Traffic](t)(s.Traffic(ctx, time.Hour, 10))); d != "" {
		t.Error(d)
	}
	must(t, s.Write(ctx, store.Change{Zone: "z", Traffic: []store.Traffic{{Time: epoch.Add(23 * time.Hour), Packets: 7}}}))
	got := get[[]store.Traffic](t)(s.Traffic(ctx, 24*time.Hour, 48))
	var packets uint64
	for _, x := range got {
		packets += x.Packets
	}
	if len(got) > 48 || packets != 13 {
		t.Errorf("%d intervals with %d packets, want at most 48 with 13", len(got), packets)
	}
	if got := get[[]store.Traffic](t)(s.Traffic(ctx, time.Hour, 48)); len(got) != 1 || got[0].Packets != 7 {
		t.Errorf("of the last hour: %v", got)
	}
}

func testSensors(t *testing.T, p Place) {
	s := p(t)
	a := store.SensorReport{Sensor: "a", Zone: "z", Version: "1", Interface: "eth0", Time: epoch, Received: epoch, Counters: map[string]uint64{"parsed": 1}}
	b, c := a, a
	b.Interface, b.Received, b.Version = "eth1", epoch.Add(time.Minute), "2"
	c.Sensor = "c"
	must(t, s.Write(ctx, store.Change{Zone: "z", Sensors: []store.SensorReport{b, c, a}}))
	a.Counters = map[string]uint64{"parsed": 2}
	must(t, s.Write(ctx, store.Change{Zone: "z", Sensors: []store.SensorReport{a}}))
	want := []store.Sensor{
		{Name: "a", Version: "2", Zone: "z", Received: b.Received, Interfaces: []store.SensorReport{a, b}},
		{Name: "c", Version: "1", Zone: "z", Received: epoch, Interfaces: []store.SensorReport{c}},
	}
	if d := cmp.Diff(want, get[[]store.Sensor](t)(p(t).Sensors(ctx))); d != "" {
		t.Error(d)
	}
}
