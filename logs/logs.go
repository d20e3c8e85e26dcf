// Package logs reads what other sensors wrote of the traffic that they heard:
// the logs of Zeek (conn, dhcp, dns, http, known_*, software, ssh, ssl) and
// Suricata's EVE. It is a source of low fidelity, and says so: the capture of
// its evidence is the log, "zeek /var/log/zeek/http.log", and the packet its
// line. What a log quotes of a message is put together to that message again
// where that can be done, and shown to the dissector that reads it from the
// wire: so the same is concluded from it.
package logs

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"tyto/frame"
)

// Bounds of what is read of a line.
const (
	maxLine   = 256 << 10 // bytes; the rest of a longer line is passed over
	maxFields = 512
	maxList   = 64 // values read of a list
)

var (
	errNoRecord = errors.New("it is no line of a log that is read")
	errTime     = errors.New("it has no time")
	errEnds     = errors.New("it names no addresses")
	errLong     = errors.New("it is longer than 256 KiB")
)

// A record is the fields of a line by name. Values are texts, numbers
// (json.Number), truths, lists and, in EVE, records.
type record map[string]any

// parseJSON reads a line of JSON.
func parseJSON(line []byte) (record, error) {
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	var r record
	if err := d.Decode(&r); err != nil {
		return nil, errNoRecord
	}
	return r, nil
}

// at is the value of a field; a name with dots is that of a field within
// others, unless there is one that is called so (Zeek's "id.orig_h").
func (r record) at(name string) any {
	if v, ok := r[name]; ok {
		return v
	}
	outer, inner, ok := strings.Cut(name, ".")
	if !ok {
		return nil
	}
	switch within := r[outer].(type) {
	case map[string]any:
		return record(within).at(inner)
	case record:
		return within.at(inner)
	}
	return nil
}

// text is the first of these fields that has a text or a number.
func (r record) text(names ...string) string {
	for _, name := range names {
		switch v := r.at(name).(type) {
		case string:
			if v != "" {
				return v
			}
		case json.Number:
			return v.String()
		}
	}
	return ""
}

// list is the texts of a field that has several, or its one.
func (r record) list(name string) (all []string) {
	v := r.at(name)
	if s, ok := v.(string); ok {
		return []string{s}
	}
	values, _ := v.([]any)
	for _, x := range values[:min(len(values), maxList)] {
		switch x := x.(type) {
		case string:
			all = append(all, x)
		case json.Number:
			all = append(all, x.String())
		}
	}
	return all
}

// number is the first of these fields that has a whole number, else 0.
func (r record) number(names ...string) uint64 {
	for _, name := range names {
		if n, err := strconv.ParseUint(r.text(name), 10, 64); err == nil {
			return n
		}
	}
	return 0
}

// addr is the address in a field, zero if there is none.
func (r record) addr(name string) frame.Addr { return parseAddr(r.text(name)) }

func parseAddr(text string) frame.Addr {
	a, err := netip.ParseAddr(text)
	if err != nil {
		return frame.Addr{}
	}
	return frame.AddrFrom(a.Unmap().WithZone(""))
}

// mac is the address of an interface in a field, zero if there is none.
func (r record) mac(names ...string) frame.MAC {
	for _, name := range names {
		for _, text := range r.list(name) {
			if m, ok := frame.ParseMAC([]byte(strings.ToLower(text))); ok {
				return m
			}
		}
	}
	return frame.MAC{}
}

// Times that are believed, in seconds since 1970: to the year 2200.
const latest = 7_258_118_400

// time is the time in a field, in nanoseconds since 1970: of Zeek seconds
// with a fraction (or milliseconds, as it can be told to write), of both
// ISO 8601. It is 0 if there is none.
func (r record) time(name string) int64 {
	text := r.text(name)
	if ns, ok := parseSeconds(text); ok {
		return ns
	}
	for _, layout := range [...]string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999-0700"} {
		if t, err := time.Parse(layout, text); err == nil && t.Unix() > 0 && t.Unix() < latest {
			return t.UnixNano()
		}
	}
	return 0
}

// parseSeconds reads "1700000000.123456" without rounding.
func parseSeconds(text string) (ns int64, ok bool) {
	whole, part, _ := strings.Cut(text, ".")
	s, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || s <= 0 {
		return 0, false
	}
	if part == "" && s > latest { // milliseconds
		return s * 1e6, s/1000 < latest
	}
	part = (part + "000000000")[:9]
	f, err := strconv.ParseUint(part, 10, 64)
	return s*1e9 + int64(f), err == nil && s < latest
}

// span is a length of time in seconds, 0 if there is none.
func (r record) span(name string) time.Duration {
	s, err := strconv.ParseFloat(r.text(name), 64)
	if err != nil || !(s > 0 && s < 1e9) {
		return 0
	}
	return time.Duration(s * 1e9)
}
