package main

import (
	"context"
	"errors"

	"tyto/tyto"
)

type sensorCommand struct {
	where
}

// Help is what --help adds.
func (sensorCommand) Help() string {
	return `Examples:
  tyto sensor -i eth1 > events.jsonl
  tyto sensor -i eth1 | ssh hub tyto hub --events -

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
	err = newSensor(&set, source, live).Run(ctx, func(events []tyto.Event) error {
		return errors.Join(w.write(events), w.flush())
	})
	told(s, source)
	return err
}
