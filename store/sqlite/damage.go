package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"tyto/store"
)

// applicationID is "Tyto" in the header of the file (SQLite's file format,
// section 1.3, offset 68), so that another program's database is not taken
// for ours.
const applicationID = 0x5479746f

// lockFile keeps other processes out until the file is closed, or this
// process ends in whatever way.
func lockFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: another tyto uses this store; stop it, or choose another data folder: %w", path, err)
	}
	return f, nil
}

// absent reports whether there is no store yet. A journal without its
// database is no new store, it is the rest of one.
func absent(path string) (bool, error) {
	_, err := os.Stat(path)
	if err == nil {
		return false, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	if _, err := os.Stat(path + "-wal"); err == nil {
		return false, damaged(path, errors.New("the file is missing, and its -wal is not"))
	}
	return true, nil
}

// create makes a new store under another name and then gives it its own, so
// that an empty file under that name is always the rest of an accident.
func create(ctx context.Context, path string) error {
	temp := path + ".new"
	for _, old := range []string{temp, temp + "-wal", temp + "-shm"} {
		if err := os.Remove(old); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	f, err := os.OpenFile(temp, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	db := connect(temp, "_txlock=immediate")
	db.SetMaxOpenConns(1)
	_, err = db.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d", applicationID))
	if err == nil {
		err = migrate(ctx, db, "")
	}
	if err := errors.Join(err, db.Close()); err != nil {
		return fmt.Errorf("make %s: %w", path, err)
	}
	if err := os.Rename(temp, path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// damaged is the error for a file that cannot be trusted.
func damaged(path string, why error) error {
	return fmt.Errorf("%s: %w (%w): put back a backup of it, or move it and its -wal away to begin anew; it was left as it is", path, store.ErrDamaged, why)
}

// check looks at a store without changing it: the header, then, if full, all
// of its pages.
func check(ctx context.Context, path string, full bool) error {
	if err := errors.Join(checkHeader(path), checkJournal(path)); err != nil {
		return err
	}
	// Read-only connections neither write back the WAL nor remove it.
	db, err := sql.Open("sqlite", fileURL(path)+"?mode=ro&_pragma=busy_timeout(10000)")
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if err := checkVersion(ctx, db, path); err != nil {
		return err
	}
	if !full {
		return nil
	}
	return quickCheck(ctx, db, path)
}

// checkHeader compares the first 100 bytes with the file (SQLite's file
// format, section 1.3).
func checkHeader(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	var h [100]byte
	if _, err := io.ReadFull(f, h[:]); err != nil {
		return damaged(path, fmt.Errorf("it has %d bytes, too few for a header", info.Size()))
	}
	if !bytes.HasPrefix(h[:], []byte("SQLite format 3\x00")) {
		return damaged(path, errors.New("it does not begin as a SQLite database does"))
	}
	size := int64(binary.BigEndian.Uint16(h[16:]))
	if size == 1 {
		size = 65536
	}
	pages := int64(binary.BigEndian.Uint32(h[28:]))
	if size < 512 || size&(size-1) != 0 {
		return damaged(path, fmt.Errorf("its page size is %d", size))
	}
	missing := bytes.Equal(h[24:28], h[92:96]) && pages*size > info.Size()
	if missing && !inJournal(path, info.Size()/size, pages) {
		return damaged(path, fmt.Errorf("it was cut off: %d bytes of %d", info.Size(), pages*size))
	}
	if id := binary.BigEndian.Uint32(h[68:]); id != applicationID {
		return fmt.Errorf("%s: it is a SQLite database, but not of tyto (application id %#x); choose another data folder", path, id)
	}
	return nil
}

// quickCheck has SQLite read every page and compare it with its neighbours.
func quickCheck(ctx context.Context, db *sql.DB, path string) error {
	rows, err := db.QueryContext(ctx, "PRAGMA quick_check(8)")
	if err != nil {
		return err
	}
	defer rows.Close()
	var wrong []string
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			return err
		}
		if line != "ok" {
			wrong = append(wrong, strings.Join(strings.Fields(line), " "))
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if len(wrong) > 0 {
		return damaged(path, errors.New(strings.Join(wrong, "; ")))
	}
	return nil
}
