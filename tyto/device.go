package tyto

import (
	"time"

	"tyto/frame"
)

// A Claim is one value of an attribute, with the evidence that carries it.
type Claim struct {
	Attr       Attr       `json:"attribute"`
	Value      string     `json:"value"`
	Confidence Confidence `json:"confidence"`
	Evidence   Evidence   `json:"evidence"`
	First      time.Time  `json:"first"`
	Last       time.Time  `json:"last"`
}

// A Belief is what is held to be true of one attribute, and why.
type Belief struct {
	Claim
	Others []Claim `json:"others,omitempty"` // runner-up values, best first
}

// An Interface is one of a device's addresses on a link.
type Interface struct {
	MAC    frame.MAC    `json:"mac,omitzero"`
	VLANs  []uint16     `json:"vlans,omitempty"`
	Vendor string       `json:"vendor,omitempty"` // of the network card, by its prefix
	IPs    []IPInterval `json:"ips,omitempty"`
}

// An IPInterval is an address and the time during which the interface had it.
type IPInterval struct {
	IP         frame.Addr `json:"ip"`
	From       time.Time  `json:"from"`
	To         time.Time  `json:"to"` // last time it was seen in use
	Confidence Confidence `json:"confidence"`
}

// A Service is something that a device answers on.
type Service struct {
	Transport string `json:"transport"`
	Port      uint16 `json:"port"`
	Protocol  string `json:"protocol,omitempty"`
	Product   string `json:"product,omitempty"`
}

// A Module is a part of a device that has an identity of its own, such as a
// card in a rack.
type Module struct {
	Slot     uint16 `json:"slot"`
	Model    string `json:"model,omitempty"`
	Firmware string `json:"firmware,omitempty"`
	Serial   string `json:"serial,omitempty"`
}

// A Device is what the observations about some subjects amount to.
type Device struct {
	ID         string          `json:"id"`
	Zone       string          `json:"zone,omitempty"`
	Interfaces []Interface     `json:"interfaces"`
	Beliefs    map[Attr]Belief `json:"beliefs"`
	Evidence   []Claim         `json:"evidence"` // every claim, by attribute, then confidence
	Protocols  []string        `json:"protocols,omitempty"`
	Services   []Service       `json:"services,omitempty"`
	Modules    []Module        `json:"modules,omitempty"`
	Roles      []string        `json:"roles,omitempty"`
	First      time.Time       `json:"first"`
	Last       time.Time       `json:"last"`
	Packets    uint64          `json:"packets"` // sent
	Bytes      uint64          `json:"bytes"`   // sent
}

// Value is the best value of an attribute, "" if none is known.
func (d *Device) Value(a Attr) string { return d.Beliefs[a].Value }

// A DeviceChange is a device since something about it changed, in the words
// that other products know. Only a hub tells of it.
type DeviceChange struct {
	ID         string    `json:"id"`
	Gone       bool      `json:"gone,omitempty"` // it was merged into another
	Category   string    `json:"category,omitempty"`
	Type       string    `json:"type,omitempty"`       // id of the taxonomy
	Confidence string    `json:"confidence,omitempty"` // of the type
	Vendor     string    `json:"vendor,omitempty"`
	Model      string    `json:"model,omitempty"`
	OS         string    `json:"os,omitempty"`
	Firmware   string    `json:"firmware,omitempty"`
	Serial     string    `json:"serial,omitempty"`
	Hostname   string    `json:"hostname,omitempty"`
	IPs        []string  `json:"ips,omitempty"`
	MACs       []string  `json:"macs,omitempty"`
	VLANs      []uint16  `json:"vlans,omitempty"`
	Roles      []string  `json:"roles,omitempty"`
	Protocols  []string  `json:"protocols,omitempty"`
	Services   []Service `json:"services,omitempty"`
	Site       string    `json:"site,omitempty"`
	Purdue     string    `json:"purdue_level,omitempty"`
	First      time.Time `json:"first,omitzero"`
	Last       time.Time `json:"last,omitzero"`
}
