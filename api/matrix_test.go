package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"tyto/auth"
	"tyto/frame"
	"tyto/store"
	"tyto/tyto"
)

// authorizationTable is who may what, for people to review: a line for each
// route with the role that it needs, and
//
//	scoped   for those who see some sites too, of these sites alone
//	all      for those who see all sites alone
//	person   no program may, whatever its token
//	first    also before a temporary password is replaced
const authorizationTable = "testdata/authorization.txt"

type routeRule struct {
	method, path string
	words        []string
}

func (r routeRule) says(word string) bool { return slices.Contains(r.words, word) }

// declared is the routes as the program has them.
func declared() (all []string) {
	for path, item := range (&api{}).register(http.NewServeMux()).OpenAPI().Paths {
		for method, op := range map[string]*huma.Operation{"GET": item.Get, "POST": item.Post, "PUT": item.Put, "PATCH": item.Patch, "DELETE": item.Delete} {
			if op == nil {
				continue
			}
			p, _ := op.Metadata[permissionKey].(permission)
			words := []string{method, path, string(p.role)}
			if p.open {
				words[2] = "everybody"
			} else if p.limited {
				words = append(words, "scoped")
			} else {
				words = append(words, "all")
			}
			if p.person {
				words = append(words, "person")
			}
			if p.first {
				words = append(words, "first")
			}
			all = append(all, strings.Join(words, " "))
		}
	}
	slices.SortFunc(all, func(a, b string) int {
		x, y := strings.Fields(a), strings.Fields(b)
		return strings.Compare(x[1]+" "+x[0], y[1]+" "+y[0])
	})
	return all
}

func TestAuthorizationTable(t *testing.T) {
	got := strings.Join(declared(), "\n") + "\n"
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(authorizationTable, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(authorizationTable)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(got, "\n") {
		if !slices.Contains(strings.Split(string(want), "\n"), line) {
			t.Errorf("%q is not in %s; if that is meant to be so, UPDATE=1 go test ./api -run TestAuthorizationTable, and review the difference", line, authorizationTable)
		}
	}
	for _, line := range strings.Split(string(want), "\n") {
		if !slices.Contains(strings.Split(got, "\n"), line) {
			t.Errorf("%s has %q, which the program does not", authorizationTable, line)
		}
	}
}

func reviewedTable(t *testing.T) (rules []routeRule) {
	t.Helper()
	text, err := os.ReadFile(authorizationTable)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		words := strings.Fields(line)
		rules = append(rules, routeRule{words[0], words[1], words[2:]})
	}
	return rules
}

// An asker is who knocks at every door.
type asker struct {
	name      string
	role      tyto.PersonRole // "" is nobody any more
	all       bool
	program   bool
	temporary bool
}

var askers = func() (all []asker) {
	all = []asker{{name: "stranger"}, {name: "disabled", all: true}, {name: "revoked", program: true, all: true}, {name: "expired", all: true},
		{name: "temporary", role: tyto.Admin, all: true, temporary: true},
		{name: "unfactored", role: tyto.Admin, all: true, temporary: true}, {name: "unfactored", role: tyto.Admin, all: true, temporary: true, program: true}}
	for _, role := range []tyto.PersonRole{tyto.Viewer, tyto.Analyst, tyto.Admin} {
		for _, sees := range []string{"all", "a", "none"} {
			all = append(all, asker{name: string(role) + "-" + sees, role: role, all: sees == "all"},
				asker{name: string(role) + "-" + sees, role: role, all: sees == "all", program: true})
		}
	}
	return all
}()

// wants is the status that a route's line in the table means for somebody: 0
// for anything but a refusal.
func (c asker) wants(r routeRule) int {
	role := tyto.PersonRole(r.words[0])
	switch {
	case r.words[0] == "everybody":
		return 0
	case c.role == "":
		return http.StatusUnauthorized
	case c.temporary && !r.says("first"), !c.role.Includes(role), c.program && r.says("person"), !c.all && !r.says("scoped"):
		return http.StatusForbidden
	}
	return 0
}

// as lets a request be somebody's, with a session or token that is new.
func (x *site) as(c asker, n int) (header []string) {
	x.t.Helper()
	if c.name == "stranger" {
		return nil
	}
	secret := fmt.Sprintf("%043d", n) // as long as a token is
	sum := sha256.Sum256([]byte(secret))
	hash := hex.EncodeToString(sum[:])
	ctx := context.Background()
	if c.program {
		token := tyto.Token{ID: fmt.Sprint(n), Hash: hash, User: c.name, Name: fmt.Sprint(n), Role: tyto.Admin, Sites: tyto.AllSites(), Created: now, Expires: now.Add(time.Hour)}
		if c.name == "revoked" {
			token.User = "admin-all"
		}
		x.must(x.store.PutToken(ctx, token))
		if c.name == "revoked" {
			x.must(x.store.DeleteToken(ctx, token.User, token.ID))
		}
		return []string{"Authorization", "Bearer tyto_" + secret}
	}
	s := tyto.Session{Hash: hash, User: c.name, Created: now, Used: now, Expires: now.Add(time.Hour)}
	if c.name == "expired" {
		s.User, s.Expires = "admin-all", now
	}
	x.must(x.store.PutSession(ctx, s, 10))
	return []string{"Cookie", "tyto=" + secret}
}

func (x *site) must(err error) {
	x.t.Helper()
	if err != nil {
		x.t.Fatal(err)
	}
}

const (
	sentinelA = "sentinel-of-site-a"
	sentinelB = "sentinel-of-site-b"
)

// populate makes a user for each asker, and fills two sites.
func (x *site) populate() {
	x.t.Helper()
	ctx := x.t.Context()
	put := func(name string, role tyto.PersonRole, sites tyto.Sites, change func(*tyto.User)) {
		u := tyto.User{Name: name, Role: role, Sites: sites, Password: "none", Created: now}
		if change != nil {
			change(&u)
		}
		x.must(x.store.PutUser(ctx, u))
		if role == tyto.Admin && name != "unfactored" {
			x.must(x.store.PutFactor(ctx, tyto.SecondFactor{User: name, Secret: []byte("sealed"), Created: now, Confirmed: now}))
		}
	}
	for _, role := range []tyto.PersonRole{tyto.Viewer, tyto.Analyst, tyto.Admin} {
		put(string(role)+"-all", role, tyto.AllSites(), nil)
		put(string(role)+"-a", role, tyto.SomeSites("a"), nil)
		put(string(role)+"-none", role, tyto.SomeSites("elsewhere"), nil)
	}
	put("disabled", tyto.Admin, tyto.AllSites(), func(u *tyto.User) { u.Disabled = true })
	put("temporary", tyto.Admin, tyto.AllSites(), func(u *tyto.User) { u.Temporary = now.Add(time.Hour) })
	put("unfactored", tyto.Admin, tyto.AllSites(), nil)
	put(sentinelB+"-user", tyto.Viewer, tyto.SomeSites("b"), nil)
	put(sentinelA+"-user", tyto.Viewer, tyto.SomeSites("a"), nil)
	for site, sentinel := range map[string]string{"a": sentinelA, "b": sentinelB} {
		x.must(x.store.PutSite(ctx, tyto.Site{ID: site, Title: sentinel, Created: now}))
		x.must(x.store.PutZone(ctx, tyto.Zone{ID: "zone-" + sentinel, Title: sentinel, Site: site, Created: now}))
		c := x.furnished("zone-"+sentinel, sentinel)
		c.Devices[0].Row.Site = site
		x.must(x.store.Write(ctx, c))
		x.must(x.store.PutMachines(ctx, []store.Machine{{Connector: "x", ID: sentinel, Zone: "zone-" + sentinel, Name: sentinel, Device: c.Devices[0].Row.ID}}))
	}
	x.must(x.store.Write(ctx, x.furnished("zone-nowhere", sentinelB+"-nowhere"))) // of no site: for those who see all
}

// furnished is something of every kind in a zone, each named with a sentinel.
func (x *site) furnished(zone, sentinel string) store.Change {
	r := record(1)
	r.Row.ID, r.Row.Zone, r.Row.Hostname, r.Row.Vendor, r.Row.Model, r.Row.Sensor = "device-"+sentinel, zone, sentinel, sentinel, sentinel, sentinel
	r.Text, r.Device = sentinel, tyto.Device{ID: r.Row.ID, Zone: zone}
	subject := tyto.Subject{Addr: frame.V4(10, 0, 0, 1)}
	return store.Change{Zone: zone, Devices: []store.DeviceRecord{r}, Traffic: []store.Traffic{{Time: now, Packets: 1, Bytes: 1}},
		Sensors: []store.SensorReport{{Sensor: "sensor-" + sentinel, Zone: zone, Version: "1", Interface: sentinel, Time: now, Received: now, Counters: map[string]uint64{"packets": 1}}},
		Conversations: []store.Conversation{{Zone: zone, ClientDevice: r.Row.ID, Scope: store.ScopeInternet, Conversation: tyto.Conversation{Client: subject,
			Server: tyto.Subject{Addr: frame.V4(198, 51, 100, 1)}, Transport: "tcp", Port: 443, Protocol: sentinel, ServerName: sentinel, First: now, Last: now,
			Packets: [2]uint64{1, 1}, Bytes: [2]uint64{1, 1}, Sessions: 1}}},
		Facts: []tyto.Fact{{ID: "fact-" + sentinel, Kind: tyto.FactDestination, Device: r.Row.ID, Peer: sentinel, What: sentinel, Client: subject, Status: tyto.Usual,
			First: now, Last: now, Count: 1}},
		Acts: []store.ActRecord{{ClientDevice: r.Row.ID, First: now, Last: now, Act: tyto.Act{Client: subject, Server: tyto.Subject{Addr: frame.V4(10, 0, 0, 2)},
			Verb: tyto.Program, Operation: sentinel, Object: sentinel, Count: 1}}},
		Learning: &tyto.Learning{Zone: zone, Active: true, Since: now},
		Alerts: []tyto.Alert{{ID: "alert-" + sentinel, Rule: sentinel, Severity: tyto.Major, Title: sentinel, Detail: sentinel, Subjects: []tyto.Subject{subject},
			Of: []string{r.Row.ID}, Devices: []string{r.Row.ID}, First: now, Last: now, Count: 1}}}
}

// filled is a path with something for each of its parameters: of a thing of
// a site, where things of that kind are known here.
func filled(path, sentinel string) string {
	id := "x"
	switch {
	case strings.HasPrefix(path, "/api/v1/devices/"):
		id = "device-" + sentinel
	case strings.HasPrefix(path, "/api/v1/alerts/"):
		id = "alert-" + sentinel
	case strings.HasPrefix(path, "/api/v1/sensors/"), strings.HasPrefix(path, "/api/v1/members/"):
		id = "sensor-" + sentinel
	case strings.HasPrefix(path, "/api/v1/baseline/"):
		path = strings.Replace(strings.Replace(path, "{zone}", "zone-"+sentinel, 1), "{id}", "fact-"+sentinel, 1)
	case strings.HasPrefix(path, "/api/v1/users/"):
		id = sentinel + "-user"
	}
	for {
		i := strings.IndexByte(path, '{')
		if i < 0 {
			return path
		}
		path = path[:i] + id + path[i+strings.IndexByte(path[i:], '}')+1:]
	}
}

// ring asks, and takes what comes within the answer's first part if it is a stream.
func (x *site) ring(r routeRule, sentinel string, header []string) (int, string) {
	x.t.Helper()
	var body any
	if r.method != "GET" && r.method != "DELETE" {
		body = map[string]any{}
	}
	if r.path == "/api/v1/stream" {
		answer := x.send(r.method, r.path, nil, header...)
		answer.Body.Close()
		return answer.StatusCode, ""
	}
	return x.do(r.method, filled(r.path, sentinel), body, header...)
}

// TestMatrix tries every route as everybody: the table says what must come of
// it, and what is of another site never comes.
func TestMatrix(t *testing.T) {
	x := siteWith(t, func(c *auth.Config) { c.SecondFactor = auth.FactorAdmins })
	x.populate()
	shown := map[string]bool{}
	n := 0
	for _, r := range reviewedTable(t) {
		for _, c := range askers {
			for _, sentinel := range []string{sentinelA, sentinelB} {
				if sentinel == sentinelB && !strings.Contains(r.path, "{") {
					continue // the same request
				}
				n++
				status, body := x.ring(r, sentinel, x.as(c, n))
				want := c.wants(r)
				refused := status == http.StatusUnauthorized || status == http.StatusForbidden
				if r.words[0] == "everybody" {
					refused = false // wrong passwords and tokens are refused there too
				}
				if want != 0 && status != want || want == 0 && refused {
					t.Errorf("%s %s as %s (program: %v): %d %.200s; want %d", r.method, r.path, c.name, c.program, status, body, want)
				}
				if strings.Contains(body, sentinelB) && !c.all {
					// The name that was asked for may be in the problem.
					if status < 300 || !strings.Contains(filled(r.path, sentinel), sentinelB) {
						t.Errorf("%s %s as %s (program: %v) tells of another site: %.300s", r.method, filled(r.path, sentinel), c.name, c.program, body)
					}
				}
				if sees := strings.HasSuffix(c.name, "-a"); strings.Contains(body, sentinelA) && status < 300 && (sees || c.all) {
					shown[r.path+fmt.Sprint(c.all)] = true
				} else if strings.Contains(body, sentinelA) && status < 300 && !sees {
					t.Errorf("%s %s as %s tells of a site that they do not see", r.method, r.path, c.name)
				}
			}
		}
	}
	// The control: there was something to see, and it was shown to whom it may be.
	for _, path := range []string{"/api/v1/devices", "/api/v1/devices.csv", "/api/v1/devices/{id}", "/api/v1/devices/{id}/conversations", "/api/v1/devices/{id}/acts", "/api/v1/conversations",
		"/api/v1/map", "/api/v1/sensors", "/api/v1/facts", "/api/v1/baseline", "/api/v1/connectors/{name}/machines", "/api/v1/sites", "/api/v1/alerts", "/api/v1/alerts/{id}", "/api/v1/overview", "/api/v1/users"} {
		if !shown[path+"true"] || !shown[path+"false"] {
			t.Errorf("%s shows nothing of site a: to those who see all %v, to those who see it %v", path, shown[path+"true"], shown[path+"false"])
		}
	}
}

// TestEveryChangeIsWrittenDown tries every route that changes something, as
// somebody who may and as somebody who may not.
func TestEveryChangeIsWrittenDown(t *testing.T) {
	x := newSite(t)
	x.populate()
	for n, r := range reviewedTable(t) {
		if r.method == "GET" || r.words[0] == "everybody" {
			continue
		}
		for i, c := range []asker{{name: "admin-all", role: tyto.Admin, all: true}, {name: "viewer-none", role: tyto.Viewer}} {
			before := x.audited()
			status, body := x.ring(r, sentinelA, x.as(c, 2*n+i))
			switch after := x.audited(); {
			case status == http.StatusUnprocessableEntity: // refused as it is no request at all
			case strings.HasPrefix(r.path, "/api/v1/users") && status == http.StatusNotFound:
			case after == before:
				t.Errorf("%s %s as %s: %d %.100s, and nothing is written down", r.method, r.path, c.name, status, body)
			}
		}
	}
	page, err := x.store.AuditPage(t.Context(), store.AuditQuery{Text: "refused", Limit: 500})
	if err != nil || page.Total == 0 {
		t.Errorf("no refusal is written down: %v", err)
	}
}

func (x *site) audited() uint64 {
	x.t.Helper()
	page, err := x.store.AuditPage(x.t.Context(), store.AuditQuery{})
	x.must(err)
	return page.Total
}
