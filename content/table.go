package content

import (
	"bytes"
	_ "embed" // the tables
	"encoding/binary"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The tables that package gen writes; see there for what the bytes mean.
var (
	//go:embed data/oui.bin
	ouiData []byte
	//go:embed data/enterprises.bin
	enterpriseData []byte
	//go:embed data/bacnet-vendors.bin
	bacnetData []byte
	//go:embed data/cip-vendors.bin
	cipVendorData []byte
	//go:embed data/cip-types.bin
	cipTypeData []byte

	ouiTable        = lazyTable{data: &ouiData}
	enterpriseTable = lazyTable{data: &enterpriseData}
	bacnetTable     = lazyTable{data: &bacnetData}
	cipVendorTable  = lazyTable{data: &cipVendorData}
	cipTypeTable    = lazyTable{data: &cipTypeData}
)

// A lazyTable is a table whose header is read when it is first asked.
type lazyTable struct {
	once sync.Once
	data *[]byte
	t    table
}

// A table is what follows a header, and the header.
type table struct {
	source Source
	body   []byte
}

func (l *lazyTable) open() *table {
	l.once.Do(func() { l.t = readHeader(*l.data) })
	return &l.t
}

// readHeader panics if the file in the binary is none of ours.
func readHeader(data []byte) (t table) {
	head, body, ok := bytes.Cut(data, []byte("\n\n"))
	if !ok || !bytes.HasPrefix(head, []byte("tyto table 1\n")) {
		panic("content: a table has no header")
	}
	t.body = body
	for line := range strings.Lines(string(head)) {
		key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		switch key {
		case "name":
			t.source.Name = value
		case "source":
			t.source.From = value
		case "version":
			t.source.Version = value
		case "date":
			t.source.Date, _ = time.Parse(time.DateOnly, value)
		case "rows":
			t.source.Rows, _ = strconv.Atoi(value)
		case "licence":
			t.source.Licence = value
		}
	}
	return t
}

// named is the name of number n; "" if it has none.
func (t *table) named(n uint32) string {
	blocks := int(binary.LittleEndian.Uint32(t.body))
	index, rows := t.body[4:4+8*blocks], t.body[4+8*blocks:]
	lo, hi := 0, blocks // the last block that begins at n or before is lo-1
	for lo < hi {
		mid := (lo + hi) / 2
		if binary.LittleEndian.Uint32(index[8*mid:]) <= n {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo == 0 {
		return ""
	}
	at, end := binary.LittleEndian.Uint32(index[8*lo-4:]), uint32(len(rows))
	if lo < blocks {
		end = binary.LittleEndian.Uint32(index[8*lo+4:])
	}
	number := binary.LittleEndian.Uint32(index[8*lo-8:])
	for block := rows[at:end]; len(block) > 0; {
		step, used := binary.Uvarint(block)
		size := int(block[used])
		if number += uint32(step); number == n {
			return string(block[used+1 : used+1+size])
		}
		block = block[used+1+size:]
	}
	return ""
}

// Enterprise is the usual name of the vendor with a private enterprise number (SNMP,
// DHCP option 125, LLDP, RADIUS); "" if the number is not given.
func Enterprise(n uint32) string { return VendorName(enterpriseTable.open().named(n)) }

// EnterpriseRegistrant is the same as IANA has it.
func EnterpriseRegistrant(n uint32) string { return enterpriseTable.open().named(n) }

// BACnetVendor is the usual name of the vendor with a BACnet vendor identifier.
func BACnetVendor(n uint32) string { return VendorName(bacnetTable.open().named(n)) }

// CIPVendor is the usual name of the vendor with an ODVA vendor identifier.
func CIPVendor(n uint32) string { return VendorName(cipVendorTable.open().named(n)) }

// CIPDeviceType is ODVA's name of a device type: "Communications Adapter".
func CIPDeviceType(n uint32) string { return cipTypeTable.open().named(n) }
