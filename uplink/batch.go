package uplink

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/klauspost/compress/zstd"

	"tyto/tyto"
)

// Bounds of a batch, for who receives one. A spool stays far below them.
const (
	MaxBody   = 4 << 20  // bytes as sent
	MaxLines  = 16 << 20 // bytes unpacked
	MaxEvents = 20_000
	maxLine   = 256 << 10
)

// A BatchError says what is wrong with a batch: it will not be right when it
// is sent again.
type BatchError struct {
	Reason string
}

// Error implements error.
func (e *BatchError) Error() string { return "uplink: batch: " + e.Reason }

func badBatch(format string, args ...any) error { return &BatchError{fmt.Sprintf(format, args...)} }

// A Decoder unpacks batches. It is safe for concurrent use.
type Decoder struct {
	unpack *zstd.Decoder
}

// NewDecoder is a decoder. Close it after use.
func NewDecoder() *Decoder {
	d, err := zstd.NewReader(nil, zstd.WithDecoderMaxMemory(MaxLines), zstd.WithDecoderMaxWindow(8<<20), zstd.WithDecoderConcurrency(0))
	if err != nil {
		panic("uplink: zstd: " + err.Error()) // the options are constants
	}
	return &Decoder{d}
}

// Close gives back what the decoder holds.
func (d *Decoder) Close() { d.unpack.Close() }

// Decode is the events of a batch's body. The error is a *BatchError.
func (d *Decoder) Decode(body []byte) ([]tyto.Event, error) {
	if len(body) > MaxBody {
		return nil, badBatch("%d bytes, more than %d", len(body), MaxBody)
	}
	lines, err := d.unpack.DecodeAll(body, nil)
	if errors.Is(err, zstd.ErrDecoderSizeExceeded) || len(lines) > MaxLines {
		return nil, badBatch("it unpacks to more than %d bytes", MaxLines)
	}
	if err != nil {
		return nil, badBatch("it does not unpack: %v", err)
	}
	var events []tyto.Event
	for n := 1; len(lines) > 0; n++ {
		line, rest, ended := bytes.Cut(lines, []byte{'\n'})
		if !ended {
			return nil, badBatch("line %d is cut off", n)
		}
		if lines = rest; n > MaxEvents {
			return nil, badBatch("more than %d events", MaxEvents)
		}
		e, err := decodeEvent(line)
		if err != nil {
			return nil, badBatch("line %d: %v", n, err)
		}
		events = append(events, e)
	}
	if len(events) == 0 {
		return nil, badBatch("it is empty")
	}
	return events, nil
}

func decodeEvent(line []byte) (e tyto.Event, err error) {
	if len(line) > maxLine {
		return e, fmt.Errorf("%d bytes, more than %d", len(line), maxLine)
	}
	if err := json.Unmarshal(line, &e); err != nil {
		return e, err
	}
	switch {
	case e.Version != tyto.EventVersion:
		return e, fmt.Errorf("version %d; this hub knows %d: bring the older of the two up to date", e.Version, tyto.EventVersion)
	case !FromSensor(&e):
		return e, fmt.Errorf("no sensor tells events of kind %q", e.Kind)
	}
	return e, nil
}

// known remembers facts that were told, in two generations: what is told
// again is a refreshed observation, and not news.
type known struct {
	young, old map[uint64]struct{}
}

// knownAtOnce bounds a generation; 16 bytes each.
const knownAtOnce = 1 << 17

// seen reports whether a fact was told before, and remembers it.
func (k *known) seen(fact uint64) bool {
	if _, ok := k.young[fact]; ok {
		return true
	}
	_, before := k.old[fact]
	if len(k.young) >= knownAtOnce || k.young == nil {
		k.old, k.young = k.young, make(map[uint64]struct{}, 1024)
	}
	k.young[fact] = struct{}{}
	return before
}
