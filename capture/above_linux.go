package capture

import (
	"bytes"
	"encoding/binary"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// above is the name of an interface that gets its packets from another one: the
// bridge or bond that has it, a VLAN of it and the like; "" if there is none.
func above(index int) string {
	table, err := syscall.NetlinkRIB(unix.RTM_GETLINK, unix.AF_UNSPEC)
	if err != nil {
		return ""
	}
	links, err := syscall.ParseNetlinkMessage(table)
	if err != nil {
		return ""
	}
	for i := range links {
		if links[i].Header.Type != unix.RTM_NEWLINK || len(links[i].Data) < unix.SizeofIfInfomsg {
			continue
		}
		attributes, err := syscall.ParseNetlinkRouteAttr(&links[i])
		if err != nil {
			continue
		}
		self := int(int32(binary.NativeEndian.Uint32(links[i].Data[4:]))) // ifi_index
		if upper := upperOf(self, index, attributes); upper != 0 {
			if face, err := net.InterfaceByIndex(upper); err == nil {
				return face.Name
			}
			return "another interface"
		}
	}
	return ""
}

// upperOf is who gets packets of lower by what is told of interface self, 0 if
// nobody. The other end of a veth is told like what lies below, and is not.
func upperOf(self, lower int, attributes []syscall.NetlinkRouteAttr) int {
	var master, link int
	var elsewhere bool
	for _, a := range attributes {
		switch {
		case a.Attr.Type == unix.IFLA_MASTER && len(a.Value) >= 4:
			master = int(binary.NativeEndian.Uint32(a.Value))
		case a.Attr.Type == unix.IFLA_LINK && len(a.Value) >= 4:
			link = int(binary.NativeEndian.Uint32(a.Value))
		case a.Attr.Type == unix.IFLA_LINK_NETNSID, a.Attr.Type == unix.IFLA_LINKINFO && bytes.Contains(a.Value, []byte("veth\x00")):
			elsewhere = true
		}
	}
	switch {
	case self == lower:
		return master
	case link == lower && !elsewhere:
		return self
	}
	return 0
}
