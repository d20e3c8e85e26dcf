package sqlite

import (
	"fmt"
	"testing"
	"time"

	"tyto/frame"
	"tyto/store"
	"tyto/store/storetest"
	"tyto/tyto"
)

// talking is a store of n devices with several conversations each: with a few
// servers that all know, with a neighbour, and with the internet.
func talking(tb testing.TB, n, each int) *Store {
	s := large(tb, n)
	id := func(i int) string { return fmt.Sprintf("dev-%08x", i*2654435761%(1<<32)) }
	host := func(i int) tyto.Subject { return tyto.Subject{Addr: frame.V4(10, byte(i>>16), byte(i>>8), byte(i))} }
	var part []store.Conversation
	for i := range n * each {
		client, server := i/each, i%each
		c := store.Conversation{Zone: "plant", ClientDevice: id(client), ServerDevice: id(server * 17 % n), Scope: store.ScopeLAN, Conversation: tyto.Conversation{
			Client: host(client), Server: host(server * 17 % n), Transport: "tcp", Port: uint16(80 + server), Protocol: []string{"http", "tls", "modbus", "smb2", "dns"}[server%5],
			First: time.Unix(0, 1e18), Last: time.Unix(0, 1e18+int64(i)), Packets: [2]uint64{1, 1}, Bytes: [2]uint64{uint64(i * 7919 % 100_003), 5}, Sessions: 1}}
		switch server {
		case each - 1:
			c.ServerDevice, c.Scope, c.Server = "", store.ScopeInternet, tyto.Subject{Addr: frame.V4(198, 51, byte(i>>8), byte(i))}
		case each - 2:
			c.ServerDevice, c.Server = id((client+1)%n), host((client+1)%n)
		}
		if part = append(part, c); len(part) == 5000 || i == n*each-1 {
			if err := s.Write(ctx, store.Change{Zone: "plant", Conversations: part}); err != nil {
				tb.Fatal(err)
			}
			part = nil
		}
	}
	return s
}

// TestManyCategories selects more conversations than are looked up one by one.
func TestManyCategories(t *testing.T) {
	s := talking(t, 900, 5)
	kinds := map[string]string{"": "it"} // who is no device hinders nothing
	for _, r := range storetest.Site(900) {
		kinds[r.Row.ID] = r.Row.Category
	}
	self := store.Conversation{Zone: "plant", ClientDevice: storetest.Site(1)[0].Row.ID, ServerDevice: storetest.Site(1)[0].Row.ID, Scope: store.ScopeLAN, Conversation: tyto.Conversation{
		Client: tyto.Subject{Addr: frame.V4(10, 9, 9, 1)}, Server: tyto.Subject{Addr: frame.V4(10, 9, 9, 2)}, Transport: "udp", First: time.Unix(1, 0), Last: time.Unix(2, 0)}}
	strangers := self
	strangers.ClientDevice, strangers.ServerDevice, strangers.Client.Addr = "", "", frame.V4(10, 9, 9, 3)
	if err := s.Write(ctx, store.Change{Zone: "plant", Conversations: []store.Conversation{self, strangers}}); err != nil {
		t.Fatal(err)
	}
	categories := []string{"it", "iot", "network", "medical", "unknown", "ot"}
	want := 0
	for offset := 0; ; offset += 1000 {
		page, err := s.Conversations(ctx, store.ConversationQuery{Window: store.Window{Limit: 1000, Offset: offset}})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range page.Items {
			if c.ClientDevice+c.ServerDevice != "" && kinds[c.ClientDevice] != "" && kinds[c.ServerDevice] != "" {
				want++
			}
		}
		if len(page.Items) < 1000 {
			break
		}
	}
	got, err := s.Conversations(ctx, store.ConversationQuery{Window: store.Window{Limit: 10_000}, Category: categories})
	if err != nil || int(got.Total) != want || len(got.Items) != want || want <= 4000 {
		t.Errorf("%d of %d, want %d; %v", len(got.Items), got.Total, want, err)
	}
	without, err := s.Conversations(ctx, store.ConversationQuery{Window: store.Window{Limit: 10_000}, Category: categories[:5]})
	if err != nil || without.Total >= got.Total || int(without.Total) != len(without.Items) || without.Total <= 2000 {
		t.Errorf("without a category %d of %d; %v", len(without.Items), without.Total, err)
	}
	for _, c := range without.Items {
		if kinds[c.ClientDevice] == "ot" || kinds[c.ServerDevice] == "ot" {
			t.Errorf("%s to %s is there", c.ClientDevice, c.ServerDevice)
		}
	}
}

func BenchmarkMap(b *testing.B) {
	for _, n := range []int{2_000, 100_000} {
		s := talking(b, n, 5)
		for name, q := range map[string]store.MapQuery{
			"all":          {},
			"iot":          {Devices: store.DeviceQuery{Category: []string{"iot"}}, Scope: []string{"lan"}},
			"iot internet": {Devices: store.DeviceQuery{Category: []string{"iot"}}, Scope: []string{"internet"}},
		} {
			q.Devices.Limit, q.Links = 2000, 10_000
			b.Run(fmt.Sprintf("devices=%d/%s", n, name), func(b *testing.B) {
				for b.Loop() {
					if _, err := s.Map(ctx, q); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
		b.Run(fmt.Sprintf("devices=%d/list of iot conversations", n), func(b *testing.B) {
			for b.Loop() {
				q := store.ConversationQuery{Window: store.Window{Limit: 100}, Category: []string{"iot"}, Scope: []string{"lan"}}
				if _, err := s.Conversations(ctx, q); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
