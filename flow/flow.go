// Package flow is the conversation table: who talks to whom, since when, how
// much each way, and what the dissectors keep of it.
package flow

import (
	"tyto/frame"
	"tyto/stream"
)

// A Conversation is what two ends say to each other. It lives in the table
// and is valid until the table ends it. It holds no pointer. What every
// packet touches comes first.
type Conversation struct {
	key      key
	heard    int64     // when a packet last came, by the table's clock
	packets  [2]uint32 // from the low end, from the high end, since the last report
	Flags    Flags
	Dissects uint16    // the dissector's number, 0 while none is known
	Named    uint16    // the dissector that gives the conversation its name, if it is not Dissects; 0 if it is
	ends     [2]uint32 // where TCP's bytes from each end go up to; 0 if none came
	tries    uint8     // payloads that no dissector wanted
	ended    bool

	Last        int64     // time of the latest packet
	bytes       [2]uint64 // on the wire, since the last report
	macs        [2]frame.MAC
	reported    int64          // begin of the window that is counted
	FirstNumber uint64         // packet with which the window began
	Source      uint16         // index of the capture with that packet
	Name        uint32         // the server's name, as the owner numbers names; 0 if none
	Ops         uint32         // the owner's counts of operations; 0 if none
	Memory      [4]uint64      // the dissector's scratch
	Streams     [2]stream.Half // from the low end, from the high end
}

// Flags are what is known of a conversation.
type Flags uint16

// The flags of a Conversation.
const (
	highIsServer Flags = 1 << iota // the client is the low end
	sided                          // the above was decided by SYN or a dissector, not by guess
	Established                    // both ends have spoken
	Done                           // nothing more is to be learnt; only counted
	finLow
	finHigh
	reset
	synSeen
	Lossy    // a stream had a hole
	fresh    // no window of it was reported yet
	confirms // an end confirmed what the other sent (TCP)
)

// A Direction is which end of a conversation sent a packet: index of the
// two-element fields.
type Direction uint8

// ToServer reports whether packets of direction d go from client to server.
func (c *Conversation) ToServer(d Direction) bool {
	return (d == 0) == (c.Flags&highIsServer != 0)
}

// client is the direction in which the client sends.
func (c *Conversation) client() Direction {
	if c.Flags&highIsServer != 0 {
		return 0
	}
	return 1
}

// SetClient tells that direction d is the client's, as a dissector knows for sure.
func (c *Conversation) SetClient(d Direction) {
	c.Flags = c.Flags&^highIsServer | sided
	if d == 0 {
		c.Flags |= highIsServer
	}
}

// Try counts a payload that no dissector wanted, and reports whether it is
// worth trying on.
func (c *Conversation) Try() bool {
	if c.tries < 255 {
		c.tries++
	}
	return c.tries < maxTries
}

// Open reports whether a dissector may still be found.
func (c *Conversation) Open() bool { return c.tries < maxTries && c.Flags&Done == 0 }

// Packets is how many were seen in this window, of both ends.
func (c *Conversation) Packets() uint32 { return c.packets[0] + c.packets[1] }

// Again has what follows looked at as if the conversation began with it, under
// the name that it has. The buffers of its streams must have been given back.
func (c *Conversation) Again() {
	if c.Named == 0 {
		c.Named = c.Dissects
	}
	c.Dissects, c.tries, c.Memory, c.Streams = 0, 0, [4]uint64{}, [2]stream.Half{}
}

// Tried reports whether payloads went by that no dissector wanted.
func (c *Conversation) Tried() bool { return c.tries > 0 }

// maxTries is how many payloads of a conversation are looked at to find its
// protocol. nDPI looks at up to 16 of UDP and 80 of TCP; confirmed by content,
// all protocols here show themselves in the first two of each side.
const maxTries = 8

// A Report is one window of one conversation, for the owner to pass on. It is
// valid during the call.
type Report struct {
	Client, Server         frame.Addr // zero if not IP
	ClientMAC, ServerMAC   frame.MAC
	ServerPort, ClientPort uint16 // without IP ServerPort is the EtherType, DSAP or SNAP id
	VLAN                   uint16
	Proto                  uint8 // IP protocol
	IP                     bool
	Fragments              bool // pieces of datagrams; what carried them whole is counted elsewhere
	First, Last            int64
	Packets, Bytes         [2]uint64 // from client, from server
	Began                  bool      // the conversation's first window
	Ended                  bool      // its last
	*Conversation
}

func (c *Conversation) report(r *Report) {
	a := c.client()
	b := 1 - a
	*r = Report{
		VLAN: c.key.vlan(), Proto: c.key.proto(), IP: c.key.kind() == kindIP || c.key.kind() == kindFragment, Fragments: c.key.kind() == kindFragment, First: c.reported, Last: c.Last,
		Packets:   [2]uint64{uint64(c.packets[a]), uint64(c.packets[b])},
		Bytes:     [2]uint64{c.bytes[a], c.bytes[b]},
		ClientMAC: c.macs[a], ServerMAC: c.macs[b],
		Began: c.Flags&fresh != 0, Ended: c.ended, Conversation: c,
	}
	if !r.IP {
		r.ServerPort = c.key.lowPort()
		return
	}
	r.Client, r.Server, r.ClientPort, r.ServerPort = addr(c.key.low), addr(c.key.high), c.key.lowPort(), c.key.highPort()
	if a == 1 {
		r.Client, r.Server, r.ClientPort, r.ServerPort = r.Server, r.Client, r.ServerPort, r.ClientPort
	}
}

// LinkName is what a conversation without IP carries, by the names of access
// points and EtherTypes; "" if they have none for it.
func (r *Report) LinkName(llc map[uint8]string, etherType map[uint16]string) string {
	switch r.key.kind() {
	case kindLLC:
		return llc[uint8(r.key.lowPort()>>8)]
	case kindEtherType:
		return etherType[r.key.lowPort()]
	}
	return ""
}

// Confirmed follows the bytes of a TCP segment: how many new ones it brings,
// and how many it confirms that were never seen.
func (c *Conversation) Confirmed(f *frame.Frame, d Direction) (seen, unseen uint32) {
	if f.TCPFlags&frame.RST != 0 {
		return 0, 0
	}
	n := uint32(len(f.Payload) + f.Missing)
	end := f.TCPSeq + n
	if f.TCPFlags&(frame.SYN|frame.FIN) != 0 {
		end++
	}
	if c.ends[d] == 0 || int32(end-c.ends[d]) > 0 {
		c.ends[d], seen = max(end, 1), n
	}
	if f.TCPFlags&frame.ACK == 0 {
		return seen, 0
	}
	c.Flags |= confirms
	if missing := int32(f.TCPAck - c.ends[1-d]); c.ends[1-d] != 0 && missing > 0 && missing < mostUnseen {
		unseen, c.ends[1-d] = uint32(missing), f.TCPAck
	}
	return seen, unseen
}

// mostUnseen is the largest leap of a confirmation that is believed: as much
// as the largest window (RFC 7323 section 2.3).
const mostUnseen = 1 << 30

// Sides reports whether a TCP conversation was heard from both its ends, and,
// if from one, whether that shows that the other spoke.
func (c *Conversation) Sides() (both, one bool) {
	both = c.ends[0] != 0 && c.ends[1] != 0
	return both, !both && c.Flags&confirms != 0
}
