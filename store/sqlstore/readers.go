package sqlstore

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"time"

	"tyto/store"
	"tyto/tyto"
)

// wasRead is of what may be dropped: nobody is to read it any more.
const wasRead = "position <= coalesce((SELECT min(r.position) FROM reader r), 9223372036854775807)"

// Follow implements store.Readers.
func (s *Store) Follow(ctx context.Context, after int64, take func(store.Entry) error) error {
	return s.readLog(ctx, "follow the log", after, take, "")
}

// Newest implements store.Readers.
func (s *Store) Newest(ctx context.Context) (position int64, err error) {
	if err := s.read.QueryRowContext(ctx, "SELECT coalesce(max(position), 0) FROM event_log").Scan(&position); err != nil {
		return 0, s.fail("find the end of the log", err)
	}
	return position, nil
}

// Reader implements store.Readers.
func (s *Store) Reader(ctx context.Context, name string) (r store.Reader, found bool, err error) {
	var moved int64
	err = s.read.QueryRowContext(ctx, "SELECT name, position, moved FROM reader WHERE name = ?", name).Scan(&r.Name, &r.Position, &moved)
	if errors.Is(err, sql.ErrNoRows) {
		return store.Reader{}, false, nil
	}
	if err != nil {
		return r, false, s.fail("find a reader", err)
	}
	r.Moved = at(moved)
	return r, true, nil
}

// PutReader implements store.Readers.
func (s *Store) PutReader(ctx context.Context, r store.Reader) error {
	return s.exec(ctx, "note a reader", `INSERT INTO reader (name, position, moved) VALUES (?, ?, ?)
		ON CONFLICT (name) DO UPDATE SET position = max(reader.position, excluded.position), moved = excluded.moved`, r.Name, r.Position, nanos(r.Moved))
}

// ListReaders implements store.Readers.
func (s *Store) ListReaders(ctx context.Context) ([]store.Reader, error) {
	rows, err := s.read.QueryContext(ctx, "SELECT name, position, moved FROM reader ORDER BY name")
	if err != nil {
		return nil, s.fail("list readers", err)
	}
	all, err := collect(rows, func(rows *sql.Rows) (r store.Reader, err error) {
		var moved int64
		err = rows.Scan(&r.Name, &r.Position, &moved)
		r.Moved = at(moved)
		return r, err
	})
	if err != nil {
		return nil, s.fail("list readers", err)
	}
	return all, nil
}

// DropReader implements store.Readers.
func (s *Store) DropReader(ctx context.Context, name string) error {
	return s.transact(ctx, "drop a reader", func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM undelivered WHERE reader = ?", name); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "DELETE FROM reader WHERE name = ?", name)
		return err
	}, nil)
}

// PutUndelivered implements store.Readers.
func (s *Store) PutUndelivered(ctx context.Context, all []store.Undelivered) error {
	return s.transact(ctx, "keep what was not delivered", func(tx *sql.Tx) error {
		for i := range all {
			u := &all[i]
			event, err := json.Marshal(&u.Event)
			if err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, "INSERT INTO undelivered (reader, at, reason, event) VALUES (?, ?, ?, ?)", u.Reader, nanos(u.Time), u.Reason, string(event)); err != nil {
				return err
			}
			_, err = tx.ExecContext(ctx, "DELETE FROM undelivered WHERE reader = ? AND n <= (SELECT n FROM undelivered WHERE reader = ? ORDER BY n DESC LIMIT 1 OFFSET ?)",
				u.Reader, u.Reader, store.MaxUndelivered)
			if err != nil {
				return err
			}
		}
		return nil
	}, nil)
}

// newsEpoch is of entries that the hub logs itself.
const newsEpoch = -1

// news logs what readers were not told yet, as one entry.
func (w *writer) news() error {
	if len(w.change.News) == 0 {
		return nil
	}
	told, err := w.told()
	if err != nil {
		return err
	}
	var fresh []tyto.Event
	changed := map[string]bool{}
	for i := range w.change.News {
		n := &w.change.News[i]
		print, known := told[n.Thing]
		switch {
		case len(n.Print) == 0 && !known, known && len(n.Print) > 0 && bytes.Equal(print, n.Print):
			continue
		case len(n.Print) == 0:
			delete(told, n.Thing)
		default:
			told[n.Thing] = n.Print
		}
		changed[n.Thing] = true
		fresh = append(fresh, n.Event)
	}
	if err := w.tellNews(told, slices.Sorted(maps.Keys(changed))); err != nil {
		return err
	}
	return w.s.logNews(w.ctx, w.tx, w.change.Zone, w.change.Time, fresh)
}

// told is what readers were told of the things that there is news of.
func (w *writer) told() (map[string][]byte, error) {
	things := make([]string, len(w.change.News))
	for i := range things {
		things[i] = w.change.News[i].Thing
	}
	condition, list := in(w.s.dialect, "thing", things)
	rows, err := w.tx.QueryContext(w.ctx, "SELECT thing, print FROM told WHERE zone = ? AND "+condition, w.change.Zone, list)
	if err != nil {
		return nil, err
	}
	told := map[string][]byte{}
	_, err = collect(rows, func(rows *sql.Rows) (_ struct{}, err error) {
		var thing string
		var print []byte
		err = rows.Scan(&thing, &print)
		told[thing] = print
		return struct{}{}, err
	})
	return told, err
}

// tellNews notes what readers are told of things that changed.
func (w *writer) tellNews(told map[string][]byte, changed []string) error {
	var zones, things, gone []string
	var prints [][]byte
	for _, thing := range changed {
		if print, ok := told[thing]; ok {
			zones, things, prints = append(zones, w.change.Zone), append(things, thing), append(prints, print)
		} else {
			gone = append(gone, thing)
		}
	}
	if err := w.insert("told (zone, thing, print)", "ON CONFLICT (zone, thing) DO UPDATE SET print = excluded.print", columns{zones, things, prints}, nil); err != nil {
		return err
	}
	if len(gone) == 0 {
		return nil
	}
	condition, list := in(w.s.dialect, "thing", gone)
	return w.exec("DELETE FROM told WHERE zone = ? AND "+condition, w.change.Zone, list)
}

// logNews appends what the hub itself tells readers, as one entry.
func (s *Store) logNews(ctx context.Context, tx *sql.Tx, zone string, when time.Time, events []tyto.Event) error {
	if len(events) == 0 {
		return nil
	}
	var body bytes.Buffer
	lines := json.NewEncoder(&body)
	for i := range events {
		if err := lines.Encode(&events[i]); err != nil {
			return err
		}
	}
	if err := s.alone(ctx, tx, logLock); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO event_log (zone, sensor, epoch, seq, class, appended, events, body) VALUES (?, '', ?,
		(SELECT coalesce(max(seq), 0) + 1 FROM event_log WHERE sensor = '' AND epoch = ?), ?, ?, ?, ?)`,
		zone, newsEpoch, newsEpoch, int64(store.ClassC), nanos(when), len(events), s.pack.EncodeAll(body.Bytes(), nil))
	return err
}
