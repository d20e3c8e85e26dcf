// Package tyto is the nouns of the program: what a sensor tells, what a hub
// keeps, and what everybody else asks about. There is no behaviour here but
// their text and their order.
package tyto

import (
	"time"

	"tyto/frame"
)

// A Subject is whom a fact is about, as far as the packet tells: an address
// on a link. Turning subjects into devices is package inventory's work.
//
// A subject with a MAC is an interface in this link; its Addr, if set, is the
// address it used. A subject with an Addr alone is a host behind a router,
// or one of which only the address is known.
type Subject struct {
	MAC  frame.MAC  `json:"mac,omitzero"`
	Addr frame.Addr `json:"ip,omitzero"`
	VLAN uint16     `json:"vlan,omitzero"`
	Part uint16     `json:"part,omitzero"` // something behind the address: Modbus unit, PLC slot; 0 is the device itself
}

// Evidence is where a claim comes from; enough to find the frame again.
type Evidence struct {
	Sensor   string `json:"sensor,omitempty"`
	Capture  string `json:"capture,omitempty"` // file, or interface
	Packet   uint64 `json:"packet,omitempty"`  // from 1, "No." in Wireshark; 0 if not of one packet
	Protocol string `json:"protocol"`          // Wireshark's short name, or "fingerprint"
	Field    string `json:"field"`             // Wireshark's field name, or a rule's id
}

// An Observation is one fact about one subject, with its evidence. It is
// idempotent: learning it twice, or in another order, changes nothing.
type Observation struct {
	Subject    Subject    `json:"subject"`
	Attr       Attr       `json:"attribute"`
	Value      string     `json:"value"`
	Confidence Confidence `json:"confidence"`
	Evidence   Evidence   `json:"evidence"`
}

// An Act is something one device did to another. Verb is in words that all
// protocols share, so that a rule written against a verb works for every
// protocol; Operation is the protocol's own name for it. Acts are counted,
// not merged.
type Act struct {
	Client    Subject  `json:"client"`
	Server    Subject  `json:"server"`
	Verb      Verb     `json:"verb"`
	Operation string   `json:"operation"`         // "modbus 6"
	Object    string   `json:"object,omitempty"`  // "holding registers 40-49"
	Outcome   string   `json:"outcome,omitempty"` // "" if no answer was seen, "ok", or the error
	Count     uint64   `json:"count,omitempty"`   // how often it was done since it was told before; 0 is once
	Evidence  Evidence `json:"evidence"`
}

// A Conversation is what two subjects said to each other in a window. It is
// an increment: the sum over a conversation's events is the truth, and no
// packet is counted in two of them.
type Conversation struct {
	Client     Subject           `json:"client"`
	Server     Subject           `json:"server"`
	Transport  string            `json:"transport"`          // "tcp", "udp", "icmp", … ; "ethernet" without IP
	Port       uint16            `json:"port,omitempty"`     // the server's; without IP the EtherType
	Protocol   string            `json:"protocol,omitempty"` // Wireshark's short name, once content confirmed it
	ServerName string            `json:"server_name,omitempty"`
	First      time.Time         `json:"first"`
	Last       time.Time         `json:"last"`
	Packets    [2]uint64         `json:"packets"` // from client, from server
	Bytes      [2]uint64         `json:"bytes"`   // lengths on the wire
	Operations map[string]uint64 `json:"operations,omitempty"`
	Sessions   uint64            `json:"sessions"` // connections begun in this window
	Lossy      bool              `json:"lossy,omitempty"`
	Evidence   Evidence          `json:"evidence"` // the first packet
}

// Health is what a sensor tells of its own work since it started. Every packet is in
// exactly one of Parsed, Filtered, Shed, KernelDrops or Unread.
type Health struct {
	Interface string            `json:"interface"`
	Coverage  string            `json:"coverage,omitempty"` // "endpoint" if only what an ordinary host hears is looked at; "" is all that comes
	Counters  map[string]uint64 `json:"counters"`
	Version   string            `json:"version,omitempty"` // of the sensor's program, if it is not the hub's
	Gaps      []Gap             `json:"gaps,omitempty"`    // what was lost on the way, told once
}

// Kind says which of an Event's pointers is set.
type Kind string

// The kinds of an Event.
const (
	KindObservation  Kind = "observation"
	KindAct          Kind = "act"
	KindConversation Kind = "conversation"
	KindHealth       Kind = "health"
	KindAlert        Kind = "alert"
	KindDevice       Kind = "device"
)

// An Event is what travels: from sensor to hub, from hub to a SIEM, and from
// `tyto analyze --format events` to a terminal. It is one line of JSON
// everywhere. Exactly one of the pointers is set, the one Kind names.
type Event struct {
	Version      int           `json:"v"`
	Sensor       string        `json:"sensor"`
	Zone         string        `json:"zone,omitempty"`
	Seq          uint64        `json:"seq"` // per sensor, without gaps
	Time         time.Time     `json:"time"`
	Kind         Kind          `json:"kind"`
	Observation  *Observation  `json:"observation,omitempty"`
	Act          *Act          `json:"act,omitempty"`
	Conversation *Conversation `json:"conversation,omitempty"`
	Health       *Health       `json:"health,omitempty"`
	Alert        *Alert        `json:"alert,omitempty"`
	Device       *DeviceChange `json:"device,omitempty"`
}

// EventVersion is the Version of the events that this program writes.
const EventVersion = 1

// An Alert is something a person should look at: one for each cause, however
// often it occurs.
type Alert struct {
	ID         string    `json:"id,omitempty"`     // of the cause: the same when it occurs again
	Parent     string    `json:"parent,omitempty"` // id of the alert that this one is a consequence of
	Rule       string    `json:"rule"`             // stable id, "plc-stop"
	Engine     string    `json:"engine,omitempty"` // policy, anomaly, protocol, malware, operational; "" is policy
	Severity   Severity  `json:"severity"`
	Title      string    `json:"title"`
	Detail     string    `json:"detail,omitempty"`   // what was seen, in a few words
	Subjects   []Subject `json:"subjects,omitempty"` // who did it, then to whom
	Of         []string  `json:"of,omitempty"`       // of each subject the id of its device, "" if it is none
	Devices    []string  `json:"devices,omitempty"`  // these ids, each once
	Techniques []string  `json:"techniques,omitempty"`
	Evidence   Evidence  `json:"evidence"` // the earliest
	First      time.Time `json:"first,omitzero"`
	Last       time.Time `json:"last,omitzero"`
	Count      uint64    `json:"count,omitempty"` // events of this cause

	// What became of it, in an event that tells of a decision or that it came
	// again; absent when it is new. The store keeps these beside the alert.
	Status  string `json:"status,omitempty"` // new, active, closed, muted, learned
	By      string `json:"by,omitempty"`     // who decided; "" is the hub
	Comment string `json:"comment,omitempty"`
}
