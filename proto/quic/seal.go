package quic

// Seal makes a client's Initial packet of frames, for tests and for the
// generator of traffic: Open's counterpart, but for the tag, which is zero.
func Seal(number uint32, connection, frames []byte) []byte {
	v, _ := keysOf(number)
	first := byte(0xc0)
	if number == 0x6b3343cf {
		first = 0xd0
	}
	n := 1 + len(frames) + 16
	b := append([]byte{first, byte(number >> 24), byte(number >> 16), byte(number >> 8), byte(number), byte(len(connection))}, connection...)
	b = append(b, 0, 0, 0x40|byte(n>>8), byte(n))
	at := len(b)
	b = append(append(append(b, 2), frames...), make([]byte, 16)...) // packet number 2, in one byte
	k := newClientKey(v, connection)
	k.open(2, b[at+1:len(b)-16])
	var mask [16]byte
	copy(mask[:], b[at+4:])
	k.header.encrypt(&mask)
	b[0] ^= mask[0] & 15
	b[at] ^= mask[1]
	return b
}
