// Package sqlitetest gives tests empty stores in SQLite. To make one takes
// longer than most tests, as each step of the schema's history is gone; so one
// is made, and copied. It is for tests alone.
package sqlitetest

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"tyto/store/sqlite"
)

// Config is for a store that is empty, in a folder of the test's.
func Config(t testing.TB) sqlite.Config {
	t.Helper()
	return sqlite.DefaultConfig(Folder(t))
}

// Folder is a folder of the test's with an empty store.
func Folder(t testing.TB) string {
	t.Helper()
	image, err := empty()
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	if err := os.WriteFile(sqlite.DefaultConfig(folder).Path, image, 0o600); err != nil {
		t.Fatal(err)
	}
	return folder
}

var empty = sync.OnceValues(func() ([]byte, error) {
	folder, err := os.MkdirTemp("", "tyto-empty-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	s, err := sqlite.Open(context.Background(), sqlite.DefaultConfig(filepath.Join(folder, "store")))
	if err != nil {
		return nil, err
	}
	if err := s.Close(); err != nil {
		return nil, err
	}
	return os.ReadFile(filepath.Join(folder, "store", "tyto.db"))
})
