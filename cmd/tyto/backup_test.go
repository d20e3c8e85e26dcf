package main

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tyto/store"
	"tyto/store/sqlite"
	"tyto/tyto"
)

// tytoSays runs the program, and returns its status and all that it printed.
func tytoSays(args ...string) (int, string) {
	var out bytes.Buffer
	status := run(context.Background(), args, streams{strings.NewReader(""), &out, &out})
	return status, out.String()
}

// folder is the data folder of a hub that knows some settings.
func folder(t *testing.T) (string, *sqlite.Store) {
	t.Helper()
	data := filepath.Join(t.TempDir(), "data")
	s, err := sqlite.Open(t.Context(), sqlite.DefaultConfig(data))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	for name, text := range map[string]string{"hub.key": "secret", "forward/soc.json": "{}", "tyto.db.schema-3": "old", "x.lock": ""} {
		path := filepath.Join(data, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.PutSetting(t.Context(), "colour", "red"); err != nil {
		t.Fatal(err)
	}
	return data, s
}

// TestBackupWhileTheHubWorks saves while batches are written, and restores:
// what is there is all batches up to one moment.
func TestBackupWhileTheHubWorks(t *testing.T) {
	data, s := folder(t)
	ctx, stop := context.WithCancel(t.Context())
	written := make(chan int)
	go func() {
		n := 0
		for ctx.Err() == nil {
			e := tyto.Event{Version: tyto.EventVersion, Sensor: "s", Zone: "z", Kind: tyto.KindHealth, Health: &tyto.Health{Interface: fmt.Sprint(n)}}
			if _, _, err := s.Append(context.Background(), store.Batch{Zone: "z", Sensor: "s", Seq: uint64(n), Events: []tyto.Event{e}, Received: time.Unix(1, 0)}); err != nil {
				t.Error(err)
				break
			}
			n++
		}
		written <- n
	}()
	file := filepath.Join(t.TempDir(), "b.tar.zst")
	status, said := tytoSays("backup", "--data", data, file)
	stop()
	total := <-written
	if status != 0 {
		t.Fatalf("backup: %d %s", status, said)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the backup is %v, %v", info.Mode(), err)
	}
	to := filepath.Join(t.TempDir(), "new")
	if status, said := tytoSays("restore", "--data", to, file); status != 0 || !strings.Contains(said, "3 files") {
		t.Fatalf("restore: %d %s", status, said)
	}
	again, err := sqlite.Open(t.Context(), sqlite.DefaultConfig(to))
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	n := 0
	err = again.Read(t.Context(), "z", 0, func(e store.Entry) error {
		if e.Seq != uint64(n) || e.Events[0].Health.Interface != fmt.Sprint(n) {
			t.Errorf("entry %d is %d", n, e.Seq)
		}
		n++
		return nil
	})
	if err != nil || n > total {
		t.Errorf("%d batches of %d, %v", n, total, err)
	}
	if v, err := again.Setting(t.Context(), "colour"); v != "red" || err != nil {
		t.Errorf("the setting is %q, %v", v, err)
	}
	for name, want := range map[string]string{"hub.key": "secret", "forward/soc.json": "{}"} {
		if got, err := os.ReadFile(filepath.Join(to, name)); string(got) != want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	for _, name := range []string{"tyto.db.schema-3", "x.lock"} {
		if _, err := os.Stat(filepath.Join(to, name)); err == nil {
			t.Errorf("%s was saved", name)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(file), ".tyto*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestBackupRefuses(t *testing.T) {
	data, _ := folder(t)
	file := filepath.Join(t.TempDir(), "b")
	if status, said := tytoSays("backup", "--data", data, file); status != 0 {
		t.Fatal(said)
	}
	before, _ := os.ReadFile(file)
	if status, said := tytoSays("backup", "--data", data, file); status != exitUsage || !strings.Contains(said, "there already") {
		t.Errorf("over another: %d %s", status, said)
	}
	if after, _ := os.ReadFile(file); !bytes.Equal(before, after) {
		t.Error("the backup was overwritten")
	}
	if status, said := tytoSays("backup", "--data", t.TempDir(), file+"2"); status != exitUsage || !strings.Contains(said, "no store") {
		t.Errorf("of nothing: %d %s", status, said)
	}
	if status, _ := tytoSays("backup", "--data", data, filepath.Join(t.TempDir(), "no", "such", "b")); status != exitFailed {
		t.Errorf("into no folder: %d", status)
	}
}

func TestRestoreRefuses(t *testing.T) {
	data, s := folder(t)
	file := filepath.Join(t.TempDir(), "b")
	if status, said := tytoSays("--config", emptyConfig(t), "backup", "--data", data, file); status != 0 {
		t.Fatal(said)
	}
	if status, said := tytoSays("restore", "--data", data, file); status != exitUsage || !strings.Contains(said, "nothing was changed") {
		t.Errorf("over a store: %d %s", status, said)
	}
	if v, err := s.Setting(t.Context(), "colour"); v != "red" || err != nil {
		t.Errorf("after that the store says %q, %v", v, err)
	}
	whole, _ := os.ReadFile(file)
	for what, b := range map[string][]byte{"cut off": whole[:len(whole)/2], "changed": append(whole[:len(whole)/2:len(whole)/2], bytes.Repeat([]byte{1}, 100)...), "empty": nil} {
		bad, to := filepath.Join(t.TempDir(), "bad"), filepath.Join(t.TempDir(), "to")
		if err := os.WriteFile(bad, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if status, said := tytoSays("restore", "--data", to, bad); status != exitFailed || !strings.Contains(said, "archive") {
			t.Errorf("%s: %d %s", what, status, said)
		}
		if left, _ := os.ReadDir(to); len(left) > 0 {
			t.Errorf("%s left %v behind", what, left)
		}
	}
	if status, said := tytoSays("restore", "--check", file); status != 0 || !strings.Contains(said, "whole: 4 files") {
		t.Errorf("check: %d %s", status, said)
	}
}

func emptyConfig(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "tyto.yaml")
	if err := os.WriteFile(path, []byte("name: plant\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestRestoreOfOtherVersions restores a store of an older schema, which the
// next start brings up to date, and refuses one of a newer.
func TestRestoreOfOtherVersions(t *testing.T) {
	for _, c := range []struct {
		change string
		status int
		says   string
	}{
		{"DELETE FROM goose_db_version WHERE version_id = (SELECT max(version_id) FROM goose_db_version)", 0, "the hub brings it to"},
		{"INSERT INTO goose_db_version (version_id, is_applied, tstamp) VALUES (9999, 1, '2030-01-01')", exitFailed, "newer version"},
	} {
		data, s := folder(t)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		db, err := sql.Open("sqlite", filepath.Join(data, "tyto.db"))
		if err != nil {
			t.Fatal(err)
		}
		_, err = db.Exec(c.change)
		if db.Close(); err != nil {
			t.Fatal(err)
		}
		file, to := filepath.Join(t.TempDir(), "b"), filepath.Join(t.TempDir(), "to")
		if status, said := tytoSays("backup", "--data", data, file); status != 0 {
			t.Fatal(said)
		}
		if status, said := tytoSays("restore", "--data", to, file); status != c.status || !strings.Contains(said, c.says) {
			t.Errorf("%s: %d %s", c.change, status, said)
		}
	}
}
