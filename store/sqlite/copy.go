package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/pressly/goose/v3"
)

// Copy writes what a database holds at this moment into a new file, also
// while other processes use it: one that is complete in itself, without a
// journal beside it. Nothing of the original is changed.
func Copy(ctx context.Context, from, to string) error {
	if err := checkJournal(from); err != nil {
		return err
	}
	db, err := sql.Open("sqlite", fileURL(from)+"?mode=ro&_pragma=busy_timeout(10000)")
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if err := makePrivate(to); err != nil {
		return err
	}
	if _, err := db.ExecContext(ctx, "VACUUM INTO ?", to); err != nil {
		return errors.Join(fmt.Errorf("copy %s to %s: %w", from, to, (&Store{path: from}).explain(err)), os.Remove(to))
	}
	return nil
}

// makePrivate makes an empty file that nobody else reads: SQLite would make
// one that everybody may.
func makePrivate(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// Verify reads all of a store that nobody uses, without changing it, and
// reports its schema. See Open for what may be wrong with it.
func Verify(ctx context.Context, path string) (schema int64, err error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return 0, err
	}
	if err := check(ctx, path, true); err != nil {
		return 0, fmt.Errorf("store: %w", (&Store{path: path}).explain(err))
	}
	return SchemaOf(ctx, path)
}

// SchemaOf is the schema of a store's file.
func SchemaOf(ctx context.Context, path string) (schema int64, err error) {
	db, err := sql.Open("sqlite", fileURL(path)+"?mode=ro&_pragma=busy_timeout(10000)")
	if err != nil {
		return 0, err
	}
	defer db.Close()
	err = db.QueryRowContext(ctx, "SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied").Scan(&schema)
	if err != nil {
		return 0, fmt.Errorf("%s: it does not say which schema it has: %w", path, (&Store{path: path}).explain(err))
	}
	return schema, nil
}

// Schema is the schema that this program brings stores to.
func Schema() int64 {
	var newest int64
	entries, err := migrations.ReadDir("migrations")
	if err != nil {
		panic("sqlite: no migrations are embedded") // go:embed guarantees them
	}
	for _, e := range entries {
		n, err := goose.NumericComponent(e.Name())
		if err != nil {
			panic("sqlite: " + e.Name() + ": " + err.Error())
		}
		newest = max(newest, n)
	}
	return newest
}
