package capture

import (
	"errors"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"sync"
)

// Options are how files are read. Fields that are 0 have their default.
type Options struct {
	BatchBytes   int   // memory of a batch, 256 KiB by default: it stays in the cache of a core
	BatchPackets int   // packets of a batch at most, 4,096 by default
	MaxPacket    int   // the largest record that is believed, 16 MiB by default
	MaxInflated  int64 // bytes that a compressed file may become, 1 TiB by default
}

func (o Options) withDefaults() Options {
	if o.BatchBytes <= 0 {
		o.BatchBytes = 256 << 10
	}
	if o.BatchPackets <= 0 {
		o.BatchPackets = 4096
	}
	if o.MaxPacket <= 0 {
		o.MaxPacket = 16 << 20
	}
	if o.MaxInflated <= 0 {
		o.MaxInflated = 1 << 40
	}
	return o
}

// Files is a Source of capture files, read one after the other.
type Files struct {
	options Options
	names   []string
	stream  io.Reader // instead of the one name, if not nil
	next    int
	at      *file

	mu       sync.Mutex // guards what other goroutines ask for
	captures []Info
	closed   bool
}

var _ Source = (*Files)(nil)

// OpenFiles reads capture files in the order of paths: pcap and pcapng, plain
// or compressed with gzip or zstd. A folder stands for the capture files in
// it and below it, in the order of their names; "-" is standard input. A path
// that is not there is an error at once; what is wrong inside a file is an
// error of Read.
func OpenFiles(paths []string, o Options) (Source, error) {
	s := &Files{options: o.withDefaults()}
	for _, path := range paths {
		if err := s.add(path); err != nil {
			return nil, err
		}
	}
	if len(s.names) == 0 {
		return nil, &Error{Name: "no file", Reason: "nothing to read", Remedy: "name a capture file, a folder, or - for standard input"}
	}
	if len(s.names) > math.MaxUint16 {
		return nil, &Error{Name: paths[0], Reason: "more than 65535 files", Remedy: "read them in parts"}
	}
	s.captures = make([]Info, len(s.names))
	for i, name := range s.names {
		s.captures[i] = Info{Name: name, Link: unknownYet, Size: sizeOf(name)}
	}
	return s, nil
}

// OpenStream reads one capture from r, in any format that OpenFiles reads,
// packet by packet as they come; r is closed with the Source if it can be.
func OpenStream(name string, r io.Reader, o Options) Source {
	return &Files{
		options: o.withDefaults(), names: []string{name}, stream: r,
		captures: []Info{{Name: name, Link: unknownYet}},
	}
}

// add takes a path, or the capture files of a folder.
func (s *Files) add(path string) error {
	if path == "-" {
		s.names = append(s.names, path)
		return nil
	}
	st, err := os.Stat(path)
	if err != nil {
		var p *fs.PathError
		if errors.As(err, &p) {
			err = p.Err
		}
		return &Error{Name: path, Reason: "cannot be opened", Err: err, Remedy: "check the path and its permissions"}
	}
	if !st.IsDir() {
		s.names = append(s.names, path)
		return nil
	}
	before := len(s.names)
	err = filepath.WalkDir(path, func(p string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && isCapture(p) {
			s.names = append(s.names, p)
		}
		return nil // a folder that cannot be read is skipped
	})
	if err == nil && len(s.names) == before {
		err = &Error{Name: path, Reason: "no capture file in this folder", Remedy: "pcap and pcapng files are known by their first bytes, whatever their names"}
	}
	return err
}

func sizeOf(name string) int64 {
	if st, err := os.Stat(name); err == nil && st.Mode().IsRegular() {
		return st.Size()
	}
	return 0
}

// Read implements Source.
func (s *Files) Read(b *Batch) error {
	b.Packets = b.Packets[:0]
	for {
		if s.at == nil {
			if s.isClosed() || s.next == len(s.names) {
				return io.EOF
			}
			if err := s.open(); err != nil {
				return err
			}
		}
		err := s.at.read(b)
		if s.isClosed() {
			b.Packets = b.Packets[:0]
			return io.EOF
		}
		s.publish(err)
		switch {
		case err == nil:
			return nil
		case err != io.EOF:
			return err
		case len(b.Packets) > 0:
			return nil
		}
	}
}

// open begins with the next file.
func (s *Files) open() error {
	i := s.next
	s.next++
	f, err := s.begin(i)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.captures[i].Err = err
		return err
	}
	s.at = f
	return nil
}

func (s *Files) begin(i int) (*file, error) {
	if s.stream == nil {
		return openFile(s.names[i], uint16(i), s.options)
	}
	f := &file{name: s.names[i], options: s.options, info: s.captures[i]}
	c, _ := s.stream.(io.Closer)
	return f.from(s.stream, c)
}

// publish makes the counters of the file visible, and leaves it when err
// says that it has ended.
func (s *Files) publish(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.at
	f.info.Offset = f.raw.n
	if err != nil {
		if err != io.EOF {
			f.info.Err = err
		}
		f.close()
		s.at = nil
	}
	s.captures[f.source] = f.info
}

func (s *Files) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

// Captures implements Source. It may be called while Read is at work.
func (s *Files) Captures() []Info {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Info(nil), s.captures...)
}

// Close ends the reading; a Read that is waiting for a file returns io.EOF.
func (s *Files) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	if s.at != nil && s.at.closer != nil {
		return s.at.closer.Close()
	}
	return nil
}
