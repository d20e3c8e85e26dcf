package api

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"net/netip"
	"strings"
	"testing"
	"time"

	"tyto/store"
	"tyto/tyto"
	"tyto/uplink"
)

// joins has a sensor join with a token, as the hub's other listener would.
func (x *site) joins(token string) {
	x.t.Helper()
	parsed, err := uplink.ParseToken(token)
	x.must(err)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	x.must(err)
	csr, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	x.must(err)
	_, _, err = x.enrolment.Join(x.t.Context(), parsed.Secret[:], csr, netip.Addr{})
	x.must(err)
}

// TestSensorsLife follows a sensor from its token to its end.
func TestSensorsLife(t *testing.T) {
	x := signedIn(t, tyto.Admin)
	for what, c := range map[string]struct {
		wish JoinTokenWish
		says string
	}{
		"a bad name":    {JoinTokenWish{Name: "a b", Zone: "hall"}, "body.name"},
		"a bad zone":    {JoinTokenWish{Name: "a", Zone: "../x"}, "body.zone"},
		"a bad site":    {JoinTokenWish{Name: "a", Zone: "hall", Site: "<b>"}, "body.site"},
		"a bad address": {JoinTokenWish{Name: "a", Zone: "hall", Address: "0.0.0.0:8443"}, "body.address"},
		"a long life":   {JoinTokenWish{Name: "a", Zone: "hall", Minutes: 100_000}, "body.minutes"},
	} {
		if status, body := x.do("POST", "/api/v1/join-tokens", c.wish); status != 422 || !strings.Contains(body, c.says) {
			t.Errorf("%s: %d %s", what, status, body)
		}
	}
	made := post[JoinTokenMade](x, "/api/v1/join-tokens", JoinTokenWish{Name: "probe", Zone: "hall", Site: "graz"})
	if made.Address != "127.0.0.1:8443" || made.Command != "tyto sensor join "+made.Token || !made.Expires.Equal(now.Add(time.Hour)) {
		t.Errorf("made %+v", made)
	}
	tokens := ask[JoinTokenList](x, "/api/v1/join-tokens")
	if len(tokens.Items) != 1 || tokens.Items[0].Sensor != "probe" || tokens.Items[0].By != "ada" || tokens.Address != "127.0.0.1:8443" {
		t.Errorf("tokens %+v", tokens)
	}
	x.joins(made.Token)
	if tokens := ask[JoinTokenList](x, "/api/v1/join-tokens"); len(tokens.Items) != 0 {
		t.Errorf("a used token is listed: %+v", tokens)
	}
	all := ask[SensorList](x, "/api/v1/sensors").Items
	if len(all) != 1 || all[0].Name != "probe" || all[0].Zone != "hall" || all[0].Online || !all[0].LastSeen.IsZero() || all[0].Member == nil || all[0].Member.State != "joined" || all[0].Member.By != "ada" {
		t.Fatalf("sensors %+v", all)
	}
	x.must(x.store.Write(t.Context(), store.Change{Zone: "hall", Sensors: []store.SensorReport{
		{Sensor: "probe", Zone: "hall", Version: "2", Interface: "eth0", Time: now, Received: now, Counters: map[string]uint64{"packets": 9}},
		{Sensor: "probe", Zone: "hall", Version: "2", Interface: uplink.HealthName, Time: now, Received: now, Counters: map[string]uint64{"backlog_batches": 3, "backlog_events": 70,
			"backlog_bytes": 900, "capacity_bytes": 1000, "backlog_oldest_ns": uint64(now.UnixNano())}},
	}, Gaps: []store.SensorGap{{Sensor: "probe", Zone: "hall", Received: now, Gap: tyto.Gap{ID: "1", Reason: tyto.GapFull, Class: "B", From: 3, To: 9, Batches: 7, Events: 55, First: now, Last: now}}}}))
	s := ask[SensorList](x, "/api/v1/sensors").Items[0]
	if !s.Online || s.Version != "2" || len(s.Interfaces) != 1 || s.Uplink == nil || s.Uplink.Events != 70 || s.Uplink.Capacity != 1000 || !s.Uplink.Oldest.Equal(now) ||
		s.Lost != 55 || len(s.Gaps) != 1 || s.Gaps[0].From != 3 || s.Gaps[0].Batches != 7 {
		t.Errorf("sensor %+v", s)
	}
	x.clock.Pass(10 * time.Minute)
	if status, body := x.do("POST", "/api/v1/sensors/nobody/revoke", nil); status != 404 {
		t.Errorf("revoking a stranger: %d %s", status, body)
	}
	if status, body := x.do("POST", "/api/v1/sensors/probe/revoke", nil); status != 204 {
		t.Errorf("revoking: %d %s", status, body)
	}
	if m := ask[SensorList](x, "/api/v1/sensors").Items[0].Member; m.State != "revoked" || m.RevokedBy != "ada" || !m.Revoked.Equal(now.Add(10*time.Minute)) {
		t.Errorf("member %+v", m)
	}
}

// post decodes the answer to a POST.
func post[T any](x *site, path string, body any) (v T) {
	x.t.Helper()
	status, text := x.do("POST", path, body)
	if status != 200 {
		x.t.Fatalf("%s: %d %s", path, status, text)
	}
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		x.t.Fatal(err)
	}
	return v
}

func TestSites(t *testing.T) {
	x := signedIn(t, tyto.Admin)
	for _, c := range []struct {
		path   string
		body   any
		status int
	}{
		{"/api/v1/sites/graz", Title{Title: "Graz"}, 204},
		{"/api/v1/sites/graz", Title{Title: "Graz Süd"}, 204},
		{"/api/v1/sites/a%20b", Title{Title: "x"}, 422},
		{"/api/v1/sites/linz", Title{}, 422},
		{"/api/v1/zones/hall", ZoneWish{Title: "Hall 3", Site: "graz"}, 204},
		{"/api/v1/zones/office", ZoneWish{Title: "Office"}, 204},
		{"/api/v1/zones/yard", ZoneWish{Title: "Yard", Site: "nowhere"}, 422},
	} {
		if status, body := x.do("PUT", c.path, c.body); status != c.status {
			t.Errorf("%s: %d %s, want %d", c.path, status, body, c.status)
		}
	}
	got := ask[SiteList](x, "/api/v1/sites")
	if len(got.Items) != 1 || got.Items[0].Title != "Graz Süd" || len(got.Items[0].Zones) != 1 || got.Items[0].Zones[0].Title != "Hall 3" || len(got.Nowhere) != 1 || got.Nowhere[0].ID != "office" {
		t.Errorf("sites %+v", got)
	}
}
