package doubles

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"syscall"
	"time"

	"go.uber.org/goleak"
)

// Settled is a test's main for goleak, which looks for half a second only
// whether all goroutines have ended: this waits for the connections that are
// closing as long as a busy machine needs.
type Settled struct{ M goleak.TestingM }

// Run implements goleak.TestingM.
func (s Settled) Run() int {
	code := s.M.Run()
	for limit := time.Now().Add(time.Minute); code == 0 && goleak.Find() != nil && time.Now().Before(limit); {
	}
	return code
}

// FreeAddress is an address of loopback for a program that is started later,
// perhaps again: the kernel gives ports of that range to nobody who does not
// name them (ip_local_port_range).
func FreeAddress() string {
	for range 1000 {
		address := fmt.Sprintf("127.0.0.1:%d", 10_000+rand.N(22_000))
		if l, err := net.Listen("tcp", address); err == nil {
			c, bad := net.ListenPacket("udp", address)
			l.Close()
			if bad == nil {
				c.Close()
				return address
			}
		}
	}
	panic("doubles: no port is free")
}

// Listen listens at an address that was in use a moment ago, and for up to a
// minute may still be: a program that is being started has copies of the
// sockets that others closed, until it runs.
func Listen(address string) (net.Listener, error) {
	for limit := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		l, err := net.Listen("tcp", address)
		if !errors.Is(err, syscall.EADDRINUSE) || time.Now().After(limit) {
			return l, err
		}
	}
}
