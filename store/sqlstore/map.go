package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"slices"

	"tyto/store"
)

// Map implements store.Maps.
func (s *Store) Map(ctx context.Context, q store.MapQuery) (store.Map, error) {
	q.Devices.Sort, q.Devices.Desc, q.Devices.Offset = "bytes", true, 0
	page, err := s.Devices(ctx, q.Devices)
	if err != nil {
		return store.Map{}, err
	}
	m := store.Map{Devices: page.Items, Selected: page.Total}
	groups, err := s.mapGroups(ctx, &q, page.Items)
	if err != nil {
		return store.Map{}, s.fail("draw a map", err)
	}
	m.Links = links(groups)
	m.Found = uint64(len(m.Links))
	m.Links = m.Links[:min(len(m.Links), max(0, q.Links))]
	return m, nil
}

// A mapGroup is the sum of the conversations of a pair in one protocol.
type mapGroup struct {
	store.Link
	protocol string
}

// mapGroups is the sums, those with the most bytes first. Each conversation is
// met once: under its client, or under its server if the client is no device.
func (s *Store) mapGroups(ctx context.Context, q *store.MapQuery, devices []store.DeviceRow) ([]mapGroup, error) {
	ids := make([]string, len(devices))
	for i := range devices {
		ids[i] = devices[i].ID
	}
	condition, filters := s.dialect.filtered(q.Protocol, q.Scope)
	client, shown := in(s.dialect, "client_device", ids)
	server, _ := in(s.dialect, "server_device", ids)
	args := append([]any{shown, shown}, filters...)
	args = append(append(append(args, shown), filters...), store.MaxMapGroups)
	rows, err := s.read.QueryContext(ctx, `SELECT client_device, server_device, scope, protocol, count(*), sum(packets), sum(bytes), max(last_seen) FROM (
		SELECT client_device, server_device, scope, protocol, client_packets + server_packets AS packets, client_bytes + server_bytes AS bytes, last_seen
		FROM conversation WHERE `+client+` AND (server_device = '' OR `+server+`)`+condition+`
		UNION ALL
		SELECT client_device, server_device, scope, protocol, client_packets + server_packets, client_bytes + server_bytes, last_seen
		FROM conversation WHERE `+server+` AND `+s.dialect.unindexed("client_device")+` = ''`+condition+`
	) AS met GROUP BY client_device, server_device, scope, protocol ORDER BY sum(bytes) DESC, client_device, server_device, scope, protocol LIMIT ?`, args...)
	if err != nil {
		return nil, err
	}
	return collect(rows, func(rows *sql.Rows) (g mapGroup, err error) {
		var conversations, packets, bytes, last int64
		err = rows.Scan(&g.Client, &g.Server, &g.Scope, &g.protocol, &conversations, &packets, &bytes, &last)
		g.Conversations, g.Packets, g.Bytes, g.Last = uint64(conversations), uint64(packets), uint64(bytes), at(last)
		return g, err
	})
}

// filtered is the condition that conversations have one of the protocols and
// one of the scopes; the plus keeps the devices' index in use.
func (d Dialect) filtered(protocols, scopes []string) (condition string, args []any) {
	for _, f := range []struct {
		column string
		values []string
	}{{"protocol", protocols}, {"scope", scopes}} {
		if len(f.values) > 0 {
			is, list := in(d, d.unindexed(f.column), f.values)
			condition, args = condition+" AND "+is, append(args, list)
		}
	}
	return condition, args
}

// links joins the protocols of each pair; groups are heaviest first, and so
// are the protocols.
func links(groups []mapGroup) []store.Link {
	type pair struct{ client, server, scope string }
	at := map[pair]int{}
	var all []store.Link
	for _, g := range groups {
		p := pair{g.Client, g.Server, g.Scope}
		i, ok := at[p]
		if !ok {
			i = len(all)
			at[p], all = i, append(all, store.Link{Client: g.Client, Server: g.Server, Scope: g.Scope})
		}
		l := &all[i]
		l.Protocols = append(l.Protocols, store.LinkProtocol{Protocol: g.protocol, Bytes: g.Bytes})
		l.Conversations, l.Packets, l.Bytes = l.Conversations+g.Conversations, l.Packets+g.Packets, l.Bytes+g.Bytes
		if g.Last.After(l.Last) {
			l.Last = g.Last
		}
	}
	slices.SortStableFunc(all, func(a, b store.Link) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(a.Client, b.Client), cmp.Compare(a.Server, b.Server), cmp.Compare(a.Scope, b.Scope))
	})
	return all
}

// among is the conversations all of whose devices are of some categories.
func (d Dialect) among(categories []string) set {
	is, list := in(d, "category", categories)
	of := "(SELECT id FROM device WHERE " + is + ")"
	client, server := d.unindexed("client_device"), d.unindexed("server_device")
	return set{
		query: "SELECT n FROM conversation WHERE client_device IN " + of + " AND (server_device = '' OR server_device IN " + of + ")" +
			" UNION SELECT n FROM conversation WHERE server_device IN " + of + " AND " + client + " = ''",
		args:     []any{list, list, list},
		test:     "(" + client + " IN " + of + " OR " + client + " = '') AND (" + server + " IN " + of + " OR " + server + " = '') AND (" + client + " <> '' OR " + server + " <> '')",
		testArgs: []any{list, list},
	}
}
