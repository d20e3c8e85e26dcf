package slmp

import "tyto/frame"

// SD is the code of special registers. Two of them tell what a controller of
// the series Q, L and iQ-R does (SH-080277, appendix 2, special registers).
const (
	SD        = 0xa9
	switchAt  = 200
	runningAt = 203
)

// register is the word of special register n in words that begin with register first.
func register(n, first uint32, words []byte) (x uint16, ok bool) {
	if n < first || n-first > 1<<10 {
		return 0, false
	}
	c := frame.Read(words)
	c.Skip(2 * int(n-first))
	x = c.L16()
	return x, !c.Short()
}

// Switch is where the switch of a controller stands, "" if the words do not tell.
func Switch(first uint32, words []byte) string {
	x, ok := register(switchAt, first, words)
	if at := [...]string{"run", "stop", "reset"}; ok && x&15 < uint16(len(at)) {
		return at[x&15]
	}
	return ""
}

// Mode is what a controller does, "" if the words do not tell.
func Mode(first uint32, words []byte) string {
	x, ok := register(runningAt, first, words)
	if does := [...]string{"run", "step run", "stop", "pause"}; ok && x&15 < uint16(len(does)) {
		return does[x&15]
	}
	return ""
}
