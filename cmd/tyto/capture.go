package main

import (
	"cmp"
	"fmt"

	"tyto/capture"
	"tyto/filter"
)

// captureSetting is what is captured beside what interfaces hear, and what of
// all that is looked at.
type captureSetting struct {
	Filter string `yaml:"filter"`
}

// check finds values that cannot be meant.
func (c *captureSetting) check(bad func(key, why string)) {
	if c.Filter == "" {
		return
	}
	if _, err := filter.Parse(c.Filter); err != nil {
		bad("capture.filter", err.Error())
	}
}

// choosing is the flag for what of the traffic is looked at.
type choosing struct {
	Filter string `placeholder:"EXPR" help:"What of the traffic is looked at, as an expression of tcpdump, such as 'not port 443'."`
}

// wanted is the filter that the flag says, or else the configuration; nil for everything.
func (c *choosing) wanted(set *settings) (*filter.Filter, error) {
	text := cmp.Or(c.Filter, set.Capture.Filter)
	if text == "" {
		return nil, nil
	}
	f, err := filter.Parse(text)
	if err != nil {
		return nil, usageError{fmt.Errorf("%w; the filter is %q", err, text)}
	}
	return f, nil
}

// openFiles opens capture files, of which a filter may refuse packets.
func openFiles(paths []string, f *filter.Filter) (capture.Source, error) {
	source, err := capture.OpenFiles(paths, capture.Options{})
	if err != nil || f == nil {
		return source, err
	}
	return capture.Filtered(source, f), nil
}
