// Package api is the hub's knowledge for programs: JSON over HTTP, described
// by OpenAPI 3.1. There is one file per resource, and nothing in them but the
// way between the store's nouns and the wire. openapi.json beside them is the
// contract that clients are generated from.
package api

import (
	"cmp"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/prometheus/client_golang/prometheus"

	"tyto/auth"
	"tyto/detect"
	"tyto/geo"
	"tyto/store"
	"tyto/tyto"
)

// Deps is what the API asks and tells.
type Deps struct {
	Store    store.Store
	Auth     *auth.Auth
	Notices  Notices
	Registry *prometheus.Registry // what /metrics tells
	// MetricsToken is what opens /metrics from elsewhere than this machine,
	// "" if nothing does; nil is the same.
	MetricsToken func() (string, error)
	Clock        func() time.Time
	Log          *slog.Logger
	Version      Version
	TypeName     func(id string) string // a type of the taxonomy in words; nil for the id itself
	Rules        *detect.Rules          // what alerts are raised by; may be nil
	Integrations Integrations           // who passes on and fetches; may be nil
	Analysts     Analysts               // who holds the baselines; may be nil
	Geo          *geo.DB                // where hosts of the internet are; may be nil
	Ready        func(context.Context) error
	// Enrolment lets sensors in that come over the network; nil if none may.
	Enrolment *auth.Enrolment
	// SensorAddress is HOST:PORT by which sensors reach the hub, for who asks
	// under a host's name. Needed with Enrolment.
	SensorAddress func(host string) string
	Packets       Packets                     // of alerts; nil keeps none
	PlacesChanged func(context.Context) error // is told when zones moved; may be nil
	// Decided takes what people decide about devices; nil refuses it.
	Decided func(context.Context, []tyto.Event) error
	Portal  http.Handler // what is served where the API is not; may be nil
	TLS     bool         // whether clients come over TLS
	// Proxies are before the hub: X-Forwarded-For of what they pass on is believed.
	Proxies []netip.Prefix
	Rate    Rate // how many requests each client may make; zero is DefaultRate
}

// api is the handlers' receiver.
type api struct {
	Deps
	streams limiter
	rates   rates
}

// maxBody is the most bytes that a request may carry: names and passwords.
const maxBody = 64 << 10

func init() {
	// Lists are never null on the wire: see the conversions of each resource.
	huma.DefaultArrayNullable = false
}

// New is the handler of everything under /api, of the pages for operators
// (/healthz, /readyz, /metrics), and of the portal at /.
func New(d Deps) http.Handler {
	a := &api{Deps: d, streams: limiter{each: maxStreamsEach, all: maxStreams}, rates: newRates(cmp.Or(d.Rate, DefaultRate()), d.Clock)}
	mux := http.NewServeMux()
	a.register(mux)
	a.operator(mux)
	a.signOn(mux)
	if d.Portal != nil {
		mux.Handle("/", d.Portal)
	}
	return a.protect(mux)
}

// Spec is the OpenAPI document, indented, the same bytes every time.
func Spec() ([]byte, error) {
	a := &api{}
	doc := a.register(http.NewServeMux()).OpenAPI()
	b, err := json.MarshalIndent(doc, "", "  ")
	return append(b, '\n'), err
}

// register is the list of routes.
func (a *api) register(mux *http.ServeMux) huma.API {
	h := humago.New(mux, config())
	h.UseMiddleware(a.authorize(h))

	viewer, analyst := needs(tyto.Viewer).scoped(), needs(tyto.Analyst).scoped()
	a.people(h)
	route(h, viewer, http.MethodGet, "/api/v1/version", "get-version", "The program's version", a.getVersion)
	route(h, viewer, http.MethodGet, "/api/v1/overview", "get-overview", "The network in numbers", a.getOverview)
	route(h, viewer, http.MethodGet, "/api/v1/devices", "list-devices", "Devices, a page at a time", a.listDevices)
	route(h, viewer.csv(), http.MethodGet, "/api/v1/devices.csv", "export-devices", "Devices, all of them, as CSV", a.exportDevices)
	route(h, viewer, http.MethodGet, "/api/v1/devices/{id}", "get-device", "One device, with the evidence for what is said of it", a.getDevice)
	a.decisions(h, analyst)
	route(h, viewer, http.MethodGet, "/api/v1/devices/{id}/conversations", "list-device-conversations", "What a device said to others", a.listDeviceConversations)
	route(h, viewer, http.MethodGet, "/api/v1/devices/{id}/acts", "list-device-acts", "What was done to a device and by it", a.listDeviceActs)
	route(h, viewer, http.MethodGet, "/api/v1/conversations", "list-conversations", "Who talks to whom", a.listConversations)
	route(h, viewer, http.MethodGet, "/api/v1/conversations/history", "get-history", "What went over conversations in the course of time", a.getHistory)
	route(h, viewer, http.MethodGet, "/api/v1/map", "get-map", "Who talks to whom, summed up by pairs of devices", a.getMap)
	route(h, viewer, http.MethodGet, "/api/v1/sensors", "list-sensors", "Sensors and their health", a.listSensors)
	a.enrolment(h)
	a.baselines(h)
	a.integrations(h)
	route(h, viewer, http.MethodGet, "/api/v1/alerts", "list-alerts", "What a person should look at", a.listAlerts)
	route(h, viewer, http.MethodGet, "/api/v1/alerts/{id}", "get-alert", "One alert, with evidence, advice and history", a.getAlert)
	route(h, analyst.pcapng(), http.MethodGet, "/api/v1/alerts/{id}/packets", "get-alert-packets", "The packets that an alert was raised for, as a capture", a.alertPackets)
	route(h, analyst, http.MethodPost, "/api/v1/alerts/{id}/close", "close-alert", "Close an alert; it is new once more when it occurs again", a.decide(store.AlertClosed))
	route(h, analyst, http.MethodPost, "/api/v1/alerts/{id}/mute", "mute-alert", "Mute an alert: it is counted only", a.decide(store.AlertMuted))
	route(h, analyst, http.MethodPost, "/api/v1/alerts/{id}/learn", "learn-alert", "Learn that what an alert is about is usual here", a.decide(store.AlertLearned))
	route(h, analyst, http.MethodPost, "/api/v1/alerts/{id}/reopen", "reopen-alert", "Take up an alert, or undo what was decided about it", a.decide(store.AlertActive))
	route(h, viewer.events(), http.MethodGet, "/api/v1/stream", "stream", "What changes, as it changes", a.stream)
	return h
}

func config() huma.Config {
	c := huma.DefaultConfig("Tyto", "1")
	c.Info.Description = "What is on the network, and what it is doing."
	c.Info.License = &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"}
	c.CreateHooks = nil // no $schema in answers
	c.OpenAPIPath = "/api/openapi"
	c.DocsPath, c.SchemasPath = "", ""
	c.RejectUnknownQueryParameters = true
	c.Formats = map[string]huma.Format{"application/json": huma.DefaultJSONFormat, "json": huma.DefaultJSONFormat}
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"session": {Type: "apiKey", In: "cookie", Name: auth.CookieName, Description: "Of a person; set by POST /api/v1/session."},
		"token":   {Type: "http", Scheme: "bearer", Description: "Of a program; made by POST /api/v1/tokens."},
	}
	return c
}

func operation(method, path, id, summary string) huma.Operation {
	return huma.Operation{
		Method: method, Path: path, OperationID: id, Summary: summary,
		MaxBodyBytes: maxBody, BodyReadTimeout: 10 * time.Second,
		Errors: []int{http.StatusUnprocessableEntity, http.StatusTooManyRequests},
	}
}
