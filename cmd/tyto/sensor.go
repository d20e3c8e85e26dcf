package main

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"

	"golang.org/x/sync/errgroup"

	"tyto/tyto"
	"tyto/uplink"
)

// sensorCommand is the sensor and how it joins a hub.
type sensorCommand struct {
	Run  sensorRun  `cmd:"" default:"withargs" help:"Listen, and tell the hub. What 'tyto sensor' does by itself."`
	Join sensorJoin `cmd:"" help:"Join a hub, with a token or by two files."`

	Setup sensorSetup `cmd:"" help:"Look at the interfaces, ask, and write the configuration."`
	Check sensorCheck `cmd:"" help:"Say whether the sensor can listen here, and which rights it gives up."`
}

// Help is what --help adds.
func (sensorCommand) Help() string {
	return `Examples:
  sudo tyto sensor setup                                  questions, and a configuration
  tyto sensor -i eth1                                     listen, and write events to standard output
  tyto sensor join TOKEN --data /var/lib/tyto             join a hub, once; then
  tyto sensor -i eth1 --data /var/lib/tyto                listen, and tell it

The flags of the sensor itself: tyto sensor run --help.`
}

type sensorRun struct {
	where
	watched
	Data string `type:"path" placeholder:"DIR" help:"The folder that 'tyto sensor join' used (default ./tyto-data)."`
}

// Help is what --help adds.
func (sensorRun) Help() string {
	return `Examples:
  tyto sensor join TOKEN && tyto sensor -i eth1
  tyto sensor -i eth1 > events.jsonl
  tyto sensor -i eth1 | ssh hub tyto hub --events -
  tyto sensor -i eth0 --endpoint                on an ordinary host: a listening post in its segment
  tyto sensor -i eth1 --metrics 127.0.0.1:9109 > events.jsonl

A sensor that joined a hub sends its events there, over TLS, and keeps them on disk until the hub has them; a hub that is
away loses nothing. One that did not join writes them to standard output. Each line is one event: an observation, an act,
a conversation, or the sensor's health. Batches are written as they come.

Once it listens, it gives up all rights that it does not need any more (confine, in the configuration): 'tyto sensor check'
says what cannot be given up here.`
}

// uplinkFolder is where, in the folder of a sensor's data, its identity and
// its spool lie.
func uplinkFolder(data string) string { return filepath.Join(data, "uplink") }

// Run listens, and sends events or writes them.
func (r *sensorRun) Run(ctx context.Context, s streams, c *commands) error {
	set, err := loadSettings(c.Config)
	if err != nil {
		return err
	}
	if r.Data != "" {
		set.Data = r.Data
	}
	id, err := uplink.Load(uplinkFolder(set.Data))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	source, live, err := r.where.open(&set)
	if err != nil {
		return err
	}
	defer source.Close()
	if b, err := set.Sensor.budget(interfacesOf(source), live); err == nil && live {
		keepTo(b)
	}
	if id != nil {
		set.Name, set.Zone = id.Sensor, id.Zone
	}
	w := newEventWriter(s.out)
	err = r.watched.while(ctx, s, &set, func(ctx context.Context, p *pages) error {
		if id != nil {
			return r.send(ctx, s, &set, id, p, source, live)
		}
		if live {
			remark(p.log, source)
			confineTo(p.log, &set)
		}
		return newSensor(&set, source, live).Run(ctx, func(events []tyto.Event) error {
			p.note(events)
			return errors.Join(w.write(events), w.flush())
		})
	})
	told(s, source)
	return err
}

// watched is how a sensor is watched by those who run it.
type watched struct {
	Metrics string `placeholder:"ADDR" help:"Serve /healthz, /readyz and /metrics there, such as 127.0.0.1:9109."`
}

// while runs a sensor beside its pages, and tells systemd how it is.
func (o *watched) while(ctx context.Context, s streams, set *settings, work func(context.Context, *pages) error) error {
	p := newPages(newLog(s.err, set))
	beside, end := context.WithCancel(ctx)
	defer end()
	all, beside := errgroup.WithContext(beside)
	if o.Metrics != "" {
		l, err := listenForPages(o.Metrics, set.Metrics.Token)
		if err != nil {
			return err
		}
		all.Go(func() error { return p.serve(beside, l, set.Metrics.Token) })
	}
	all.Go(func() error { tellSystemd(beside, p.log, p.isReady); return nil })
	err := work(beside, p)
	end()
	return errors.Join(err, all.Wait())
}
