package capture

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/zeebo/xxh3"
)

// reading is what was read of the files of a folder, by name. It belongs to
// one goroutine.
type reading struct {
	path  string // where it is remembered, "" is nowhere
	files map[string]*progress
	dirty bool
}

// progress is what was read of one file.
type progress struct {
	Packets uint64    `json:"packets"`
	Done    bool      `json:"done"` // all that it had; if it grows there is more
	Size    int64     `json:"size"` // when it was looked at last
	Changed time.Time `json:"changed"`
	Begins  int64     `json:"begins"` // how many of its first bytes have this hash: another file of the name has others
	Hash    uint64    `json:"hash"`
}

const (
	leastFile = pcapHeader + pcapRecord // before so much is there, nothing can be told of a file
	mostHash  = 4096
)

func loadReading(path string) (*reading, error) {
	l := &reading{path: path, files: map[string]*progress{}}
	if path == "" {
		return l, nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("capture: remember what is read of a folder: %w", err)
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return l, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &l.files)
	}
	if err != nil {
		return nil, fmt.Errorf("capture: what was read of a folder: %s: %w; remove it to read all files anew", path, err)
	}
	for name, p := range l.files {
		if p == nil {
			delete(l.files, name)
		}
	}
	return l, nil
}

// save remembers what was read.
func (l *reading) save() error {
	if l.path == "" || !l.dirty {
		return nil
	}
	text, err := json.Marshal(l.files)
	if err == nil {
		err = os.WriteFile(l.path+".new", text, 0o600)
	}
	if err == nil {
		err = os.Rename(l.path+".new", l.path)
	}
	if err != nil {
		return fmt.Errorf("capture: remember what was read of a folder: %w", err)
	}
	l.dirty = false
	return nil
}

// look is the files of a folder that may be captures, the one that changed
// first first.
func look(dir string) ([]fs.FileInfo, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, errors.Unwrap(err)
	}
	var all []fs.FileInfo
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			continue
		}
		if st, err := e.Info(); err == nil && st.Mode().IsRegular() && st.Size() >= leastFile {
			all = append(all, st)
		}
	}
	slices.SortFunc(all, func(a, b fs.FileInfo) int {
		return cmp.Or(a.ModTime().Compare(b.ModTime()), strings.Compare(a.Name(), b.Name()))
	})
	return all, nil
}

// next is a file of which there is something to read, nil if there is none.
// What is gone is forgotten.
func (l *reading) next(dir string) (next fs.FileInfo, err error) {
	all, err := look(dir)
	if err != nil {
		return nil, err
	}
	here := make(map[string]bool, len(all))
	for _, st := range all {
		here[st.Name()] = true
		if next == nil && l.waits(st) {
			next = st
		}
	}
	for old := range l.files {
		if !here[old] {
			delete(l.files, old)
			l.dirty = true
		}
	}
	return next, nil
}

// waits reports whether there may be something to read of a file.
func (l *reading) waits(st fs.FileInfo) bool {
	p := l.files[st.Name()]
	return p == nil || !p.Done || p.Size != st.Size() || !p.Changed.Equal(st.ModTime())
}

// others reports whether a folder has something to read beside one file.
func (l *reading) others(dir, beside string) bool {
	all, err := look(dir)
	return err == nil && slices.ContainsFunc(all, func(st fs.FileInfo) bool { return st.Name() != beside && l.waits(st) })
}

// begin is what was read of a file that is opened; of another file of the
// same name it is forgotten.
func (l *reading) begin(st fs.FileInfo, in io.ReaderAt) *progress {
	p := l.files[st.Name()]
	if p == nil || hash(in, p.Begins) != p.Hash {
		p = &progress{}
		l.files[st.Name()] = p
	}
	l.dirty, p.Done = true, false
	p.Size, p.Changed, p.Begins = st.Size(), st.ModTime(), min(st.Size(), mostHash)
	p.Hash = hash(in, p.Begins)
	return p
}

// pass notes that a file cannot be read as it is.
func (l *reading) pass(st fs.FileInfo) {
	l.files[st.Name()] = &progress{Done: true, Size: st.Size(), Changed: st.ModTime()}
}

// hash is that of the first bytes of a file; another if it has fewer.
func hash(in io.ReaderAt, n int64) uint64 {
	b := make([]byte, min(n, mostHash))
	got, _ := in.ReadAt(b, 0)
	return xxh3.Hash(b[:got])
}
