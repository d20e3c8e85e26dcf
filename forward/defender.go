package forward

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"tyto/frame"
	"tyto/outbound"
	"tyto/tyto"
)

// Defender tells Microsoft 365 Defender what is decided here about its own
// alerts (which connect brought in), and gives Defender for Endpoint the
// addresses and names that alerts of chosen rules are about, as indicators.
// There is no call by which others make alerts or devices there.
type Defender struct {
	Alerts     bool        `yaml:"alerts,omitempty"`     // tell decisions
	Indicators *Indicators `yaml:"indicators,omitempty"` // submit indicators; none by default

	outbound.Microsoft `yaml:",inline"`
}

// Indicators says which indicators are submitted, and what Defender does with them.
type Indicators struct {
	Rules  []string      `yaml:"rules,omitempty"`  // of alerts, by id, '*' for any text; hits of your own lists: indicator-*
	Action string        `yaml:"action,omitempty"` // Audit (default), Warn, Block, Allowed
	Expire time.Duration `yaml:"expire,omitempty"` // 720h
}

var _ product = (*Defender)(nil)

var indicatorActions = []string{"Audit", "Warn", "Block", "Allowed"}

func (d *Defender) check(kinds []tyto.Kind, bad outbound.Bad) {
	d.Microsoft.Check(bad)
	if !d.Alerts && d.Indicators == nil {
		bad("alerts", "is off, and there are no indicators; want one of them at least")
	}
	if i := d.Indicators; i != nil {
		if !slices.Contains(indicatorActions, cmp.Or(i.Action, "Audit")) {
			bad("indicators.action", fmt.Sprintf("%q is none of %s", i.Action, strings.Join(indicatorActions, ", ")))
		}
		if i.Expire != 0 && (i.Expire < time.Hour || i.Expire > 10*365*24*time.Hour) {
			bad("indicators.expire", fmt.Sprintf("%v is not between 1h and ten years; 720h is the default", i.Expire))
		}
	}
	for _, k := range kinds {
		if k != tyto.KindAlert && slices.Contains(allKinds, k) {
			bad("kinds", fmt.Sprintf("defender takes no events of kind %s; leave kinds out", k))
		}
	}
}

func (d *Defender) open() (Output, error) {
	o := &defenderOutput{Defender: *d, told: map[string]time.Time{},
		pace: outbound.NewPace(time.Now, outbound.Limit{Calls: 100, In: time.Minute}, outbound.Limit{Calls: 1500, In: time.Hour})}
	var err error
	if o.client, err = o.Open(); err != nil {
		return nil, err
	}
	o.graph, o.mde = &outbound.Caller{Client: o.client, Login: d.For(outbound.GraphAPI)}, &outbound.Caller{Client: o.client, Login: d.For(outbound.DefenderAPI)}
	if i := d.Indicators; i != nil && len(i.Rules) == 0 {
		hits := *i
		hits.Rules = []string{"indicator-*"}
		o.Indicators = &hits
	}
	return o, nil
}

type defenderOutput struct {
	Defender
	client     *outbound.Client
	graph, mde *outbound.Caller
	pace       *outbound.Pace
	told       map[string]time.Time // when an indicator was submitted
}

// Answer implements Answerer.
func (o *defenderOutput) Answer() string {
	return cmp.Or(o.client.Answer(), "the event calls for nothing in Defender; nothing was asked")
}

// Close implements Output.
func (o *defenderOutput) Close() error { return o.client.Close() }

// Send implements Output.
func (o *defenderOutput) Send(ctx context.Context, events []tyto.Event) error {
	for i := range events {
		if err := errors.Join(ctx.Err(), o.one(ctx, events[i].Alert)); err != nil {
			var f *Failure
			if !errors.As(err, &f) {
				refused, after := judged(err)
				f = &Failure{Err: fmt.Errorf("defender: %w", err), Refused: refused, After: after}
			}
			f.Sent = i
			return f
		}
	}
	return nil
}

func (o *defenderOutput) one(ctx context.Context, a *tyto.Alert) error {
	id, theirs := DefenderAlert(a)
	switch {
	case a == nil:
		return nil
	case theirs:
		if o.Alerts && a.Status != "" && !strings.HasPrefix(a.By, "defender") {
			return o.decide(ctx, id, a)
		}
	case o.Indicators != nil && a.Status == "" && matches(o.Indicators.Rules, a.Rule):
		return o.indicate(ctx, a)
	}
	return nil
}

// defenderField marks, in an alert's evidence, which of Defender's it is.
const defenderField = "alerts_v2/"

// DefenderAlert is the id in Microsoft Graph of an alert that came from there.
func DefenderAlert(a *tyto.Alert) (id string, ok bool) {
	if a == nil || a.Evidence.Protocol != "defender" {
		return "", false
	}
	id, ok = strings.CutPrefix(a.Evidence.Field, defenderField)
	return id, ok && id != ""
}

// verdicts are our statuses in Graph's words.
var verdicts = map[string]map[string]string{
	"new": {"status": "new"}, "active": {"status": "inProgress"}, "closed": {"status": "resolved"}, "muted": {"status": "resolved"},
	"learned": {"status": "resolved", "classification": "informationalExpectedActivity", "determination": "confirmedActivity"},
}

// decide gives Defender's alert the status that it got here. The comment
// comes first: it may come twice, but is not lost.
func (o *defenderOutput) decide(ctx context.Context, id string, a *tyto.Alert) error {
	verdict, ok := verdicts[a.Status]
	if !ok {
		return nil
	}
	to := o.Graph + "/v1.0/security/alerts_v2/" + url.PathEscape(id)
	if a.By != "" || a.Comment != "" {
		comment := map[string]string{"@odata.type": "microsoft.graph.security.alertComment", "comment": outbound.OneLine(decided(a), 900)}
		if err := o.ask(ctx, o.graph, http.MethodPost, to+"/comments", comment); err != nil {
			return err
		}
	}
	return o.ask(ctx, o.graph, http.MethodPatch, to, verdict)
}

func (o *defenderOutput) ask(ctx context.Context, by *outbound.Caller, method, to string, body any) error {
	if d := o.pace.Take(); d > 0 {
		return &Failure{Err: fmt.Errorf("defender: the API takes 100 calls a minute and 1500 an hour; the next goes in %v", d.Round(time.Second)), After: d}
	}
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	_, err = by.Call(ctx, outbound.Request{Method: method, URL: to, Header: http.Header{"Content-Type": {"application/json"}}, Body: text})
	return err
}

// maxTold bounds what is remembered of indicators.
const maxTold = 15_000

// indicate submits what an alert is about, unless it was a short time ago.
func (o *defenderOutput) indicate(ctx context.Context, a *tyto.Alert) error {
	expire := cmp.Or(o.Indicators.Expire, 30*24*time.Hour)
	now := time.Now()
	for _, x := range indicatorsOf(a) {
		if now.Sub(o.told[x.value]) < expire/2 {
			continue
		}
		err := o.ask(ctx, o.mde, http.MethodPost, o.URL+"/api/indicators", map[string]any{
			"indicatorValue": x.value, "indicatorType": x.kind, "action": cmp.Or(o.Indicators.Action, "Audit"), "generateAlert": true,
			"title": outbound.OneLine("Tyto: "+a.Title, 200), "description": outbound.OneLine("Seen on the network by Tyto: "+cmp.Or(a.Detail, a.Title), 900),
			"application": "Tyto", "severity": defenderSeverity[a.Severity], "expirationTime": now.Add(expire).UTC().Format(time.RFC3339)})
		if err != nil {
			return err
		}
		if len(o.told) >= maxTold {
			clear(o.told)
		}
		o.told[x.value] = now
	}
	return nil
}

var defenderSeverity = map[tyto.Severity]string{tyto.Warning: "Low", tyto.Minor: "Low", tyto.Major: "Medium", tyto.Critical: "High"}

type indicator struct{ kind, value string }

var domainRule = regexp.MustCompile(`^([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{1,62}$`)

// indicatorsOf is what an alert is about: the indicator that was hit, as the
// alert names it ("VALUE of list LIST"), else the internet addresses among its
// subjects that are no device of ours. Networks and private addresses are no
// indicators, as Defender takes none.
func indicatorsOf(a *tyto.Alert) (all []indicator) {
	if value, _, ok := strings.Cut(a.Detail, " of list "); ok {
		value = strings.ToLower(strings.TrimSuffix(value, "."))
		if ip, err := netip.ParseAddr(value); err == nil && frame.AddrFrom(ip).IsPublic() {
			return []indicator{{"IpAddress", ip.String()}}
		}
		if len(value) <= 253 && domainRule.MatchString(value) {
			return []indicator{{"DomainName", value}}
		}
	}
	for i, s := range a.Subjects {
		if known := i < len(a.Of) && a.Of[i] != ""; known || !s.Addr.IsPublic() {
			continue
		}
		all = append(all, indicator{"IpAddress", s.Addr.String()})
	}
	return all
}
