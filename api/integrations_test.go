package api

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"tyto/outbound"
	"tyto/store"
	"tyto/tyto"
)

// integrated is a destination and a connector, over the site's store.
type integrated struct{ store store.Store }

func (f integrated) List(context.Context) ([]Integration, error) {
	return []Integration{{Name: "soc", Direction: "out", Product: "syslog", State: "failing", Error: "connection refused", Remedy: "check it", Backlog: 3, Undelivered: 1},
		{Name: "defender", Direction: "both", Product: "defender", State: "working", Wants: []string{"machines"}, Last: now}}, nil
}

func (f integrated) known(name string) error {
	if name != "soc" {
		return fmt.Errorf("%q: %w", name, ErrNoIntegration)
	}
	return nil
}

func (f integrated) Undelivered(ctx context.Context, name string, limit int) ([]store.Undelivered, error) {
	if err := f.known(name); err != nil {
		return nil, err
	}
	return f.store.ListUndelivered(ctx, "forward "+name, limit)
}

func (f integrated) Replay(ctx context.Context, name string, ids []int64) (int64, error) {
	if err := f.known(name); err != nil {
		return 0, err
	}
	return f.store.Replay(ctx, "forward "+name, ids)
}

func (f integrated) Test(_ context.Context, name string) (string, error) {
	if err := f.known(name); err != nil {
		return "", err
	}
	return "half an answer\u202e", fmt.Errorf("no\x1b: %w", &outbound.StatusError{Status: 403, Text: "HTTP 403"})
}

func (f integrated) Onboardable(r *store.DeviceRow) (bool, string) {
	return r.OS == "Windows 10", "because"
}

func TestIntegrations(t *testing.T) {
	x := signedIn(t, tyto.Admin)
	u := store.Undelivered{Reader: "forward soc", Time: now, Reason: "400 bad", Event: tyto.Event{Kind: tyto.KindAlert, Zone: "z", Alert: &tyto.Alert{Severity: tyto.Minor, Title: "=cmd"}}}
	if err := x.store.PutUndelivered(t.Context(), []store.Undelivered{u, u}); err != nil {
		t.Fatal(err)
	}
	get := func(method, path string, body, into any) int {
		t.Helper()
		status, text := x.do(method, path, body)
		if into != nil && status == 200 {
			if err := json.Unmarshal([]byte(text), into); err != nil {
				t.Fatal(err, text)
			}
		}
		return status
	}
	var all IntegrationList
	if s := get("GET", "/api/v1/integrations", nil, &all); s != 200 || len(all.Items) != 2 || all.Items[0].Backlog != 3 || all.Items[0].Wants == nil {
		t.Errorf("%d: %+v", s, all)
	}
	var left UndeliveredList
	if s := get("GET", "/api/v1/integrations/soc/undelivered", nil, &left); s != 200 || len(left.Items) != 2 || left.Items[0].Title != "=cmd" || left.Items[0].Reason != "400 bad" {
		t.Errorf("%d: %+v", s, left)
	}
	var again Replayed
	if s := get("POST", "/api/v1/integrations/soc/replay", ReplayWish{IDs: []int64{left.Items[0].ID}}, &again); s != 200 || again.Events != 1 {
		t.Errorf("%d: %+v", s, again)
	}
	if s := get("POST", "/api/v1/integrations/soc/replay", ReplayWish{}, &again); s != 200 || again.Events != 2 {
		t.Errorf("%d: %+v", s, again)
	}
	var tested Tested
	if s := get("POST", "/api/v1/integrations/soc/test", nil, &tested); s != 200 || tested.OK || !strings.Contains(tested.Remedy, "permission") || strings.Contains(tested.Error, "\x1b") {
		t.Errorf("%d: %+v", s, tested)
	}
	for _, path := range []string{"undelivered", "replay", "test"} {
		method, body := "POST", any(nil)
		if path == "undelivered" {
			method = "GET"
		}
		if path == "replay" {
			body = ReplayWish{}
		}
		if s := get(method, "/api/v1/integrations/nobody/"+path, body, nil); s != 404 {
			t.Errorf("%s of nobody: %d", path, s)
		}
	}
}

func TestMachinesAndUnconnected(t *testing.T) {
	x := signedIn(t, tyto.Viewer)
	var machines []store.Machine
	for i := range 3 {
		machines = append(machines, store.Machine{Connector: "defender", ID: fmt.Sprint("m", i), Zone: "z", Name: fmt.Sprint("=PC-", i), Heard: i == 0, Last: now.Add(-time.Hour),
			Adapters: []store.Adapter{{MAC: fmt.Sprintf("02:00:00:00:00:0%d", i), IPs: []string{fmt.Sprintf("10.0.0.%d", i)}}}})
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(x.store.PutMachines(t.Context(), machines))
	must(x.store.Write(t.Context(), store.Change{Zone: "z", Devices: []store.DeviceRecord{{Row: store.DeviceRow{ID: "d1", Zone: "z", OS: "Windows 10", Packets: 9, First: now, Last: now}, Device: tyto.Device{ID: "d1"}}}}))
	status, text := x.do("GET", "/api/v1/connectors/defender/machines?unheard=true", nil)
	var page MachineList
	must(json.Unmarshal([]byte(text), &page))
	if status != 200 || page.Total != 2 || page.Items[0].ID != "m1" || page.Items[0].MACs[0] != "02:00:00:00:00:01" || page.Items[0].IPs[0] != "10.0.0.1" {
		t.Errorf("%d: %s", status, text)
	}
	status, text = x.do("GET", "/api/v1/connectors/defender/unconnected", nil)
	var only UnconnectedList
	must(json.Unmarshal([]byte(text), &only))
	if status != 200 || only.Total != 1 || !only.Items[0].Can || only.Items[0].Why != "because" || only.Items[0].Device.ID != "d1" {
		t.Errorf("%d: %s", status, text)
	}
	for path, want := range map[string]int{"machines.csv": 4, "machines.csv?unheard=true": 3, "unconnected.csv": 2} {
		status, text = x.do("GET", "/api/v1/connectors/defender/"+path, nil)
		rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
		if status != 200 || err != nil || len(rows) != want {
			t.Errorf("%s: %d, %v: %s", path, status, err, text)
		}
		if strings.HasPrefix(path, "machines") && rows[1][1][0] != '\'' {
			t.Errorf("a name is a formula: %q", rows[1][1])
		}
	}
}

func TestNoIntegrations(t *testing.T) {
	a := &api{}
	out, err := a.listIntegrations(t.Context(), nil)
	if err != nil || len(out.Body.Items) != 0 || out.Body.Items == nil {
		t.Errorf("%+v, %v", out, err)
	}
	if err := a.integrated(); !errors.Is(err, ErrNoIntegration) {
		t.Error(err)
	}
}
