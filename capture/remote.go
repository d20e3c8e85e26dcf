package capture

import (
	"context"
	"io"
	"net"
	"sync"
	"time"
)

// remote is a Source that reads a capture from a TCP connection, and makes
// another when that ends.
type remote struct {
	address string
	options Options
	clock   Clock
	dial    func(ctx context.Context, address string) (net.Conn, error)
	ctx     context.Context
	stop    context.CancelFunc
	file    *file
	pause   time.Duration

	mu   sync.Mutex // guards info
	info Info
}

// How long to wait before the next attempt to connect: twice as long each time.
const (
	firstPause = time.Second
	mostPause  = 30 * time.Second
	dialTime   = 10 * time.Second
)

// OpenRemote reads pcap-over-IP: it connects to HOST:PORT, where another
// program sends a capture in any format that OpenFiles reads. When the
// connection ends, or cannot be made, that is an error of Read, and the next
// Read tries again, after a pause, without end. The clock is the system's if nil.
func OpenRemote(address string, o Options, clock Clock) Source {
	if clock == nil {
		clock = systemClock{}
	}
	ctx, stop := context.WithCancel(context.Background())
	dialer := &net.Dialer{Timeout: dialTime}
	return &remote{
		address: address, options: o.withDefaults(), clock: clock, ctx: ctx, stop: stop, info: Info{Name: address, Link: unknownYet},
		dial: func(ctx context.Context, address string) (net.Conn, error) {
			return dialer.DialContext(ctx, "tcp", address)
		},
	}
}

// Read implements Source.
func (s *remote) Read(b *Batch) error {
	b.Packets = b.Packets[:0]
	for s.ctx.Err() == nil {
		if s.file == nil {
			if err := s.connect(); err != nil {
				return s.failed(err)
			}
		}
		err := s.file.read(b)
		s.count(b)
		if err != nil {
			s.file.close()
			s.file = nil
			if err == io.EOF {
				err = &Error{Name: s.address, Packet: s.info.Packets, Reason: "the other end closed the connection", Remedy: "it is connected to again"}
			}
			if err = s.failed(err); err == io.EOF {
				b.Packets = b.Packets[:0]
			}
			return err
		}
		if len(b.Packets) > 0 {
			return nil
		}
	}
	b.Packets = b.Packets[:0]
	return io.EOF
}

// connect makes a connection, after a pause if the last one failed.
func (s *remote) connect() error {
	if s.pause > 0 {
		select {
		case <-s.clock.After(s.pause):
		case <-s.ctx.Done():
			return s.ctx.Err()
		}
	}
	s.pause = min(max(2*s.pause, firstPause), mostPause)
	conn, err := s.dial(s.ctx, s.address)
	if err != nil {
		return &Error{Name: s.address, Reason: "cannot be connected to", Err: err, Remedy: "it is tried again; start what sends packets there, such as: tcpdump -U -w - | nc -l PORT"}
	}
	free := context.AfterFunc(s.ctx, func() { conn.Close() })
	f := &file{name: s.address, options: s.options, info: Info{Name: s.address, Link: unknownYet}}
	s.file, err = f.from(conn, closer(func() error { free(); return conn.Close() }))
	return err
}

// closer is a function that closes something.
type closer func() error

// Close implements io.Closer.
func (c closer) Close() error { return c() }

// count numbers the packets over all connections.
func (s *remote) count(b *Batch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range b.Packets {
		p := &b.Packets[i]
		s.info.saw(p.Time, p.Length, len(p.Data))
		p.Number, s.info.Link = s.info.Packets, p.Link
	}
	if len(b.Packets) > 0 {
		s.info.Err, s.pause = nil, firstPause
	}
}

// failed notes an error, unless it is that of Close.
func (s *remote) failed(err error) error {
	if s.ctx.Err() != nil {
		return io.EOF
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.info.Err == nil {
		s.info.Absences++
	}
	s.info.Err = err
	return err
}

// Captures implements Source.
func (s *remote) Captures() []Info {
	s.mu.Lock()
	defer s.mu.Unlock()
	return []Info{s.info}
}

// Close implements Source. A Read that waits returns io.EOF.
func (s *remote) Close() error {
	s.stop()
	return nil
}
