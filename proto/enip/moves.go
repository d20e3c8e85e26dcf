package enip

import "tyto/frame"

// A Move is what a request does to a transfer of firmware or of a file.
type Move uint8

// The moves.
const (
	NoMove Move = iota
	MoveBegins
	MoveGoesOn
	MoveEnds // with this part
)

// Services of the file object (volume 1 section 5-42), and Anywhere, the place of data that does not say where it belongs.
const (
	beginUpload   = 0x4b
	beginDownload = 0x4c
	FileUpload    = 0x4f
	fileDownload  = 0x50
	Anywhere      = 0xffffffff
)

// Sent is what a request moves: for one that begins at is the size in bytes, 0
// if it is not said, else the place of the data. The firmware's services are
// Rockwell's; their requests begin with size or place.
func Sent(r *Request) (move Move, data []byte, at uint32) {
	c := r.Data
	switch {
	case r.Path.Class == Flash && r.Service == 0x4b:
		return MoveBegins, nil, c.L32()
	case r.Path.Class == Flash && r.Service == 0x4d:
		at = c.L32()
		return MoveGoesOn, c.Rest(), at
	case r.Path.Class == FileObject && r.Service == beginUpload:
		return MoveBegins, nil, 0
	case r.Path.Class == FileObject && r.Service == beginDownload:
		return MoveBegins, nil, 0
	case r.Path.Class == FileObject && r.Service == fileDownload:
		c.Skip(1)
		move = MoveGoesOn
		if last(c.U8()) {
			move = MoveEnds
		}
		return move, c.Rest(), Anywhere
	}
	return NoMove, nil, 0
}

// Begins reports whether a service begins a transfer.
func Begins(class uint16, service byte) bool {
	return class == Flash && service == 0x4b || class == FileObject && (service == beginUpload || service == beginDownload)
}

// Received is the data in the answer to a request that moves a part of a file
// from a device, and whether it is the last.
func Received(c frame.Cursor) (data []byte, ends bool) {
	c.Skip(1)
	ends = last(c.U8())
	return c.Rest(), ends
}

// last reports whether a packet of that type is a file's last.
func last(kind uint8) bool { return kind == 2 || kind == 4 }
