package capture

import (
	"errors"
	"fmt"
	"net"
	"strings"

	"golang.org/x/sys/unix"

	"tyto/filter"
	"tyto/frame"
)

// An xdp takes packets by AF_XDP before the kernel's own network sees them: a
// program of the interface hands each to the socket of its queue. The ring
// goes on listening: it hears what the program lets pass, such as what comes
// by a queue that was added later, and everything once the interface went away
// and came back, since to attach a program needs rights that are given up.
type xdp struct {
	of       *ring
	only     *filter.Program // nil is everything
	socks    []*xsk
	first    int    // socket to look at first
	open     []int  // what attaches the program, the program and its map
	packets  uint64 // taken since the last count
	filtered uint64 // the same, refused by the filter
	done     uint64 // all that were counted
	room     uint64 // chunks of all sockets
	direct   bool   // the driver writes to our memory by itself
}

// Of one socket's chunks: how many it has, and how many packets are taken
// from one queue before the next has its turn.
const (
	leastChunks = 64
	mostChunks  = 1 << 16
	atOnce      = 64
)

// ringInstead is what helps where AF_XDP does not.
const ringInstead = "listen with driver: af_packet, the default"

// XDP says why an interface cannot be listened to by AF_XDP, or should not,
// as far as that can be said without trying: nil if nothing is against it.
func XDP(name string) error {
	face, err := net.InterfaceByName(name)
	if err != nil {
		return liveError(name, unix.ENODEV)
	}
	against := func(remedy, format string, args ...any) error {
		return &Error{Name: name, Reason: "not by AF_XDP: " + fmt.Sprintf(format, args...), Remedy: remedy}
	}
	if len(face.HardwareAddr) != 6 || face.Flags&net.FlagLoopback != 0 {
		return against(ringInstead, "it is no Ethernet interface")
	}
	addrs, err := face.Addrs()
	if err != nil {
		return against(ringInstead, "its addresses are not known: %v", err)
	}
	for _, a := range addrs {
		if ip, _, err := net.ParseCIDR(a.String()); err == nil && !ip.IsLinkLocalUnicast() {
			return against("if this port only gets the mirror, take the address away: ip address flush dev "+name+" and, if it had it from a router that is mirrored, sysctl -w net.ipv6.conf."+name+".disable_ipv6=1; else "+ringInstead,
				"it has the address %s, and this machine would get nothing there any more", a)
		}
	}
	if upper := above(face.Index); upper != "" {
		return against("use an interface of its own for the mirror; else "+ringInstead, "%s is on top of it and would get nothing any more", upper)
	}
	for _, feature := range []string{"rx-vlan-hw-parse", "rx-vlan-stag-hw-parse"} {
		if on, _ := switchedOn(name); on[feature] {
			return against("ethtool -K "+name+" "+feature+" off; else "+ringInstead, "the card takes VLAN tags off, which would be lost")
		}
	}
	if missing := missingRights(); len(missing) > 0 {
		return against("run as root, or give the program the rights: setcap cap_net_raw,cap_net_admin,cap_bpf+ep PROGRAM; else "+ringInstead,
			"it needs %s", strings.Join(missing, ", "))
	}
	return nil
}

// missingRights is the capabilities for AF_XDP that this process has not.
func missingRights() (names []string) {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var have [2]unix.CapUserData
	if err := unix.Capget(&header, &have[0]); err != nil {
		return nil // it is found out by trying
	}
	has := func(c int) bool { return have[c/32].Effective>>(c%32)&1 != 0 }
	for _, c := range []struct {
		number int
		name   string
	}{{unix.CAP_NET_RAW, "CAP_NET_RAW"}, {unix.CAP_NET_ADMIN, "CAP_NET_ADMIN"}, {unix.CAP_BPF, "CAP_BPF"}} {
		if !has(c.number) && (c.number != unix.CAP_BPF || !has(unix.CAP_SYS_ADMIN)) {
			names = append(names, c.name)
		}
	}
	return names
}

// openXDP takes an interface's packets before its ring has them, as o says.
// The memory is beside the ring's. About is what it came to, in words.
func openXDP(r *ring, o Live) (x *xdp, about string, err error) {
	if err := XDP(r.info.Name); err != nil {
		return nil, "", err
	}
	if o.Endpoint || o.Group != 0 {
		return nil, "", &Error{Name: r.info.Name, Reason: "not by AF_XDP: it takes away what an ordinary host is to hear, and is not shared", Remedy: ringInstead}
	}
	x = &xdp{of: r}
	if o.Filter != nil {
		only, err := o.Filter.Program(r.link)
		if err != nil {
			return nil, "", err
		}
		x.only = &only
	}
	if about, err = x.begin(r, o); err != nil {
		x.close()
		return nil, "", notXDP(r.info.Name, err)
	}
	return x, about, nil
}

// ringShare is the part of an interface's memory that its ring keeps beside
// AF_XDP.
const ringShare = 8

// openDriver listens to one interface by the driver that is asked for.
func openDriver(name string, source uint16, o Live) (*ring, error) {
	if o.Driver == "" || o.Driver == DriverPacket {
		return openRing(name, source, o)
	}
	beside, mine := o, o
	beside.RingBytes = max(o.RingBytes/ringShare, 2*o.BlockBytes)
	mine.RingBytes -= beside.RingBytes
	r, err := openRing(name, source, beside)
	if err != nil {
		return nil, err
	}
	if r.xdp, r.info.Driver, err = openXDP(r, mine); err == nil {
		return r, nil
	}
	r.close()
	if o.Driver != DriverAuto {
		return nil, err
	}
	why := err
	if r, err = openRing(name, source, o); err == nil {
		r.info.Remarks = append(r.info.Remarks, "It is listened to by AF_PACKET: "+why.Error())
	}
	return r, err
}

// notXDP says what helps against an error of the kernel.
func notXDP(name string, err error) error {
	e := &Error{Name: name, Reason: "cannot be listened to by AF_XDP", Err: err, Remedy: ringInstead}
	switch {
	case errors.Is(err, unix.EPERM) || errors.Is(err, unix.EACCES):
		e.Remedy = "it needs CAP_NET_RAW, CAP_NET_ADMIN and CAP_BPF, and a unit of systemd that allows the system call bpf; else " + ringInstead
	case errors.Is(err, unix.ENOBUFS) || errors.Is(err, unix.ENOMEM):
		e.Remedy = "let the process lock more memory: LimitMEMLOCK=infinity in its unit, or CAP_IPC_LOCK"
	case errors.Is(err, unix.EBUSY):
		e.Remedy = "another program has it (ip -d link show dev " + name + " says which); end that, or " + ringInstead
	case errors.Is(err, unix.EAFNOSUPPORT):
		e.Remedy = "this kernel has no AF_XDP (CONFIG_XDP_SOCKETS) or a unit of systemd forbids it (RestrictAddressFamilies=); " + ringInstead
	}
	return e
}

func (x *xdp) begin(r *ring, o Live) (about string, err error) {
	face, err := net.InterfaceByIndex(r.index)
	if err != nil {
		return "", err
	}
	queues, err := queuesOf(r.info.Name)
	if err != nil {
		return "", err
	}
	chunk, pieces := chunkFor(face.MTU)
	n := min(max(o.RingBytes/queues/chunk, leastChunks), mostChunks)
	for q := range queues {
		s, err := openXSK(r.index, q, n, chunk, pieces)
		if err != nil && pieces {
			return "", fmt.Errorf("queue %d, for packets of %d bytes, which lie in several pieces (Linux 6.6, and a driver that can): %w", q, face.MTU, err)
		}
		if err != nil {
			return "", fmt.Errorf("queue %d: %w", q, err)
		}
		x.socks = append(x.socks, s)
	}
	mode, err := x.attach(r.index, pieces, o.Driver == DriverAuto)
	if err != nil {
		return "", err
	}
	how := "copying"
	x.room = uint64(queues * n)
	if x.direct = x.socks[0].direct(); x.direct {
		how = "without copying"
	}
	return fmt.Sprintf("AF_XDP, %s, %s, %d queues of %d chunks of %d bytes", mode, how, queues, n, chunk), nil
}

// attach has the interface run the program: in its driver, or if that cannot
// and it need not be so, in the kernel.
func (x *xdp) attach(index int, pieces, nativeOnly bool) (mode string, err error) {
	sockets, err := newSocketMap(x.socks)
	if err != nil {
		return "", fmt.Errorf("map of sockets: %w", err)
	}
	x.open = append(x.open, sockets)
	program, err := loadProgram(toSockets(sockets), pieces)
	if err != nil {
		return "", fmt.Errorf("program: %w", err)
	}
	x.open = append(x.open, program)
	mode = "in the driver"
	link, err := attachProgram(program, index, unix.XDP_FLAGS_DRV_MODE)
	if err != nil && !nativeOnly && !errors.Is(err, unix.EBUSY) && !errors.Is(err, unix.EPERM) {
		mode = "in the kernel, as the driver has no XDP"
		link, err = attachProgram(program, index, unix.XDP_FLAGS_SKB_MODE)
	}
	if err != nil {
		return "", fmt.Errorf("the driver takes no program: %w", err)
	}
	x.open = append(x.open, link)
	return mode, nil
}

// take copies packets to b as long as there is room, from the queues in turn,
// and reports whether there were any. They have the time at which this is done.
func (x *xdp) take(b *Batch) bool {
	if len(b.Memory) < x.of.block {
		b.Memory = make([]byte, x.of.block)
	}
	var now unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_REALTIME, &now)
	p := frame.Packet{Time: now.Nano(), Link: frame.LinkEthernet, Source: x.of.source}
	mem, before := b.Memory, x.packets+x.filtered
	for range x.of.block / shortChunk {
		turn := x.packets + x.filtered
		for i := range x.socks {
			mem = x.some(b, mem, p, x.socks[(x.first+i)%len(x.socks)])
		}
		if turn == x.packets+x.filtered {
			break
		}
	}
	x.first = (x.first + 1) % len(x.socks)
	return x.packets+x.filtered > before
}

// some copies some packets of a queue, and is what is left of mem.
func (x *xdp) some(b *Batch, mem []byte, p frame.Packet, s *xsk) []byte {
	for range atOnce {
		n, length := s.next(mem, len(b.Packets) > 0)
		if length <= 0 {
			return mem
		}
		if x.only != nil && !x.only.Wants(mem[:n], length) {
			x.filtered++
			continue
		}
		x.packets++
		x.of.seen++
		p.Data, p.Length, p.Number = mem[:n:n], length, x.of.seen
		b.Packets = append(b.Packets, p)
		mem = mem[n:]
	}
	return mem
}

// count gives what was taken back to the kernel, and adds it to what is told.
func (x *xdp) count(info *Info) {
	for _, s := range x.socks {
		s.release()
	}
	x.done += x.packets + x.filtered
	info.Filtered, info.XDP = info.Filtered+x.filtered, info.XDP+x.packets
	x.packets, x.filtered = 0, 0
}

// account is what came so far, of that what was dropped and what is unread,
// and how often a card had nowhere to put a packet, after which it dropped some
// by itself: where the kernel copies, these are among what was dropped.
func (x *xdp) account() (seen, dropped, unread, starved uint64) {
	for _, s := range x.socks {
		d, n := s.lost()
		dropped, unread = dropped+d, unread+s.unread()
		if x.direct {
			starved += n
		}
	}
	return x.done + dropped + unread, dropped, unread, starved
}

// close gives the interface back: the program goes first, so that none of it
// goes to a socket that is gone.
func (x *xdp) close() {
	for i := len(x.open) - 1; i >= 0; i-- {
		unix.Close(x.open[i])
	}
	for _, s := range x.socks {
		s.close()
	}
	x.open, x.socks = nil, nil
}
