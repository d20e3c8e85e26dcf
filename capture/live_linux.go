package capture

import (
	"errors"
	"io"
	"sync"

	"golang.org/x/sys/unix"
)

// live is a Source of interfaces: a ring for each, which the kernel fills.
type live struct {
	rings []*ring
	polls []unix.PollFd // one for each ring, wake, and those of AF_XDP
	whose []*ring       // of these
	wake  int           // an eventfd that Close writes to
	next  int           // ring to look at first, so that none is starved

	gather gathering

	mu     sync.Mutex // guards the infos of the rings, closed, and the life of the descriptors
	closed bool
	busy   bool // Read is at work and will release
}

var _ Source = (*live)(nil)

// OpenLive listens to interfaces, in promiscuous mode, without ever sending.
// It needs CAP_NET_RAW. An interface that goes away later is an error of Read,
// each time; the others go on, and it is listened to again when one of its
// name is there, for which no right is needed.
func OpenLive(interfaces []string, o Live) (Source, error) {
	if len(interfaces) == 0 {
		return nil, &Error{Name: "no interface", Reason: "nothing to listen to", Remedy: "name one, such as eth0"}
	}
	s := &live{wake: -1}
	for i, name := range interfaces {
		r, err := openDriver(name, uint16(i), o.withDefaults())
		if err != nil {
			s.release()
			return nil, liveError(name, err)
		}
		s.rings = append(s.rings, r)
		s.polls = append(s.polls, unix.PollFd{Fd: int32(r.fd), Events: unix.POLLIN | unix.POLLERR})
	}
	wake, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err != nil {
		s.release()
		return nil, liveError(interfaces[0], err)
	}
	s.wake = wake
	s.polls = append(s.polls, unix.PollFd{Fd: int32(wake), Events: unix.POLLIN})
	for _, r := range s.rings {
		if r.xdp == nil {
			continue
		}
		for _, x := range r.xdp.socks {
			s.polls, s.whose = append(s.polls, unix.PollFd{Fd: int32(x.fd), Events: unix.POLLIN}), append(s.whose, r)
		}
	}
	return s, nil
}

func liveError(name string, err error) error {
	if known := (*Error)(nil); errors.As(err, &known) {
		return err
	}
	e := &Error{Name: name, Reason: "cannot be listened to", Err: err}
	switch {
	case errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES):
		e.Remedy = "run as root, or give the program the right: setcap cap_net_raw+ep PROGRAM"
	case errors.Is(err, unix.ENODEV) || errors.Is(err, unix.ENXIO):
		e.Remedy = "there is no such interface; ip link shows those that are"
	case errors.Is(err, unix.ENOMEM):
		e.Remedy = "make the ring smaller"
	}
	return e
}

// Read implements Source. It waits until there is a packet, and returns what
// the kernel handed over: a block when it is full, or after Live.Milliseconds.
func (s *live) Read(b *Batch) error {
	b.Packets = b.Packets[:0]
	if !s.enter() {
		return io.EOF
	}
	defer s.leave()
	for {
		for i := range s.rings {
			r := s.rings[(s.next+i)%len(s.rings)]
			if r.have(b) && s.count(r, b) {
				s.next = (s.next + i + 1) % len(s.rings)
				return nil
			}
		}
		if err := s.wait(); err != nil {
			return err
		}
	}
}

// enter notes that Read is at work; false after Close.
func (s *live) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.busy = !s.closed
	return s.busy
}

// leave releases everything if Close was called meanwhile.
func (s *live) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.busy = false
	if s.closed {
		s.release()
	}
}

// count makes the counters visible; false if the batch is empty.
func (s *live) count(r *ring, b *Batch) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range b.Packets {
		p := &b.Packets[i]
		r.info.saw(p.Time, p.Length, len(p.Data))
	}
	r.count()
	return len(b.Packets) > 0
}

// wait sleeps until a ring has a block, or Close was called.
func (s *live) wait() error {
	s.gather.wait(s)
	if _, err := unix.Poll(s.polls, s.patience()); err != nil && err != unix.EINTR {
		return liveError(s.rings[0].info.Name, err)
	}
	if s.polls[len(s.rings)].Revents != 0 {
		return io.EOF
	}
	for i, r := range s.rings {
		if s.polls[i].Fd < 0 {
			s.again(i)
			continue
		}
		if s.polls[i].Revents&(unix.POLLERR|unix.POLLNVAL|unix.POLLHUP) == 0 {
			continue
		}
		err := r.trouble()
		if err == nil {
			continue
		}
		s.polls[i].Fd = -1
		return s.away(r, liveError(r.info.Name, err))
	}
	return nil
}

// lookEvery is how often an interface that went away is looked for, in milliseconds.
const lookEvery = 500

// patience is how long to wait for packets: without end, unless an interface is away.
func (s *live) patience() int {
	for i := range s.rings {
		if s.polls[i].Fd < 0 {
			return lookEvery
		}
	}
	return -1
}

// away notes that an interface went.
func (s *live) away(r *ring, why error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r.info.Err = why
	r.info.Absences++
	return why
}

// again listens to an interface that went away, if it is back.
func (s *live) again(i int) {
	r := s.rings[i]
	if r.back() != nil {
		return
	}
	s.polls[i].Fd = int32(r.fd)
	s.mu.Lock()
	defer s.mu.Unlock()
	r.info.Err = nil
	if r.xdp == nil {
		return
	}
	r.leaveXDP()
	r.info.NoXDP = true
	r.info.Driver, r.info.Remarks = "AF_PACKET", append(r.info.Remarks, "It went away, and is listened to by AF_PACKET since it is back: AF_XDP needs rights that were given up. Start anew for AF_XDP.")
	for j, of := range s.whose {
		if of == r {
			s.polls[len(s.rings)+1+j].Fd = -1
		}
	}
}

// Captures implements Source. It may be called while Read is at work.
func (s *live) Captures() []Info {
	s.mu.Lock()
	defer s.mu.Unlock()
	infos := make([]Info, len(s.rings))
	for i, r := range s.rings {
		r.account()
		infos[i] = r.info
	}
	return infos
}

// Close ends the listening. A Read that waits returns io.EOF at once.
func (s *live) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	if !s.busy {
		s.release()
		return nil
	}
	_, err := unix.Write(s.wake, []byte{1, 0, 0, 0, 0, 0, 0, 0})
	return err
}

// release gives rings and descriptors back.
func (s *live) release() {
	for _, r := range s.rings {
		r.close()
	}
	if s.wake >= 0 {
		unix.Close(s.wake)
		s.wake = -1
	}
}
