// Package capture is where packets come from: capture files in pcap and
// pcapng, gzipped or not, folders of them, standard input, and live
// interfaces. All of them are a Source.
package capture

import (
	"io"

	"tyto/frame"
)

// A Batch is packets and the memory in which they lie. It is given to
// Source.Read again and again.
type Batch struct {
	Packets []frame.Packet
	Memory  []byte // owned by the Source
}

// A Source hands out packets in order.
type Source interface {
	// Read fills b with at least one packet, reusing its memory. The packets
	// are valid until the next Read with the same b; other batches are not
	// touched, so that several can be at work. At the end it returns io.EOF
	// and no packets. Another error is of the input and names file and
	// offset: packets may come with it, and the next Read goes on with the
	// next file, or returns io.EOF.
	Read(b *Batch) error
	// Captures tells what was read so far of each file or interface; a
	// packet's Source is an index into it.
	Captures() []Info
	io.Closer
}

// Info is what is known of one file or interface.
type Info struct {
	Name      string
	Packets   uint64
	Bytes     uint64 // on the wire
	Logs      bool   // what other programs wrote: it has lines instead of packets
	Lines     uint64 // evidence's packet is one of them
	Truncated uint64 // packets of which less was captured
	First     int64  // time of the earliest packet, nanoseconds since 1970; 0 without packets
	Last      int64  // time of the latest packet
	Link      frame.LinkType
	Size      int64  // bytes of the file, 0 if unknown
	Offset    int64  // bytes of the file read so far, for progress bars
	Live      bool   // an interface or a socket: it does not wait for its reader
	Filtered  uint64 // packets that were there and that a filter refused; not among Packets
	Refused   uint64 // that came over a tunnel from somebody who may not send
	// Of what is Live: Seen = Packets + Filtered + Refused + Ignored + Dropped + Unread, always.
	Seen     uint64   // packets that the kernel had for us
	Ignored  uint64   // of them those that are no packets of the network, such as the second sight of a loopback's, or not for an Endpoint
	Dropped  uint64   // for which the ring had no room
	Unread   uint64   // in the ring, not read yet
	Endpoint bool     // only what an ordinary host hears is looked at
	Driver   string   // how packets come from the kernel, in words
	XDP      uint64   // of Packets, those that came by AF_XDP
	ByCard   uint64   // of Packets, those with the time of the network card's clock
	Starved  uint64   // how often a card that writes to our memory found no room, after which it drops by itself
	NoXDP    bool     // AF_XDP had to be given up
	NoClock  bool     // the network card's clock was asked for, and times are the kernel's
	Remarks  []string // what is otherwise than was asked for, and why
	Absences uint64   // how often a live interface went away
	Err      error    // what ended it early, or why it is away; nil if nothing is wrong
}
