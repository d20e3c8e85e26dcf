package store

import (
	"context"
	"time"

	"tyto/tyto"
)

// A Conversation is the sum of what two subjects said to each other over all
// windows: one for each (zone, client, server, transport, port, protocol,
// server name). As part of a Change it is an increment.
type Conversation struct {
	Zone         string
	ClientDevice string // id, "" if it is no device of the zone
	ServerDevice string
	Scope        string // as ScopeOf says, or ScopeOtherZone
	Minutes      []Sum  // of an increment that took longer; see ByMinute
	tyto.Conversation
}

// A ConversationRow is a conversation with the names of its devices.
type ConversationRow struct {
	Conversation
	ClientLabel string // "" without a device, or if it has no name
	ServerLabel string
}

// The scopes of a conversation.
const (
	ScopeLAN       = "lan"
	ScopeOtherZone = "other_zone" // of the same site; the hub says so, as a zone alone cannot know
	ScopeInternet  = "internet"
	ScopeMulticast = "multicast"
)

// ScopeOf says where a conversation goes: to a group, to a host of the
// internet that is no device here, or among the devices.
func ScopeOf(c *Conversation) string {
	switch {
	case c.Server.Addr.IsMulticast() || c.Server.MAC.IsGroup() || c.Client.Addr.IsMulticast():
		return ScopeMulticast
	case c.ClientDevice == "" && c.Client.Addr.IsPublic() || c.ServerDevice == "" && c.Server.Addr.IsPublic():
		return ScopeInternet
	}
	return ScopeLAN
}

// A ConversationQuery selects conversations.
type ConversationQuery struct {
	Window   // Sort is one of ConversationSorts; by default last_seen, newest first
	Text     string
	Device   string // on either side
	Protocol []string
	Scope    []string
	Zone     []string
	Category []string // of every device that takes part
}

// ConversationSorts are the columns that conversations are sorted by.
var ConversationSorts = []string{"last_seen", "first_seen", "bytes", "packets", "protocol", "port", "server_name", "client", "server"}

// Conversations are the conversations of all zones, rolled up.
type Conversations interface {
	// Conversations lists the conversations that a query selects.
	Conversations(ctx context.Context, q ConversationQuery) (Page[ConversationRow], error)
	// ConversationTotals is what the overview tells of conversations.
	ConversationTotals(ctx context.Context) (ConversationTotals, error)
	// Traffic is what was seen in the time before the newest traffic, in at
	// most points intervals of equal length, oldest first; silence is zero.
	// It is that of zones, of all without any.
	Traffic(ctx context.Context, span time.Duration, points int, zones ...string) ([]Traffic, error)
}

// ConversationTotals counts conversations.
type ConversationTotals struct {
	Total     uint64
	Internet  uint64
	Protocols []Count // by conversations
}
