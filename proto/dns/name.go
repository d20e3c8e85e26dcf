// Package dns reads messages in the format of the Domain Name System (RFC 1035
// section 4), which multicast DNS, LLMNR and the NetBIOS name service share.
// It neither allocates nor keeps anything: names and data lie in the message.
package dns

import "tyto/frame"

// Bounds of a name (RFC 1035 sections 2.3.4 and 4.1.4).
const (
	maxName     = 255 // octets on the wire
	maxPointers = 32  // compression pointers followed; more say nothing good of the sender
)

// A Name is a domain name where it lies in its message, checked: its labels
// are within the message, and its pointers lead backwards. The zero Name is
// the root.
type Name struct {
	msg    []byte
	at     int
	labels int
}

// Labels is how many labels n has; the root has none.
func (n Name) Labels() int { return n.labels }

// Label is the label at i, from the left; nil if there is none.
func (n Name) Label(i int) []byte {
	if i < 0 || i >= n.labels {
		return nil
	}
	w := n.walk()
	for ; i > 0; i-- {
		w.next()
	}
	return w.next()
}

// From is n without its first i labels.
func (n Name) From(i int) Name {
	if i <= 0 {
		return n
	}
	if i >= n.labels {
		return Name{}
	}
	w := n.walk()
	for range i {
		w.next()
	}
	return Name{msg: n.msg, at: len(n.msg) - w.c.Len(), labels: n.labels - i}
}

// Equal reports whether n and o are the same name; case does not matter.
func (n Name) Equal(o Name) bool {
	if n.labels != o.labels {
		return false
	}
	a, b := n.walk(), o.walk()
	for range n.labels {
		if !sameBytes(a.next(), b.next()) {
			return false
		}
	}
	return true
}

// Is reports whether n is the name written as text ("_http._tcp.local"); case
// does not matter.
func (n Name) Is(text string) bool { return n.labels == count(text) && n.Under(text) }

// Under reports whether n is the name written as text, or below it.
func (n Name) Under(text string) bool {
	more := n.labels - count(text)
	if more < 0 {
		return false
	}
	w := n.walk()
	for range more {
		w.next()
	}
	for len(text) > 0 {
		var label string
		label, text = cut(text)
		if !Same(w.next(), label) {
			return false
		}
	}
	return true
}

// Text appends n as people write it to b, as far as b has room: labels
// separated by dots, without the last one. Dots and backslashes within a label
// are escaped by a backslash, control characters as \DDD (RFC 4343 section
// 2.1); what is beyond ASCII stays, multicast DNS has UTF-8 there.
func (n Name) Text(b []byte) []byte {
	w := n.walk()
	for i := range n.labels {
		if i > 0 {
			b = add(b, '.')
		}
		b = LabelText(b, w.next())
	}
	return b
}

// TextLen is the length of what Text appends.
func (n Name) TextLen() int {
	w, total := n.walk(), max(0, n.labels-1)
	for range n.labels {
		for _, c := range w.next() {
			total += 1 + escapes(c)
		}
	}
	return total
}

// LabelText appends one label as in Text, as far as b has room.
func LabelText(b, label []byte) []byte {
	for _, c := range label {
		switch escapes(c) {
		case 0:
			b = add(b, c)
		case 1:
			b = add(add(b, '\\'), c)
		default:
			b = add(add(add(add(b, '\\'), '0'+c/100), '0'+c/10%10), '0'+c%10)
		}
	}
	return b
}

// escapes is by how many bytes the text of c is longer than c.
func escapes(c byte) int {
	switch {
	case c == '.' || c == '\\':
		return 1
	case c < ' ' || c == 0x7f:
		return 3
	}
	return 0
}

func add(b []byte, c byte) []byte {
	if len(b) == cap(b) {
		return b
	}
	return append(b, c)
}

// Reverse is the address that a name below in-addr.arpa or ip6.arpa speaks of
// (RFC 1035 section 3.5, RFC 3596 section 2.5).
func (n Name) Reverse() (a frame.Addr, ok bool) {
	switch {
	case n.labels == 6 && n.Under("in-addr.arpa"):
		return n.reverse4()
	case n.labels == 34 && n.Under("ip6.arpa"):
		return n.reverse6()
	}
	return a, false
}

func (n Name) reverse4() (frame.Addr, bool) {
	var b [4]byte
	w := n.walk()
	for i := range 4 {
		v, label := 0, w.next()
		for _, c := range label {
			if c < '0' || c > '9' || len(label) > 3 {
				return frame.Addr{}, false
			}
			v = v*10 + int(c-'0')
		}
		if v > 255 {
			return frame.Addr{}, false
		}
		b[3-i] = byte(v)
	}
	return frame.AddrOf(b[:]), true
}

func (n Name) reverse6() (frame.Addr, bool) {
	var a frame.Addr
	w := n.walk()
	for i := range 32 {
		label := w.next()
		if len(label) != 1 {
			return frame.Addr{}, false
		}
		v, ok := nibble(label[0])
		if !ok {
			return frame.Addr{}, false
		}
		a[15-i/2] |= v << (4 * (i % 2))
	}
	return a, true
}

func nibble(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10, true
	}
	return 0, false
}

// Same reports whether a label is the text; the case of ASCII letters does not matter.
func Same(label []byte, text string) bool {
	if len(label) != len(text) {
		return false
	}
	for i, c := range label {
		if fold(c) != fold(text[i]) {
			return false
		}
	}
	return true
}

func sameBytes(a, b []byte) bool {
	if len(a) != len(b) {
		return false
	}
	for i, c := range a {
		if fold(c) != fold(b[i]) {
			return false
		}
	}
	return true
}

func fold(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c | 0x20
	}
	return c
}

// count is how many labels a text has.
func count(text string) int {
	if text == "" {
		return 0
	}
	n := 1
	for i := range len(text) {
		if text[i] == '.' {
			n++
		}
	}
	return n
}

func cut(text string) (label, rest string) {
	for i := range len(text) {
		if text[i] == '.' {
			return text[:i], text[i+1:]
		}
	}
	return text, ""
}

// A walk reads the labels of a checked name.
type walk struct {
	msg []byte
	c   frame.Cursor
}

func (n Name) walk() walk {
	w := walk{msg: n.msg, c: frame.Read(n.msg)}
	w.c.Skip(n.at)
	return w
}

// next is the next label, nil at the end. It ends, as check has counted the
// labels and each pointer leads backwards.
func (w *walk) next() []byte {
	for {
		n := w.c.U8()
		switch {
		case n == 0:
			return nil
		case n < 0x40:
			return w.c.Bytes(int(n))
		case n < 0xc0:
			return nil
		}
		to := int(n&0x3f)<<8 | int(w.c.U8())
		w.c = frame.Read(w.msg)
		w.c.Skip(to)
	}
}

// What a name can get wrong.
const (
	cutShort    = "name cut short"
	tooLong     = "name longer than 255 bytes"
	badLabel    = "label of unknown type"
	badPointer  = "compression pointer does not lead backwards"
	manyPointer = "too many compression pointers"
)

// readName reads the name at c, which is a cursor over the end of msg, and
// checks it. What is wrong with it is "" if nothing is.
func readName(msg []byte, c *frame.Cursor) (n Name, wrong string) {
	n = Name{msg: msg, at: len(msg) - c.Len()}
	w, low, size, pointers := *c, n.at, 0, 0
	for {
		b := w.U8()
		switch {
		case w.Short():
			return Name{}, cutShort
		case b == 0:
			if pointers == 0 {
				*c = w
			}
			return n, ""
		case b < 0x40:
			size += int(b) + 1
			n.labels++
			if w.Skip(int(b)); size >= maxName {
				return Name{}, tooLong
			}
			continue
		case b < 0xc0:
			return Name{}, badLabel
		}
		to := int(b&0x3f)<<8 | int(w.U8())
		if pointers == 0 {
			*c = w
		}
		if pointers++; w.Short() {
			return Name{}, cutShort
		}
		if to >= low {
			return Name{}, badPointer
		}
		if pointers > maxPointers {
			return Name{}, manyPointer
		}
		low, w = to, frame.Read(msg)
		w.Skip(to)
	}
}
