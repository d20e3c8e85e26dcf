package logs

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"tyto/capture"
	"tyto/frame"
	"tyto/tyto"
)

// A follower is a Source of no packets, which reads logs as they are written.
type follower struct {
	path, dir, begins string // begins is how the names of its files do, "" for all of a folder
	watch             capture.Watch
	tell              chan<- []tyto.Event
	stop              chan struct{}
	once              sync.Once
	marks             *marks
	open              []*open
	seen              map[string]seen // by name
	reader            *reader
	buffer            *bufio.Reader
	saved             time.Time

	mu    sync.Mutex // guards what follows
	info  capture.Info
	wrong uint64 // lines that could not be read
}

// An open file is held, so that what is written to it before it is put away
// is read all the same.
type open struct {
	*file
	name  string // "" once it has another, or none
	grown time.Time
}

// seen is a file as it was when all of it had been read.
type seen struct {
	fs.FileInfo
	noLog bool
}

// still reports whether there is nothing new of the file: what is no log does
// not become one by growing.
func (o seen) still(st fs.FileInfo) bool {
	if o.FileInfo == nil || !os.SameFile(o.FileInfo, st) || st.Size() < o.Size() {
		return false
	}
	return o.noLog || o.Size() == st.Size() && o.ModTime().Equal(st.ModTime())
}

// mostOpen is how many files are held.
const mostOpen = 64

// Follow reads the logs in a folder, or one log and those that it was put
// away to, whose names begin with its own ("eve.json", "eve.json.1.gz"), and
// gives tell what they say, as events without sensor, zone and number. Files
// are known by their content; what is no log that is read is passed over.
// Each line is read once, also if its file is renamed, compressed or emptied,
// and after a new start; after a crash of this program, what was read in the
// last second before it may be read again. It ends with Close only.
func Follow(path string, w capture.Watch, tell chan<- []tyto.Event) (capture.Source, error) {
	st, err := os.Stat(path)
	s := &follower{path: path, dir: path, watch: w.WithDefaults(), tell: tell, stop: make(chan struct{}), seen: map[string]seen{},
		reader: newReader(), buffer: bufio.NewReaderSize(nil, maxLine), info: capture.Info{Name: "logs " + path, Logs: true, Link: frame.LinkUnknown}}
	switch {
	case err == nil && st.IsDir():
	case err == nil || errors.Is(err, fs.ErrNotExist) && isDir(filepath.Dir(path)): // it may come
		s.dir, s.begins = filepath.Dir(path), filepath.Base(path)
	default:
		return nil, &capture.Error{Name: path, Reason: "cannot be followed", Err: errors.Unwrap(err), Remedy: "name a log, or a folder of logs, that is there and can be read"}
	}
	s.marks, err = loadMarks(w.State)
	return s, err
}

func isDir(path string) bool {
	st, err := os.Stat(path)
	return err == nil && st.IsDir()
}

// Read implements capture.Source; there are no packets.
func (s *follower) Read(b *capture.Batch) error {
	b.Packets = b.Packets[:0]
	for {
		s.look()
		if !s.stopped() && s.watch.Clock.Now().Sub(s.saved) >= time.Second && len(s.tell) == 0 { // what was told was taken
			s.saved = s.watch.Clock.Now()
			s.failed(s.marks.save())
		}
		select {
		case <-s.watch.Clock.After(s.watch.Every):
		case <-s.stop:
			for _, o := range s.open {
				o.in.Close()
			}
			s.open = nil
			s.failed(s.marks.save())
			return io.EOF
		}
	}
}

func (s *follower) stopped() bool {
	select {
	case <-s.stop:
		return true
	default:
		return false
	}
}

// look reads what is new.
func (s *follower) look() {
	all, err := s.candidates()
	if err != nil {
		s.failed(&capture.Error{Name: s.dir, Reason: "cannot be looked at", Err: err, Remedy: "it is tried again; check that it is there and can be read"})
		return
	}
	s.rename(all)
	for _, st := range all {
		if s.stopped() {
			return
		}
		s.news(st)
	}
	s.leave()
	maps.DeleteFunc(s.seen, func(name string, _ seen) bool {
		return !slices.ContainsFunc(all, func(st fs.FileInfo) bool { return st.Name() == name })
	})
}

// candidates is the files that may be logs, in the order of their last
// changes; of those that changed within a minute those of connections last,
// which are told with the names that others know.
func (s *follower) candidates() ([]fs.FileInfo, error) {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return nil, errors.Unwrap(err)
	}
	var all []fs.FileInfo
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") || !strings.HasPrefix(e.Name(), s.begins) {
			continue
		}
		if st, err := os.Stat(filepath.Join(s.dir, e.Name())); err == nil && st.Mode().IsRegular() && st.Size() > 0 { // also behind a link
			all = append(all, st)
		}
	}
	slices.SortFunc(all, func(a, b fs.FileInfo) int {
		return cmp.Or(a.ModTime().Truncate(time.Minute).Compare(b.ModTime().Truncate(time.Minute)), cmp.Compare(rank(a.Name()), rank(b.Name())),
			a.ModTime().Compare(b.ModTime()), strings.Compare(a.Name(), b.Name()))
	})
	return all, nil
}

// rank is 1 for logs of connections.
func rank(name string) int {
	if strings.HasPrefix(name, "conn.") {
		return 1
	}
	return 0
}

// rename gives open files the names that they have now.
func (s *follower) rename(all []fs.FileInfo) {
	for _, o := range s.open {
		o.name = ""
		here, err := o.in.Stat()
		if err != nil {
			continue
		}
		for _, st := range all {
			if os.SameFile(st, here) {
				o.name = st.Name()
			}
		}
	}
}

// news reads what is new of a file.
func (s *follower) news(st fs.FileInfo) {
	i := slices.IndexFunc(s.open, func(o *open) bool { return o.name == st.Name() })
	if i >= 0 && st.Size() < s.open[i].mark.Offset && !s.open[i].packed { // it was emptied, and begins anew
		s.open[i].in.Close()
		s.open = slices.Delete(s.open, i, i+1)
		i = -1
	}
	if s.seen[st.Name()].still(st) {
		return
	}
	if i < 0 {
		if s.marks.done(st) {
			s.seen[st.Name()] = seen{FileInfo: st}
			return
		}
		f, err := openFile(filepath.Join(s.dir, st.Name()), s.buffer)
		switch {
		case errors.Is(err, errNothingYet):
			return
		case errors.Is(err, errNoLog):
			s.seen[st.Name()] = seen{st, true}
			return
		case err != nil:
			s.failed(&capture.Error{Name: filepath.Join(s.dir, st.Name()), Reason: "cannot be opened", Err: errors.Unwrap(err), Remedy: "let the sensor's user read it"})
			return
		}
		f.mark = s.marks.of(fmt.Sprintf("%016x", f.key), st.Name())
		s.open = append(s.open, &open{file: f, name: st.Name(), grown: s.watch.Clock.Now()})
		i = len(s.open) - 1
	}
	s.more(s.open[i], st)
}

// more reads what there is more of an open file.
func (s *follower) more(o *open, st fs.FileInfo) {
	m := o.mark
	before := m.place
	err := o.read(m.place, o.packed, s.buffer, func(line []byte, number uint64, err error) { s.line(o.log, line, number, err) }, func(at place) bool { return s.commit(m, at) })
	if err != nil {
		s.failed(&capture.Error{Name: o.path, Reason: "cannot be read to its end", Err: err, Remedy: "it is tried again when it changes"})
	}
	if s.stopped() {
		return
	}
	if m.place != before {
		o.grown = s.watch.Clock.Now()
	}
	if o.name != "" {
		s.seen[o.name] = seen{FileInfo: st}
		m.Name, m.Size, m.Changed, s.marks.dirty = o.name, st.Size(), st.ModTime(), true
	}
}

// line reads one line. What it fails on is counted.
func (s *follower) line(l *log, line []byte, number uint64, err error) {
	var at int64
	if err == nil {
		at, err = s.reader.safely(l, line, number)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	count(&s.info, at)
	if err != nil {
		s.wrong++
		s.info.Err = fmt.Errorf("logs: %d lines could not be read, the last: line %d of %s: %w", s.wrong, number, l.path, err)
	}
}

// count counts a line.
func count(i *capture.Info, at int64) {
	i.Lines++
	if at == 0 {
		return
	}
	if i.First == 0 || at < i.First {
		i.First = at
	}
	i.Last = max(i.Last, at)
}

// commit hands on what was told, and notes to where it was read; false after
// Close, when nobody takes it.
func (s *follower) commit(m *mark, at place) bool {
	if events := s.reader.take(); len(events) > 0 {
		select {
		case s.tell <- events:
		case <-s.stop:
			return false
		}
	}
	if m.place != at {
		m.place, s.marks.dirty = at, true
	}
	return true
}

// leave closes files of which nothing is to come: compressed ones, those that
// were put away and are quiet, and of too many those that grew longest ago.
func (s *follower) leave() {
	now := s.watch.Clock.Now()
	kept := s.open[:0]
	for _, o := range s.open {
		if o.name == "" { // put away, perhaps while it was written to
			if st, err := o.in.Stat(); err == nil {
				s.more(o, st)
			}
		}
		if o.packed || o.name == "" && now.Sub(o.grown) >= s.watch.Quiet {
			o.in.Close()
			continue
		}
		kept = append(kept, o)
	}
	slices.SortStableFunc(kept, func(a, b *open) int { return b.grown.Compare(a.grown) })
	for _, o := range kept[min(len(kept), mostOpen):] {
		o.in.Close()
	}
	s.open = kept[:min(len(kept), mostOpen)]
}

// failed notes an error.
func (s *follower) failed(err error) {
	if err == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.info.Err = err
}

// Captures implements capture.Source.
func (s *follower) Captures() []capture.Info {
	s.mu.Lock()
	defer s.mu.Unlock()
	return []capture.Info{s.info}
}

// Close implements capture.Source. A Read that waits remembers what was read
// and returns io.EOF.
func (s *follower) Close() error {
	s.once.Do(func() { close(s.stop) })
	return nil
}
