package store

import (
	"context"

	"tyto/tyto"
)

// Factors are users' second factors.
type Factors interface {
	// Factor is the second factor of a user.
	Factor(ctx context.Context, user string) (f tyto.SecondFactor, found bool, err error)
	// FactorUsers lists the users whose second factor is confirmed, by name.
	FactorUsers(ctx context.Context) ([]string, error)
	// AnyFactor reports whether there is a second factor at all, confirmed or not.
	AnyFactor(ctx context.Context) (bool, error)
	// PutFactor gives a user a second factor, in place of one that was there.
	PutFactor(ctx context.Context, f tyto.SecondFactor) error
	// DropFactor takes a user's second factor away; no user but has one at most.
	DropFactor(ctx context.Context, user string) error
	// SpendStep uses up the codes of an interval and of those before it. ok is
	// false if that was done: of many who come with the same code one gets in.
	SpendStep(ctx context.Context, user string, step uint64) (ok bool, err error)
	// SpendRecovery uses up a recovery code by its hash. ok is false if there is none.
	SpendRecovery(ctx context.Context, user, hash string) (ok bool, err error)
}
