package inventory

import "tyto/frame"

// A core is what a device is made of: an interface, by its MAC address, or an
// address of which no interface is known. Its number is twice the interface's,
// or twice the address's and one.
type core uint32

func coreOf(mac uint32) core      { return core(mac << 1) }
func (c core) isAddr() bool       { return c&1 != 0 }
func (c core) n() uint32          { return uint32(c >> 1) }
func coreOfAddr(host uint32) core { return core(host<<1 | 1) }

// A seat is a core's place in a device.
type seat struct {
	device uint32 // 0: in none
	next   core   // in the same device; 0 ends
	flags  seatFlags
}

type seatFlags uint16

const (
	exists    seatFlags = 1 << iota // it sent, or is named as there
	waiting                         // in the queue of cores to place
	deciding                        // in the queue of addresses or interfaces to decide
	named                           // an operator, or an agent, says that it is there
	shared                          // made for several devices: VRRP, HSRP
	router                          // passes on packets of others
	roleSays                        // is said to be a router: RA, DHCP option 3, Forwards
	sendsMany                       // sends for many internet hosts
	selfNamed                       // stated what it is
	gathered                        // while cores are put together
	selfTalk                        // stands on both sides of a conversation
	rotating                        // has a random address and a key by which it may follow another
)

// An iface is an interface: a MAC address of the zone, of one VLAN if it is
// locally administered, since such addresses repeat.
type iface struct {
	key      uint64 // MAC<<16 | VLAN
	pairs    uint32 // the first; 0 if none
	vlan     uint16 // the first one seen; others in Inventory.vlans
	foreign4 uint32 // internet addresses it sent for, unproved
	foreign6 uint32 // the same of IPv6
	near4    uint32 // IPv4 addresses of the zone it sent for, unproved
	near6    uint32 // the same of IPv6
	own      uint32 // addresses that are proved its own
	own4     uint32 // those of IPv4 that are not link-local
	far      uint32 // internet addresses kept without proof
	tagged   bool   // vlan is set
	seat
}

func macKey(m frame.MAC, vlan uint16) uint64 {
	k := uint64(m[0])<<40 | uint64(m[1])<<32 | uint64(m[2])<<24 | uint64(m[3])<<16 | uint64(m[4])<<8 | uint64(m[5])
	if !m.IsLocal() {
		vlan = 0
	}
	return k<<16 | uint64(vlan)
}

func (i *iface) mac() frame.MAC {
	k := i.key >> 16
	return frame.MAC{byte(k >> 40), byte(k >> 32), byte(k >> 24), byte(k >> 16), byte(k >> 8), byte(k)}
}

// A host is an IP address of the zone.
type host struct {
	addr  frame.Addr
	pairs uint32 // the first; 0 if none
	owner uint32 // the pair whose interface has it now; 0 if none
	n     uint32 // pairs
	reach reach
	seat
}

// A pair is an interface with an address, or one of them alone: what claims
// are about and what is counted.
type pair struct {
	iface, host    uint32 // 0: none
	nextOfIface    uint32
	nextOfHost     uint32
	claims         uint32 // the newest; 0 if none
	n              uint16 // claims
	flags          pairFlags
	reported       uint32 // seconds since 1970 when it was last in Changed
	packets, bytes uint64 // sent
	first, last    int64  // when it was in use; see until
}

// until is when a pair was last in use. last may be before first: see tyto.Subject.Turn.
func (p *pair) until() int64 { return max(p.first, p.last) }

type pairFlags uint16

const (
	sent     pairFlags = 1 << iota // the interface sent from the address
	proved                         // ARP, neighbour discovery or DHCP say that they belong together
	alleged                        // another protocol says so
	leased                         // DHCP says so
	attached                       // the rules say so
	touched                        // in the list of what Changed reports
	stating                        // has claims of Identity or Serial
	vip                            // an address of VRRP or the like
	used                           // first and last are set
	answered                       // somebody spoke with it, and was answered
)

const (
	maxFar       = 12   // internet addresses kept of one interface
	maxPairs     = 64   // interfaces kept of one address
	maxOwn       = 4096 // proved addresses kept of one interface
	maxNets      = 1024 // networks of the internet that can be on a link here
	maxClaimsOf  = 1024
	maxTags      = 256     // VLANs kept of one interface
	sightingTime = 15 * 60 // seconds; a sighting is news that often
)

// tables is the interfaces, addresses and pairs. Number 0 of each is none.
type tables struct {
	ifaces  []iface
	hosts   []host
	pairs   slots[pair]
	byMAC   map[uint64]uint32
	byAddr  map[frame.Addr]uint32
	byBoth  map[uint64]uint32 // iface<<32 | host
	vlans   map[uint32][]uint16
	localNs map[frame.Addr]bool // networks of internet addresses that are on a link here

	freeIfaces, freeHosts []uint32 // places that are used again
	tags                  int      // in vlans
}

func newTables() tables {
	return tables{
		ifaces: make([]iface, 1), hosts: make([]host, 1), byMAC: map[uint64]uint32{}, byAddr: map[frame.Addr]uint32{},
		byBoth: map[uint64]uint32{}, vlans: map[uint32][]uint16{}, localNs: map[frame.Addr]bool{},
	}
}

// pair is pair i, from 1.
func (t *tables) pair(i uint32) *pair { return t.pairs.at(i) }

// iface is the number of an interface, made if it is new.
func (t *tables) iface(m frame.MAC, vlan uint16) uint32 {
	key := macKey(m, vlan)
	i, ok := t.byMAC[key]
	if !ok {
		i = place(&t.ifaces, &t.freeIfaces)
		t.ifaces[i] = iface{key: key}
		t.byMAC[key] = i
		if isSharedMAC(m) {
			t.ifaces[i].flags |= shared
		}
	}
	if vlan != 0 {
		t.tag(i, vlan)
	}
	return i
}

// tag notes that an interface was seen in a VLAN.
func (t *tables) tag(i uint32, vlan uint16) {
	x := &t.ifaces[i]
	if x.tagged && x.vlan == vlan {
		return
	}
	if !x.tagged {
		x.tagged, x.vlan = true, vlan
		return
	}
	for _, y := range t.vlans[i] {
		if y == vlan {
			return
		}
	}
	if len(t.vlans[i]) < maxTags {
		t.vlans[i] = append(t.vlans[i], vlan)
		t.tags++
	}
}

// host is the number of an address, made if it is new.
func (t *tables) host(a frame.Addr) uint32 {
	h, ok := t.byAddr[a]
	if !ok {
		h = place(&t.hosts, &t.freeHosts)
		t.hosts[h] = host{addr: a, reach: reachOf(a)}
		t.byAddr[a] = h
	}
	return h
}

// near reports whether an address is of this zone, as far as it is known.
func (t *tables) near(h *host) bool {
	return h.reach != internet || len(t.localNs) > 0 && t.localNs[netOf(h.addr)]
}

// both is the number of the pair of an interface and an address, 0 if there is none.
func (t *tables) both(iface, host uint32) uint32 { return t.byBoth[uint64(iface)<<32|uint64(host)] }

func (t *tables) addPair(iface, host uint32) uint32 {
	n := t.pairs.add(pair{iface: iface, host: host})
	p := t.pair(n)
	if iface != 0 {
		p.nextOfIface, t.ifaces[iface].pairs = t.ifaces[iface].pairs, n
	}
	if host != 0 {
		h := &t.hosts[host]
		p.nextOfHost, h.pairs = h.pairs, n
		h.n++
	}
	t.byBoth[uint64(iface)<<32|uint64(host)] = n
	return n
}

// place is a place in a table for one more.
func place[T any](table *[]T, free *[]uint32) uint32 {
	if last := len(*free) - 1; last >= 0 {
		n := (*free)[last]
		*free = (*free)[:last]
		return n
	}
	var none T
	*table = append(*table, none)
	return uint32(len(*table) - 1)
}

// seat is a core's seat.
func (t *tables) seat(c core) *seat {
	if c.isAddr() {
		return &t.hosts[c.n()].seat
	}
	return &t.ifaces[c.n()].seat
}
