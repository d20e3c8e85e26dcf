package sqlite

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// SQLite's recovery takes the journal (WAL) up to the first frame that is
// wrong, and drops the rest without a word: after a power cut that is the
// transaction that was not finished. A wrong frame with finished transactions
// after it is another matter: those were on disk and acknowledged.
// See SQLite's file format, section 4.

const (
	walHeader   = 32
	frameHeader = 24
)

// checkJournal reports a journal from which recovery would drop what was
// acknowledged.
func checkJournal(path string) error {
	f, err := os.Open(path + "-wal")
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	j := journal{r: bufio.NewReaderSize(f, 1<<20)}
	if why := j.check(); why != nil {
		return damaged(path+"-wal", why)
	}
	return nil
}

// journal reads a WAL from its begin.
type journal struct {
	r     io.Reader
	order binary.ByteOrder // of the words that sums are over
	salt  [8]byte
	sum   [2]uint32
	frame []byte
}

// check is what is wrong with the journal, nil if nothing is.
func (j *journal) check() error {
	var h [walHeader]byte
	if n, err := io.ReadFull(j.r, h[:]); n == 0 || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil // nothing was ever in it
	} else if err != nil {
		return err
	}
	switch binary.BigEndian.Uint32(h[:]) {
	case 0x377f0682:
		j.order = binary.LittleEndian
	case 0x377f0683:
		j.order = binary.BigEndian
	default:
		return errors.New("it does not begin as a journal does")
	}
	if j.add(h[:24]); j.sum != sumOf(h[24:]) {
		return errors.New("the sum of its header is wrong")
	}
	size := binary.BigEndian.Uint32(h[8:])
	if size < 512 || size > 65536 || size&(size-1) != 0 {
		return fmt.Errorf("its page size is %d", size)
	}
	copy(j.salt[:], h[16:])
	j.frame = make([]byte, frameHeader+size)
	return j.frames()
}

// frames looks for a wrong frame that is followed by a right one, that ends a
// transaction, and another right one: a transaction begins only when the one
// before it is on disk.
func (j *journal) frames() error {
	wrong, ended := 0, false
	for n := 1; ; n++ {
		if _, err := io.ReadFull(j.r, j.frame); errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil
		} else if err != nil {
			return err
		}
		if string(j.frame[8:16]) != string(j.salt[:]) {
			if wrong == 0 {
				wrong = n // or the rest of an older journal, whose frames have another salt
			}
			j.sum = sumOf(j.frame[16:])
			continue
		}
		j.add(j.frame[:8])
		j.add(j.frame[frameHeader:])
		right := j.sum == sumOf(j.frame[16:])
		j.sum = sumOf(j.frame[16:])
		switch {
		case !right && wrong == 0:
			wrong = n
		case right && wrong > 0 && ended:
			return fmt.Errorf("frame %d is wrong, and finished transactions follow it", wrong)
		case right && wrong > 0:
			ended = binary.BigEndian.Uint32(j.frame[4:]) != 0
		}
	}
}

// add continues the sum with an even number of words.
func (j *journal) add(b []byte) {
	for ; len(b) >= 8; b = b[8:] {
		j.sum[0] += j.order.Uint32(b) + j.sum[1]
		j.sum[1] += j.order.Uint32(b[4:]) + j.sum[0]
	}
}

// sumOf is a sum as it is stored.
func sumOf(b []byte) [2]uint32 {
	return [2]uint32{binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:])}
}

// inJournal reports whether the journal has all pages after one, up to the
// last. Who ends while the journal is written back leaves a file whose header
// counts pages that only the journal has yet; they are written back anew.
func inJournal(path string, after, last int64) bool {
	f, err := os.Open(path + "-wal")
	if err != nil {
		return false
	}
	defer f.Close()
	r := bufio.NewReaderSize(f, 1<<20)
	var h [walHeader]byte
	if _, err := io.ReadFull(r, h[:]); err != nil {
		return false
	}
	frame := make([]byte, frameHeader+binary.BigEndian.Uint32(h[8:])%(1<<17))
	pages := map[int64]bool{}
	for {
		if _, err := io.ReadFull(r, frame); err != nil || string(frame[8:16]) != string(h[16:24]) {
			break
		}
		if n := int64(binary.BigEndian.Uint32(frame)); n > after && n <= last {
			pages[n] = true
		}
	}
	return int64(len(pages)) == last-after
}
