package capture

import (
	"encoding/binary"
	"fmt"
	"io"
	"strings"

	"tyto/frame"
)

// A PacketWriter writes a capture file. It writes each packet at once: give
// it a bufio.Writer for many.
type PacketWriter interface {
	// Write appends one packet. Its Time, Data, Length and, in pcapng, Link
	// and Source are kept.
	Write(p *frame.Packet) error
}

// A Writer writes classic pcap with nanoseconds.
type Writer struct {
	w    io.Writer
	link frame.LinkType
	head [pcapHeader]byte
	b    []byte
}

var _ PacketWriter = (*Writer)(nil)

// NewWriter writes the header of a pcap file of one link type to w.
func NewWriter(w io.Writer, link frame.LinkType) (*Writer, error) {
	x := &Writer{w: w, link: link}
	le := binary.LittleEndian
	le.PutUint32(x.head[0:], magicNano)
	le.PutUint16(x.head[4:], 2)
	le.PutUint16(x.head[6:], 4)
	le.PutUint32(x.head[16:], plausible)
	le.PutUint32(x.head[20:], uint32(link))
	if _, err := w.Write(x.head[:]); err != nil {
		return nil, fmt.Errorf("capture: write pcap: %w", err)
	}
	return x, nil
}

// Write implements PacketWriter. A packet of another link type, before 1970
// or after 2106 is an error: the format cannot hold it.
func (x *Writer) Write(p *frame.Packet) error {
	sec := p.Time / 1e9
	if p.Link != x.link || p.Time < 0 || sec > 1<<32-1 || len(p.Data) > plausible {
		return fmt.Errorf("capture: write pcap: packet %d does not fit: link type %d, %d bytes, time %d", p.Number, p.Link, len(p.Data), p.Time)
	}
	le := binary.LittleEndian
	b := le.AppendUint32(x.b[:0], uint32(sec))
	b = le.AppendUint32(b, uint32(p.Time%1e9))
	b = le.AppendUint32(b, uint32(len(p.Data)))
	b = le.AppendUint32(b, uint32(max(p.Length, len(p.Data))))
	x.b = append(b, p.Data...)
	if _, err := x.w.Write(x.b); err != nil {
		return fmt.Errorf("capture: write pcap: %w", err)
	}
	return nil
}

// An NGWriter writes pcapng: one section, nanoseconds, an interface for each
// link type and Source as they come.
type NGWriter struct {
	w          io.Writer
	interfaces []ngKey
	b          []byte
}

var _ PacketWriter = (*NGWriter)(nil)

type ngKey struct {
	link   frame.LinkType
	source uint16
	name   string
}

// NewNGWriter writes the section header of a pcapng file to w.
func NewNGWriter(w io.Writer) (*NGWriter, error) {
	x := &NGWriter{w: w}
	body := binary.LittleEndian.AppendUint32(nil, 0x1a2b3c4d)
	body = append(body, 1, 0, 0, 0)
	body = append(body, "\xff\xff\xff\xff\xff\xff\xff\xff"...) // length of the section not given
	if err := x.block(blockSection, body, nil, nil); err != nil {
		return nil, err
	}
	return x, nil
}

// Into has all further blocks written to w.
func (x *NGWriter) Into(w io.Writer) { x.w = w }

// Write implements PacketWriter.
func (x *NGWriter) Write(p *frame.Packet) error { return x.Remark(p, "", "") }

// Remark appends a packet with the name of its interface and a comment, both
// of which may be empty.
func (x *NGWriter) Remark(p *frame.Packet, name, comment string) error {
	if p.Time < 0 || len(p.Data) > plausible {
		return fmt.Errorf("capture: write pcapng: packet %d does not fit: %d bytes, time %d", p.Number, len(p.Data), p.Time)
	}
	i, err := x.face(ngKey{p.Link, p.Source, name})
	if err != nil {
		return err
	}
	le := binary.LittleEndian
	var head [20]byte
	le.PutUint32(head[0:], uint32(i))
	le.PutUint32(head[4:], uint32(uint64(p.Time)>>32))
	le.PutUint32(head[8:], uint32(p.Time))
	le.PutUint32(head[12:], uint32(len(p.Data)))
	le.PutUint32(head[16:], uint32(max(p.Length, len(p.Data))))
	if comment == "" {
		return x.block(blockEnhanced, head[:], p.Data, nil)
	}
	return x.block(blockEnhanced, head[:], p.Data, option(nil, optComment, comment))
}

// Options of blocks (draft-ietf-opsawg-pcapng sections 3.5, 4.2).
const (
	optEnd     = 0
	optComment = 1
	optName    = 2
	maxOption  = 1 << 12 // bytes of a text that are written
)

// option appends a text as an option and the end of the options to b.
func option(b []byte, code uint16, text string) []byte {
	text = strings.ToValidUTF8(text[:min(len(text), maxOption)], "?")
	le := binary.LittleEndian
	b = le.AppendUint16(b, code)
	b = le.AppendUint16(b, uint16(len(text)))
	b = append(b, text...)
	b = append(b, "\x00\x00\x00"[:-len(text)&3]...)
	return append(b, optEnd, 0, 0, 0)
}

// face is the number of an interface, which is described when it is new.
func (x *NGWriter) face(k ngKey) (int, error) {
	for i, have := range x.interfaces {
		if have == k {
			return i, nil
		}
	}
	x.interfaces = append(x.interfaces, k)
	le := binary.LittleEndian
	body := le.AppendUint16(nil, uint16(k.link))
	body = append(body, 0, 0)
	body = le.AppendUint32(body, plausible)
	body = append(body, 9, 0, 1, 0, 9, 0, 0, 0) // if_tsresol: nanoseconds
	if k.name != "" {
		body = option(body, optName, k.name)
	} else {
		body = append(body, optEnd, 0, 0, 0)
	}
	return len(x.interfaces) - 1, x.block(blockInterface, body, nil, nil)
}

// block writes one block: a head of whole words, data that is padded to such, and options.
func (x *NGWriter) block(t uint32, head, data, options []byte) error {
	le := binary.LittleEndian
	pad := -(len(head) + len(data)) & 3
	size := uint32(12 + len(head) + len(data) + pad + len(options))
	b := le.AppendUint32(x.b[:0], t)
	b = le.AppendUint32(b, size)
	b = append(b, head...)
	b = append(b, data...)
	b = append(b, "\x00\x00\x00"[:pad]...)
	b = append(b, options...)
	x.b = le.AppendUint32(b, size)
	if _, err := x.w.Write(x.b); err != nil {
		return fmt.Errorf("capture: write pcapng: %w", err)
	}
	return nil
}
