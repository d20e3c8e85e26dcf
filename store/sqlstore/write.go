package sqlstore

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"tyto/store"
)

const putDevice = `ON CONFLICT (id) DO UPDATE SET zone = excluded.zone, site = excluded.site, sensor = excluded.sensor, category = excluded.category,
	type = excluded.type, vendor = excluded.vendor, model = excluded.model, os = excluded.os, firmware = excluded.firmware,
	hostname = excluded.hostname, ip = excluded.ip, ip_key = excluded.ip_key, ips = excluded.ips, mac = excluded.mac,
	nic_vendor = excluded.nic_vendor, roles = excluded.roles, protocols = excluded.protocols, confidence = excluded.confidence,
	first_seen = excluded.first_seen, last_seen = excluded.last_seen, packets = excluded.packets, bytes = excluded.bytes, search = excluded.search
	RETURNING n, id`

const putColumns = `id, zone, site, sensor, category, type, vendor, model, os, firmware, hostname, ip, ip_key, ips, mac,
	nic_vendor, roles, protocols, confidence, first_seen, last_seen, packets, bytes, search`

// devices writes the devices of a change. A number is kept as long as the
// device is there, so that numbers stay few.
func (w *writer) devices() error {
	all := w.change.Devices
	if len(all) == 0 {
		return nil
	}
	numbers, err := w.deviceNumbers()
	if err != nil {
		return err
	}
	place := make(map[string]int, len(all)) // the last of several
	for i := range all {
		place[all[i].Row.ID] = i
	}
	var fresh, known []int
	for i := range all {
		switch id := all[i].Row.ID; {
		case place[id] != i:
		case numbers[id] == 0:
			fresh = append(fresh, i)
		default:
			known = append(known, i)
		}
	}
	take := func(rows *sql.Rows) error {
		var n int64
		var id string
		err := rows.Scan(&n, &id)
		numbers[id] = n
		return err
	}
	if err := w.insert("device ("+putColumns+")", putDevice, w.deviceColumns(fresh), take); err != nil {
		return fmt.Errorf("devices: %w", err)
	}
	again := w.deviceColumns(known)
	ns := make([]int64, len(known))
	for k, i := range known {
		ns[k] = numbers[all[i].Row.ID]
	}
	if err := w.insert("device ("+putColumns+", n)", putDevice, append(again, ns), take); err != nil {
		return fmt.Errorf("devices: %w", err)
	}
	return w.bodies(numbers, place)
}

// deviceNumbers is the numbers of devices that are there. SQLite gives no
// number away for one that is, and need not be asked.
func (w *writer) deviceNumbers() (map[string]int64, error) {
	all := w.change.Devices
	numbers := make(map[string]int64, len(all))
	if w.s.dialect == SQLite {
		return numbers, nil
	}
	ids := make([]string, len(all))
	for i := range all {
		ids[i] = all[i].Row.ID
	}
	condition, list := in(w.s.dialect, "id", ids)
	rows, err := w.tx.QueryContext(w.ctx, "SELECT n, id FROM device WHERE "+condition, list)
	if err != nil {
		return nil, err
	}
	_, err = collect(rows, func(rows *sql.Rows) (_ struct{}, err error) {
		var n int64
		var id string
		err = rows.Scan(&n, &id)
		numbers[id] = n
		return struct{}{}, err
	})
	return numbers, err
}

// deviceColumns is some of a change's devices, as putColumns has them.
func (w *writer) deviceColumns(which []int) columns {
	const texts, times = 19, 4
	text, number := make([][]string, texts), make([][]int64, times)
	keys := make([][]byte, 0, len(which))
	for _, i := range which {
		d := &w.change.Devices[i]
		r := &d.Row
		for j, x := range [texts]string{r.ID, r.Zone, r.Site, r.Sensor, r.Category, r.Type, r.Vendor, r.Model, r.OS, r.Firmware, r.Hostname, r.IP,
			join(r.IPs), r.MAC, r.NICVendor, join(r.Roles), join(r.Protocols), r.Confidence, d.Text} {
			text[j] = append(text[j], x)
		}
		for j, x := range [times]int64{nanos(r.First), nanos(r.Last), int64(r.Packets), int64(r.Bytes)} {
			number[j] = append(number[j], x)
		}
		keys = append(keys, addressKey(r.IP))
	}
	var c columns
	for _, x := range text[:12] {
		c = append(c, x)
	}
	c = append(c, keys)
	for _, x := range text[12:18] {
		c = append(c, x)
	}
	for _, x := range number {
		c = append(c, x)
	}
	return append(c, text[18])
}

// bodies writes the devices whole.
func (w *writer) bodies(numbers map[string]int64, place map[string]int) error {
	all := w.change.Devices
	w.numbers = make([]int64, len(all))
	var ns []int64
	var bodies [][]byte
	for i := range all {
		id := all[i].Row.ID
		w.numbers[i] = numbers[id]
		if place[id] != i {
			continue
		}
		body, err := json.Marshal(&all[i].Device)
		if err != nil {
			return fmt.Errorf("device %q: %w", id, err)
		}
		ns, bodies = append(ns, numbers[id]), append(bodies, w.s.packed(body))
	}
	return w.insert("device_body (n, body)", "ON CONFLICT (n) DO UPDATE SET body = excluded.body", columns{ns, bodies}, nil)
}

// conversations writes the conversations of a change, those that are there
// several times one after the other.
func (w *writer) conversations() error {
	rest := make([]*talk, len(w.change.Conversations))
	for i := range rest {
		c := &w.change.Conversations[i]
		rest[i] = &talk{Conversation: c, hash: conversationHash(w.change.Zone, c)}
	}
	for len(rest) > 0 {
		var wave, later []*talk
		seen := make(map[string]bool, len(rest))
		for _, t := range rest {
			if seen[string(t.hash)] {
				later = append(later, t)
				continue
			}
			seen[string(t.hash)] = true
			wave = append(wave, t)
		}
		for len(wave) > 0 {
			part := wave[:min(len(wave), atOnce)]
			if err := w.wave(part); err != nil {
				return fmt.Errorf("conversations: %w", err)
			}
			wave = wave[len(part):]
		}
		rest = later
	}
	return nil
}

// talk is a conversation of a change, and what is stored of it.
type talk struct {
	*store.Conversation
	hash                  []byte
	n                     int64
	client, server, scope string // as it is stored
}

// wave writes conversations that are all different.
func (w *writer) wave(all []*talk) error {
	if err := w.find(all); err != nil {
		return err
	}
	var fresh, known []*talk
	for _, t := range all {
		if t.n == 0 {
			fresh = append(fresh, t)
		} else {
			known = append(known, t)
		}
	}
	for _, step := range []func() error{
		func() error { return w.begin(fresh) }, func() error { return w.goOn(known) }, func() error { return w.operations(all) }, func() error { return w.history(all) },
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// find looks for what is stored.
func (w *writer) find(all []*talk) error {
	hashes, by := make([][]byte, len(all)), make(map[string]*talk, len(all))
	for i, t := range all {
		hashes[i], by[string(t.hash)] = t.hash, t
	}
	condition, list := w.s.dialect.inBytes("hash", hashes)
	rows, err := w.tx.QueryContext(w.ctx, "SELECT hash, n, client_device, server_device, scope FROM conversation WHERE "+condition, list)
	if err != nil {
		return err
	}
	_, err = collect(rows, func(rows *sql.Rows) (_ struct{}, err error) {
		var hash []byte
		var x talk
		if err = rows.Scan(&hash, &x.n, &x.client, &x.server, &x.scope); err == nil {
			t := by[string(hash)]
			t.n, t.client, t.server, t.scope = x.n, x.client, x.server, x.scope
		}
		return struct{}{}, err
	})
	return err
}

const beginColumns = `hash, client_key, server_key, evidence, zone, client_mac, client_ip, client_device, server_mac, server_ip, server_device,
	transport, protocol, server_name, scope, client_vlan, client_public, server_vlan, server_public, port,
	first_seen, last_seen, client_packets, server_packets, client_bytes, server_bytes, sessions, lossy`

// begin writes conversations that are new.
func (w *writer) begin(fresh []*talk) error {
	keys, text, number := make([][][]byte, 3), make([][]string, 12), make([][]int64, 13)
	by := make(map[string]*talk, len(fresh))
	for _, t := range fresh {
		by[string(t.hash)] = t
		evidence, err := json.Marshal(t.Evidence)
		if err != nil {
			return err
		}
		for i, x := range [3][]byte{t.hash, subjectKey(t.Client), subjectKey(t.Server)} {
			keys[i] = append(keys[i], x)
		}
		for i, x := range [12]string{string(evidence), w.change.Zone, macText(t.Client.MAC), t.Client.Addr.String(), t.ClientDevice,
			macText(t.Server.MAC), t.Server.Addr.String(), t.ServerDevice, t.Transport, t.Protocol, t.ServerName, t.Scope} {
			text[i] = append(text[i], x)
		}
		for i, x := range [13]int64{int64(t.Client.VLAN), int64(bit(t.Client.Addr.IsPublic())), int64(t.Server.VLAN), int64(bit(t.Server.Addr.IsPublic())), int64(t.Port),
			nanos(t.First), nanos(t.Last), int64(t.Packets[0]), int64(t.Packets[1]), int64(t.Bytes[0]), int64(t.Bytes[1]), int64(t.Sessions), int64(bit(t.Lossy))} {
			number[i] = append(number[i], x)
		}
		w.tell(t.Protocol, t.Scope, 1)
	}
	err := w.insert("conversation ("+beginColumns+")", "RETURNING n, hash", joined(keys, text, number), func(rows *sql.Rows) error {
		var n int64
		var hash []byte
		if err := rows.Scan(&n, &hash); err != nil {
			return err
		}
		by[string(hash)].n = n
		return nil
	})
	if err != nil {
		return err
	}
	return w.searchable(fresh)
}

// joined is columns of bytes, of text and of numbers.
func joined(bytes [][][]byte, text [][]string, number [][]int64) (c columns) {
	for _, x := range bytes {
		c = append(c, x)
	}
	for _, x := range text {
		c = append(c, x)
	}
	for _, x := range number {
		c = append(c, x)
	}
	return c
}

// searchable writes what new conversations are searched by.
func (w *writer) searchable(fresh []*talk) error {
	ns, texts := make([]int64, len(fresh)), make([]string, len(fresh))
	for i, t := range fresh {
		ns[i] = t.n
		texts[i] = strings.ToLower(strings.Join([]string{t.Client.Addr.String(), t.Server.Addr.String(), macText(t.Client.MAC), macText(t.Server.MAC),
			t.ServerName, t.Protocol, t.Transport + "/" + strconv.Itoa(int(t.Port))}, "\n"))
	}
	return w.insert("conversation_search ("+w.s.dialect.searchNumber()+", text)", "", columns{ns, texts}, nil)
}

// goOn adds to conversations that are there, and places those anew that are
// of other devices now.
func (w *writer) goOn(known []*talk) error {
	number := make([][]int64, 9)
	var moved []int64
	var clients, servers, scopes []string
	for _, t := range known {
		for i, x := range [9]int64{t.n, nanos(t.First), nanos(t.Last), int64(t.Packets[0]), int64(t.Packets[1]), int64(t.Bytes[0]), int64(t.Bytes[1]), int64(t.Sessions), int64(bit(t.Lossy))} {
			number[i] = append(number[i], x)
		}
		if t.client != t.ClientDevice || t.server != t.ServerDevice || t.scope != t.Scope {
			w.tell(t.Protocol, t.scope, -1)
			w.tell(t.Protocol, t.Scope, 1)
			moved, clients, servers, scopes = append(moved, t.n), append(clients, t.ClientDevice), append(servers, t.ServerDevice), append(scopes, t.Scope)
		}
	}
	err := w.s.update(w.ctx, w.tx, "conversation", `first_seen = min(first_seen, ?2), last_seen = max(last_seen, ?3),
		client_packets = client_packets + ?4, server_packets = server_packets + ?5, client_bytes = client_bytes + ?6, server_bytes = server_bytes + ?7,
		sessions = sessions + ?8, lossy = max(lossy, ?9)`, "n = ?1", joined(nil, nil, number))
	if err != nil {
		return err
	}
	return w.s.update(w.ctx, w.tx, "conversation", "client_device = ?2, server_device = ?3, scope = ?4", "n = ?1", columns{moved, clients, servers, scopes})
}

// longestOperation bounds the name of an operation: what comes from the
// network may be long, and it is part of a key.
const longestOperation = 500

func (w *writer) operations(all []*talk) error {
	var ns, counts []int64
	var names []string
	for _, t := range all {
		for op, count := range shortened(t.Operations) {
			ns, names, counts = append(ns, t.n), append(names, op), append(counts, int64(count))
		}
	}
	return w.insert("conversation_operation (n, operation, count)", "ON CONFLICT (n, operation) DO UPDATE SET count = conversation_operation.count + excluded.count",
		columns{ns, names, counts}, nil)
}

// shortened is operations, those whose names begin alike as one.
func shortened(operations map[string]uint64) map[string]uint64 {
	long := false
	for op := range operations {
		long = long || len(op) > longestOperation
	}
	if !long {
		return operations
	}
	short := make(map[string]uint64, len(operations))
	for op, n := range operations {
		short[op[:min(len(op), longestOperation)]] += n
	}
	return short
}

// tell notes how many conversations more, or fewer, there are of a kind.
func (w *writer) tell(protocol, scope string, more int64) {
	w.fresh[tallyKey{w.change.Zone, protocol, scope}] += more
}
