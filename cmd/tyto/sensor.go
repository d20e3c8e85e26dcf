package main

import (
	"context"
	"errors"

	"golang.org/x/sync/errgroup"

	"tyto/tyto"
)

type sensorCommand struct {
	where
	watched
}

// Help is what --help adds.
func (sensorCommand) Help() string {
	return `Examples:
  tyto sensor -i eth1 > events.jsonl
  tyto sensor -i eth1 | ssh hub tyto hub --events -
  tyto sensor -i eth1 --metrics 127.0.0.1:9109 > events.jsonl

Each line is one event: an observation, an act, a conversation, or the sensor's health. Batches are written as they come.`
}

// Run listens and writes events.
func (r *sensorCommand) Run(ctx context.Context, s streams, c *commands) error {
	set, err := loadSettings(c.Config)
	if err != nil {
		return err
	}
	source, live, err := r.where.open(&set)
	if err != nil {
		return err
	}
	defer source.Close()
	w := newEventWriter(s.out)
	err = r.watched.while(ctx, s, &set, func(ctx context.Context, p *pages) error {
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
