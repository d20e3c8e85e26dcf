// Package x509 reads what an X.509 certificate (RFC 5280) says of its holder.
// It verifies nothing. It is pure: no memory of its own, no allocation.
package x509

import (
	"slices"
	"strconv"
	"strings"

	"tyto/frame"
	"tyto/proto/der"
)

// A Certificate is the parts of a certificate that are looked at. Its slices
// point into the message; what the message no longer holds is empty.
type Certificate struct {
	Serial              []byte // integer, big-endian
	Issuer, Subject     []byte // bodies of the RDNSequence
	notBefore, notAfter stamp
	KeyAlgorithm        []byte // object identifier
	KeyBits             int    // of RSA; 0 for others
	names               []byte // body of subjectAltName
}

type stamp struct {
	tag  byte
	body []byte
}

const (
	explicitVersion    = 0xa0
	explicitExtensions = 0xa3
)

// Read reads a certificate of which the end may be missing; ok is false if
// it is none, or has no subject.
func Read(b []byte) (x Certificate, ok bool) {
	c := frame.Read(b)
	c, _ = der.Enter(&c, der.Sequence)
	c, ok = der.Enter(&c, der.Sequence)
	if !ok {
		return x, false
	}
	if der.Peek(&c) == explicitVersion {
		der.Next(&c)
	}
	x.Serial, _ = der.Expect(&c, der.Integer)
	der.Expect(&c, der.Sequence) // signature algorithm
	x.Issuer, _ = der.Expect(&c, der.Sequence)
	validity, _ := der.Enter(&c, der.Sequence)
	x.notBefore.tag, x.notBefore.body, _ = der.Next(&validity)
	x.notAfter.tag, x.notAfter.body, _ = der.Next(&validity)
	x.Subject, ok = der.Expect(&c, der.Sequence)
	if !ok {
		return x, false
	}
	x.readKey(&c)
	for c.Len() > 0 && der.Peek(&c) != explicitExtensions {
		der.Next(&c) // unique identifiers
	}
	x.readExtensions(&c)
	return x, true
}

func (x *Certificate) readKey(c *frame.Cursor) {
	info, _ := der.Enter(c, der.Sequence)
	algorithm, _ := der.Enter(&info, der.Sequence)
	x.KeyAlgorithm, _ = der.Expect(&algorithm, der.OID)
	key, ok := der.Expect(&info, der.BitString)
	if !ok || string(x.KeyAlgorithm) != oidRSA || len(key) < 2 {
		return
	}
	k := frame.Read(key[1:])
	k, _ = der.Enter(&k, der.Sequence)
	modulus, _ := der.Expect(&k, der.Integer)
	for len(modulus) > 0 && modulus[0] == 0 {
		modulus = modulus[1:]
	}
	x.KeyBits = len(modulus) * 8
}

const (
	oidRSA     = "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01" // 1.2.840.113549.1.1.1
	oidEC      = "\x2a\x86\x48\xce\x3d\x02\x01"         // 1.2.840.10045.2.1
	oidEd25519 = "\x2b\x65\x70"                         // 1.3.101.112
	oidAltName = "\x55\x1d\x11"                         // 2.5.29.17
	mostParts  = 64                                     // extensions, names, parts of a name
)

func (x *Certificate) readExtensions(c *frame.Cursor) {
	e, _ := der.Enter(c, explicitExtensions)
	e, _ = der.Enter(&e, der.Sequence)
	for range mostParts {
		one, ok := der.Enter(&e, der.Sequence)
		if !ok {
			return
		}
		id, _ := der.Expect(&one, der.OID)
		if der.Peek(&one) == der.Boolean {
			der.Next(&one)
		}
		if value, ok := der.Expect(&one, der.OctetString); ok && string(id) == oidAltName {
			v := frame.Read(value)
			x.names, _ = der.Expect(&v, der.Sequence)
		}
	}
}

// SelfSigned reports whether the issuer is the subject.
func (x *Certificate) SelfSigned() bool { return string(x.Issuer) == string(x.Subject) }

// KeyKind is the algorithm of the key: "rsa", "ec", "ed25519", "" for others.
func (x *Certificate) KeyKind() string {
	switch string(x.KeyAlgorithm) {
	case oidRSA:
		return "rsa"
	case oidEC:
		return "ec"
	case oidEd25519:
		return "ed25519"
	}
	return ""
}

// AppendNotBefore appends the day from which it is valid, as 2006-01-02.
func (x *Certificate) AppendNotBefore(b []byte) []byte { return x.notBefore.append(b) }

// AppendNotAfter appends the day until which it is valid, as 2006-01-02.
func (x *Certificate) AppendNotAfter(b []byte) []byte { return x.notAfter.append(b) }

func (s stamp) append(b []byte) []byte {
	d := s.body
	for _, c := range d[:min(len(d), 8)] {
		if c < '0' || c > '9' {
			return b
		}
	}
	switch {
	case s.tag == der.UTCTime && len(d) >= 8:
		if d[0] < '5' { // RFC 5280 section 4.1.2.5.1
			b = append(b, "20"...)
		} else {
			b = append(b, "19"...)
		}
		b = append(b, d[:2]...)
		d = d[2:]
	case s.tag == der.Time && len(d) >= 8:
		b = append(b, d[:4]...)
		d = d[4:]
	default:
		return b
	}
	b = append(append(b, '-'), d[:2]...)
	return append(append(b, '-'), d[2:4]...)
}

// AltName is the i-th name of subjectAltName that is a DNS name, or, if ip is
// set, an address of 4 or 16 bytes; nil if there is none.
func (x *Certificate) AltName(i int, ip bool) []byte {
	c, want := frame.Read(x.names), byte(0x82)
	if ip {
		want = 0x87
	}
	for range mostParts {
		tag, body, ok := der.Next(&c)
		if !ok {
			return nil
		}
		if tag != want {
			continue
		}
		if i == 0 {
			return body
		}
		i--
	}
	return nil
}

// A Part is one attribute of a name.
type Part struct {
	Name string // "CN", "O", …; "" if it is none that we name
	tag  byte
	body []byte
}

// Append appends the part's value as UTF-8.
func (p Part) Append(b []byte) []byte {
	b, _ = der.AppendText(b, p.tag, p.body)
	return b
}

// Parts walks over the attributes of a name in the order in which they stand.
type Parts struct {
	c, set frame.Cursor
}

// ReadName is the parts of an Issuer or a Subject.
func ReadName(name []byte) Parts { return Parts{c: frame.Read(name)} }

// Next is the next part.
func (p *Parts) Next() (part Part, ok bool) {
	for p.set.Len() == 0 {
		if p.set, ok = der.Enter(&p.c, der.Set); !ok {
			return part, false
		}
	}
	one, ok := der.Enter(&p.set, der.Sequence)
	if !ok {
		return part, false
	}
	id, _ := der.Expect(&one, der.OID)
	part.Name = partName(id)
	part.tag, part.body, ok = der.Next(&one)
	return part, ok
}

func partName(id []byte) string {
	switch string(id) {
	case "\x55\x04\x03":
		return "CN"
	case "\x55\x04\x05":
		return "SERIALNUMBER"
	case "\x55\x04\x06":
		return "C"
	case "\x55\x04\x07":
		return "L"
	case "\x55\x04\x08":
		return "ST"
	case "\x55\x04\x0a":
		return "O"
	case "\x55\x04\x0b":
		return "OU"
	case "\x55\x04\x0c":
		return "T"
	case "\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19":
		return "DC"
	case "\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x01":
		return "UID"
	}
	return ""
}

// AppendName appends a name as RFC 4514 writes it, "CN=…,OU=…,O=…": what is most
// special first, the reverse of how it stands in the certificate, with commas and the
// like escaped. Of parts that we name, and no more than b has room for.
func AppendName(b, name []byte) []byte {
	var all [mostParts]Part
	n, parts := 0, ReadName(name)
	for ; n < len(all); n++ {
		part, ok := parts.Next()
		if !ok {
			break
		}
		all[n] = part
	}
	for _, part := range slices.Backward(all[:n]) {
		if part.Name == "" || len(b)+len(part.Name)+2+3*len(part.body) > cap(b) {
			continue
		}
		if len(b) > 0 {
			b = append(b, ',')
		}
		b = append(append(b, part.Name...), '=')
		value := len(b)
		b = escape(part.Append(b), value)
	}
	return b
}

// escape puts a backslash before what RFC 4514, 2.4, reserves in b from an index on.
func escape(b []byte, from int) []byte {
	for i := from; i < len(b); i++ {
		if strings.IndexByte(`,+"\<>;`, b[i]) >= 0 {
			b = slices.Insert(b, i, '\\')
			i++
		}
	}
	return b
}

// AppendKey appends the kind of the key and its length: "rsa 2048".
func (x *Certificate) AppendKey(b []byte) []byte {
	b = append(b, x.KeyKind()...)
	if x.KeyBits > 0 {
		b = strconv.AppendInt(append(b, ' '), int64(x.KeyBits), 10)
	}
	return b
}
