package packets

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"tyto/capture"
)

// files is the segments of a ring, one file each: FIRST-LAST.pcapng, in
// nanoseconds since 1970, and NUMBER.open for the one that is being written.
type files struct {
	dir string
	cap int64

	mu     sync.Mutex // guards what follows
	all    []file     // whole ones, the oldest first
	bytes  int64      // of them
	now    *os.File   // being written; nil if none
	open   file
	number uint64
	lost   uint64 // a segment of which no more can be written
}

type file struct {
	path  string
	bytes int64
	span
}

const (
	wholeSuffix = ".pcapng"
	openSuffix  = ".open"
)

// read takes over what is there. A segment that was not finished is finished.
func (f *files) read(c Config) error {
	f.dir, f.cap = c.Dir, c.Bytes
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return fmt.Errorf("packets: %w; choose a folder that can be written", err)
	}
	entries, err := os.ReadDir(c.Dir)
	if err != nil {
		return fmt.Errorf("packets: %w", err)
	}
	for _, e := range entries {
		path := filepath.Join(c.Dir, e.Name())
		switch filepath.Ext(path) {
		case openSuffix:
			if err := f.finish(path); err != nil {
				return err
			}
		case wholeSuffix:
			x, err := fileOf(path)
			if err != nil {
				return err
			}
			if x.last != 0 {
				f.add(x)
			}
		}
	}
	f.thin(0)
	return nil
}

// fileOf is a whole segment by its name; its span is 0 if it is not ours.
func fileOf(path string) (file, error) {
	x := file{path: path}
	first, last, ok := strings.Cut(strings.TrimSuffix(filepath.Base(path), wholeSuffix), "-")
	from, err1 := strconv.ParseInt(first, 10, 64)
	to, err2 := strconv.ParseInt(last, 10, 64)
	if !ok || err1 != nil || err2 != nil {
		return x, nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return x, fmt.Errorf("packets: %w", err)
	}
	x.bytes, x.first, x.last = info.Size(), from, to
	return x, nil
}

// finish gives a segment that a crash left its name. What is damaged at its
// end is passed over when it is read.
func (f *files) finish(path string) error {
	source, err := capture.OpenFiles([]string{path}, capture.Options{})
	if err != nil {
		return f.drop(path)
	}
	defer source.Close()
	var b capture.Batch
	for err = nil; !errors.Is(err, io.EOF); {
		err = source.Read(&b)
	}
	info := source.Captures()[0]
	if info.Packets == 0 {
		return f.drop(path)
	}
	return f.name(path, span{info.First, info.Last})
}

func (f *files) drop(path string) error {
	if err := os.Remove(path); err != nil {
		return fmt.Errorf("packets: %w", err)
	}
	return nil
}

// name gives a finished segment its name.
func (f *files) name(path string, s span) error {
	to := filepath.Join(f.dir, fmt.Sprintf("%d-%d%s", s.first, s.last, wholeSuffix))
	if err := os.Rename(path, to); err != nil {
		return fmt.Errorf("packets: %w", err)
	}
	x, err := fileOf(to)
	if err == nil {
		f.add(x)
	}
	return err
}

func (f *files) add(x file) {
	at, same := slices.BinarySearchFunc(f.all, x, func(a, b file) int {
		return cmp.Or(cmp.Compare(a.first, b.first), strings.Compare(a.path, b.path))
	})
	if same { // the same name was written over
		f.bytes -= f.all[at].bytes
		f.all[at] = x
	} else {
		f.all = slices.Insert(f.all, at, x)
	}
	f.bytes += x.bytes
}

// thin makes room for more bytes: the oldest go.
func (f *files) thin(more int64) {
	for len(f.all) > 0 && f.bytes+f.open.bytes+more > f.cap {
		os.Remove(f.all[0].path) // if it stays, the next Open finds it again
		f.bytes -= f.all[0].bytes
		f.all = f.all[1:]
	}
}

var errLost = errors.New("the beginning of its file could not be written")

// write appends a buffer to its segment's file.
func (f *files) write(x *buffer) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if x.segment == f.lost {
		return errLost
	}
	f.thin(int64(len(x.b)))
	if f.now != nil && f.number != x.segment {
		f.close()
	}
	if f.now == nil {
		path := filepath.Join(f.dir, fmt.Sprintf("%d%s", x.segment, openSuffix))
		now, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
		if err != nil {
			f.lost = x.segment
			return err
		}
		f.now, f.number, f.open = now, x.segment, file{path: path, span: x.span}
	}
	n, err := f.now.Write(x.b)
	if err != nil {
		f.lost = x.segment
		_ = f.now.Truncate(f.open.bytes) // half a block is no block
		_ = f.close()
		f.thin(f.cap / 8) // perhaps the disk is full
		return fmt.Errorf("wrote %d of %d bytes: %w", n, len(x.b), err)
	}
	f.open.bytes += int64(n)
	f.open.widen(x.first, false)
	f.open.widen(x.last, false)
	if x.ends {
		return f.close()
	}
	return nil
}

// close finishes the file that is being written.
func (f *files) close() error {
	err := f.now.Close()
	x := f.open
	f.now, f.open = nil, file{}
	if err != nil {
		return err
	}
	if x.bytes == 0 {
		return f.drop(x.path)
	}
	return f.name(x.path, x.span)
}

// end finishes what is open.
func (f *files) end() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.now != nil {
		_ = f.close() // the next Open finishes what this could not
	}
}

// between is the files that may hold packets of a time.
func (f *files) between(from, to int64) (all []file) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, x := range f.all {
		if x.first <= to && x.last >= from {
			all = append(all, x)
		}
	}
	if f.now != nil && f.open.first <= to && f.open.last >= from {
		all = append(all, f.open)
	}
	return all
}

func (f *files) stats(s *Stats) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s.Bytes = f.bytes + f.open.bytes
	for _, x := range append(slices.Clone(f.all), f.open) {
		if x.path == "" {
			continue
		}
		if s.Oldest == 0 || x.first < s.Oldest {
			s.Oldest = x.first
		}
		s.Newest = max(s.Newest, x.last)
	}
}
