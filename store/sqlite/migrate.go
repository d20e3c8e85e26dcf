package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/pressly/goose/v3"

	"tyto/store"
)

//go:embed migrations/*.sql
var migrations embed.FS

func provider(db *sql.DB) (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectSQLite3, db, files, goose.WithDisableGlobalRegistry(true))
}

// newest is the schema that this program knows.
func newest(p *goose.Provider) int64 {
	all := p.ListSources()
	return all[len(all)-1].Version
}

// migrate brings the schema up to date. What was there before is copied to a
// file beside it first, unless path is "".
func migrate(ctx context.Context, db *sql.DB, path string) error {
	p, err := provider(db)
	if err != nil {
		return err
	}
	pending, err := p.HasPending(ctx)
	if err != nil || !pending {
		return err
	}
	if path != "" {
		if err := backup(ctx, db, p, path); err != nil {
			return err
		}
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("bring the schema up to date: %w", err)
	}
	return nil
}

func backup(ctx context.Context, db *sql.DB, p *goose.Provider, path string) error {
	version, err := p.GetDBVersion(ctx)
	if err != nil {
		return err
	}
	to := fmt.Sprintf("%s.schema-%d", path, version)
	if err := os.Remove(to); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if _, err := db.ExecContext(ctx, "VACUUM INTO ?", to); err != nil {
		return fmt.Errorf("copy the store to %s before its schema changes: %w", to, err)
	}
	return os.Chmod(to, 0o600)
}

// checkVersion refuses what a newer program wrote, since this one cannot know
// what it means.
func checkVersion(ctx context.Context, db *sql.DB, path string) error {
	p, err := provider(db)
	if err != nil {
		return err
	}
	var version int64
	err = db.QueryRowContext(ctx, "SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied").Scan(&version)
	if err != nil {
		return err
	}
	if known := newest(p); version > known {
		return fmt.Errorf("%s: %w: its schema is %d, this program knows %d; use the newer program, or the copy made before (%s.schema-%d)",
			path, store.ErrNewer, version, known, path, known)
	}
	return nil
}
