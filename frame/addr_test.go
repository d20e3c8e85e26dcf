package frame

import (
	"net/netip"
	"testing"
)

func TestIsPublic(t *testing.T) {
	for text, want := range map[string]bool{
		"8.8.8.8": true, "203.0.113.9": true, "192.0.2.1": true, "2001:db8::1": true, "2600::1": true, "2001:0:1::1": true, "::ffff:1.1.1.1": true,
		"10.0.0.1": false, "172.31.0.1": false, "192.168.1.1": false, "100.64.0.1": false, "100.128.0.1": true, "169.254.1.1": false, "127.0.0.1": false, "0.0.0.0": false,
		"0.1.2.3": false, "192.0.0.8": false, "198.18.0.1": false, "198.20.0.1": true, "224.0.0.1": false, "240.0.0.1": false, "255.255.255.255": false,
		"::": false, "::1": false, "fe80::1": false, "fd00::1": false, "ff02::1": false, "100::1": false, "2001:20::1": false,
	} {
		if got := AddrFrom(netip.MustParseAddr(text)).IsPublic(); got != want {
			t.Errorf("%s is public: %v, want %v", text, got, want)
		}
	}
}
