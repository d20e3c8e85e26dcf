package capture_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"io"
	"net/netip"
	"strings"
	"testing"
	"time"

	"tyto/capture"
	"tyto/decode"
	"tyto/frame"
	"tyto/lab/cable"
)

// datagram is an Ethernet frame of IP to near, from a host of its network.
func datagram(version int, from byte, proto byte, payload []byte) []byte {
	b := []byte{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, from}
	if version == 6 {
		b = append(b, 0x86, 0xdd, 0x60, 0, 0, 0, byte(len(payload)>>8), byte(len(payload)), proto, 64)
		b = append(append(b, 0xfd, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, from), 0xfd, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)
		return append(b, payload...)
	}
	n := 20 + len(payload)
	h := []byte{0x45, 0, byte(n >> 8), byte(n), 0, 0, 0, 0, 64, proto, 0, 0, 10, 9, 8, from, 10, 9, 8, 1}
	var sum uint32
	for i := 0; i < 20; i += 2 {
		sum += uint32(binary.BigEndian.Uint16(h[i:]))
	}
	binary.BigEndian.PutUint16(h[10:], ^uint16(sum>>16+sum))
	return append(append(append(b, 8, 0), h...), payload...)
}

// udp is a header and what follows; over IPv6 it needs a checksum.
func udp(version int, from byte, port uint16, payload []byte) []byte {
	b := []byte{0x9c, 0x40, byte(port >> 8), byte(port), byte((8 + len(payload)) >> 8), byte(8 + len(payload)), 0, 0}
	b = append(b, payload...)
	if version == 6 {
		pseudo := append(datagram(6, from, 17, nil)[22:54], 0, 0, byte(len(b)>>8), byte(len(b)), 0, 0, 0, 17)
		var sum uint32
		for all := append(pseudo, b...); len(all) > 0; all = all[2:] {
			if len(all) == 1 {
				all = append(all, 0)
			}
			sum += uint32(binary.BigEndian.Uint16(all))
		}
		for sum > 0xffff {
			sum = sum>>16 + sum&0xffff
		}
		binary.BigEndian.PutUint16(b[6:], ^uint16(sum))
	}
	return b
}

// arp is a host that looks for itself.
func arp(n byte) []byte {
	mac := []byte{2, 0, 0x5e, 0, 0, n}
	b := append(bytes.Repeat([]byte{0xff}, 6), mac...)
	b = append(append(b, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1), mac...)
	return append(append(b, 10, 9, 8, n), make([]byte, 28)...)
}

func unhex(t *testing.T, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestTunnel has what is wrapped by each protocol come out as it went in, also
// over IPv6 and on another port; refuses who may not send; and answers nobody.
func TestTunnel(t *testing.T) {
	cable.New(t)
	cable.IP(t, "link", "set", "dev", "near", "address", "02:00:00:00:00:01")
	cable.IP(t, "addr", "add", "10.9.8.1/24", "dev", "near")
	cable.IP(t, "addr", "add", "fd09::1/64", "dev", "near", "nodad")
	cable.Until(t, "the address is used", func() bool {
		return bytes.Contains(cable.IP(t, "-6", "route", "show", "table", "local"), []byte("local fd09::1"))
	})
	answers, err := capture.OpenLive([]string{"far"}, capture.Live{RingBytes: 1 << 20, Milliseconds: 10, Filter: parse(t, "ether src 02:00:00:00:00:01 and not ip6 proto 0")}) // 0 is the kernel's news of groups
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for b := new(capture.Batch); answers.Read(b) == nil; {
			t.Errorf("an answer: %x", b.Packets[0].Data)
		}
	}()
	send := cable.Sender(t, "far")
	inner := arp(7) // of a host 02:00:5e:00:00:07
	for name, x := range map[string]struct {
		protocol string
		port     uint16
		version  int
		head     string
		kind     frame.Tunnel
	}{
		"vxlan":         {"vxlan", 0, 4, "08000000 00000100", frame.TunnelVXLAN},
		"vxlan on 8472": {"vxlan", 8472, 4, "08000000 00000100", frame.TunnelVXLAN},
		"vxlan over 6":  {"vxlan", 0, 6, "08000000 00000100", frame.TunnelVXLAN},
		"geneve":        {"geneve", 0, 4, "0000 6558 00000100", frame.TunnelGeneve},
		"tzsp":          {"tzsp", 0, 4, "0100 0001 0a0101 00 01", frame.TunnelTZSP},
		"gre":           {"gre", 0, 4, "0000 6558", frame.TunnelGRE},
		"gre over 6":    {"gre", 0, 6, "0000 6558", frame.TunnelGRE},
		"erspan 1":      {"gre", 0, 4, "0000 88be", frame.TunnelERSPAN},
		"erspan 2":      {"gre", 0, 4, "1000 88be 00000001 1001 0001 00000000", frame.TunnelERSPAN},
		"erspan 3":      {"gre", 0, 4, "1000 22eb 00000001 2000 0001 00000000 0000 0000", frame.TunnelERSPAN},
	} {
		func() { // on this thread, which has the network
			t.Log(name)
			tunnel := capture.Tunnel{Protocol: x.protocol, Port: x.port, Address: netip.MustParseAddr("10.9.8.1"), From: []netip.Prefix{netip.MustParsePrefix("10.9.8.2/32")}}
			if x.version == 6 {
				tunnel.Address, tunnel.From = netip.MustParseAddr("fd09::1"), []netip.Prefix{netip.MustParsePrefix("fd09::2/128")}
			}
			s, err := capture.OpenTunnel(tunnel)
			if err != nil {
				t.Fatal(err)
			}
			payload := append(unhex(t, x.head), inner...)
			packet := func(from byte) []byte {
				if x.protocol == "gre" {
					return datagram(x.version, from, 47, payload)
				}
				port := map[string]uint16{"vxlan": 4789, "geneve": 6081, "tzsp": 37008}[x.protocol]
				if x.port != 0 {
					port = x.port
				}
				return datagram(x.version, from, 17, udp(x.version, from, port, payload))
			}
			for _, from := range []byte{3, 77, 2} {
				send(packet(from))
			}
			var b capture.Batch
			if err := s.Read(&b); err != nil || len(b.Packets) != 1 {
				t.Fatal(err, b.Packets)
			}
			p := b.Packets[0]
			frames := decode.New(decode.DefaultConfig()).Decode(&p)
			last := frames[len(frames)-1]
			if len(frames) != 2 || last.Malformed != "" || last.EtherType != 0x0806 || last.SrcMAC != (frame.MAC{2, 0, 0x5e, 0, 0, 7}) || last.Tunnel != x.kind {
				t.Errorf("%d frames, the last %+v", len(frames), last)
			}
			if want := len(packet(2)) - 14; p.Length != want || len(p.Data) != want || p.Number != 1 || time.Since(time.Unix(0, p.Time)).Abs() > 2*cable.Patience {
				t.Errorf("%+v", p)
			}
			if i := s.Captures()[0]; i.Packets != 1 || i.Refused != 2 || i.Seen != 3 || !i.Live || i.Err != nil {
				t.Errorf("%+v", i)
			}
			s.Close()
			if err := s.Read(&b); err != io.EOF {
				t.Error(err)
			}
		}()
	}
	cable.Until(t, "all is read", func() bool { i := answers.Captures()[0]; return i.Seen > 30 && i.Unread == 0 })
	answers.Close()
}

// TestTunnelDrops counts what the kernel had no room for.
func TestTunnelDrops(t *testing.T) {
	cable.New(t)
	cable.IP(t, "link", "set", "dev", "near", "address", "02:00:00:00:00:01")
	cable.IP(t, "addr", "add", "10.9.8.1/24", "dev", "near")
	all := netip.MustParsePrefix("10.9.8.0/24")
	s, err := capture.OpenTunnel(capture.Tunnel{Protocol: "vxlan", Address: netip.MustParseAddr("10.9.8.1"), From: []netip.Prefix{all}, Buffer: 1 << 14})
	if err != nil {
		t.Fatal(err)
	}
	before := cable.Look(t, "near").Stats.RX.Packets
	send := cable.Sender(t, "far")
	for range 500 {
		send(datagram(4, 2, 17, udp(4, 2, 4789, bytes.Repeat([]byte{8}, 1000))))
	}
	sent := cable.Look(t, "near").Stats.RX.Packets - before
	done := make(chan struct{})
	go func() {
		defer close(done)
		for b := new(capture.Batch); s.Read(b) == nil; {
		}
	}()
	cable.Until(t, "all is counted", func() bool { return s.Captures()[0].Seen == sent })
	s.Close()
	<-done
	if i := s.Captures()[0]; i.Dropped == 0 || i.Packets == 0 || i.Packets+i.Dropped != sent {
		t.Errorf("of %d: %+v", sent, i)
	}
}

func TestTunnelMistakes(t *testing.T) {
	from := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	here := netip.MustParseAddr("127.0.0.1")
	for want, x := range map[string]capture.Tunnel{
		"none of vxlan":       {Protocol: "ipip", Address: here, From: from},
		"one of this machine": {Protocol: "vxlan", Address: netip.MustParseAddr("0.0.0.0"), From: from},
		"nobody may send":     {Protocol: "vxlan", Address: here},
		"gre has no port":     {Protocol: "gre", Port: 47, Address: here, From: from},
		"ip addr shows":       {Protocol: "vxlan", Address: netip.MustParseAddr("192.0.2.1"), From: from},
	} {
		if _, err := capture.OpenTunnel(x); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v", x, err)
		}
	}
}
