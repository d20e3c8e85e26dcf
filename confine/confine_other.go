//go:build !linux

package confine

import "errors"

// Process does nothing: only on Linux is there something to give up.
func Process(Needs) Report {
	return Report{Failed: []Failure{{"rights are given up", errors.New("confine: only Linux is supported")}}}
}
