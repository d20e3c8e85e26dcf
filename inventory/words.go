package inventory

import "hash/maphash"

// maxWord is the longest text held, in bytes; what is longer is cut.
const maxWord = 1024

// A word is a text that was seen before, by number. The zero word is "".
type word uint32

// words holds each text once, in large blocks without pointers: a million
// texts cost the garbage collector nothing.
type words struct {
	seed   maphash.Seed
	blocks [][]byte
	begin  []uint32 // by word: block<<blockBits | offset
	length []uint16
	index  []word // open addressing; 0 is free
	bytes  int
}

const (
	blockBits = 16
	blockSize = 1 << blockBits
)

func newWords() words {
	return words{seed: maphash.MakeSeed(), begin: []uint32{0}, length: []uint16{0}, index: make([]word, 256)}
}

// text is the text of a word, in memory of its own.
func (w *words) text(x word) string { return string(w.raw(x)) }

// raw is the bytes of a word; they must not be changed.
func (w *words) raw(x word) []byte {
	n := int(w.length[x])
	if n == 0 {
		return nil
	}
	at := w.begin[x]
	off := int(at & (blockSize - 1))
	return w.blocks[at>>blockBits][off : off+n]
}

// slot is the place in the index of a text, or of where it would be.
func (w *words) slot(s string) int {
	mask := len(w.index) - 1
	for i := int(maphash.String(w.seed, s)) & mask; ; i = (i + 1) & mask {
		if x := w.index[i]; x == 0 || string(w.raw(x)) == s {
			return i
		}
	}
}

// find is the word of a text, 0 if it is not held.
func (w *words) find(s string) word { return w.index[w.slot(cut(s))] }

// add is the word of a text, which is held from now on; 0 for "".
func (w *words) add(s string) word {
	if s = cut(s); s == "" {
		return 0
	}
	i := w.slot(s)
	if w.index[i] == 0 {
		w.index[i] = w.keep(s)
		if len(w.begin)*4 > len(w.index)*3 {
			w.grow()
		}
		return word(len(w.begin) - 1)
	}
	return w.index[i]
}

// addBytes is add, without making a string of b if it is held already.
func (w *words) addBytes(b []byte) word {
	if len(b) > maxWord {
		b = b[:maxWord]
	}
	mask := len(w.index) - 1
	for i := int(maphash.Bytes(w.seed, b)) & mask; ; i = (i + 1) & mask {
		x := w.index[i]
		if x == 0 {
			return w.add(string(b))
		}
		if string(w.raw(x)) == string(b) {
			return x
		}
	}
}

func cut(s string) string {
	if len(s) > maxWord {
		return s[:maxWord]
	}
	return s
}

func (w *words) keep(s string) word {
	last := len(w.blocks) - 1
	if last < 0 || len(w.blocks[last])+len(s) > blockSize {
		w.blocks = append(w.blocks, make([]byte, 0, blockSize))
		last++
	}
	at := uint32(last)<<blockBits | uint32(len(w.blocks[last]))
	w.blocks[last] = append(w.blocks[last], s...)
	w.begin, w.length = append(w.begin, at), append(w.length, uint16(len(s)))
	w.bytes += len(s)
	return word(len(w.begin) - 1)
}

func (w *words) grow() {
	w.index = make([]word, 2*len(w.index))
	mask := len(w.index) - 1
	for x := 1; x < len(w.begin); x++ {
		i := int(maphash.Bytes(w.seed, w.raw(word(x)))) & mask
		for w.index[i] != 0 {
			i = (i + 1) & mask
		}
		w.index[i] = word(x)
	}
}
