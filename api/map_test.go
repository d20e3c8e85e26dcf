package api

import (
	"testing"

	"tyto/tyto"
)

func TestMap(t *testing.T) {
	x := newSite(t)
	x.user("ada", tyto.Viewer)
	if status, _ := x.do("GET", "/api/v1/map", nil); status != 401 {
		t.Errorf("a stranger's map: %d, want 401", status)
	}
	x.do("POST", "/api/v1/session", Credentials{Username: "ada", Password: password})
	x.fill()
	m := ask[NetworkMap](x, "/api/v1/map")
	if len(m.Devices) != 30 || m.DevicesTotal != 30 || len(m.Links) != 6 || m.LinksTotal != 6 {
		t.Fatalf("%d devices of %d, %d links of %d", len(m.Devices), m.DevicesTotal, len(m.Links), m.LinksTotal)
	}
	if l := m.Links[0]; l.Client != "d0" || l.Server != "d9" || l.Scope != "lan" || l.Bytes != 180 || l.Packets != 3 || l.Conversations != 1 ||
		len(l.Protocols) != 1 || l.Protocols[0] != (MapProtocol{"modbus", 180}) {
		t.Errorf("the first link is %+v", l)
	}
	for _, d := range m.Devices {
		if d.Type == "plc" && d.Purdue != "1" {
			t.Errorf("a PLC is at level %q", d.Purdue)
		}
	}
	few := ask[NetworkMap](x, "/api/v1/map?links=2&devices=30&scope=lan&protocol=modbus")
	if len(few.Links) != 2 || few.LinksTotal != 6 {
		t.Errorf("%d links of %d", len(few.Links), few.LinksTotal)
	}
	if none := ask[NetworkMap](x, "/api/v1/map?q=no+such+thing"); none.Devices == nil || none.Links == nil || len(none.Devices) != 0 {
		t.Errorf("nothing found is %+v", none)
	}
	for _, query := range []string{"devices=0", "devices=5001", "links=-1", "links=50001", "colour=red"} {
		if status, _ := x.do("GET", "/api/v1/map?"+query, nil); status != 422 {
			t.Errorf("%s: %d, want 422", query, status)
		}
	}
}
