package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tyto/frame"
	"tyto/store"
)

// mapped is a store with devices d0000 to d0009, and conversations of them.
func mapped(t *testing.T, p Place) store.Store {
	s := p(t)
	put(t, s, 10)
	between := func(client, server byte, protocol string, bytes uint64) store.Conversation {
		c := conversation(client, server, protocol)
		c.Bytes, c.Packets = [2]uint64{bytes, 0}, [2]uint64{1, 2}
		return c
	}
	out := between(1, 3, "tls", 50)
	out.ServerDevice, out.Scope, out.Server.Addr = "", store.ScopeInternet, frame.V4(198, 51, 100, 1)
	in := between(4, 1, "ssh", 40)
	in.ClientDevice, in.Scope, in.Client.Addr = "", store.ScopeInternet, frame.V4(198, 51, 100, 2)
	later := between(1, 2, "http", 300)
	later.ServerName, later.Last = "other.example", epoch.Add(time.Hour)
	must(t, s.Write(ctx, store.Change{Zone: "z", Conversations: []store.Conversation{
		between(1, 2, "http", 100), later, between(1, 2, "dns", 150), between(2, 1, "http", 10), out, in, between(8, 9, "modbus", 7)}}))
	return s
}

func testMap(t *testing.T, p Place) {
	s := mapped(t, p)
	got := get[store.Map](t)(s.Map(ctx, store.MapQuery{Devices: store.DeviceQuery{Window: store.Window{Limit: 100}}, Links: 100}))
	if len(got.Devices) != 10 || got.Selected != 10 || got.Found != 5 {
		t.Errorf("%d devices of %d, %d links", len(got.Devices), got.Selected, got.Found)
	}
	for i := 1; i < len(got.Devices); i++ {
		if got.Devices[i].Bytes > got.Devices[i-1].Bytes {
			t.Error("the devices with the most bytes do not come first")
		}
	}
	want := []store.Link{
		{Client: "d0001", Server: "d0002", Scope: "lan", Protocols: []store.LinkProtocol{{Protocol: "http", Bytes: 400}, {Protocol: "dns", Bytes: 150}},
			Conversations: 3, Packets: 9, Bytes: 550, Last: epoch.Add(time.Hour)},
		{Client: "d0001", Scope: "internet", Protocols: []store.LinkProtocol{{Protocol: "tls", Bytes: 50}}, Conversations: 1, Packets: 3, Bytes: 50, Last: epoch.Add(3 * time.Minute)},
		{Server: "d0001", Scope: "internet", Protocols: []store.LinkProtocol{{Protocol: "ssh", Bytes: 40}}, Conversations: 1, Packets: 3, Bytes: 40, Last: epoch.Add(time.Minute)},
		{Client: "d0002", Server: "d0001", Scope: "lan", Protocols: []store.LinkProtocol{{Protocol: "http", Bytes: 10}}, Conversations: 1, Packets: 3, Bytes: 10, Last: epoch.Add(time.Minute)},
		{Client: "d0008", Server: "d0009", Scope: "lan", Protocols: []store.LinkProtocol{{Protocol: "modbus", Bytes: 7}}, Conversations: 1, Packets: 3, Bytes: 7, Last: epoch.Add(9 * time.Minute)},
	}
	if d := cmp.Diff(want, got.Links); d != "" {
		t.Error(d)
	}
}

func testMapBounds(t *testing.T, p Place) {
	s := mapped(t, p)
	limit := func(n int) store.DeviceQuery { return store.DeviceQuery{Window: store.Window{Limit: n}} }
	few := get[store.Map](t)(s.Map(ctx, store.MapQuery{Devices: limit(100), Links: 2}))
	if len(few.Links) != 2 || few.Found != 5 || few.Links[0].Bytes != 550 {
		t.Errorf("%d links of %d, the first of %d bytes", len(few.Links), few.Found, few.Links[0].Bytes)
	}
	// A link has both its ends on the map.
	two := get[store.Map](t)(s.Map(ctx, store.MapQuery{Devices: limit(2), Links: 100}))
	on := map[string]bool{"": true}
	for _, d := range two.Devices {
		on[d.ID] = true
	}
	if len(two.Devices) != 2 || two.Selected != 10 {
		t.Errorf("%d devices of %d", len(two.Devices), two.Selected)
	}
	for _, l := range two.Links {
		if !on[l.Client] || !on[l.Server] {
			t.Errorf("%s to %s leaves the map", l.Client, l.Server)
		}
	}
	if none := get[store.Map](t)(s.Map(ctx, store.MapQuery{Devices: limit(0), Links: 100})); len(none.Devices)+len(none.Links) != 0 || none.Selected != 10 {
		t.Errorf("without room: %d devices, %d links, of %d", len(none.Devices), len(none.Links), none.Selected)
	}
}

func testMapFilters(t *testing.T, p Place) {
	s := mapped(t, p)
	for _, q := range []struct {
		name  string
		query store.MapQuery
		want  string
	}{
		{"scope", store.MapQuery{Scope: []string{"internet"}}, "d0001> >d0001"},
		{"protocol", store.MapQuery{Protocol: []string{"dns", "modbus"}}, "d0001>d0002 d0008>d0009"},
		{"both", store.MapQuery{Protocol: []string{"tls", "http"}, Scope: []string{"internet"}}, "d0001>"},
		{"hostile", store.MapQuery{Protocol: []string{`"]') OR 1=1 --`}}, ""},
		{"devices", store.MapQuery{Devices: store.DeviceQuery{Text: "host-8"}}, ""},
	} {
		q.query.Devices.Limit, q.query.Links = 100, 100
		got := ""
		for i, l := range get[store.Map](t)(s.Map(ctx, q.query)).Links {
			if i > 0 {
				got += " "
			}
			got += fmt.Sprintf("%s>%s", l.Client, l.Server)
		}
		if got != q.want {
			t.Errorf("%s: got %q, want %q", q.name, got, q.want)
		}
	}
}

func testConversationCategories(t *testing.T, p Place) {
	s := p(t)
	put(t, s, 13)
	kinds := map[string]string{}
	for _, d := range get[store.Page[store.DeviceRow]](t)(s.Devices(ctx, store.DeviceQuery{Window: store.Window{Limit: 100}})).Items {
		kinds[d.ID] = d.Category
	}
	var all []store.Conversation
	for a := byte(1); a <= 12; a++ {
		for b := byte(1); b <= 12; b++ {
			all = append(all, conversation(a, b, "http"))
		}
		c := conversation(a, 200, "tls")
		c.ServerDevice, c.Scope = "", store.ScopeInternet
		in := conversation(201, a, "ssh")
		in.ClientDevice, in.Scope = "", store.ScopeInternet
		all = append(all, c, in)
	}
	must(t, s.Write(ctx, store.Change{Zone: "z", Conversations: all}))
	for _, categories := range [][]string{{"ot"}, {"it"}, {"it", "ot"}, {"medical"}} {
		for _, scope := range []string{"lan", "internet"} {
			want := 0
			for i := range all {
				c := &all[i]
				fits := func(id string) bool {
					for _, k := range categories {
						if kinds[id] == k {
							return true
						}
					}
					return id == ""
				}
				if c.Scope == scope && fits(c.ClientDevice) && fits(c.ServerDevice) {
					want++
				}
			}
			got := conversations(t, s, store.ConversationQuery{Category: categories, Scope: []string{scope}})
			if int(got.Total) != want || len(got.Items) != want {
				t.Errorf("%v, %s: %d of %d, want %d", categories, scope, len(got.Items), got.Total, want)
			}
		}
	}
}
