package api

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"tyto/auth"
	"tyto/store"
	"tyto/tyto"
	"tyto/uplink"
)

// SensorMember says by which right a sensor speaks to the hub.
type SensorMember struct {
	State     string    `json:"state" enum:"joined,expired,revoked" doc:"expired: its certificate is too old; it is renewed by itself up to 7 days after that"`
	Joined    time.Time `json:"joined"`
	By        string    `json:"by,omitempty" doc:"Who made its token, or signed its request"`
	Expires   time.Time `json:"expires,omitzero" doc:"When its certificate expires, if it is not renewed, which it is by itself"`
	Revoked   time.Time `json:"revoked,omitzero"`
	RevokedBy string    `json:"revoked_by,omitempty"`
}

// SensorUplink is what a sensor keeps that the hub does not have yet.
type SensorUplink struct {
	Told     time.Time `json:"told" doc:"When it said so, by its clock"`
	Batches  uint64    `json:"batches"`
	Events   uint64    `json:"events"`
	Bytes    uint64    `json:"bytes"`
	Capacity uint64    `json:"capacity" doc:"Bytes that it keeps at most"`
	Oldest   time.Time `json:"oldest,omitzero" doc:"Time of the oldest event that the hub does not have"`
	Refused  uint64    `json:"refused" doc:"Batches that the hub refused; they are tried again when the sensor starts"`
	Failures uint64    `json:"failures" doc:"Times that sending failed, since the sensor started"`
}

// SensorGap is events that a sensor saw and the hub will never get.
type SensorGap struct {
	Received time.Time `json:"received"`
	Reason   string    `json:"reason" doc:"full, disk, damaged or unheard"`
	Class    string    `json:"class,omitempty" doc:"A, B or C"`
	Events   uint64    `json:"events" doc:"0 if nobody can know"`
	Batches  uint64    `json:"batches,omitempty"`
	From     uint64    `json:"from,omitempty" doc:"Sequence of the first batch"`
	To       uint64    `json:"to,omitempty"`
	First    time.Time `json:"first,omitzero" doc:"Time of the first event"`
	Last     time.Time `json:"last,omitzero"`
	Detail   string    `json:"detail,omitempty"`
}

// JoinToken is a token that may still be used; what it is nobody is told again.
type JoinToken struct {
	Sensor  string    `json:"sensor"`
	Zone    string    `json:"zone"`
	Site    string    `json:"site,omitempty"`
	By      string    `json:"by"`
	Expires time.Time `json:"expires"`
}

// JoinTokenList is the tokens that may still be used.
type JoinTokenList struct {
	Items   []JoinToken `json:"items"`
	Address string      `json:"address" doc:"HOST:PORT that a token would name if the request does not; empty if the hub does not listen for sensors"`
}

// JoinTokensOutput is the answer that carries a JoinTokenList.
type JoinTokensOutput struct {
	Body JoinTokenList
}

// JoinTokensInput asks for tokens.
type JoinTokensInput struct {
	host string // by which the hub is called here
}

// Resolve implements huma.Resolver.
func (in *JoinTokensInput) Resolve(h huma.Context) []error {
	in.host = h.Host()
	return nil
}

// JoinTokenWish says which sensor is to join where.
type JoinTokenWish struct {
	Name    string `json:"name" minLength:"1" maxLength:"63" doc:"Of the sensor. One that joined under that name is replaced"`
	Zone    string `json:"zone" minLength:"1" maxLength:"63" doc:"Id; made if there is none"`
	Site    string `json:"site,omitempty" maxLength:"63" doc:"Id; made if there is none"`
	Minutes int    `json:"minutes,omitempty" minimum:"1" maximum:"10080" doc:"How long the token may be used; 60 if it is absent"`
	Address string `json:"address,omitempty" maxLength:"255" doc:"HOST:PORT by which the sensor reaches the hub, if not by the host of this request"`
}

// JoinTokenInput is a request for a token.
type JoinTokenInput struct {
	JoinTokensInput
	Body JoinTokenWish
}

// JoinTokenMade is a token. It is told once.
type JoinTokenMade struct {
	Token   string    `json:"token"`
	Command string    `json:"command" doc:"To run on the sensor's machine"`
	Address string    `json:"address"`
	Expires time.Time `json:"expires"`
}

// JoinTokenOutput is the answer that carries a JoinTokenMade.
type JoinTokenOutput struct {
	Body JoinTokenMade
}

// SensorInput names a sensor.
type SensorInput struct {
	Name string `path:"name" minLength:"1" maxLength:"128"`
}

// enrolment is the routes about sensors joining, and about places.
func (a *api) enrolment(h huma.API) {
	admin := needs(tyto.Admin)
	route(h, admin, http.MethodGet, "/api/v1/join-tokens", "list-join-tokens", "Tokens with which sensors may still join", a.listJoinTokens)
	route(h, admin.audited(), http.MethodPost, "/api/v1/join-tokens", "create-join-token", "Make a token with which one sensor joins, once; it is told once", a.postJoinToken)
	route(h, admin.audited(), http.MethodPost, "/api/v1/sensors/{name}/revoke", "revoke-sensor", "Keep a sensor out, from its next request on", a.revokeSensor)
	route(h, needs(tyto.Viewer).scoped(), http.MethodGet, "/api/v1/sites", "list-sites", "Sites and their zones", a.listSites)
	route(h, admin, http.MethodPut, "/api/v1/sites/{id}", "put-site", "Make a site, or give it another title", a.putSite)
	route(h, admin, http.MethodPut, "/api/v1/zones/{id}", "put-zone", "Make a zone, or give it another title and site", a.putZone)
}

// errNoListener says that no sensor could use a token.
var errNoListener = huma.Error409Conflict("the hub does not listen for sensors: start it with --sensors 0.0.0.0:8443, or set sensors.listen")

func (a *api) address(host string) string {
	if a.Enrolment == nil || a.SensorAddress == nil {
		return ""
	}
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	return a.SensorAddress(host)
}

func (a *api) listJoinTokens(ctx context.Context, in *JoinTokensInput) (*JoinTokensOutput, error) {
	out := JoinTokenList{Items: []JoinToken{}, Address: a.address(in.host)}
	if a.Enrolment == nil {
		return &JoinTokensOutput{Body: out}, nil
	}
	tokens, err := a.Enrolment.Tokens(ctx)
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	for _, t := range tokens {
		out.Items = append(out.Items, JoinToken{Sensor: t.Sensor, Zone: t.Zone, Site: t.Site, By: t.By, Expires: t.Expires.UTC()})
	}
	return &JoinTokensOutput{Body: out}, nil
}

func (a *api) postJoinToken(ctx context.Context, in *JoinTokenInput) (*JoinTokenOutput, error) {
	address := cmp.Or(in.Body.Address, a.address(in.host))
	if a.Enrolment == nil || address == "" {
		return nil, errNoListener
	}
	if err := uplink.CheckAddress(address); err != nil {
		return nil, a.problem(ctx, &auth.RuleError{Field: "address", Reason: err.Error()})
	}
	who, _ := auth.Who(ctx)
	secret, expires, err := a.Enrolment.Token(ctx, who.User, caller(ctx).Addr, auth.JoinPlan{Sensor: in.Body.Name, Zone: in.Body.Zone, Site: in.Body.Site,
		Life: time.Duration(cmp.Or(in.Body.Minutes, 60)) * time.Minute})
	if err == nil {
		err = a.moved(ctx)
	}
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	token := uplink.Token{Hub: address, Pin: a.Enrolment.CA().Pin(), Secret: secret}.String()
	return &JoinTokenOutput{Body: JoinTokenMade{Token: token, Command: "tyto sensor join " + token, Address: address, Expires: expires.UTC()}}, nil
}

func (a *api) revokeSensor(ctx context.Context, in *SensorInput) (*struct{}, error) {
	if a.Enrolment == nil {
		return nil, errNoListener
	}
	who, _ := auth.Who(ctx)
	err := a.Enrolment.Revoke(ctx, who.User, caller(ctx).Addr, in.Name)
	if errors.Is(err, auth.ErrNoSensor) {
		return nil, huma.Error404NotFound(auth.ErrNoSensor.Error())
	}
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	return nil, nil
}

func (a *api) moved(ctx context.Context) error {
	if a.PlacesChanged == nil {
		return nil
	}
	return a.PlacesChanged(ctx)
}

// gapsShown is how many gaps of a sensor are told.
const gapsShown = 20

// joined adds to sensors that told something by which right they did, how
// much was lost of them, and those that joined and told nothing yet.
func (a *api) joined(ctx context.Context, all []Sensor) ([]Sensor, error) {
	members, err := a.Store.Members(ctx)
	if err != nil {
		return nil, err
	}
	lost, err := a.Store.GapTotals(ctx)
	if err != nil {
		return nil, err
	}
	known := make(map[string]int, len(all))
	for i := range all {
		known[all[i].Name] = i
	}
	for i := range members {
		m := &members[i]
		if !see(ctx).Sees(m.Zone) {
			continue
		}
		at, told := known[m.Sensor]
		if !told {
			at = len(all)
			all = append(all, Sensor{Name: m.Sensor, Interfaces: []SensorInterface{}, Gaps: []SensorGap{}})
		}
		all[at].Zone, all[at].Member = m.Zone, a.memberOf(m)
	}
	for i := range all {
		var any bool
		if all[i].Lost, any = lost[all[i].Name]; any {
			all[i].Gaps = nil // to be told
		}
	}
	slices.SortFunc(all, func(a, b Sensor) int { return cmp.Compare(a.Name, b.Name) })
	return all, nil
}

// tellGaps adds what was lost to sensors of which something was.
func (a *api) tellGaps(ctx context.Context, all []Sensor) error {
	for i := range all {
		if all[i].Gaps != nil {
			continue
		}
		all[i].Gaps = []SensorGap{}
		gaps, err := a.Store.Gaps(ctx, all[i].Name, gapsShown)
		if err != nil {
			return err
		}
		for j := range gaps {
			if see(ctx).Sees(gaps[j].Zone) {
				all[i].Gaps = append(all[i].Gaps, gapOf(&gaps[j]))
			}
		}
	}
	return nil
}

func (a *api) memberOf(m *tyto.Member) *SensorMember {
	out := &SensorMember{State: "joined", Joined: m.Joined.UTC(), By: m.By, Expires: utc(m.Expires), Revoked: utc(m.Revoked), RevokedBy: m.RevokedBy}
	switch {
	case !m.Revoked.IsZero():
		out.State = "revoked"
	case !a.Clock().Before(m.Expires):
		out.State = "expired"
	}
	return out
}

func utc(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.UTC()
}

func gapOf(g *store.SensorGap) SensorGap {
	return SensorGap{Received: g.Received.UTC(), Reason: g.Reason, Class: g.Class, Events: g.Events, Batches: g.Batches, From: g.From, To: g.To,
		First: utc(g.First), Last: utc(g.Last), Detail: g.Detail}
}

func uplinkOf(r *store.SensorReport) *SensorUplink {
	c := r.Counters
	return &SensorUplink{Told: r.Time.UTC(), Batches: c["backlog_batches"], Events: c["backlog_events"], Bytes: c["backlog_bytes"], Capacity: c["capacity_bytes"],
		Oldest: nanoTime(c["backlog_oldest_ns"]), Refused: c["batches_refused"], Failures: c["send_failures"]}
}
