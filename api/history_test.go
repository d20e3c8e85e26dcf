package api

import (
	"net/url"
	"testing"
	"time"

	"tyto/store"
	"tyto/tyto"
)

func TestHistory(t *testing.T) {
	x := signedIn(t, tyto.Viewer)
	x.fill()
	begun := now.Add(-time.Hour).Truncate(time.Minute)
	c := store.Conversation{Zone: "z", ClientDevice: "d2", ServerDevice: "d9", Scope: store.ScopeLAN, Conversation: tyto.Conversation{
		Transport: "udp", Port: 4711, Protocol: "history", First: begun, Last: begun.Add(9 * time.Minute), Packets: [2]uint64{3, 3}, Bytes: [2]uint64{30, 300}, Sessions: 2}}
	c.Minutes = []store.Sum{{Time: begun, Packets: [2]uint64{1, 2}, Bytes: [2]uint64{10, 100}, Sessions: 2}, {Time: begun.Add(9 * time.Minute), Packets: [2]uint64{2, 1}, Bytes: [2]uint64{20, 200}}}
	if err := x.store.Write(t.Context(), store.Change{Zone: "z", Conversations: []store.Conversation{c}}); err != nil {
		t.Fatal(err)
	}
	got := ask[History](x, "/api/v1/conversations/history?client=d2&server=d9&transport=udp&port=4711&protocol=history")
	if len(got.Points) != 10 || got.Step != 60 || got.Points[0].Bytes != [2]uint64{10, 100} || got.Points[0].Sessions != 2 || got.Points[5].Packets != [2]uint64{} ||
		got.Points[9].Bytes != [2]uint64{20, 200} || !got.Points[9].Time.Equal(begun.Add(9*time.Minute)) {
		t.Errorf("%+v", got)
	}
	of := ask[History](x, "/api/v1/conversations/history?device=d9&protocol=history&protocol=dns&scope=lan")
	if len(of.Points) != 10 || of.Points[9].Bytes != got.Points[9].Bytes {
		t.Errorf("of the device: %+v", of)
	}
	few := ask[History](x, "/api/v1/conversations/history?protocol=history&points=2&from="+url.QueryEscape(begun.Format(time.RFC3339))+"&to="+url.QueryEscape(begun.Add(20*time.Minute).Format(time.RFC3339)))
	if len(few.Points) > 2 || few.Step < 600 || few.Points[0].Bytes[1]+few.Points[len(few.Points)-1].Bytes[1] < 300 {
		t.Errorf("%+v", few)
	}
	if none := ask[History](x, "/api/v1/conversations/history?server_ip=192.0.2.99"); none.Points == nil || len(none.Points) != 0 {
		t.Errorf("%+v", none)
	}
	for _, bad := range []string{"points=0", "points=2001", "port=70000", "from=yesterday"} {
		if status, _ := x.do("GET", "/api/v1/conversations/history?"+bad, nil); status != 422 {
			t.Errorf("%s: %d, want 422", bad, status)
		}
	}
}
