package proto

import (
	"encoding/binary"
	"testing"

	"tyto/frame"
)

// kerberosTLV builds a DER value of its parts.
func kerberosTLV(tag byte, parts ...[]byte) []byte {
	var body []byte
	for _, p := range parts {
		body = append(body, p...)
	}
	if len(body) < 128 {
		return append([]byte{tag, byte(len(body))}, body...)
	}
	return append([]byte{tag, 0x82, byte(len(body) >> 8), byte(len(body))}, body...)
}

func kerberosInt(tag byte, n byte) []byte {
	return kerberosTLV(tag, kerberosTLV(2, []byte{n}))
}

func kerberosPrincipal(tag byte, names ...string) []byte {
	var list []byte
	for _, n := range names {
		list = append(list, kerberosTLV(0x1b, []byte(n))...)
	}
	return kerberosTLV(tag, kerberosTLV(0x30, kerberosInt(0xa0, 1), kerberosTLV(0xa1, kerberosTLV(0x30, list))))
}

func kerberosAsk(tag byte, client string) []byte {
	body := kerberosTLV(0x30, kerberosTLV(0xa0, []byte{3, 5, 0, 0x40, 0x81, 0, 0x10}), kerberosPrincipal(0xa1, client),
		kerberosTLV(0xa2, kerberosTLV(0x1b, []byte("PLANT.EXAMPLE"))), kerberosPrincipal(0xa3, "krbtgt", "PLANT.EXAMPLE"),
		kerberosTLV(0xa5, kerberosTLV(0x18, []byte("20370913024805Z"))), kerberosInt(0xa7, 42), kerberosTLV(0xa8, kerberosTLV(0x30, []byte{2, 1, 18})),
		kerberosTLV(0xa9, kerberosTLV(0x30, kerberosTLV(0x30, kerberosInt(0xa0, 20), kerberosTLV(0xa1, kerberosTLV(4, []byte("STATION5        ")))))))
	return kerberosTLV(tag, kerberosTLV(0x30, kerberosInt(0xa1, 5), kerberosInt(0xa2, tag&31), kerberosTLV(0xa4, body)))
}

func kerberosGrant(tag byte, client string) []byte {
	return kerberosTLV(tag, kerberosTLV(0x30, kerberosInt(0xa0, 5), kerberosInt(0xa1, tag&31),
		kerberosTLV(0xa3, kerberosTLV(0x1b, []byte("PLANT.EXAMPLE"))), kerberosPrincipal(0xa4, client), kerberosTLV(0xa5, make([]byte, 300))))
}

func kerberosRefuse(code byte) []byte {
	return kerberosTLV(0x7e, kerberosTLV(0x30, kerberosInt(0xa0, 5), kerberosInt(0xa1, 30), kerberosTLV(0xa4, kerberosTLV(0x18, []byte("20260101000000Z"))),
		kerberosInt(0xa5, 1), kerberosInt(0xa6, code), kerberosTLV(0xa9, kerberosTLV(0x1b, []byte("PLANT.EXAMPLE"))), kerberosPrincipal(0xaa, "krbtgt", "PLANT.EXAMPLE")))
}

// TestGenerateKerberos makes the capture of testdata/kerberos.
func TestGenerateKerberos(t *testing.T) {
	w := newWire()
	client, dc := wireStation(50), wireStation(2)
	w.udp(client, 50300, dc, 88, kerberosAsk(0x6a, "STATION5$"))
	w.udp(dc, 88, client, 50300, kerberosRefuse(25))
	w.udp(client, 50301, dc, 88, kerberosAsk(0x6a, "someone"))
	w.udp(dc, 88, client, 50301, kerberosRefuse(24))
	framed := func(b []byte) []byte { return append(binary.BigEndian.AppendUint32(nil, uint32(len(b))), b...) }
	c := w.tcp(client, 50302, dc, 88)
	c.say(0, framed(kerberosAsk(0x6a, "STATION5$"))).say(1, framed(kerberosGrant(0x6b, "STATION5$")))
	c.say(0, framed(kerberosAsk(0x6c, "someone"))).say(1, framed(kerberosGrant(0x6d, "someone")))
	c.end()
	w.keep(t, "kerberos")
}

func TestKerberosTellsNoPersons(t *testing.T) {
	f := &frame.Frame{Proto: frame.UDP, Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcPort: 40000, DstPort: 88}
	m := &Message{Frame: f, Body: kerberosAsk(0x6a, "someone"), ToServer: true}
	if !isKerberos(m) {
		t.Fatal("it is not recognised")
	}
	for _, x := range shown(t, "kerberos", m).Facts() {
		if string(x.Value) == "someone" {
			t.Errorf("%s tells a person", x.Field)
		}
	}
	wireAllocs(t, "kerberos", m)
}
