package hub

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/netip"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"tyto/frame"
	"tyto/packets"
	"tyto/store"
	"tyto/tyto"
	"tyto/uplink"
)

// gathering is a plant whose hub gathers packets, room for so many bytes of them.
func gathering(t *testing.T, room int64) (*plant, *Gatherer) {
	t.Helper()
	saved, err := packets.OpenSaved(filepath.Join(t.TempDir(), "alerts"), room)
	if err != nil {
		t.Fatal(err)
	}
	g := NewGatherer(saved, nil)
	return newPlantWith(t, func(d *Deps) { d.Packets = g }), g
}

// datagram is what 10.0.0.a says to 10.0.0.b, so many seconds after the start.
func datagram(a, b byte, second int) frame.Packet {
	d := make([]byte, 60)
	copy(d, []byte{2, 0, 0, 0, 0, b, 2, 0, 0, 0, 0, a, 8, 0, 0x45, 0, 0, 46, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, a, 10, 0, 0, b, 0x9c, 0x40, 0, 9, 0, 26})
	return frame.Packet{Data: d, Length: len(d), Link: frame.LinkEthernet, Time: start.Add(time.Duration(second) * time.Second).UnixNano()}
}

// alarm is an alert of what a sensor saw between 10.0.0.1 and 10.0.0.2.
func alarm(id, sensor string) tyto.Alert {
	return tyto.Alert{ID: id, Rule: "plc-stop", Severity: tyto.Major, Title: "A controller was stopped", Subjects: []tyto.Subject{{Addr: frame.V4(10, 0, 0, 1)}, {Addr: frame.V4(10, 0, 0, 2)}},
		Evidence: tyto.Evidence{Sensor: sensor}, First: start, Last: start.Add(time.Second), Count: 1}
}

// alarms writes alerts, and has the hub look for new ones as it does every few seconds.
func (p *plant) alarms(all ...tyto.Alert) {
	p.t.Helper()
	p.must(p.store.Write(p.t.Context(), store.Change{Zone: "hall", Alerts: all}))
	p.fixture.hub.saveNew(p.t.Context(), nil)
}

// TestPacketsOfSensors: the packets of an alert come from the ring of the sensor that saw them, over the network,
// once; a sensor is asked for none of another's.
func TestPacketsOfSensors(t *testing.T) {
	p, g := gathering(t, 16<<20)
	ring, err := packets.Open(packets.Config{Dir: t.TempDir(), Bytes: packets.MinBytes})
	p.must(err)
	defer ring.Close()
	ring.Keep([]frame.Packet{datagram(1, 2, 0), datagram(2, 1, 1), datagram(1, 3, 1), datagram(1, 2, 60)}, []string{"eth1"})
	var asked atomic.Int32
	work := func(x *probe, find uplink.Finder) {
		ctx, end := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() {
			done <- x.client.Answer(ctx, func(ctx context.Context, q *uplink.Wanted, w io.Writer) error { asked.Add(1); return find(ctx, q, w) })
		}()
		t.Cleanup(func() { end(); <-done })
	}
	work(p.join("a", "hall", ""), func(ctx context.Context, q *uplink.Wanted, w io.Writer) error {
		_, err := ring.Find(ctx, packets.Query{From: q.From, To: q.To, Between: q.Between, Comment: q.Comment}, w)
		return err
	})
	work(p.join("b", "hall", ""), func(context.Context, *uplink.Wanted, io.Writer) error { return packets.ErrNone })
	mine, others, nobodys := alarm("of-a", "a"), alarm("of-b", "b"), alarm("of-c", "c")
	p.alarms(mine, others, nobodys)
	p.eventually("the packets", func() bool { return g.Has(&mine) })
	var out bytes.Buffer
	p.must(g.Write(t.Context(), &mine, &out))
	if err := packets.Check(out.Bytes()); err != nil || !bytes.Contains(out.Bytes(), []byte("Tyto alert of-a, major: A controller was stopped")) || bytes.Count(out.Bytes(), datagram(1, 2, 0).Data) != 1 || bytes.Contains(out.Bytes(), datagram(1, 3, 0).Data) {
		t.Errorf("%d bytes: %v; want the two packets of the alert, with its name, and no other", out.Len(), err)
	}
	p.eventually("b says that it has none", func() bool { return asked.Load() == 2 })
	p.alarms() // the same once more
	if all, _ := g.wants("a"); len(all) != 0 || g.Has(&others) || !errors.Is(g.Write(t.Context(), &others, io.Discard), packets.ErrNone) {
		t.Errorf("of a is still wanted %v, and of b there are packets", all)
	}
}

// TestForeignPackets sends packets that nobody asked for, of another sensor, and what is no capture.
func TestForeignPackets(t *testing.T) {
	p, g := gathering(t, 16<<20)
	x, stranger := p.join("a", "hall", ""), p.join("b", "hall", "")
	of := func(x *probe, certified bool, alert string, body []byte) int {
		t.Helper()
		id, err := uplink.Load(x.folder)
		p.must(err)
		client := clientOf(id, p.Now, certified)
		defer client.CloseIdleConnections()
		r, err := client.Post("https://"+p.hub+uplink.PathPackets+alert, uplink.PcapngType, bytes.NewReader(body))
		p.must(err)
		r.Body.Close()
		return r.StatusCode
	}
	good := bytes.Buffer{}
	ring, err := packets.Open(packets.Config{Dir: t.TempDir(), Bytes: packets.MinBytes})
	p.must(err)
	defer ring.Close()
	ring.Keep([]frame.Packet{datagram(1, 2, 0)}, nil)
	mine := alarm("x", "a")
	_, err = ring.Find(t.Context(), packets.QueryOf(&mine), &good)
	p.must(err)
	p.alarms(mine, alarm("y", "a"), alarm("z", "a"))
	for name, c := range map[string]struct{ got, want int }{
		"not asked for":         {of(x, true, "w", good.Bytes()), 422},
		"a path":                {of(x, true, "..%2Fx", good.Bytes()), 422},
		"another's":             {of(stranger, true, "x", good.Bytes()), 422},
		"without a certificate": {of(x, false, "x", good.Bytes()), 401},
		"no capture":            {of(x, true, "y", []byte("hello")), 422},
		"a capture cut short":   {of(x, true, "z", good.Bytes()[:good.Len()-3]), 422},
		"too large":             {of(x, true, "x", make([]byte, uplink.MaxPackets+1)), 413},
		"right":                 {of(x, true, "x", good.Bytes()), 200},
		"once more":             {of(x, true, "x", good.Bytes()), 422},
	} {
		if c.got != c.want {
			t.Errorf("%s: %d, want %d", name, c.got, c.want)
		}
	}
	y := alarm("y", "a")
	if !g.Has(&mine) || g.Has(&y) {
		t.Error("what is kept is not what was sent rightly")
	}
	p.must(p.enrol.Revoke(t.Context(), "ada", netip.Addr{}, "a"))
	p.alarms(alarm("v", "a"))
	if got := of(x, true, "v", good.Bytes()); got != http.StatusForbidden {
		t.Errorf("of a revoked sensor: %d", got)
	}
}

// TestGathererHasRoom: what is kept stays within its bytes, and what is wanted within its number.
func TestGathererHasRoom(t *testing.T) {
	saved, err := packets.OpenSaved(t.TempDir(), 1000)
	if err != nil {
		t.Fatal(err)
	}
	g := NewGatherer(saved, nil)
	for i := range 3 * saveMost {
		a := alarm(string(rune('a'+i%26))+string(rune('a'+i/26)), "s")
		if err := g.Save(t.Context(), &a); !errors.Is(err, packets.ErrNone) {
			t.Fatal(err)
		}
	}
	if all, _ := g.wants("s"); len(g.wanted) != saveMost || len(all) != uplink.MostWanted {
		t.Errorf("%d are wanted, %d told at once", len(g.wanted), len(all))
	}
	for _, id := range []string{"1", "2", "3"} {
		if err := saved.Put(id, func(w io.Writer) error { _, err := w.Write(make([]byte, 400)); return err }); err != nil {
			t.Fatal(err)
		}
	}
	if saved.Has("1") || !saved.Has("2") || !saved.Has("3") {
		t.Error("the first was to go, and no other")
	}
	if err := saved.Put("4", func(w io.Writer) error { _, err := w.Write(make([]byte, 1001)); return err }); err == nil || !saved.Has("3") {
		t.Errorf("more than there is room for: %v", err)
	}
}
