// Package confine gives up what a process has the right to do and does not
// need: after a sensor has opened its sockets, whoever takes it over by a
// packet can start no program, open no other interface, and change no file
// but its own. It is the last line: parsers are bounded and fuzzed.
package confine

// Needs is what the process still needs.
type Needs struct {
	Write []string // folders in which it makes and changes files
}

// A Report is what was given up, and what could not be and why, in words.
type Report struct {
	Done   []string
	Failed []Failure
}

// A Failure is something that could not be given up.
type Failure struct {
	What string
	Err  error
}
