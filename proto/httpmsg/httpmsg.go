// Package httpmsg reads the heads of HTTP/1 messages (RFC 9112) and of those
// that look like them (SSDP, RTSP), and the little of XML and HTML that tells
// who serves a page. It is pure: no memory of its own, no allocation.
package httpmsg

import (
	"bytes"

	"tyto/frame"
)

// A Start is the first line of a message. Method is nil for a response.
type Start struct {
	Method, Target []byte
	Code           int // status code of a response
}

// longestLine is how long a first line may be before it is held to be none, in bytes.
const longestLine = 8 << 10

// ParseStart reads the first line of a message, without its end. It is
// strict: a method that is registered, one target, HTTP/1.x.
func ParseStart(line []byte) (s Start, ok bool) {
	line = bytes.TrimRight(line, " ")
	if bytes.HasPrefix(line, []byte("HTTP/1.")) {
		if len(line) < 12 || line[8] != ' ' || !digit(line[7]) || !digit(line[9]) || !digit(line[10]) || !digit(line[11]) {
			return Start{}, false
		}
		if len(line) > 12 && line[12] != ' ' || line[9] == '0' {
			return Start{}, false
		}
		s.Code = int(line[9]-'0')*100 + int(line[10]-'0')*10 + int(line[11]-'0')
		return s, true
	}
	i := bytes.IndexByte(line, ' ')
	j := bytes.LastIndexByte(line, ' ')
	if i < 0 || j <= i || !Method(line[:i]) {
		return Start{}, false
	}
	version := line[j+1:]
	if len(version) != 8 || string(version[:7]) != "HTTP/1." || !digit(version[7]) {
		return Start{}, false
	}
	s.Method, s.Target = line[:i], bytes.TrimSpace(line[i+1:j])
	return s, len(s.Target) > 0 && clean(s.Target)
}

func digit(c byte) bool { return c-'0' < 10 }

// clean reports whether b holds no control character.
func clean(b []byte) bool {
	for _, c := range b {
		if c < ' ' || c == 0x7f {
			return false
		}
	}
	return true
}

// Method reports whether b is a method of HTTP, WebDAV, UPnP or Microsoft's
// that is in use.
func Method(b []byte) bool {
	switch string(b) {
	case "GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "CONNECT", "TRACE", "PATCH",
		"PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK", "REPORT", "SEARCH", "MERGE", "CHECKOUT",
		"CHECKIN", "MKACTIVITY", "VERSION-CONTROL", "ACL", "BIND", "MKCALENDAR", "LINK", "UNLINK", "PURGE",
		"NOTIFY", "M-SEARCH", "SUBSCRIBE", "UNSUBSCRIBE", "M-POST",
		"BITS_POST", "CCM_POST", "RPC_IN_DATA", "RPC_OUT_DATA", "RPC_CONNECT", "SMS_POST", "POLL", "SOURCE":
		return true
	}
	return false
}

// A Guess is what the first bytes of a stream may be.
type Guess uint8

// The guesses of Begins.
const (
	No    Guess = iota // not the beginning of a message
	Maybe              // so far, but the first line is not there yet
	Yes                // a whole first line
)

// Begins says whether b is the beginning of a message.
func Begins(b []byte) Guess {
	if i := bytes.IndexByte(b, '\n'); i >= 0 {
		if _, ok := ParseStart(bytes.TrimSuffix(b[:i], []byte{'\r'})); ok {
			return Yes
		}
		return No
	}
	if len(b) > longestLine {
		return No
	}
	const status = "HTTP/1."
	if n := min(len(b), len(status)); string(b[:n]) == status[:n] {
		return Maybe
	}
	i := bytes.IndexByte(b, ' ')
	if i < 0 {
		return maybeMethod(b)
	}
	if Method(b[:i]) && clean(bytes.TrimRight(b[i+1:], "\r")) {
		return Maybe
	}
	return No
}

func maybeMethod(b []byte) Guess {
	if len(b) == 0 || len(b) > 15 {
		return No
	}
	for _, c := range b {
		if (c < 'A' || c > 'Z') && c != '-' && c != '_' {
			return No
		}
	}
	return Maybe
}

// Head is the length of the message's head with the empty line that ends it;
// 0 if its end is not there.
func Head(b []byte) int {
	for at := 0; ; {
		i := bytes.IndexByte(b[at:], '\n')
		if i < 0 {
			return 0
		}
		at += i + 1
		switch {
		case at < len(b) && b[at] == '\n':
			return at + 1
		case at+1 < len(b) && b[at] == '\r' && b[at+1] == '\n':
			return at + 2
		}
	}
}

// Fields walks over the header fields of a message.
type Fields struct {
	c     frame.Cursor
	lower [32]byte
	n     int
	bad   bool
	over  bool
}

// maxFields is how many fields of one message are looked at.
const maxFields = 128

// ReadFields is the fields of a message whose first line has been read with Line.
func ReadFields(c frame.Cursor) Fields { return Fields{c: c} }

// Next moves to the next field. The name is in lower case, cut at 32 bytes,
// and valid until the next call; the value is without space around it and
// points into the message.
func (f *Fields) Next() (name, value []byte, ok bool) {
	for f.n < maxFields && f.c.Len() > 0 {
		f.n++
		line := f.c.Line()
		if len(line) == 0 {
			f.over = true
			return nil, nil, false
		}
		i := bytes.IndexByte(line, ':')
		if i <= 0 || line[0] == ' ' || line[0] == '\t' {
			f.bad = f.bad || i <= 0 && line[0] != ' ' && line[0] != '\t'
			continue
		}
		value = bytes.Trim(line[i+1:], " \t")
		return f.fold(bytes.TrimRight(line[:i], " \t")), value, true
	}
	return nil, nil, false
}

func (f *Fields) fold(name []byte) []byte {
	n := copy(f.lower[:], name)
	for i, c := range f.lower[:n] {
		if c >= 'A' && c <= 'Z' {
			f.lower[i] = c | 0x20
		}
		if c <= ' ' || c >= 0x7f {
			f.bad = true
		}
	}
	return f.lower[:n]
}

// Bad reports whether a line was no field, or a name held what a name must not.
func (f *Fields) Bad() bool { return f.bad }

// Body is what follows the head; nil before Next has come to its end.
func (f *Fields) Body() []byte {
	if !f.over {
		return nil
	}
	return f.c.Rest()
}

// Number is the value of a field that is a decimal number of at most 18 digits.
func Number(b []byte) (n int, ok bool) {
	if len(b) == 0 || len(b) > 18 {
		return 0, false
	}
	for _, c := range b {
		if !digit(c) {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

// Literal reports whether a host is an address, not a name.
func Literal(host []byte) bool {
	for _, c := range host {
		if c != '.' && !digit(c) {
			return host[0] == '['
		}
	}
	return true
}

// Contains reports whether b contains the lower-case text, in any case.
func Contains(b []byte, text string) bool {
	for i := 0; i+len(text) <= len(b); i++ {
		if HasPrefix(b[i:], text) {
			return true
		}
	}
	return false
}

// HasPrefix reports whether b begins with the lower-case text, in any case.
func HasPrefix(b []byte, text string) bool {
	if len(b) < len(text) {
		return false
	}
	for i := range len(text) {
		c := b[i]
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		if c != text[i] {
			return false
		}
	}
	return true
}

// Is reports whether b is the lower-case text, in any case.
func Is(b []byte, text string) bool { return len(b) == len(text) && HasPrefix(b, text) }

// Parameter is the value of the parameter name=value or name="value" in a
// field such as WWW-Authenticate; nil if there is none.
func Parameter(b []byte, name string) []byte {
	for i := 0; i+len(name) < len(b); i++ {
		if !HasPrefix(b[i:], name) || i > 0 && b[i-1] != ' ' && b[i-1] != ',' && b[i-1] != ';' && b[i-1] != '\t' {
			continue
		}
		rest := bytes.TrimLeft(b[i+len(name):], " ")
		if len(rest) == 0 || rest[0] != '=' {
			continue
		}
		rest = bytes.TrimLeft(rest[1:], " ")
		if len(rest) > 0 && rest[0] == '"' {
			rest = rest[1:]
			if j := bytes.IndexByte(rest, '"'); j >= 0 {
				return rest[:j]
			}
			return rest
		}
		if j := bytes.IndexAny(rest, ",; "); j >= 0 {
			return rest[:j]
		}
		return rest
	}
	return nil
}

// Chunks walks over a chunked body (RFC 9112 section 7.1): its length with
// the last chunk and the empty line after it, 0 if its end is not in b,
// negative if it is not chunked.
func Chunks(b []byte) int {
	for at := 0; ; {
		size := line(b[at:])
		if size == nil {
			return 0
		}
		n, ok := hex(size)
		if !ok {
			return -1
		}
		if n == 0 {
			end := Head(b[at:])
			if end == 0 {
				return 0
			}
			return at + end
		}
		at += len(size) + 1 + n
		if at+2 > len(b) {
			return 0
		}
		if b[at] == '\r' {
			at++
		}
		if b[at] != '\n' {
			return -1
		}
		at++
	}
}

func line(b []byte) []byte {
	if i := bytes.IndexByte(b, '\n'); i >= 0 {
		return b[:i]
	}
	return nil
}

// hex reads the size of a chunk.
func hex(b []byte) (n int, ok bool) {
	for i, c := range b {
		switch {
		case digit(c):
			n = n<<4 | int(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			n = n<<4 | int(c|0x20-'a'+10)
		case c == '\r' || c == ';' || c == ' ':
			return n, i > 0
		default:
			return 0, false
		}
		if i >= 7 {
			return 0, false
		}
	}
	return n, len(b) > 0
}
