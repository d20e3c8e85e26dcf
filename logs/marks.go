package logs

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// A place is how far a log was read, inflated.
type place struct {
	Offset int64  `json:"offset"`
	Lines  uint64 `json:"lines"`
}

// A mark is how far a log was read, and what it was like then.
type mark struct {
	place
	Name    string    `json:"name"`
	Size    int64     `json:"size"`
	Changed time.Time `json:"changed"`
}

// marks is how far the logs of one path were read, by key. It belongs to one
// goroutine.
type marks struct {
	path  string // where it is remembered, "" is nowhere
	all   map[string]*mark
	dirty bool
}

// mostMarks is how many logs are remembered; those that changed last.
const mostMarks = 4096

func loadMarks(path string) (*marks, error) {
	m := &marks{path: path, all: map[string]*mark{}}
	if path == "" {
		return m, nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("logs: remember what is read: %w", err)
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return m, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &m.all)
	}
	if err != nil {
		return nil, fmt.Errorf("logs: what was read: %s: %w; remove it to read all logs anew", path, err)
	}
	for key, x := range m.all {
		if x == nil || x.Offset < 0 {
			delete(m.all, key)
		}
	}
	return m, nil
}

// of is the mark of a key.
func (m *marks) of(key, name string) *mark {
	x := m.all[key]
	if x == nil {
		x = &mark{Name: name}
		m.all[key] = x
	}
	return x
}

// done reports whether a file is as it was when it was read to its end.
func (m *marks) done(st fs.FileInfo) bool {
	for _, x := range m.all {
		if x.Size == st.Size() && x.Name == st.Name() && x.Changed.Equal(st.ModTime()) {
			return true
		}
	}
	return false
}

// save remembers what was read.
func (m *marks) save() error {
	if m.path == "" || !m.dirty {
		return nil
	}
	m.forget()
	text, err := json.Marshal(m.all)
	if err == nil {
		err = os.WriteFile(m.path+".new", text, 0o600)
	}
	if err == nil {
		err = os.Rename(m.path+".new", m.path)
	}
	if err != nil {
		return fmt.Errorf("logs: remember what is read: %w", err)
	}
	m.dirty = false
	return nil
}

// forget forgets the oldest, if there are too many.
func (m *marks) forget() {
	if len(m.all) <= mostMarks {
		return
	}
	var keys []string
	for key := range m.all {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, func(a, b string) int { return cmp.Or(m.all[b].Changed.Compare(m.all[a].Changed), cmp.Compare(a, b)) })
	for _, key := range keys[mostMarks:] {
		delete(m.all, key)
	}
}
