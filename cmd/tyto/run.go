package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
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
			d.Packets = hub.NewGatherer(ofAlerts.Saved(), ofAlerts)
		}
	})
	if err != nil {
		return err
	}
	defer served.close()
	if live {
		log := newLog(s.err, &set)
		remark(log, source)
		confineTo(log, &set)
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

// recentPackets is the folder, in that of the store, of recent packets.
const recentPackets = "packets"

// openRing opens the ring of recent packets as the settings want it: nil, which
// keeps nothing, if they want none.
func openRing(set *settings) (*packets.Ring, error) {
	if set.Packets.Megabytes == 0 {
		return nil, nil
	}
	return packets.Open(packets.Config{Dir: filepath.Join(set.Data, recentPackets), Bytes: set.Packets.bytes()})
}

// keepPackets opens the ring, and what is saved of alerts beside it; both are nil without a ring.
func keepPackets(set *settings) (*packets.Ring, *packets.Alerts, error) {
	ring, err := openRing(set)
	if ring == nil {
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
	config.Window, config.Workers = set.Sensor.Window, set.Sensor.workers(live)
	if b, err := set.Sensor.budget(interfacesOf(source), live); err == nil { // open has seen to it
		b.Apply(&config)
	}
	config.Live, config.Clock = true, time.Now
	config.Beside = set.Capture.told
	config.Shed = live && interfacesOf(source) > 0
	if len(keep) > 0 {
		config.Keep = keep[0]
	}
	config.Failed = tellFailure(newLog(os.Stderr, set))
	return sensor.New(config, source)
}
