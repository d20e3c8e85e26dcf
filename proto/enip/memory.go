package enip

import (
	"tyto/frame"
	"tyto/proto/transfer"
)

// What a conversation keeps: Memory[0] to Memory[2] are requests that wait for
// their answers, the last first. Memory[3] is, above the roles, what is moved, and from
// bit 8 on the slot that the open connection leads to, as a way. While a file is moved only
// one request waits: Memory[1] is the hash of what was moved, Memory[2] its
// size, and above that the size it will have.
const (
	pending  = 3
	moving   = 1 << 6
	moved    = 1 << 7 // all is there but the answer
	wayShift = 8
)

// Way is where the open connection leads.
func Way(memory *[4]uint64) uint8 { return uint8(memory[3] >> wayShift) }

// SetWay keeps where the open connection leads.
func SetWay(memory *[4]uint64, way uint8) {
	memory[3] = memory[3]&^(0xff<<wayShift) | uint64(way)<<wayShift
}

func waiting(memory *[4]uint64) []uint64 {
	if memory[3]&moving != 0 {
		return memory[:1]
	}
	return memory[:pending]
}

// Keep remembers a request until it is answered.
func Keep(memory *[4]uint64, key uint16, a *Asked) {
	all := waiting(memory)
	copy(all[1:], all)
	all[0] = a.Pack(key)
}

// Answered takes the request that a reply answers out of memory.
func Answered(memory *[4]uint64, key uint16, service byte) (a Asked, ok bool) {
	all := waiting(memory)
	for i, word := range all {
		a, waits := Unpack(word)
		if word != 0 && waits == key && (a.Service == service || service == UnconnectedSend) {
			copy(all[i:], all[i+1:])
			all[len(all)-1] = 0
			return a, true
		}
	}
	return Asked{}, false
}

// MoveBy begins and sums up what a request moves to the firmware or to a file.
func MoveBy(memory *[4]uint64, r *Request) {
	move, data, total := Sent(r)
	switch {
	case move == MoveBegins:
		sum := transfer.Begin()
		memory[0], memory[1], memory[2] = 0, sum.Hash, uint64(total)<<32
		memory[3] = memory[3]&^moved | moving
	case memory[3]&moving != 0 && move != NoMove:
		more(memory, data, move == MoveEnds, total)
	}
}

// more adds data that is not sent again: at is where it belongs, Anywhere if it does not say.
func more(memory *[4]uint64, data []byte, ends bool, at uint32) {
	if at != Anywhere && at != uint32(memory[2]) {
		return
	}
	transfer.Add(&memory[1], &memory[2], data)
	if total := uint32(memory[2] >> 32); ends || total != 0 && uint32(memory[2]) >= total {
		memory[3] |= moved
	}
}

// MovedBy is the sum of what was moved when its last part is answered; ok is false before.
func MovedBy(memory *[4]uint64, a *Asked, c frame.Cursor, succeeded bool) (sum transfer.Sum, ok bool) {
	if memory[3]&moving == 0 || a.Class != Flash && a.Class != FileObject {
		return sum, false
	}
	if Begins(a.Class, a.Service) {
		if !succeeded { // nothing will be moved
			memory[1], memory[2], memory[3] = 0, 0, memory[3]&^moving
		}
		return sum, false
	}
	if data, ends := Received(c); a.FromDevice() && succeeded {
		more(memory, data, ends, Anywhere)
	}
	if memory[3]&moved == 0 {
		return sum, false
	}
	sum = transfer.Kept(memory[1], memory[2])
	memory[1], memory[2], memory[3] = 0, 0, memory[3]&^(moving|moved)
	return sum, true
}

// FromDevice reports whether a request moves a part of a file from the device.
func (a *Asked) FromDevice() bool { return a.Class == FileObject && a.Service == FileUpload }
