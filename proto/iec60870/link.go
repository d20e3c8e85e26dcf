package iec60870

import (
	"bytes"

	"tyto/frame"
)

// Frames of the link (IEC 60870-5-1 section 6.2.4.2). Single characters stand for an acknowledgement.
const (
	fixed    = 0x10
	flexible = 0x68
	single   = 0xe5
	single2  = 0xa2
	ending   = 0x16
)

// Functions of the control field (IEC 60870-5-2 tables 1 to 4).
const (
	primary     = 0x40
	sendConfirm = 3
	sendNoReply = 4
	respond     = 8
)

// Candidates is a set of Sizes, a bit each; AnySizes is all of them.
type Candidates uint64

// AnySizes is all sizes that IEC 60870-5-101 allows.
const AnySizes Candidates = 1<<36 - 1

// likely is the sizes, those first that systems are mostly made with; the link
// address, which fixed frames show, counts most.
var likely = func() (all [36]Sizes) {
	i := 0
	for _, link := range [...]uint8{1, 2, 0} {
		for _, x := range [...][3]uint8{{1, 1, 2}, {1, 2, 2}, {2, 2, 3}, {2, 2, 2}, {1, 1, 1}, {2, 1, 2}, {1, 2, 3}, {1, 1, 3}, {2, 1, 3}, {1, 2, 1}, {2, 2, 1}, {2, 1, 1}} {
			all[i] = Sizes{Link: link, Cause: x[0], Address: x[1], Object: x[2]}
			i++
		}
	}
	return all
}()

// Likeliest is the first of the candidates, AnySizes' if there are none.
func (c Candidates) Likeliest() Sizes {
	for i := range likely {
		if c>>i&1 != 0 {
			return likely[i]
		}
	}
	return likely[0]
}

// links reports whether one of the candidates has an address of the link of n bytes.
func (c Candidates) links(n uint8) bool {
	for i := range likely {
		if c>>i&1 != 0 && likely[i].Link == n {
			return true
		}
	}
	return false
}

// withLink is the candidates whose address of the link has n bytes.
func withLink(n int) (c Candidates) {
	for i := range likely {
		if int(likely[i].Link) == n {
			c |= 1 << i
		}
	}
	return c
}

// SplitLink is the length of the frame at the beginning of b, and whether it
// is one. Where more bytes are needed n is more than b has. What is no frame
// goes on to where another may begin.
func SplitLink(b []byte, known Candidates) (n int, ok bool) {
	switch {
	case len(b) == 0:
		return 1, false
	case b[0] == single || b[0] == single2:
		return 1, true
	case b[0] == flexible && len(b) < 4 || b[0] == fixed && len(b) < 4:
		return 4, false
	case b[0] == flexible && b[1] == b[2] && b[3] == flexible && b[1] > 0:
		n = int(b[1]) + 6
		return n, n <= len(b) && checks(b[:n], 4)
	case b[0] == fixed:
		for link := range uint8(3) {
			if n = 4 + int(link); !known.links(link) {
				continue
			}
			if n > len(b) || checks(b[:n], 1) {
				return n, n <= len(b)
			}
		}
	}
	for i := 1; i < len(b); i++ {
		if b[i] == flexible || b[i] == fixed {
			return i, false
		}
	}
	return len(b), false
}

// checks reports whether a frame with a head of some bytes ends as it must.
func checks(b []byte, head int) bool {
	sum := byte(0)
	for _, x := range b[head : len(b)-2] {
		sum += x
	}
	return b[len(b)-2] == sum && b[len(b)-1] == ending
}

// A Frame is a frame of the link.
type Frame struct {
	Control byte
	User    []byte // address of the link and, in frames that have one, the ASDU
	Fixed   bool
	Single  bool
}

// ReadLink reads a frame that SplitLink found.
func ReadLink(b []byte) Frame {
	switch {
	case len(b) < 4:
		return Frame{Single: true}
	case b[0] == fixed:
		return Frame{Control: b[1], User: b[2 : len(b)-2], Fixed: true}
	}
	return Frame{Control: b[4], User: b[5 : len(b)-2]}
}

// Operation is what a primary station asks of the link, "" of others.
func (f *Frame) Operation() string {
	if f.Single || !f.Fixed || f.Control&primary == 0 {
		return ""
	}
	switch f.Control & 15 {
	case 0:
		return "iec60870_101 reset of remote link"
	case 1:
		return "iec60870_101 reset of user process"
	case 2:
		return "iec60870_101 test of link"
	case 8:
		return "iec60870_101 access demand"
	case 9:
		return "iec60870_101 request of status"
	case 10:
		return "iec60870_101 request of class 1"
	case 11:
		return "iec60870_101 request of class 2"
	}
	return ""
}

// Reserved reports whether the function of the control field has no meaning
// in a frame of this kind.
func (f *Frame) Reserved() bool {
	n := f.Control & 15
	switch {
	case f.Single:
		return false
	case !f.Fixed && f.Control&primary != 0:
		return n != sendConfirm && n != sendNoReply
	case !f.Fixed:
		return n != respond
	case f.Control&primary != 0:
		return f.Operation() == ""
	}
	return bytes.IndexByte(answersFixed, n) < 0
}

var answersFixed = []byte{0, 1, 8, 9, 11, 14, 15}

// Fit is the sizes with which a frame holds what it must: of a fixed one the
// address alone, else a message of the standard.
func (f *Frame) Fit() (all Candidates) {
	switch {
	case f.Single:
		return AnySizes
	case f.Fixed:
		return withLink(len(f.User))
	case f.Reserved():
		return 0
	}
	for i, z := range likely {
		if len(f.User) <= int(z.Link) {
			continue
		}
		c := frame.Read(f.User[z.Link:])
		if a, ok := Read(&c, z); ok && a.isStandard(z) {
			all |= 1 << i
		}
	}
	return all
}

// isStandard reports whether a message says nothing that the standard has not. A common address whose low byte
// is 0 would rather be an address of one byte, after an originator that is not used.
func (a *ASDU) isStandard(z Sizes) bool {
	switch {
	case a.Kind >= 128 || kinds[a.Kind].causes>>a.Cause&1 == 0 || a.Number == 0 || a.Test:
	case a.Negative && Monitors(a.Kind) || a.Address&0xff == 0 || a.Object != 0 && wholeStation(a.Kind):
	default:
		return a.Fits(z)
	}
	return false
}

// wholeStation reports whether messages of a type are of the station: the object's address is 0.
func wholeStation(kind uint8) bool { return kind == 70 || kind >= 100 && kind <= 107 && kind != 102 }

// IsLink reports whether b is whole frames to its end, of which one at least
// holds a message; and with which sizes.
func IsLink(b []byte) (sizes Candidates, is bool) {
	sizes = AnySizes
	for len(b) > 0 {
		n, ok := SplitLink(b, sizes)
		if !ok || n > len(b) {
			return 0, false
		}
		f := ReadLink(b[:n])
		sizes &= f.Fit()
		if sizes == 0 || f.Reserved() {
			return 0, false
		}
		is = is || !f.Fixed && !f.Single
		b = b[n:]
	}
	return sizes, is
}
