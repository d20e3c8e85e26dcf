package inventory

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tyto/frame"
	"tyto/tyto"
)

// flood is real hosts, each of which says its name now and then, among
// strangers that announce an address each: in batches, as a sensor tells them.
func flood(real, strangers int) (batches [][]tyto.Event) {
	say := func(n int, s tyto.Subject, a tyto.Attr, value string, how tyto.Confidence, protocol, field string) tyto.Event {
		return tyto.Event{Kind: tyto.KindObservation, Time: at(n), Observation: &tyto.Observation{Subject: s, Attr: a, Value: value, Confidence: how,
			Evidence: tyto.Evidence{Sensor: "s1", Packet: uint64(n), Protocol: protocol, Field: field}}}
	}
	seen := func(n int, s tyto.Subject) []tyto.Event {
		alone := tyto.Subject{MAC: s.MAC}
		return []tyto.Event{
			say(n, alone, tyto.Clue, s.MAC.String(), tyto.Shown, "eth", "eth.src"),
			say(n, alone, tyto.Address, s.Addr.String(), tyto.Stated, "arp", "arp.src.proto_ipv4"),
			{Kind: tyto.KindConversation, Time: at(n), Conversation: &tyto.Conversation{Client: alone, Server: tyto.Subject{MAC: frame.MAC{255, 255, 255, 255, 255, 255}},
				Transport: "ethernet", Port: 2054, Protocol: "arp", First: at(n), Last: at(n), Packets: [2]uint64{1, 0}, Bytes: [2]uint64{60, 0}, Evidence: tyto.Evidence{Sensor: "s1", Packet: uint64(n)}}},
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	for n := range strangers {
		x := random.Uint64()
		m := frame.MAC{2, byte(x), byte(x >> 8), byte(x >> 16), byte(n >> 8), byte(n)}
		batches = append(batches, seen(n, tyto.Subject{MAC: m, Addr: frame.V4(172, 16, byte(x>>32), byte(x>>40))}))
	}
	for n := range real {
		s := tyto.Subject{MAC: frame.MAC{0, 0x1b, 0x78, 0, byte(n >> 8), byte(n)}, Addr: frame.V4(10, 0, byte(n>>8), byte(n))}
		spoke := tyto.Event{Kind: tyto.KindConversation, Time: at(n), Conversation: &tyto.Conversation{Client: s, Server: tyto.Subject{MAC: frame.MAC{255, 255, 255, 255, 255, 255}, Addr: frame.V4(10, 255, 255, 255)},
			Transport: "udp", Port: 137, Protocol: "nbns", First: at(n), Last: at(n), Packets: [2]uint64{1, 0}, Bytes: [2]uint64{110, 0}, Evidence: tyto.Evidence{Sensor: "s1", Packet: uint64(n)}}}
		batches = append(batches, append(seen(n, s), say(n, s, tyto.Hostname, fmt.Sprintf("PC-%05d", n), tyto.Stated, "nbns", "nbns.name"), spoke))
	}
	return batches
}

// TestFloodOfStrangers: what is made up stays within the budget, whoever is
// real is there, whatever was heard first, and nothing goes uncounted.
func TestFloodOfStrangers(t *testing.T) {
	const real, strangers, budget = 200, 20_000, 1 << 20
	batches := flood(real, strangers)
	var want []tyto.Device
	for seed := range uint64(3) {
		rand.New(rand.NewPCG(seed, 1)).Shuffle(len(batches), func(i, j int) { batches[i], batches[j] = batches[j], batches[i] })
		v, most := New("z", Config{}), int64(0)
		for _, b := range batches {
			for i := range b {
				v.Learn(&b[i])
			}
			most = max(most, v.Bytes())
			if v.Bytes() > budget {
				v.Shed(budget/4, false)
			}
		}
		if most > budget+budget/8 || v.Bytes() < budget/8 {
			t.Errorf("%d bytes at most and %d in the end, of a budget of %d", most, v.Bytes(), budget)
		}
		devices, named := v.Devices(), 0
		for i := range devices {
			if devices[i].Value(tyto.Hostname) != "" {
				named++
			}
		}
		if named != real {
			t.Errorf("%d of %d real hosts are there", named, real)
		}
		// Who is real may have been turned away before it said its name.
		if got, not := int(v.Stats().Strangers), real+strangers-len(devices); got < not || got > not+real {
			t.Errorf("%d are counted, and %d were not kept", got, not)
		}
		if want == nil {
			want = devices
		}
		if d := cmp.Diff(ids(want), ids(devices)); d != "" {
			t.Errorf("in another order others are kept:\n%.500s", d)
		}
	}
}

func ids(all []tyto.Device) (out []string) {
	for i := range all {
		out = append(out, all[i].ID)
	}
	return out
}

// TestWhoSaysMostStays is the order in which devices go when all must.
func TestWhoSaysMostStays(t *testing.T) {
	z := newZone(t)
	z.sent("00:1b:17:00:00:01", "10.0.0.1", 0, 900)
	z.sent("00:1b:17:00:00:02", "10.0.0.2", 0, 1)
	z.say(1, "00:1b:17:00:00:02", "10.0.0.2", tyto.Hostname, "a-moment", tyto.Stated, "dhcp", "dhcp.option.hostname")
	z.sent("00:1b:17:00:00:03", "10.0.0.3", 0, 900)
	z.say(1, "00:1b:17:00:00:03", "10.0.0.3", tyto.Hostname, "an-hour", tyto.Stated, "dhcp", "dhcp.option.hostname")
	z.sent("00:1b:17:00:00:04", "10.0.0.4", 0, 1)
	z.say(1, "00:1b:17:00:00:04", "10.0.0.4", tyto.Serial, "A1", tyto.Stated, "snmp", "snmp.serial")
	z.sent("00:1b:17:00:00:05", "10.0.0.5", 0, 1)
	z.say(1, "00:1b:17:00:00:05", "10.0.0.5", tyto.Type, "plc", tyto.Confirmed, "person", "anna")
	var went []string
	for had := z.Devices(); len(had) > 0; {
		z.Shed(1, true)
		left := z.Devices()
		for _, d := range had {
			if !slices.Contains(ids(left), d.ID) {
				went = append(went, d.Interfaces[0].IPs[0].IP.String())
			}
		}
		had = left
	}
	if want := "[10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4 10.0.0.5]"; fmt.Sprint(went) != want {
		t.Errorf("in turn go %v, want %v", went, want)
	}
}

// TestStrangersComeInAgain: who was turned away is let in when it says
// something, and all are when there is room again.
func TestStrangersComeInAgain(t *testing.T) {
	z := newZone(t)
	for z.shut < mostShut {
		z.Shed(1<<30, false)
	}
	z.sent(host1, "10.0.0.5", 0, 0)
	z.want()
	z.say(1, host1, "10.0.0.5", tyto.Hostname, "press", tyto.Stated, "dhcp", "dhcp.option.hostname")
	z.sent(host1, "10.0.0.5", 2, 2)
	z.want(host1 + " 10.0.0.5")
	for range mostShut {
		z.Forget(at(-1))
	}
	z.sent(host2, "10.0.0.6", 3, 3)
	z.want(host1+" 10.0.0.5", host2+" 10.0.0.6")
}

// TestDropLeavesNoTrace: what goes might never have been there.
func TestDropLeavesNoTrace(t *testing.T) {
	foreign := func(s *tyto.Subject) {
		if !s.MAC.IsZero() {
			s.MAC[2] = 0x99
		}
		if !s.Addr.IsZero() {
			s.Addr = frame.V4(172, 16, 0, s.Addr[15])
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		net := world(10)
		stays := rapid.SliceOfN(rapid.Custom(net.observation), 1, 30).Draw(t, "stays")
		goes := rapid.SliceOfN(rapid.Custom(net.observation), 1, 30).Draw(t, "goes")
		for _, e := range goes {
			if foreign(&e.Observation.Subject); e.Observation.Attr == tyto.Address {
				e.Observation.Value = e.Observation.Subject.Addr.String()
			}
		}
		home := &tyto.Event{Time: at(0), Observation: &tyto.Observation{Subject: tyto.Subject{MAC: frame.MAC{0, 0x1b, 0x17, 9}, Addr: frame.V4(10, 9, 9, 9)},
			Attr: tyto.Address, Value: "10.9.9.9", Confidence: tyto.Guessed, Evidence: tyto.Evidence{Protocol: "ip"}}} // the zone has addresses of its own
		want, got := New("z", Config{}), New("z", Config{})
		for _, e := range append(stays, home) {
			want.Learn(e)
		}
		for _, e := range rapid.Permutation(slices.Concat(stays, goes, []*tyto.Event{home})).Draw(t, "order") {
			got.Learn(e)
		}
		got.settle()
		gone := make([]bool, got.pairs.last+1)
		for n := uint32(1); n <= got.pairs.last; n++ {
			p := got.pair(n)
			gone[n] = got.ifaces[p.iface].key>>40&0xff == 0x99 || got.hosts[p.host].addr[12] == 172
		}
		got.drop(gone)
		if d := cmp.Diff(want.Devices(), got.Devices()); d != "" {
			t.Fatalf("of\n%s\nwithout\n%s\nis left\n%s", tell(stays), tell(goes), d)
		}
		for _, e := range slices.Concat(goes, stays) { // in the places of those that went
			got.Learn(e)
			want.Learn(e)
		}
		if d := cmp.Diff(want.Devices(), got.Devices()); d != "" {
			t.Fatalf("learnt again, of\n%s\nand\n%s\nis made\n%s", tell(stays), tell(goes), d)
		}
		check(t, got)
	})
}

// TestBytes holds that what an inventory says that it takes is about what it
// does take, of strangers as of devices.
func TestBytes(t *testing.T) {
	observations, conversations := network(2000)
	var strangers []tyto.Event
	for _, b := range flood(0, 10_000) {
		strangers = append(strangers, b...)
	}
	for name, events := range map[string][]tyto.Event{"devices": append(observations, conversations...), "strangers": strangers} {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		v := New("z", Config{})
		for i := range events {
			v.Learn(&events[i])
		}
		v.settle()
		runtime.GC()
		runtime.ReadMemStats(&after)
		took, said := float64(after.HeapAlloc)-float64(before.HeapAlloc), float64(v.Bytes())
		t.Logf("%s: %.0f bytes, said to be %.0f; each takes %.0f", name, took, said, took/float64(v.Stats().Devices))
		if said < took*0.8 || said > took*1.5 {
			t.Errorf("%s: %.0f bytes are said to be %.0f", name, took, said)
		}
		runtime.KeepAlive(v)
	}
}
