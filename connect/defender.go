package connect

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"tyto/outbound"
)

// Defender is Microsoft Defender for Endpoint, and the alerts of Microsoft
// 365 Defender. The application needs Machine.Read.All and
// AdvancedQuery.Read.All of WindowsDefenderATP, Machine.ReadWrite.All to push,
// and SecurityAlert.Read.All of Microsoft Graph for alerts.
type Defender struct {
	URL         string        `yaml:"url,omitempty"`          // https://api.securitycenter.microsoft.com
	Graph       string        `yaml:"graph,omitempty"`        // https://graph.microsoft.com
	SkipHunting bool          `yaml:"skip_hunting,omitempty"` // without it type, vendor, model and undiscovered devices are missing
	Alerts      bool          `yaml:"alerts,omitempty"`       // bring in alerts about machines, and follow their status
	PushTags    bool          `yaml:"push_tags,omitempty"`    // tag machines with what Tyto saw: tyto-seen, tyto-type:…, tyto-zone:…
	PushValue   bool          `yaml:"push_value,omitempty"`   // give machines of industrial and medical use the value High
	Forget      time.Duration `yaml:"forget,omitempty"`       // machines that Defender has not seen for so long; 4320h
	TLS         *outbound.TLS `yaml:"tls,omitempty"`

	outbound.App `yaml:",inline"`
}

const (
	defenderAPI   = "https://api.securitycenter.microsoft.com"
	graphAPI      = "https://graph.microsoft.com"
	defaultForget = 180 * 24 * time.Hour // as long as Defender keeps them
)

func (d *Defender) check(bad outbound.Bad) {
	outbound.CheckURL("url", cmp.Or(d.URL, defenderAPI), bad)
	outbound.CheckURL("graph", cmp.Or(d.Graph, graphAPI), bad)
	d.App.Check(bad)
	d.TLS.Check("tls", bad)
	if d.Forget != 0 && d.Forget < 24*time.Hour {
		bad("forget", fmt.Sprintf("%v is less than 24h; 4320h is the default", d.Forget))
	}
}

// defender is a connection to it. The paces are those that Microsoft documents.
type defender struct {
	Defender
	name   string
	zones  zones
	deps   Deps
	client *outbound.Client

	machines, hunting, graph *outbound.Caller
}

func newDefender(c *Connector, deps Deps) (*defender, error) {
	client, err := outbound.NewClient(c.Defender.TLS)
	if err != nil {
		return nil, err
	}
	d := &defender{Defender: *c.Defender, name: c.Name, zones: newZones(c), deps: deps, client: client}
	d.URL, d.Graph = strings.TrimRight(cmp.Or(d.URL, defenderAPI), "/"), strings.TrimRight(cmp.Or(d.Graph, graphAPI), "/")
	caller := func(audience string, perMinute, perHour int) *outbound.Caller {
		pace := outbound.NewPace(deps.Clock, outbound.Limit{Calls: perMinute, In: time.Minute}, outbound.Limit{Calls: perHour, In: time.Hour})
		return &outbound.Caller{Client: client, Login: d.For(audience), Clock: deps.Clock, Before: pace.Wait}
	}
	d.machines, d.hunting, d.graph = caller(defenderAPI, 100, 1500), caller(defenderAPI, 45, 1500), caller(graphAPI, 150, 9000)
	return d, nil
}

func (d *defender) close() error { return d.client.Close() }

// sync implements product. A part that fails does not keep the others from
// their work; cursors move when what was read is stored.
func (d *defender) sync(ctx context.Context, s *Status) error {
	errs := []error{d.pullMachines(ctx)}
	if !d.SkipHunting {
		errs = append(errs, d.pullHunting(ctx))
	}
	if _, err := d.deps.Memory.DropMachines(ctx, d.name, d.deps.Clock().Add(-cmp.Or(d.Forget, defaultForget))); err != nil {
		errs = append(errs, err)
	}
	errs = append(errs, d.place(ctx, s))
	if d.Alerts {
		errs = append(errs, d.pullAlerts(ctx, s))
	}
	if d.PushTags || d.PushValue {
		errs = append(errs, d.push(ctx, s))
	}
	return errors.Join(errs...)
}

// test implements product.
func (d *defender) test(ctx context.Context) (string, error) {
	page, err := d.page(ctx, d.machines, d.URL, "/api/machines?$top=1")
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("signed in; the answer holds %d machine(s)", len(page.Value)), nil
}

// maxPage bounds an answer: 10,000 machines have about 20 MB, hunting's limit
// is 124 MB.
const maxPage = 128 << 20

// odata is one page of a list.
type odata struct {
	Value []json.RawMessage `json:"value"`
	Next  string            `json:"@odata.nextLink"`
}

// page asks for a page of a list. 404 says that there is nothing.
func (d *defender) page(ctx context.Context, by *outbound.Caller, base, path string) (p odata, err error) {
	text, err := by.Call(ctx, outbound.Request{Method: http.MethodGet, URL: base + path, Limit: maxPage,
		Header: http.Header{"Accept": {"application/json"}, "Prefer": {"include-unknown-enum-members"}}})
	var s *outbound.StatusError
	if errors.As(err, &s) && s.Status == http.StatusNotFound {
		return p, nil
	}
	if err != nil {
		return p, err
	}
	if err := json.Unmarshal(text, &p); err != nil {
		return p, fmt.Errorf("the answer is no list: %w", err)
	}
	return p, nil
}

// maxPages bounds a list that does not end.
const maxPages = 1000

// each calls take with each page of a list. Where the next page is, is taken
// from the answer, but not on which host, which would get the token.
func (d *defender) each(ctx context.Context, by *outbound.Caller, base, path string, take func([]json.RawMessage) error) error {
	seen := map[string]bool{}
	for range maxPages {
		if seen[path] {
			return fmt.Errorf("the page %q comes after itself", outbound.OneLine(path, 200))
		}
		seen[path] = true
		p, err := d.page(ctx, by, base, path)
		if err != nil {
			return err
		}
		if err := take(p.Value); err != nil || p.Next == "" {
			return err
		}
		next, err := url.Parse(p.Next)
		if err != nil {
			return fmt.Errorf("where the next page is: %w", err)
		}
		path = next.EscapedPath() + "?" + next.RawQuery
	}
	return fmt.Errorf("the list has more than %d pages", maxPages)
}

// cursor is up to when a list was read; zero if it never was.
func (d *defender) cursor(ctx context.Context, list string) (time.Time, error) {
	text, err := d.deps.Memory.ConnectState(ctx, d.name, "cursor "+list)
	if err != nil || text == "" {
		return time.Time{}, err
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}, nil // what is none begins anew
	}
	return at, nil
}

// advance notes that a list was read up to a time, which is not later than
// now: a clock that is wrong there must not make us miss what comes.
func (d *defender) advance(ctx context.Context, list string, to time.Time) error {
	if now := d.deps.Clock(); to.After(now) {
		to = now
	}
	if to.IsZero() {
		return nil
	}
	return d.deps.Memory.PutConnectState(ctx, d.name, "cursor "+list, to.UTC().Format(time.RFC3339Nano))
}
