package capture

import (
	"math/bits"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// An xsk is one socket of AF_XDP, for one queue of an interface: memory in
// chunks that the kernel writes packets to, and two rings, of chunks that are
// free and of chunks that have a packet (Documentation/networking/af_xdp.rst).
type xsk struct {
	fd       int
	mem      []byte // chunks, all of one size
	chunk    uint64
	free, rx shared
	descs    []unix.XDPDesc // of rx
	chunks   []uint64       // of free
	wake     *uint32        // flags of free: whether the driver waits for a call
	read     uint32         // of rx: what is copied, though not given back
}

// A shared ring is written to by one side and read by the other.
type shared struct {
	mem                []byte
	producer, consumer *uint32
	mask               uint32
}

// Sizes of chunks. The kernel keeps room before a packet, and behind one that
// may lie in several chunks; a longer packet does.
const (
	shortChunk = 2048
	longChunk  = 4096
	beforeIt   = unix.XDP_PACKET_HEADROOM
	behindIt   = 512
	linkHeader = 14 + 2*4 // Ethernet's, with two tags
)

// chunkFor is the chunks for an interface, and whether its longest packets lie
// in several.
func chunkFor(mtu int) (chunk int, pieces bool) {
	switch {
	case mtu+linkHeader <= shortChunk-beforeIt:
		return shortChunk, false
	case mtu+linkHeader <= longChunk-beforeIt-behindIt:
		return longChunk, false
	}
	return longChunk, true
}

// openXSK makes a socket for a queue, with n chunks. It gets packets when it
// is in the map that the interface's program redirects to.
func openXSK(index, queue, n, chunk int, pieces bool) (*xsk, error) {
	fd, err := unix.Socket(unix.AF_XDP, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	x := &xsk{fd: fd, chunk: uint64(chunk)}
	if err := x.begin(n); err != nil {
		x.close()
		return nil, err
	}
	if err := x.bind(index, queue, pieces); err != nil {
		x.close()
		return nil, err
	}
	return x, nil
}

// begin makes the memory and the rings; all chunks are free.
func (x *xsk) begin(n int) (err error) {
	if x.mem, err = unix.Mmap(-1, 0, n*int(x.chunk), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_POPULATE); err != nil {
		return err
	}
	memory := unix.XDPUmemReg{Addr: uint64(uintptr(unsafe.Pointer(&x.mem[0]))), Len: uint64(len(x.mem)), Size: uint32(x.chunk)}
	if err := set(x.fd, unix.XDP_UMEM_REG, &memory); err != nil {
		return err
	}
	size := 1 << bits.Len(uint(n-1)) // as rings must be
	for _, ring := range []int{unix.XDP_UMEM_FILL_RING, unix.XDP_UMEM_COMPLETION_RING, unix.XDP_RX_RING} {
		if err := unix.SetsockoptInt(x.fd, unix.SOL_XDP, ring, size); err != nil {
			return err
		}
	}
	var at unix.XDPMmapOffsets
	if err := get(x.fd, unix.XDP_MMAP_OFFSETS, &at); err != nil {
		return err
	}
	if err := x.rx.open(x.fd, unix.XDP_PGOFF_RX_RING, at.Rx, size, int(unsafe.Sizeof(unix.XDPDesc{}))); err != nil {
		return err
	}
	if err := x.free.open(x.fd, unix.XDP_UMEM_PGOFF_FILL_RING, at.Fr, size, 8); err != nil {
		return err
	}
	x.wake = (*uint32)(unsafe.Pointer(&x.free.mem[at.Fr.Flags]))
	x.descs = unsafe.Slice((*unix.XDPDesc)(unsafe.Pointer(&x.rx.mem[at.Rx.Desc])), size)
	x.chunks = unsafe.Slice((*uint64)(unsafe.Pointer(&x.free.mem[at.Fr.Desc])), size)
	for i := range n {
		x.chunks[i] = uint64(i) * x.chunk
	}
	atomic.StoreUint32(x.free.producer, uint32(n))
	return nil
}

// bind gives the queue to the socket, without copying where the driver can.
// Who had it before lets go of it in the kernel's own time.
func (x *xsk) bind(index, queue int, pieces bool) (err error) {
	flags := uint16(unix.XDP_USE_NEED_WAKEUP)
	if pieces {
		flags |= unix.XDP_USE_SG
	}
	for range 100 {
		if err = unix.Bind(x.fd, &unix.SockaddrXDP{Flags: flags, Ifindex: uint32(index), QueueID: uint32(queue)}); err != unix.EBUSY {
			return err
		}
		time.Sleep(10 * time.Millisecond)
	}
	return err
}

func (s *shared) open(fd int, page int64, at unix.XDPRingOffset, n, size int) (err error) {
	if s.mem, err = unix.Mmap(fd, page, int(at.Desc)+n*size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_POPULATE); err != nil {
		return err
	}
	s.producer, s.consumer = (*uint32)(unsafe.Pointer(&s.mem[at.Producer])), (*uint32)(unsafe.Pointer(&s.mem[at.Consumer]))
	s.mask = uint32(n - 1)
	return nil
}

// next copies the next packet to mem, cut if that is too short. Length is
// that of the whole packet: 0 if there is none. It stays in the ring until
// release; one that does not fit into mem, of which more might be free the
// next time, is left there with length -1.
func (x *xsk) next(mem []byte, whole bool) (n, length int) {
	end := atomic.LoadUint32(x.rx.producer)
	at, more := x.read, true
	for ; more; at++ {
		if at == end { // the kernel hands over whole packets
			return 0, 0
		}
		d := &x.descs[at&x.rx.mask]
		length += int(d.Len)
		more = d.Options&unix.XDP_PKT_CONTD != 0
	}
	if whole && length > len(mem) {
		return 0, -1
	}
	for ; x.read != at; x.read++ {
		d := &x.descs[x.read&x.rx.mask]
		start := min(d.Addr, uint64(len(x.mem)))
		n += copy(mem[n:], x.mem[start:min(start+uint64(d.Len), uint64(len(x.mem)))])
	}
	return n, length
}

// release gives the chunks of what was copied back to the kernel, and wakes a
// driver that waits for some.
func (x *xsk) release() {
	at, back := atomic.LoadUint32(x.rx.consumer), atomic.LoadUint32(x.free.producer)
	if at == x.read {
		return
	}
	for ; at != x.read; at++ {
		x.chunks[back&x.free.mask] = x.descs[at&x.rx.mask].Addr &^ (x.chunk - 1)
		back++
	}
	atomic.StoreUint32(x.rx.consumer, at)
	atomic.StoreUint32(x.free.producer, back)
	if atomic.LoadUint32(x.wake)&unix.XDP_RING_NEED_WAKEUP != 0 {
		_, _, _ = unix.Recvfrom(x.fd, nil, unix.MSG_DONTWAIT) // takes nothing: it only calls the driver
	}
}

// unread is how many packets were not given back.
func (x *xsk) unread() (n uint64) {
	end := atomic.LoadUint32(x.rx.producer)
	for at := atomic.LoadUint32(x.rx.consumer); at != end; at++ {
		if x.descs[at&x.rx.mask].Options&unix.XDP_PKT_CONTD == 0 {
			n++
		}
	}
	return n
}

// lost is how many packets found no chunk, or no room in the ring, since the
// socket was made; and how often a driver that copies nothing found no chunk,
// after which its card drops by itself.
func (x *xsk) lost() (dropped, starved uint64) {
	var st unix.XDPStatistics
	if get(x.fd, unix.XDP_STATISTICS, &st) != nil {
		return 0, 0
	}
	return st.Rx_dropped + st.Rx_ring_full, st.Rx_fill_ring_empty_descs
}

// direct reports whether the driver writes to the memory itself.
func (x *xsk) direct() bool {
	var o struct{ flags uint32 }
	return get(x.fd, unix.XDP_OPTIONS, &o) == nil && o.flags&unix.XDP_OPTIONS_ZEROCOPY != 0
}

// close ends the socket first: the kernel writes to its memory as long as it
// is open.
func (x *xsk) close() {
	unix.Close(x.fd)
	for _, m := range [...]*[]byte{&x.rx.mem, &x.free.mem, &x.mem} {
		if *m != nil {
			unix.Munmap(*m)
			*m = nil
		}
	}
}

// set and get are socket options of AF_XDP that are structs.
func set[T any](fd, option int, v *T) error {
	_, _, errno := unix.Syscall6(unix.SYS_SETSOCKOPT, uintptr(fd), unix.SOL_XDP, uintptr(option), uintptr(unsafe.Pointer(v)), unsafe.Sizeof(*v), 0)
	return failure(errno)
}

func get[T any](fd, option int, v *T) error {
	size := uint32(unsafe.Sizeof(*v))
	_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(fd), unix.SOL_XDP, uintptr(option), uintptr(unsafe.Pointer(v)), uintptr(unsafe.Pointer(&size)), 0)
	return failure(errno)
}

func failure(errno unix.Errno) error {
	if errno == 0 {
		return nil
	}
	return errno
}
