package capture

import (
	"errors"
	"fmt"
	"io"
	"os"

	"tyto/frame"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// unknownYet is the link type of a file of which nothing was read.
const unknownYet = frame.LinkUnknown

// A format walks the records of a capture.
type format interface {
	// walk appends the packets of mem, which begins at a record, to the batch.
	// It says how many bytes it is through with, and how many the record
	// after them has, 0 if that cannot be told yet. Its error is of the
	// record after the used bytes.
	walk(f *file, b *Batch, mem []byte) (used, need int, err error)
}

// A file is one capture being read.
type file struct {
	name    string
	source  uint16
	options Options
	raw     *counted  // the file
	closer  io.Closer // of the file, nil if it is not ours to close
	r       io.Reader // the capture in it, inflated
	inflate io.Closer // nil if it was not compressed
	whole   bool      // fill each batch: reading waits for nobody
	format  format
	tail    []byte // read, but not yet walked
	offset  int64  // of tail in r
	ended   bool
	cause   error // of the end, from r
	info    Info
}

// counted counts what was read of a file.
type counted struct {
	r io.Reader
	n int64
}

// Read implements io.Reader.
func (c *counted) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.n += int64(n)
	return n, err
}

func openFile(name string, source uint16, o Options) (*file, error) {
	f := &file{name: name, source: source, options: o}
	f.info = Info{Name: name, Link: unknownYet, Size: sizeOf(name)}
	if name == "-" {
		f.name = "standard input"
		return f.from(os.Stdin, nil)
	}
	in, err := os.Open(name)
	if err != nil {
		return nil, f.fail("cannot be opened", "check the path and its permissions", errors.Unwrap(err))
	}
	st, err := in.Stat()
	f.whole = err == nil && st.Mode().IsRegular()
	return f.from(in, in)
}

// from begins to read r, which c closes unless it is nil.
func (f *file) from(r io.Reader, c io.Closer) (*file, error) {
	f.raw, f.closer = &counted{r: r}, c
	if err := f.begin(); err != nil {
		f.close()
		return nil, err
	}
	return f, nil
}

// begin looks at the first bytes: is it compressed, and which format is it.
func (f *file) begin() error {
	f.r = f.raw
	head, err := f.head()
	if err != nil {
		return err
	}
	if inflate, ok := inflater(head); ok {
		r, closer, err := inflate(io.MultiReader(sliceReader(&head), f.raw))
		if err != nil {
			return f.fail("cannot be inflated", remedyCut, err)
		}
		f.r, f.inflate = &io.LimitedReader{R: r, N: f.options.MaxInflated}, closer
		if head, err = f.head(); err != nil {
			return err
		}
	}
	f.format, f.tail, err = f.sniff(head)
	f.offset = int64(len(head) - len(f.tail))
	return err
}

// head reads as many bytes as the header of a pcap file has.
func (f *file) head() ([]byte, error) {
	head := make([]byte, pcapHeader)
	n, err := io.ReadFull(f.r, head)
	switch {
	case n == 0 && err == io.EOF:
		return nil, f.fail("the file is empty", "", nil)
	case err != nil && err != io.ErrUnexpectedEOF:
		return nil, f.fail("cannot be read", "", err)
	}
	return head[:n], nil
}

// sliceReader reads what is in b.
func sliceReader(b *[]byte) io.Reader { return &slice{*b} }

type slice struct{ b []byte }

// Read implements io.Reader.
func (s *slice) Read(b []byte) (int, error) {
	if len(s.b) == 0 {
		return 0, io.EOF
	}
	n := copy(b, s.b)
	s.b = s.b[n:]
	return n, nil
}

// inflater finds out how head is compressed, if it is.
func inflater(head []byte) (func(io.Reader) (io.Reader, io.Closer, error), bool) {
	switch {
	case hasPrefix(head, "\x1f\x8b"):
		return func(r io.Reader) (io.Reader, io.Closer, error) {
			z, err := gzip.NewReader(r)
			return z, z, err
		}, true
	case hasPrefix(head, "\x28\xb5\x2f\xfd"):
		return func(r io.Reader) (io.Reader, io.Closer, error) {
			z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(32<<20))
			if err != nil {
				return nil, nil, err
			}
			return z, z.IOReadCloser(), nil
		}, true
	}
	return nil, false
}

// Inflate is what r has, inflated if it is compressed with gzip or zstd, to a
// TiB at most. What it returns is to be closed; r is not closed by it.
func Inflate(r io.Reader) (plain io.ReadCloser, packed bool, err error) {
	head := make([]byte, 4)
	n, err := io.ReadFull(r, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, false, err
	}
	head = head[:n]
	inflate, packed := inflater(head)
	r = io.MultiReader(sliceReader(&head), r)
	if !packed {
		return io.NopCloser(r), false, nil
	}
	in, c, err := inflate(r)
	if err != nil {
		return nil, true, err
	}
	return struct {
		io.Reader
		io.Closer
	}{&io.LimitedReader{R: in, N: Options{}.withDefaults().MaxInflated}, c}, true, nil
}

func hasPrefix(b []byte, prefix string) bool {
	return len(b) >= len(prefix) && string(b[:len(prefix)]) == prefix
}

// isCapture reports whether the first bytes of a file are those of a capture.
func isCapture(path string) bool {
	f, err := openFile(path, 0, Options{}.withDefaults())
	if err != nil {
		return false
	}
	f.close()
	return true
}

// read fills b from one file. At the end it is io.EOF, and packets may be
// with it.
func (f *file) read(b *Batch) error {
	mem := f.memory(b, len(f.tail))
	have := copy(mem, f.tail)
	f.tail = f.tail[:0]
	for {
		used, need, err := f.format.walk(f, b, mem[:have])
		f.offset += int64(used)
		if err == nil && len(b.Packets) == 0 && f.ended {
			err = f.end(have-used, need)
		}
		if err != nil {
			return err
		}
		if len(b.Packets) > 0 {
			f.tail = append(f.tail, mem[used:have]...)
			return nil
		}
		rest := mem[used:have]
		if need > len(mem) {
			mem = f.memory(b, need)
		}
		have = copy(mem, rest)
		have += f.more(mem[have:])
	}
}

// memory is the batch's memory, at least n bytes and a block of it. What
// grew for one large packet is given back.
func (f *file) memory(b *Batch, n int) []byte {
	n = max(n, f.options.BatchBytes)
	if cap(b.Memory) < n || cap(b.Memory) > 4*n {
		b.Memory = make([]byte, n)
	}
	b.Memory = b.Memory[:cap(b.Memory)]
	return b.Memory
}

// more reads into mem: all of it from a file, what is there from a pipe. What
// ends the reading is kept for later: packets may have come before it.
func (f *file) more(mem []byte) (n int) {
	for n < len(mem) && !f.ended {
		k, err := f.r.Read(mem[n:])
		n += k
		if err != nil {
			f.ended, f.cause = true, err
		}
		if !f.whole && k > 0 {
			break
		}
	}
	return n
}

// end is why the file has no more packets: io.EOF, or what went wrong.
func (f *file) end(left, need int) error {
	limited, _ := f.r.(*io.LimitedReader)
	switch {
	case errors.Is(f.cause, os.ErrClosed):
		return io.EOF
	case f.cause != io.EOF:
		return f.fail("cannot be read on", remedyCut, f.cause)
	case limited != nil && limited.N <= 0:
		return f.fail(fmt.Sprintf("it inflates to more than %d bytes", f.options.MaxInflated), "inflate it yourself and read it in parts", nil)
	case left == 0:
		return io.EOF
	case need > 0:
		return f.fail(fmt.Sprintf("the file ends within a record: %d of its %d bytes are there", left, need), remedyCut, nil)
	}
	return f.fail(fmt.Sprintf("the file ends within the header of a record: %d bytes of it are there", left), remedyCut, nil)
}

// fail makes the error of the record at which f stands.
func (f *file) fail(reason, remedy string, cause error) error {
	return &Error{Name: f.name, Offset: f.offset, Packet: f.info.Packets, Reason: reason, Remedy: remedy, Err: cause}
}

func (f *file) close() {
	if f.inflate != nil {
		f.inflate.Close()
	}
	if f.closer != nil {
		f.closer.Close()
	}
}

// saw counts a packet.
func (i *Info) saw(time int64, length, captured int) {
	if i.Packets == 0 || time < i.First {
		i.First = time
	}
	if i.Packets == 0 || time > i.Last {
		i.Last = time
	}
	i.Packets++
	i.Bytes += uint64(length)
	if captured < length {
		i.Truncated++
	}
}
