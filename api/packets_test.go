package api

import (
	"context"
	"io"
	"testing"

	"tyto/packets"
	"tyto/tyto"
)

// oneAlert has packets of alert a1.
type oneAlert struct{}

func (oneAlert) Has(a *tyto.Alert) bool { return a.ID == "a1" }

func (oneAlert) Write(_ context.Context, a *tyto.Alert, w io.Writer) error {
	if a.ID != "a1" {
		return packets.ErrNone
	}
	_, err := io.WriteString(w, "a capture")
	return err
}

// TestAlertPackets: analysts get packets, and the audit log says so.
func TestAlertPackets(t *testing.T) {
	for role, want := range map[tyto.PersonRole]int{tyto.Viewer: 403, tyto.Analyst: 200} {
		x := signedInWith(t, role, func(d *Deps) { d.Packets = oneAlert{} })
		x.alarm()
		status, body := x.do("GET", "/api/v1/alerts/a1/packets", nil)
		if status != want || (body == "a capture") != (want == 200) {
			t.Errorf("%v: %d %s", role, status, body)
		}
		audit, err := x.store.AuditRecords(t.Context(), 1)
		if err != nil || (audit[0].What == "alert-packets.get" && audit[0].Object == "a1" && audit[0].Who == "ada") != (want == 200) {
			t.Errorf("%v: the audit log has %+v, %v", role, audit[0], err)
		}
		if detail := ask[AlertDetail](x, "/api/v1/alerts/a1"); !detail.Packets {
			t.Errorf("%v is not told that there are packets", role)
		}
		if want == 200 {
			if status, _ := x.do("GET", "/api/v1/alerts/a0/packets", nil); status != 404 {
				t.Errorf("of another: %d", status)
			}
		}
	}
}
