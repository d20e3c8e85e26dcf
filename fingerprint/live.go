package fingerprint

import (
	"sync/atomic"

	"tyto/frame"
	"tyto/tyto"
)

// Live is rules that others may take the place of while they are in use.
type Live struct{ rules atomic.Pointer[Rules] }

// NewLive is Live that begins with rules.
func NewLive(r *Rules) *Live {
	l := &Live{}
	l.rules.Store(r)
	return l
}

// Rules is the rules in use.
func (l *Live) Rules() *Rules { return l.rules.Load() }

// Use puts rules in the place of those in use. What was concluded before stays with
// whoever concluded it.
func (l *Live) Use(r *Rules) { l.rules.Store(r) }

// Match is Rules.Match of the rules in use.
func (l *Live) Match(o tyto.Observation, ctx Context) []Conclusion { return l.Rules().Match(o, ctx) }

// MatchMAC is Rules.MatchMAC of the rules in use.
func (l *Live) MatchMAC(mac frame.MAC, ctx Context) []Conclusion { return l.Rules().MatchMAC(mac, ctx) }

// SetFields is Rules.SetFields of the rules in use.
func (l *Live) SetFields() []string { return l.Rules().SetFields() }

// MatchSet is Rules.MatchSet of the rules in use.
func (l *Live) MatchSet(field string, values []string, mac frame.MAC, ctx Context) []Conclusion {
	return l.Rules().MatchSet(field, values, mac, ctx)
}
