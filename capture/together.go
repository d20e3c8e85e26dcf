package capture

import (
	"errors"
	"io"
	"sync"
)

// together is several sources as one. Each is read by a goroutine of its own,
// a little ahead.
type together struct {
	sources []Source
	first   []uint16 // number of each source's first capture
	full    chan *parcel
	reading sync.WaitGroup
	stop    chan struct{}
	once    sync.Once
}

// A parcel is what one Read of a source gave.
type parcel struct {
	batch Batch
	err   error
	of    int
	back  chan *parcel
}

// ahead is how many parcels each source may be ahead.
const ahead = 2

// Together reads several sources, of which the number of captures does not
// change, at the same time. Their captures are numbered one source after the
// other. It ends when all of them have; one that ends early is no error.
func Together(sources ...Source) Source {
	if len(sources) == 1 {
		return sources[0]
	}
	s := &together{sources: sources, full: make(chan *parcel, ahead*len(sources)), stop: make(chan struct{})}
	n := 0
	for i, x := range sources {
		s.first = append(s.first, uint16(n))
		n += len(x.Captures())
		back := make(chan *parcel, ahead)
		for range ahead {
			back <- &parcel{of: i, back: back}
		}
		s.reading.Go(func() { s.read(x, back) })
	}
	go func() {
		s.reading.Wait()
		close(s.full)
	}()
	return s
}

// read reads one source to its end.
func (s *together) read(x Source, back chan *parcel) {
	for {
		select {
		case p := <-back:
			p.err = x.Read(&p.batch)
			end := errors.Is(p.err, io.EOF)
			s.full <- p // there is room for all
			if end {
				return
			}
		case <-s.stop:
			return
		}
	}
}

// Read implements Source. After Close it still gives what was read before.
func (s *together) Read(b *Batch) error {
	for p := range s.full {
		*b, p.batch = p.batch, *b // the memory goes with the packets
		for i := range b.Packets {
			b.Packets[i].Source += s.first[p.of]
		}
		err := p.err
		p.back <- p
		if errors.Is(err, io.EOF) {
			err = nil // the others go on
		}
		if err != nil || len(b.Packets) > 0 {
			return err
		}
	}
	b.Packets = b.Packets[:0]
	return io.EOF
}

// Captures implements Source.
func (s *together) Captures() (all []Info) {
	for _, x := range s.sources {
		all = append(all, x.Captures()...)
	}
	return all
}

// Close implements Source.
func (s *together) Close() (err error) {
	s.once.Do(func() {
		close(s.stop)
		for _, x := range s.sources {
			err = errors.Join(err, x.Close())
		}
	})
	return err
}
