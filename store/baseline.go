package store

import (
	"context"
	"time"

	"tyto/tyto"
)

// A FactQuery selects facts.
type FactQuery struct {
	Window // Sort is one of FactSorts; by default last_seen, newest first
	Text   string
	Zone   []string
	Kind   []string
	Status []string
	Device string // on either side
}

// FactSorts are the columns that facts are sorted by.
var FactSorts = []string{"last_seen", "first_seen", "kind", "what"}

// FactFacets are the filters of a FactQuery that are counted.
var FactFacets = []string{"kind", "status"}

// A FactRow is a fact with the names of its devices.
type FactRow struct {
	tyto.Fact
	Zone        string
	DeviceLabel string // "" if it has no name
	PeerLabel   string
}

// A Mute keeps alerts from being shown as open. Whatever it leaves empty may
// be anything.
type Mute struct {
	ID      string
	Zone    string
	Rule    string
	Device  string // that takes part
	Subnet  string // a prefix that one of the subjects is in
	Expires time.Time
	Created time.Time
	By      string
	Comment string
}

// An IndicatorList is what a user knows to be bad, as package detect reads it.
type IndicatorList struct {
	Name    string
	Text    string
	Entries int
	Put     time.Time
	By      string
}

// Baselines are what is usual in each zone, and what people decided about what
// is not. Facts and whether a zone learns are written as part of a Change.
type Baselines interface {
	// Learnings says of each zone that has a baseline whether it learns, by zone.
	Learnings(ctx context.Context) ([]tyto.Learning, error)
	// Facts lists the facts that a query selects.
	Facts(ctx context.Context, q FactQuery) (Page[FactRow], error)
	// Fact is one fact. ErrNotFound if there is none of that id.
	Fact(ctx context.Context, zone, id string) (tyto.Fact, error)
	// EachFact calls take with every fact of a zone, by id.
	EachFact(ctx context.Context, zone string, take func(tyto.Fact) error) error
	// Mutes lists the mutes, the newest first, those that expired too.
	Mutes(ctx context.Context) ([]Mute, error)
	// PutMute adds a mute, or replaces the one of its id.
	PutMute(ctx context.Context, m Mute) error
	// DropMute ends a mute. ErrNotFound if there is none of that id.
	DropMute(ctx context.Context, id string) error
	// RulesPrint is another text whenever mutes or indicators are others; it
	// costs little, however long the lists are.
	RulesPrint(ctx context.Context) (string, error)
	// Indicators lists the lists of indicators by name.
	Indicators(ctx context.Context) ([]IndicatorList, error)
	// PutIndicators adds a list, or replaces the one of its name.
	PutIndicators(ctx context.Context, l IndicatorList) error
	// DropIndicators forgets a list. ErrNotFound if there is none of that name.
	DropIndicators(ctx context.Context, name string) error
}
