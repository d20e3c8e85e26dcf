package geo

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tyto/frame"
)

// mmdb writes a database as the MaxMind DB format 2.0 has it: a binary tree of
// IPv6 addresses with records of 24 bits, the data, and the metadata.
func mmdb(networks map[string]map[string]any) []byte {
	type node [2]int // a child; -1 none; from 1<<20 on the place of data
	const none, data = -1, 1 << 20
	nodes := []node{{none, none}}
	var section bytes.Buffer
	for prefix, value := range networks {
		at := section.Len()
		put(&section, value)
		p := netip.MustParsePrefix(prefix)
		raw, bits := p.Addr().As16(), p.Bits()
		if p.Addr().Is4() { // the tree has IPv4 below ::/96
			clear(raw[:12])
			bits += 96
		}
		n := 0
		for i := range bits {
			bit := raw[i/8] >> (7 - i%8) & 1
			if i == bits-1 {
				nodes[n][bit] = data + at
				break
			}
			if nodes[n][bit] == none {
				nodes = append(nodes, node{none, none})
				nodes[n][bit] = len(nodes) - 1
			}
			n = nodes[n][bit]
		}
	}
	var out bytes.Buffer
	for _, n := range nodes {
		for _, child := range n {
			x := child
			switch {
			case child == none:
				x = len(nodes)
			case child >= data:
				x = len(nodes) + 16 + child - data
			}
			out.Write([]byte{byte(x >> 16), byte(x >> 8), byte(x)})
		}
	}
	out.Write(make([]byte, 16))
	out.Write(section.Bytes())
	out.WriteString("\xab\xcd\xefMaxMind.com")
	put(&out, map[string]any{"node_count": uint32(len(nodes)), "record_size": uint32(24), "ip_version": uint32(6), "database_type": "Test",
		"languages": []string{"en"}, "binary_format_major_version": uint32(2), "binary_format_minor_version": uint32(0), "build_epoch": uint64(1), "description": map[string]any{"en": "a test"}})
	return out.Bytes()
}

// put writes a value as the format has it.
func put(b *bytes.Buffer, v any) {
	head := func(kind, size int) {
		if kind > 7 {
			b.Write([]byte{byte(size), byte(kind - 7)})
			return
		}
		if size >= 29 {
			b.Write([]byte{byte(kind<<5 | 29), byte(size - 29)})
			return
		}
		b.WriteByte(byte(kind<<5 | size))
	}
	switch x := v.(type) {
	case string:
		head(2, len(x))
		b.WriteString(x)
	case uint32:
		head(6, 4)
		_ = binary.Write(b, binary.BigEndian, x)
	case uint64:
		head(9, 8)
		_ = binary.Write(b, binary.BigEndian, x)
	case []string:
		head(11, len(x))
		for _, s := range x {
			put(b, s)
		}
	case map[string]any:
		head(7, len(x))
		for k, v := range x {
			put(b, k)
			put(b, v)
		}
	}
}

func write(t *testing.T, name string, body []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, body, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func addr(t *testing.T, text string) (a frame.Addr) {
	t.Helper()
	if err := a.UnmarshalText([]byte(text)); err != nil {
		t.Fatal(err)
	}
	return a
}

func TestFind(t *testing.T) {
	long := strings.Repeat("Ä", 80)
	country := write(t, "country.mmdb", mmdb(map[string]map[string]any{
		"203.0.113.0/24": {"country": map[string]any{"iso_code": "AT"}}, "2001:db8::/32": {"country": map[string]any{"iso_code": "DE"}}, "198.51.100.0/25": {"country_code": "CH"}}))
	asn := write(t, "asn.mmdb", mmdb(map[string]map[string]any{
		"203.0.113.0/25": {"autonomous_system_number": uint32(64500), "autonomous_system_organization": "Example Networks"}, "198.51.100.0/24": {"as_name": long}}))
	db, err := Open(country, asn)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]Place{
		"203.0.113.9":   {"AT", 64500, "Example Networks"},
		"203.0.113.200": {Country: "AT"},
		"2001:db8::7":   {Country: "DE"},
		"198.51.100.1":  {Country: "CH", Network: long[:100]},
		"192.0.2.1":     {},
	} {
		if got := db.Find(addr(t, text)); got != want {
			t.Errorf("%s: %+v, want %+v", text, got, want)
		}
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
	var none *DB
	if got := none.Find(addr(t, "203.0.113.9")); got != (Place{}) {
		t.Errorf("nothing knows %+v", got)
	}
}

// TestDamaged holds that what is no such file, or a part of one, is refused.
func TestDamaged(t *testing.T) {
	whole := mmdb(map[string]map[string]any{"203.0.113.0/24": {"country": map[string]any{"iso_code": "AT"}}})
	for name, body := range map[string][]byte{"empty": {}, "text": []byte("hello"), "cut": whole[:len(whole)-40], "tree": append(bytes.Repeat([]byte{0xff}, 600), whole[600:]...)} {
		if db, err := Open(write(t, name, body)); err == nil {
			t.Errorf("%s is taken", name)
			db.Close()
		} else if !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Open(filepath.Join(t.TempDir(), "absent.mmdb")); err == nil {
		t.Error("what is not there is taken")
	}
}
