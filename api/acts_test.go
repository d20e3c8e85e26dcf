package api

import (
	"fmt"
	"testing"
	"time"

	"tyto/frame"
	"tyto/store"
	"tyto/tyto"
)

func TestActs(t *testing.T) {
	x := signedIn(t, tyto.Viewer)
	x.fill()
	if none := ask[DeviceActList](x, "/api/v1/devices/d9/acts"); none.Items == nil || none.Total != 0 {
		t.Errorf("%+v", none)
	}
	c := store.Change{Zone: "z"}
	for i, a := range []tyto.Act{
		{Verb: tyto.Program, Operation: "s7comm download", Object: "OB 1, 2 bytes, fnv1a 08d55807b5757fad", Outcome: "ok"},
		{Verb: tyto.Program, Operation: "s7comm download", Object: "OB 1, 2 bytes, fnv1a 1111111111111111", Outcome: "refused"},
		{Verb: tyto.Transfer, Operation: "s7comm upload", Object: "OB 1, 2 bytes, fnv1a 08d55807b5757fad", Outcome: "ok"},
		{Verb: tyto.Program, Operation: "s7comm download", Object: "OB 1, 9 bytes, fnv1a 1111111111111111"},
		{Verb: tyto.Program, Operation: "s7comm download", Object: "FC 1, 9 bytes, fnv1a 1111111111111111", Outcome: "ok"},
		{Verb: tyto.Read, Operation: "s7comm read", Object: "DB 1", Count: 41},
	} {
		a.Client, a.Server, a.Evidence = tyto.Subject{Addr: frame.V4(10, 0, 0, 1)}, tyto.Subject{Addr: frame.V4(10, 0, 0, 9)}, tyto.Evidence{Protocol: "s7comm", Packet: 5}
		a.Count = max(a.Count, 1)
		at := now.Add(time.Duration(i) * time.Hour)
		c.Acts = append(c.Acts, store.ActRecord{Act: a, Zone: "z", ClientDevice: "d1", ServerDevice: "d9", First: at, Last: at})
	}
	if err := x.store.Write(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	all := ask[DeviceActList](x, "/api/v1/devices/d9/acts")
	if all.Total != 6 || fmt.Sprint(all.Verbs) != fmt.Sprint([]store.Count{{Key: "read", Count: 41}, {Key: "program", Count: 4}, {Key: "transfer", Count: 1}}) ||
		all.Items[0].Object != "DB 1" || all.Items[0].Moved != nil || all.Items[0].Evidence.Packet != 5 || all.Items[0].Client.ID != "d1" {
		t.Errorf("%+v", all)
	}
	programs := ask[DeviceActList](x, "/api/v1/devices/d9/acts?verb=program&verb=transfer&limit=5")
	var changes []string
	for _, p := range programs.Items {
		changes = append(changes, p.Moved.Name+" "+p.Moved.Change)
	}
	if want := fmt.Sprint([]string{"FC 1 first", "OB 1 changed", "OB 1 same", "OB 1 ", "OB 1 first"}); fmt.Sprint(changes) != want || programs.Items[0].Moved.Size != 9 {
		t.Errorf("%q, want %s", changes, want)
	}
	if last := ask[DeviceActList](x, "/api/v1/devices/d1/acts?verb=program&limit=2&offset=3"); len(last.Items) != 1 || last.Total != 4 || last.Items[0].Moved.Hash != "08d55807b5757fad" {
		t.Errorf("of who did it: %+v", last)
	}
	if status, _ := x.do("GET", "/api/v1/devices/nobody/acts", nil); status != 404 {
		t.Errorf("of no device: %d, want 404", status)
	}
}
