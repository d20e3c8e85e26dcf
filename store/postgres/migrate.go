package postgres

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"tyto/store"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the schema up to date; of several hubs that start at once one
// does it. It refuses what a newer program wrote.
func migrate(ctx context.Context, db *sql.DB, place string) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	alone, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectPostgres, db, files, goose.WithDisableGlobalRegistry(true), goose.WithSessionLocker(alone))
	if err != nil {
		return err
	}
	all := p.ListSources()
	known := all[len(all)-1].Version
	version, err := p.GetDBVersion(ctx)
	if err != nil {
		return err
	}
	if version > known {
		return fmt.Errorf("%s: %w: its schema is %d, this program knows %d; use the newer program, or a backup made before", place, store.ErrNewer, version, known)
	}
	if version == known {
		return nil
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("bring the schema up to date: %w", err)
	}
	return nil
}
