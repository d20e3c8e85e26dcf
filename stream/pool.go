package stream

import "encoding/binary"

// BufferSize is how much of one message, or of segments that came early, is
// kept for one direction, in bytes.
const BufferSize = 16 << 10

// A pool is buffers of BufferSize, numbered from 1, so that a Half holds no
// pointer. It hands out the one given back last, which is warm, and makes
// memory only when all it has are in use.
type pool struct {
	blocks [][]byte // of blockBuffers buffers each
	length []uint16
	free   []uint16
	top    int // buffers from here on were never handed out
}

// blockBuffers is how many buffers are made at a time: a megabyte.
const blockBuffers = 64

func newPool(n int) pool {
	n = min(n, 1<<16-2)
	return pool{length: make([]uint16, n+1), free: make([]uint16, 0, n)}
}

// get is an empty buffer, 0 if all are in use.
func (p *pool) get() uint16 {
	if n := len(p.free); n > 0 {
		i := p.free[n-1]
		p.free = p.free[:n-1]
		p.length[i] = 0
		return i
	}
	if p.top+1 >= len(p.length) {
		return 0
	}
	if p.top == len(p.blocks)*blockBuffers {
		p.blocks = append(p.blocks, make([]byte, blockBuffers*BufferSize))
	}
	p.top++
	return uint16(p.top)
}

func (p *pool) put(i uint16) {
	p.length[i] = 0
	p.free = append(p.free, i)
}

func (p *pool) room(i uint16) []byte {
	n := int(i) - 1
	at := n % blockBuffers * BufferSize
	return p.blocks[n/blockBuffers][at : at+BufferSize : at+BufferSize]
}

// bytes is what buffer i holds.
func (p *pool) bytes(i uint16) []byte { return p.room(i)[:p.length[i]] }

// append adds b, which must fit, and returns what the buffer holds then.
func (p *pool) append(i uint16, b []byte) []byte {
	n := copy(p.room(i)[p.length[i]:], b)
	p.length[i] += uint16(n)
	return p.bytes(i)
}

// Held segments stand one after the other: sequence number, length, bytes.
// A used one has its length's top bit set.
const (
	segmentHeader = 6
	segmentUsed   = 1 << 15
)

// appendSegment adds a segment, if it fits.
func (p *pool) appendSegment(i uint16, seq uint32, b []byte) bool {
	at := int(p.length[i])
	if len(b) >= segmentUsed || at+segmentHeader+len(b) > BufferSize {
		return false
	}
	m := p.room(i)[at:]
	binary.LittleEndian.PutUint32(m, seq)
	binary.LittleEndian.PutUint16(m[4:], uint16(len(b)))
	copy(m[segmentHeader:], b)
	p.length[i] += uint16(segmentHeader + len(b))
	return true
}

// lowest is the unused segment that comes first after from, and where it
// stands; nil if there is none.
func (p *pool) lowest(i uint16, from uint32) (seq uint32, b []byte, at int) {
	m := p.bytes(i)
	for pos := 0; pos < len(m); {
		s := binary.LittleEndian.Uint32(m[pos:])
		n := binary.LittleEndian.Uint16(m[pos+4:])
		size := int(n &^ segmentUsed)
		if n&segmentUsed == 0 && (b == nil || int32(s-from) < int32(seq-from)) {
			seq, b, at = s, m[pos+segmentHeader:pos+segmentHeader+size], pos
		}
		pos += segmentHeader + size
	}
	return seq, b, at
}

// used marks the segment at a place as used.
func (p *pool) used(i uint16, at int) {
	length := p.room(i)[at+4:]
	binary.LittleEndian.PutUint16(length, binary.LittleEndian.Uint16(length)|segmentUsed)
}
