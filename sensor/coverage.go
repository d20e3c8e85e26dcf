package sensor

import (
	"encoding/binary"

	"tyto/flow"
	"tyto/frame"
)

// Coverage is what one interface shows of its network, so that a mirror that
// is set up wrongly can be told from a quiet network; see package mirror.
type Coverage struct {
	Unicast, Broadcast, Multicast uint64 // frames, by their receiver
	TwoSided, OneSided            uint64 // TCP conversations that ended, heard from both ends or from one
	Duplicates                    uint64 // frames that came twice within twinTime
	Seen, Unseen                  uint64 // bytes of TCP that came; that did not, though their receivers confirmed them
	Longest                       uint64 // frame, in bytes
	vlans                         [4096 / 64]uint64
}

// VLANs is how many were seen, untagged frames not among them.
func (v *Coverage) VLANs() (n uint64) {
	for _, x := range v.vlans {
		for ; x != 0; x &= x - 1 {
			n++
		}
	}
	return n
}

func (v *Coverage) add(x *Coverage) {
	v.Unicast += x.Unicast
	v.Broadcast += x.Broadcast
	v.Multicast += x.Multicast
	v.TwoSided += x.TwoSided
	v.OneSided += x.OneSided
	v.Duplicates += x.Duplicates
	v.Longest = max(v.Longest, x.Longest)
	v.Seen += x.Seen
	v.Unseen += x.Unseen
	for i := range v.vlans {
		v.vlans[i] |= x.vlans[i]
	}
}

// covering keeps the coverage of a worker's interfaces.
type covering struct {
	by    []Coverage // by number of the source
	twins [512]twin
}

// A twin is a frame seen lately, by a hash of what a copy of it has too.
type twin struct {
	hash uint64
	time int64
}

// twinTime is within which a copy by a second mirror port comes; a repetition
// by the sender takes longer.
const twinTime = 2_000_000 // nanoseconds

func (v *covering) of(source uint16) *Coverage {
	for len(v.by) <= int(source) {
		v.by = append(v.by, Coverage{})
	}
	return &v.by[source]
}

// frame counts a frame as it was on the wire.
func (v *covering) frame(f *frame.Frame, c *flow.Conversation, d flow.Direction, source uint16) {
	x := v.of(source)
	switch {
	case !f.DstMAC.IsGroup():
		x.Unicast++
	case f.DstMAC == frame.MAC{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}:
		x.Broadcast++
	default:
		x.Multicast++
	}
	x.Longest = max(x.Longest, uint64(f.Length))
	x.vlans[f.VLAN/64&63] |= 1 << (f.VLAN % 64)
	x.vlans[0] &^= 1
	if !f.HasIP() || f.Flags&frame.Ports == 0 || f.Flags&frame.Fragment != 0 {
		return
	}
	if f.Proto == frame.TCP {
		seen, unseen := c.Confirmed(f, d)
		x.Seen, x.Unseen = x.Seen+uint64(seen), x.Unseen+uint64(unseen)
	}
	if len(f.Payload) > 0 && v.twin(f) {
		x.Duplicates++
	}
}

// twin reports whether the same was seen a moment ago.
func (v *covering) twin(f *frame.Frame) bool {
	h := uint64(f.TCPSeq)<<32 | uint64(f.SrcPort)<<16 | uint64(f.DstPort)
	h = (h ^ binary.LittleEndian.Uint64(f.Src[8:])) * 0x9e3779b97f4a7c15
	h = (h ^ h>>29 ^ binary.LittleEndian.Uint64(f.Dst[8:])) * 0xbf58476d1ce4e5b9
	h ^= h>>32 ^ uint64(len(f.Payload)+f.Missing)<<48
	if n := len(f.Payload); n >= 8 {
		h = (h ^ binary.LittleEndian.Uint64(f.Payload[n-8:])) * 0x94d049bb133111eb
	}
	t := &v.twins[h>>55]
	same := t.hash == h && f.Time-t.time < twinTime && f.Time >= t.time
	*t = twin{h, f.Time}
	return same
}

// ended counts a TCP conversation that is over.
func (v *covering) ended(r *flow.Report) {
	if r.Proto != frame.TCP || !r.IP || r.Fragments {
		return
	}
	x := v.of(r.Source)
	if both, one := r.Sides(); both {
		x.TwoSided++
	} else if one {
		x.OneSided++
	}
}
