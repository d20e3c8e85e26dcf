package forward

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf16"

	"tyto/outbound"
	"tyto/tyto"
)

// format is a way to write an event in one line, without a line end.
type format struct {
	kinds []tyto.Kind // that it has words for
	// line is the event; of text at most clip bytes a value, if it can.
	line func(e *tyto.Event, clip int) []byte
}

// formats are all ways, by name in the configuration.
var formats = map[string]format{
	"cef":          {allKinds, cefLine},
	"cef-defender": {[]tyto.Kind{tyto.KindAlert}, cefDefender},
	"leef":         {allKinds, leefLine},
	"json":         {allKinds, jsonLine},
	"ocsf":         {[]tyto.Kind{tyto.KindAlert, tyto.KindDevice, tyto.KindConversation}, ocsfLine},
}

// checkFormat says what is wrong with a format for some kinds.
func checkFormat(name string, kinds []tyto.Kind, bad outbound.Bad) {
	f, ok := formats[name]
	if !ok {
		bad("format", fmt.Sprintf("%q is none of %s", name, strings.Join(slices.Sorted(maps.Keys(formats)), ", ")))
		return
	}
	for _, k := range kinds {
		if slices.Contains(allKinds, k) && !slices.Contains(f.kinds, k) {
			bad("format", fmt.Sprintf("%s has no words for events of kind %s; choose another format, or other kinds", name, k))
		}
	}
}

// valueLength is the most bytes of a value, as CEF allows it.
const valueLength = 1023

// fit is a line of at most limit bytes, with values as long as they may be.
func (f format) fit(e *tyto.Event, limit int) ([]byte, error) {
	var line []byte
	for clip := valueLength; clip >= 16; clip /= 4 {
		if line = f.line(e, clip); len(line) <= limit {
			return line, nil
		}
	}
	return nil, fmt.Errorf("the event takes %d bytes, and %d are allowed", len(line), limit)
}

// jsonLine is an event as everywhere, with its id.
func jsonLine(e *tyto.Event, _ int) []byte {
	type event tyto.Event // without a name that would be ambiguous
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(struct {
		ID string `json:"id"`
		*event
	}{eventID(e), (*event)(e)})
	if err != nil {
		panic("forward: " + err.Error())
	}
	return shown(bytes.TrimRight(b.Bytes(), "\n"))
}

// shown is JSON with escapes for what would hide in a terminal or a log. In
// JSON such can only be in strings.
func shown(b []byte) []byte {
	if !bytes.ContainsFunc(b, outbound.Hidden) {
		return b
	}
	var out bytes.Buffer
	for _, r := range string(b) {
		switch {
		case !outbound.Hidden(r):
			out.WriteRune(r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&out, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
	}
	return out.Bytes()
}
