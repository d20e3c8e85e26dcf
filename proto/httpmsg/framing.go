package httpmsg

import (
	"bytes"

	"tyto/frame"
)

// A Framing is what the head of a message says of its length.
type Framing struct {
	Start
	Head    int  // length of the head
	Length  int  // of the body, as Content-Length; -1 if it does not say
	Chunked bool // the body is chunked
	Markup  bool // the body is XML or HTML
}

// ReadFraming reads the head of a message; ok is false if its end is not there.
func ReadFraming(b []byte) (r Framing, ok bool) {
	r.Head, r.Length = Head(b), -1
	if r.Head == 0 {
		return r, false
	}
	c := frame.Read(b)
	r.Start, _ = ParseStart(c.Line())
	for f := ReadFields(c); ; {
		name, value, ok := f.Next()
		if !ok {
			return r, true
		}
		switch string(name) {
		case "content-length":
			if n, ok := Number(value); ok {
				r.Length = n
			}
		case "transfer-encoding":
			r.Chunked = Contains(value, "chunked")
		case "content-type":
			r.Markup = Contains(value, "xml") || Contains(value, "html")
		}
	}
}

// Next is where the next response begins in what is the rest of a body;
// len(b) if none does.
func Next(b []byte) int {
	for at := 1; at < len(b); at++ {
		i := bytes.Index(b[at:], []byte("HTTP/1."))
		if i < 0 {
			break
		}
		if at += i; b[at-1] == '\n' && Begins(b[at:]) == Yes {
			return at
		}
	}
	return len(b)
}
