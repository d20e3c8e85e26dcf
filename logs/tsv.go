package logs

import (
	"bytes"
	"strconv"
	"strings"
)

// A header is what the lines at the beginning of one of Zeek's logs say of
// those after them (the ASCII writer of its logging framework).
type header struct {
	path         string // which log it is: "conn"
	separator    string
	set          string // between the values of a set or vector
	empty, unset string
	fields       []string
	listed       []bool // by field: it is a set or vector
}

func newHeader() header {
	return header{separator: "\t", set: ",", empty: "(empty)", unset: "-"}
}

// directive reads a line that begins with "#".
func (h *header) directive(line string) {
	if text, ok := strings.CutPrefix(line, "#separator "); ok {
		if s := unescape(text); len(s) == 1 {
			h.separator = s
		}
		return
	}
	name, value, _ := strings.Cut(line, h.separator)
	switch name {
	case "#set_separator":
		h.set = value
	case "#empty_field":
		h.empty = value
	case "#unset_field":
		h.unset = value
	case "#path":
		h.path = value
	case "#fields":
		h.fields, h.listed = h.split(value), nil
	case "#types":
		h.listed = nil
		for _, t := range h.split(value) {
			h.listed = append(h.listed, strings.HasPrefix(t, "set[") || strings.HasPrefix(t, "vector["))
		}
	}
}

func (h *header) split(text string) []string {
	return strings.SplitN(text, h.separator, maxFields+1)[:min(maxFields, strings.Count(text, h.separator)+1)]
}

// record reads a line of values.
func (h *header) record(line []byte) (record, error) {
	if len(h.fields) == 0 || bytes.Count(line, []byte(h.separator)) != len(h.fields)-1 {
		return nil, errNoRecord
	}
	r := make(record, len(h.fields))
	rest := string(line)
	for i, name := range h.fields {
		var value string
		value, rest, _ = strings.Cut(rest, h.separator)
		switch {
		case value == h.unset || value == h.empty:
		case i < len(h.listed) && h.listed[i] && h.set != "":
			var all []any
			for x := range strings.SplitSeq(value, h.set) {
				if all = append(all, unescape(x)); len(all) == maxList {
					break
				}
			}
			r[name] = all
		default:
			r[name] = unescape(value)
		}
	}
	return r, nil
}

// unescape turns \xNN and \\ into the bytes that they stand for.
func unescape(text string) string {
	if strings.IndexByte(text, '\\') < 0 {
		return text
	}
	b := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+1 < len(text) {
			if text[i+1] == '\\' {
				i++
			} else if text[i+1] == 'x' && i+3 < len(text) {
				if x, err := strconv.ParseUint(text[i+2:i+4], 16, 8); err == nil {
					b, i = append(b, byte(x)), i+3
					continue
				}
			}
		}
		b = append(b, text[i])
	}
	return string(b)
}
