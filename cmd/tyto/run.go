package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"

	"tyto/capture"
	"tyto/frame"
	"tyto/hub"
	"tyto/observe"
	"tyto/packets"
	"tyto/sensor"
	"tyto/tyto"
)

// where says what a sensor listens to.
type where struct {
	Interface []string `short:"i" placeholder:"IFACE" help:"Interface with mirrored traffic; may be repeated. Nothing is sent on it."`
	Endpoint  bool     `help:"Listen as an ordinary host: only its own conversations, broadcast and multicast are looked at."`
	Pcap      []string `type:"path" placeholder:"FILE" help:"Play capture files or folders instead of listening."`
	choosing
	Speed float64 `default:"1" placeholder:"N" help:"Play N times as fast as it was captured; 0 as fast as it goes."`
}

type runCommand struct {
	where
	place
	Once bool `help:"End when the captures are played, instead of serving on."`
}

// Help is what --help adds.
func (runCommand) Help() string {
	return `Examples:
  tyto run -i eth1                                   listen to a mirror port; portal on http://127.0.0.1:8080
  tyto run --pcap office.pcap --speed 60             play a capture, a minute each second
  tyto run -i eth1 -i eth2 --listen 127.0.0.1:9000 --data /var/lib/tyto

The first start prints a link with which the first administrator is made. Listening needs the right to open packet
sockets: root, or setcap cap_net_raw,cap_net_admin=ep tyto. SIGINT and SIGTERM end it when all that was heard is stored.`
}

// Run is sensor, hub and portal in one process.
func (r *runCommand) Run(ctx context.Context, s streams, c *commands) error {
	set, err := loadSettings(c.Config)
	if err != nil {
		return err
	}
	r.place.over(&set)
	source, live, err := r.where.open(&set)
	if err != nil {
		return err
	}
	defer source.Close()
	recent, ofAlerts, err := keepPackets(&set)
	if err != nil {
		return err
	}
	defer recent.Close()
	served, err := r.place.open(ctx, s, &set, func(d *hub.Deps) {
		if ofAlerts != nil {
			d.Packets = ofAlerts
		}
	})
	if err != nil {
		return err
	}
	defer served.close()
	if live {
		confineTo(newLog(s.err, &set), &set)
	}
	return serveWith(ctx, served, func(ctx context.Context) error {
		err := newSensor(&set, source, live, recent.Keep).Run(ctx, func(events []tyto.Event) error {
			return served.hub.Accept(context.WithoutCancel(ctx), observe.Copy(events))
		})
		told(s, source)
		if err == nil && !r.Once && ctx.Err() == nil {
			fmt.Fprintln(s.err, "All captures are played. Ctrl-C ends the hub.")
			<-ctx.Done()
		}
		return err
	})
}

// drainTime is how long outputs may take at the end; what is left is sent
// after the next start.
const drainTime = 5 * time.Second

// serveWith runs the hub beside a source of events, and ends it after that.
func serveWith(ctx context.Context, served *serving, feed func(context.Context) error) error {
	all, running := errgroup.WithContext(ctx)
	hubContext, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	outputsContext, endOutputs := context.WithCancel(context.WithoutCancel(ctx))
	all.Go(func() error { return served.outputs.Run(outputsContext) })
	all.Go(func() error { return served.others.Run(hubContext) })
	all.Go(func() error { return served.control.serve(hubContext) })
	all.Go(func() error { served.watch(hubContext); return nil })
	all.Go(func() error {
		defer endOutputs()
		err := served.hub.Run(hubContext)
		drain, cancel := context.WithTimeout(outputsContext, drainTime) // what the hub told last
		defer cancel()
		served.outputs.Drain(drain)
		if err != nil {
			return err
		}
		if running.Err() == nil && hubContext.Err() == nil {
			return errors.New("the hub ended by itself")
		}
		return nil
	})
	all.Go(func() error {
		defer end()
		return feed(running)
	})
	all.Go(func() error { tellSystemd(running, served.log, served.hub.Ready); return nil })
	return all.Wait()
}

// told says what was wrong with the input.
func told(s streams, source capture.Source) {
	for _, c := range source.Captures() {
		if c.Err != nil {
			fmt.Fprintf(s.err, "tyto: %v\n", c.Err)
		}
	}
}

// open is the source, and whether it is live.
func (w *where) open(set *settings) (capture.Source, bool, error) {
	interfaces := w.Interface
	if len(interfaces) == 0 && len(w.Pcap) == 0 {
		interfaces = set.Sensor.Interfaces
	}
	only, err := w.wanted(set)
	if err != nil {
		return nil, false, err
	}
	switch {
	case len(w.Interface) > 0 && len(w.Pcap) > 0:
		return nil, false, usageError{errors.New("listen with -i or play with --pcap, not both")}
	case len(w.Pcap) > 0 && w.Endpoint:
		return nil, false, usageError{errors.New("--endpoint is about listening with -i; a capture has what it has")}
	case len(w.Pcap) > 0:
		source, err := openFiles(w.Pcap, only)
		if err != nil {
			return nil, false, usageError{err}
		}
		if w.Speed < 0 {
			return nil, false, usageError{fmt.Errorf("--speed %v is negative; 1 is the capture's own pace, 0 as fast as it goes", w.Speed)}
		}
		return capture.Paced(source, w.Speed, nil), false, nil
	case len(interfaces) == 0:
		return nil, false, usageError{errors.New("nothing to listen to: name an interface with -i, or a capture with --pcap")}
	}
	source, err := capture.OpenLive(interfaces, capture.Live{Endpoint: w.Endpoint, Filter: only})
	return source, true, err
}

// recentPackets is the folder, in that of the store, of recent packets.
const recentPackets = "packets"

// keepPackets opens the ring of recent packets as the settings want it: nil,
// which keeps nothing, if they want none.
func keepPackets(set *settings) (*packets.Ring, *packets.Alerts, error) {
	if set.Packets.Megabytes == 0 {
		return nil, nil, nil
	}
	ring, err := packets.Open(packets.Config{Dir: filepath.Join(set.Data, recentPackets), Bytes: int64(set.Packets.Megabytes) << 20})
	if err != nil {
		return nil, nil, err
	}
	ofAlerts, err := packets.NewAlerts(ring, set.Name)
	if err != nil {
		ring.Close()
		return nil, nil, err
	}
	return ring, ofAlerts, nil
}

// newSensor is a sensor as the settings want it. What keeps its packets is
// given all of them.
func newSensor(set *settings, source capture.Source, live bool, keep ...func([]frame.Packet, []string)) *sensor.Sensor {
	config := sensor.DefaultConfig()
	config.Name, config.Zone = set.Name, set.Zone
	config.Window, config.Conversations = set.Sensor.Window, set.Sensor.Conversations
	config.Workers = set.Sensor.Workers
	if config.Workers == 0 {
		config.Workers = 1
		if live {
			config.Workers = max(1, runtime.NumCPU()-1)
		}
	}
	config.Live, config.Clock = true, time.Now
	config.Shed = live
	if len(keep) > 0 {
		config.Keep = keep[0]
	}
	config.Failed = tellFailure(newLog(os.Stderr, set))
	return sensor.New(config, source)
}
