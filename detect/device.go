package detect

import (
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/interpreter"

	"tyto/tyto"
)

// Devices is what rules ask about devices.
type Devices interface {
	// Find is the id of the device that a subject is part of, "" if it is none.
	Find(s tyto.Subject) string
	// Outline is the device of an id; its Evidence may be missing.
	Outline(id string) (tyto.Device, bool)
}

// deviceEnv is what conditions on devices may speak of.
func deviceEnv() (*cel.Env, error) {
	var options []cel.EnvOption
	for _, side := range []string{"client_", "server_"} {
		for _, n := range []string{"category", "type", "vendor", "os"} {
			options = append(options, cel.Variable(side+n, cel.StringType))
		}
		options = append(options, cel.Variable(side+"roles", cel.ListType(cel.StringType)), cel.Variable(side+"known", cel.BoolType))
	}
	return cel.NewEnv(options...)
}

// pair is the devices of an alert, as conditions see them. They are asked for
// when a condition asks, each once.
type pair struct {
	devices        Devices
	seen           map[string]*known // by id, of this and other pairs
	client, server tyto.Subject
}

var _ interpreter.Activation = (*pair)(nil)

// Parent implements interpreter.Activation.
func (p *pair) Parent() interpreter.Activation { return nil }

// ResolveName implements interpreter.Activation.
func (p *pair) ResolveName(n string) (any, bool) {
	if text := pairWords.text(n); text != nil {
		return text(p), true
	}
	if truth := pairWords.truth(n); truth != nil {
		return truth(p), true
	}
	if side, what, _ := strings.Cut(n, "_"); what == "roles" {
		return append([]string{}, p.of(side).roles...), true
	}
	return nil, false
}

// pairWords is how functions read a pair.
var pairWords = vocabulary[*pair]{
	text: func(name string) func(*pair) string {
		side, what, _ := strings.Cut(name, "_")
		attr, ok := map[string]tyto.Attr{"category": tyto.Category, "type": tyto.Type, "vendor": tyto.Vendor, "os": tyto.OS}[what]
		if !ok {
			return nil
		}
		return func(p *pair) string { return p.of(side).value(attr) }
	},
	truth: func(name string) func(*pair) bool {
		side, what, _ := strings.Cut(name, "_")
		if what != "known" {
			return nil
		}
		return func(p *pair) bool { return p.id(side) != "" }
	},
	number: func(string) func(*pair) int64 { return nil },
	count:  func(string) func(*pair) int64 { return nil },
}

// id is the device on a side, "" if it is none.
func (p *pair) id(side string) string {
	switch {
	case p.devices == nil:
		return ""
	case side == "server":
		return p.devices.Find(p.server)
	}
	return p.devices.Find(p.client)
}

// known is what conditions ask of a device. A device whole is fifty times as large.
type known struct {
	category, kind, vendor, os string
	roles                      []string
}

func (k *known) value(a tyto.Attr) string {
	switch a {
	case tyto.Category:
		return k.category
	case tyto.Type:
		return k.kind
	case tyto.Vendor:
		return k.vendor
	}
	return k.os
}

// of is what is known of the device on a side.
func (p *pair) of(side string) *known {
	id := p.id(side)
	k := p.seen[id]
	if k == nil {
		k = new(known)
		if id != "" {
			d, _ := p.devices.Outline(id)
			*k = known{d.Value(tyto.Category), d.Value(tyto.Type), d.Value(tyto.Vendor), d.Value(tyto.OS), d.Roles}
		}
		p.seen[id] = k
	}
	return k
}
