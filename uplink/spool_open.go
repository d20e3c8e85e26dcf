package uplink

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/zstd"
	driver "modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"tyto/tyto"
)

const (
	spoolFile   = "spool.db"
	suspectFile = "spool.suspect" // there was damage: look at all of it
	// applicationID is "TySp" in the header of the file (SQLite's file format,
	// section 1.3), so that no other database is taken for a spool.
	applicationID = 0x54795370
	// checkUpTo is the size of a spool that is looked at as a whole at each
	// start. Of a larger one each batch is checked when it is read: a sensor
	// must not be blind for minutes.
	checkUpTo = 256 << 20
)

// Batches and gaps that are to be sent. A batch's number is never used again.
const schema = `
CREATE TABLE batch (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    epoch   INTEGER NOT NULL,
    class   INTEGER NOT NULL,
    prev    INTEGER NOT NULL, -- the batch of its class and epoch before it, 0 if there is none
    events  INTEGER NOT NULL,
    first   INTEGER NOT NULL, -- times of its events, nanoseconds since 1970
    last    INTEGER NOT NULL,
    refused INTEGER NOT NULL DEFAULT 0,
    sum     INTEGER NOT NULL, -- CRC-32C of body
    body    BLOB    NOT NULL  -- lines of JSON, zstd
);
CREATE INDEX batch_class ON batch (class, seq);
CREATE INDEX batch_epoch ON batch (epoch, seq);
CREATE TABLE gap (
    id   TEXT NOT NULL PRIMARY KEY,
    body TEXT NOT NULL -- JSON
);`

// Open opens the spool of a folder, or makes it. What is damaged is set aside
// under another name; what can be read of it is saved, and the rest becomes a
// gap. Close it after Run.
func Open(ctx context.Context, cfg Config) (*Spool, error) {
	if cfg.Cap < minCap || cfg.Reserve < 0 || cfg.Reserve > cfg.Cap/2 || cfg.Delay <= 0 {
		return nil, fmt.Errorf("uplink: spool: capacity %d, reserve %d, delay %v: want at least %d, at most half of it in reserve, and a delay", cfg.Cap, cfg.Reserve, cfg.Delay, minCap)
	}
	if cfg.Step == nil {
		cfg.Step = func(string) {}
	}
	s := &Spool{cfg: cfg, epoch: newEpoch(), seed: maphash.MakeSeed(), arrive: make(chan struct{}, 1), full: make(chan struct{}, 1),
		leased: map[uint64]struct{}{}, room: make(chan struct{})}
	if err := s.start(ctx); err != nil {
		_ = s.Close() // the first error is the one to tell
		return nil, fmt.Errorf("uplink: spool: %w", err)
	}
	return s, nil
}

// newEpoch is random: a spool that was copied, or put back from a backup,
// must not use numbers that mean something else already.
func newEpoch() uint64 {
	var b [8]byte
	rand.Read(b[:])                             // never fails, see crypto/rand
	return binary.BigEndian.Uint64(b[:])>>1 | 1 // positive as a signed number, too
}

func (s *Spool) start(ctx context.Context) (err error) {
	if s.pack, err = zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1)); err != nil {
		return err
	}
	if err := os.MkdirAll(s.cfg.Folder, 0o700); err != nil {
		return err
	}
	if s.lock, err = lockFile(filepath.Join(s.cfg.Folder, "spool.lock")); err != nil {
		return err
	}
	path := filepath.Join(s.cfg.Folder, spoolFile)
	aside, err := s.setAside(ctx, path)
	if err != nil {
		return err
	}
	s.db, s.view = connect(path, "_txlock=immediate"), connect(path, "_pragma=query_only(1)")
	s.db.SetMaxOpenConns(1)
	s.view.SetMaxOpenConns(2)
	if err := s.prepare(ctx, path); err != nil {
		return err
	}
	if aside != "" {
		if err := s.save(ctx, aside); err != nil {
			return err
		}
	}
	s.load()
	s.reported = s.cfg.Clock()
	return s.account(ctx)
}

func connect(path string, more string) *sql.DB {
	db, err := sql.Open("sqlite", fileURL(path)+"?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=journal_size_limit(8388608)&"+more)
	if err != nil {
		panic("uplink: " + err.Error()) // the driver is not registered
	}
	return db
}

func fileURL(path string) string { return "file:" + (&url.URL{Path: path}).EscapedPath() }

// prepare makes the tables of a new spool.
func (s *Spool) prepare(ctx context.Context, path string) error {
	var id, tables int
	if err := s.db.QueryRowContext(ctx, "SELECT application_id, (SELECT count(*) FROM sqlite_schema) FROM pragma_application_id").Scan(&id, &tables); err != nil {
		return err
	}
	switch {
	case id == applicationID:
		return nil
	case id != 0 || tables > 0:
		return fmt.Errorf("%s: it is a SQLite database, but no spool; choose another data folder", path)
	}
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // it is committed, or the error is told
	if _, err := tx.ExecContext(ctx, schema+fmt.Sprintf("PRAGMA application_id = %d", applicationID)); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return err
	}
	return syncFolder(s.cfg.Folder)
}

// account counts what is there. What was refused is tried again.
func (s *Spool) account(ctx context.Context) error {
	if _, err := s.db.ExecContext(ctx, "UPDATE batch SET refused = 0 WHERE refused <> 0"); err != nil {
		return err
	}
	rows, err := s.db.QueryContext(ctx, "SELECT class, count(*), coalesce(sum(length(body)), 0), coalesce(sum(events), 0) FROM batch GROUP BY class")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var class Class
		var n, size, events int64
		if err := rows.Scan(&class, &n, &size, &events); err != nil {
			return err
		}
		if class < ClassA || class > ClassC {
			return fmt.Errorf("%w: class %d", ErrDamaged, class)
		}
		s.ledger.rows[class], s.ledger.size[class], s.ledger.events[class] = n, size+n*rowCost, events
	}
	return rows.Err()
}

// setAside renames a spool that is damaged, and says to what; "" if there is
// none, or it is sound.
func (s *Spool) setAside(ctx context.Context, path string) (aside string, err error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(path + "-wal"); err != nil {
			return "", nil
		}
		err = errors.New("the file is missing, and its -wal is not")
	} else if err != nil {
		return "", err
	} else if err = inspect(ctx, path, info.Size() <= checkUpTo || s.suspect()); !errors.Is(err, ErrDamaged) {
		return "", err
	}
	aside = fmt.Sprintf("%s.damaged-%s", path, s.cfg.Clock().UTC().Format("20060102T150405.000"))
	for _, end := range []string{"", "-wal", "-shm"} {
		if err := os.Rename(path+end, aside+end); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	}
	s.cfg.Log.ErrorContext(ctx, "the spool is damaged; it is set aside, and what can be read is saved", "path", aside, "err", err)
	return aside, syncFolder(s.cfg.Folder)
}

func (s *Spool) suspect() bool {
	_, err := os.Stat(filepath.Join(s.cfg.Folder, suspectFile))
	return err == nil
}

// inspect looks for damage without changing anything. The error is ErrDamaged
// if there is some, and another if nobody can tell.
func inspect(ctx context.Context, path string, full bool) error {
	db, err := sql.Open("sqlite", fileURL(path)+"?mode=ro&_pragma=busy_timeout(10000)")
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	var n int
	if err := db.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&n); err != nil || !full {
		return damage(err)
	}
	var verdict string
	if err := db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return damage(err)
	}
	if verdict != "ok" {
		return fmt.Errorf("%w: %s", ErrDamaged, verdict)
	}
	return nil
}

// damage makes an error of SQLite ErrDamaged if it says that.
func damage(err error) error {
	var e *driver.Error
	if errors.As(err, &e) && (e.Code()&0xff == lib.SQLITE_CORRUPT || e.Code()&0xff == lib.SQLITE_NOTADB) {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return err
}

// save copies what can be read from a damaged spool, under the same numbers,
// so that what the hub has of it is not taken twice.
func (s *Spool) save(ctx context.Context, aside string) error {
	db, err := sql.Open("sqlite", fileURL(aside)+"?mode=ro&_pragma=busy_timeout(10000)")
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	saved := 0
	for after, step := int64(0), int64(1); step < 1<<20; { // over what cannot be read in ever longer steps
		n, last, broken, err := s.copyRows(ctx, db, after)
		if err != nil {
			return err
		}
		if saved += n; !broken {
			break
		}
		if n > 0 {
			step = 1
		}
		after, step = max(after, last)+step, 2*step
	}
	gap := tyto.Gap{ID: newID(), Reason: tyto.GapDamaged, Detail: fmt.Sprintf("%d batches of the spool were saved; the rest lies in %s", saved, filepath.Base(aside))}
	body, err := json.Marshal(&gap)
	if err != nil {
		return err
	}
	if _, err := s.db.ExecContext(ctx, "INSERT INTO gap (id, body) VALUES (?, ?)", gap.ID, string(body)); err != nil {
		return err
	}
	s.tell = true
	s.cfg.Log.WarnContext(ctx, "saved from the damaged spool", "batches", saved)
	if err := os.Remove(filepath.Join(s.cfg.Folder, suspectFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// copyRows copies the batches after a number until it meets damage; last is
// the last that was copied.
func (s *Spool) copyRows(ctx context.Context, from *sql.DB, after int64) (n int, last int64, broken bool, err error) {
	rows, err := from.QueryContext(ctx, "SELECT seq, epoch, class, prev, events, first, last, refused, sum, body FROM batch WHERE seq > ? ORDER BY seq", after)
	if err != nil {
		return 0, 0, true, nil
	}
	defer rows.Close()
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return 0, 0, false, err
	}
	defer tx.Rollback() //nolint:errcheck // it is committed, or the error is told
	for rows.Next() {
		var seq, epoch, class, prev, events, first, end, refused, check int64
		var body []byte
		if rows.Scan(&seq, &epoch, &class, &prev, &events, &first, &end, &refused, &check, &body) != nil || sum(body) != check || class < int64(ClassA) || class > int64(ClassC) {
			continue
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO batch (seq, epoch, class, prev, events, first, last, refused, sum, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (seq) DO NOTHING",
			seq, epoch, class, prev, events, first, end, refused, check, body)
		if err != nil {
			return n, last, false, err
		}
		n, last = n+1, seq
	}
	return n, last, rows.Err() != nil, tx.Commit()
}

// Close closes the files. Run must have returned.
func (s *Spool) Close() error {
	var errs []error
	for _, db := range []*sql.DB{s.view, s.db} { // the writer last: it empties the WAL
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	if s.lock != nil {
		errs = append(errs, s.lock.Close())
	}
	if s.pack != nil {
		errs = append(errs, s.pack.Close())
	}
	return errors.Join(errs...)
}
