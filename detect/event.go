package detect

import (
	"fmt"
	"strconv"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/interpreter"

	"tyto/frame"
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

var nameTexts = [endOfNames]string{"client", "server", "client_ip", "server_ip", "client_mac", "server_mac", "client_vlan", "port", "transport",
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
		cel.Variable("confidence", cel.IntType),
		cel.Variable("client_public", cel.BoolType), cel.Variable("server_public", cel.BoolType), cel.Variable("server_group", cel.BoolType),
	}
	for _, n := range nameTexts {
		typ := cel.StringType
		if n == "port" || n == "client_vlan" {
			typ = cel.IntType
		}
		options = append(options, cel.Variable(n, typ))
	}
	for _, n := range []string{"sessions", "client_packets", "server_packets", "client_bytes", "server_bytes", "seconds"} {
		options = append(options, cel.Variable(n, cel.IntType))
	}
	return cel.NewEnv(options...)
}

// event is an event as conditions see it. It is used again for the next one.
type event struct {
	*tyto.Event
	client, server tyto.Subject
	rule           *Rule
}

var _ interpreter.Activation = (*event)(nil)

// Parent implements interpreter.Activation.
func (e *event) Parent() interpreter.Activation { return nil }

func (e *event) set(x *tyto.Event) {
	e.Event, e.client, e.server = x, tyto.Subject{}, tyto.Subject{}
	switch {
	case x.Act != nil:
		e.client, e.server = x.Act.Client, x.Act.Server
	case x.Conversation != nil:
		e.client, e.server = x.Conversation.Client, x.Conversation.Server
	case x.Observation != nil:
		e.client = x.Observation.Subject
	}
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
	switch n {
	case "port":
		if e.Conversation != nil {
			return int64(e.Conversation.Port), true
		}
		return int64(0), true
	case "client_vlan":
		return int64(e.client.VLAN), true
	case "client_public":
		return public(e.client.Addr), true
	case "server_public":
		return public(e.server.Addr), true
	case "server_group":
		return e.server.Addr.IsMulticast() || e.server.MAC.IsGroup(), true
	case "threshold":
		return e.rule.limits, true
	case "confidence":
		if e.Observation != nil {
			return int64(e.Observation.Confidence), true
		}
		return int64(0), true
	}
	if x, ok := e.amount(n); ok {
		return x, true
	}
	if x, ok := nameOf[n]; ok {
		return e.text(x), true
	}
	return nil, false
}

// nameOf is the name of a text.
var nameOf = func() map[string]name {
	all := map[string]name{}
	for i, t := range nameTexts {
		all[t] = name(i)
	}
	return all
}()

// none stands for the conversation of events that have none.
var none tyto.Conversation

// amount is what conversations count.
func (e *event) amount(n string) (any, bool) {
	c := e.Conversation
	if c == nil {
		c = &none
	}
	switch n {
	case "operations":
		ops := make(map[string]int64, len(c.Operations))
		for op, n := range c.Operations {
			ops[op] = int64(n)
		}
		return ops, true
	case "sessions":
		return int64(c.Sessions), true
	case "client_packets":
		return int64(c.Packets[0]), true
	case "server_packets":
		return int64(c.Packets[1]), true
	case "client_bytes":
		return int64(c.Bytes[0]), true
	case "server_bytes":
		return int64(c.Bytes[1]), true
	case "seconds":
		return int64(c.Last.Sub(c.First).Seconds()), true
	}
	return nil, false
}

// text is what a name stands for in this event, "" if it has no such thing.
func (e *event) text(n name) string {
	switch n {
	case client:
		return subjectText(&e.client)
	case server:
		return subjectText(&e.server)
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

// public reports whether an address is one that hosts have on the internet.
func public(a frame.Addr) bool {
	return !a.IsUnspecified() && !a.IsPrivate() && !a.IsLinkLocal() && !a.IsLoopback() && !a.IsMulticast() && a.String() != "255.255.255.255"
}

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
	seen           map[string]tyto.Device // by id, of this and other pairs
	client, server tyto.Subject
}

var _ interpreter.Activation = (*pair)(nil)

// Parent implements interpreter.Activation.
func (p *pair) Parent() interpreter.Activation { return nil }

// device is a device by its id; an empty one if nothing is known of it.
func (p *pair) device(id string) tyto.Device {
	d, ok := p.seen[id]
	if !ok && id != "" {
		d, _ = p.devices.Outline(id)
		p.seen[id] = d
	}
	return d
}

// ResolveName implements interpreter.Activation.
func (p *pair) ResolveName(n string) (any, bool) {
	side, what, _ := strings.Cut(n, "_")
	s := p.client
	if side == "server" {
		s = p.server
	}
	id := ""
	if p.devices != nil {
		id = p.devices.Find(s)
	}
	if what == "known" {
		return id != "", true
	}
	d := p.device(id)
	switch what {
	case "category":
		return d.Value(tyto.Category), true
	case "type":
		return d.Value(tyto.Type), true
	case "vendor":
		return d.Value(tyto.Vendor), true
	case "os":
		return d.Value(tyto.OS), true
	case "roles":
		return append([]string{}, d.Roles...), true
	}
	return nil, false
}
