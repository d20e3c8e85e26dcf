// Package jsonfield finds the members of JSON text by name, without parsing
// all of it. It neither allocates nor needs the text to be whole.
package jsonfield

import "bytes"

// Get is the value of the first member of that name, wherever in the text it
// is: of a string what is between the quotes, with its escapes as they stand;
// of a number or word its text. It is nil for objects, lists, and what is cut off.
func Get(b []byte, name string) []byte {
	for {
		i := bytes.IndexByte(b, '"')
		if i < 0 {
			return nil
		}
		b = b[i+1:]
		end := quoted(b)
		if end < 0 {
			return nil
		}
		word := b[:end]
		b = bytes.TrimLeft(b[end+1:], " \t\r\n")
		if len(b) == 0 || b[0] != ':' {
			continue
		}
		b = bytes.TrimLeft(b[1:], " \t\r\n")
		if string(word) == name {
			return value(b)
		}
		if len(b) > 0 && b[0] == '"' {
			if end = quoted(b[1:]); end < 0 {
				return nil
			}
			b = b[end+2:]
		}
	}
}

// quoted is where the quote is that ends the string at the start of b, negative if it is not there.
func quoted(b []byte) int {
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return -1
}

func value(b []byte) []byte {
	if len(b) == 0 || b[0] == '{' || b[0] == '[' {
		return nil
	}
	if b[0] == '"' {
		if end := quoted(b[1:]); end >= 0 {
			return b[1 : end+1]
		}
		return nil
	}
	if i := bytes.IndexAny(b, ",}] \t\r\n"); i >= 0 {
		return b[:i]
	}
	return nil
}
