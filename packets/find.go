package packets

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"tyto/capture"
	"tyto/decode"
	"tyto/frame"
	"tyto/tyto"
)

// A Query says which packets are wanted.
type Query struct {
	From, To time.Time
	Between  []tyto.Subject // one: all of its packets; two: what they said to each other; by address, else by MAC
	Bytes    int64          // of packets at most; the latest are left out. 0 is DefaultBytes
	Comment  string         // of the first packet
}

// DefaultBytes is how much Find finds at most by default.
const DefaultBytes = 16 << 20

// Found is what Find found.
type Found struct {
	Packets uint64
	Bytes   int64
	Cut     bool // there is more than was asked for
}

// ErrNone says that no packet is kept that is asked for.
var ErrNone = errors.New("packets: none of these is kept any more")

// Find writes the packets that a query selects to w, as pcapng, by file in
// order of time. ErrNone if there is none, and then nothing was written.
func (r *Ring) Find(ctx context.Context, q Query, w io.Writer) (Found, error) {
	if len(q.Between) == 0 || len(q.Between) > 2 {
		return Found{}, fmt.Errorf("packets: of %d addresses; want one or two", len(q.Between))
	}
	if q.Bytes <= 0 {
		q.Bytes = DefaultBytes
	}
	r.flush()
	s := search{query: q, out: bufio.NewWriterSize(w, 1<<16), decoder: decode.New(decode.DefaultConfig())}
	for _, f := range r.files.between(q.From.UnixNano(), q.To.UnixNano()) {
		if err := s.file(ctx, f.path); err != nil {
			return s.found, err
		}
		if s.found.Cut {
			break
		}
	}
	if s.found.Packets == 0 {
		return s.found, ErrNone
	}
	if err := s.out.Flush(); err != nil {
		return s.found, fmt.Errorf("packets: %w", err)
	}
	return s.found, nil
}

// A search is one Find at work.
type search struct {
	query   Query
	out     *bufio.Writer
	writer  *capture.NGWriter // nil before the first packet
	decoder *decode.Decoder
	found   Found
}

func (s *search) file(ctx context.Context, path string) error {
	source, err := capture.OpenFiles([]string{path}, capture.Options{})
	if err != nil {
		return nil // it went meanwhile, to make room
	}
	defer source.Close()
	from, to := s.query.From.UnixNano(), s.query.To.UnixNano()
	var b capture.Batch
	for !s.found.Cut {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := source.Read(&b)
		for i := range b.Packets {
			if p := &b.Packets[i]; p.Time >= from && p.Time <= to && s.wants(p) {
				if err := s.take(p); err != nil || s.found.Cut {
					return err
				}
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
	}
	return nil
}

// wants reports whether a packet, or what a tunnel in it carries, is of those asked for.
func (s *search) wants(p *frame.Packet) bool {
	frames := s.decoder.Decode(p)
	for i := range frames {
		f := &frames[i]
		a := s.query.Between[0]
		b := tyto.Subject{}
		if len(s.query.Between) == 2 {
			b = s.query.Between[1]
		}
		if is(&a, f.Src, f.SrcMAC) && is(&b, f.Dst, f.DstMAC) || is(&a, f.Dst, f.DstMAC) && is(&b, f.Src, f.SrcMAC) {
			return true
		}
	}
	return false
}

// is reports whether a subject is meant by the addresses of a frame's end; the
// zero subject is anybody. What has no IP address, such as ARP, is told by its MAC.
func is(s *tyto.Subject, a frame.Addr, m frame.MAC) bool {
	if !s.Addr.IsUnspecified() && (!a.IsZero() || s.MAC.IsZero()) {
		return a == s.Addr
	}
	return s.MAC.IsZero() || m == s.MAC
}

func (s *search) take(p *frame.Packet) (err error) {
	if s.found.Packets > 0 && s.found.Bytes+int64(len(p.Data)) > s.query.Bytes {
		s.found.Cut = true
		return nil
	}
	comment := ""
	if s.writer == nil {
		comment = s.query.Comment
		if s.writer, err = capture.NewNGWriter(s.out); err != nil {
			return err
		}
	}
	s.found.Packets++
	s.found.Bytes += int64(len(p.Data))
	return s.writer.Remark(p, "", comment)
}
