package connect

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tyto/forward"
	"tyto/lab/doubles"
	"tyto/outbound"
	"tyto/store"
	"tyto/tyto"
)

// snow is a fixture with a double of ServiceNow, a connector to it, and the
// destination that makes incidents there.
type snow struct {
	*fixture
	far *doubles.ServiceNowDouble
	out forward.Output
	// decided are the decisions that a baseline was told of.
	decided []string
}

func newSnow(t *testing.T) *snow {
	f := &snow{fixture: newHub(t), far: doubles.ServiceNow()}
	f.far.Clock = f.Now
	name := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(name, []byte(doubles.SnowSecret), 0o600); err != nil {
		t.Fatal(err)
	}
	at := outbound.Instance{URL: doubles.Serve(t, f.far).URL, Client: doubles.SnowClient, Secret: outbound.Secret{File: name}}
	f.config = Connector{Name: "snow", ServiceNow: &ServiceNow{at}}
	f.connect()
	accept := f.manager.all[0].product.(*serviceNow)
	accept.deps.Accept = func(ctx context.Context, events []tyto.Event) error {
		for i := range events {
			f.decided = append(f.decided, events[i].Observation.Value)
		}
		return f.hub.Accept(ctx, events)
	}
	d := forward.Destination{Name: "snow", ServiceNow: &forward.ServiceNow{Instance: at}}
	var err error
	if f.out, err = d.Open(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.out.Close() })
	return f
}

// raise has a zone raise an alert, which is told to ServiceNow.
func (f *snow) raise(id, rule string) {
	f.t.Helper()
	e := tyto.Event{Version: tyto.EventVersion, Sensor: "s", Zone: "plant", Time: f.Now(), Kind: tyto.KindAlert, Alert: &tyto.Alert{ID: id, Rule: rule, Severity: tyto.Major, Title: "t",
		First: f.Now(), Last: f.Now(), Count: 1}}
	if err := errors.Join(f.hub.Accept(f.t.Context(), []tyto.Event{e}), f.out.Send(f.t.Context(), []tyto.Event{e})); err != nil {
		f.t.Fatal(err)
	}
	f.eventually("the alert is stored", func() bool { _, _, err := f.store.Alert(f.t.Context(), id); return err == nil })
}

// decide has somebody here decide about an alert, and tells ServiceNow if told.
func (f *snow) decide(id, who, status string, told bool) {
	f.t.Helper()
	n := store.AlertNote{Time: f.Now(), Who: who, What: status}
	if err := f.store.DecideAlert(f.t.Context(), id, n); err != nil {
		f.t.Fatal(err)
	}
	if told {
		f.tell(id, n)
	}
}

func (f *snow) tell(id string, n store.AlertNote) {
	f.t.Helper()
	row, _, err := f.store.Alert(f.t.Context(), id)
	if err == nil {
		err = f.out.Send(f.t.Context(), []tyto.Event{store.AlertNews("plant", row.Alert, n)})
	}
	if err != nil {
		f.t.Fatal(err)
	}
}

// last is an alert's status, and the last note about it.
func (f *snow) last(id string) (string, store.AlertNote) {
	f.t.Helper()
	row, notes, err := f.store.Alert(f.t.Context(), id)
	if err != nil {
		f.t.Fatal(err)
	}
	if len(notes) == 0 {
		return row.Status, store.AlertNote{}
	}
	return row.Status, notes[len(notes)-1]
}

func (f *snow) want(what, status string, decided uint64) {
	f.t.Helper()
	f.Pass(time.Minute)
	if s := f.well(); s.Decided != decided {
		f.t.Errorf("%s: %d were decided, want %d", what, s.Decided, decided)
	}
	if got, note := f.last("a1"); got != status {
		f.t.Errorf("%s: the alert is %s, want %s; %+v", what, got, status, note)
	}
}

// TestIncidentsAreFollowed there, and what Tyto did there itself is no news.
func TestIncidentsAreFollowed(t *testing.T) {
	f := newSnow(t)
	f.raise("a1", "plc-stop")
	f.want("a new incident", store.AlertNew, 0)
	f.far.Set("a1", "state", "2")
	f.want("beth takes it up", store.AlertActive, 1)
	_, note := f.last("a1")
	if note.Who != "servicenow:"+doubles.SnowPerson || note.Comment != "INC0000001" {
		t.Errorf("the history says %+v", note)
	}
	audit, err := f.store.AuditRecords(t.Context(), 9)
	if err != nil || len(audit) != 1 || audit[0].Who != note.Who || audit[0].What != "alert.activate" || audit[0].Object != "a1" {
		t.Errorf("the audit log says %+v, %v", audit, err)
	}
	asked := f.far.Asked("POST /api/now/v1/batch")
	if f.tell("a1", note); f.far.Asked("POST /api/now/v1/batch") != asked {
		t.Error("what was decided there was told there")
	}
	f.decide("a1", "ada", store.AlertClosed, true)
	f.want("ada closes it", store.AlertClosed, 1)
	f.decide("a1", "", store.AlertNew, true) // it came again
	if i := f.far.Incidents()[0]; i["state"] != "2" {
		t.Fatalf("the incident is %v", i)
	}
	f.want("it came again", store.AlertNew, 1)
	f.Pass(time.Minute)
	f.far.Set("a1", "close_notes", "it was\u202e planned")
	f.far.Set("a1", "state", "6")
	f.Pass(time.Minute)
	f.decide("a1", "ada", store.AlertNew, true) // a comment of hers, after which our user changed the incident last
	f.want("beth resolves it", store.AlertClosed, 2)
	if _, note := f.last("a1"); note.Comment != "INC0000001 it was\ufffd planned" {
		t.Errorf("the history says %+v", note)
	}
	f.far.Set("a1", "state", "2")
	f.Pass(time.Minute)
	f.decide("a1", "ada", store.AlertMuted, false) // and ServiceNow is away
	f.want("ada has the last word", store.AlertMuted, 2)
	f.far.Set("a1", "state", "8")
	f.want("canceled there, muted here", store.AlertMuted, 2)
	f.far.Set("a1", "state", "99")
	f.want("a state of their own", store.AlertMuted, 2)
	f.far.Set("a1", "state", "1")
	f.want("beth begins anew", store.AlertNew, 3)
}

// TestAllPagesAreRead, and only what changed, though pages are short; an
// incident of no alert stops no others.
func TestAllPagesAreRead(t *testing.T) {
	f := newSnow(t)
	f.far.PageSize = 2
	for i := range 7 {
		f.raise(fmt.Sprint("b", i), "plc-stop")
	}
	f.raise("n1", "new-device")
	e := tyto.Event{Version: tyto.EventVersion, Zone: "plant", Kind: tyto.KindAlert, Alert: &tyto.Alert{ID: "forgotten", Rule: "r", Title: "t", Severity: tyto.Major}}
	if err := f.out.Send(t.Context(), []tyto.Event{e}); err != nil {
		t.Fatal(err)
	}
	f.Pass(time.Hour)
	for _, id := range []string{"b0", "b3", "b6", "n1", "forgotten"} {
		f.far.Set(id, "state", "7")
	}
	if s := f.well(); s.Decided != 4 || s.Incidents != 8 || s.Unplaced != 1 {
		t.Errorf("the status is %+v", s)
	}
	for i := range 7 {
		want := store.AlertNew
		if i%3 == 0 {
			want = store.AlertClosed
		}
		if got, _ := f.last(fmt.Sprint("b", i)); got != want {
			t.Errorf("b%d is %s, want %s", i, got, want)
		}
	}
	if !slices.Equal(f.decided, []string{"alert n1 closed"}) {
		t.Errorf("the baseline was told %v", f.decided)
	}
	f.Pass(time.Hour)
	f.well() // what changed a moment before the last reading is read again
	asked := f.far.Asked("GET /api/now/table/incident")
	f.Pass(time.Hour)
	if s := f.well(); s.Decided != 4 || s.Unplaced != 1 || f.far.Asked("GET /api/now/table/incident") != asked+1 {
		t.Errorf("nothing changed: %d pages were read, %+v", f.far.Asked("GET /api/now/table/incident")-asked, s)
	}
}

// TestServiceNowTroubles are said, pass, and lose nothing.
func TestServiceNowTroubles(t *testing.T) {
	f := newSnow(t)
	f.raise("a1", "plc-stop")
	f.well()
	f.far.Set("a1", "state", "6")
	for _, c := range []struct {
		status, times int
		remedy        string
	}{{http.StatusForbidden, 1, "permission"}, {http.StatusTooManyRequests, 1, "patience"}, {http.StatusInternalServerError, 1, "fault"}, {http.StatusUnauthorized, 2, "refused"}} { // the last also when it signs in again
		f.far.Next(c.status, "Retry-After", "120", c.times)
		wait := f.manager.work(t.Context(), f.manager.all[0])
		s := f.manager.Status(t.Context())[0]
		if !s.Failing || s.To != "servicenow" || !strings.Contains(strings.ToLower(s.Remedy), c.remedy) || wait != 2*time.Minute || strings.Contains(s.Error, doubles.SnowSecret) {
			t.Errorf("%d: it waits %v; %+v", c.status, wait, s)
		}
	}
	f.far.Reset()
	if s := f.work(); !s.Failing {
		t.Error("half an answer was taken for one")
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	f.far.Hang(cancel)
	if err := f.manager.all[0].product.sync(ctx, &Status{}); !errors.Is(err, context.Canceled) {
		t.Errorf("a far end that hangs gave %v", err)
	}
	f.far.Life = -2 * time.Hour
	f.Pass(2 * time.Hour)
	if s := f.work(); !s.Failing || !strings.Contains(s.Error, "401") {
		t.Errorf("with tokens that are expired it is %+v", s)
	}
	f.far.Life = time.Hour
	f.Pass(20 * time.Hour)
	f.want("when all is well again", store.AlertClosed, 1)
	if answer, err := f.manager.Test(t.Context(), "snow"); err != nil || !strings.Contains(answer, "is read") {
		t.Errorf("the test said %q, %v", answer, err)
	}
}

// FuzzIncident has whatever is in the table be no more than a decision, or none.
func FuzzIncident(f *testing.F) {
	f.Add("6", "2026-03-01 12:00:00", "beth", "tyto", int64(0))
	f.Add("2", "yesterday", "tyto", "tyto", int64(5))
	f.Fuzz(func(t *testing.T, status, updated, by, creator string, after int64) {
		i := incident{Updated: updated, By: by, Creator: creator}
		at, err := time.Parse(time.DateTime, updated)
		row := store.AlertRow{Status: status}
		if i.overrules(&row, nil, store.AlertClosed) && (err != nil || agrees(status, store.AlertClosed)) {
			t.Error("it overrules what it agrees with, or without a time")
		}
		later := []store.AlertNote{{Time: at.Add(time.Second + time.Duration(after&0xffffffff)), Who: "ada", What: store.AlertActive}}
		if i.overrules(&row, later, store.AlertClosed) {
			t.Error("it overrules what was decided later")
		}
	})
}
