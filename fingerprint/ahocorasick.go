package fingerprint

import (
	"slices"
	"strings"
)

// An automaton finds which of many literals are in a text, in one pass and without
// regard to ASCII case (Aho and Corasick, 1975). Its transitions are complete: one
// table look-up per byte.
type automaton struct {
	class [256]uint8 // bytes that no literal has share class 0
	width int        // classes
	none  []int32    // the transitions of a new state
	next  []int32    // state*width + class: the state after
	ends  [][]end    // what ends in a state, longer literals first
}

// An end is a literal that ends in a state.
type end struct {
	what int32
	word int32 // the literal's length if it must begin a word, else 0
}

// newAutomaton builds the automaton of lower-case literals, which may begin with
// atWord; words[i] stands for what[i].
func newAutomaton(words []string, what []int32) *automaton {
	if len(words) == 0 {
		return nil
	}
	a := &automaton{width: 1}
	for _, w := range words {
		for i := 0; i < len(w); i++ {
			if a.class[w[i]] == 0 && a.width < 255 {
				a.class[w[i]] = uint8(a.width)
				a.width++
			}
		}
	}
	for c := byte('a'); c <= 'z'; c++ {
		a.class[c-'a'+'A'] = a.class[c]
	}
	a.none = slices.Repeat([]int32{-1}, a.width)
	n := states(words)
	a.next, a.ends = make([]int32, 0, n*a.width), make([][]end, 0, n)
	a.state()
	for i, w := range words {
		e := end{what: what[i]}
		if w[:1] == atWord {
			w = w[1:]
			e.word = int32(len(w))
		}
		a.insert(w, e)
	}
	a.link()
	return a
}

// states is how many states the automaton of words has: one for each of their beginnings.
func states(words []string) int {
	sorted := make([]string, len(words))
	for i, w := range words {
		sorted[i] = strings.TrimPrefix(w, atWord)
	}
	slices.Sort(sorted)
	n, last := 1, ""
	for _, w := range sorted {
		shared := 0
		for shared < min(len(w), len(last)) && w[shared] == last[shared] {
			shared++
		}
		n, last = n+len(w)-shared, w
	}
	return n
}

// state adds a state, without transitions.
func (a *automaton) state() int32 {
	a.next = append(a.next, a.none...)
	a.ends = append(a.ends, nil)
	return int32(len(a.ends) - 1)
}

func (a *automaton) insert(word string, e end) {
	at := int32(0)
	for i := 0; i < len(word); i++ {
		slot := int(at)*a.width + int(a.class[word[i]])
		if a.next[slot] < 0 {
			s := a.state() // moves a.next
			a.next[slot] = s
		}
		at = a.next[slot]
	}
	a.ends[at] = append(a.ends[at], e)
}

// link completes the transitions, breadth first.
func (a *automaton) link() {
	fail := make([]int32, len(a.ends))
	var queue []int32
	for c := range a.width {
		if s := a.next[c]; s < 0 {
			a.next[c] = 0
		} else {
			queue = append(queue, s)
		}
	}
	for len(queue) > 0 {
		s := queue[0]
		queue = queue[1:]
		a.ends[s] = append(a.ends[s], a.ends[fail[s]]...)
		for c := range a.width {
			slot, back := int(s)*a.width+c, a.next[int(fail[s])*a.width+c]
			if t := a.next[slot]; t < 0 {
				a.next[slot] = back
			} else {
				fail[t] = back
				queue = append(queue, t)
			}
		}
	}
}

// each calls found for what ends anywhere in text; the same may be found repeatedly.
func (a *automaton) each(text string, found func(int32)) {
	at := int32(0)
	for i := 0; i < len(text); i++ {
		at = a.next[int(at)*a.width+int(a.class[text[i]])]
		for _, e := range a.ends[at] {
			if before := i - int(e.word); e.word == 0 || before < 0 || !isWord(text[before]) {
				found(e.what)
			}
		}
	}
}
