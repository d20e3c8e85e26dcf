package sqlstore

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"sync"
	"time"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	jsonv1 "github.com/go-json-experiment/json/v1"

	"tyto/store"
	"tyto/tyto"
)

// maxBody bounds what one row of the log unpacks to.
const maxBody = 256 << 20

// encode is events as lines of JSON, by class.
func encode(events []tyto.Event) (bodies [3][]byte, counts [3]int, err error) {
	var lines [3]bytes.Buffer
	encoders := [3]*json.Encoder{json.NewEncoder(&lines[0]), json.NewEncoder(&lines[1]), json.NewEncoder(&lines[2])}
	for i := range events {
		c := store.ClassOf(events[i].Kind) - store.ClassA
		if err := encoders[c].Encode(&events[i]); err != nil {
			return bodies, counts, fmt.Errorf("event %d: %w", events[i].Seq, err)
		}
		counts[c]++
	}
	return [3][]byte{lines[0].Bytes(), lines[1].Bytes(), lines[2].Bytes()}, counts, nil
}

// Read implements store.Log.
func (s *Store) Read(ctx context.Context, zone string, after int64, take func(store.Entry) error) error {
	return s.readLog(ctx, "read the log", after, take, "zone = ? AND class <> ? AND ", zone, int64(store.ClassC))
}

// logAtOnce is how many entries are asked for at once: who takes some and has
// enough does not wait for the rest, and who takes long holds nothing open.
const logAtOnce = 200

// readLog calls take with entries that meet a condition.
func (s *Store) readLog(ctx context.Context, what string, after int64, take func(store.Entry) error, where string, args ...any) error {
	query := "SELECT position, zone, sensor, epoch, seq, appended, body FROM event_log WHERE " + where + "position > ? ORDER BY position LIMIT ?"
	for {
		rows, err := s.read.QueryContext(ctx, query, append(args[:len(args):len(args)], after, logAtOnce)...)
		if err != nil {
			return s.fail(what, err)
		}
		entries, err := collect(rows, scanEntry)
		if err != nil {
			return s.fail(what, err)
		}
		if err := s.unpackAhead(what, entries, take); err != nil {
			return err
		}
		if len(entries) < logAtOnce {
			return nil
		}
		after = entries[len(entries)-1].Position
	}
}

// maxUnpacked bounds how many entries are unpacked before they are taken: each
// may be large.
const maxUnpacked = 8

// unpackAhead calls take with entries in their order, while others are
// unpacked: that takes longer than learning what they tell.
func (s *Store) unpackAhead(what string, entries []packedEntry, take func(store.Entry) error) error {
	var working sync.WaitGroup
	defer working.Wait()
	unpacked := make([]chan error, len(entries))
	for i, next := 0, 0; i < len(entries); i++ {
		for ; next < min(i+min(runtime.GOMAXPROCS(0), maxUnpacked), len(entries)); next++ {
			e, done := &entries[next], make(chan error, 1)
			unpacked[next] = done
			working.Go(func() {
				var err error
				e.Events, err = s.decode(e.body)
				done <- err
			})
		}
		e := &entries[i]
		if err := <-unpacked[i]; err != nil {
			return s.fail(what, s.damaged(fmt.Errorf("log entry %d: %w", e.Position, err)))
		}
		if err := take(e.Entry); err != nil {
			return err
		}
		e.Events = nil // what is taken need not stay until all are
	}
	return nil
}

// packedEntry is an entry whose events are not unpacked yet.
type packedEntry struct {
	store.Entry
	body []byte
}

func scanEntry(rows *sql.Rows) (e packedEntry, err error) {
	var epoch, seq, appended int64
	err = rows.Scan(&e.Position, &e.Zone, &e.Sensor, &epoch, &seq, &appended, &e.body)
	e.Epoch, e.Seq, e.Received = uint64(epoch), uint64(seq), at(appended)
	return e, err
}

// asWritten has what is stored read as it was always read. The reader is the
// one of the next Go, which takes half the time: a hub that takes over a zone
// reads all that was ever told of it.
var asWritten = jsonv1.DefaultOptionsV1()

func (s *Store) decode(body []byte) (events []tyto.Event, err error) {
	lines, err := s.open.DecodeAll(body, nil)
	if err != nil {
		return nil, err
	}
	for d := jsontext.NewDecoder(bytes.NewBuffer(lines), asWritten); ; {
		var e tyto.Event
		switch err := jsonv2.UnmarshalDecode(d, &e); {
		case err == io.EOF:
			return events, nil
		case err != nil:
			return nil, err
		}
		events = append(events, e)
	}
}

// Logged implements store.Log.
func (s *Store) Logged(ctx context.Context, zone string, after, until int64) (n int, err error) {
	err = s.read.QueryRowContext(ctx, "SELECT count(*) FROM event_log WHERE zone = ? AND position > ? AND position <= ? AND class <> ?", zone, after, until, int64(store.ClassC)).Scan(&n)
	if err != nil {
		return 0, s.fail("count the log", err)
	}
	return n, nil
}

// Arrived implements store.Log.
func (s *Store) Arrived(ctx context.Context, after int64) (zones map[string]int64, newest int64, err error) {
	rows, err := s.read.QueryContext(ctx, "SELECT zone, max(position), max(CASE WHEN class = ? THEN 0 ELSE position END) FROM event_log WHERE position > ? GROUP BY zone", int64(store.ClassC), after)
	if err != nil {
		return nil, 0, s.fail("look for what arrived", err)
	}
	zones, newest = map[string]int64{}, after
	_, err = collect(rows, func(rows *sql.Rows) (_ struct{}, err error) {
		var zone string
		var last, told int64
		if err = rows.Scan(&zone, &last, &told); err == nil {
			newest = max(newest, last)
			if told > 0 {
				zones[zone] = told
			}
		}
		return struct{}{}, err
	})
	if err != nil {
		return nil, 0, s.fail("look for what arrived", err)
	}
	return zones, newest, nil
}

// allZones goes through the index of the log from zone to zone: there are few
// zones, and many entries.
const allZones = `WITH RECURSIVE logged (zone) AS (SELECT min(zone) FROM event_log
	UNION ALL SELECT (SELECT min(e.zone) FROM event_log e WHERE e.zone > logged.zone) FROM logged WHERE logged.zone IS NOT NULL)
	SELECT zone FROM logged WHERE zone IS NOT NULL UNION SELECT zone FROM folded ORDER BY zone`

// Zones implements store.Log.
func (s *Store) Zones(ctx context.Context) ([]string, error) {
	rows, err := s.read.QueryContext(ctx, allZones)
	if err != nil {
		return nil, s.fail("list zones", err)
	}
	zones, err := collect(rows, func(rows *sql.Rows) (z string, err error) {
		err = rows.Scan(&z)
		return z, err
	})
	if err != nil {
		return nil, s.fail("list zones", err)
	}
	return zones, nil
}

// TrimLog implements store.Log.
func (s *Store) TrimLog(ctx context.Context, before time.Time) (dropped int64, err error) {
	err = s.transact(ctx, "trim the log", func(tx *sql.Tx) error {
		r, err := tx.ExecContext(ctx, `DELETE FROM event_log WHERE class IN (?, ?) AND appended < ? AND `+wasRead+`
			AND (class = ? OR position <= (SELECT f.position FROM folded f WHERE f.zone = event_log.zone))`, int64(store.ClassB), int64(store.ClassC), nanos(before), int64(store.ClassC))
		if err != nil {
			return err
		}
		dropped, err = r.RowsAffected()
		return err
	}, nil)
	return dropped, err
}

// thinAtOnce is how many entries are rewritten in one transaction, so that
// nobody waits for long.
const thinAtOnce = 100

// ThinLog implements store.Log.
func (s *Store) ThinLog(ctx context.Context, zone string, before time.Time, keep func(int64, int, *tyto.Event) bool) (dropped int64, err error) {
	for after := int64(0); ; {
		rows, err := s.read.QueryContext(ctx, `SELECT position, body FROM event_log WHERE zone = ? AND position > ? AND class = ? AND appended < ? AND `+wasRead+`
			ORDER BY position LIMIT ?`, zone, after, int64(store.ClassA), nanos(before), thinAtOnce)
		if err != nil {
			return dropped, s.fail("thin the log", err)
		}
		entries, err := collect(rows, func(rows *sql.Rows) (e thinned, err error) {
			err = rows.Scan(&e.position, &e.body)
			return e, err
		})
		if err == nil && len(entries) > 0 {
			err = s.transact(ctx, "thin the log", func(tx *sql.Tx) error {
				for i := range entries {
					n, err := s.thin(ctx, tx, &entries[i], keep)
					if err != nil {
						return err
					}
					dropped += n
				}
				return nil
			}, nil)
		}
		if err != nil {
			return dropped, s.fail("thin the log", err)
		}
		if len(entries) < thinAtOnce {
			return dropped, nil
		}
		after = entries[len(entries)-1].position
	}
}

// thinned is an entry of the log that is to be rewritten.
type thinned struct {
	position int64
	body     []byte
}

func (s *Store) thin(ctx context.Context, tx *sql.Tx, e *thinned, keep func(int64, int, *tyto.Event) bool) (dropped int64, err error) {
	events, err := s.decode(e.body)
	if err != nil {
		return 0, s.damaged(fmt.Errorf("log entry %d: %w", e.position, err))
	}
	kept := events[:0:0]
	for i := range events {
		if keep(e.position, i, &events[i]) {
			kept = append(kept, events[i])
		}
	}
	switch {
	case len(kept) == len(events):
		return 0, nil
	case len(kept) == 0:
		_, err = tx.ExecContext(ctx, "DELETE FROM event_log WHERE position = ?", e.position)
	default:
		bodies, _, bad := encode(kept)
		if bad != nil {
			return 0, bad
		}
		_, err = tx.ExecContext(ctx, "UPDATE event_log SET body = ?, events = ? WHERE position = ?", s.pack.EncodeAll(bodies[0], nil), len(kept), e.position)
	}
	return int64(len(events) - len(kept)), err
}
