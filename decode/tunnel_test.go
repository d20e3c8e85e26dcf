package decode_test

import (
	"testing"

	"tyto/decode"
	"tyto/frame"
)

// TestTunnels opens each tunnel.
func TestTunnels(t *testing.T) {
	in := inner(t)
	v4 := ip4(t, 17, udp(t, 5000, 6000, "616263"))
	v6 := ip6(t, 17, udp(t, 5000, 6000, "616263"))
	const wifi = "0801 0000 020000000033 020000000011 020000000022 0000 aaaa03 000000 0800"
	gre := func(parts ...any) []byte { return ether(t, "0800", ip4(t, 47, parts...)) }
	over := func(port int, parts ...any) []byte {
		return ether(t, "0800", ip4(t, 17, udp(t, 40000, port, parts...)))
	}
	for name, c := range map[string]struct {
		b      []byte
		tunnel frame.Tunnel
	}{
		"gre":                 {gre("0000 0800", v4), frame.TunnelGRE},
		"gre key seq sum":     {gre("b000 86dd 00000000 00000001 00000002", v6), frame.TunnelGRE},
		"gre ethernet":        {gre("0000 6558", in), frame.TunnelGRE},
		"gre mpls":            {gre("0000 8847 00010140", v4), frame.TunnelGRE},
		"pptp":                {gre("3081 880b 0027 0001 00000001 00000002 ff03 0021", v4), frame.TunnelGRE},
		"wccp 2":              {gre("0000 883e 00000000", v4), frame.TunnelGRE},
		"erspan 1":            {gre("0000 88be", in), frame.TunnelERSPAN},
		"erspan 2":            {gre("1000 88be 00000001 1000 0001 00000000", in), frame.TunnelERSPAN},
		"erspan 3":            {gre("1000 22eb 00000001 2000 0001 00000000 0000 0000", in), frame.TunnelERSPAN},
		"erspan 3 platform":   {gre("1000 22eb 00000001 2000 0001 00000000 0000 0001 0000000000000000", in), frame.TunnelERSPAN},
		"erspan 3 ip":         {gre("1000 22eb 00000001 2000 0001 00000000 0000 0800", v4), frame.TunnelERSPAN},
		"ipip":                {ether(t, "0800", ip4(t, 4, v4)), frame.TunnelIPIP},
		"6in4":                {ether(t, "0800", ip4(t, 41, v6)), frame.TunnelIPIP},
		"4in6":                {ether(t, "86dd", ip6(t, 4, v4)), frame.TunnelIPIP},
		"mpls in ip":          {ether(t, "0800", ip4(t, 137, "00010140", v4)), frame.TunnelMPLS},
		"pseudowire":          {ether(t, "8847 00010140", in), frame.TunnelMPLS},
		"pseudowire control":  {ether(t, "8847 00010140 00000000", in), frame.TunnelMPLS},
		"vxlan":               {over(4789, "08000000 00000100", in), frame.TunnelVXLAN},
		"vxlan old port":      {over(8472, "08000000 00000100", in), frame.TunnelVXLAN},
		"vxlan group":         {over(4789, "88000010 00000100", in), frame.TunnelVXLAN},
		"vxlan gpe":           {over(4790, "0c000001 00000100", v4), frame.TunnelVXLAN},
		"geneve":              {over(6081, "0000 6558 00000100", in), frame.TunnelGeneve},
		"geneve options":      {over(6081, "0200 0800 00000100 0102000100000000", v4), frame.TunnelGeneve},
		"gtp":                 {over(2152, "30ff 001f 00000001", v4), frame.TunnelGTPU},
		"gtp sequence":        {over(2152, "32ff 0023 00000001 00010000", v4), frame.TunnelGTPU},
		"gtp extensions":      {over(2152, "34ff 002b 00000001 00000085 01000085 01000000", v4), frame.TunnelGTPU},
		"gtp ethernet":        {over(2152, "30ff 002d 00000001", in), frame.TunnelGTPU},
		"tzsp":                {over(37008, "0100 0001 0a0101 00 01", in), frame.TunnelTZSP},
		"tzsp wireless":       {over(37008, "0100 0012 01", wifi, v4), frame.TunnelTZSP},
		"capwap ethernet":     {over(5247, "0010 0200 00000000", in), frame.TunnelCAPWAP},
		"capwap wireless":     {over(5247, "0010 0300 00000000", wifi, v4), frame.TunnelCAPWAP},
		"capwap swapped":      {over(5247, "0010 0300 00000000", "0108"+wifi[4:], v4), frame.TunnelCAPWAP},
		"teredo":              {over(3544, v6), frame.TunnelTeredo},
		"teredo origin":       {over(3544, "0000 1234 01020304", v6), frame.TunnelTeredo},
		"teredo both":         {over(3544, "0001 0000 0000000000000001 00 0000 1234 01020304", v6), frame.TunnelTeredo},
		"gre security group":  {gre("0000 8909 0101 0001 0008 0800", v4), frame.TunnelGRE},
		"gre sequence number": {gre("1000 0800 00000001", v4), frame.TunnelGRE},
	} {
		t.Run(name, func(t *testing.T) {
			fs := decoded(t, 1, c.b)
			if len(fs) != 2 {
				t.Fatalf("%d frames: %+v", len(fs), fs)
			}
			f, g := fs[0], fs[1]
			if f.Depth != 0 || f.Length != len(c.b) || f.Tunnel != frame.NoTunnel || f.Malformed != "" {
				t.Errorf("outer: %+v", f)
			}
			if g.Depth != 1 || g.Tunnel != c.tunnel || string(g.Payload) != "abc" || g.SrcPort != 5000 || g.Number != 1 || g.Malformed != "" {
				t.Errorf("inner: %+v", g)
			}
			if want := (frame.MAC{2, 0, 0, 0, 0, 0x11}); !g.SrcMAC.IsZero() && g.SrcMAC != want {
				t.Errorf("inner source %v", g.SrcMAC)
			}
			testCuts(t, 1, c.b)
		})
	}
}

// TestPortsAreHints leaves alone what uses a tunnel's port for other things.
func TestPortsAreHints(t *testing.T) {
	for _, port := range []int{2152, 3544, 4789, 8472, 5247, 6081, 37008} {
		for _, body := range []string{"", "00", "ffffffffffffffffffffffffffffffffffff", "4142434445464748494a4b4c4d4e4f505152535455565758595a"} {
			if fs := decoded(t, 1, ether(t, "0800", ip4(t, 17, udp(t, 999, port, body)))); len(fs) != 1 || fs[0].Malformed != "" {
				t.Errorf("port %d, %s: %+v", port, body, fs[1:])
			}
		}
	}
}

// TestNests stops at the last frame there is room for, and counts the rest.
func TestNests(t *testing.T) {
	b := ip4(t, 17, udp(t, 1, 2))
	for range 20 {
		b = ip4(t, 4, b)
	}
	d := decode.New(decode.Config{})
	fs := d.Decode(&frame.Packet{Data: b, Length: len(b), Link: frame.LinkRaw})
	if c := d.Counters(); len(fs) != 8 || c.TooDeep != 1 || fs[7].Depth != 7 {
		t.Errorf("%d frames, %+v", len(fs), c)
	}
}

// TestWirelessIsCounted knows the sender of frames without a payload for us,
// and takes an aggregate apart.
func TestWirelessIsCounted(t *testing.T) {
	d := decode.New(decode.Config{})
	for _, s := range []string{
		"0841 0000 020000000003 020000000001 020000000002 0000 0011223344556677", // protected
		"8000 0000 ffffffffffff 020000000001 020000000001 0000 0000",             // beacon
		"4801 0000 020000000003 020000000001 020000000002 0000",                  // no data
	} {
		b := bytesOf(t, s)
		f := d.Decode(&frame.Packet{Data: b, Link: frame.LinkIEEE80211})[0]
		if f.SrcMAC != (frame.MAC{2, 0, 0, 0, 0, 1}) || len(f.Payload) != 0 || f.Malformed != "" || f.Flags&frame.Wireless == 0 {
			t.Errorf("%+v", f)
		}
	}
	if c := d.Counters(); c.Protected != 1 {
		t.Errorf("%+v", c)
	}
	two := bytesOf(t, "8801 0000 020000000003 020000000009 020000000004 0000 8000",
		"020000000002 020000000001 000b aaaa03 000000 88b5 414141 000000", "020000000002 020000000005 000a aaaa03 000000 88b5 4242")
	fs := d.Decode(&frame.Packet{Data: two, Link: frame.LinkIEEE80211})
	if len(fs) != 2 || fs[0].Length != len(two) || string(fs[0].Payload) != "AAA" || fs[1].Length != 24 || string(fs[1].Payload) != "BB" || fs[1].SrcMAC[5] != 5 || fs[1].Depth != 0 {
		t.Errorf("%+v", fs)
	}
}
