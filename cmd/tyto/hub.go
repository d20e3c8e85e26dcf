package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"tyto/api"
	"tyto/auth"
	"tyto/connect"
	"tyto/fingerprint"
	"tyto/forward"
	"tyto/hub"
	"tyto/portal"
	"tyto/store"
	"tyto/tyto"
	"tyto/uplink"
)

// place says where a hub keeps its data and serves.
type place struct {
	Listen  string `placeholder:"ADDR" help:"Where portal and API are served (default 127.0.0.1:8080)."`
	Data    string `type:"path" placeholder:"DIR" help:"The folder of the store (default ./tyto-data)."`
	Store   string `placeholder:"URL" help:"A PostgreSQL database instead of a file in that folder: postgres://USER@HOST/DATABASE. Several hubs may share it."`
	Sensors string `placeholder:"ADDR" help:"Where sensors on other machines are let in, such as 0.0.0.0:8443 (default nowhere)."`
	Plain   bool   `name:"plain-http" xor:"tls" help:"Serve without TLS beyond this machine, to the proxies of the configuration alone."`
	TLS     bool   `name:"tls" xor:"tls" help:"Serve HTTPS with a certificate that the hub signs itself and keeps in the folder of the store."`
}

// over lays the flags over the settings.
func (p *place) over(set *settings) {
	if p.Listen != "" {
		set.Listen = p.Listen
	}
	if p.Data != "" {
		set.Data = p.Data
	}
	if p.Store != "" {
		set.Store = storeURL(p.Store)
	}
	if p.Sensors != "" {
		set.Sensors.Listen = p.Sensors
	}
	set.Plain = (set.Plain || p.Plain) && !p.TLS
}

// A serving is an open hub, with what must be closed after it.
type serving struct {
	hub     *hub.Hub
	outputs *forward.Forwarder
	others  *connect.Manager
	log     *slog.Logger
	control *control // nil if it cannot be had
	close   func()
	watch   func(context.Context) // for changes of fingerprints, until the end
}

// open opens the store, listens, and says where.
// with changes what the hub works with.
func (p *place) open(ctx context.Context, s streams, set *settings, with ...func(*hub.Deps)) (*serving, error) {
	known, live, err := set.Fingerprints.open()
	if err != nil {
		return nil, err
	}
	rules, err := set.Rules.load()
	if err != nil {
		return nil, err
	}
	indicators, err := set.Rules.indicators()
	if err != nil {
		return nil, err
	}
	places, err := set.Rules.geo()
	if err != nil {
		return nil, err
	}
	memory, err := openStore(ctx, set)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", set.Listen)
	if err != nil {
		memory.Close()
		return nil, fmt.Errorf("%w; choose another address with --listen", err)
	}
	config := hub.DefaultConfig()
	config.Zone, config.Inventory, config.Memory = set.Zone, known, set.Inventory.limit()
	config.Detections, config.Indicators, config.Baseline = rules, indicators, set.Rules.baseline()
	config.Retention = store.Retention(set.Retention)
	config.Networks = set.Networks.networks()
	config.Proxies, config.PlainHTTP = set.Proxies.prefixes(), set.Plain
	config.Auth.OIDC, config.Auth.SecondFactor, config.Auth.Secret = set.OIDC, set.Auth.SecondFactor, filepath.Join(set.Data, auth.SecretFile)
	deps := hub.Deps{Store: memory, Listener: listener, Geo: places, MetricsToken: set.Metrics.Token.Read, Portal: portal.Handler(), Clock: time.Now, Log: newLog(s.err, set), TypeName: typeName,
		Version: api.Version{Version: version, Commit: commit(), Go: runtime.Version(), Started: time.Now()}}
	close := func() { listener.Close(); memory.Close() }
	if p.TLS {
		host, _, _ := net.SplitHostPort(set.Listen) // listened to, so it splits
		if deps.TLS, _, err = hub.SelfSigned(set.Data, []string{host, "localhost", machine()}, time.Now()); err != nil {
			close()
			return nil, err
		}
	}
	if err := letSensorsIn(ctx, set, &deps); err != nil {
		close()
		return nil, err
	}
	if l := deps.SensorListener; l != nil {
		before := close
		close = func() { l.Close(); before() }
	}
	for _, change := range with {
		change(&deps)
	}
	var h *hub.Hub
	others, err := newIntegrations(set, memory, &config, &deps, &h)
	if err != nil {
		close()
		return nil, err
	}
	h, err = hub.New(config, deps)
	if err != nil {
		close()
		return nil, err
	}
	if err := p.greet(ctx, s.err, h, instead(listener.Addr().String(), machine())); err != nil {
		close()
		return nil, err
	}
	control := newControl(set, h, &deps)
	return &serving{h, others.outputs, others.connectors, deps.Log, control, func() { control.close(); close() },
		func(ctx context.Context) { set.Fingerprints.watch(ctx, live, h.FingerprintsChanged, deps.Log) }}, nil
}

func typeName(id string) string { t, _ := fingerprint.TypeOf(id); return t.Name }

// machine is this machine's name, as others may know it.
func machine() string {
	name, err := os.Hostname()
	if err != nil {
		return "localhost"
	}
	return name
}

// greet says where the portal is, and how the first administrator is made.
func (p *place) greet(ctx context.Context, out io.Writer, h *hub.Hub, address string) error {
	scheme := "http"
	if p.TLS {
		scheme = "https"
	}
	token, err := h.SetupToken(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "\n  Portal       %s://%s/\n", scheme, address)
	if token != "" {
		fmt.Fprintf(out, "  First login  %s://%s/setup#token=%s\n               Works once, to make the first administrator.\n", scheme, address, token)
	}
	fmt.Fprintln(out)
	return nil
}

type hubServe struct {
	place
	Events string `type:"path" placeholder:"FILE" help:"Take a sensor's events (JSON lines) from a file, or - for standard input."`
}

// Help is what --help adds.
func (hubServe) Help() string {
	return `Examples:
  tyto hub --data /var/lib/tyto                          serve what is stored
  tyto hub --sensors 0.0.0.0:8443                        let sensors on other machines in: see 'tyto hub token --help'
  tyto sensor -i eth1 | tyto hub --events -              a sensor and a hub on one machine
  ssh plant tyto sensor -i eth1 | tyto hub --events -    or on two`
}

// Run serves, and takes events.
func (r *hubServe) Run(ctx context.Context, s streams, c *commands) error {
	set, err := loadSettings(c.Config)
	if err != nil {
		return err
	}
	r.place.over(&set)
	served, err := r.place.open(ctx, s, &set)
	if err != nil {
		return err
	}
	defer served.close()
	return serveWith(ctx, served, func(ctx context.Context) error {
		if r.Events != "" {
			in, err := r.input(s)
			if err != nil {
				return err
			}
			defer in.Close()
			if err := takeEvents(ctx, in, s.err, served.hub); err != nil && ctx.Err() == nil {
				return err
			}
		}
		<-ctx.Done()
		return nil
	})
}

func (r *hubServe) input(s streams) (io.ReadCloser, error) {
	if r.Events == "-" {
		return io.NopCloser(s.in), nil
	}
	f, err := os.Open(r.Events)
	if err != nil {
		return nil, usageError{err}
	}
	return f, nil
}

// Bounds of what is taken from a sensor's lines.
const (
	longestEvent = 1 << 20
	takeTogether = 256
)

// takeEvents gives the hub a sensor's events as they come, until ctx is done.
// Who reads them may be left waiting then: nothing ends the reading of a
// standard input on which nothing comes.
func takeEvents(ctx context.Context, in io.Reader, errs io.Writer, h *hub.Hub) error {
	batches, ended := make(chan []tyto.Event), make(chan error, 1)
	go func() {
		ended <- readEvents(in, errs, func(batch []tyto.Event) bool {
			select {
			case batches <- batch:
				return true
			case <-ctx.Done():
				return false
			}
		})
	}()
	for {
		select {
		case batch := <-batches:
			if err := h.Accept(context.WithoutCancel(ctx), batch); err != nil {
				return err
			}
		case err := <-ended:
			return err
		case <-ctx.Done():
			return nil
		}
	}
}

// readEvents reads a sensor's events until take wants no more. A line that is
// no event is said and passed over.
func readEvents(in io.Reader, errs io.Writer, take func([]tyto.Event) bool) error {
	r := bufio.NewReaderSize(in, 1<<16)
	var batch []tyto.Event
	for n := 1; ; n++ {
		line, err := readLine(r)
		if len(line) > 0 {
			var e tyto.Event
			switch bad := json.Unmarshal(line, &e); {
			case bad != nil:
				fmt.Fprintf(errs, "tyto: events: line %d: %v; passed over\n", n, bad)
			case !uplink.FromSensor(&e):
				fmt.Fprintf(errs, "tyto: events: line %d: no sensor tells events of kind %q; passed over\n", n, e.Kind)
			default:
				batch = append(batch, e)
			}
		}
		if len(batch) >= takeTogether || len(batch) > 0 && (err != nil || r.Buffered() == 0) {
			if !take(batch) {
				return nil
			}
			batch = nil
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("events: line %d: %w", n, err)
		}
	}
}

// readLine reads a line of at most longestEvent bytes.
func readLine(r *bufio.Reader) (line []byte, err error) {
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		if len(line) > longestEvent {
			return nil, fmt.Errorf("is longer than %d bytes", longestEvent)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}
