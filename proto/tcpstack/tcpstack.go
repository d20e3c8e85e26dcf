// Package tcpstack puts into words how a host opens a TCP connection: the
// options of its SYN, in their order, its window, its hop count. Programs have
// no say in these; they are the habits of the system's network code.
package tcpstack

import (
	"slices"
	"strconv"

	"tyto/frame"
)

// MaxLength is the longest signature, in bytes.
const MaxLength = 160

// maxOptions is how many options are put into words; 40 bytes hold as many
// only if they are padding.
const maxOptions = 16

// opens is what the flags of an honest SYN are besides SYN and ACK: ECN may be
// offered (RFC 3168 section 6.1.1); the rest are tricks of scanners.
const opens = frame.ECE | frame.CWR

// Opens reports whether a frame is a SYN, or a SYN and ACK, of which all
// options were captured.
func Opens(f *frame.Frame) bool {
	return f.Proto == frame.TCP && f.TCPFlags&frame.SYN != 0 && f.TCPFlags&^(opens|frame.SYN|frame.ACK) == 0 &&
		f.Flags.Is(frame.Ports) && f.HasIP() && f.Flags&frame.Truncated == 0 && f.Malformed == ""
}

// Append adds the signature of a frame that Opens:
//
//	ttl=64;df=1;opt=mss,sack,ts,nop,ws;mss=1460;win=mss*44;ws=7
//
// ttl is the hop count at the sender, by guess: the least of 32, 64, 128 and
// 255 that is not less than what is left of it. df is the bit that forbids
// fragments, absent in IPv6. The window is told as a multiple of the MSS if it is
// one. mss and ws are absent if their options are. Numbers that no system is
// known to send are "other": floods make theirs up, and each would be news.
func Append(b []byte, f *frame.Frame) []byte {
	b = strconv.AppendUint(append(b, "ttl="...), uint64(initialTTL(f.TTL)), 10)
	switch {
	case f.Flags&frame.IPv6 != 0:
	case f.Flags&frame.DontFragment != 0:
		b = append(b, ";df=1"...)
	default:
		b = append(b, ";df=0"...)
	}
	b = append(b, ";opt="...)
	b, mss, scale := appendOptions(b, f.Options)
	if mss > 0 {
		b = appendKnown(append(b, ";mss="...), mss, mss >= 1200 && mss <= 1460 || slices.Contains(segments[:], mss))
	}
	b = append(b, ";win="...)
	if n := uint64(f.TCPWindow) / max(uint64(mss), 1); mss > 0 && n > 0 && n <= 64 && n*uint64(mss) == uint64(f.TCPWindow) {
		b = strconv.AppendUint(append(b, "mss*"...), n, 10)
	} else {
		b = appendKnown(b, f.TCPWindow, slices.Contains(windows[:], f.TCPWindow))
	}
	if scale >= 0 {
		b = appendKnown(append(b, ";ws="...), uint16(scale), scale <= 14) // RFC 7323 section 2.3
	}
	return b
}

// segments is the MSS of other links than Ethernet, with what tunnels leave of it.
var segments = [...]uint16{265, 536, 640, 1024, 1152, 8960, 16344, 16396, 65475, 65495}

// windows is those with which systems begin that are no multiple of the MSS.
var windows = [...]uint16{0, 512, 1024, 1500, 2048, 3072, 4096, 4128, 5720, 5760, 5792, 5808, 5840, 8192, 8400, 8688, 14400, 14480, 14600, 16384, 16640, 17520,
	24820, 26883, 26847, 28800, 28960, 29200, 31856, 32767, 32768, 32850, 33280, 43440, 43690, 49640, 57344, 60352, 62727, 64240, 64704, 64800, 65160, 65392, 65535}

func appendKnown(b []byte, n uint16, known bool) []byte {
	if !known {
		return append(b, "other"...)
	}
	return strconv.AppendUint(b, uint64(n), 10)
}

// names is the options that have names (IANA's registry of TCP option kinds).
var names = [...]string{0: "eol", 1: "nop", 2: "mss", 3: "ws", 4: "sack", 8: "ts", 19: "md5", 28: "uto", 29: "ao", 30: "mptcp", 34: "tfo"}

// appendOptions adds the options, one after the other, up to the end of the
// list. An option that is cut short is "bad", and ends it. mss is 0, and scale
// -1, if they are not among them.
func appendOptions(b, options []byte) (out []byte, mss uint16, scale int) {
	scale = -1
	c := frame.Read(options)
	for n := 0; c.Len() > 0 && n < maxOptions; n++ {
		if n > 0 {
			b = append(b, ',')
		}
		kind := c.U8()
		if kind > 1 {
			body := c.Sub(int(c.U8()) - 2)
			if c.Short() {
				return append(b, "bad"...), mss, scale
			}
			switch {
			case kind == 2 && body.Len() == 2:
				mss = body.U16()
			case kind == 3 && body.Len() == 1:
				scale = int(body.U8())
			}
		}
		if int(kind) < len(names) && names[kind] != "" {
			b = append(b, names[kind]...)
		} else {
			b = strconv.AppendUint(append(b, '?'), uint64(kind), 10)
		}
		if kind == 0 {
			break
		}
	}
	return b, mss, scale
}

func initialTTL(left uint8) uint8 {
	for _, ttl := range [...]uint8{32, 64, 128} {
		if left <= ttl {
			return ttl
		}
	}
	return 255
}
