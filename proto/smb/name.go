package smb

import "tyto/frame"

// Path is the share that a tree connect asks for, or the file or pipe that a
// create does; for the functions below, never to be stored: documents have names.
func (h *Header) Path() (path []byte, wide bool) {
	switch {
	case h.Version == 1 && h.Command == 0x75:
		w, d := h.Parts()
		w.Skip(6)
		d.Skip(int(w.L16()))
		return h.text(&d), h.Wide
	case h.Version == 1 && h.Command == 0xa2:
		_, d := h.Parts()
		return h.text(&d), h.Wide
	case h.Version == 2 && h.Command == 3:
		c := h.Block
		c.Skip(4)
		return h.slice(c.L16(), c.L16()), true
	case h.Version == 2 && h.Command == 5:
		c := h.Block
		c.Skip(44)
		return h.slice(c.L16(), c.L16()), true
	}
	return nil, false
}

// slice is n bytes at an offset from the header.
func (h *Header) slice(at, n uint16) []byte {
	if int(at) > len(h.All) {
		return nil
	}
	c := frame.Read(h.All[at:])
	return c.Bytes(int(n))
}

// Creates reports whether a create may make a file or replace its content.
func (h *Header) Creates() bool {
	disposition := uint32(1)
	if h.Version == 2 && h.Command == 5 {
		c := h.Block
		c.Skip(36)
		disposition = c.L32()
	} else if h.Version == 1 && h.Command == 0xa2 {
		w, _ := h.Parts()
		w.Skip(35)
		disposition = w.L32()
	}
	return disposition != 1 // FILE_OPEN
}

// maxLast is the longest last part of a path that is compared, in characters.
const maxLast = 16

// Last compares the last part of a path with lower-case names: the index of
// the one it is, or -1.
func Last(path []byte, wide bool, names []string) int {
	var part [maxLast]byte
	n, step := 0, 1
	if wide {
		step = 2
	}
	for i := 0; i+step <= len(path); i += step {
		c := path[i]
		switch {
		case wide && path[i+1] != 0:
			n = maxLast + 1
		case c == '\\':
			n = 0
		case n < maxLast:
			if c >= 'A' && c <= 'Z' {
				c += 'a' - 'A'
			}
			part[n] = c
			n++
		default:
			n = maxLast + 1
		}
	}
	if n > maxLast {
		return -1
	}
	for i, name := range names {
		if string(part[:n]) == name {
			return i
		}
	}
	return -1
}

// Administrative reports whether a path is of a share for administrators: ADMIN$, C$.
func Administrative(path []byte, wide bool) bool {
	step := 1
	if wide {
		step = 2
	}
	for len(path) >= step && path[len(path)-step] == 0 {
		path = path[:len(path)-step]
	}
	if len(path) < 2*step || path[len(path)-step] != '$' {
		return false
	}
	return Last(path, wide, interProcess) < 0
}

var interProcess = []string{"ipc$"}

// A Negotiated is what a server of version 2 or 3 says ([MS-SMB2] section 2.2.4).
type Negotiated struct {
	Dialect      uint16
	GUID, Blob   []byte
	Time, Booted uint64 // in 100 ns since 1601; 0 if it does not tell
}

// Negotiate reads the answer to a negotiation of version 2 or 3.
func (h *Header) Negotiate() (n Negotiated, ok bool) {
	c := h.Block
	size := c.L16()
	c.Skip(2)
	n.Dialect = c.L16()
	c.Skip(2)
	n.GUID = c.Bytes(16)
	c.Skip(16)
	n.Time, n.Booted = c.L64(), c.L64()
	n.Blob = h.slice(c.L16(), c.L16())
	return n, size == 65 && !c.Short()
}

// Highest is the highest dialect that a client of version 2 or 3 offers ([MS-SMB2] section 2.2.3).
func (h *Header) Highest() (highest uint16) {
	c := h.Block
	c.Skip(2)
	n := c.L16()
	c.Skip(32)
	for range min(n, 16) {
		highest = max(highest, c.L16())
	}
	return highest
}

// SetsInfo is the class of information about a file that is set; 0 if that is not it.
func (h *Header) SetsInfo() uint8 {
	c := h.Block
	c.Skip(2)
	if h.Version != 2 || h.Command != 17 || c.U8() != 1 {
		return 0
	}
	return c.U8()
}

// transceive is the control code by which a client writes to a pipe and reads
// what comes back ([MS-FSCC] section 2.3.41).
const transceive = 0x0011c017

// Piped is what a request writes to a file that may be a pipe, and a hash of 24
// bits of which file; nil if it writes nothing.
func (h *Header) Piped() (file uint32, data []byte) {
	switch {
	case h.Version == 1 && h.Command == 0x25: // a transaction of a pipe, TransactNmPipe
		w, _ := h.Parts()
		w.Skip(22)
		n, at := w.L16(), w.L16()
		if setup := w.U8(); setup != 2 {
			return 0, nil
		}
		w.Skip(1)
		if w.L16() != 0x26 {
			return 0, nil
		}
		return uint32(w.L16()), h.slice(at, n)
	case h.Version == 1 && h.Command == 0x2f:
		w, _ := h.Parts()
		w.Skip(4)
		file = uint32(w.L16())
		w.Skip(14)
		n, at := w.L16(), w.L16()
		return file, h.slice(at, n)
	case h.Version == 2 && h.Command == 9:
		c := h.Block
		c.Skip(2)
		at, n := c.L16(), c.L32()
		c.Skip(8)
		file = fileOf(&c)
		return file, h.slice(at, uint16(min(n, 1<<16-1)))
	case h.Version == 2 && h.Command == 11:
		c := h.Block
		c.Skip(4)
		code := c.L32()
		file = fileOf(&c)
		at, n := c.L32(), c.L32()
		if code == transceive && at < 1<<16 {
			return file, h.slice(uint16(at), uint16(min(n, 1<<16-1)))
		}
	}
	return 0, nil
}

// fileOf hashes the two halves of a file's id.
func fileOf(c *frame.Cursor) uint32 {
	persistent, volatile := c.L64(), c.L64()
	return uint32((persistent*0x9e3779b97f4a7c15 ^ volatile*0xff51afd7ed558ccd) >> 40)
}
