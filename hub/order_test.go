package hub

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"tyto/store"
	"tyto/tyto"
)

// A delivery is what a sensor sends, and how it arrives.
type delivery struct {
	Batches [][]int // what each batch has: numbers that become events
	Order   []int   // which batch arrives next; each at least once
	Flush   []bool  // whether the hub folds before that
	Trim    []bool  // whether the log forgets what is folded before that
}

var deliveries = rapid.Custom(func(t *rapid.T) (d delivery) {
	d.Batches = rapid.SliceOfN(rapid.SliceOfN(rapid.IntRange(0, 1<<16), 1, 5), 1, 8).Draw(t, "batches")
	for i := range d.Batches {
		d.Order = append(d.Order, i)
	}
	d.Order = append(d.Order, rapid.SliceOfN(rapid.IntRange(0, len(d.Batches)-1), 0, 8).Draw(t, "repeated")...)
	d.Order = rapid.Permutation(d.Order).Draw(t, "order")
	d.Flush = rapid.SliceOfN(rapid.Bool(), len(d.Order), len(d.Order)).Draw(t, "flush")
	d.Trim = rapid.SliceOfN(rapid.Map(rapid.IntRange(0, 5), func(n int) bool { return n == 0 }), len(d.Order), len(d.Order)).Draw(t, "trim")
	return d
})

// event is what a number stands for.
func event(n int) tyto.Event {
	client, server, what := byte(1+n%4), byte(1+n/4%4), n/16
	at := start.Add(time.Duration(what%50) * time.Minute)
	var e tyto.Event
	switch what % 5 {
	case 0:
		e = saw(client, tyto.Address, subject(client).Addr.String())
	case 1:
		e = saw(client, tyto.Hostname, fmt.Sprint("host-", what%3))
	case 2:
		e = saw(client, tyto.Vendor, fmt.Sprint("vendor ", what%2))
	case 3:
		e = talked(subject(client), subject(server), "modbus")
		e.Conversation.First, e.Conversation.Last = at, at.Add(time.Minute)
		e.Conversation.Evidence.Packet = uint64(what)
	case 4:
		e = healthy("eth0", uint64(what))
	}
	e.Time = at
	return e
}

// deliver has a hub take a delivery for a zone, as it arrives or, straight, as
// it was meant. Without protection nothing tells a repeated batch.
func (p *plant) deliver(t interface{ Fatal(...any) }, d *delivery, zone string, straight, protected bool) {
	m := tyto.Member{Sensor: "sensor of " + zone, Zone: zone}
	order := d.Order
	if straight {
		order = make([]int, len(d.Batches))
		for i := range order {
			order[i] = i
		}
	}
	done := make([]bool, len(d.Batches)+1)
	for step, i := range order {
		if !straight && d.Flush[step] {
			p.flush(t)
		}
		if !straight && d.Trim[step] {
			p.Pass(100 * time.Hour)
			p.fixture.hub.tidy(context.Background())
			p.Pass(-100 * time.Hour) // or the hub would forget what was not seen for long
		}
		floor := 1
		for done[floor-1] {
			floor++
		}
		b := store.Batch{Epoch: 7, Seq: uint64(i + 1), Floor: uint64(min(floor, i+1))}
		if !protected {
			b.Epoch, b.Floor = uint64(step+1), 0
		}
		for _, n := range d.Batches[i] {
			b.Events = append(b.Events, event(n))
		}
		if _, err := p.fixture.hub.Receive(context.Background(), m, b); err != nil {
			t.Fatal(err)
		}
		done[i] = true
	}
	p.flush(t)
	z, err := p.fixture.hub.zone(context.Background(), zone) // that a device was seen again is written late: write it now
	if err == nil {
		err = z.rewrite(context.Background())
	}
	if err != nil {
		t.Fatal(err)
	}
	p.flush(t)
}

func (p *plant) flush(t interface{ Fatal(...any) }) {
	for more := true; more; {
		var err error
		if more, err = p.fixture.hub.flush(context.Background(), true); err != nil {
			t.Fatal(err)
		}
	}
}

// An outcome is what a zone amounts to, in words that do not name it.
type outcome struct {
	Devices []store.DeviceRow
	Talks   []store.Conversation
	Health  []store.SensorReport
}

func (p *plant) outcome(t interface{ Fatal(...any) }, zone string) (o outcome) {
	ctx := context.Background()
	devices, err := p.store.Devices(ctx, store.DeviceQuery{Zone: []string{zone}, Window: store.Window{Sort: "first_seen", Limit: 500}})
	if err != nil {
		t.Fatal(err)
	}
	o.Devices = devices.Items
	slices.SortFunc(o.Devices, func(a, b store.DeviceRow) int { return cmp.Compare(a.MAC+a.IP, b.MAC+b.IP) })
	talks, err := p.store.Conversations(ctx, store.ConversationQuery{Zone: []string{zone}, Window: store.Window{Sort: "first_seen", Limit: 500}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range talks.Items {
		c.Conversation.Zone, c.ClientDevice, c.ServerDevice, c.Evidence = "", "", "", tyto.Evidence{}
		o.Talks = append(o.Talks, c.Conversation)
	}
	slices.SortFunc(o.Talks, func(a, b store.Conversation) int {
		return cmp.Compare(a.Client.Addr.String()+a.Server.Addr.String(), b.Client.Addr.String()+b.Server.Addr.String())
	})
	sensors, err := p.store.Sensors(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range sensors {
		for _, r := range s.Interfaces {
			if r.Zone == zone {
				r.Sensor, r.Zone, r.Received = "", "", time.Time{}
				o.Health = append(o.Health, r)
			}
		}
	}
	return o
}

var nameless = cmpopts.IgnoreFields(store.DeviceRow{}, "ID", "Zone", "Sensor")

// TestAnyOrder has batches arrive repeated, reordered and late: the hub knows
// in the end what it would know had each come once and in order. With the
// protection off it must not, or the test would prove nothing.
func TestAnyOrder(t *testing.T) {
	p := newPlant(t)
	zones := 0
	differs := func(t interface{ Fatal(...any) }, d *delivery, protected bool) string {
		zones++
		meant, came := fmt.Sprint("meant-", zones), fmt.Sprint("came-", zones)
		p.deliver(t, d, meant, true, true)
		p.deliver(t, d, came, false, protected)
		return gocmp.Diff(p.outcome(t, meant), p.outcome(t, came), nameless)
	}
	p.eventually("ready", func() bool { return p.fixture.hub.isReady(t.Context()) == nil })
	if f := flag.Lookup("rapid.checks"); f != nil && f.Value.String() == f.DefValue { // -rapid.checks 1000 for more
		if err := f.Value.Set("40"); err != nil {
			t.Fatal(err)
		}
		defer f.Value.Set(f.DefValue) //nolint:errcheck // it was that before
	}
	rapid.Check(t, func(t *rapid.T) {
		d := deliveries.Draw(t, "delivery")
		if diff := differs(t, &d, true); diff != "" {
			t.Fatalf("meant, and came:\n%s", diff)
		}
	})
	wrong := 0
	for seed := range 10 {
		d := deliveries.Example(seed)
		if differs(t, &d, false) != "" {
			wrong++
		}
	}
	if wrong == 0 {
		t.Error("without the protection nothing goes wrong: the test proves nothing")
	}
	t.Logf("without the protection %d of 10 go wrong", wrong)
}
