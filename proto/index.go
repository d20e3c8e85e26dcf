package proto

import "tyto/frame"

// An Index finds the dissector of a conversation. It is read-only, so that
// workers share it. Dissectors are numbered from 1, in the order of their names.
type Index struct {
	all                        []*Dissector
	tcpPort, udpPort           [1 << 16]uint16 // index into lists
	lists                      [][]uint16
	tcpAnywhere, udpAnywhere   [256][]uint16 // by first byte
	etherType, llc, ipProtocol map[uint64]uint16
	snap                       map[uint64]uint16
}

// NewIndex indexes the dissectors.
func NewIndex(all []*Dissector) *Index {
	x := &Index{all: all, lists: [][]uint16{nil}, etherType: map[uint64]uint16{}, llc: map[uint64]uint16{},
		ipProtocol: map[uint64]uint16{}, snap: map[uint64]uint16{}}
	for i, d := range all {
		x.add(uint16(i+1), d)
	}
	return x
}

func (x *Index) add(n uint16, d *Dissector) {
	tcp, udp := false, false
	for _, w := range d.Where {
		switch w.kind {
		case atTCP:
			tcp = true
			x.addPort(&x.tcpPort[w.number], n)
		case atUDP:
			udp = true
			x.addPort(&x.udpPort[w.number], n)
		case atIP:
			x.ipProtocol[w.number] = n
		case atEtherType:
			x.etherType[w.number] = n
		case atLLC:
			x.llc[w.number] = n
		case atSNAP:
			x.snap[w.number] = n
		}
	}
	if d.Anywhere && tcp {
		addFirst(&x.tcpAnywhere, d.First, n)
	}
	if d.Anywhere && udp {
		addFirst(&x.udpAnywhere, d.First, n)
	}
}

func (x *Index) addPort(at *uint16, n uint16) {
	x.lists = append(x.lists, append(append([]uint16(nil), x.lists[*at]...), n))
	*at = uint16(len(x.lists) - 1)
}

func addFirst(table *[256][]uint16, first string, n uint16) {
	for b := range table {
		if first == "" {
			table[b] = append(table[b], n)
		}
	}
	for i := range len(first) {
		table[first[i]] = append(table[first[i]], n)
	}
}

// At is the dissector of a number, nil for 0.
func (x *Index) At(n uint16) *Dissector {
	if n == 0 {
		return nil
	}
	return x.all[n-1]
}

// ServerPort reports whether a dissector expects servers there.
func (x *Index) ServerPort(proto uint8, port uint16) bool {
	switch proto {
	case frame.TCP:
		return x.tcpPort[port] != 0
	case frame.UDP:
		return x.udpPort[port] != 0
	}
	return false
}

// Link is the dissector of a frame without TCP or UDP, by what its headers
// say it carries; 0 if there is none.
func (x *Index) Link(f *frame.Frame) uint16 {
	switch {
	case f.HasIP():
		return x.ipProtocol[uint64(f.Proto)]
	case f.SNAP != 0:
		return x.snap[f.SNAP]
	case f.LLC != 0:
		return x.llc[uint64(f.LLC>>8)]
	}
	return x.etherType[uint64(f.EtherType)]
}

// Find is the dissector that takes m for its own: those of the ports first,
// then those that know their protocol anywhere; 0 if none does.
func (x *Index) Find(m *Message) uint16 {
	if len(m.Body) == 0 {
		return 0
	}
	f := m.Frame
	ports, anywhere := &x.tcpPort, x.tcpAnywhere[m.Body[0]]
	if f.Proto == frame.UDP {
		ports, anywhere = &x.udpPort, x.udpAnywhere[m.Body[0]]
	}
	if n := x.first(m, x.lists[ports[f.DstPort]]); n != 0 {
		return n
	}
	if n := x.first(m, x.lists[ports[f.SrcPort]]); n != 0 {
		return n
	}
	return x.first(m, anywhere)
}

func (x *Index) first(m *Message, candidates []uint16) uint16 {
	for _, n := range candidates {
		if x.all[n-1].Is(m) {
			return n
		}
	}
	return 0
}
