package sqlite

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tyto/store"
	"tyto/tyto"
)

// interrupted is a folder as a power cut leaves it: a database with a journal
// of some transactions.
func interrupted(t *testing.T) (path string, wal []byte) {
	t.Helper()
	from, to := DefaultConfig(t.TempDir()), DefaultConfig(t.TempDir())
	s, err := Open(ctx, from)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for i := range 20 {
		if _, _, err := s.Append(ctx, store.Batch{Zone: "z", Sensor: "s", Seq: uint64(i), Events: []tyto.Event{{Kind: tyto.KindHealth, Health: &tyto.Health{}}}}); err != nil {
			t.Fatal(err)
		}
	}
	for _, end := range []string{"", "-wal"} {
		b, err := os.ReadFile(from.Path + end)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to.Path+end, b, 0o600); err != nil {
			t.Fatal(err)
		}
		wal = b
	}
	return to.Path, wal
}

func count(t *testing.T, path string) (n int, err error) {
	t.Helper()
	s, err := Open(ctx, Config{Path: path})
	if err != nil {
		return 0, err
	}
	defer s.Close()
	return n, s.Read(ctx, "z", 0, func(store.Entry) error { n++; return nil })
}

func TestPowerCut(t *testing.T) {
	whole, _ := interrupted(t)
	if n, err := count(t, whole); n != 20 || err != nil {
		t.Errorf("%d of 20 batches are there (%v)", n, err)
	}
	for _, cut := range []int{1, 100, 4096 + frameHeader} { // the end never reached the disk
		path, wal := interrupted(t)
		if err := os.WriteFile(path+"-wal", wal[:len(wal)-cut], 0o600); err != nil {
			t.Fatal(err)
		}
		if n, err := count(t, path); n != 19 || err != nil {
			t.Errorf("cut off by %d: %d batches are there, want the 19 before (%v)", cut, n, err)
		}
	}
	path, wal := interrupted(t)
	clear(wal[len(wal)-4096:]) // or not all of it
	if err := os.WriteFile(path+"-wal", wal, 0o600); err != nil {
		t.Fatal(err)
	}
	if n, err := count(t, path); n != 19 || err != nil {
		t.Errorf("torn: %d batches are there, want the 19 before (%v)", n, err)
	}
}

func TestDamagedJournalIsNamed(t *testing.T) {
	for name, damage := range map[string]func(b []byte){
		"a bit":      func(b []byte) { b[walHeader+frameHeader+len(b)/3] ^= 4 },
		"a frame":    func(b []byte) { clear(b[walHeader+5*(4096+frameHeader) : walHeader+6*(4096+frameHeader)]) },
		"the salt":   func(b []byte) { b[walHeader+5*(4096+frameHeader)+9] ^= 1 },
		"the header": func(b []byte) { b[17] ^= 1 },
		"the magic":  func(b []byte) { b[0] = 0 },
	} {
		path, wal := interrupted(t)
		damage(wal)
		if err := os.WriteFile(path+"-wal", wal, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := count(t, path)
		if !errors.Is(err, store.ErrDamaged) || !strings.Contains(err.Error(), filepath.Base(path)+"-wal") {
			t.Errorf("%s: got %v, want ErrDamaged with the journal's name", name, err)
		}
		if now, err := os.ReadFile(path + "-wal"); err != nil || string(now) != string(wal) {
			t.Errorf("%s: the journal was changed (%v)", name, err)
		}
	}
}

// FuzzJournal reads any bytes as a journal.
func FuzzJournal(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("\x37\x7f\x06\x82\x00\x2d\xe2\x18\x00\x00\x10\x00aaaabbbbccccddddeeee"))
	f.Fuzz(func(t *testing.T, b []byte) {
		j := journal{r: strings.NewReader(string(b))}
		_ = j.check()
	})
}
