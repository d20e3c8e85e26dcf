// Package proto is the dissectors, one file per protocol. A dissector looks
// at one message and tells facts about those who exchange it; it neither
// allocates nor keeps what it is given.
//
// A file here uses names of its own, of proto.go and of sink.go only; what
// two protocols share is a sub-package that knows only package frame.
package proto

import (
	"fmt"
	"sort"
	"sync"

	"tyto/frame"
)

// A Dissector knows one protocol: where to look for it, how to recognise it,
// how to cut a stream into messages, and what a message tells. Its functions
// do not allocate, keep nothing but what fits into Message.Memory, and touch
// bytes only through a frame.Cursor.
type Dissector struct {
	Name string // Wireshark's short name, lower case
	// Industrial says that machines, plants, buildings, meters or vehicles are
	// run by it: rules for controllers are about it, and baselines learn what is done by it.
	Industrial bool
	// Where the protocol usually is. The content must still be confirmed by Is.
	Where []Where
	// Is says whether m could begin a message of this protocol. It is asked
	// once per conversation (per packet for those without ports), and must
	// not be fooled by a shorter Body than a whole message.
	Is func(m *Message) bool
	// Anywhere says that Is is strong enough (a false "yes" on random or
	// foreign bytes is practically impossible) to be asked about the first
	// payloads of TCP or UDP conversations on any port. Which of the two,
	// Where says; a dissector with only TCP ports is not asked about UDP.
	Anywhere bool
	// First are the bytes with which a message can begin, "" for any: a
	// cheap filter before Is when looking Anywhere.
	First string
	// Shared says that other protocols use its conversations too, as DTLS
	// and RTP do those of STUN: a datagram that is not its own may be theirs.
	Shared bool
	// Split is for streams (TCP) only: the length of the message at the
	// start of m.Body; 0 if more bytes are needed to tell; negative if this
	// is not (or no longer) the protocol. It may be more than len(m.Body):
	// then the message is told when it is whole, or, if it is longer than
	// MaxMessage, as soon as that much of it is there, with m.Cut set, and the
	// rest is passed over. Nil means that a segment is a message.
	Split func(m *Message) int
	// Tell says what the message tells.
	Tell func(m *Message, s *Sink)
}

// MaxMessage is how much of one message of a stream is kept for a dissector, in bytes.
const MaxMessage = 16 << 10

// A Message is what a dissector is shown.
type Message struct {
	Frame    *frame.Frame
	Body     []byte     // valid during the call only
	ToServer bool       // sent by the conversation's client
	Cut      bool       // Body is the beginning of a longer message
	Memory   *[4]uint64 // the conversation's scratch for its dissector; zero at first
}

// Read is a cursor over the body.
func (m *Message) Read() frame.Cursor { return frame.Read(m.Body) }

// Where is a place at which a protocol is looked for.
type Where struct {
	kind   whereKind
	number uint64
}

type whereKind uint8

const (
	atTCP whereKind = iota
	atUDP
	atIP
	atEtherType
	atLLC
	atSNAP
)

// TCP is the server's port of a TCP conversation.
func TCP(port uint16) Where { return Where{atTCP, uint64(port)} }

// UDP is a port of a UDP datagram, either side's.
func UDP(port uint16) Where { return Where{atUDP, uint64(port)} }

// IP is an IP protocol number, for protocols directly on IP.
func IP(protocol uint8) Where { return Where{atIP, uint64(protocol)} }

// EtherType is an Ethernet II type.
func EtherType(t uint16) Where { return Where{atEtherType, uint64(t)} }

// LLC is an 802.2 destination service access point.
func LLC(dsap uint8) Where { return Where{atLLC, uint64(dsap)} }

// SNAP is a SNAP organisation code and protocol id.
func SNAP(oui uint32, pid uint16) Where { return Where{atSNAP, uint64(oui)<<16 | uint64(pid)} }

var registered []*Dissector

// register adds a dissector; for the init function of its own file.
func register(d Dissector) {
	for _, x := range registered {
		if x.Name == d.Name {
			panic("proto: " + d.Name + " registered twice")
		}
	}
	if d.Name == "" || len(d.Where) == 0 || d.Is == nil || d.Tell == nil {
		panic(fmt.Sprintf("proto: dissector %q lacks a name, a place, Is or Tell", d.Name))
	}
	registered = append(registered, &d)
}

var industrial = sync.OnceValue(func() map[string]bool {
	names := map[string]bool{}
	for _, d := range registered {
		names[d.Name] = d.Industrial
	}
	return names
})

// Industrial reports whether a protocol is one that machines, plants,
// buildings, meters or vehicles are run by; the name is a dissector's.
func Industrial(name string) bool { return industrial()[name] }

// All is the registered dissectors, by name.
func All() []*Dissector {
	all := append([]*Dissector(nil), registered...)
	sort.Slice(all, func(i, j int) bool { return all[i].Name < all[j].Name })
	return all
}
