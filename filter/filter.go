// Package filter compiles tcpdump's expressions (pcap-filter(7)) to programs
// of the classic BPF, for the kernel and for packets that are in memory.
//
// What it reads: host, net, port, portrange and proto, with ether, ip, ip6,
// arp, rarp, tcp, udp, sctp, src and dst; protocols by name; broadcast,
// multicast, vlan, less, greater; comparisons such as tcp[13] & 2 != 0; and,
// or, not and parentheses, with tcpdump's precedence (and and or have the
// same). Hosts and ports are numbers: a sensor asks no name server.
//
// Two things differ from tcpdump on purpose, so that an expression means the
// same on a live interface and in a file of it. All tests look behind up to
// two VLAN tags, and vlan N asks whether one of a frame's tags is N; with
// tcpdump it depends on where the tag is and on what was asked before. And
// len counts a tag that the kernel took off.
package filter

import (
	"fmt"

	"golang.org/x/net/bpf"

	"tyto/frame"
)

// A Filter is an expression that was understood.
type Filter struct {
	text string
	tree node
}

// What a program answers for a packet, as the number of bytes that are kept.
const (
	// Accepted keeps a packet whole.
	Accepted = 1 << 18
	// Rejected keeps a byte: so the kernel counts the packet, and says how
	// long it was.
	Rejected = 1
)

// Parse reads an expression. The error says where it is not understood, and why.
func Parse(text string) (*Filter, error) {
	p := parser{lexer: lexer{text: text}}
	tree, err := p.whole()
	if err != nil {
		return nil, fmt.Errorf("filter: %w", err)
	}
	return &Filter{text, tree}, nil
}

// String is the expression.
func (f *Filter) String() string { return f.text }

// Kernel is the program for a socket that hears packets of a link type. It
// never ends early, so that each packet gets one of the two answers. The error
// is of expressions that the link type has no place for, or too long ones.
func (f *Filter) Kernel(link frame.LinkType) ([]bpf.RawInstruction, error) {
	return compile(f.tree, link, true)
}

// Program is the program for packets of a link type that are in memory, with
// their tags. Errors are those of Kernel.
func (f *Filter) Program(link frame.LinkType) (Program, error) {
	ins, err := compile(f.tree, link, false)
	return Program{ins}, err
}
