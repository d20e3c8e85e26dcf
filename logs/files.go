package logs

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"tyto/capture"
	"tyto/frame"
	"tyto/tyto"
)

// Find tells logs from other files: all that a folder has, at any depth, in
// the order of their names. A folder stays among the others.
func Find(paths []string) (found, others []string) {
	buffer := bufio.NewReaderSize(nil, maxLine)
	for _, path := range paths {
		st, err := os.Stat(path)
		switch {
		case err == nil && st.IsDir():
			filepath.WalkDir(path, func(p string, d fs.DirEntry, err error) error {
				if err == nil && d.Type().IsRegular() && is(p, buffer) {
					found = append(found, p)
				}
				return nil // a folder that cannot be read is skipped
			})
			others = append(others, path)
		case err == nil && st.Mode().IsRegular() && is(path, buffer):
			found = append(found, path)
		default:
			others = append(others, path)
		}
	}
	return found, others
}

// is reports whether a file is a log.
func is(path string, buffer *bufio.Reader) bool {
	f, err := openFile(path, buffer)
	if err != nil {
		return errors.Is(err, errNothingYet) && headed(path)
	}
	f.in.Close()
	return true
}

// headed reports whether a file without a line is a log of Zeek all the same.
func headed(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	var head [10]byte
	n, _ := io.ReadFull(f, head[:])
	return string(head[:n]) == "#separator"
}

// Files is a Source of captures and, beside them, of logs.
type Files struct {
	capture.Source // nil if there are no captures
	paths          []string

	mu    sync.Mutex // guards what follows
	infos []capture.Info
}

// Open is a Source of the packets of captures, which may be nil, whose
// Captures names logs, too. Tell reads them.
func Open(captures capture.Source, paths []string) *Files {
	s := &Files{Source: captures, paths: paths}
	for _, p := range paths {
		s.infos = append(s.infos, capture.Info{Name: p, Logs: true, Link: frame.LinkUnknown})
	}
	return s
}

// Read implements capture.Source.
func (s *Files) Read(b *capture.Batch) error {
	if s.Source == nil {
		b.Packets = b.Packets[:0]
		return io.EOF
	}
	return s.Source.Read(b)
}

// Captures implements capture.Source.
func (s *Files) Captures() (all []capture.Info) {
	if s.Source != nil {
		all = s.Source.Captures()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return append(all, s.infos...)
}

// Close implements capture.Source.
func (s *Files) Close() error {
	if s.Source == nil {
		return nil
	}
	return s.Source.Close()
}

// Tell reads the logs from their beginnings to their ends, those of
// connections last, and gives publish what they tell, as events without
// sensor, zone and number. It returns the first error of publish; what is
// wrong with a log is an error of its capture.
func (s *Files) Tell(publish func([]tyto.Event) error) error {
	r, buffer := newReader(), bufio.NewReaderSize(nil, maxLine)
	order := make([]int, len(s.paths))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return rank(filepath.Base(s.paths[a])) - rank(filepath.Base(s.paths[b])) })
	for _, i := range order {
		if err := s.tell(i, r, buffer, publish); err != nil {
			return err
		}
	}
	return nil
}

// tell reads one log.
func (s *Files) tell(i int, r *reader, buffer *bufio.Reader, publish func([]tyto.Event) error) (failed error) {
	info, wrong := s.infos[i], 0
	in, err := os.Open(s.paths[i])
	if err != nil {
		info.Err = &capture.Error{Name: info.Name, Reason: "cannot be opened", Err: errors.Unwrap(err), Remedy: "check the path and its permissions"}
	} else {
		f := &file{log: newLog(s.paths[i]), in: in}
		err = f.read(place{}, true, buffer, func(line []byte, number uint64, err error) {
			var at int64
			if err == nil {
				at, err = r.safely(f.log, line, number)
			}
			if count(&info, at); err != nil {
				wrong++
				info.Err = fmt.Errorf("logs: %d lines could not be read, the last: line %d of %s: %w", wrong, number, info.Name, err)
			}
		}, func(place) bool {
			if events := r.take(); len(events) > 0 {
				failed = publish(events)
			}
			return failed == nil
		})
		in.Close()
		if err != nil {
			info.Err = &capture.Error{Name: info.Name, Packet: info.Lines, Reason: "cannot be read to its end", Err: err, Remedy: "the lines before it were read"}
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.infos[i] = info
	return failed
}
