package dnp3

import "tyto/frame"

// FileGroup is the group of the objects by which files are moved (IEEE 1815
// annex A.26); of its variations these are looked into.
const (
	FileGroup   = 70
	FileCommand = 3 // opens
	FileStatus  = 4 // of what was opened, or closed
	FileBlock   = 5 // data
	BlockStatus = 6 // of data that was written
)

// The functions of files (clause 4.4).
const (
	OpenFile  = 25
	CloseFile = 26
	AbortFile = 30
)

// An Open is what an object of variation 3 wants.
type Open struct {
	Reads, Writes bool
	Name          []byte
}

// ReadOpen reads an object of variation 3; false if it is not whole.
func ReadOpen(c frame.Cursor) (o Open, ok bool) {
	b := c.Rest()
	at, n := int(c.L16()), int(c.L16())
	c.Skip(6 + 2 + 4 + 4) // time, permissions, key, size
	mode := c.L16()
	if c.Short() || at < 22 || at+n > len(b) {
		return o, false
	}
	return Open{Reads: mode == 1, Writes: mode == 2 || mode == 3, Name: b[at : at+n]}, true
}

// ReadBlock reads an object of variation 5: the block's number, whether it is the last, and its data.
func ReadBlock(c frame.Cursor) (number uint32, last bool, data []byte, ok bool) {
	c.Skip(4) // handle
	number = c.L32()
	return number &^ (1 << 31), number>>31 != 0, c.Rest(), !c.Short()
}

var fileStatuses = [...]string{"ok", "permission denied", "invalid mode", "not found", "locked", "too many open", "invalid handle", "wrong size of a block",
	"communication lost", "can not be aborted"}

// FileOutcome is what an object of variation 4 or 6 says of a file, "ok" if all is well.
func FileOutcome(variation uint8, c frame.Cursor) string {
	c.Skip(8) // handle, size or block
	if variation == FileStatus {
		c.Skip(4) // size of blocks, number of the request
	}
	status := c.U8()
	switch {
	case c.Short():
		return "ok"
	case int(status) < len(fileStatuses):
		return fileStatuses[status]
	}
	return "error"
}
