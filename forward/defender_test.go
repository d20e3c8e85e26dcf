package forward_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tyto/forward"
	"tyto/forward/forwardtest"
	"tyto/frame"
	"tyto/lab/doubles"
	"tyto/outbound"
	"tyto/tyto"
)

// theirs is a decision about an alert that came from Defender.
func theirs(id, status, by string) tyto.Event {
	e := decision(1, status, by)
	e.Alert.Evidence = tyto.Evidence{Protocol: "defender", Field: "alerts_v2/" + id}
	return e
}

func TestDecisionsReachDefender(t *testing.T) {
	far := doubles.Graph()
	url := doubles.Serve(t, far).URL
	o := open(t, forward.Destination{Defender: &forward.Defender{Alerts: true, Microsoft: outbound.Microsoft{Graph: url, App: app(t, url)}}})
	defer o.Close()
	for _, id := range []string{"da1", "da2", "da3"} {
		far.Put(map[string]any{"id": id, "status": "new", "classification": "unknown", "determination": "unknown", "lastUpdateDateTime": "2026-03-01T00:00:00Z"})
	}
	must(t, o.Send(t.Context(), []tyto.Event{
		decision(1, "closed", "ada"),             // one of ours: nothing there to change
		theirs("da1", "", ""),                    // it was brought in
		theirs("da1", "active", "ada"),           // taken up
		theirs("da2", "closed", "ada"),           //
		theirs("da3", "closed", "defender"),      // decided there: no echo
		theirs("da1", "learned", "ada"),          // usual here
		theirs("da2", "new", ""),                 // it came again
		theirs("da2", "a status to come", "ada"), // passed over
	}))
	for id, want := range map[string][3]string{
		"da1": {"resolved", "informationalExpectedActivity", "confirmedActivity"}, "da2": {"new", "unknown", "unknown"}, "da3": {"new", "unknown", "unknown"},
	} {
		if s, c, d := far.Status(id); [3]string{s, c, d} != want {
			t.Errorf("%s is %s, %s, %s, want %v", id, s, c, d, want)
		}
	}
	if got := far.Received(); !slices.Contains(got, "da2 comment Tyto: closed by ada: planned work") {
		t.Errorf("the comments are %v", got)
	}
	var f *forward.Failure
	if err := o.Send(t.Context(), []tyto.Event{theirs("gone", "closed", "")}); !errors.As(err, &f) || f.Refused {
		t.Errorf("an alert that is not there: %#v", err)
	}
}

func TestIndicatorsAreSubmitted(t *testing.T) {
	far := doubles.MDE()
	now := time.Now()
	far.Clock = func() time.Time { return now }
	url := doubles.Serve(t, far).URL
	o := open(t, forward.Destination{Defender: &forward.Defender{Microsoft: outbound.Microsoft{URL: url, App: app(t, url)}, Indicators: &forward.Indicators{Rules: []string{"known-bad*"}, Action: "Block"}}})
	defer o.Close()
	bad := forwardtest.Alert(1)
	bad.Alert.Rule, bad.Alert.Of = "known-bad-address", []string{"d1", "", "", ""}
	bad.Alert.Subjects = []tyto.Subject{{Addr: frame.V4(203, 0, 113, 1)}, {Addr: frame.V4(203, 0, 113, 9)}, {Addr: frame.V4(10, 0, 0, 1)}, {}}
	named := bad
	hit := *bad.Alert
	hit.Detail = "Evil.Example of list feed: botnet"
	named.Alert = &hit
	must(t, o.Send(t.Context(), []tyto.Event{bad, bad, forwardtest.Alert(2), named}))
	if d := cmp.Diff(map[string]string{"203.0.113.9": "Block", "evil.example": "Block"}, far.Indicators()); d != "" || far.Asked("POST /api/indicators") != 2 {
		t.Errorf("asked %d times: %s", far.Asked("POST /api/indicators"), d)
	}
	// The limit of the API is kept, and said.
	var many []tyto.Event
	for i := range 120 {
		e := bad
		a := *bad.Alert
		a.Subjects = []tyto.Subject{{}, {Addr: frame.V4(198, 51, 100, byte(i))}}
		e.Alert = &a
		many = append(many, e)
	}
	var f *forward.Failure
	if err := o.Send(t.Context(), many); !errors.As(err, &f) || f.Sent != 98 || f.Refused || f.After <= 0 || f.After > time.Minute {
		t.Errorf("got %#v, want 98 sent and a wait", err)
	}
}
