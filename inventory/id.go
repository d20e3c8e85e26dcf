package inventory

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"strconv"
	"strings"
)

// rank sorts cores by how good a name they are: interfaces of their own
// before shared ones, before bare addresses.
func (v *Inventory) rank(c core) int {
	if c.isAddr() {
		return 3
	}
	i := &v.ifaces[c.n()]
	switch {
	case i.flags&shared != 0:
		return 2
	case i.mac().IsLocal():
		return 1
	}
	return 0
}

func (v *Inventory) compare(a, b core) int {
	if n := cmp.Compare(v.rank(a), v.rank(b)); n != 0 {
		return n
	}
	if a.isAddr() {
		return bytes.Compare(v.hosts[a.n()].addr[:], v.hosts[b.n()].addr[:])
	}
	return cmp.Compare(v.ifaces[a.n()].key, v.ifaces[b.n()].key)
}

// id is the first 48 bits of SHA-256 over the zone's name, a zero byte, and
// the interface (6 bytes of MAC and 2 of VLAN) or the address (16 bytes).
func (v *Inventory) id(c core) uint64 {
	b := append(append(v.scratch[:0], v.zone...), 0)
	if c.isAddr() {
		b = append(b, v.hosts[c.n()].addr[:]...)
	} else {
		b = binary.BigEndian.AppendUint64(b, v.ifaces[c.n()].key)
	}
	v.scratch = b
	sum := sha256.Sum256(b)
	return binary.BigEndian.Uint64(sum[:8]) >> 16
}

// idText is an id as others know it: "d-" and 12 hex digits.
func idText(id uint64) string {
	var b [14]byte
	out := strconv.AppendUint(append(b[:0], 'd', '-'), id|1<<48, 16)
	return string(append(out[:2], out[3:]...))
}

func parseID(text string) (uint64, bool) {
	hex, ok := strings.CutPrefix(text, "d-")
	if !ok || len(hex) != 12 {
		return 0, false
	}
	id, err := strconv.ParseUint(hex, 16, 48)
	return id, err == nil
}
