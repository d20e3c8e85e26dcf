package sqlstore

import (
	"cmp"
	"math/bits"
	"slices"
	"strings"
	"sync"
	"unicode"

	"tyto/frame"
	"tyto/store"
)

// roster is what filters, counts and searches need of every device, held in
// memory and led by the file: a list of 100,000 devices is searched in some
// milliseconds, counts included, whatever the text. It takes about 400 bytes
// for a device. (An index over three-letter pieces was the alternative; it
// cannot find shorter texts, and counting a frequent text takes it longer
// than the whole budget.)
type roster struct {
	mu      sync.RWMutex
	entries []entry // by device.n; holes have no id
	numbers map[string]int64
	kinds   []kind
	byKind  map[kindKey]int32
	words   map[string]string // roles, each held once
}

type entry struct {
	id    string
	kind  int32
	roles []string
	text  string // in lower case
	label string
}

// kindKey is what filters speak of, but for roles: few devices differ in it.
type kindKey struct {
	zone, site, category, typ, vendor, os string
}

type kind struct {
	kindKey
	devices uint64
}

func newRoster() *roster {
	return &roster{numbers: map[string]int64{}, byKind: map[kindKey]int32{}, words: map[string]string{}}
}

// become takes over what another holds, which is not used any more.
func (r *roster) become(other *roster) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.entries, r.numbers, r.kinds, r.byKind, r.words = other.entries, other.numbers, other.kinds, other.byKind, other.words
}

// put adds a device or replaces it.
func (r *roster) put(n int64, row *store.DeviceRow, text string) {
	r.drop(n)
	if grow := int(n) + 1 - len(r.entries); grow > 0 {
		r.entries = append(r.entries, make([]entry, grow)...)
	}
	key := kindKey{row.Zone, row.Site, row.Category, row.Type, row.Vendor, row.OS}
	k, known := r.byKind[key]
	if !known {
		k = int32(len(r.kinds))
		r.kinds = append(r.kinds, kind{kindKey: key})
		r.byKind[key] = k
	}
	r.kinds[k].devices++
	roles := make([]string, len(row.Roles))
	for i, w := range row.Roles {
		if _, known := r.words[w]; !known {
			r.words[w] = w
		}
		roles[i] = r.words[w]
	}
	r.entries[n] = entry{id: row.ID, kind: k, roles: roles, text: text, label: label(row)}
	r.numbers[row.ID] = n
}

// size is how many devices there are.
func (r *roster) size() int {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return len(r.numbers)
}

// drop forgets a device, if it is there.
func (r *roster) drop(n int64) {
	if n >= int64(len(r.entries)) || r.entries[n].id == "" {
		return
	}
	e := &r.entries[n]
	r.kinds[e.kind].devices--
	delete(r.numbers, e.id)
	*e = entry{}
}

// label is what a device is called in a line of text.
func label(r *store.DeviceRow) string {
	for _, s := range []string{r.Hostname, strings.TrimSpace(r.Vendor + " " + r.Model), r.IP, r.MAC} {
		if s != "" {
			return s
		}
	}
	return r.ID
}

// labelOf is the label of a device's id, "" if there is no such device.
func (r *roster) labelOf(id string) string {
	if n, ok := r.numbers[id]; ok {
		return r.entries[n].label
	}
	return ""
}

// The bits of a mask say which filters refuse a kind.
const (
	refusesCategory = 1 << iota
	refusesType
	refusesVendor
	refusesOS
	refusesPlace
)

// mask says which filters of q refuse a kind.
func (k *kindKey) mask(q *store.DeviceQuery) (m uint8) {
	refuse := func(wanted []string, value string, bit uint8) {
		if len(wanted) > 0 && !slices.Contains(wanted, value) {
			m |= bit
		}
	}
	refuse(q.Category, k.category, refusesCategory)
	refuse(q.Type, k.typ, refusesType)
	refuse(q.Vendor, k.vendor, refusesVendor)
	refuse(q.OS, k.os, refusesOS)
	refuse(q.Zone, k.zone, refusesPlace)
	refuse(q.Site, k.site, refusesPlace)
	return m
}

// A selection is the devices that a query selects.
type selection struct {
	all     bool     // every device
	members []uint64 // bits by device.n
	total   uint64
	facets  map[string][]store.Count
}

func (s *selection) has(n int64) bool {
	return s.all || n>>6 < int64(len(s.members)) && s.members[n>>6]&(1<<(n&63)) != 0
}

// numbers is the members in ascending order.
func (s *selection) numbers() []int64 {
	ns := make([]int64, 0, s.total)
	for i, word := range s.members {
		for ; word != 0; word &= word - 1 {
			ns = append(ns, int64(i)<<6+int64(bits.TrailingZeros64(word)))
		}
	}
	return ns
}

// choose works out what a query selects, and the facets of it.
func (r *roster) choose(q *store.DeviceQuery) selection {
	r.mu.RLock()
	defer r.mu.RUnlock()
	masks := make([]uint8, len(r.kinds))
	hits := make([]uint64, len(r.kinds))
	filtered := false
	for i := range r.kinds {
		masks[i], hits[i] = r.kinds[i].mask(q), r.kinds[i].devices
		filtered = filtered || masks[i] != 0
	}
	words := searchWords(q.Text)
	s := selection{all: !filtered && len(words) == 0 && len(q.Role) == 0}
	if !s.all {
		s.members = r.members(masks, hits, words, q.Role)
	}
	s.count(r.kinds, masks, hits)
	return s
}

// members is the bits of the devices that meet everything, and makes hits
// count those that meet text and roles.
func (r *roster) members(masks []uint8, hits []uint64, words, roles []string) []uint64 {
	clear(hits)
	set := make([]uint64, len(r.entries)>>6+1)
	for n := range r.entries {
		e := &r.entries[n]
		if e.id == "" || !e.meets(words, roles) {
			continue
		}
		hits[e.kind]++
		if masks[e.kind] == 0 {
			set[n>>6] |= 1 << (n & 63)
		}
	}
	return set
}

func (e *entry) meets(words, roles []string) bool {
	for _, w := range words {
		if !strings.Contains(e.text, w) {
			return false
		}
	}
	return len(roles) == 0 || slices.ContainsFunc(roles, func(role string) bool { return slices.Contains(e.roles, role) })
}

// count sums up hits by the values of each facet.
func (s *selection) count(kinds []kind, masks []uint8, hits []uint64) {
	facets := [...]struct {
		bit  uint8
		of   func(*kindKey) string
		sums map[string]uint64
	}{
		{refusesCategory, func(k *kindKey) string { return k.category }, map[string]uint64{}},
		{refusesType, func(k *kindKey) string { return k.typ }, map[string]uint64{}},
		{refusesVendor, func(k *kindKey) string { return k.vendor }, map[string]uint64{}},
		{refusesOS, func(k *kindKey) string { return k.os }, map[string]uint64{}},
	}
	for i := range kinds {
		if hits[i] == 0 {
			continue
		}
		if masks[i] == 0 {
			s.total += hits[i]
		}
		for _, f := range &facets {
			if value := f.of(&kinds[i].kindKey); value != "" && masks[i]&^f.bit == 0 {
				f.sums[value] += hits[i]
			}
		}
	}
	s.facets = map[string][]store.Count{}
	for i, name := range store.DeviceFacets {
		s.facets[name] = sorted(facets[i].sums)
	}
}

// maxFacet is how many values of a facet are told: the most frequent.
const maxFacet = 200

// sorted is counts, the most frequent first.
func sorted(sums map[string]uint64) []store.Count {
	all := make([]store.Count, 0, len(sums))
	for k, n := range sums {
		all = append(all, store.Count{Key: k, Count: n})
	}
	slices.SortFunc(all, func(a, b store.Count) int {
		if a.Count != b.Count {
			return cmp.Compare(b.Count, a.Count)
		}
		return strings.Compare(a.Key, b.Key)
	})
	return all[:min(len(all), maxFacet)]
}

// searchWords is what a device's text must contain, all of it. A MAC address
// is found however it is written.
func searchWords(text string) []string {
	words := strings.FieldsFunc(strings.ToLower(strings.ToValidUTF8(text, " ")), func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) })
	for i, w := range words {
		if mac, ok := frame.ParseMAC([]byte(strings.ReplaceAll(w, ".", ""))); ok {
			words[i] = mac.String()
		}
	}
	return words
}
