package sensor

import (
	"encoding/binary"

	"tyto/frame"
)

// spreadHash is the same for both directions of a conversation and for all
// fragments of a packet: a sum over the outermost addresses. It looks no
// deeper than it must, since it runs for every packet in the reader.
func spreadHash(p *frame.Packet) uint32 {
	b := p.Data
	switch p.Link {
	case frame.LinkEthernet:
		if len(b) < 14 {
			return 0
		}
		at := 14
		kind := binary.BigEndian.Uint16(b[12:])
		for kind == 0x8100 || kind == 0x88a8 || kind == 0x9100 {
			if len(b) < at+4 {
				return 0
			}
			kind = binary.BigEndian.Uint16(b[at+2:])
			at += 4
		}
		if kind == 0x0800 || kind == 0x86dd {
			return spreadIP(b[at:])
		}
		return spreadMix(sum(b[0:6]) + sum(b[6:12]))
	case frame.LinkRaw, frame.LinkRawBSD, frame.LinkRawOpenBSD, frame.LinkIPv4, frame.LinkIPv6:
		return spreadIP(b)
	case frame.LinkLinuxSLL:
		return spreadIP(after(b, 16))
	case frame.LinkLinuxSLL2:
		return spreadIP(after(b, 20))
	case frame.LinkNull, frame.LinkLoop:
		return spreadIP(after(b, 4))
	}
	return 0
}

func after(b []byte, n int) []byte {
	if len(b) < n {
		return nil
	}
	return b[n:]
}

func spreadIP(b []byte) uint32 {
	switch {
	case len(b) >= 20 && b[0]>>4 == 4:
		return spreadMix(binary.BigEndian.Uint32(b[12:]) + binary.BigEndian.Uint32(b[16:]))
	case len(b) >= 40 && b[0]>>4 == 6:
		return spreadMix(sum(b[8:24]) + sum(b[24:40]))
	}
	return 0
}

func sum(b []byte) (s uint32) {
	for ; len(b) >= 4; b = b[4:] {
		s = s*31 + binary.BigEndian.Uint32(b)
	}
	for _, c := range b {
		s = s*31 + uint32(c)
	}
	return s
}

func spreadMix(x uint32) uint32 {
	x ^= x >> 16
	x *= 0x7feb352d
	x ^= x >> 15
	return x * 0x846ca68b >> 8
}
