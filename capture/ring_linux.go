package capture

import (
	"encoding/binary"
	"fmt"
	"net"
	"sync/atomic"
	"time"
	"unsafe"

	"tyto/filter"
	"tyto/frame"

	"golang.org/x/sys/unix"
)

// A ring is one socket of AF_PACKET with TPACKET_V3: memory in blocks that
// the kernel fills with packets and hands over one by one
// (Documentation/networking/packet_mmap.rst).
type ring struct {
	fd          int
	index       int // of the interface
	mem         []byte
	block       int // bytes of one
	at          int // the block that comes next
	link        frame.LinkType
	source      uint16
	seen        uint64 // packets so far
	promiscuous bool
	endpoint    bool
	ignored     uint64 // since the last count
	filtered    uint64 // the same
	loop        bool   // each packet is seen twice: only the incoming ones count
	kernel      uint64 // packets that the kernel had, so far
	dropped     uint64 // of them those for which there was no room
	xdp         *xdp   // what takes packets before the ring hears them, if it is asked for
	turn        bool   // whose turn it is
	card        cardClock
	info        Info
}

// Offsets in a block, and in a packet's tpacket3_hdr, in the byte order of
// the machine.
const (
	blockStatus  = 8
	blockPackets = 12
	blockFirst   = 16

	packetNext    = 0
	packetSec     = 4
	packetNsec    = 8
	packetSnap    = 12
	packetLen     = 16
	packetStatus  = 20
	packetMAC     = 24
	packetTCI     = 32
	packetTPID    = 36
	packetAddress = 48 // a sockaddr_ll
	packetType    = packetAddress + 10

	ringFrame   = 2048 // the kernel wants a frame size, though V3 does not use it
	arpEthernet = 1
)

// linkOf is the link type of ARPHRD_ numbers, the hardware type of an interface.
var linkOf = map[uint16]frame.LinkType{
	arpEthernet: frame.LinkEthernet, unix.ARPHRD_LOOPBACK: frame.LinkEthernet,
	unix.ARPHRD_IEEE80211: frame.LinkIEEE80211, unix.ARPHRD_IEEE80211_RADIOTAP: frame.LinkIEEE80211Radio,
	unix.ARPHRD_PPP: frame.LinkRaw, unix.ARPHRD_NONE: frame.LinkRaw, unix.ARPHRD_RAWIP: frame.LinkRaw,
	unix.ARPHRD_TUNNEL: frame.LinkRaw, unix.ARPHRD_TUNNEL6: frame.LinkRaw, unix.ARPHRD_SIT: frame.LinkRaw, unix.ARPHRD_IPGRE: frame.LinkRaw,
}

// openRing listens to one interface. Until it is bound the socket gets
// nothing, so that the ring sees one interface only.
func openRing(name string, source uint16, o Live) (*ring, error) {
	face, err := net.InterfaceByName(name)
	if err != nil {
		return nil, fmt.Errorf("%w", unix.ENODEV)
	}
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	r := &ring{fd: fd, index: face.Index, block: o.BlockBytes, info: Info{Name: name, Live: true, Driver: "AF_PACKET"}}
	if err := r.begin(name, source, o); err != nil {
		r.close()
		return nil, err
	}
	return r, nil
}

func (r *ring) begin(name string, source uint16, o Live) error {
	if err := r.hardware(name); err != nil {
		return err
	}
	r.source = source
	if err := unix.SetsockoptInt(r.fd, unix.SOL_PACKET, unix.PACKET_VERSION, unix.TPACKET_V3); err != nil {
		return err
	}
	blocks := max(o.RingBytes/o.BlockBytes, 2)
	err := unix.SetsockoptTpacketReq3(r.fd, unix.SOL_PACKET, unix.PACKET_RX_RING, &unix.TpacketReq3{
		Block_size: uint32(o.BlockBytes), Block_nr: uint32(blocks),
		Frame_size: ringFrame, Frame_nr: uint32(blocks * o.BlockBytes / ringFrame),
		Retire_blk_tov: uint32(o.Milliseconds),
	})
	if err != nil {
		return err
	}
	if err := r.filter(o.Filter); err != nil {
		return err
	}
	if o.CardClock {
		r.clock()
	}
	r.promiscuous, r.endpoint, r.info.Endpoint = !o.Unpromiscuous && !o.Endpoint, o.Endpoint, o.Endpoint
	if r.mem, err = unix.Mmap(r.fd, 0, blocks*o.BlockBytes, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED); err != nil {
		return err
	}
	if err := r.bind(); err != nil || o.Group == 0 {
		return err
	}
	share := int(o.Group) | (unix.PACKET_FANOUT_HASH|unix.PACKET_FANOUT_FLAG_DEFRAG)<<16
	return unix.SetsockoptInt(r.fd, unix.SOL_PACKET, unix.PACKET_FANOUT, share)
}

// filter has the kernel look at each packet before it comes to the ring: of
// one that is refused comes a byte, so that it is counted.
func (r *ring) filter(f *filter.Filter) error {
	if f == nil {
		return nil
	}
	program, err := f.Kernel(r.link)
	if err != nil {
		return err
	}
	raw := make([]unix.SockFilter, len(program))
	for i, x := range program {
		raw[i] = unix.SockFilter{Code: x.Op, Jt: x.Jt, Jf: x.Jf, K: x.K}
	}
	return unix.SetsockoptSockFprog(r.fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{Len: uint16(len(raw)), Filter: &raw[0]})
}

// bind has the socket hear the interface.
func (r *ring) bind() error {
	all := uint16(unix.ETH_P_ALL)
	err := unix.Bind(r.fd, &unix.SockaddrLinklayer{Protocol: all<<8 | all>>8, Ifindex: r.index})
	if err != nil || !r.promiscuous && !r.endpoint {
		return err
	}
	hear := uint16(unix.PACKET_MR_PROMISC)
	if r.endpoint { // all groups, whichever the host is in
		hear = unix.PACKET_MR_ALLMULTI
	}
	return unix.SetsockoptPacketMreq(r.fd, unix.SOL_PACKET, unix.PACKET_ADD_MEMBERSHIP, &unix.PacketMreq{Ifindex: int32(r.index), Type: hear})
}

// hardware asks what the interface's packets begin with.
func (r *ring) hardware(name string) error {
	ask, err := unix.NewIfreq(name)
	if err != nil {
		return err
	}
	if err := unix.IoctlIfreq(r.fd, unix.SIOCGIFHWADDR, ask); err != nil {
		return err
	}
	hardware := ask.Uint16()
	link, ok := linkOf[hardware]
	if !ok {
		return fmt.Errorf("its hardware type %d is not read", hardware)
	}
	r.link, r.info.Link, r.loop = link, link, hardware == unix.ARPHRD_LOOPBACK
	return nil
}

// take copies the packets of the next block to b, and gives the block back to
// the kernel; false if none is ready. The copy keeps a slow reader from
// holding the ring, and readers from memory that goes with Close.
func (r *ring) take(b *Batch) bool {
	if r.mem == nil {
		return false
	}
	block := r.mem[r.at*r.block : (r.at+1)*r.block]
	status := (*uint32)(unsafe.Pointer(&block[blockStatus]))
	if atomic.LoadUint32(status)&unix.TP_STATUS_USER == 0 {
		return false
	}
	if len(b.Memory) < r.block {
		b.Memory = make([]byte, r.block)
	}
	mem := b.Memory
	r.card.now = 0
	at := binary.NativeEndian.Uint32(block[blockFirst:])
	for range binary.NativeEndian.Uint32(block[blockPackets:]) {
		h := block[at:]
		mem = r.packet(b, h, mem)
		at += binary.NativeEndian.Uint32(h[packetNext:])
	}
	atomic.StoreUint32(status, unix.TP_STATUS_KERNEL)
	r.at = (r.at + 1) % (len(r.mem) / r.block)
	return true
}

// packet copies one packet to mem, and returns what is left of that. A tag
// that the kernel took off is put back into Ethernet frames, so that bytes and
// lengths are those on the wire.
func (r *ring) packet(b *Batch, h, mem []byte) []byte {
	ne := binary.NativeEndian
	if r.loop && h[packetType] == unix.PACKET_OUTGOING || r.endpoint && h[packetType] == unix.PACKET_OTHERHOST {
		r.ignored++
		return mem
	}
	start, snap := int(ne.Uint16(h[packetMAC:])), int(ne.Uint32(h[packetSnap:]))
	data, length := h[start:start+snap], int(ne.Uint32(h[packetLen:]))
	if snap == filter.Rejected && length > snap {
		r.filtered++
		return mem
	}
	p := frame.Packet{
		Link: r.link, Source: r.source,
	}
	status := ne.Uint32(h[packetStatus:])
	p.Time = r.card.time(int64(ne.Uint32(h[packetSec:]))*1e9+int64(ne.Uint32(h[packetNsec:])), status)
	n := 0
	if status&unix.TP_STATUS_VLAN_VALID != 0 {
		tci, tpid := uint16(ne.Uint32(h[packetTCI:])), uint16(0x8100)
		if status&unix.TP_STATUS_VLAN_TPID_VALID != 0 {
			tpid = ne.Uint16(h[packetTPID:])
		}
		if r.link == frame.LinkEthernet && snap >= 12 {
			n = copy(mem, data[:12])
			binary.BigEndian.PutUint16(mem[n:], tpid)
			binary.BigEndian.PutUint16(mem[n+2:], tci)
			data, n, length = data[12:], n+4, length+4
		} else {
			p.VLAN, p.HasVLAN = tci&0xfff, true
		}
	}
	n += copy(mem[n:], data)
	r.seen++
	p.Data, p.Length, p.Number = mem[:n:n], max(length, n), r.seen
	b.Packets = append(b.Packets, p)
	return mem[n:]
}

// downPause is how long an interface that is down is left alone.
const downPause = 100 * time.Millisecond

// trouble is why the socket reports an error: nil if the interface is only
// down, since packets come again when it is up.
func (r *ring) trouble() error {
	code, err := unix.GetsockoptInt(r.fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err != nil {
		return err
	}
	if _, err := net.InterfaceByIndex(r.index); err != nil {
		return unix.ENODEV
	}
	if code == 0 || unix.Errno(code) == unix.ENETDOWN {
		time.Sleep(downPause)
		return nil
	}
	return unix.Errno(code)
}

// back listens to an interface that went away, if there is one of its name
// and kind.
func (r *ring) back() error {
	face, err := net.InterfaceByName(r.info.Name)
	if err != nil {
		return err
	}
	link, index := r.link, r.index
	if err := r.hardware(r.info.Name); err != nil {
		return err
	}
	if r.link != link {
		r.link = link
		return fmt.Errorf("it is of another hardware type")
	}
	r.index = face.Index
	if err := r.bind(); err != nil {
		r.index = index
		return err
	}
	return nil
}

// account adds what the kernel saw and dropped since it was last asked; asking
// sets its counters back. What it saw includes what it dropped.
func (r *ring) account() {
	if r.fd < 0 {
		return
	}
	if st, err := unix.GetsockoptTpacketStatsV3(r.fd, unix.SOL_PACKET, unix.PACKET_STATISTICS); err == nil {
		r.kernel += uint64(st.Packets)
		r.dropped += uint64(st.Drops)
	}
	seen := r.kernel
	r.info.Dropped = r.dropped
	if r.xdp != nil {
		came, dropped, _, starved := r.xdp.account()
		seen, r.info.Dropped, r.info.Starved = seen+came, r.info.Dropped+dropped, starved
	}
	known := r.info.Packets + r.info.Filtered + r.info.Ignored + r.info.Dropped
	// A packet may be read before the kernel has counted it.
	r.info.Seen = max(r.info.Seen, seen, known)
	r.info.Unread = r.info.Seen - known
}

// have fills b with what there is, from the ring or from what is before it;
// false if there is nothing.
func (r *ring) have(b *Batch) bool {
	if r.xdp == nil {
		return r.take(b)
	}
	if r.turn = !r.turn; r.turn {
		return r.xdp.take(b) || r.take(b)
	}
	return r.take(b) || r.xdp.take(b)
}

// count adds what was taken beside the packets to what is told.
func (r *ring) count() {
	r.info.Ignored, r.ignored = r.info.Ignored+r.ignored, 0
	r.info.Filtered, r.filtered = r.info.Filtered+r.filtered, 0
	r.countTimes()
	if r.xdp != nil {
		r.xdp.count(&r.info)
	}
}

// leaveXDP has the ring hear everything from now on. What was not read is lost.
func (r *ring) leaveXDP() {
	came, dropped, unread, _ := r.xdp.account()
	r.kernel, r.dropped = r.kernel+came, r.dropped+dropped+unread
	r.xdp.close()
	r.xdp = nil
}

func (r *ring) close() {
	r.account()
	if r.xdp != nil {
		r.xdp.close()
	}
	if r.mem != nil {
		unix.Munmap(r.mem)
		r.mem = nil
	}
	if r.fd >= 0 {
		unix.Close(r.fd)
		r.fd = -1
	}
}
