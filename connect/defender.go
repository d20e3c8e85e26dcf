package connect

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"tyto/outbound"
)

// Defender is Microsoft Defender for Endpoint, and the alerts of Microsoft
// 365 Defender. The application needs Machine.Read.All and
// AdvancedQuery.Read.All of WindowsDefenderATP, Machine.ReadWrite.All to push,
// and SecurityAlert.Read.All of Microsoft Graph for alerts.
type Defender struct {
	SkipHunting bool          `yaml:"skip_hunting,omitempty"` // without it type, vendor, model and undiscovered devices are missing
	Alerts      bool          `yaml:"alerts,omitempty"`       // bring in alerts about machines, and follow their status
	PushTags    bool          `yaml:"push_tags,omitempty"`    // tag machines with what Tyto saw: tyto-seen, tyto-type:…, tyto-zone:…
	PushValue   bool          `yaml:"push_value,omitempty"`   // give machines of industrial and medical use the value High
	Forget      time.Duration `yaml:"forget,omitempty"`       // machines that Defender has not seen for so long; 4320h

	outbound.Microsoft `yaml:",inline"`
}

const defaultForget = 180 * 24 * time.Hour // as long as Defender keeps them

func (d *Defender) check(bad outbound.Bad) {
	d.Microsoft.Check(bad)
	if d.Forget != 0 && d.Forget < 24*time.Hour {
		bad("forget", fmt.Sprintf("%v is less than 24h; 4320h is the default", d.Forget))
	}
}

// defender is a connection to it. The paces are those that Microsoft documents.
type defender struct {
	Defender
	session
	zones  zones
	client *outbound.Client

	machines, hunting, graph *outbound.Caller
}

func newDefender(c *Connector, deps Deps) (*defender, error) {
	d := &defender{Defender: *c.Defender, session: session{c.Name, deps}, zones: newZones(c)}
	var err error
	if d.client, err = d.Open(); err != nil {
		return nil, err
	}
	caller := func(audience string, perMinute, perHour int) *outbound.Caller {
		pace := outbound.NewPace(deps.Clock, outbound.Limit{Calls: perMinute, In: time.Minute}, outbound.Limit{Calls: perHour, In: time.Hour})
		return &outbound.Caller{Client: d.client, Login: d.For(audience), Clock: deps.Clock, Before: pace.Wait}
	}
	d.machines, d.hunting, d.graph = caller(outbound.DefenderAPI, 100, 1500), caller(outbound.DefenderAPI, 45, 1500), caller(outbound.GraphAPI, 150, 9000)
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
		if path = next.EscapedPath() + "?" + next.RawQuery; path[0] != '/' { // it would go on with the host's name
			return fmt.Errorf("where the next page is: %q is no address", outbound.OneLine(p.Next, 200))
		}
	}
	return fmt.Errorf("the list has more than %d pages", maxPages)
}
