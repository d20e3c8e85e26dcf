package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"tyto/store"
	"tyto/store/archive"
	"tyto/store/sqlite"
)

type restoreCommand struct {
	File  string `arg:"" placeholder:"FILE" help:"A backup; - is standard input."`
	Data  string `type:"path" placeholder:"DIR" help:"The folder to restore to (default ./tyto-data). What is there is not overwritten."`
	Check bool   `help:"Only say what the backup holds and whether it is whole."`
}

// Help is what --help adds.
func (restoreCommand) Help() string {
	return `Examples:
  tyto restore --check tyto-2026-03-01.tar.zst
  systemctl stop tyto-hub && mv /var/lib/tyto/hub /var/lib/tyto/hub.before
  install -d -m 0700 -o tyto -g tyto /var/lib/tyto/hub
  tyto restore --data /var/lib/tyto/hub tyto-2026-03-01.tar.zst && systemctl start tyto-hub

Everything is unpacked and verified beside its place first, so a backup that is damaged changes nothing. A store of an
older version is brought up to date when the hub starts; one of a newer version is refused. The configuration that was
saved is put into the folder as restored.yaml, for you to compare.`
}

// Run restores.
func (r *restoreCommand) Run(ctx context.Context, s streams, c *commands) error {
	set, err := loadSettings(c.Config)
	if err != nil {
		return err
	}
	if r.Data != "" {
		set.Data = r.Data
	}
	in, err := r.input(s)
	if err != nil {
		return err
	}
	defer in.Close()
	defer context.AfterFunc(ctx, func() { in.Close() })()
	m, err := r.restore(ctx, in, set.Data)
	if err != nil {
		return fmt.Errorf("restore: %w", errors.Join(ctx.Err(), err))
	}
	r.tell(s, m, set.Data)
	return nil
}

func (r *restoreCommand) input(s streams) (io.ReadCloser, error) {
	if r.File == "-" {
		return io.NopCloser(s.in), nil
	}
	f, err := os.Open(r.File)
	if err != nil {
		return nil, usageError{fmt.Errorf("restore: %w", err)}
	}
	return f, nil
}

func (r *restoreCommand) tell(s streams, m *archive.Manifest, data string) {
	what := "Restored to " + data
	if r.Check {
		what = "The backup is whole"
	}
	fmt.Fprintf(s.out, "%s: %d files, %d bytes, saved by tyto %.64q at %s.\n", what, len(m.Files), m.Size(), m.Program, m.Created.Format(time.RFC3339))
	if known := sqlite.Schema(); m.Schema < known {
		fmt.Fprintf(s.out, "Its schema is %d; the hub brings it to %d when it starts.\n", m.Schema, known)
	}
}

// restore unpacks into a folder of its own, verifies, and only then puts each
// file into its place, the store last.
func (r *restoreCommand) restore(ctx context.Context, in io.Reader, data string) (*archive.Manifest, error) {
	room := os.TempDir() // what is only checked goes nowhere near the store
	if !r.Check {
		if err := os.MkdirAll(data, 0o700); err != nil {
			return nil, err
		}
		room = data
	}
	temp, err := os.MkdirTemp(room, ".tyto-restore-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(temp)
	m, err := archive.Read(in, func(m *archive.Manifest) error { return r.accept(m, data, temp) }, func(f archive.File) (io.WriteCloser, error) {
		to := filepath.Join(temp, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			return nil, err
		}
		return os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	})
	if err != nil {
		return nil, err
	}
	if _, err := sqlite.Verify(ctx, filepath.Join(temp, storeName)); err != nil {
		return nil, err
	}
	if r.Check {
		return m, nil
	}
	return m, put(m, temp, data)
}

// accept says from the manifest whether there is any use in going on.
func (r *restoreCommand) accept(m *archive.Manifest, data, temp string) error {
	known := sqlite.Schema()
	if m.Schema > known {
		return fmt.Errorf("%w: tyto %.64q saved a store of schema %d, this program (%s) knows %d; install that version", store.ErrNewer, m.Program, m.Schema, version, known)
	}
	if !slices.ContainsFunc(m.Files, func(f archive.File) bool { return f.Name == storeName }) {
		return fmt.Errorf("there is no %s in the backup", storeName)
	}
	var disk unix.Statfs_t
	if err := unix.Statfs(temp, &disk); err == nil && uint64(m.Size()) > disk.Bavail*uint64(disk.Bsize) {
		return fmt.Errorf("the backup needs %d bytes in %s, and %d are free", m.Size(), temp, disk.Bavail*uint64(disk.Bsize))
	}
	if r.Check {
		return nil
	}
	names := []string{storeName + "-wal", storeName + "-shm"}
	for _, f := range m.Files {
		names = append(names, f.Name)
	}
	for _, name := range names {
		if _, err := os.Lstat(filepath.Join(data, filepath.FromSlash(name))); !errors.Is(err, fs.ErrNotExist) {
			return usageError{fmt.Errorf("%s is there; nothing was changed. Stop the hub, move %s away, and restore again", filepath.Join(data, name), data)}
		}
	}
	return nil
}

// put gives the files their names and their owner.
func put(m *archive.Manifest, temp, data string) error {
	var owner unix.Stat_t
	if err := unix.Stat(data, &owner); err != nil {
		return err
	}
	files := slices.Clone(m.Files)
	slices.SortStableFunc(files, func(a, b archive.File) int { // a folder without the store is no store yet
		switch {
		case a.Name == storeName:
			return 1
		case b.Name == storeName:
			return -1
		}
		return 0
	})
	for _, f := range files {
		if err := putFile(filepath.Join(temp, filepath.FromSlash(f.Name)), filepath.Join(data, filepath.FromSlash(f.Name)), &owner); err != nil {
			return err
		}
	}
	d, err := os.Open(data)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func putFile(from, to string, owner *unix.Stat_t) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	f, err := os.Open(from)
	if err != nil {
		return err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	if os.Geteuid() == 0 { // so that the hub, which is not root, can use it
		for _, path := range []string{from, filepath.Dir(to)} {
			if err := os.Chown(path, int(owner.Uid), int(owner.Gid)); err != nil {
				return err
			}
		}
	}
	return os.Link(from, to) // unlike a rename it replaces nothing
}
