// Package connect keeps what the hub knows of devices in step with other
// products. What they know comes into the log of the right zone as
// observations of the connector's name, and is merged by the inventory's
// rules of identity; what the hub knows goes back as far as their APIs allow.
//
// One process at a time runs the connectors of a store.
package connect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"path"
	"regexp"
	"time"

	"golang.org/x/sync/errgroup"

	"tyto/outbound"
	"tyto/store"
	"tyto/tyto"
)

// A Connector is the configuration of one connection.
type Connector struct {
	Name       string        `yaml:"name"`
	Every      time.Duration `yaml:"every,omitempty"` // 15m
	Zone       string        `yaml:"zone,omitempty"`  // of machines that no place claims; "" keeps them out of the inventory
	Places     []Place       `yaml:"places,omitempty"`
	Defender   *Defender     `yaml:"defender,omitempty"`
	ServiceNow *ServiceNow   `yaml:"servicenow,omitempty"`
}

// A Place says which machines are in a zone: those of its groups, and those
// with an address in its networks. The first place that claims one has it.
type Place struct {
	Zone     string   `yaml:"zone"`
	Groups   []string `yaml:"groups,omitempty"`   // of machines, in the product; '*' stands for any text
	Networks []string `yaml:"networks,omitempty"` // such as 10.1.0.0/16; addresses in them are told to the inventory
}

// A Problem is what is wrong with a connector, and what to do.
type Problem struct{ Key, Why string }

var nameRule = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$`)

// defaultEvery is how often a connector works.
const defaultEvery = 15 * time.Minute

// Check finds what is wrong.
func (c *Connector) Check() (problems []Problem) {
	bad := func(key, why string) { problems = append(problems, Problem{key, why}) }
	if !nameRule.MatchString(c.Name) {
		bad("name", fmt.Sprintf("%q: want 1 to 64 letters, digits, '.', '_' or '-', such as 'defender'", c.Name))
	}
	if c.Every != 0 && (c.Every < time.Minute || c.Every > 24*time.Hour) {
		bad("every", fmt.Sprintf("%v is not between 1m and 24h; 15m is the default", c.Every))
	}
	for i, p := range c.Places {
		if p.Zone == "" || len(p.Groups)+len(p.Networks) == 0 {
			bad(fmt.Sprintf("places[%d]", i), "wants a zone, and groups or networks")
		}
		for _, n := range p.Networks {
			if _, err := netip.ParsePrefix(n); err != nil {
				bad(fmt.Sprintf("places[%d].networks", i), fmt.Sprintf("%q is no network, such as 10.1.0.0/16", n))
			}
		}
		for _, g := range p.Groups {
			if _, err := path.Match(g, ""); err != nil {
				bad(fmt.Sprintf("places[%d].groups", i), fmt.Sprintf("%q is no pattern, such as 'Plant*'", g))
			}
		}
	}
	switch {
	case c.Defender != nil && c.ServiceNow == nil:
		c.Defender.check(func(key, why string) { bad("defender."+key, why) })
	case c.ServiceNow != nil && c.Defender == nil:
		c.ServiceNow.Check(func(key, why string) { bad("servicenow."+key, why) })
		if c.Zone != "" || len(c.Places) > 0 {
			bad("zone", "servicenow tells of no machines; leave zone and places out")
		}
	default:
		bad("", "wants exactly one product: defender or servicenow")
	}
	return problems
}

// open is a connection to the connector's product, which was checked.
func (c *Connector) open(deps Deps) (product, error) {
	if c.ServiceNow != nil {
		return newServiceNow(c, deps)
	}
	return newDefender(c, deps)
}

// to is the product in a word.
func (c *Connector) to() string {
	if c.ServiceNow != nil {
		return "servicenow"
	}
	return "defender"
}

func (c *Connector) every() time.Duration {
	if c.Every == 0 {
		return defaultEvery
	}
	return c.Every
}

// Memory is what connectors need of the store.
type Memory interface {
	store.Connect
	store.Devices
	store.Alerts
	store.Leases
	// Audit is that of store.People.
	Audit(ctx context.Context, r tyto.AuditRecord) error
}

// Deps is what a Manager works with.
type Deps struct {
	Memory Memory
	// Accept logs events; an error means that they are to be offered again.
	Accept func(ctx context.Context, events []tyto.Event) error
	Clock  func() time.Time
	Log    *slog.Logger
}

// product is a connection to one product.
type product interface {
	// sync does all there is to do, and notes in s what it did.
	sync(ctx context.Context, s *Status) error
	// test asks the product something that changes nothing.
	test(ctx context.Context) (string, error)
	close() error
}

// A Manager runs connectors.
type Manager struct {
	deps Deps
	all  []*connection
}

type connection struct {
	Connector
	product product
}

// New is a manager of some connectors, which are checked.
func New(deps Deps, connectors []Connector) (*Manager, error) {
	m := &Manager{deps: deps}
	for _, c := range connectors {
		var errs []error
		for _, p := range c.Check() {
			errs = append(errs, fmt.Errorf("connect: %s: %s: %s", c.Name, p.Key, p.Why))
		}
		if err := errors.Join(errs...); err != nil {
			return nil, errors.Join(err, m.close())
		}
		p, err := c.open(deps)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("connect: %s: %w", c.Name, err), m.close())
		}
		m.all = append(m.all, &connection{c, p})
	}
	return m, nil
}

func (m *Manager) close() (err error) {
	for _, c := range m.all {
		err = errors.Join(err, c.product.close())
	}
	return err
}

// Run runs the connectors until ctx is done, while no other process does.
func (m *Manager) Run(ctx context.Context) error {
	if len(m.all) == 0 {
		<-ctx.Done()
		return nil
	}
	owner := fmt.Sprintf("connect-%016x", rand.Uint64())
	err := store.Lead(ctx, m.deps.Memory, "connect", owner, func(ctx context.Context) error {
		all, running := errgroup.WithContext(ctx)
		for _, c := range m.all {
			all.Go(func() error { return m.serve(running, c) })
		}
		return all.Wait()
	})
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		err = nil
	}
	return errors.Join(err, m.close())
}

// statusKey is where the store has a connector's Status.
const statusKey = "status"

// firstWait spreads the first work after the start.
const firstWait = 2 * time.Second

// serve works now and then.
func (m *Manager) serve(ctx context.Context, c *connection) error {
	wait := firstWait
	for {
		t := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			t.Stop()
			return ctx.Err()
		case <-t.C:
		}
		wait = max(m.work(ctx, c), 0)
	}
}

// work syncs once, notes how it went, and says how long to wait.
func (m *Manager) work(ctx context.Context, c *connection) (wait time.Duration) {
	s := m.read(ctx, c)
	was := s.Failing
	s.Began = m.deps.Clock().UTC()
	err := m.guarded(ctx, c, &s)
	if ctx.Err() != nil {
		return 0
	}
	wait = c.every()
	s.Failing = err != nil
	if err != nil {
		if d := outbound.Patience(err); d > 0 {
			wait = min(d, time.Hour)
		}
		s.Failures++
		s.Error, s.Remedy = outbound.Clean(err.Error(), outbound.MaxReason), outbound.Remedy(err)
		m.deps.Log.WarnContext(ctx, "connector failed; trying on", "connector", c.Name, "err", s.Error, "retry_in", wait)
	} else {
		s.Done = m.deps.Clock().UTC()
		if was {
			m.deps.Log.InfoContext(ctx, "connector works again", "connector", c.Name)
		}
	}
	s.Next = m.deps.Clock().UTC().Add(wait)
	if text, err := json.Marshal(&s); err == nil {
		if err := m.deps.Memory.PutConnectState(ctx, c.Name, statusKey, string(text)); err != nil {
			m.deps.Log.WarnContext(ctx, "cannot note how a connector is", "connector", c.Name, "err", err)
		}
	}
	return wait
}

// guarded keeps a fault in what a far end's answer does from taking the hub down.
func (m *Manager) guarded(ctx context.Context, c *connection, s *Status) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("connect: %s: panic: %v", c.Name, r)
		}
	}()
	if err := c.product.sync(ctx, s); err != nil {
		return fmt.Errorf("connect: %s: %w", c.Name, err)
	}
	return nil
}

// Status is how a connector is. Its counts are of the connector's life.
type Status struct {
	Name      string    `json:"name"`
	To        string    `json:"to"`
	Failing   bool      `json:"failing"`
	Error     string    `json:"error,omitempty"` // the last one, also if it is over
	Remedy    string    `json:"remedy,omitempty"`
	Began     time.Time `json:"began,omitzero"` // the last time it worked
	Done      time.Time `json:"done,omitzero"`  // the last time that all went well
	Next      time.Time `json:"next,omitzero"`
	Failures  uint64    `json:"failures"`
	Machines  uint64    `json:"machines"`  // that the product knows
	Heard     uint64    `json:"heard"`     // of these on the wire
	Told      uint64    `json:"told"`      // observations
	Alerts    uint64    `json:"alerts"`    // brought in
	Unplaced  uint64    `json:"unplaced"`  // alerts about no machine that is known here, incidents of no alert
	Decided   uint64    `json:"decided"`   // here, as it was decided there
	Incidents uint64    `json:"incidents"` // whose state changed there
	Pushed    uint64    `json:"pushed"`    // tags and values
}

func (m *Manager) read(ctx context.Context, c *connection) (s Status) {
	text, err := m.deps.Memory.ConnectState(ctx, c.Name, statusKey)
	if err == nil && text != "" {
		_ = json.Unmarshal([]byte(text), &s) // an older program's begins anew
	}
	s.Name, s.To = c.Name, c.to()
	return s
}

// Status tells how the connectors are, in the order of the configuration,
// whichever process runs them.
func (m *Manager) Status(ctx context.Context) []Status {
	all := make([]Status, len(m.all))
	for i, c := range m.all {
		all[i] = m.read(ctx, c)
	}
	return all
}

// ErrUnknown says that no connector has that name.
var ErrUnknown = errors.New("there is no connector of that name")

// Test asks a connector's product something that changes nothing, and says
// what came back.
func (m *Manager) Test(ctx context.Context, name string) (string, error) {
	for _, c := range m.all {
		if c.Name == name {
			fresh, err := c.open(m.deps) // the other belongs to who works
			if err != nil {
				return "", err
			}
			answer, err := fresh.test(ctx)
			return answer, errors.Join(err, fresh.close())
		}
	}
	return "", fmt.Errorf("connect: %q: %w", name, ErrUnknown)
}
