package store

import (
	"context"
	"time"

	"tyto/tyto"
)

// An ActRecord is what one device did to another, alike and in one slot of
// time: see SlotOf. As part of a Change it is an increment.
type ActRecord struct {
	tyto.Act     // Count is how often; Evidence is the earliest
	Zone         string
	ClientDevice string // id, "" if it is no device of the zone
	ServerDevice string
	First        time.Time
	Last         time.Time
}

// SlotOf is the time in which acts that are alike are one record: the minute
// of what changes a device, so that each time is told, else the day.
func SlotOf(v tyto.Verb, at time.Time) time.Time {
	switch v {
	case tyto.Start, tyto.Stop, tyto.Program, tyto.UpdateFirmware, tyto.Configure, tyto.Execute, tyto.Transfer:
		return at.Truncate(time.Minute)
	}
	return at.Truncate(24 * time.Hour)
}

// An ActRow is a record with the names of its devices.
type ActRow struct {
	ActRecord
	ClientLabel string // "" without a device, or if it has no name
	ServerLabel string
}

// An ActQuery selects acts. What is empty selects all.
type ActQuery struct {
	Zone   []string
	Device string // on either side
	Verb   []string
	Limit  int // the newest so many
}

// MostActs is how many records are kept of what was done to one device, or to
// an address that is none: the newest.
const MostActs = 2000

// Acts are what devices did to each other.
type Acts interface {
	// Acts lists what a query selects, the newest first.
	Acts(ctx context.Context, q ActQuery) ([]ActRow, error)
}
