package inventory

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tyto/frame"
	"tyto/tyto"
)

// A world is small, so that facts meet. It is the first byte of its networks:
// 10 is inside, 11 of the internet.
type world byte

// observation is some fact in a world.
func (net world) observation(t *rapid.T) *tyto.Event {
	macs, addrs := net.addresses()
	words := []sayable{
		{tyto.Identity, []string{"uuid:1", "uuid:2", "fqdn:a", "guid:b", "mac:00:1b:17:00:00:02"}},
		{tyto.Serial, []string{"1", "2"}},
		{tyto.Role, []string{"router", "dns server"}},
		{tyto.Type, []string{"ip_camera", "printer", "plc", "mfp"}},
		{tyto.Hostname, []string{"a", "A", "b.example"}},
		{tyto.Firmware, []string{"1.0", "1.1"}},
		{tyto.Forwards, []string{"10.0.7.3"}},
		{tyto.Virtual, []string{"vrrp"}},
		{tyto.PartModel, []string{"CPU", "DI"}},
		{tyto.Provides, []string{"tcp/80 http", "tcp/80 http nginx 1.2", "tcp/22 ssh"}},
	}
	o := &tyto.Observation{
		Subject: tyto.Subject{
			MAC: rapid.SampledFrom(macs).Draw(t, "mac"), Addr: rapid.SampledFrom(addrs).Draw(t, "ip"),
			VLAN: rapid.SampledFrom([]uint16{0, 0, 10, 20}).Draw(t, "vlan"), Part: rapid.SampledFrom([]uint16{0, 0, 0, 3}).Draw(t, "part"),
		},
		Confidence: rapid.SampledFrom([]tyto.Confidence{tyto.Guessed, tyto.Inferred, tyto.Shown, tyto.Stated, tyto.Confirmed}).Draw(t, "how"),
		Evidence: tyto.Evidence{
			Sensor: rapid.SampledFrom([]string{"s1", "s2"}).Draw(t, "sensor"), Packet: uint64(rapid.IntRange(1, 50).Draw(t, "packet")),
			Protocol: rapid.SampledFrom([]string{"dhcp", "mdns", "arp"}).Draw(t, "protocol"), Field: "f",
		},
	}
	if rapid.Bool().Draw(t, "address") {
		o.Attr, o.Value = tyto.Address, rapid.SampledFrom(addrs[1:]).Draw(t, "value").String()
	} else {
		w := rapid.SampledFrom(words).Draw(t, "attr")
		o.Attr, o.Value = w.attr, rapid.SampledFrom(w.values).Draw(t, "value")
	}
	switch rapid.IntRange(0, 9).Draw(t, "else") {
	case 0: // asks for an address
		o.Attr, o.Value, o.Evidence.Protocol = tyto.Clue, rapid.SampledFrom([]string{"1,3,6", "1,28,3"}).Draw(t, "list"), "dhcp"
		o.Evidence.Field = "dhcp.option.request_list_item"
	case 1:
		o.Attr, o.Value, o.Evidence.Protocol = tyto.Hostname, rapid.SampledFrom([]string{"anna", "iPhone"}).Draw(t, "name"), "dhcp"
		o.Evidence.Field = "dhcp.option.hostname"
	case 2: // a person decides
		o.Attr, o.Value = tyto.Identity, rapid.SampledFrom([]string{"person:merge:1", "person:unmerge:1", "person:alone", "person:undo"}).Draw(t, "decision")
		o.Evidence.Protocol, o.Confidence = "person", tyto.Confirmed
	case 3:
		o.Attr, o.Value = tyto.Type, rapid.SampledFrom([]string{"printer", "plc", Undecided}).Draw(t, "type")
		o.Evidence.Protocol, o.Confidence = "person", tyto.Confirmed
	}
	return &tyto.Event{Kind: tyto.KindObservation, Time: at(rapid.IntRange(0, 40).Draw(t, "time")), Observation: o}
}

// tell is events as a person reads them.
func tell(events []*tyto.Event) (text string) {
	for _, e := range events {
		b, _ := json.Marshal(e)
		text += e.Time.Format("05 ") + string(b) + "\n"
	}
	return text
}

// addresses is the addresses there are, none among them.
func (net world) addresses() ([]frame.MAC, []frame.Addr) {
	return []frame.MAC{{}, {0, 0x1b, 0x17, 0, 0, 1}, {0, 0x1b, 0x17, 0, 0, 2}, {0, 0x1b, 0x17, 0, 0, 3}, {0xda, 0xa1, 0x19, 0, 0, 4}, {0xda, 0xa1, 0x19, 0, 0, 5}, {0xda, 0xa1, 0x19, 0, 0, 6}, {0, 0, 0x5e, 0, 1, 9}}, []frame.Addr{{}, frame.V4(byte(net), 0, 0, 1), frame.V4(byte(net), 0, 0, 2), frame.V4(byte(net), 0, 7, 3), frame.V4(8, 8, 8, 8), frame.V4(8, 8, 8, 9),
		{0: 0xfe, 1: 0x80, 15: 1}, {0: 0x20, 1: 0x03, 15: 1}, {0: 0x20, 1: 0x03, 8: 2, 9: 0x1b, 10: 0x17, 11: 0xff, 12: 0xfe, 15: 1}}
}

// talk is some conversation in a world.
func (net world) talk(t *rapid.T) *tyto.Event {
	macs, addrs := net.addresses()
	side := func(name string) tyto.Subject {
		return tyto.Subject{MAC: rapid.SampledFrom(macs).Draw(t, name+" mac"), Addr: rapid.SampledFrom(addrs).Draw(t, name+" ip")}
	}
	first := rapid.IntRange(0, 40).Draw(t, "first")
	n := rapid.SampledFrom([]uint64{0, 3}).Draw(t, "answers")
	return &tyto.Event{Kind: tyto.KindConversation, Time: at(50), Conversation: &tyto.Conversation{
		Client: side("client"), Server: side("server"), Transport: "tcp", Port: 443, Protocol: rapid.SampledFrom([]string{"", "tls"}).Draw(t, "protocol"),
		First: at(first), Last: at(first + rapid.IntRange(0, 5).Draw(t, "length")), Packets: [2]uint64{2, n}, Bytes: [2]uint64{200, 100 * n},
		Evidence: tyto.Evidence{Sensor: "s1", Packet: uint64(first)},
	}}
}

type sayable struct {
	attr   tyto.Attr
	values []string
}

// TestOrderAndRepetition is the promise of the package: the same observations,
// in any order and any number, asked about at any time, are the same devices.
func TestOrderAndRepetition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		net := rapid.SampledFrom([]world{10, 11}).Draw(t, "net")
		events := rapid.SliceOfN(rapid.Custom(net.observation), 1, 40).Draw(t, "events")
		talks := rapid.SliceOfN(rapid.Custom(net.talk), 0, 8).Draw(t, "talks") // increments: told once
		budget := Config{ClaimsPerAttr: rapid.SampledFrom([]int{0, 2}).Draw(t, "budget")}
		once := New("z", budget)
		for _, e := range append(slices.Clone(talks), events...) {
			once.Learn(e)
		}
		want := once.Devices()

		again := New("z", budget)
		order := rapid.Permutation(slices.Concat(events, talks, events)).Draw(t, "order")
		for i, e := range order {
			again.Learn(e)
			if i%3 == 0 {
				again.Changed()
			}
		}
		if d := cmp.Diff(want, again.Devices()); d != "" {
			t.Fatalf("order or repetition changed the devices, of\n%s%s\nand\n%s\n%s", tell(talks), tell(events), tell(order), d)
		}
		check(t, again)
	})
}

// check demands what must hold of every inventory.
func check(t *rapid.T, v *Inventory) {
	have := map[string]bool{}
	for d := range v.All() {
		if have[d.ID] {
			t.Fatalf("two devices are %s", d.ID)
		}
		have[d.ID] = true
		for _, x := range d.Interfaces {
			if x.MAC.IsGroup() {
				t.Fatalf("%s is a group's address", x.MAC)
			}
			for _, i := range x.IPs {
				if i.IP.IsMulticast() || i.IP.IsUnspecified() || i.IP.IsLoopback() {
					t.Fatalf("%s is nobody's address", i.IP)
				}
				if got := v.Find(tyto.Subject{MAC: x.MAC, Addr: i.IP, VLAN: first(x.VLANs)}); got != d.ID && !x.MAC.IsLocal() {
					t.Fatalf("%s %s is found as %q, want %s", x.MAC, i.IP, got, d.ID)
				}
			}
		}
	}
}

func first(vlans []uint16) uint16 {
	if len(vlans) == 0 {
		return 0
	}
	return vlans[0]
}

// TestForgetNothing: copying everything changes nothing.
func TestForgetNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		net := rapid.SampledFrom([]world{10, 11}).Draw(t, "net")
		v := New("z", Config{})
		for _, e := range rapid.SliceOfN(rapid.Custom(net.observation), 1, 40).Draw(t, "events") {
			v.Learn(e)
		}
		want := v.Devices()
		v.Forget(epoch.AddDate(-1, 0, 0))
		if d := cmp.Diff(want, v.Devices()); d != "" {
			t.Fatalf("forgetting nothing changed the devices:\n%s", d)
		}
	})
}

// TestChangedTellsAll: a store that reads what Changed names is up to date.
func TestChangedTellsAll(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		net := rapid.SampledFrom([]world{10, 11}).Draw(t, "net")
		v := New("z", Config{})
		store := map[string]string{}
		for i, e := range rapid.SliceOfN(rapid.Custom(net.observation), 1, 40).Draw(t, "events") {
			v.Learn(e)
			if i%4 != 3 {
				continue
			}
			for _, id := range v.Changed() {
				if d, ok := v.Device(id); ok {
					store[id] = composition(&d)
				} else {
					delete(store, id)
				}
			}
			want := map[string]string{}
			for d := range v.All() {
				want[d.ID] = composition(d)
			}
			if d := cmp.Diff(want, store); d != "" {
				t.Fatalf("the store is behind:\n%s", d)
			}
		}
	})
}

// composition is what of a device must be told at once: not when it was seen.
func composition(d *tyto.Device) string {
	text := fmt.Sprint(d.Protocols, d.Roles, d.Modules, d.Services)
	for _, x := range d.Interfaces {
		text += x.MAC.String()
		for _, i := range x.IPs {
			text += i.IP.String()
		}
	}
	return text + d.Value(tyto.Hostname) + d.Value(tyto.Serial)
}
