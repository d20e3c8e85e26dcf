package logs

import (
	"bufio"
	"errors"
	"io"
	"os"

	"github.com/zeebo/xxh3"

	"tyto/capture"
)

var (
	errNoLog      = errors.New("it is no log of Zeek or Suricata that is read")
	errNothingYet = errors.New("it has no line yet")
)

// mostHeader is how many lines a log may begin with that are about itself.
const mostHeader = 1000

// A file is a log that is being read.
type file struct {
	*log
	in     *os.File
	packed bool // what is compressed comes whole
	key    uint64
	mark   *mark
}

// openFile opens a log and finds out whose it is. The key is that of its
// beginning, up to the first line that tells of something: it stays when the
// file is renamed, copied or compressed, and is another when it begins anew.
func openFile(path string, buffer *bufio.Reader) (*file, error) {
	in, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	f := &file{log: newLog(path), in: in}
	if err := f.identify(buffer); err != nil {
		in.Close()
		return nil, err
	}
	return f, nil
}

func (f *file) identify(buffer *bufio.Reader) error {
	plain, err := f.from(0, buffer)
	if err != nil {
		return errNoLog
	}
	defer plain.Close()
	hash := xxh3.New()
	for range mostHeader {
		line, err := buffer.ReadSlice('\n')
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			return errNoLog
		case err != nil && !likely(line):
			return errNoLog
		case err != nil:
			return errNothingYet
		}
		hash.Write(line)
		rec, err := f.parse(trim(line))
		if err != nil {
			return errNoLog
		}
		if rec == nil {
			continue
		}
		if _, _, ours := f.teller(rec); !ours {
			return errNoLog
		}
		f.key = hash.Sum64()
		return nil
	}
	return errNoLog
}

// likely reports whether what is there of a line may become one of a log.
func likely(line []byte) bool {
	return len(line) == 0 || line[0] == '#' || line[0] == '{' || line[0] >= '0' && line[0] <= '9'
}

func trim(line []byte) []byte {
	for len(line) > 0 && (line[len(line)-1] == '\n' || line[len(line)-1] == '\r') {
		line = line[:len(line)-1]
	}
	return line
}

// from has the buffer read the file from an offset on, in bytes of what it is
// when it is inflated.
func (f *file) from(offset int64, buffer *bufio.Reader) (io.Closer, error) {
	if _, err := f.in.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	plain, packed, err := capture.Inflate(f.in)
	if err != nil {
		return nil, err
	}
	if f.packed = packed; !packed {
		if _, err := f.in.Seek(offset, io.SeekStart); err != nil {
			return nil, err
		}
		buffer.Reset(f.in)
		return plain, nil
	}
	buffer.Reset(plain)
	if _, err := io.CopyN(io.Discard, buffer, offset); err != nil {
		plain.Close()
		return nil, err
	}
	return plain, nil
}

// atOnce is how many lines are read before it is said how far.
const atOnce = 128

// read gives do each line from a place on, with its number, and tells soFar,
// from time to time and at the end, to where it read; false ends it. A last
// line without an end is read if whole is set; else it is left until it has one.
func (f *file) read(at place, whole bool, buffer *bufio.Reader, do func(line []byte, number uint64, err error), soFar func(place) bool) error {
	plain, err := f.from(at.Offset, buffer)
	if err != nil {
		return err
	}
	defer plain.Close()
	long := false
	for lines := 0; ; lines++ {
		if lines == atOnce {
			if lines = 0; !soFar(at) {
				return nil
			}
		}
		line, err := buffer.ReadSlice('\n')
		full := errors.Is(err, bufio.ErrBufferFull)
		if err != nil && !full && (!whole || len(line) == 0) {
			if err == io.EOF {
				err = nil
			}
			soFar(at)
			return err
		}
		at.Offset += int64(len(line))
		switch {
		case full:
			long = true
			continue
		case long:
			at.Lines++
			do(nil, at.Lines, errLong)
		default:
			at.Lines++
			do(trim(line), at.Lines, nil)
		}
		long = false
	}
}
