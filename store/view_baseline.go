package store

import (
	"context"
	"fmt"
	"slices"

	"tyto/tyto"
)

// Learnings is Store.Learnings.
func (v View) Learnings(ctx context.Context) ([]tyto.Learning, error) {
	all, err := v.of.Learnings(ctx)
	return slices.DeleteFunc(all, func(l tyto.Learning) bool { return !v.Sees(l.Zone) }), err
}

// Facts is Store.Facts.
func (v View) Facts(ctx context.Context, q FactQuery) (Page[FactRow], error) {
	q.Zone = v.narrow(q.Zone)
	return v.of.Facts(ctx, q)
}

// Fact is Store.Fact.
func (v View) Fact(ctx context.Context, zone, id string) (tyto.Fact, error) {
	if !v.Sees(zone) {
		return tyto.Fact{}, fmt.Errorf("store: fact %q: %w", id, ErrNotFound)
	}
	return v.of.Fact(ctx, zone, id)
}

// Mutes is Store.Mutes: those of zones that are seen, and of all zones.
func (v View) Mutes(ctx context.Context) ([]Mute, error) {
	all, err := v.of.Mutes(ctx)
	return slices.DeleteFunc(all, func(m Mute) bool { return m.Zone != "" && !v.Sees(m.Zone) }), err
}

// PutMute is Store.PutMute. Who sees some zones mutes in one of them.
func (v View) PutMute(ctx context.Context, m Mute) error {
	if v.zones != nil && (m.Zone == "" || !v.Sees(m.Zone)) {
		return fmt.Errorf("store: zone %q: %w", m.Zone, ErrNotFound)
	}
	return v.of.PutMute(ctx, m)
}

// DropMute is Store.DropMute.
func (v View) DropMute(ctx context.Context, id string) error {
	if v.zones != nil {
		all, err := v.Mutes(ctx)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(all, func(m Mute) bool { return m.ID == id && m.Zone != "" }) {
			return fmt.Errorf("store: mute %q: %w", id, ErrNotFound)
		}
	}
	return v.of.DropMute(ctx, id)
}
