package sqlite

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"tyto/store"
	"tyto/tyto"
)

var ctx = context.Background()

// filled is the path of a closed store with something in it.
func filled(t testing.TB) string {
	t.Helper()
	cfg := DefaultConfig(t.TempDir())
	s, err := Open(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 200 {
		_, _, err := s.Append(ctx, store.Batch{Zone: "z", Sensor: "s", Seq: uint64(i), Events: []tyto.Event{{Kind: tyto.KindHealth, Health: &tyto.Health{Interface: fmt.Sprint(i)}}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return cfg.Path
}

// TestDamageIsNamed damages a store in many ways. Each must be found at
// start, be told with the file's path, and leave the file as it is.
func TestDamageIsNamed(t *testing.T) {
	for name, damage := range map[string]func(b []byte) []byte{
		"empty":            func([]byte) []byte { return nil },
		"cut in header":    func(b []byte) []byte { return b[:50] },
		"cut in half":      func(b []byte) []byte { return b[:len(b)/2] },
		"cut by one page":  func(b []byte) []byte { return b[:len(b)-4096] },
		"another format":   func([]byte) []byte { return bytes.Repeat([]byte("not a database. "), 1000) },
		"zeroed":           func(b []byte) []byte { return make([]byte, len(b)) },
		"wrong page size":  func(b []byte) []byte { binary.BigEndian.PutUint16(b[16:], 4097); return b },
		"zeroed page":      func(b []byte) []byte { clear(b[4096*3 : 4096*4]); return b },
		"schema destroyed": func(b []byte) []byte { clear(b[100:4096]); return b },
		"middle scribbled": func(b []byte) []byte {
			for i := 4096 * 5; i < len(b); i += 4096 {
				copy(b[i:], "scribbled over by something else")
			}
			return b
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := filled(t)
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			b = damage(b)
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
			s, err := Open(ctx, Config{Path: path})
			if err == nil {
				s.Close()
				t.Fatal("it opens")
			}
			if !errors.Is(err, store.ErrDamaged) || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "backup") {
				t.Errorf("got %v; want ErrDamaged with path and remedy", err)
			}
			if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, b) {
				t.Errorf("the file was changed (%v)", err)
			}
		})
	}
}

func TestMissingFileWithJournal(t *testing.T) {
	path := filled(t)
	if err := os.WriteFile(path+"-wal", []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(ctx, Config{Path: path}); !errors.Is(err, store.ErrDamaged) {
		t.Errorf("got %v, want ErrDamaged", err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("a new store was made")
	}
}

func TestOtherDatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tyto.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("CREATE TABLE x (y)"); err != nil {
		t.Fatal(err)
	}
	db.Close()
	if _, err := Open(ctx, Config{Path: path}); err == nil || !strings.Contains(err.Error(), "not of tyto") {
		t.Errorf("got %v", err)
	}
}

func TestNewerSchemaIsRefused(t *testing.T) {
	path := filled(t)
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, true)"); err != nil {
		t.Fatal(err)
	}
	db.Close()
	if _, err := Open(ctx, Config{Path: path}); !errors.Is(err, store.ErrNewer) || !strings.Contains(err.Error(), "99") {
		t.Errorf("got %v, want ErrNewer", err)
	}
}

func TestOneProcessAtATime(t *testing.T) {
	cfg := DefaultConfig(t.TempDir())
	s, err := Open(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := Open(ctx, cfg); err == nil || !strings.Contains(err.Error(), "another tyto") {
		t.Errorf("a second one got %v", err)
	}
}

func TestNobodyElseReads(t *testing.T) {
	path := filled(t)
	for _, p := range []string{path, path + ".lock"} {
		if i, err := os.Stat(p); err != nil || i.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", filepath.Base(p), i.Mode(), err)
		}
	}
}

// TestKilled has a process append and tell what was acknowledged, kills it in
// the middle of that, and looks for what it told of.
func TestKilled(t *testing.T) {
	if folder := os.Getenv("TYTO_TEST_APPEND"); folder != "" {
		appendForever(folder)
	}
	for round := range 3 {
		folder := t.TempDir()
		cmd := exec.Command(os.Args[0], "-test.run=^TestKilled$")
		cmd.Env = append(os.Environ(), "TYTO_TEST_APPEND="+folder)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		last := 0
		for lines := bufio.NewReader(out); ; {
			line, err := lines.ReadString('\n')
			if err != nil {
				break
			}
			if last, err = strconv.Atoi(strings.TrimSpace(line)); err != nil {
				t.Fatal(err)
			}
			if last == 20+13*round {
				_ = cmd.Process.Kill() // it goes on until it is dead
			}
		}
		_ = cmd.Wait() // it was killed
		s, err := Open(ctx, DefaultConfig(folder))
		if err != nil {
			t.Fatal(err)
		}
		seen := 0
		err = s.Read(ctx, "z", 0, func(e store.Entry) error {
			if seen++; int(e.Seq) != seen {
				t.Errorf("batch %d comes as number %d", e.Seq, seen)
			}
			return nil
		})
		if err != nil || seen < last || last == 0 {
			t.Errorf("%d batches were acknowledged, %d are there (%v)", last, seen, err)
		}
		s.Close()
	}
}

func appendForever(folder string) {
	s, err := Open(ctx, DefaultConfig(folder))
	if err != nil {
		panic(err)
	}
	for i := uint64(1); ; i++ {
		if _, _, err := s.Append(ctx, store.Batch{Zone: "z", Sensor: "s", Seq: i, Events: []tyto.Event{{Kind: tyto.KindHealth, Health: &tyto.Health{}}}}); err != nil {
			panic(err)
		}
		fmt.Println(i)
	}
}

// TestDiskFull fills the quota of pages and then goes on reading.
func TestDiskFull(t *testing.T) {
	s, err := Open(ctx, DefaultConfig(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.write.Exec("PRAGMA max_page_count = 200"); err != nil {
		t.Fatal(err)
	}
	kept := 0
	for i := uint64(1); err == nil; i++ {
		noise := make([]byte, 3000)
		for j := range noise {
			noise[j] = 'a' + byte(i*uint64(j*j+7)%23)
		}
		_, _, err = s.Append(ctx, store.Batch{Zone: "z", Sensor: "s", Seq: i, Events: []tyto.Event{{Kind: tyto.KindHealth, Health: &tyto.Health{Interface: string(noise)}}}})
		if err == nil {
			kept++
		}
	}
	if !errors.Is(err, store.ErrFull) || !strings.Contains(err.Error(), s.path) {
		t.Errorf("got %v, want ErrFull with the path", err)
	}
	seen := 0
	if err := s.Read(ctx, "z", 0, func(store.Entry) error { seen++; return nil }); err != nil || seen != kept {
		t.Errorf("%d of %d are read (%v)", seen, kept, err)
	}
}
