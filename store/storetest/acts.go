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

func act(verb tyto.Verb, object string, at time.Time) store.ActRecord {
	return store.ActRecord{ClientDevice: "d0001", ServerDevice: "d0002", First: at, Last: at, Act: tyto.Act{
		Client: tyto.Subject{Addr: frame.V4(10, 0, 0, 1)}, Server: tyto.Subject{Addr: frame.V4(10, 0, 0, 2)}, Verb: verb, Operation: "s7comm download",
		Object: object, Outcome: "ok", Count: 1, Evidence: tyto.Evidence{Protocol: "s7comm", Packet: 7}}}
}

func acts(t testing.TB, s store.Store, q store.ActQuery) (all []string) {
	t.Helper()
	if q.Limit == 0 {
		q.Limit = 100
	}
	for _, a := range get[[]store.ActRow](t)(s.Acts(ctx, q)) {
		all = append(all, fmt.Sprintf("%s %s>%s %s %d× %v+%v", a.Verb, a.ClientDevice, a.ServerDevice, a.Object, a.Count, a.First.Sub(epoch), a.Last.Sub(a.First)))
	}
	return all
}

func testActs(t *testing.T, p Place) {
	s := p(t)
	must(t, s.Write(ctx, store.Change{Zone: "z", Devices: []store.DeviceRecord{device(1), device(2)}, Acts: []store.ActRecord{
		act(tyto.Program, "OB 1", epoch), act(tyto.Program, "OB 1", epoch.Add(20*time.Second)), // in one minute
		act(tyto.Program, "OB 1", epoch.Add(2*time.Hour)), act(tyto.Read, "DB 1", epoch)}}))
	must(t, s.Write(ctx, store.Change{Zone: "z", Acts: []store.ActRecord{act(tyto.Read, "DB 1", epoch.Add(time.Hour))}})) // of one day
	must(t, s.Write(ctx, store.Change{Zone: "other", Acts: []store.ActRecord{act(tyto.Stop, "", epoch)}}))
	s = p(t)
	if d := cmp.Diff([]string{
		"program d0001>d0002 OB 1 1× 2h0m0s+0s", "read d0001>d0002 DB 1 2× 0s+1h0m0s", "program d0001>d0002 OB 1 2× 0s+20s"}, acts(t, s, store.ActQuery{Device: "d0002", Zone: []string{"z"}})); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"read d0001>d0002 DB 1 2× 0s+1h0m0s"}, acts(t, s, store.ActQuery{Device: "d0001", Verb: []string{"read", "stop"}, Zone: []string{"z"}})); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"program d0001>d0002 OB 1 1× 2h0m0s+0s"}, acts(t, s, store.ActQuery{Device: "d0002", Limit: 1, Verb: []string{"program"}})); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string(nil), acts(t, s, store.ActQuery{Device: "nobody"})); d != "" {
		t.Error(d)
	}
	row := get[[]store.ActRow](t)(s.Acts(ctx, store.ActQuery{Verb: []string{"stop"}, Limit: 9}))
	if len(row) != 1 || row[0].Zone != "other" || row[0].Operation != "s7comm download" || row[0].Evidence.Packet != 7 || row[0].ServerLabel == "" {
		t.Errorf("%+v", row)
	}

	// They follow the devices, of their zone alone.
	must(t, s.Write(ctx, store.Change{Zone: "z", Moves: []store.Move{{Subject: tyto.Subject{Addr: frame.V4(10, 0, 0, 2)}, Device: "d0003"}}}))
	if d := cmp.Diff([]string{"read d0001>d0003 DB 1 2× 0s+1h0m0s"}, acts(t, s, store.ActQuery{Device: "d0003", Verb: []string{"read"}})); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"stop d0001>d0002  1× 0s+0s"}, acts(t, s, store.ActQuery{Device: "d0002"})); d != "" {
		t.Error(d)
	}
}

// testActsForgotten lets acts become too old and too many.
func testActsForgotten(t *testing.T, p Place) {
	s := p(t)
	c := store.Change{Zone: "z"}
	for i := range store.MostActs + 50 {
		c.Acts = append(c.Acts, act(tyto.Stop, "", epoch.Add(time.Duration(i)*time.Minute)))
	}
	quiet := act(tyto.Start, "", epoch)
	quiet.Server.Addr, quiet.ServerDevice = frame.V4(10, 0, 0, 9), ""
	c.Acts = append(c.Acts, quiet)
	must(t, s.Write(ctx, c))
	keep := store.DefaultRetention()
	must(t, s.RollUp(ctx, epoch.Add(time.Hour), keep))
	if n := len(acts(t, s, store.ActQuery{Device: "d0002", Limit: 2 * store.MostActs})); n != store.MostActs {
		t.Errorf("%d are left, want %d", n, store.MostActs)
	}
	if d := cmp.Diff([]string{"start d0001>  1× 0s+0s"}, acts(t, s, store.ActQuery{Verb: []string{"start"}})); d != "" {
		t.Error(d)
	}
	must(t, s.RollUp(ctx, epoch.Add(keep.Conversations+time.Hour), keep))
	if n := len(acts(t, s, store.ActQuery{Limit: 2 * store.MostActs})); n != store.MostActs-10 {
		t.Errorf("%d are left, want those of after the first hour", n)
	}
}
