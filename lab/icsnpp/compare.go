package main

import (
	"fmt"
	"sort"
	"strings"
)

// A rowKind is what a row of a log tells of.
type rowKind int

const (
	request rowKind = iota
	answer
	failure
)

// A row is a message, as a log has it.
type row struct {
	kind    rowKind
	pair    string // of hosts, in order
	op      string // as plain has it
	outcome string // of a failure
	object  string // that the act names, "" if any
}

// pairOf is two hosts in order, so that it does not matter who speaks.
func pairOf(a, b string) string {
	if a > b {
		a, b = b, a
	}
	return a + " " + b
}

// plain is a name without what only spelling adds: case, blanks, dashes.
func plain(s string) string {
	return strings.NewReplacer("-", "", "_", "", " ", "").Replace(strings.ToLower(s))
}

type score struct{ matched, missing, extra int }

func (s *score) add(x score) {
	s.matched += x.matched
	s.missing += x.missing
	s.extra += x.extra
}

// compare asks the document for each row.
func compare(a *analyzer, rows []row, doc *document) (s score, missed []string) {
	counted := map[string]int{} // by pair and operation
	for _, c := range doc.Conversations {
		if c.Protocol != a.name || a.transport != "" && !strings.Contains(a.transport, c.Transport) {
			continue
		}
		for op, n := range c.Operations {
			counted[pairOf(c.Client.String(), c.Server.String())+" "+plain(strings.TrimPrefix(op, a.name))] += n
		}
	}
	acts := map[string][]string{} // the outcomes and objects, by pair and operation
	for _, x := range doc.Acts {
		key := pairOf(x.Client.String(), x.Server.String()) + " " + plain(strings.TrimPrefix(x.Operation, a.name))
		acts[key] = append(acts[key], plain(x.Outcome)+"\n"+plain(x.Object))
	}
	asked, answered := map[string]int{}, map[string]int{}
	for _, r := range rows {
		key := r.pair + " " + r.op
		switch r.kind {
		case request:
			asked[key]++
		case answer:
			answered[key]++
		case failure:
			if told(acts[key], r) {
				s.matched++
			} else {
				s.missing++
				missed = append(missed, fmt.Sprintf("%s\t%s %s\tno act", key, r.outcome, r.object))
			}
		}
	}
	take := func(what string, want map[string]int, limit func(string) int) {
		for _, key := range sorted(want) {
			n := min(want[key], limit(key))
			s.matched += n
			if n < want[key] {
				s.missing += want[key] - n
				missed = append(missed, fmt.Sprintf("%s\t%s\t%d of %d", key, what, n, want[key]))
			}
		}
	}
	take("requests", asked, func(key string) int { return counted[key] })
	take("answers", answered, func(key string) int { return counted[key] })
	for _, key := range sorted(counted) {
		if more := counted[key] - max(asked[key], answered[key]); more > 0 {
			s.extra += more
			missed = append(missed, fmt.Sprintf("%s\textra\t%d", key, more))
		}
	}
	return s, missed
}

func told(acts []string, r row) bool {
	for _, x := range acts {
		outcome, object, _ := strings.Cut(x, "\n")
		if strings.Contains(outcome, r.outcome) && strings.Contains(object, r.object) {
			return true
		}
	}
	return false
}

func sorted(m map[string]int) (keys []string) {
	for key := range m {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}
