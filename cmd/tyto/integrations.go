package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tyto/api"
	"tyto/connect"
	"tyto/forward"
	"tyto/hub"
	"tyto/store"
	"tyto/tyto"
)

// integrations is the destinations and connectors of a hub, as its API tells
// of them.
type integrations struct {
	memory     store.Store
	outputs    *forward.Forwarder
	connectors *connect.Manager
	sample     func() tyto.Event
}

var _ api.Integrations = (*integrations)(nil)

// List implements api.Integrations.
func (x *integrations) List(ctx context.Context) (all []api.Integration, err error) {
	left, err := x.memory.CountUndelivered(ctx)
	if err != nil {
		return nil, err
	}
	newest, err := x.memory.Newest(ctx)
	if err != nil {
		return nil, err
	}
	wants := x.outputs.Wants()
	for _, s := range x.outputs.Status() {
		i := destination(&s)
		i.Wants, i.Undelivered = wants[s.Name], left[forward.ReaderOf(s.Name)]
		r, found, err := x.memory.Reader(ctx, forward.ReaderOf(s.Name))
		if err != nil {
			return nil, err
		}
		if found { // also while another hub serves it
			i.Backlog = max(0, newest-r.Position)
			if i.State == "waiting" && r.Position > 0 {
				i.State, i.Last = "working", r.Moved.UTC()
			}
		}
		all = append(all, i)
	}
	for _, s := range x.connectors.Status(ctx) {
		all = append(all, connector(&s))
	}
	return all, nil
}

func destination(s *forward.Status) api.Integration {
	i := api.Integration{Name: s.Name, Direction: "out", Product: s.To, State: "waiting", Error: s.Error, Remedy: s.Remedy, Last: s.LastSent.UTC(), Delivered: s.Sent, Backlog: s.Backlog,
		Failures: s.Failures, Counts: map[string]uint64{"refused": s.Refused, "expired": s.Expired}}
	switch {
	case s.Failing:
		i.State = "failing"
	case s.Sent > 0:
		i.State = "working"
	}
	if s.LastSent.IsZero() {
		i.Last = time.Time{}
	}
	return i
}

func connector(s *connect.Status) api.Integration {
	i := api.Integration{Name: s.Name, Direction: "both", Product: s.To, State: "waiting", Error: s.Error, Remedy: s.Remedy, Last: s.Done, Next: s.Next, Delivered: s.Told, Failures: s.Failures,
		Wants: []string{"machines"}, Counts: map[string]uint64{"machines": s.Machines, "heard": s.Heard, "alerts": s.Alerts, "alerts_unplaced": s.Unplaced, "decided": s.Decided, "pushed": s.Pushed}}
	if s.To == "servicenow" {
		i.Wants, i.Counts = []string{"what becomes of incidents"}, map[string]uint64{"incidents": s.Incidents, "incidents_unknown": s.Unplaced, "decided": s.Decided}
	}
	switch {
	case s.Failing:
		i.State = "failing"
	case !s.Done.IsZero():
		i.State = "working"
	}
	return i
}

// Undelivered implements api.Integrations.
func (x *integrations) Undelivered(ctx context.Context, name string, limit int) ([]store.Undelivered, error) {
	all, err := x.outputs.Undelivered(ctx, name, limit)
	return all, known(err)
}

// Replay implements api.Integrations.
func (x *integrations) Replay(ctx context.Context, name string, ids []int64) (int64, error) {
	n, err := x.outputs.Replay(ctx, name, ids)
	return n, known(err)
}

// Test implements api.Integrations.
func (x *integrations) Test(ctx context.Context, name string) (string, error) {
	answer, err := x.outputs.Test(ctx, name, x.sample())
	if errors.Is(err, forward.ErrUnknown) {
		answer, err = x.connectors.Test(ctx, name)
	}
	return answer, known(err)
}

// Onboardable implements api.Integrations.
func (x *integrations) Onboardable(r *store.DeviceRow) (bool, string) { return connect.Onboardable(r) }

// known says in the API's words that there is nothing of a name.
func known(err error) error {
	if errors.Is(err, forward.ErrUnknown) || errors.Is(err, connect.ErrUnknown) {
		return fmt.Errorf("%w: %w", api.ErrNoIntegration, err)
	}
	return err
}

// newIntegrations is the destinations and connectors of the settings. If there
// are destinations, the hub logs for them what changes. The connectors' events
// go to the hub that is made of deps.
func newIntegrations(set *settings, memory store.Store, config *hub.Config, deps *hub.Deps, h **hub.Hub) (*integrations, error) {
	x := &integrations{memory: memory, sample: func() tyto.Event { return sample(set.Name, set.Zone, time.Now()) }}
	var err error
	x.outputs, err = forward.New(forward.DefaultConfig(), forward.Deps{Memory: memory, Clock: time.Now, Log: deps.Log, SiteOf: func(zone string) string { return (*h).SiteOf(zone) }}, set.Forward)
	if err != nil {
		return nil, err
	}
	accept := func(ctx context.Context, events []tyto.Event) error { return (*h).Accept(ctx, events) }
	if x.connectors, err = connect.New(connect.Deps{Memory: memory, Accept: accept, Clock: time.Now, Log: deps.Log}, set.Connect); err != nil {
		return nil, err
	}
	config.News = len(set.Forward) > 0
	deps.Metrics = append(deps.Metrics, x.outputs, x.connectors)
	deps.Integrations = x
	return x, nil
}

// checkConnect finds what is wrong with the connectors, with lines.
func checkConnect(all []connect.Connector, text string) (errs []error) {
	seen := map[string]bool{}
	for i := range all {
		problems := all[i].Check()
		if seen[all[i].Name] {
			problems = append(problems, connect.Problem{Key: "name", Why: fmt.Sprintf("%q is there twice; what was read is kept by name", all[i].Name)})
		}
		seen[all[i].Name] = true
		for _, p := range problems {
			at := fmt.Sprintf("connect[%d].%s", i, p.Key)
			errs = append(errs, fmt.Errorf("%s%s: %s", lineAt(text, at), at, p.Why))
		}
	}
	return errs
}
