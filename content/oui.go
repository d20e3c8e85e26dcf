package content

import (
	"bytes"
	"encoding/binary"

	"tyto/frame"
)

// Kind is what sort of company registered a prefix.
type Kind uint8

// The kinds. Only of brands and their like does a prefix name the maker of the device.
const (
	Brand      Kind = iota // makes devices under its own name
	ODM                    // makes devices for others
	Module                 // makes radio and network modules that others build in
	Chip                   // makes chips
	NIC                    // makes network cards
	Hypervisor             // gives addresses to virtual machines
	OT                     // makes industrial devices
	Medical                // makes medical devices
	Network                // makes network equipment
	Phone                  // makes mobile phones
	endOfKinds
)

var kindNames = [endOfKinds]string{"brand", "odm", "module", "chip", "nic", "hypervisor", "ot", "medical", "network", "phone"}

// String is k's name.
func (k Kind) String() string {
	if k < endOfKinds {
		return kindNames[k]
	}
	return "?"
}

// OUIInfo is what is known of the owner of a prefix.
type OUIInfo struct {
	Vendor   string // usual name, "Hikvision"
	Registry string // as IEEE has it, "Hangzhou Hikvision Digital Technology Co.,Ltd."
	Kind     Kind
	Bits     uint8 // length of the prefix: 24, 28 or 36
}

// NamesDevice reports whether the owner of the prefix is likely the maker of the device,
// and not of a part in it.
func (o OUIInfo) NamesDevice() bool {
	switch o.Kind {
	case ODM, Module, Chip, NIC, Hypervisor:
		return false
	}
	return true
}

// OUI is who registered the longest prefix of mac. It is false for group addresses,
// private registrations, and addresses that were made up: randomised ones, and those that
// begin with 00:00:00 or 00:00:01, Xerox's first prefixes and everybody's first idea.
func OUI(mac frame.MAC) (OUIInfo, bool) {
	if mac.IsGroup() || mac[0]|mac[1] == 0 && mac[2] <= 1 {
		return OUIInfo{}, false
	}
	body := ouiTable.open().body
	n24, n28, n36 := count(body, 0), count(body, 1), count(body, 2)
	rows24 := body[12:]
	rows28 := rows24[6*n24:]
	rows36 := rows28[7*n28:]
	names := rows36[8*n36:]
	long, middle := mac, mac
	long[4] &= 0xf0
	middle[3] &= 0xf0
	for _, try := range [...]struct {
		rows []byte
		want []byte
		bits uint8
	}{{rows36[:8*n36], long[:5], 36}, {rows28[:7*n28], middle[:4], 28}, {rows24[:6*n24], mac[:3], 24}} {
		if at := searchPrefix(try.rows, try.want); at >= 0 {
			registry := string(names[at+1 : at+1+int(names[at])])
			vendor, kind := VendorOf(registry)
			return OUIInfo{Vendor: vendor, Registry: registry, Kind: kind, Bits: try.bits}, true
		}
	}
	return OUIInfo{}, false
}

func count(body []byte, i int) int { return int(binary.LittleEndian.Uint32(body[4*i:])) }

// searchPrefix is where the name of a prefix is, negative if the prefix is not there.
func searchPrefix(rows, want []byte) int {
	size := len(want) + 3
	lo, hi := 0, len(rows)/size
	for lo < hi {
		mid := (lo + hi) / 2
		row := rows[mid*size : mid*size+size]
		switch c := bytes.Compare(row[:len(want)], want); {
		case c == 0:
			return int(row[len(want)]) | int(row[len(want)+1])<<8 | int(row[len(want)+2])<<16
		case c < 0:
			lo = mid + 1
		default:
			hi = mid
		}
	}
	return -1
}
