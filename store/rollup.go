package store

import (
	"context"
	"time"
)

// A Sum is what went over a conversation, or over several, in an interval
// that begins at Time.
type Sum struct {
	Time     time.Time
	Packets  [2]uint64 // from client, from server
	Bytes    [2]uint64
	Sessions uint64
}

// ByMinute is an increment by minute: as it says itself, else all of it in the
// minute when it ended.
func (c *Conversation) ByMinute() []Sum {
	if len(c.Minutes) > 0 {
		return c.Minutes
	}
	return []Sum{{c.Last.Truncate(time.Minute), c.Packets, c.Bytes, c.Sessions}}
}

// Retention says how long what is kept: sums of conversations by minute, then
// by hour, then by day, each packet in one of them; and how long devices and
// conversations are kept that were not seen, 0 being for ever.
type Retention struct {
	Minutes       time.Duration
	Hours         time.Duration
	Days          time.Duration
	Devices       time.Duration
	Conversations time.Duration
}

// DefaultRetention is two days by minute, a month by hour, 400 days by day;
// what was not seen for 400 days goes.
func DefaultRetention() Retention {
	const day = 24 * time.Hour
	return Retention{Minutes: 2 * day, Hours: 30 * day, Days: 400 * day, Devices: 400 * day, Conversations: 400 * day}
}

// A HistoryQuery selects conversations and a time. What is empty selects all.
type HistoryQuery struct {
	Text      string   // as in a ConversationQuery, like the lists and Device
	Protocol  []string //
	Scope     []string
	Zone      []string
	Category  []string
	Device    string // on either side
	Client    string // ids of devices
	Server    string
	ClientIP  string // addresses, for who is no device
	ServerIP  string
	Transport string
	Port      uint16
	From, To  time.Time // zero: from the first, up to the last
	Points    int       // intervals, at most
}

// A History is sums over time, in equal intervals without a gap: silence is
// zero.
type History struct {
	Step   time.Duration
	Points []Sum
}

// Rollups are the sums of conversations over time.
type Rollups interface {
	// History is what a query selects. Its step is no finer than what is kept
	// of the time that it asks for.
	History(ctx context.Context, q HistoryQuery) (History, error)
	// RollUp sums up by the hour and by the day what is old enough, and drops
	// what is too old; acts are kept as long as conversations.
	RollUp(ctx context.Context, now time.Time, keep Retention) error
}
