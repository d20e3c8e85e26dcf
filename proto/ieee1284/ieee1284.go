// Package ieee1284 reads the device id of printers, IEEE 1284-2000 section
// 7.6: "MFG:Example;MDL:LaserX 4;SN:0042;". It does not allocate.
package ieee1284

import "bytes"

// Get is the value of a key, by its short or its long name; nil if there is none.
func Get(id []byte, short, long string) []byte {
	for n := 0; n < 64 && len(id) > 0; n++ {
		item := id
		if i := bytes.IndexByte(id, ';'); i >= 0 {
			item, id = id[:i], id[i+1:]
		} else {
			id = nil
		}
		key, value, ok := bytes.Cut(item, []byte{':'})
		key = bytes.TrimSpace(key)
		if ok && (string(key) == short || string(key) == long) {
			return bytes.TrimSpace(value)
		}
	}
	return nil
}
