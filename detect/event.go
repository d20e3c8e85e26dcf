package detect

import (
	"fmt"
	"strconv"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/interpreter"

	"tyto/proto"
	"tyto/tyto"
)

// name is something of an event that rules speak of.
type name uint8

// The names; their text is in nameTexts. Client is also whom an observation
// is about.
const (
	client name = iota
	server
	clientIP
	serverIP
	clientMAC
	serverMAC
	clientVLAN
	clientPart
	port
	transport
	protocol
	operation
	object
	outcome
	verb
	serverName
	attribute
	value
	field
	zoned // the same for all events of the zone
	endOfNames
)

var nameTexts = [endOfNames]string{"client", "server", "client_ip", "server_ip", "client_mac", "server_mac", "client_vlan", "client_part", "port", "transport",
	"protocol", "operation", "object", "outcome", "verb", "server_name", "attribute", "value", "field", "zone"}

func parseNames(texts []string) (names []name, err error) {
	for _, t := range texts {
		n := name(0)
		for n < endOfNames && nameTexts[n] != t {
			n++
		}
		if n == endOfNames {
			return nil, fmt.Errorf("there is no name %q", t)
		}
		names = append(names, n)
	}
	return names, nil
}

// eventEnv is what conditions on events may speak of.
func eventEnv() (*cel.Env, error) {
	options := []cel.EnvOption{
		cel.Variable("operations", cel.MapType(cel.StringType, cel.IntType)),
		cel.Variable("threshold", cel.MapType(cel.StringType, cel.IntType)),
	}
	for _, n := range nameTexts {
		if numbers[n] == nil {
			options = append(options, cel.Variable(n, cel.StringType))
		}
	}
	for n := range numbers {
		options = append(options, cel.Variable(n, cel.IntType))
	}
	for n := range truths {
		options = append(options, cel.Variable(n, cel.BoolType))
	}
	return cel.NewEnv(options...)
}

// event is an event as conditions see it. It is used again for the next one.
type event struct {
	*tyto.Event
	client, server tyto.Subject
	texts          [2]string // of client and server, once a rule asked; several do
	rule           *Rule
}

var _ interpreter.Activation = (*event)(nil)

// Parent implements interpreter.Activation.
func (e *event) Parent() interpreter.Activation { return nil }

func (e *event) set(x *tyto.Event) {
	e.Event, e.client, e.server, e.texts = x, tyto.Subject{}, tyto.Subject{}, [2]string{}
	switch {
	case x.Act != nil:
		e.client, e.server = x.Act.Client, x.Act.Server
	case x.Conversation != nil:
		e.client, e.server = x.Conversation.Client, x.Conversation.Server
	case x.Observation != nil:
		e.client = x.Observation.Subject
	}
}

// times is how often what the event tells was done.
func (e *event) times() uint64 {
	if e.Act != nil {
		return max(e.Act.Count, 1)
	}
	return 1
}

func (e *event) evidence() *tyto.Evidence {
	switch {
	case e.Act != nil:
		return &e.Act.Evidence
	case e.Conversation != nil:
		return &e.Conversation.Evidence
	}
	return &e.Observation.Evidence
}

// ResolveName implements interpreter.Activation.
func (e *event) ResolveName(n string) (any, bool) {
	if number := numbers[n]; number != nil {
		return number(e), true
	}
	if truth := truths[n]; truth != nil {
		return truth(e), true
	}
	switch n {
	case "threshold":
		return e.rule.limits, true
	case "operations":
		ops := make(map[string]int64, len(e.talk().Operations))
		for op, n := range e.talk().Operations {
			ops[op] = int64(n)
		}
		return ops, true
	}
	x, ok := nameOf[n]
	if !ok {
		return nil, false
	}
	return e.text(x), true
}

// nameOf is the name of a text.
var nameOf = func() map[string]name {
	all := map[string]name{}
	for i, t := range nameTexts {
		all[t] = name(i)
	}
	return all
}()

// text is what a name stands for in this event, "" if it has no such thing.
func (e *event) text(n name) string {
	switch n {
	case client:
		if e.texts[0] == "" {
			e.texts[0] = subjectText(&e.client)
		}
		return e.texts[0]
	case server:
		if e.texts[1] == "" {
			e.texts[1] = subjectText(&e.server)
		}
		return e.texts[1]
	case clientIP:
		return e.client.Addr.String()
	case serverIP:
		return e.server.Addr.String()
	case clientMAC:
		return e.client.MAC.String()
	case serverMAC:
		return e.server.MAC.String()
	case clientVLAN:
		return strconv.Itoa(int(e.client.VLAN))
	case clientPart:
		return strconv.Itoa(int(e.client.Part))
	case protocol:
		if e.Conversation != nil {
			return e.Conversation.Protocol
		}
		return e.evidence().Protocol
	case field:
		return e.evidence().Field
	}
	switch {
	case e.Act != nil:
		return e.ofAct(n)
	case e.Conversation != nil:
		return e.ofConversation(n)
	case e.Observation != nil && n == attribute:
		return e.Observation.Attr.String()
	case e.Observation != nil && n == value:
		return e.Observation.Value
	}
	return ""
}

func (e *event) ofAct(n name) string {
	switch n {
	case operation:
		return e.Act.Operation
	case object:
		return e.Act.Object
	case outcome:
		return e.Act.Outcome
	case verb:
		return e.Act.Verb.String()
	}
	return ""
}

func (e *event) ofConversation(n name) string {
	switch n {
	case port:
		return strconv.Itoa(int(e.Conversation.Port))
	case transport:
		return e.Conversation.Transport
	case serverName:
		return e.Conversation.ServerName
	}
	return ""
}

// subjectText names whom a fact is about by what stays: its address, else its MAC.
func subjectText(s *tyto.Subject) string {
	if s.Addr.IsUnspecified() {
		return s.MAC.String()
	}
	return s.Addr.String()
}

// words is how functions read an event.
func (r *Rule) words() *vocabulary[*event] {
	return &vocabulary[*event]{
		text: func(name string) func(*event) string {
			n, ok := nameOf[name]
			if !ok || numbers[name] != nil {
				return nil
			}
			if read := ofConversations[n]; read != nil && r.Kind == tyto.KindConversation {
				return read
			}
			return func(e *event) string { return e.text(n) }
		},
		number: func(name string) func(*event) int64 { return numbers[name] },
		truth:  func(name string) func(*event) bool { return truths[name] },
		count: func(op string) func(*event) int64 {
			return func(e *event) int64 { return int64(e.talk().Operations[op]) }
		},
		limits: r.limits,
	}
}

// ofConversations reads what rules on conversations ask of each of them.
var ofConversations = map[name]func(*event) string{
	protocol:   func(e *event) string { return e.Conversation.Protocol },
	transport:  func(e *event) string { return e.Conversation.Transport },
	serverName: func(e *event) string { return e.Conversation.ServerName },
}

// numbers is what of an event is a number.
var numbers = map[string]func(*event) int64{
	"port":           func(e *event) int64 { return int64(e.talk().Port) },
	"client_vlan":    func(e *event) int64 { return int64(e.client.VLAN) },
	"sessions":       func(e *event) int64 { return int64(e.talk().Sessions) },
	"client_packets": func(e *event) int64 { return int64(e.talk().Packets[0]) },
	"server_packets": func(e *event) int64 { return int64(e.talk().Packets[1]) },
	"client_bytes":   func(e *event) int64 { return int64(e.talk().Bytes[0]) },
	"server_bytes":   func(e *event) int64 { return int64(e.talk().Bytes[1]) },
	"seconds":        func(e *event) int64 { return int64(e.talk().Last.Sub(e.talk().First).Seconds()) },
	"confidence": func(e *event) int64 {
		if e.Observation == nil {
			return 0
		}
		return int64(e.Observation.Confidence)
	},
}

// truths is what of an event holds or does not.
var truths = map[string]func(*event) bool{
	"client_public": func(e *event) bool { return e.client.Addr.IsPublic() },
	"server_public": func(e *event) bool { return e.server.Addr.IsPublic() },
	"industrial":    func(e *event) bool { return proto.Industrial(e.text(protocol)) },
	"server_group":  func(e *event) bool { return e.server.Addr.IsMulticast() || e.server.MAC.IsGroup() },
}

// none stands for the conversation of events that have none.
var none tyto.Conversation

// talk is what conversations count.
func (e *event) talk() *tyto.Conversation {
	if e.Conversation == nil {
		return &none
	}
	return e.Conversation
}
