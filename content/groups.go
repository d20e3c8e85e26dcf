package content

import (
	_ "embed" // the table
	"strconv"
	"strings"
	"sync"

	"tyto/frame"
)

//go:embed data/groups.tsv
var groupText string

type groupAddress struct {
	prefix  frame.MAC
	bits    int
	virtual bool
	name    string
}

var groupAddresses = sync.OnceValue(func() (all []groupAddress) {
	for line := range strings.Lines(groupText) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if strings.HasPrefix(line, "#") || len(f) != 3 {
			continue
		}
		text, bits, cut := strings.Cut(f[0], "/")
		g := groupAddress{bits: 48, virtual: f[1] == "virtual", name: f[2]}
		if cut {
			g.bits, _ = strconv.Atoi(bits)
		}
		mac, ok := frame.ParseMAC([]byte(text))
		if !ok || g.bits < 1 || g.bits > 48 {
			panic("content: groups.tsv: " + line)
		}
		g.prefix = mac
		all = append(all, g)
	}
	return all
})

// GroupAddress is the protocol of a well-known address that is no device's own: groups
// ("lldp"), and, with virtual set, unicast addresses that several devices share ("vrrp").
// It is empty for any other address.
func GroupAddress(mac frame.MAC) (name string, virtual bool) {
	best := -1
	for _, g := range groupAddresses() {
		if g.bits > best && samePrefix(mac, g.prefix, g.bits) {
			best, name, virtual = g.bits, g.name, g.virtual
		}
	}
	return name, virtual
}

func samePrefix(a, b frame.MAC, bits int) bool {
	for i := 0; bits > 0; i, bits = i+1, bits-8 {
		x := a[i] ^ b[i]
		if bits < 8 {
			x >>= 8 - bits
		}
		if x != 0 {
			return false
		}
	}
	return true
}
