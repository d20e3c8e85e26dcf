package hub

import (
	"fmt"
	"testing"
	"time"

	"tyto/store"
	"tyto/tyto"
)

func did(client, server byte, verb tyto.Verb, object string, at time.Time, count uint64) tyto.Event {
	return tyto.Event{Version: tyto.EventVersion, Sensor: "s", Zone: "z", Time: at, Kind: tyto.KindAct, Act: &tyto.Act{Client: subject(client), Server: subject(server),
		Verb: verb, Operation: "s7comm download", Object: object, Outcome: "ok", Count: count, Evidence: tyto.Evidence{Sensor: "s", Protocol: "s7comm", Packet: 5}}}
}

func TestActsAreKept(t *testing.T) {
	f := newFixture(t)
	of := func() (all []string) {
		rows, err := f.store.Acts(t.Context(), store.ActQuery{Limit: 10})
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range rows {
			all = append(all, fmt.Sprintf("%s %s %d %s by %s", a.Verb, a.Object, a.Count, a.ServerLabel, a.ClientLabel))
		}
		return all
	}
	f.accept(saw(1, tyto.Hostname, "es"), saw(2, tyto.Hostname, "plc-1"), talked(subject(1), subject(2), "s7comm"),
		did(1, 2, tyto.Program, "OB 1, 2 bytes, fnv1a 08d55807b5757fad", start, 0), did(1, 2, tyto.Read, "DB 1", start, 40), did(1, 2, tyto.Read, "DB 1", start.Add(time.Second), 2))
	want := fmt.Sprint([]string{"read DB 1 42 plc-1 by es", "program OB 1, 2 bytes, fnv1a 08d55807b5757fad 1 plc-1 by es"})
	f.eventually("acts", func() bool { return fmt.Sprint(of()) == want })
	if err := f.stop(); err != nil { // what is in the log is not counted twice
		t.Fatal(err)
	}
	f.begin(nil)
	f.accept(did(1, 2, tyto.Stop, "", start.Add(time.Hour), 0))
	f.eventually("one more", func() bool { return len(of()) == 3 })
	if got := of(); fmt.Sprint(got[1:]) != want || got[0] != "stop  1 plc-1 by es" {
		t.Errorf("%q, want %q after one stop", got, want)
	}
}
