package sqlite

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tyto/store"
	"tyto/tyto"
)

// TestKilledWhileWritingBack puts a store into the state in which a process
// leaves it that is killed while the journal is written back: the first page
// is written already, and the new ones at the end are not. All of it must be
// there. Without the journal it is damaged.
func TestKilledWhileWritingBack(t *testing.T) {
	from := t.TempDir()
	s, err := Open(t.Context(), DefaultConfig(from))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for i := range uint64(40) {
		e := tyto.Event{Version: tyto.EventVersion, Kind: tyto.KindHealth, Health: &tyto.Health{Interface: "eth0", Counters: map[string]uint64{}}}
		for j := range 200 {
			e.Health.Counters[fmt.Sprint("counter ", i*i, " ", j*j)] = i * uint64(j)
		}
		if _, _, err := s.Append(t.Context(), store.Batch{Zone: "z", Sensor: "s", Epoch: 1, Seq: i + 1, Events: []tyto.Event{e}}); err != nil {
			t.Fatal(err)
		}
	}
	db, err := os.ReadFile(filepath.Join(from, "tyto.db"))
	if err != nil {
		t.Fatal(err)
	}
	wal, err := os.ReadFile(filepath.Join(from, "tyto.db-wal"))
	if err != nil {
		t.Fatal(err)
	}
	size := int(binary.BigEndian.Uint32(wal[8:]))
	for frame := wal[walHeader:]; len(frame) >= frameHeader+size; frame = frame[frameHeader+size:] {
		if binary.BigEndian.Uint32(frame) == 1 {
			copy(db, frame[frameHeader:frameHeader+size])
		}
	}
	if pages := int(binary.BigEndian.Uint32(db[28:])); pages*size <= len(db) {
		t.Fatalf("the first page counts %d pages, and they are there: nothing is tried", pages)
	}
	for _, journal := range []bool{true, false} {
		folder := t.TempDir()
		if err := os.WriteFile(filepath.Join(folder, "tyto.db"), db, 0o600); err != nil {
			t.Fatal(err)
		}
		if journal {
			if err := os.WriteFile(filepath.Join(folder, "tyto.db-wal"), wal, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		again, err := Open(t.Context(), DefaultConfig(folder))
		if !journal {
			if err == nil || !strings.Contains(err.Error(), "cut off") {
				t.Errorf("without the journal: %v", err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		if err := again.Read(t.Context(), "z", 0, func(store.Entry) error { n++; return nil }); err != nil || n != 40 {
			t.Errorf("%d of 40 batches are there, %v", n, err)
		}
		if err := again.Close(); err != nil {
			t.Error(err)
		}
	}
}
