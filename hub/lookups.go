package hub

import (
	"strings"

	"tyto/frame"
	"tyto/tyto"
)

// lookups are the names by which clients asked for addresses, in two
// generations: when the younger is full, the older goes.
type lookups struct {
	young, old map[asked]string
}

type asked struct{ client, addr frame.Addr }

const maxLookups = 200_000

func (l *lookups) learn(o *tyto.Observation) {
	name, text, ok := strings.Cut(o.Value, " ")
	var addr frame.Addr
	if !ok || addr.UnmarshalText([]byte(text)) != nil {
		return
	}
	if len(l.young) >= maxLookups {
		l.old, l.young = l.young, nil
	}
	if l.young == nil {
		l.young = map[asked]string{}
	}
	l.young[asked{o.Subject.Addr, addr}] = strings.Clone(name)
}

// find is the name by which a client asked for a server, "" if it did not.
func (l *lookups) find(client, server frame.Addr) string {
	if name, ok := l.young[asked{client, server}]; ok {
		return name
	}
	return l.old[asked{client, server}]
}
