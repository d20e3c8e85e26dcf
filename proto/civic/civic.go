// Package civic reads civic addresses as DHCP (RFC 4776) and LLDP-MED
// (ANSI/TIA-1057 section 10.2.4.4.3) carry them.
package civic

import "tyto/frame"

// Append appends the address in b as one line, "DE, Leipzig, Room 101", to
// text as far as it has room: the country, then what the elements say, in
// their order. b begins with the country; what precedes it differs between
// the protocols.
func Append(text, b []byte) []byte {
	c := frame.Read(b)
	country := c.Bytes(2)
	for c.Len() > 0 {
		kind, value := c.U8(), c.Bytes(int(c.U8()))
		if c.Short() {
			break
		}
		if country != nil {
			text, country = item(text, country), nil
		}
		if kind != 0 && kind != 128 { // language and script say nothing of the place
			text = item(text, value)
		}
	}
	return text
}

func item(text, value []byte) []byte {
	if cap(text)-len(text) < len(value)+2 || len(value) == 0 {
		return text
	}
	if len(text) > 0 {
		text = append(text, ", "...)
	}
	return append(text, value...)
}
