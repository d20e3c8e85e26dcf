package detect

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"io"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"tyto/frame"
	"tyto/tyto"
)

// An Indicator is something that is known to be bad.
type Indicator struct {
	Value   string    // an address, a prefix, a domain, a URL, or the MD5 of a JA3
	Expires time.Time // zero: never
	Comment string
	List    string // whose it is
}

// MaxIndicators is how many indicators one list may have.
const MaxIndicators = 1_000_000

// ReadIndicators reads a list: one indicator a line, optionally with the time
// until it holds (RFC 3339, or a date) and a comment, separated by commas.
// Lines that begin with # are passed over, and so is "[.]" for ".". Of a URL
// the host counts: what follows is not in what sensors tell.
func ReadIndicators(list string, r io.Reader) ([]Indicator, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 64<<10)
	var all []Indicator
	for n := 1; lines.Scan(); n++ {
		text := strings.TrimSpace(strings.TrimPrefix(lines.Text(), "\ufeff"))
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		i, err := readIndicator(text)
		if err != nil {
			return nil, fmt.Errorf("detect: indicators %s: line %d: %w", list, n, err)
		}
		if len(all) >= MaxIndicators {
			return nil, fmt.Errorf("detect: indicators %s: there are more than %d; split the list", list, MaxIndicators)
		}
		i.List = list
		all = append(all, i)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("detect: indicators %s: %w", list, err)
	}
	return all, nil
}

func readIndicator(text string) (i Indicator, err error) {
	c := csv.NewReader(strings.NewReader(text))
	c.FieldsPerRecord, c.LazyQuotes, c.TrimLeadingSpace = -1, true, true
	fields, err := c.Read()
	if err != nil {
		return i, err
	}
	i.Value = strings.ToLower(strings.ReplaceAll(strings.TrimSpace(fields[0]), "[.]", "."))
	if len(fields) > 1 && strings.TrimSpace(fields[1]) != "" {
		if i.Expires, err = readTime(strings.TrimSpace(fields[1])); err != nil {
			return i, err
		}
	}
	if len(fields) > 2 {
		i.Comment = strings.TrimSpace(fields[2])
	}
	if kindOf(i.Value) == noIndicator {
		return i, fmt.Errorf("%q is no address, prefix, domain, URL or hash of 32 digits", fields[0])
	}
	return i, nil
}

func readTime(text string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, time.DateOnly, time.DateTime} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time; write 2026-12-31 or 2026-12-31T12:00:00Z", text)
}

type indicatorKind uint8

const (
	noIndicator indicatorKind = iota
	isAddr
	isPrefix
	isDomain
	isURL
	isHash
)

func kindOf(value string) indicatorKind {
	if _, err := netip.ParseAddr(value); err == nil {
		return isAddr
	}
	if p, err := netip.ParsePrefix(value); err == nil && p.Bits() > 0 {
		return isPrefix
	}
	if strings.Contains(value, "://") {
		switch kindOf(hostOf(value)) { // a name without a dot is another host in each network
		case isAddr, isDomain:
			return isURL
		}
		return noIndicator
	}
	if len(value) == 32 && strings.Trim(value, "0123456789abcdef") == "" {
		return isHash
	}
	if domain := strings.Trim(strings.TrimPrefix(value, "*."), "."); strings.Contains(domain, ".") && !strings.ContainsAny(domain, "/:@ *") && len(domain) < 254 {
		return isDomain
	}
	return noIndicator
}

func hostOf(value string) string {
	u, err := url.Parse(value)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// indicatorSet is indicators as they are looked up. It does not change.
type indicatorSet struct {
	addrs    map[netip.Addr]*Indicator
	prefixes map[netip.Prefix]*Indicator
	bits     [2][]int // lengths of prefixes of IPv4 and IPv6, the longest first
	domains  map[string]*Indicator
	hashes   map[string]*Indicator
}

// Indicators are what users know to be bad, for the engines of all zones. They
// may be replaced while engines look.
type Indicators struct{ set atomic.Pointer[indicatorSet] }

// Put replaces the indicators. Of two that are equal the one that holds longer
// counts.
func (x *Indicators) Put(all []Indicator) {
	s := &indicatorSet{addrs: map[netip.Addr]*Indicator{}, prefixes: map[netip.Prefix]*Indicator{}, domains: map[string]*Indicator{}, hashes: map[string]*Indicator{}}
	for n := range all {
		s.put(&all[n])
	}
	for i := range s.bits {
		slices.SortFunc(s.bits[i], func(a, b int) int { return b - a })
	}
	x.set.Store(s)
}

// Len is how many different indicators there are.
func (x *Indicators) Len() int {
	s := x.set.Load()
	if s == nil {
		return 0
	}
	return len(s.addrs) + len(s.prefixes) + len(s.domains) + len(s.hashes)
}

func (s *indicatorSet) put(i *Indicator) {
	value := i.Value
	kind := kindOf(value)
	if kind == isURL {
		value = hostOf(value)
		kind = kindOf(value)
	}
	switch kind {
	case isAddr:
		keep(s.addrs, netip.MustParseAddr(value).Unmap(), i)
	case isPrefix:
		p := netip.MustParsePrefix(value).Masked()
		keep(s.prefixes, p, i)
		family := &s.bits[0]
		if p.Addr().Is6() {
			family = &s.bits[1]
		}
		if !slices.Contains(*family, p.Bits()) {
			*family = append(*family, p.Bits())
		}
	case isDomain:
		keep(s.domains, strings.Trim(strings.TrimPrefix(value, "*."), "."), i)
	case isHash:
		keep(s.hashes, value, i)
	}
}

func keep[K comparable](m map[K]*Indicator, key K, i *Indicator) {
	if old := m[key]; old != nil && (old.Expires.IsZero() || !i.Expires.IsZero() && i.Expires.Before(old.Expires)) {
		return
	}
	m[key] = i
}

func (i *Indicator) holds(at time.Time) bool {
	return i != nil && (i.Expires.IsZero() || at.Before(i.Expires))
}

// addr is the indicator of an address at a time, nil if it is none.
func (s *indicatorSet) addr(a frame.Addr, at time.Time) *Indicator {
	if len(s.addrs)+len(s.prefixes) == 0 || a.IsUnspecified() {
		return nil
	}
	ip := a.Netip().Unmap()
	if i := s.addrs[ip]; i.holds(at) {
		return i
	}
	family := 0
	if ip.Is6() {
		family = 1
	}
	for _, bits := range s.bits[family] {
		if p, err := ip.Prefix(bits); err == nil {
			if i := s.prefixes[p]; i.holds(at) {
				return i
			}
		}
	}
	return nil
}

// domain is the indicator of a name or of a domain that it is in.
func (s *indicatorSet) domain(name string, at time.Time) *Indicator {
	if len(s.domains) == 0 || name == "" {
		return nil
	}
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	for {
		if i := s.domains[name]; i.holds(at) {
			return i
		}
		_, wider, more := strings.Cut(name, ".")
		if !more {
			return nil
		}
		name = wider
	}
}

// answered reports whether a server did more than refuse, or accept and hear
// nothing.
func answered(c *tyto.Conversation) bool {
	if c.Transport == "tcp" {
		return c.Packets[1] > 1
	}
	return c.Packets[1] > 0
}

// match is the indicator that an event hits, nil if none.
func (s *indicatorSet) match(x *tyto.Event) *Indicator {
	switch {
	case x.Conversation != nil:
		c := x.Conversation
		if i := s.domain(c.ServerName, x.Time); i != nil {
			return i
		}
		if i := s.addr(c.Server.Addr, x.Time); i != nil {
			return i
		}
		if answered(c) { // who is open to the internet is tried by known hosts all day
			return s.addr(c.Client.Addr, x.Time)
		}
	case x.Observation != nil:
		o := x.Observation
		if o.Attr == tyto.LookedUp {
			name, address, _ := strings.Cut(o.Value, " ")
			if i := s.domain(name, x.Time); i != nil {
				return i
			}
			var a frame.Addr
			if a.UnmarshalText([]byte(address)) == nil {
				return s.addr(a, x.Time)
			}
		}
		if o.Evidence.Field == "tls.handshake.ja3" {
			if i := s.hashes[o.Value]; i.holds(x.Time) {
				return i
			}
		}
	}
	return nil
}
