package httpmsg

import (
	"bytes"

	"tyto/frame"
)

// A Markup walks over the elements of XML that hold text and nothing else.
// It does not check that the XML is well formed: a beginning of it, or what
// a chunked body makes of it, will do.
type Markup struct {
	b []byte
}

// ReadMarkup is a Markup at the start of b.
func ReadMarkup(b []byte) Markup { return Markup{b} }

// Next moves to the next start of an element: its name without prefix, and
// the text after it up to the next tag, trimmed; nil if an element follows.
func (m *Markup) Next() (name, text []byte, ok bool) {
	for {
		i := bytes.IndexByte(m.b, '<')
		if i < 0 || i+1 >= len(m.b) {
			return nil, nil, false
		}
		m.b = m.b[i+1:]
		if m.b[0] == '/' || m.b[0] == '?' || m.b[0] == '!' {
			continue
		}
		end := bytes.IndexByte(m.b, '>')
		if end < 0 {
			return nil, nil, false
		}
		tag := m.b[:end]
		m.b = m.b[end+1:]
		next := bytes.IndexByte(m.b, '<')
		if next >= 0 && end > 0 && tag[end-1] != '/' {
			text = bytes.TrimSpace(m.b[:next])
		}
		return local(tag), text, true
	}
}

func local(tag []byte) []byte {
	if i := bytes.IndexAny(tag, " \t\r\n/"); i >= 0 {
		tag = tag[:i]
	}
	if i := bytes.IndexByte(tag, ':'); i >= 0 {
		tag = tag[i+1:]
	}
	return tag
}

// Title is the text of the title element of an HTML page, in one line, nil
// if there is none. Only the first 8 KiB are looked at.
func Title(b []byte) []byte {
	b = b[:min(len(b), 8<<10)]
	for {
		i := bytes.IndexByte(b, '<')
		if i < 0 {
			return nil
		}
		b = b[i+1:]
		if !HasPrefix(b, "title") || len(b) < 6 || b[5] != '>' && b[5] != ' ' {
			continue
		}
		i = bytes.IndexByte(b, '>')
		if i < 0 {
			return nil
		}
		b = b[i+1:]
		if i = bytes.IndexByte(b, '<'); i < 0 {
			return nil
		}
		return bytes.TrimSpace(b[:i])
	}
}

// Unescape writes text to dst with XML's five entities and numeric references
// below 128 resolved and line ends made spaces, and returns what it wrote.
// dst must be as long as text.
func Unescape(dst, text []byte) []byte {
	n := 0
	for c := frame.Read(text); c.Len() > 0 && n < len(dst); n++ {
		x := c.U8()
		if x == '&' {
			x = entity(&c)
		}
		if x == '\n' || x == '\r' || x == '\t' {
			x = ' '
		}
		dst[n] = x
	}
	return dst[:n]
}

// entity reads the rest of an entity; '&' if it is none that we know.
func entity(c *frame.Cursor) byte {
	rest := c.Rest()
	i := bytes.IndexByte(rest[:min(len(rest), 8)], ';')
	if i < 0 {
		return '&'
	}
	name, x := rest[:i], byte('&')
	switch string(name) {
	case "amp":
	case "lt":
		x = '<'
	case "gt":
		x = '>'
	case "quot":
		x = '"'
	case "apos":
		x = '\''
	case "nbsp":
		x = ' '
	default:
		if i < 2 || name[0] != '#' {
			return '&'
		}
		n, ok := Number(name[1:])
		if !ok || n < ' ' || n > 126 {
			return '&'
		}
		x = byte(n)
	}
	c.Skip(i + 1)
	return x
}
