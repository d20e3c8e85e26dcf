package hub

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tyto/api"
	"tyto/auth"
	"tyto/baseline"
	"tyto/detect"
	"tyto/geo"
	"tyto/inventory"
	"tyto/store"
)

// Config is what an administrator may tune.
type Config struct {
	Zone      string            // of events that name none
	Sites     map[string]string // the site of a zone
	Networks  []Network         // whose addresses they are
	Flush     time.Duration     // how often what is known is written to the store
	KeepLog   time.Duration     // how long conversations and acts stay in the log once they are folded
	Heartbeat time.Duration     // how often leases are renewed that hubs share a store by; three missed, and others take over
	Poll      time.Duration     // how often the log is looked at for what other hubs took
	Retention store.Retention   // of conversations and devices
	News      bool              // log devices that change for readers, such as package forward
	Auth      auth.Config
	Inventory inventory.Config
	Memory    int64 // bytes for what is known of all zones, as inventory.Bytes counts; 0 is no limit
	// Detections is what alerts are raised by; nil raises none.
	Detections *detect.Rules
	// Baseline is how zones learn what is usual; without a time to learn they do not.
	Baseline baseline.Config
	// Indicators is what is known to be bad, beside what users put into the store.
	Indicators []detect.Indicator
	// Proxies are before the hub: what they pass on comes over TLS, and from
	// where they say. See api.Deps.
	Proxies []netip.Prefix
	// PlainHTTP serves without TLS beyond this machine, to Proxies alone.
	PlainHTTP bool
}

// DefaultConfig flushes every second and keeps three days of log.
func DefaultConfig() Config {
	return Config{Zone: "default", Flush: time.Second, KeepLog: 72 * time.Hour, Heartbeat: time.Second, Poll: 200 * time.Millisecond, Retention: store.DefaultRetention(), Auth: auth.DefaultConfig(), Inventory: inventory.DefaultConfig(), Baseline: baseline.DefaultConfig()}
}

// Deps is what a hub works with. The store is its user's to close, after Run.
type Deps struct {
	Store    store.Store
	Listener net.Listener // of the API and the portal; nil serves nothing
	TLS      *tls.Config  // nil: plain HTTP. See TLSFiles and SelfSigned
	Portal   http.Handler // may be nil
	// MetricsToken is what opens /metrics from elsewhere: see api.Deps.
	MetricsToken func() (string, error)
	TypeName     func(id string) string
	Version      api.Version
	Packets      Packets // of alerts; nil keeps none
	// Enrolment lets sensors in that come over the network to SensorListener;
	// without it none do.
	Enrolment      *auth.Enrolment
	SensorListener net.Listener
	SensorAddress  string                 // HOST:PORT by which sensors reach it; see SensorAddressFor
	Step           func(string)           // is told of each step towards safety, for tests; may be nil
	Metrics        []prometheus.Collector // of who works beside the hub, for its page
	Integrations   api.Integrations       // who passes on and fetches, for the API; may be nil
	Geo            *geo.DB                // where hosts of the internet are; may be nil
	Clock          func() time.Time       // nil: the machine's
	Log            *slog.Logger           // nil: silence
}

// validate refuses what cannot work, or is not safe.
func validate(cfg *Config, deps *Deps) error {
	var errs []error
	if deps.Store == nil {
		errs = append(errs, errors.New("hub: there is no store"))
	}
	if cfg.Zone == "" {
		errs = append(errs, errors.New("hub: the zone has no name"))
	}
	if cfg.Flush < 10*time.Millisecond || cfg.KeepLog < 0 {
		errs = append(errs, fmt.Errorf("hub: flush %v, keep %v: want a flush of at least 10ms and nothing negative", cfg.Flush, cfg.KeepLog))
	}
	if cfg.Heartbeat < 10*time.Millisecond || cfg.Poll < 10*time.Millisecond {
		errs = append(errs, fmt.Errorf("hub: heartbeat %v, poll %v: want at least 10ms", cfg.Heartbeat, cfg.Poll))
	}
	if l := deps.Listener; l != nil && deps.TLS == nil && !onLoopback(l.Addr()) && (!cfg.PlainHTTP || len(cfg.Proxies) == 0) {
		errs = append(errs, fmt.Errorf("hub: %v is reached from other machines, and without TLS passwords would travel readable: "+
			"give a certificate, listen on 127.0.0.1, or allow plain HTTP to proxies that speak TLS, and name them", l.Addr()))
	}
	return errors.Join(errs...)
}

func onLoopback(a net.Addr) bool {
	tcp, ok := a.(*net.TCPAddr)
	return !ok || tcp.IP.IsLoopback() // what is no TCP is a socket in the file system, or a test's
}
