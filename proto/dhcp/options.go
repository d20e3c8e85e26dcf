// Package dhcp reads the options of DHCP messages (RFC 2132), wherever they
// lie in the message and however they are cut up. It neither allocates nor
// keeps anything.
package dhcp

import "tyto/frame"

// Options is the options of a message: those after the cookie, and those that
// option 52 says are in the fields "file" and "sname" (RFC 2131 section 4.1).
type Options struct {
	areas  [3][]byte
	counts [256]uint8 // how often a code occurs, up to 255
	Broken bool       // an option ran over the end
}

// Read finds the options. All three must be of one message; file and sname
// are looked into only if option 52 says so.
func Read(options, file, sname []byte) (o Options) {
	o.areas[0] = options
	o.count(options)
	overload := byte(0)
	if v, ok := o.first(52); ok && len(v) == 1 {
		overload = v[0]
	}
	if overload&1 != 0 {
		o.areas[1] = file
		o.count(file)
	}
	if overload&2 != 0 {
		o.areas[2] = sname
		o.count(sname)
	}
	return o
}

func (o *Options) count(area []byte) {
	c := frame.Read(area)
	for {
		code, _, ok := next(&c)
		if !ok {
			o.Broken = o.Broken || c.Short()
			return
		}
		if o.counts[code] < 255 {
			o.counts[code]++
		}
	}
}

// next is the next option of an area; padding is passed over.
func next(c *frame.Cursor) (code byte, value []byte, ok bool) {
	for c.Len() > 0 {
		switch code = c.U8(); code {
		case 0:
			continue
		case 255:
			return 0, nil, false
		}
		value = c.Bytes(int(c.U8()))
		return code, value, !c.Short()
	}
	return 0, nil, false
}

// Has reports whether an option is there.
func (o *Options) Has(code byte) bool { return o.counts[code] > 0 }

// first is the first occurrence of an option.
func (o *Options) first(code byte) ([]byte, bool) {
	if o.counts[code] == 0 {
		return nil, false
	}
	for i := range o.areas {
		c := frame.Read(o.areas[i])
		for {
			x, value, ok := next(&c)
			if !ok {
				break
			}
			if x == code {
				return value, true
			}
		}
	}
	return nil, false
}

// Len is the length of an option, all its parts together.
func (o *Options) Len(code byte) int { return o.gather(code, nil) }

// Get is the value of an option. One in several parts (RFC 3396) is put
// together in b, as far as it fits; Len tells how long it is.
func (o *Options) Get(code byte, b []byte) []byte {
	if o.counts[code] < 2 {
		v, _ := o.first(code)
		return v
	}
	return b[:min(o.gather(code, b), len(b))]
}

// gather copies the parts of an option to b, as far as they fit, and tells how
// long they are together.
func (o *Options) gather(code byte, b []byte) (n int) {
	if o.counts[code] == 0 {
		return 0
	}
	for i := range o.areas {
		c := frame.Read(o.areas[i])
		for {
			x, value, ok := next(&c)
			if !ok {
				break
			}
			if x == code {
				copy(b[min(n, len(b)):], value)
				n += len(value)
			}
		}
	}
	return n
}

// Split reports whether an option is in several parts.
func (o *Options) Split(code byte) bool { return o.counts[code] > 1 }

// Codes appends the codes of the options in the order of their first
// occurrence, as numbers separated by commas, to b, as far as it has room.
func (o *Options) Codes(b []byte) []byte {
	var seen [256]bool
	for i := range o.areas {
		c := frame.Read(o.areas[i])
		for {
			code, _, ok := next(&c)
			if !ok {
				break
			}
			if !seen[code] {
				seen[code] = true
				b = Item(b, code)
			}
		}
	}
	return b
}

// Item appends a number to a list of numbers, as far as it has room.
func Item(b []byte, n byte) []byte {
	if cap(b)-len(b) < 4 {
		return b
	}
	if len(b) > 0 {
		b = append(b, ',')
	}
	if n >= 100 {
		b = append(b, '0'+n/100)
	}
	if n >= 10 {
		b = append(b, '0'+n/10%10)
	}
	return append(b, '0'+n%10)
}
