package bacnet

import (
	"tyto/frame"
	"tyto/proto/transfer"
)

// The services that move files (clause 14).
const (
	ReadFile  = 6
	WriteFile = 7
)

// A Part is a piece of a file, as one message moves it.
type Part struct {
	Start  uint32 // where it belongs, in bytes
	Append bool   // where it belongs is the end
	Data   []byte
	Last   bool
}

// ReadPart reads the parameters of an answer to ReadFile, or of WriteFile behind
// the file's identifier; false if they are of records, or are not whole.
func ReadPart(c frame.Cursor, answer bool) (p Part, ok bool) {
	if answer {
		p.Last = c.U8() == 0x11 // a boolean has its value in its tag
	}
	if t := Next(&c); !t.Opens(0) {
		return p, false
	}
	start, data := Next(&c), Next(&c)
	p.Start, p.Data = start.Uint(), data.Value
	p.Append = len(start.Value) > 0 && start.Value[0] >= 0x80
	end := Next(&c)
	return p, !c.Short() && start.Number == Signed && data.Number == Octets && end.Closes(0)
}

// A Moving is a file on its way, as two words of a conversation keep it: the
// hash, and the size with the file's number, and who moves it where, above it.
type Moving struct{ Hash, About *uint64 }

const (
	fileShift  = 32
	fileMask   = 1<<22 - 1
	writesBit  = 1 << 62
	clientSays = 1 << 63
)

// Begin begins to sum up a file. fromServer says that its reader or writer is the conversation's server.
func (m Moving) Begin(file uint32, writes, fromServer bool) {
	*m.Hash, *m.About = transfer.Begin().Hash, uint64(file&fileMask)<<fileShift
	if writes {
		*m.About |= writesBit
	}
	if !fromServer {
		*m.About |= clientSays
	}
}

// Is reports whether it is that file, that is written or read, by that side.
func (m Moving) Is(file uint32, writes, fromServer bool) bool {
	return uint32(*m.About>>fileShift)&fileMask == file&fileMask && m.Writes() == writes && m.FromServer() == fromServer
}

// Writes reports whether the file is written.
func (m Moving) Writes() bool { return *m.About&writesBit != 0 }

// FromServer reports whether the conversation's server reads or writes it.
func (m Moving) FromServer() bool { return *m.About&clientSays == 0 }

// Object is the file as the identifier of its object.
func (m Moving) Object() uint32 { return file<<22 | uint32(*m.About>>fileShift)&fileMask }

// file is the type of objects that stand for files.
const file = 10

// Add adds a part if it was not sent before; it is false if one before it was missed.
func (m Moving) Add(p *Part) bool {
	size := uint32(*m.About)
	if p.Append || p.Start == size {
		transfer.Add(m.Hash, m.About, p.Data)
		return true
	}
	return p.Start < size
}

// Repeats reports whether a part is all that was moved so far: it was sent before.
func (m Moving) Repeats(p *Part) bool {
	sum := transfer.Begin()
	sum.Add(p.Data)
	return p.Start == 0 && sum == transfer.Kept(*m.Hash, *m.About)
}

// Append appends what was moved: "file,3, 1234 bytes, fnv1a 0123456789abcdef".
func (m Moving) Append(b []byte) []byte {
	sum := transfer.Kept(*m.Hash, *m.About)
	return sum.Append(append(AppendObject(b, m.Object()), ", "...))
}
