package forward

import (
	"context"
	"errors"
	"net"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// watched is a connection on which nothing is expected to be read, so that
// the far end's leaving is noticed.
type watched struct {
	net.Conn
	raw    net.Conn // below TLS
	stream bool
	done   chan struct{} // closed when reading ended

	mu  sync.Mutex
	err error
}

// watch begins to read; Close ends it.
func watch(c, raw net.Conn, stream bool) *watched {
	w := &watched{Conn: c, raw: raw, stream: stream, done: make(chan struct{})}
	if !stream {
		close(w.done)
		return w
	}
	go func() {
		defer close(w.done)
		var b [512]byte
		for {
			if _, err := c.Read(b[:]); err != nil {
				w.mu.Lock()
				w.err = err
				w.mu.Unlock()
				return
			}
		}
	}()
	return w
}

// broken is why the connection is none any more.
func (w *watched) broken() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

// Close closes, and waits for the reading to end.
func (w *watched) Close() error {
	err := w.Conn.Close()
	<-w.done
	return err
}

// settle waits until the far end has acknowledged all bytes of the stream.
func (w *watched) settle(ctx context.Context) error {
	for pause := 50 * time.Microsecond; ; pause = min(2*pause, 20*time.Millisecond) {
		if err := w.broken(); err != nil {
			return errors.Join(errors.New("the far end closed the connection"), err)
		}
		n, err := w.unacknowledged()
		if err != nil || n == 0 {
			return err
		}
		t := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			t.Stop()
			return ctx.Err()
		case <-t.C:
		}
	}
}

// unacknowledged is how many bytes the kernel still holds for the far end.
func (w *watched) unacknowledged() (n int, err error) {
	c, ok := w.raw.(syscall.Conn)
	if !ok || !w.stream {
		return 0, nil
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return 0, err
	}
	var failed error
	err = raw.Control(func(fd uintptr) { n, failed = unix.IoctlGetInt(int(fd), unix.SIOCOUTQ) })
	return n, errors.Join(err, failed)
}
