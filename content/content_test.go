package content

import (
	"testing"
	"time"

	"tyto/frame"
)

func TestOUI(t *testing.T) {
	for _, c := range []struct {
		mac, vendor string
		kind        Kind
		bits        uint8
	}{
		{"00:17:88:00:00:01", "Philips", Brand, 24},
		{"00:80:f4:00:00:01", "Schneider Electric", OT, 24},
		{"00:00:0a:00:00:01", "Omron", OT, 24},
		{"00:0c:29:00:00:01", "VMware", Hypervisor, 24},
		{"52:54:00:00:00:01", "QEMU", Hypervisor, 24},
		{"5c:cf:7f:00:00:01", "Espressif", Module, 24},
		{"00:00:0c:00:00:01", "Cisco", Network, 24},
		{"b0:c5:54:00:00:01", "D-Link", Brand, 24},
		{"00:50:c2:00:00:01", "T.L.S", Brand, 36},
		{"00:12:79:00:00:01", "HP", Brand, 24},
	} {
		mac, _ := frame.ParseMAC([]byte(c.mac))
		got, ok := OUI(mac)
		if !ok || got.Vendor != c.vendor || got.Kind != c.kind || got.Bits != c.bits {
			t.Errorf("%s: got %+v, %v; want %s, %s, %d bits", c.mac, got, ok, c.vendor, c.kind, c.bits)
		}
	}
	for _, s := range []string{"da:a1:19:00:00:01", "01:00:5e:00:00:fb", "ff:ff:ff:ff:ff:ff", "00:00:00:00:00:00"} {
		mac, _ := frame.ParseMAC([]byte(s))
		if got, ok := OUI(mac); ok {
			t.Errorf("%s: got %+v", s, got)
		}
	}
}

// TestEveryPrefixIsFound walks the table: binary search must find each row.
func TestEveryPrefixIsFound(t *testing.T) {
	body := ouiTable.open().body
	rows := body[12:]
	for i, size := range []int{3, 4, 5} {
		n := count(body, i)
		if n < 5000 {
			t.Errorf("%d prefixes of %d bytes", n, size)
		}
		for j := range n {
			if searchPrefix(rows[:n*(size+3)], rows[j*(size+3):j*(size+3)+size]) < 0 {
				t.Fatalf("row %d of %d bytes is not found", j, size)
			}
		}
		rows = rows[n*(size+3):]
	}
}

func TestNumbers(t *testing.T) {
	for got, want := range map[string]string{
		Enterprise(9): "Cisco", Enterprise(14988): "MikroTik", Enterprise(248): "Hirschmann", Enterprise(4294967295): "",
		Enterprise(8691): "Moxa", BACnetVendor(5): "Johnson Controls", BACnetVendor(36): "Tridium", CIPVendor(1): "Rockwell Automation",
		CIPVendor(634): "Hirschmann", CIPDeviceType(12): "Communications Adapter", EnterpriseRegistrant(2): "IBM",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestVendorName(t *testing.T) {
	for in, want := range map[string]string{
		"Hangzhou Hikvision Digital Technology Co.,Ltd.": "Hikvision",
		"TELEMECANIQUE ELECTRIQUE":                       "Schneider Electric",
		"Hewlett Packard":                                "HP",
		"Hewlett Packard Enterprise":                     "HPE",
		"Cisco-Linksys, LLC":                             "Linksys",
		"Apple, Inc.":                                    "Apple",
		"Applera Corp":                                   "Applera",
		"SHENZHEN GREAT THING CO., LTD.":                 "Shenzhen Great Thing",
		"XYZ GmbH & Co. KG":                              "XYZ",
		"The Trane Company":                              "Trane",
		"Siemens AG":                                     "Siemens",
		"":                                               "",
		"GmbH":                                           "GmbH",
		"BUFFALO.INC":                                    "Buffalo",
		"Routerboard.com":                                "MikroTik",
		"Foo S.p.A.":                                     "Foo",
	} {
		if got := VendorName(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestGroupAddress(t *testing.T) {
	for s, want := range map[string]string{"00:00:5e:00:01:0a": "vrrp true", "00:00:0c:9f:f0:01": "hsrp true", "01:80:c2:00:00:0e": "lldp false",
		"33:33:00:00:00:fb": "mdns false", "33:33:ff:00:00:01": "ipv6-multicast false", "00:11:22:33:44:55": " false"} {
		mac, _ := frame.ParseMAC([]byte(s))
		name, virtual := GroupAddress(mac)
		if got := name + map[bool]string{true: " true", false: " false"}[virtual]; got != want {
			t.Errorf("%s: got %q, want %q", s, got, want)
		}
	}
}

func TestSources(t *testing.T) {
	for _, s := range Sources() {
		if s.Rows == 0 || s.Date.IsZero() || s.Version == "" || s.Licence == "" || s.From == "" {
			t.Errorf("%+v", s)
		}
	}
	if age := Age(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)); age < 365*24*time.Hour {
		t.Errorf("age %v", age)
	}
}

func BenchmarkOUI(b *testing.B) {
	mac := frame.MAC{0x44, 0x19, 0xb6, 1, 2, 3}
	for b.Loop() {
		OUI(mac)
	}
}

func BenchmarkEnterprise(b *testing.B) {
	for b.Loop() {
		Enterprise(14988)
	}
}

// TestEveryNumberIsFound holds the tables to the number of rows that their headers tell.
func TestEveryNumberIsFound(t *testing.T) {
	for _, l := range []*lazyTable{&enterpriseTable, &bacnetTable, &cipVendorTable, &cipTypeTable} {
		table, found := l.open(), 0
		for n := range uint32(70_000) {
			if table.named(n) != "" {
				found++
			}
		}
		if found != table.source.Rows {
			t.Errorf("%s: %d of %d rows are found", table.source.Name, found, table.source.Rows)
		}
	}
}
