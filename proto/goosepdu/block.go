package goosepdu

import "tyto/frame"

// A Block is what a message says of the control block that it is published by.
type Block struct {
	Revision  uint32 // confRev
	Set       uint64 // the hash of the data set's name and of how many entries it has
	ID        uint64 // the hash of goID
	State     uint32 // stNum
	Sequence  uint32 // sqNum
	Simulated bool
	Wanting   bool // ndsCom, or not synchronised
}

// Changes are what is new of a block since its message before.
type Changes uint16

// The changes.
const (
	First        Changes = 1 << iota // of this block nothing is remembered
	Revision                         // another confRev
	Set                              // another data set
	ID                               // another goID
	Wanting                          // it needs commissioning now
	Event                            // a new state
	Restarted                        // the states are counted anew
	StateBack                        // the state went back, and not to the first
	SequenceBack                     // of the same state, a message from before
	Skipped                          // messages between are missing
)

// Hash is the hash of what is compared only.
func Hash(parts ...[]byte) uint64 {
	x := uint64(14695981039346656037)
	for _, p := range parts {
		for _, b := range p {
			x = (x ^ uint64(b)) * 1099511628211
		}
		x = (x ^ 0xff) * 1099511628211
	}
	return x
}

// IsSimulated reports whether the header says that the message is simulated (edition 2).
func IsSimulated(b []byte) bool {
	c := frame.Read(b)
	c.Skip(4)
	return c.U8()&0x80 != 0
}

// A block is kept in one word: a bit that it is one, 13 bits of its name's hash,
// 6 of the revision, 6 of the set, 4 of the id, 1 that is not used, wanting, 16 of the state, 16 of the sequence.
// What is simulated is another block of the same name, with numbers of its own.
const (
	used       = 1 << 63
	ofName     = used | 0x1fff<<50
	ofRevision = 0x3f << 44
	ofSet      = 0x3f << 38
	ofID       = 0xf << 34
	isWanting  = 1 << 32
)

func (b *Block) pack(name []byte) uint64 {
	simulated := []byte(nil)
	if b.Simulated {
		simulated = name
	}
	word := used | Hash(name, simulated)<<50 | uint64(b.Revision)&0x3f<<44 | b.Set&0x3f<<38 | b.ID&0xf<<34 | uint64(b.State)&0xffff<<16 | uint64(b.Sequence)&0xffff
	if b.Wanting {
		word |= isWanting
	}
	return word
}

// See is what changed of the block of a name, which memory keeps for four blocks.
func See(memory *[4]uint64, name []byte, b Block) (all Changes) {
	word := b.pack(name)
	place := find(memory, word)
	old := *place
	*place = word
	if old&ofName != word&ofName {
		all, old = First, 0
	} else {
		for _, x := range [...]struct {
			part   uint64
			change Changes
		}{{ofRevision, Revision}, {ofSet, Set}, {ofID, ID}} {
			if old&x.part != word&x.part {
				all |= x.change
			}
		}
		all |= b.goesOn(uint16(old>>16), uint16(old))
	}
	if word&^old&isWanting != 0 {
		all |= Wanting
	}
	return all
}

// find is the place of a block, an empty one, or one that gives way.
func find(memory *[4]uint64, word uint64) *uint64 {
	var empty *uint64
	for i := range memory {
		switch {
		case memory[i]&ofName == word&ofName:
			return &memory[i]
		case memory[i] == 0 && empty == nil:
			empty = &memory[i]
		}
	}
	if empty != nil {
		return empty
	}
	return &memory[word>>50&3]
}

// goesOn compares the numbers with those of the message before. After the last
// number comes 1; a publisher that is started counts states from 1 (IEC 61850-7-2 section 18.2.3).
func (b *Block) goesOn(state, sequence uint16) Changes {
	switch ahead := int16(uint16(b.State) - state); {
	case ahead < 0 && b.State <= 1:
		return Restarted | Event
	case ahead < 0:
		return StateBack
	case ahead > 1, ahead == 1 && b.Sequence > 1:
		return Skipped | Event
	case ahead == 1:
		return Event
	}
	switch ahead := int16(uint16(b.Sequence) - sequence); {
	case ahead < 0 && b.Sequence <= 1 && b.State <= 1:
		return Restarted
	case ahead < 0:
		return SequenceBack
	case ahead > 1 && (sequence != 0xffff || b.Sequence != 1):
		return Skipped
	}
	return 0
}
