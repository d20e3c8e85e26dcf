package lab

// A binding is a variable of SNMP: its OID in BER, and its value with its tag.
type binding struct {
	oid   []byte
	tag   byte // 4 octets, 6 object identifier, 5 null
	value []byte
}

// Objects of the system group (RFC 3418), in BER.
var (
	sysDescr    = []byte{0x2b, 6, 1, 2, 1, 1, 1, 0}
	sysObjectID = []byte{0x2b, 6, 1, 2, 1, 1, 2, 0}
	sysName     = []byte{0x2b, 6, 1, 2, 1, 1, 5, 0}
)

// snmp is a message of version 2c (RFC 1901, RFC 3416): pdu 0xa0 asks, 0xa2
// answers. It is built backwards, because BER puts lengths first.
func (e *encoder) snmp(pdu byte, id uint32, bindings []binding) []byte {
	var list []byte
	for _, b := range bindings {
		list = append(list, ber(0x30, append(ber(6, b.oid), ber(b.tag, b.value)...))...)
	}
	body := ber(2, []byte{byte(id>>24)&0x3f | 1, byte(id >> 16), byte(id >> 8), byte(id)})
	body = append(body, 2, 1, 0, 2, 1, 0)
	body = append(body, ber(0x30, list)...)
	message := append([]byte{2, 1, 1}, ber(4, []byte("public"))...)
	e.b = append(e.b[:0], ber(0x30, append(message, ber(pdu, body)...))...)
	return e.b
}

// ber is a value with its tag and length (X.690), of up to 65535 bytes.
func ber(tag byte, value []byte) []byte {
	n := len(value)
	var head []byte
	switch {
	case n < 128:
		head = []byte{tag, byte(n)}
	case n < 256:
		head = []byte{tag, 0x81, byte(n)}
	default:
		head = []byte{tag, 0x82, byte(n >> 8), byte(n)}
	}
	return append(head, value...)
}

// oid is an object identifier below 1.3 in BER.
func oid(below ...uint32) []byte {
	b := []byte{0x2b}
	for _, x := range below {
		var part []byte
		for part = []byte{byte(x & 0x7f)}; x >= 128; {
			x >>= 7
			part = append([]byte{byte(x&0x7f) | 0x80}, part...)
		}
		b = append(b, part...)
	}
	return b
}
