package capture

import (
	"fmt"
	"strings"
)

// An Error is what ended the reading of a file, before its end. It names the
// place and what a person can do about it.
type Error struct {
	Name   string // of the file; "standard input" for -
	Offset int64  // of the record that could not be read, in the bytes of the capture once inflated
	Packet uint64 // packets read before
	Reason string
	Remedy string // "" if there is none
	Err    error  // the cause, nil if the bytes themselves are
}

// Error is one line: file, offset, reason, remedy.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "capture: %s: ", e.Name)
	if e.Offset > 0 || e.Packet > 0 {
		fmt.Fprintf(&b, "at byte %d, after packet %d: ", e.Offset, e.Packet)
	}
	b.WriteString(e.Reason)
	if e.Err != nil {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	if e.Remedy != "" {
		fmt.Fprintf(&b, " (%s)", e.Remedy)
	}
	return b.String()
}

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.Err }

// remedyCut is for files that are damaged in the middle or cut off.
const remedyCut = "the packets before it were read; capture or copy the file again to get the rest"
