package tyto

import "time"

// FactKind says what a Fact is about.
type FactKind string

// The kinds of facts.
const (
	FactDevice       FactKind = "device"       // there is this device
	FactConversation FactKind = "conversation" // it is a client of this service of that device
	FactOperation    FactKind = "operation"    // it does this to that device
	FactDestination  FactKind = "destination"  // it talks to this host of the internet
	FactIdentity     FactKind = "identity"     // it is of this type, vendor or name, or runs this firmware
)

// FactKinds are the kinds of facts.
var FactKinds = []FactKind{FactDevice, FactConversation, FactOperation, FactDestination, FactIdentity}

// FactStatus is what is held of a Fact.
type FactStatus string

// The statuses of facts.
const (
	Usual    FactStatus = "usual"    // part of the baseline
	Deviates FactStatus = "deviates" // not part of it: an alert tells of it
	Ignored  FactStatus = "ignored"  // not part of it, and nobody wants to be told
)

// A Fact is something that is so in a zone: usual there, or not.
type Fact struct {
	ID       string     `json:"id"` // of what makes it this one: kind, device, peer and what
	Kind     FactKind   `json:"kind"`
	Device   string     `json:"device"`             // whose it is: the client
	Peer     string     `json:"peer,omitempty"`     // the server's device, or the name of a destination
	What     string     `json:"what,omitempty"`     // "tcp/502", "write modbus 6", "firmware 1.2"
	Protocol string     `json:"protocol,omitempty"` // Wireshark's short name
	Verb     Verb       `json:"verb,omitzero"`      // of an operation, if it is more than reading
	Client   Subject    `json:"client"`
	Server   Subject    `json:"server,omitzero"`
	Status   FactStatus `json:"status"`
	Alert    string     `json:"alert,omitempty"` // that tells, or told, of it
	By       string     `json:"by,omitempty"`    // the person who decided; "" was learnt
	Later    bool       `json:"later,omitempty"` // it came when the zone had stopped learning
	First    time.Time  `json:"first"`
	Last     time.Time  `json:"last"`
	Count    uint64     `json:"count"`
	Evidence Evidence   `json:"evidence"` // the earliest
}

// Learning says whether what a zone does becomes part of its baseline.
type Learning struct {
	Zone   string    `json:"zone"`
	Active bool      `json:"active"`         // false: what is not usual is alerted of
	Since  time.Time `json:"since"`          // it is so
	Until  time.Time `json:"until,omitzero"` // when it is active: it ends by itself then
	By     string    `json:"by,omitempty"`   // the person who switched it; "" is the hub
}
