package tcpstack

import (
	"strings"
	"testing"

	"tyto/frame"
)

func syn(ttl uint8, window uint16, options string) *frame.Frame {
	return &frame.Frame{
		Flags: frame.IPv4 | frame.Ports | frame.DontFragment, Proto: frame.TCP, TCPFlags: frame.SYN, TTL: ttl, TCPWindow: window, Options: []byte(options),
	}
}

const stamp = "\x08\x0a\x00\x00\x00\x01\x00\x00\x00\x00"

func TestAppend(t *testing.T) {
	six := syn(57, 64800, "\x02\x04\x05\xa0\x04\x02"+stamp+"\x01\x03\x03\x07")
	six.Flags = frame.IPv6 | frame.Ports
	loose := syn(255, 4128, "\x02\x04\x05\xb4")
	loose.Flags &^= frame.DontFragment
	for _, x := range []struct {
		f    *frame.Frame
		want string
	}{
		{syn(64, 64240, "\x02\x04\x05\xb4\x04\x02"+stamp+"\x01\x03\x03\x07"), "ttl=64;df=1;opt=mss,sack,ts,nop,ws;mss=1460;win=mss*44;ws=7"},
		{syn(127, 8192, "\x02\x04\x05\xb4\x01\x03\x03\x08\x01\x01\x04\x02"), "ttl=128;df=1;opt=mss,nop,ws,nop,nop,sack;mss=1460;win=8192;ws=8"},
		{syn(64, 65535, "\x02\x04\x05\xb4\x01\x03\x03\x06\x01\x01"+stamp+"\x04\x02\x00\x00"), "ttl=64;df=1;opt=mss,nop,ws,nop,nop,ts,sack,eol;mss=1460;win=65535;ws=6"},
		{six, "ttl=64;opt=mss,sack,ts,nop,ws;mss=1440;win=mss*45;ws=7"},
		{loose, "ttl=255;df=0;opt=mss;mss=1460;win=4128"},
		{syn(30, 0, ""), "ttl=32;df=1;opt=;win=0"},
		{syn(64, 7, "\x02\x04\x00\x00\x02\x03\x01\xfd\x02\x04\xff"), "ttl=64;df=1;opt=mss,mss,?253,bad;win=other"},
		{syn(64, 7, "\x03\x01"), "ttl=64;df=1;opt=bad;win=other"},
		{syn(64, 1, strings.Repeat("\x01", 40)), "ttl=64;df=1;opt=" + strings.Repeat("nop,", 15) + "nop;win=other"},
	} {
		if !Opens(x.f) {
			t.Errorf("%s: does not open", x.want)
		}
		if got := string(Append(nil, x.f)); got != x.want {
			t.Errorf("%s, want %s", got, x.want)
		}
	}
}

// TestOpens is what is no honest beginning of a connection, or not all of it.
func TestOpens(t *testing.T) {
	for name, spoil := range map[string]func(*frame.Frame){
		"an ACK":          func(f *frame.Frame) { f.TCPFlags = frame.ACK },
		"SYN and FIN":     func(f *frame.Frame) { f.TCPFlags |= frame.FIN },
		"UDP":             func(f *frame.Frame) { f.Proto = frame.UDP },
		"a fragment":      func(f *frame.Frame) { f.Flags &^= frame.Ports },
		"cut off":         func(f *frame.Frame) { f.Flags |= frame.Truncated },
		"a wrong header":  func(f *frame.Frame) { f.Malformed = "tcp header length wrong" },
		"no IP header":    func(f *frame.Frame) { f.Flags &^= frame.IPv4 },
		"SYN, URG, PSH":   func(f *frame.Frame) { f.TCPFlags |= frame.URG | frame.PSH },
		"SYN and RST, as": func(f *frame.Frame) { f.TCPFlags |= frame.RST },
	} {
		f := syn(64, 7, "")
		if spoil(f); Opens(f) {
			t.Errorf("%s opens", name)
		}
	}
	f := syn(64, 7, "")
	if f.TCPFlags |= frame.ECE | frame.CWR | frame.ACK; !Opens(f) {
		t.Error("SYN/ACK with ECN does not open")
	}
}

// TestFloodsAreFew: a flood that makes up its windows and MSS has few signatures.
func TestFloodsAreFew(t *testing.T) {
	seen := map[string]bool{}
	for mss := range byte(16) {
		f := syn(64, 0, "\x02\x04\x05"+string(rune('`'+mss))+"\x04\x02"+stamp+"\x01\x03\x03\x06")
		for window := range 1 << 16 {
			f.TCPWindow = uint16(window)
			seen[string(Append(nil, f))] = true
		}
	}
	if len(seen) > 2000 {
		t.Errorf("%d signatures of one tool", len(seen))
	}
}

func TestAppendDoesNotAllocate(t *testing.T) {
	f, b := syn(64, 64240, "\x02\x04\x05\xb4\x04\x02"+stamp+"\x01\x03\x03\x07"), make([]byte, 0, MaxLength)
	if n := testing.AllocsPerRun(100, func() { b = Append(b[:0], f) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// FuzzAppend holds signatures of hostile options to their bounds.
func FuzzAppend(f *testing.F) {
	f.Add(uint8(64), uint16(64240), "\x02\x04\x05\xb4\x04\x02"+stamp+"\x01\x03\x03\x07")
	f.Add(uint8(0), uint16(65535), strings.Repeat("\xfd\x02", 20))
	f.Add(uint8(255), uint16(7), "\x02\x04\x00\x01\x03\x03\xff\x05\xff")
	f.Add(uint8(64), uint16(12345), "\x02\x04\x05\x85\x04\x02\x03\x03\x0e")
	f.Fuzz(func(t *testing.T, ttl uint8, window uint16, options string) {
		b := Append(make([]byte, 0, MaxLength), syn(ttl, window, options[:min(len(options), 40)]))
		if len(b) > MaxLength || strings.Count(string(b), ";") > 6 {
			t.Fatalf("%d bytes: %s", len(b), b)
		}
	})
}
