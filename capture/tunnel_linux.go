package capture

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"strconv"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
	"golang.org/x/sys/unix"

	"tyto/frame"
)

// tunnel is a Source of one socket.
type tunnel struct {
	Tunnel
	conn     net.PacketConn
	raw      syscall.RawConn
	batch    func([]ipv4.Message, int) (int, error)
	messages []ipv4.Message
	control  [tunnelBatch][64]byte

	mu    sync.Mutex // guards what follows
	info  Info
	drops uint32 // as the kernel counts them, around 2^32
}

// Of a batch of messages, each with so much place: a jumbo frame and what it
// is wrapped into, also of a few merged ones.
const (
	tunnelBatch  = 64
	tunnelBytes  = 16 << 10
	tunnelBuffer = 8 << 20
)

// OpenTunnel listens for a tunnel on an address of this machine. It answers
// nothing. Packets are what an interface would show, from the header of IP on.
// GRE needs CAP_NET_RAW. What comes from others than those allowed is counted
// as refused.
func OpenTunnel(t Tunnel) (Source, error) {
	if why := t.Check(); why != "" {
		return nil, &Error{Name: t.name(), Reason: why}
	}
	s := &tunnel{Tunnel: t, info: Info{Name: t.name(), Link: frame.LinkRaw, Live: true}, messages: make([]ipv4.Message, tunnelBatch)}
	config := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) (err error) {
		return errors.Join(c.Control(func(fd uintptr) { err = s.prepare(int(fd)) }), err)
	}}
	network, address := "udp", net.JoinHostPort(t.Address.String(), strconv.Itoa(int(cmp.Or(t.Port, usualPort[t.Protocol]))))
	if t.Protocol == "gre" {
		network, address = "ip:47", t.Address.String()
	}
	conn, err := config.ListenPacket(context.Background(), network, address)
	if err != nil {
		return nil, tunnelError(t.name(), err)
	}
	s.conn = conn
	if s.raw, err = conn.(syscall.Conn).SyscallConn(); err != nil {
		conn.Close()
		return nil, tunnelError(t.name(), err)
	}
	if t.Address.Is4() {
		s.batch = ipv4.NewPacketConn(conn).ReadBatch
	} else {
		s.batch = ipv6.NewPacketConn(conn).ReadBatch
	}
	return s, nil
}

func tunnelError(name string, err error) error {
	e := &Error{Name: name, Reason: "cannot be listened to", Err: err}
	switch {
	case errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES):
		e.Remedy = "run as root, or give the program the right: setcap cap_net_raw+ep PROGRAM"
	case errors.Is(err, unix.EADDRNOTAVAIL):
		e.Remedy = "the address is none of this machine's; ip addr shows those that are"
	case errors.Is(err, unix.EADDRINUSE):
		e.Remedy = "another program listens there; ss -ulnp shows which"
	}
	return e
}

// prepare has the kernel say when each packet came, and keep more of them.
func (s *tunnel) prepare(fd int) error {
	size := s.Buffer
	if size <= 0 {
		size = tunnelBuffer
	}
	if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, size) != nil { // needs a right that it may not have
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, size)
	}
	return os.NewSyscallError("setsockopt", unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1))
}

// Read implements Source.
func (s *tunnel) Read(b *Batch) error {
	b.Packets = b.Packets[:0]
	room := s.room()
	if len(b.Memory) < tunnelBatch*(room+tunnelBytes) {
		b.Memory = make([]byte, tunnelBatch*(room+tunnelBytes))
	}
	place := func(i int) []byte { return b.Memory[i*(room+tunnelBytes) : (i+1)*(room+tunnelBytes)] }
	for i := range s.messages {
		s.messages[i] = ipv4.Message{Buffers: [][]byte{place(i)[room:]}, OOB: s.control[i][:]}
	}
	for {
		n, err := s.batch(s.messages, unix.MSG_TRUNC)
		if errors.Is(err, net.ErrClosed) {
			return io.EOF
		}
		if err != nil {
			return s.failed(err)
		}
		s.mu.Lock()
		for i := range s.messages[:n] {
			s.packet(b, &s.messages[i], place(i), room)
		}
		s.mu.Unlock()
		if len(b.Packets) > 0 {
			return nil
		}
	}
}

// packet takes one packet, if its sender may send.
func (s *tunnel) packet(b *Batch, m *ipv4.Message, mem []byte, room int) {
	from := sender(m.Addr)
	if !s.allows(from.Addr()) {
		s.info.Refused++
		return
	}
	s.headers(mem[:room], from, m.N)
	n := room + min(m.N, tunnelBytes)
	p := frame.Packet{Time: came(m.OOB[:m.NN]), Link: frame.LinkRaw, Data: mem[:n:n], Length: room + m.N}
	s.info.saw(p.Time, p.Length, n)
	p.Number = s.info.Packets
	b.Packets = append(b.Packets, p)
}

// sender is the address of a packet's sender, with a port if there are such.
func sender(a net.Addr) netip.AddrPort {
	switch a := a.(type) {
	case *net.UDPAddr:
		p := a.AddrPort()
		return netip.AddrPortFrom(p.Addr().Unmap().WithZone(""), p.Port())
	case *net.IPAddr:
		ip, _ := netip.AddrFromSlice(a.IP)
		return netip.AddrPortFrom(ip.Unmap(), 0)
	}
	return netip.AddrPort{}
}

// came is when a packet came, as the kernel says it in a control message.
func came(control []byte) int64 {
	for len(control) >= unix.SizeofCmsghdr {
		h, data, rest, err := unix.ParseOneSocketControlMessage(control)
		if err != nil {
			break
		}
		if h.Level == unix.SOL_SOCKET && h.Type == unix.SCM_TIMESTAMPNS && len(data) >= 16 {
			return int64(binary.NativeEndian.Uint64(data))*1e9 + int64(binary.NativeEndian.Uint64(data[8:]))
		}
		control = rest
	}
	return time.Now().UnixNano() // never so: it was asked for
}

// failed notes an error of the socket, which ends it.
func (s *tunnel) failed(err error) error {
	s.conn.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.info.Err = tunnelError(s.info.Name, err)
	return s.info.Err
}

// Captures implements Source.
func (s *tunnel) Captures() []Info {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.account()
	i := s.info
	i.Seen = i.Packets + i.Refused + i.Dropped
	return []Info{i}
}

// account asks the kernel how many packets found no room, which it says in the
// last of nine numbers (SK_MEMINFO_DROPS of linux/sock_diag.h).
func (s *tunnel) account() {
	var numbers [9]uint32
	size := uint32(unsafe.Sizeof(numbers))
	errno := unix.Errno(unix.EBADF)
	_ = s.raw.Control(func(fd uintptr) {
		_, _, errno = unix.Syscall6(unix.SYS_GETSOCKOPT, fd, unix.SOL_SOCKET, unix.SO_MEMINFO, uintptr(unsafe.Pointer(&numbers)), uintptr(unsafe.Pointer(&size)), 0)
	})
	if errno == 0 {
		s.info.Dropped += uint64(numbers[8] - s.drops)
		s.drops = numbers[8]
	}
}

// Close implements Source. A Read that waits returns io.EOF.
func (s *tunnel) Close() error {
	s.Captures() // what was dropped last
	return s.conn.Close()
}
