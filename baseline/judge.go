package baseline

import (
	"encoding/hex"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/zeebo/xxh3"
	"golang.org/x/net/publicsuffix"

	"tyto/tyto"
)

// patience is how often a sighting is looked at while a device of it was not
// introduced yet. It is judged then all the same.
const patience = 60

// judge makes facts of what was heard.
func (b *Baseline) judge() {
	b.relocate()
	waiting := b.fresh
	b.fresh = nil
	order(waiting)
	for _, s := range waiting {
		x, known := b.resolve(s)
		if !known && s.tries < patience {
			s.tries++
			b.fresh = append(b.fresh, s)
			continue
		}
		s.queued = false
		if x.ID != "" {
			s.fact = b.note(x, s.learnt)
		}
		s.n, s.at, s.tries, s.learnt = 0, s.last, 0, false
	}
}

// resolve says which fact a sighting amounts to, one without id if to none,
// and whether the devices in it are known.
func (b *Baseline) resolve(s *sighting) (x tyto.Fact, known bool) {
	client, server := b.devices.Find(s.client), b.devices.Find(s.server)
	if client == "" || client == server || server == "" && (s.operation != "" || !s.server.Addr.IsPublic()) {
		return x, client == server || client == "" && s.client.Addr.IsPublic()
	}
	x = tyto.Fact{Device: client, Peer: server, Protocol: s.protocol, Client: s.client, Server: s.server,
		First: s.first.UTC(), Last: s.last.UTC(), Count: s.n, Evidence: s.evidence}
	switch {
	case s.operation != "":
		x.Kind, x.What, x.Verb = tyto.FactOperation, s.operation, s.verb
	case server != "":
		x.Kind, x.What = tyto.FactConversation, service(s)
	default:
		x.Kind, x.Peer, x.What = tyto.FactDestination, b.destination(s), service(s)
		if x.Peer != "" {
			x.ID = idOf(x.Kind, client, x.Peer, whatOf(&x))
			return x, b.known[client] != nil
		}
		return tyto.Fact{}, true
	}
	x.ID = idOf(x.Kind, client, server, x.What)
	return x, b.known[client] != nil && b.known[server] != nil
}

// firstDynamic is where the ports begin that systems give out by turns.
const firstDynamic = 32768

// service is what a server is used for: a port if it is one that stays, else
// the protocol.
func service(s *sighting) string {
	switch {
	case s.transport != "tcp" && s.transport != "udp" && s.transport != "sctp":
		return strings.TrimSpace(s.transport + " " + s.protocol)
	case s.port < firstDynamic:
		return s.transport + "/" + strconv.Itoa(int(s.port))
	case s.protocol != "":
		return s.transport + " " + s.protocol
	}
	return s.transport + dynamic
}

const dynamic = "/dynamic"

// anywhere are protocols whose servers are many and change by turns.
var anywhere = map[string]bool{"ntp": true, "stun": true}

// destination is the name of a host of the internet, as wide as its owner:
// the registered domain; without a name the network, since the servers of one
// service share it.
func (b *Baseline) destination(s *sighting) string {
	if anywhere[s.protocol] {
		return "any " + s.protocol + " server"
	}
	name := s.name
	if name == "" {
		name = b.names(s.client.Addr, s.server.Addr)
	}
	if name = strings.ToLower(strings.TrimSuffix(name, ".")); name != "" {
		if _, err := netip.ParseAddr(name); err != nil {
			if domain, err := publicsuffix.EffectiveTLDPlusOne(name); err == nil {
				return domain
			}
		}
	}
	bits := 48
	if s.server.Addr.Is4() {
		bits = 24
	}
	prefix, err := s.server.Addr.Netip().Unmap().Prefix(bits)
	if err != nil {
		return ""
	}
	return prefix.String()
}

// idOf is the id of a fact: 64 bits of what makes it the one it is.
func idOf(kind tyto.FactKind, device, peer, what string) string {
	sum := xxh3.HashString(string(kind) + "\x00" + device + "\x00" + peer + "\x00" + what)
	var raw [8]byte
	for i := range raw {
		raw[i] = byte(sum >> (56 - 8*i))
	}
	return hex.EncodeToString(raw[:])
}

// peerOf and whatOf are the parts of a fact that make it the one it is.
func peerOf(f *tyto.Fact) string {
	if f.Kind == tyto.FactIdentity {
		return "" // there it is what was before
	}
	return f.Peer
}

func whatOf(f *tyto.Fact) string {
	switch f.Kind {
	case tyto.FactDestination: // whatever is done there
		return ""
	case tyto.FactDevice: // whatever it is
		return ""
	}
	return f.What
}

// note adds a fact, or what it went on by, and has it alerted of if it
// deviates. It is nil if there is no room.
func (b *Baseline) note(x tyto.Fact, learnt bool) *fact {
	f := b.facts[x.ID]
	if f == nil {
		of := limit{x.Device, x.Kind}
		if len(b.facts) >= b.config.MaxFacts || b.counts[of] >= b.config.FactsOfDevice {
			b.Refused++
			return nil
		}
		x.Status, x.Later = tyto.Usual, !learnt
		if !learnt && b.rule(&x) != "" {
			x.Status = tyto.Deviates
		}
		f = &fact{Fact: x}
		b.put(f)
	} else {
		f.add(&x)
		if learnt && f.Status == tyto.Deviates {
			b.leave(f)
			b.status(f, tyto.Usual)
		}
	}
	b.changed[f] = struct{}{}
	if f.Status == tyto.Deviates {
		b.raise(f, x.Count)
	}
	return f
}

// add takes what a fact went on by.
func (f *fact) add(x *tyto.Fact) {
	if x.First.Before(f.First) {
		f.First, f.Evidence = x.First, x.Evidence
	}
	if x.Last.After(f.Last) {
		f.Last = x.Last
	}
	f.Count += x.Count
	f.Verb = max(f.Verb, x.Verb)
	if f.Protocol == "" {
		f.Protocol = x.Protocol
	}
}

// drop forgets a fact.
func (b *Baseline) drop(f *fact) {
	b.leave(f)
	b.count(f, -1)
	f.gone = true
	delete(b.facts, f.ID)
	delete(b.changed, f)
	if f.Kind == tyto.FactIdentity {
		b.said[f.Device] = slices.DeleteFunc(b.said[f.Device], func(x *fact) bool { return x == f })
		if len(b.said[f.Device]) == 0 {
			delete(b.said, f.Device)
		}
	}
	of := limit{f.Device, f.Kind}
	if b.counts[of]--; b.counts[of] == 0 {
		delete(b.counts, of)
	}
	b.gone = append(b.gone, f.ID)
}

// settling reports whether a device came so late that at a time it still learns.
func (b *Baseline) settling(device string, at time.Time) bool {
	p := b.known[device]
	return p != nil && p.later && at.Sub(p.since) < b.config.Settling
}
