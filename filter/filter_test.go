package filter

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/bpf"

	"tyto/frame"
)

// expressions are compared with tcpdump's programs for them, which are in
// testdata/tcpdump.txt; UPDATE=1 asks an installed tcpdump anew.
var expressions = []string{
	"ip", "ip6", "arp", "rarp", "tcp", "udp", "icmp", "icmp6", "sctp", "igmp", "pim", "esp", "ah", "vrrp",
	"host 10.20.0.1", "ip host 10.20.0.1", "arp host 10.20.0.1", "src 10.20.0.1", "dst host 10.20.0.1", "src and dst host 10.20.0.1", "src or dst host 10.20.0.10",
	"host fe80::1", "ip6 src host fd00::7", "net 10.20.0.0/24", "net 10", "net 10.20", "src net 10.20.0", "net 10.0.0.0 mask 255.0.0.0", "net 0.0.0.0/0", "net 10.20.0.0/21",
	"net fe80::/10", "dst net ff02::/16", "net ::/0", "ether host ff:ff:ff:ff:ff:ff", "ether src 02:00:00:00:00:01", "ether dst 01:00:5e:00:00:fb",
	"broadcast", "multicast", "ether multicast", "ip multicast", "ip6 multicast", "port 53", "src port 53", "tcp port 80 or 443", "udp dst port 67", "port 80 and 443",
	"src or dst port 502", "src and dst port 123", "portrange 1-1023", "udp portrange 5000-6000", "tcp src portrange 100-50", "sctp port 9",
	"ip proto 17", "ip proto \\tcp", "ip6 proto 58", "proto 6", "ether proto 0x88cc", "ether proto \\arp", "less 100", "greater 100", "len > 60 and len <= 120", "len = 60",
	"not ip", "! ip and ! arp", "not (host 10.20.0.1 or port 53)", "not host 10.20.0.1 and not 10.20.0.10", "ip and tcp or udp", "udp or ip and tcp", "(udp or ip) and not icmp",
	"tcp[13] & 2 != 0", "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0", "tcp[tcpflags] == tcp-syn", "ip[8] < 64", "ip[2:2] > 576", "ip[6:2] & 0x1fff = 0", "ether[0] & 1 = 0", "ip6[6] = 58",
	"ip proto 6 and ip[6:2] & 0x1fff = 0 and ((ip[2:2] - ((ip[0]&0xf)<<2)) - ((tcp[12]&0xf0)>>2)) != 0", "udp[4:2] >= 100", "icmp[icmptype] = icmp-echo", "icmp[0] != 8", "arp[6:2] = 1", "tcp[((tcp[12] & 0xf0) >> 2)] = 0x16",
	"ip[ip[0] & 0xf] != 5", "1 + 2 * 3 - 4 = 3 and ip", "len / 2 > 40", "ip[1] / ip[8] = 0", "-1 > ip[0:4] % 7", "(ip[0] ^ 0x40) | 1 = 5", "icmp6[icmp6type] = icmp6-neighborsolicit",
	"tcp port 102 and (src net 10.20.0.0/24 or dst net 10.30.0.0/16)", "udp and port 47808 or ether proto 0x8892", "ip6 and not port 546 and not port 547", "portrange 80-80",
}

// oracle is tcpdump's program for each expression.
func oracle(t *testing.T) map[string][]bpf.RawInstruction {
	file := filepath.Join("testdata", "tcpdump.txt")
	if os.Getenv("UPDATE") != "" {
		var b bytes.Buffer
		for _, e := range expressions {
			out, err := exec.Command("tcpdump", "-ddd", "-y", "EN10MB", "--", e).Output()
			if err != nil {
				t.Fatalf("tcpdump %q: %v %s", e, err, err.(*exec.ExitError).Stderr)
			}
			fmt.Fprintf(&b, "%s\t%s\n", e, strings.ReplaceAll(strings.TrimSpace(string(out)), "\n", ","))
		}
		if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]bpf.RawInstruction{}
	for line := range strings.Lines(string(text)) {
		e, numbers, _ := strings.Cut(strings.TrimSpace(line), "\t")
		for i, one := range strings.Split(numbers, ",") {
			var r bpf.RawInstruction
			if i == 0 {
				continue // how many there are
			}
			if _, err := fmt.Sscan(one, &r.Op, &r.Jt, &r.Jf, &r.K); err != nil {
				t.Fatal(line, err)
			}
			all[e] = append(all[e], r)
		}
	}
	return all
}

// frames is packets of the recordings, whole and cut, and made-up ones of the
// same headers.
func frames(t *testing.T) (all [][]byte) {
	files, err := filepath.Glob("../proto/testdata/*/*.pcap")
	if err != nil || len(files) < 50 {
		t.Fatal(len(files), err)
	}
	for _, file := range files {
		all = append(all, ethernet(t, file)...)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for _, b := range slices.Clone(all) {
		c := bytes.Clone(b)
		for range 3 {
			c[12+random.IntN(min(len(c), 64)-12)] = byte(random.Uint32())
		}
		all = append(all, c, b[:14+random.IntN(len(b)-13)])
	}
	return all
}

// ethernet is a few of the untagged frames of a capture of classic pcap.
func ethernet(t *testing.T, file string) (all [][]byte) {
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	le := func(i int) int {
		return int(b[i]) | int(b[i+1])<<8 | int(b[i+2])<<16 | int(b[i+3])<<24
	}
	if len(b) < 24 || b[0] != 0x4d && b[0] != 0xd4 || le(20) != 1 {
		return nil
	}
	for at := 24; at+16 <= len(b) && len(all) < 5; {
		n := le(at + 8)
		p := b[at+16 : at+16+n]
		if n >= 60 && (p[12] != 0x81 || p[13] != 0) && p[12] != 0x88 {
			all = append(all, p)
		}
		at += 16 + n
	}
	return all
}

// TestAsTcpdump compares what is accepted with what tcpdump's programs
// accept; behind tags with what those say of the frame without.
func TestAsTcpdump(t *testing.T) {
	packets, want := frames(t), oracle(t)
	telling := 0
	for _, e := range expressions {
		f, err := Parse(e)
		if err != nil {
			t.Errorf("%q: %v", e, err)
			continue
		}
		ours, err := f.Program(frame.LinkEthernet)
		if err != nil || want[e] == nil {
			t.Errorf("%q: %v; tcpdump's is %d long", e, err, len(want[e]))
			continue
		}
		accepted := 0
		for _, p := range packets {
			theirs := run(want[e], p, len(p)) > 0
			if theirs {
				accepted++
			}
			if got := ours.Wants(p, len(p)); got != theirs {
				t.Errorf("%q: %v of %x", e, got, p[:min(len(p), 60)])
				break
			}
			if strings.Contains(e, "len") || strings.Contains(e, "less") || strings.Contains(e, "greater") {
				continue
			}
			for _, tags := range []string{"\x81\x00\xe0\x2a", "\x88\xa8\x00\x07\x81\x00\x00\x2a"} {
				b := slices.Concat(p[:12], []byte(tags), p[12:])
				if got := ours.Wants(b, len(b)); got != theirs {
					t.Fatalf("%q: %v of tagged %x", e, got, b[:min(len(b), 60)])
				}
			}
		}
		if accepted > 0 && accepted < len(packets) {
			telling++
		}
	}
	if telling < 60 {
		t.Errorf("only %d expressions are true of some packets and not of others", telling)
	}
}

// TestMachine compares how programs are run with package bpf, and that the
// kernel's variant has an answer for all packets.
func TestMachine(t *testing.T) {
	packets := frames(t)
	for _, e := range expressions {
		f, err := Parse(e)
		if err != nil {
			t.Fatal(err)
		}
		for _, link := range []frame.LinkType{frame.LinkEthernet, frame.LinkRaw, frame.LinkLinuxSLL, frame.LinkLinuxSLL2, frame.LinkNull} {
			ours, err := f.Program(link)
			if err != nil {
				if link == frame.LinkEthernet || !strings.Contains(err.Error(), "no Ethernet header") {
					t.Errorf("%q: %v", e, err)
				}
				continue
			}
			vm := machine(t, ours.ins)
			kernel, err := f.Kernel(link)
			if err != nil {
				t.Fatal(err)
			}
			for i := range kernel { // package bpf does not know of tags
				if kernel[i].K == kernelHasTag {
					kernel[i] = bpf.RawInstruction{Op: opLoad | imm}
				}
				if kernel[i].K == kernelTag {
					kernel[i] = bpf.RawInstruction{Op: opLoad | imm, K: 99}
				}
			}
			inKernel := machine(t, kernel)
			for i, p := range packets {
				if i%10 != 0 && link != frame.LinkEthernet {
					continue
				}
				n, err := vm.Run(p)
				if got := ours.Wants(p, len(p)); err != nil || got != (n > Rejected) {
					t.Fatalf("%q on %v: %v, want %d, %v of %x", e, link, got, n, err, p)
				}
				k, err := inKernel.Run(p)
				if err != nil || k == 0 || (k > Rejected) != (n > Rejected) {
					t.Fatalf("%q on %v: the kernel's answers %d, %v, want %d of %x", e, link, k, err, n, p)
				}
			}
		}
	}
}

func machine(t *testing.T, raw []bpf.RawInstruction) *bpf.VM {
	t.Helper()
	ins, ok := bpf.Disassemble(raw)
	if !ok {
		t.Fatal("not all instructions are known")
	}
	vm, err := bpf.NewVM(ins)
	if err != nil {
		t.Fatal(err)
	}
	return vm
}

func TestTags(t *testing.T) {
	plain := append(bytes.Repeat([]byte{2}, 12), 8, 6)
	tagged := func(tags string) []byte { return slices.Concat(plain[:12], []byte(tags), plain[12:], make([]byte, 46)) }
	for e, want := range map[string][3]bool{ // of no tag, one with 42, and 7 around 42
		"vlan": {false, true, true}, "not vlan": {true, false, false}, "vlan 42": {false, true, true}, "vlan 7": {false, false, true},
		"vlan 42 and not vlan 7": {false, true, false}, "vlan 7 and vlan 42 and arp": {false, false, true}, "vlan and ip": {false, false, false}, "arp": {true, true, true},
		"vlan 0x2a": {false, true, true}, "vlan 0": {false, false, false}, "len = 64": {false, true, false}, "less 63": {true, false, false}, "greater 65": {false, false, true},
	} {
		f, err := Parse(e)
		if err != nil {
			t.Fatal(err)
		}
		p, err := f.Program(frame.LinkEthernet)
		if err != nil {
			t.Fatal(err)
		}
		for i, b := range [][]byte{tagged(""), tagged("\x81\x00\x00\x2a"), tagged("\x88\xa8\x60\x07\x81\x00\x00\x2a")} {
			if got := p.Wants(b, len(b)); got != want[i] {
				t.Errorf("%q of frame %d: %v", e, i, got)
			}
		}
	}
}

func TestMistakes(t *testing.T) {
	for e, want := range map[string]string{
		"": "is empty", "  ": "is empty", "host": "at character 5: the end, where a value", "host www.example.org": "not looked up", "port http": "names of services", "port 65536": "up to 65535",
		"10.0.0.1": "is none of host, net", "tcp and 80": "is none of host", "host 10.0.0.0/8": "say net", "port 1-2": "say portrange", "net 10.0.0.1/8": "10.0.0.0/8 is the network",
		"(tcp": "a ) is missing", "tcp)": "is not expected here", "tcp udp": "at character 5", "ip port 80": "has no ports", "ether host 10.0.0.1": "not a MAC", "ip broadcast": "there is no ip broadcast",
		"vlan 4096": "between 0 and 4095", "tcp[13:3] = 1": "not expected", "1 / 0 = 1": "division by zero", "1 << 32 = 1": "more than 31", "len >": "a number or a part", "ether proto 46": "is a length",
		"arp host fe80::1": "no address of arp", "net 10.0.0.0 mask 255.0.255.0": "ones after zeros", "not": "the end", "host fe80::1%eth0": "is not expected", "gateway a": "is none of",
		strings.Repeat("(", 100) + "tcp" + strings.Repeat(")", 100): "deeper than", strings.Repeat("not ", 100) + "tcp": "in a row", strings.Repeat("tcp or ", 1000) + "tcp": "longer than",
		"ip proto 256": "between 0 and 255", "arp proto 1": "makes no sense", "ether[0]": "ether wants host", "and tcp": "is none of", "tcp or": "the end",
	} {
		if _, err := Parse(e); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v, want %q", e, err, want)
		}
	}
	deep := "1"
	for range 20 {
		deep = "(1 - " + deep + ")"
	}
	f, err := Parse(deep + " = 1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Kernel(frame.LinkEthernet); err == nil {
		t.Error("more parts than there is memory for")
	}
	if f, err = Parse("tcp"); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Kernel(frame.LinkIEEE80211); err == nil {
		t.Error("of a link type without place for it")
	}
}

// TestLong has jumps that are too far for eight bits, and too much for the kernel.
func TestLong(t *testing.T) {
	hosts := func(n int) string {
		all := []string{"host 10.0.0.0"}
		for i := 1; i < n; i++ {
			all = append(all, "10.0.0."+strconv.Itoa(i))
		}
		return "not (" + strings.Join(all, " or ") + ")"
	}
	f, err := Parse(hosts(40))
	if err != nil {
		t.Fatal(err)
	}
	p, err := f.Program(frame.LinkEthernet)
	if err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 60)
	b[12], b[14], b[26] = 8, 0x45, 10
	for i := range 60 {
		b[29] = byte(i)
		if got := p.Wants(b, 60); got != (i >= 40) {
			t.Errorf("10.0.0.%d: %v", i, got)
		}
	}
	if f, err = Parse(hosts(200)); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Kernel(frame.LinkEthernet); !errors.Is(err, errLong) {
		t.Error(err)
	}
}

func FuzzParse(f *testing.F) {
	for _, e := range expressions {
		f.Add(e)
	}
	f.Fuzz(func(t *testing.T, e string) {
		x, err := Parse(e)
		if err != nil {
			return
		}
		p, err := x.Program(frame.LinkEthernet)
		if err != nil {
			return
		}
		b := bytes.Repeat([]byte{8, 0, 0x45, 6}, 20)
		wants := p.Wants(b, len(b))
		k, err := x.Kernel(frame.LinkEthernet)
		if err != nil {
			return
		}
		for i := range k {
			if k[i].K == kernelHasTag {
				k[i] = bpf.RawInstruction{Op: opLoad | imm}
			}
		}
		if got := run(k, b, len(b)); got == 0 || (got > Rejected) != wants {
			t.Errorf("%q: in the kernel %d, in memory %v", e, got, wants)
		}
	})
}

// BenchmarkWants is one packet in memory.
func BenchmarkWants(b *testing.B) {
	f, err := Parse("not (host 10.0.0.1 or net 10.20.0.0/16 and port 443)")
	if err != nil {
		b.Fatal(err)
	}
	p, err := f.Program(frame.LinkEthernet)
	if err != nil {
		b.Fatal(err)
	}
	packet := make([]byte, 200)
	packet[12], packet[14], packet[23], packet[26], packet[27] = 8, 0x45, 6, 10, 20
	for b.Loop() {
		if !p.Wants(packet, 200) {
			io.Discard.Write(nil)
		}
	}
}
