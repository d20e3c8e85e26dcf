package capture

import (
	"cmp"
	"errors"
	"sync"

	"tyto/filter"
	"tyto/frame"
)

// filtered is the packets of a Source that a filter accepts.
type filtered struct {
	Source
	filter   *filter.Filter
	programs map[frame.LinkType]filter.Program

	mu      sync.Mutex // guards what Captures asks for
	refused []Info     // of each capture: what was not let through
}

// Filtered lets through the packets of a Source that a filter accepts, and
// counts the others, which keep their numbers. Packets of a link type that has
// no place for the expression are not let through, and that is an error of
// their capture.
func Filtered(s Source, f *filter.Filter) Source {
	return &filtered{Source: s, filter: f, programs: map[frame.LinkType]filter.Program{}}
}

// Read implements Source.
func (s *filtered) Read(b *Batch) error {
	for {
		err := s.Source.Read(b)
		err = errors.Join(s.sift(b), err)
		if len(b.Packets) > 0 || err != nil {
			return err
		}
	}
}

// sift takes out of a batch what is not wanted.
func (s *filtered) sift(b *Batch) (err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := b.Packets[:0]
	for i := range b.Packets {
		p := &b.Packets[i]
		program, ok := s.programs[p.Link]
		if !ok {
			var bad error
			program, bad = s.filter.Program(p.Link)
			s.programs[p.Link] = program // of none of them if it is bad
			if bad != nil {
				bad = &Error{Name: s.Source.Captures()[p.Source].Name, Packet: p.Number - 1, Reason: "cannot be filtered", Err: bad}
				s.of(p).Err, err = bad, errors.Join(err, bad)
			}
		}
		if program.Wants(p.Data, p.Length) {
			kept = append(kept, *p)
		} else {
			s.of(p).saw(p.Time, p.Length, len(p.Data))
		}
	}
	b.Packets = kept
	return err
}

// of is the count of a packet's capture.
func (s *filtered) of(p *frame.Packet) *Info {
	for len(s.refused) <= int(p.Source) {
		s.refused = append(s.refused, Info{})
	}
	return &s.refused[p.Source]
}

// Captures implements Source.
func (s *filtered) Captures() []Info {
	all := s.Source.Captures()
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.refused[:min(len(s.refused), len(all))] {
		x, no := &all[i], &s.refused[i]
		x.Packets, x.Bytes, x.Truncated = x.Packets-no.Packets, x.Bytes-no.Bytes, x.Truncated-no.Truncated
		x.Filtered += no.Packets
		x.Err = cmp.Or(x.Err, no.Err)
	}
	return all
}
