package capture

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Watch is how a folder is watched. Fields that are 0 have their default.
type Watch struct {
	State string        // file that remembers what was read, so that a restart reads nothing twice; "" is none
	Every time.Duration // how often it is looked at, a second by default
	Quiet time.Duration // a file that has not grown for so long is whole once there is another; 5 s by default
	Clock Clock         // the system's if nil
}

// WithDefaults is w with the defaults where it says nothing.
func (w Watch) WithDefaults() Watch {
	if w.Every <= 0 {
		w.Every = time.Second
	}
	if w.Quiet <= 0 {
		w.Quiet = 5 * time.Second
	}
	if w.Clock == nil {
		w.Clock = systemClock{}
	}
	return w
}

// folder is a Source of capture files that appear in a folder. All of them
// are one capture, with one count of packets.
type folder struct {
	dir     string
	options Options
	watch   Watch
	stop    chan struct{}
	list    *reading // what was read, of each file
	file    *file    // that is being read, nil if none
	tail    *tail    // of it
	of      *progress
	skip    uint64 // packets of the file that were read before
	saved   time.Time

	mu     sync.Mutex // guards what follows
	info   Info
	closed bool
	busy   bool // Read is at work, and saves at its end
}

// OpenFolder watches a folder, to which another program writes capture files
// in any format that OpenFiles reads, in the order of their last changes. A
// file that is being written is read as it grows, until there is another and
// it is quiet. Each packet is read once, also if a file grows later; a
// file that is overwritten is a new one. What is no capture, and names that
// begin with a dot, are passed over. It ends with Close only.
//
// After a crash of this program, what was read in the last second before it
// may be read again.
func OpenFolder(dir string, w Watch, o Options) (Source, error) {
	if st, err := os.Stat(dir); err != nil || !st.IsDir() {
		return nil, &Error{Name: dir, Reason: "cannot be watched", Err: errors.Unwrap(err), Remedy: "name a folder that is there and can be read"}
	}
	w = w.WithDefaults()
	list, err := loadReading(w.State)
	if err != nil {
		return nil, err
	}
	return &folder{dir: dir, options: o.withDefaults(), watch: w, stop: make(chan struct{}), list: list, info: Info{Name: dir, Link: unknownYet}}, nil
}

// Read implements Source. What was read before is remembered first: the
// caller is through with it.
func (s *folder) Read(b *Batch) error {
	b.Packets = b.Packets[:0]
	if !s.enter() {
		return io.EOF
	}
	defer s.leave()
	if now := s.watch.Clock.Now(); now.Sub(s.saved) >= time.Second {
		if err := s.list.save(); err != nil {
			return s.failed(err)
		}
		s.saved = now
	}
	for {
		if s.file == nil {
			if err := s.next(); err != nil {
				return err
			}
		}
		err := s.file.read(b)
		s.count(b)
		if err != nil {
			s.finish(err == io.EOF)
		}
		if err != nil && err != io.EOF {
			return s.failed(err)
		}
		if len(b.Packets) > 0 {
			return nil
		}
		if s.stopped() {
			return io.EOF
		}
	}
}

// next begins with the next file, and waits until there is one.
func (s *folder) next() error {
	for {
		st, err := s.list.next(s.dir)
		if err != nil {
			err = s.failed(&Error{Name: s.dir, Reason: "cannot be looked at", Err: err, Remedy: "it is tried again; check that it is there and can be read"})
		}
		if st != nil {
			err = s.begin(st)
		}
		switch {
		case err != nil:
			return err
		case s.file != nil:
			return nil
		case st == nil && !s.pause():
			return io.EOF
		}
	}
}

// begin begins to read a file, if it is a capture.
func (s *folder) begin(st fs.FileInfo) error {
	path := filepath.Join(s.dir, st.Name())
	in, err := os.Open(path)
	if err != nil {
		s.list.pass(st)
		return s.failed(&Error{Name: path, Reason: "cannot be opened", Err: errors.Unwrap(err), Remedy: "let the sensor's user read it"})
	}
	s.of = s.list.begin(st, in)
	var magic [4]byte
	in.ReadAt(magic[:], 0)
	_, packed := inflater(magic[:])
	s.skip, s.tail = s.of.Packets, &tail{folder: s, file: in, path: path, packed: packed, changed: s.watch.Clock.Now()}
	f := &file{name: path, options: s.options, info: Info{Link: unknownYet}}
	if s.file, err = f.from(s.tail, in); err != nil {
		s.finish(false)
	}
	return nil
}

// finish notes that a file is read, as far as it goes: to what is its end now,
// or to where it is damaged. After Close it may have more.
func (s *folder) finish(end bool) {
	s.list.dirty, s.of.Done = true, !s.stopped()
	if end {
		s.of.Size = s.tail.read
	}
	if s.file != nil {
		s.file.close()
	}
	s.file, s.tail, s.of = nil, nil, nil
}

// count takes out what was read before, and numbers the rest.
func (s *folder) count(b *Batch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := b.Packets[:0]
	for i := range b.Packets {
		p := &b.Packets[i]
		if p.Number <= s.skip {
			continue
		}
		s.of.Packets, s.list.dirty = p.Number, true
		s.info.saw(p.Time, p.Length, len(p.Data))
		p.Number, s.info.Link = s.info.Packets, p.Link
		kept = append(kept, *p)
	}
	b.Packets = kept
	if len(kept) > 0 {
		s.info.Err = nil
	}
}

// failed notes an error; it is nil if it is the one that was told last.
func (s *folder) failed(err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.info.Err != nil && s.info.Err.Error() == err.Error() {
		return nil
	}
	s.info.Err = err
	return err
}

// pause waits until it is time to look again; false after Close.
func (s *folder) pause() bool {
	select {
	case <-s.watch.Clock.After(s.watch.Every):
		return true
	case <-s.stop:
		return false
	}
}

func (s *folder) stopped() bool {
	select {
	case <-s.stop:
		return true
	default:
		return false
	}
}

// enter notes that Read is at work; false after Close.
func (s *folder) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.busy = !s.closed
	return s.busy
}

// leave saves if Close was called meanwhile.
func (s *folder) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.busy = false
	if s.closed {
		s.release()
	}
}

func (s *folder) release() error {
	if s.file != nil {
		s.file.close()
		s.file = nil
	}
	return s.list.save()
}

// Captures implements Source.
func (s *folder) Captures() []Info {
	s.mu.Lock()
	defer s.mu.Unlock()
	return []Info{s.info}
}

// Close implements Source. A Read that waits returns io.EOF. What Read gave
// counts as read.
func (s *folder) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	close(s.stop)
	if s.busy {
		return nil
	}
	return s.release()
}

// A tail is a file that may still be written to: at its end it waits for more.
type tail struct {
	folder  *folder
	file    *os.File
	path    string
	packed  bool // what is compressed comes whole
	read    int64
	changed time.Time // when it last grew
}

// Read implements io.Reader.
func (t *tail) Read(b []byte) (int, error) {
	for {
		n, err := t.file.Read(b)
		if n > 0 {
			t.read, t.changed = t.read+int64(n), t.folder.watch.Clock.Now()
			return n, nil
		}
		if err != io.EOF {
			return 0, err
		}
		if t.ended() {
			return 0, io.EOF
		}
		if !t.folder.pause() {
			return 0, os.ErrClosed
		}
	}
}

// ended reports whether nothing is to come: it is quiet and there is another
// to read, or compressed, or it is not what it was.
func (t *tail) ended() bool {
	st, err := os.Stat(t.path)
	here, err2 := t.file.Stat()
	if err != nil || err2 != nil || !os.SameFile(st, here) || here.Size() < t.read {
		return true
	}
	t.folder.of.Size, t.folder.of.Changed = here.Size(), here.ModTime()
	return t.folder.watch.Clock.Now().Sub(t.changed) >= t.folder.watch.Quiet && (t.packed || t.folder.list.others(t.folder.dir, filepath.Base(t.path)))
}
