package store

import (
	"context"

	"tyto/tyto"
)

// Filters are the filters of lists that users saved under names.
type Filters interface {
	// Filters lists the filters of a user, and those that others share; by list, name and user.
	Filters(ctx context.Context, user string) ([]tyto.SavedFilter, error)
	// PutFilter saves a filter in place of the user's one of that list and name. ok is false if
	// the user has most others already. It goes with the user.
	PutFilter(ctx context.Context, f tyto.SavedFilter, most int) (ok bool, err error)
	// DropFilter forgets a filter of a user. found is false if there is none.
	DropFilter(ctx context.Context, user, list, name string) (found bool, err error)
}
