package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"tyto/frame"
	"tyto/store"
	"tyto/tyto"
)

// deviceOrder is a column that devices are sorted by, each with an index.
// blank is the value that means unknown: those come last in either order.
func (d Dialect) deviceOrder(sort string) (by, blank string, ok bool) {
	switch sort {
	case "last_seen", "first_seen", "packets", "bytes":
		return sort, "", true
	case "hostname", "type", "vendor", "model", "os":
		return d.ordered(sort), "''", true
	case "ip":
		return "ip_key", d.noBytes(), true
	}
	return "", "", false
}

const deviceColumns = `n, id, zone, site, sensor, category, type, vendor, model, os, firmware, hostname, ip, ips, mac, nic_vendor,
	roles, protocols, confidence, first_seen, last_seen, packets, bytes`

func scanDevice(rows interface{ Scan(...any) error }, more ...any) (n int64, r store.DeviceRow, err error) {
	var ips, roles, protocols string
	var first, last, packets, bytes int64
	into := append([]any{&n, &r.ID, &r.Zone, &r.Site, &r.Sensor, &r.Category, &r.Type, &r.Vendor, &r.Model, &r.OS, &r.Firmware, &r.Hostname, &r.IP,
		&ips, &r.MAC, &r.NICVendor, &roles, &protocols, &r.Confidence, &first, &last, &packets, &bytes}, more...)
	err = rows.Scan(into...)
	r.IPs, r.Roles, r.Protocols = lines(ips), lines(roles), lines(protocols)
	r.First, r.Last, r.Packets, r.Bytes = at(first), at(last), uint64(packets), uint64(bytes)
	return n, r, err
}

// lines is a list that is stored one a line.
func lines(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, "\n")
}

// join is a list as it is stored. Its elements may come from the network.
func join(list []string) string {
	clean := make([]string, len(list))
	for i, x := range list {
		clean[i] = strings.ReplaceAll(x, "\n", " ")
	}
	return strings.Join(clean, "\n")
}

// Devices implements store.Devices.
func (s *Store) Devices(ctx context.Context, q store.DeviceQuery) (store.Page[store.DeviceRow], error) {
	if err := s.current(ctx); err != nil {
		return store.Page[store.DeviceRow]{}, s.fail("list devices", err)
	}
	chosen := s.roster.choose(&q)
	page := store.Page[store.DeviceRow]{Total: chosen.total, Facets: chosen.facets}
	if q.Limit <= 0 || uint64(q.Offset) >= chosen.total {
		return page, nil
	}
	numbers, err := s.order(ctx, &q, &chosen, q.Offset, q.Limit)
	if err == nil {
		page.Items, err = s.deviceRows(ctx, numbers)
	}
	if err != nil {
		return page, s.fail("list devices", err)
	}
	return page, nil
}

// fewDevices is up to how many are sorted rather than picked from the order
// of all.
const fewDevices = 2000

// order is the numbers of the selected devices in the query's order, from
// offset on, at most limit.
func (s *Store) order(ctx context.Context, q *store.DeviceQuery, chosen *selection, offset, limit int) ([]int64, error) {
	sort, desc := q.Sort, q.Desc
	if sort == "" {
		sort, desc = "last_seen", true
	}
	column, blank, ok := s.dialect.deviceOrder(sort)
	if !ok {
		return nil, fmt.Errorf("devices cannot be sorted by %q", sort)
	}
	few := !chosen.all && chosen.total <= fewDevices
	total := int(chosen.total)
	late := !few && offset > 0 && 2*offset > total-limit // its end is nearer than its beginning
	if late {
		limit = max(0, min(limit, total-offset))
		offset = total - offset - limit
	}
	dir := " ASC"
	if desc != late {
		dir = " DESC"
	}
	by := column + dir + ", n" + dir
	if few {
		if blank != "" {
			by = column + " = " + blank + ", " + by
		}
		condition, list := in(s.dialect, "n", chosen.numbers())
		return s.numbers(ctx, "SELECT n FROM device WHERE "+condition+" ORDER BY "+by+" LIMIT ? OFFSET ?", list, limit, offset)
	}
	walks := []string{"SELECT n FROM device ORDER BY " + by}
	if blank != "" {
		walks = []string{
			"SELECT n FROM device WHERE " + column + " > " + blank + " ORDER BY " + by,
			"SELECT n FROM device WHERE " + column + " = " + blank + " ORDER BY " + by,
		}
	}
	if !late {
		return s.walk(ctx, walks, chosen, offset, limit)
	}
	slices.Reverse(walks)
	numbers, err := s.walk(ctx, walks, chosen, offset, limit)
	slices.Reverse(numbers)
	return numbers, err
}

func (s *Store) numbers(ctx context.Context, query string, args ...any) ([]int64, error) {
	rows, err := s.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	return collect(rows, func(rows *sql.Rows) (n int64, err error) {
		err = rows.Scan(&n)
		return n, err
	})
}

// walk goes through indexes, one after the other, and picks the selected.
func (s *Store) walk(ctx context.Context, queries []string, chosen *selection, offset, limit int) (picked []int64, err error) {
	p := picker{chosen: chosen, offset: offset, limit: limit}
	for _, query := range queries {
		if len(p.picked) == limit {
			break
		}
		if s.dialect == Postgres {
			err = s.stride(ctx, query, &p)
		} else {
			_, err = s.pick(ctx, query, &p)
		}
		if err != nil {
			return nil, err
		}
	}
	return p.picked, nil
}

// picker picks the selected of what it is shown.
type picker struct {
	chosen        *selection
	offset, limit int
	picked        []int64
}

// pick shows numbers until enough are picked, and is how many were shown.
func (s *Store) pick(ctx context.Context, query string, p *picker, args ...any) (shown int, err error) {
	rows, err := s.read.QueryContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for len(p.picked) < p.limit && rows.Next() {
		var n int64
		if err := rows.Scan(&n); err != nil {
			return shown, err
		}
		shown++
		switch {
		case !p.chosen.has(n):
		case p.offset > 0:
			p.offset--
		default:
			p.picked = append(p.picked, n)
		}
	}
	return shown, rows.Err()
}

// stride asks for as many rows as it likely takes, since PostgreSQL sends all
// that it is asked for, wanted or not.
func (s *Store) stride(ctx context.Context, query string, p *picker) error {
	all := uint64(s.roster.size())
	if p.chosen.all { // it can skip by itself, unless that is more than there is
		some := picker{chosen: p.chosen, limit: p.limit - len(p.picked)}
		if _, err := s.pick(ctx, query+" LIMIT ? OFFSET ?", &some, some.limit, p.offset); err != nil {
			return err
		}
		p.picked = append(p.picked, some.picked...)
		if len(some.picked) > 0 {
			p.offset = 0
			return nil
		}
		var n int
		if err := s.read.QueryRowContext(ctx, "SELECT count(*) FROM ("+query+") AS walked").Scan(&n); err != nil {
			return err
		}
		p.offset = max(0, p.offset-n)
		return nil
	}
	size := 1000 + int(uint64(p.offset+p.limit)*all/max(p.chosen.total, 1)*5/4)
	for from := 0; len(p.picked) < p.limit; from, size = from+size, 2*size {
		shown, err := s.pick(ctx, query+" LIMIT ? OFFSET ?", p, size, from)
		if err != nil || shown < size && len(p.picked) < p.limit {
			return err
		}
	}
	return nil
}

// deviceRows is the rows of numbers, in their order.
func (s *Store) deviceRows(ctx context.Context, numbers []int64) ([]store.DeviceRow, error) {
	condition, list := in(s.dialect, "n", numbers)
	rows, err := s.read.QueryContext(ctx, "SELECT "+deviceColumns+" FROM device WHERE "+condition, list)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	byNumber := make(map[int64]store.DeviceRow, len(numbers))
	for rows.Next() {
		n, r, err := scanDevice(rows)
		if err != nil {
			return nil, err
		}
		byNumber[n] = r
	}
	ordered := make([]store.DeviceRow, 0, len(numbers))
	for _, n := range numbers {
		if r, ok := byNumber[n]; ok { // else it went meanwhile
			ordered = append(ordered, r)
		}
	}
	return ordered, rows.Err()
}

// EachDevice implements store.Devices.
func (s *Store) EachDevice(ctx context.Context, q store.DeviceQuery, take func(store.DeviceRow) error) error {
	if err := s.current(ctx); err != nil {
		return s.fail("list devices", err)
	}
	chosen := s.roster.choose(&q)
	numbers, err := s.order(ctx, &q, &chosen, 0, int(chosen.total))
	if err != nil {
		return s.fail("list devices", err)
	}
	for part := range slices.Chunk(numbers, 500) {
		rows, err := s.deviceRows(ctx, part)
		if err != nil {
			return s.fail("list devices", err)
		}
		for _, r := range rows {
			if err := take(r); err != nil {
				return err
			}
		}
	}
	return nil
}

// DeviceIDs implements store.Knowledge.
func (s *Store) DeviceIDs(ctx context.Context, zone string) ([]string, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT id FROM device WHERE zone = ?", zone)
	if err != nil {
		return nil, s.fail("list devices", err)
	}
	ids, err := collect(rows, func(rows *sql.Rows) (id string, err error) {
		err = rows.Scan(&id)
		return id, err
	})
	if err != nil {
		return nil, s.fail("list devices", err)
	}
	return ids, nil
}

// OnLink implements store.Devices.
func (s *Store) OnLink(ctx context.Context, zones []string, addrs []frame.Addr) ([]frame.Addr, error) {
	keys := make([][]byte, len(addrs))
	for i := range addrs {
		keys[i] = addrs[i][:]
	}
	among, list := s.dialect.inBytes("ip_key", keys)
	of, names := in(s.dialect, s.dialect.unindexed("zone"), zones)
	rows, err := s.read.QueryContext(ctx, "SELECT DISTINCT ip_key FROM device WHERE "+among+" AND "+of+" AND mac <> ''", list, names)
	if err != nil {
		return nil, s.fail("look for addresses", err)
	}
	all, err := collect(rows, func(rows *sql.Rows) (a frame.Addr, err error) {
		var key []byte
		err = rows.Scan(&key)
		copy(a[:], key)
		return a, err
	})
	if err != nil {
		return nil, s.fail("look for addresses", err)
	}
	return all, nil
}

// FirstDevices implements store.Devices.
func (s *Store) FirstDevices(ctx context.Context, sort string, limit int) ([]store.DeviceRow, error) {
	numbers, err := s.order(ctx, &store.DeviceQuery{Window: store.Window{Sort: sort, Desc: true}}, &selection{all: true}, 0, limit)
	if err != nil {
		return nil, s.fail("list devices", err)
	}
	rows, err := s.deviceRows(ctx, numbers)
	if err != nil {
		return nil, s.fail("list devices", err)
	}
	return rows, nil
}

// CountDevices implements store.Devices.
func (s *Store) CountDevices(ctx context.Context) (uint64, error) {
	if err := s.current(ctx); err != nil {
		return 0, s.fail("count devices", err)
	}
	s.roster.mu.RLock()
	defer s.roster.mu.RUnlock()
	return uint64(len(s.roster.numbers)), nil
}

// Device implements store.Devices.
func (s *Store) Device(ctx context.Context, id string) (store.DeviceRow, tyto.Device, error) {
	var d tyto.Device
	var body []byte
	_, row, err := scanDevice(s.read.QueryRowContext(ctx, "SELECT "+deviceColumns+`, (SELECT body FROM device_body b WHERE b.n = device.n)
		FROM device WHERE id = ?`, id), &body)
	if errors.Is(err, sql.ErrNoRows) {
		return row, d, fmt.Errorf("store: device %q: %w", id, store.ErrNotFound)
	}
	if err != nil {
		return row, d, s.fail("read a device", err)
	}
	if body, err = s.unpack(body); err == nil {
		err = json.Unmarshal(body, &d)
	}
	if err != nil {
		return row, d, s.fail("read a device", s.damaged(fmt.Errorf("device %q: %w", id, err)))
	}
	return row, d, nil
}

// packAbove is the size from which packing pays.
const packAbove = 1024

// packed is a body as it is stored.
func (s *Store) packed(body []byte) []byte {
	if len(body) <= packAbove {
		return body
	}
	return s.pack.EncodeAll(body, nil)
}

// unpack undoes packed: JSON begins with a brace, zstd does not.
func (s *Store) unpack(body []byte) ([]byte, error) {
	if len(body) > 0 && body[0] == '{' {
		return body, nil
	}
	return s.open.DecodeAll(body, nil)
}

// DeviceTotals implements store.Devices.
func (s *Store) DeviceTotals(ctx context.Context, zones ...string) (store.DeviceTotals, error) {
	if err := s.current(ctx); err != nil {
		return store.DeviceTotals{}, s.fail("count devices", err)
	}
	chosen := s.roster.choose(&store.DeviceQuery{Zone: zones})
	t := store.DeviceTotals{Total: chosen.total, ByCategory: chosen.facets["category"], ByType: chosen.facets["type"],
		ByVendor: chosen.facets["vendor"], ByOS: chosen.facets["os"]}
	within, args := s.dialect.inZones(zones)
	var newest int64
	if err := s.read.QueryRowContext(ctx, "SELECT coalesce(max(last_seen), 0) FROM device WHERE "+within, args...).Scan(&newest); err != nil {
		return t, s.fail("count devices", err)
	}
	t.Newest = at(newest)
	err := s.read.QueryRowContext(ctx, "SELECT count(*) FROM device WHERE "+within+" AND first_seen > ?", append(args, newest-day)...).Scan(&t.NewDay)
	if err != nil {
		return t, s.fail("count devices", err)
	}
	return t, nil
}

// inZones is the condition that a row is of one of zones, or of any if there
// are none.
func (d Dialect) inZones(zones []string) (condition string, args []any) {
	if len(zones) == 0 {
		return "1 = 1", nil
	}
	condition, list := in(d, "zone", zones)
	return condition, []any{list}
}

const day = int64(24 * 60 * 60 * 1e9)
