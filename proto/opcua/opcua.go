// Package opcua reads the binary encoding of OPC UA (IEC 62541-6 clause 5.2)
// as far as identity and the targets of services need it. It is pure: no memory
// of its own, no allocation. Lists are bounded.
package opcua

import (
	"strconv"

	"tyto/frame"
)

// maxList bounds how many elements of a list are looked at.
const maxList = 256

// String reads a string or byte string; nil for the null string.
func String(c *frame.Cursor) []byte {
	n := int32(c.L32())
	if n <= 0 {
		return nil
	}
	return c.Bytes(int(n))
}

// Count reads the length of a list, at most what is looked at.
func Count(c *frame.Cursor) int {
	n := int32(c.L32())
	if n < 0 || c.Short() {
		return 0
	}
	return int(min(n, maxList))
}

// Node is a node id.
type Node struct {
	Namespace uint16
	Number    uint32
	Name      []byte // of those that are no number
}

// ReadNode reads a node id.
func ReadNode(c *frame.Cursor) (n Node) {
	encoding := c.U8()
	switch encoding & 0x3f {
	case 0:
		n.Number = uint32(c.U8())
	case 1:
		n.Namespace = uint16(c.U8())
		n.Number = uint32(c.L16())
	case 2:
		n.Namespace = c.L16()
		n.Number = c.L32()
	case 3, 5:
		n.Namespace = c.L16()
		n.Name = String(c)
	case 4:
		n.Namespace = c.L16()
		n.Name = c.Bytes(16)
	default:
		c.Skip(-1)
	}
	if encoding&0x80 != 0 {
		String(c) // URI of the name space
	}
	if encoding&0x40 != 0 {
		c.Skip(4)
	}
	return n
}

// Append appends n as text: "ns=2;i=1001".
func (n *Node) Append(b []byte) []byte {
	b = strconv.AppendUint(append(b, "ns="...), uint64(n.Namespace), 10)
	if n.Name == nil {
		return strconv.AppendUint(append(b, ";i="...), uint64(n.Number), 10)
	}
	return append(append(b, ";s="...), n.Name[:min(len(n.Name), 96)]...)
}

// Text reads a localized text.
func Text(c *frame.Cursor) (text []byte) {
	mask := c.U8()
	if mask&1 != 0 {
		String(c)
	}
	if mask&2 != 0 {
		text = String(c)
	}
	return text
}

// Extension reads the header of an extension object, and its body.
func Extension(c *frame.Cursor) (kind Node, body frame.Cursor) {
	kind = ReadNode(c)
	if c.U8() == 0 {
		return kind, frame.Cursor{}
	}
	b := String(c)
	return kind, frame.Read(b)
}

// SkipRequestHeader passes over a request's header (part 4 clause 7.28).
func SkipRequestHeader(c *frame.Cursor) {
	ReadNode(c)
	c.Skip(8 + 4 + 4)
	String(c)
	c.Skip(4)
	Extension(c)
}

// ReadResponseHeader reads a response's header (part 4 clause 7.29).
func ReadResponseHeader(c *frame.Cursor) (result uint32) {
	c.Skip(8 + 4)
	result = c.L32()
	skipDiagnostics(c)
	for range Count(c) {
		String(c)
	}
	Extension(c)
	return result
}

func skipDiagnostics(c *frame.Cursor) {
	for range 8 { // they nest
		mask := c.U8()
		for bit := uint8(1); bit <= 8; bit <<= 1 {
			if mask&bit != 0 {
				c.Skip(4)
			}
		}
		if mask&0x10 != 0 {
			String(c)
		}
		if mask&0x20 != 0 {
			c.Skip(4)
		}
		if mask&0x40 == 0 {
			return
		}
	}
	c.Skip(-1)
}

// Application is an application's description of itself (part 4 clause 7.1).
type Application struct {
	URI, Product, Name []byte
	Kind               uint32 // 0 server, 1 client, 2 both, 3 discovery server
}

// ReadApplication reads an application's description.
func ReadApplication(c *frame.Cursor) (a Application) {
	a.URI, a.Product, a.Name = String(c), String(c), Text(c)
	a.Kind = c.L32()
	String(c)
	String(c)
	for range Count(c) {
		String(c)
	}
	return a
}

// Endpoint is where a server is to be had, and how it is protected there (part 4 clause 7.10).
type Endpoint struct {
	URL, Policy []byte
	Server      Application
	Mode        uint32 // 1 none, 2 sign, 3 sign and encrypt
}

// ReadEndpoint reads an endpoint.
func ReadEndpoint(c *frame.Cursor) (e Endpoint) {
	e.URL = String(c)
	e.Server = ReadApplication(c)
	String(c) // certificate
	e.Mode = c.L32()
	e.Policy = String(c)
	for range Count(c) {
		String(c)
		c.Skip(4)
		String(c)
		String(c)
		String(c)
	}
	String(c)
	c.Skip(1)
	return e
}

// Build is what a server says of its software (part 5 clause 12.4).
type Build struct{ Product, Maker, Name, Version, Number []byte }

// ReadBuild reads a BuildInfo.
func ReadBuild(c *frame.Cursor) Build {
	return Build{String(c), String(c), String(c), String(c), String(c)}
}

// Types of values (clause 5.1.2).
const (
	TypeString    = 12
	TypeExtension = 22
)

var sizes = [...]int8{1: 1, 2: 1, 3: 1, 4: 2, 5: 2, 6: 4, 7: 4, 8: 8, 9: 8, 10: 4, 11: 8, 13: 8, 14: 16, 19: 4}

// ReadValue reads a data value: its type, and c at the value if it is a
// string or an extension object; others are passed over. The cursor is short when
// the value is of a form that we do not read.
func ReadValue(c *frame.Cursor) (kind uint8, text []byte, ext Node, body frame.Cursor) {
	mask := c.U8()
	if mask&1 != 0 {
		encoding := c.U8()
		kind = encoding & 0x3f
		n := 1
		if encoding&0x80 != 0 {
			n = Count(c)
		}
		for range n {
			switch {
			case kind == TypeString || kind == 15 || kind == 16:
				text = String(c)
			case kind == 17 || kind == 18:
				ReadNode(c)
			case kind == 20:
				c.Skip(2)
				String(c)
			case kind == 21:
				Text(c)
			case kind == TypeExtension:
				ext, body = Extension(c)
			case int(kind) < len(sizes) && sizes[kind] > 0:
				c.Skip(int(sizes[kind]))
			case kind != 0:
				c.Skip(-1)
			}
			if c.Short() {
				return 0, nil, ext, body
			}
		}
		if encoding&0x40 != 0 {
			c.Skip(4 * Count(c))
		}
	}
	for _, x := range [...]struct {
		bit  uint8
		size int
	}{{2, 4}, {4, 8}, {0x10, 2}, {8, 8}, {0x20, 2}} {
		if mask&x.bit != 0 {
			c.Skip(x.size)
		}
	}
	return kind, text, ext, body
}
