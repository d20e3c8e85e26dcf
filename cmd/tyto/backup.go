package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/term"

	"tyto/store/archive"
	"tyto/store/sqlite"
)

type backupCommand struct {
	File string `arg:"" placeholder:"FILE" help:"Where the backup goes; - is standard output. A file that is there is not overwritten."`
	Data string `type:"path" placeholder:"DIR" help:"The folder of the store (default ./tyto-data)."`
}

// Help is what --help adds.
func (backupCommand) Help() string {
	return `Examples:
  tyto backup --data /var/lib/tyto/hub /mnt/backup/tyto-$(date +%F).tar.zst
  tyto --config /etc/tyto/tyto.yaml backup - | age -r RECIPIENT > tyto.tar.zst.age

The hub may go on working: the backup holds what was stored at one moment. In it are the store (devices, conversations,
alerts, people, settings, the authority that signs sensors' certificates), all other files of its folder, and the
configuration file if --config names it. It holds secrets: keep it as safe as the hub. See 'tyto restore'.`
}

// Names in a backup.
const (
	storeName  = "tyto.db"
	configName = "restored.yaml" // the configuration; no file of the program has that name
)

// Run saves.
func (r *backupCommand) Run(ctx context.Context, s streams, c *commands) error {
	set, err := loadSettings(c.Config)
	if err != nil {
		return err
	}
	if r.Data != "" {
		set.Data = r.Data
	}
	if set.Store.shared() {
		return usageError{errors.New("backup: the store is a PostgreSQL database: save it with pg_dump, and the folder beside it with tar")}
	}
	store := filepath.Join(set.Data, storeName)
	if _, err := os.Stat(store); errors.Is(err, fs.ErrNotExist) {
		return usageError{fmt.Errorf("backup: there is no store at %s; name its folder with --data", store)}
	} else if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	if r.File == "-" {
		if f, ok := s.out.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
			return usageError{errors.New("backup: a backup is not for the screen; name a file, or pass it on with |")}
		}
		_, err := save(ctx, s, set.Data, c.Config, os.TempDir(), s.out)
		return err
	}
	return r.toFile(ctx, s, set.Data, c.Config)
}

// toFile writes a file that has its name only when it is whole and on disk.
func (r *backupCommand) toFile(ctx context.Context, s streams, data, config string) (err error) {
	if _, err := os.Lstat(r.File); err == nil {
		return usageError{fmt.Errorf("backup: %s is there already; name another file", r.File)}
	}
	f, err := os.CreateTemp(filepath.Dir(r.File), ".tyto-backup-") // readable by its owner alone
	if err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	defer os.Remove(f.Name())
	m, err := save(ctx, s, data, config, filepath.Dir(r.File), f)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	// A link, unlike a rename, replaces nothing.
	if err := os.Link(f.Name(), r.File); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	fmt.Fprintf(s.err, "%s holds %d files, %d bytes of them, as they were at %s.\n", r.File, len(m.Files), m.Size(), m.Created.Format(time.RFC3339))
	return nil
}

// save writes what a folder holds; room is where its databases are copied to.
func save(ctx context.Context, s streams, data, config, room string, w io.Writer) (*archive.Manifest, error) {
	copies, err := os.MkdirTemp(room, ".tyto-backup-")
	if err != nil {
		return nil, fmt.Errorf("backup: %w", err)
	}
	defer os.RemoveAll(copies)
	m := archive.Manifest{Program: version, Created: time.Now().UTC().Truncate(time.Second)}
	from := map[string]string{}
	add := func(name, file string) error {
		from[name] = file
		return m.Add(name, file)
	}
	if err := eachSaved(data, s.err, func(name, file string) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		if !isDatabase(file) {
			return add(name, file)
		}
		copied := filepath.Join(copies, fmt.Sprint(len(from)))
		if err := sqlite.Copy(ctx, file, copied); err != nil {
			return err
		}
		if name == storeName {
			if m.Schema, err = sqlite.SchemaOf(ctx, copied); err != nil {
				return err
			}
		}
		return add(name, copied)
	}); err != nil {
		return nil, fmt.Errorf("backup: %w", err)
	}
	if config != "" {
		if err := add(configName, config); err != nil {
			return nil, fmt.Errorf("backup: %w", err)
		}
	}
	if err := archive.Write(w, m, func(name string) (io.ReadCloser, error) { return os.Open(from[name]) }); err != nil {
		return nil, fmt.Errorf("backup: %w", err)
	}
	return &m, nil
}

// eachSaved calls take with the files of a folder that are worth saving, in
// order: not those that only a running program needs, nor recent packets
// (those of alerts are), and no copies that were made before a change of schema.
func eachSaved(folder string, errs io.Writer, take func(name, file string) error) error {
	return filepath.WalkDir(folder, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(folder, file)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		switch base := d.Name(); {
		case d.IsDir() && strings.HasPrefix(base, ".") && name != ".":
			return fs.SkipDir
		case d.IsDir(), strings.HasPrefix(base, "."), name == configName, path.Dir(name) == recentPackets, passing(base):
			return nil
		case !d.Type().IsRegular():
			fmt.Fprintf(errs, "tyto: backup: %s is no plain file; left out\n", file)
			return nil
		}
		return take(name, file)
	})
}

// passing reports whether a file is of use only to the program that runs.
func passing(name string) bool {
	for _, end := range []string{"-wal", "-shm", "-journal", ".lock", ".new", ".sock"} {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	return strings.Contains(name, ".schema-")
}

// isDatabase reports whether a file begins as SQLite's do.
func isDatabase(file string) bool {
	f, err := os.Open(file)
	if err != nil {
		return false
	}
	defer f.Close()
	begin := make([]byte, 16)
	_, err = io.ReadFull(f, begin)
	return err == nil && bytes.Equal(begin, []byte("SQLite format 3\x00"))
}
