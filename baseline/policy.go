package baseline

import (
	"strings"

	"tyto/tyto"
)

// A Rule is one that deviations are alerted of by.
type Rule struct {
	ID          string
	Title       string
	Severity    tyto.Severity
	Techniques  []string
	Description string
	Action      string
}

// The ids of the rules.
const (
	newDevice       = "new-device"
	newConversation = "new-conversation"
	newRemoteAccess = "new-remote-access"
	newOperation    = "new-operation"
	newDestination  = "new-destination"
	identityChanged = "identity-changed"
)

// Rules are the rules, by id.
var Rules = []Rule{
	{identityChanged, "A device says that it is another", tyto.Major, []string{"T0857", "T0849", "T1036"},
		"Type, vendor, name or firmware of a device is not what it was: the firmware was changed, the device was replaced, or another one pretends to be it.",
		"If the change was planned, learn it. If not, compare the device with what is on its place, and its firmware with the one that was approved."},
	{newConversation, "A device uses a service that it did not use before", tyto.Minor, []string{"T0842", "T0848"},
		"A controller, a medical or an IoT device has a conversation of a kind that is not part of the baseline.",
		"Find out who set this up. If it is meant to be, learn it; if not, take the client off the network."},
	{newDestination, "A device talks to hosts of the internet that it did not talk to before", tyto.Minor, []string{"T0883", "T0885", "T1071"},
		"Devices that are no computers talk to a few services of their makers. This one has a new destination.",
		"Look up the destination. If it is the maker's, learn it; if nobody knows it, block it and look for what else the device did."},
	{newDevice, "A device is new on the network", tyto.Minor, []string{"T1200", "T0864", "T0842"},
		"A device that was not there when the zone learnt.",
		"Find the device by its switch port. If it belongs there, learn it."},
	{newOperation, "Something is done to a device that was not done before", tyto.Minor, []string{"T0855", "T0836", "T0843"},
		"A client does something to a controller or a medical device that is not part of the baseline. Programming, starting, stopping and new firmware are graver than reading and writing.",
		"Ask who works on the device. If it is meant to be, learn it; if not, take the client off the network and compare the program with the one that was approved."},
	{newRemoteAccess, "A device is administered from where it was not before", tyto.Major, []string{"T1021", "T0822", "T0886"},
		"A client has a session of remote access with a device that it did not administer when the zone learnt.",
		"Ask whose session it is. If it is an administrator's, learn it; if not, end it and look at what was changed."},
}

// RuleOf is the rule of an id, nil if there is none.
func RuleOf(id string) *Rule {
	for i := range Rules {
		if Rules[i].ID == id {
			return &Rules[i]
		}
	}
	return nil
}

// control are the protocols that controllers and their like are run by. In
// them the operations count, too.
var control = set("modbus", "s7comm", "s7comm-plus", "enip", "cip", "dnp3", "iec60870_104", "iec60870_101", "bacnet", "opcua", "ams", "mms", "omron", "melsec", "fox",
	"hart_ip", "pn_dcp", "pn_io", "ecat", "kip", "atg", "synphasor")

// remote are the protocols by which devices are administered.
var remote = set("ssh", "telnet", "rdp", "vnc", "winrm", "ldp")

// remotePorts are the same where the protocol does not show itself.
var remotePorts = set("tcp/22", "tcp/23", "tcp/3389", "tcp/5900", "tcp/5985", "tcp/5986")

// plumbing is what every device speaks with whoever happens to be there.
var plumbing = set("dhcp", "dhcpv6", "mdns", "ssdp", "llmnr", "nbns", "icmp", "icmpv6", "arp", "igmp", "lldp", "eapol")

// supply is what devices get from servers of the house; that a device of the
// IoT asks another one is no matter.
var supply = set("dns", "ntp")

func set(words ...string) map[string]bool {
	all := map[string]bool{}
	for _, w := range words {
		all[w] = true
	}
	return all
}

func (b *Baseline) category(device string) string {
	if p := b.known[device]; p != nil {
		return p.category
	}
	return ""
}

// vital reports whether a category is one whose devices do few things, and
// always the same.
func vital(category string) bool { return category == "ot" || category == "medical" }

// rule is what a fact that is no part of the baseline is alerted of by, "" if
// it does not matter: computers have no habits, and devices that came a moment
// ago have none yet.
func (b *Baseline) rule(f *tyto.Fact) string {
	switch f.Kind {
	case tyto.FactDevice:
		return newDevice
	case tyto.FactIdentity:
		return identityChanged
	case tyto.FactDestination:
		return b.ofDestination(f)
	case tyto.FactOperation:
		return b.ofOperation(f)
	}
	return b.ofConversation(f)
}

func (b *Baseline) ofConversation(f *tyto.Fact) string {
	client, server := b.category(f.Device), b.category(f.Peer)
	switch {
	case plumbing[f.Protocol] || b.settling(f.Peer, f.First) || b.settling(f.Device, f.First) && !vital(server):
		return ""
	case strings.HasSuffix(f.What, dynamic) && b.reversed(f):
		return ""
	case (remote[f.Protocol] || remotePorts[f.What]) && (vital(server) || server == "iot" || server == "network"):
		return newRemoteAccess
	case vital(server), vital(client):
		return newConversation
	case client == "iot" && !supply[f.Protocol]:
		return newConversation
	}
	return ""
}

// reversed reports whether the server is a usual client of the client: the
// beginning of the connection was not seen, and so it was taken the wrong way.
func (b *Baseline) reversed(f *tyto.Fact) bool {
	return b.pairs[pair{f.Peer, f.Device}] > 0
}

func (b *Baseline) ofOperation(f *tyto.Fact) string {
	if !control[f.Protocol] && !vital(b.category(f.Peer)) || b.settling(f.Peer, f.First) {
		return ""
	}
	if f.Verb <= tyto.Identify && b.deviating[talk{f.Device, f.Peer, f.Protocol}] > 0 {
		return newConversation // part of it
	}
	return newOperation
}

func (b *Baseline) ofDestination(f *tyto.Fact) string {
	if c := b.category(f.Device); !vital(c) && c != "iot" || b.settling(f.Device, f.First) {
		return ""
	}
	return newDestination
}

// severity is how much a fact matters.
func (b *Baseline) severity(rule string, f *tyto.Fact) tyto.Severity {
	switch rule {
	case newOperation:
		switch f.Verb {
		case tyto.Program, tyto.UpdateFirmware, tyto.Stop, tyto.Start, tyto.Execute, tyto.Configure:
			return tyto.Major
		}
	case newConversation:
		if control[f.Protocol] && vital(b.category(f.Peer)) {
			return tyto.Major
		}
	case newDestination, newDevice:
		if vital(b.category(f.Device)) {
			return tyto.Major
		}
	case newRemoteAccess:
		if !vital(b.category(f.Peer)) {
			return tyto.Minor
		}
	}
	return RuleOf(rule).Severity
}
