package proto

import (
	"testing"

	"tyto/frame"
)

func ldapString(tag byte, text string) []byte { return kerberosTLV(tag, []byte(text)) }

func ldapPacket(id byte, op []byte) []byte { return kerberosTLV(0x30, []byte{2, 1, id}, op) }

func ldapSearchFor(base string, filter []byte) []byte {
	return kerberosTLV(0x63, ldapString(4, base), []byte{0x0a, 1, 0, 0x0a, 1, 0, 2, 1, 0, 2, 1, 0, 1, 1, 0}, filter, kerberosTLV(0x30))
}

func ldapEquals(attr, value string) []byte {
	return kerberosTLV(0xa3, ldapString(4, attr), ldapString(4, value))
}

func ldapValue(attr, value string) []byte {
	return kerberosTLV(0x30, ldapString(4, attr), kerberosTLV(0x31, ldapString(4, value)))
}

func ldapAnswer(values ...[]byte) []byte {
	return kerberosTLV(0x64, ldapString(4, ""), kerberosTLV(0x30, values...))
}

// TestGenerateLDAP makes the capture of testdata/ldap.
func TestGenerateLDAP(t *testing.T) {
	w := newWire()
	client, dc := wireStation(50), wireStation(2)
	filter := kerberosTLV(0xa0, ldapEquals("DnsDomain", "plant.example."), ldapEquals("Host", "STATION5"), ldapEquals("User", "someone"), ldapEquals("NtVer", "\x06\x00\x00\x00"))
	w.udp(client, 50400, dc, 389, ldapPacket(1, ldapSearchFor("", filter)))
	netlogon := "\x17\x00\x00\x00\xfd\x33\x00\x00" + "0123456789abcdef" + "\x05plant\x07example\x00\xc0\x18\x03dc1\xc0\x18\x05PLANT\x00\x03DC1\x00\x07someone\x00\x04Site\x00\xc0\x40\x05\x00\x00\x00\xff\xff\xff\xff"
	done := ldapPacket(1, kerberosTLV(0x65, []byte{0x0a, 1, 0, 4, 0, 4, 0}))
	w.udp(dc, 389, client, 50400, append(ldapPacket(1, ldapAnswer(ldapValue("netlogon", netlogon))), done...))
	c := w.tcp(client, 50401, dc, 389)
	c.say(0, ldapPacket(1, ldapSearchFor("", ldapString(0x87, "objectClass"))))
	c.say(1, append(ldapPacket(1, ldapAnswer(ldapValue("dnsHostName", "dc1.plant.example"), ldapValue("defaultNamingContext", "DC=plant,DC=example"),
		ldapValue("domainControllerFunctionality", "7"), ldapValue("serverName", "CN=DC1"))), done...))
	c.say(0, ldapPacket(2, kerberosTLV(0x60, []byte{2, 1, 3}, ldapString(4, "CN=someone,DC=plant,DC=example"), ldapString(0x80, "secret"))))
	c.say(1, ldapPacket(2, kerberosTLV(0x61, []byte{0x0a, 1, 49, 4, 0, 4, 0})))
	c.say(0, ldapPacket(3, kerberosTLV(0x60, []byte{2, 1, 3}, ldapString(4, ""), kerberosTLV(0xa3, ldapString(4, "GSS-SPNEGO"), kerberosTLV(4, smbClaim("someone", "STATION5"))))))
	c.say(1, ldapPacket(3, kerberosTLV(0x61, []byte{0x0a, 1, 0, 4, 0, 4, 0})))
	c.say(0, ldapPacket(4, ldapSearchFor("DC=plant,DC=example", ldapEquals("sAMAccountName", "someone"))))
	c.say(1, ldapPacket(4, kerberosTLV(0x64, ldapString(4, "CN=someone,DC=plant,DC=example"), kerberosTLV(0x30, ldapValue("mail", "someone@plant.example")))))
	c.say(0, ldapPacket(6, kerberosTLV(0x77, ldapString(0x80, "1.3.6.1.4.1.1466.20036")))).say(1, ldapPacket(6, kerberosTLV(0x78, []byte{0x0a, 1, 0, 4, 0, 4, 0})))
	c.say(0, ldapPacket(5, kerberosTLV(0x66, ldapString(4, "CN=someone"), kerberosTLV(0x30))))
	c.end()
	c = w.tcp(client, 50402, dc, 389)
	c.say(0, ldapPacket(1, kerberosTLV(0x77, ldapString(0x80, "1.3.6.1.4.1.1466.20037")))).say(1, ldapPacket(1, kerberosTLV(0x78, []byte{0x0a, 1, 0, 4, 0, 4, 0})))
	c.ask(wireHello())
	c.end()
	w.keep(t, "ldap")
}

func TestLDAPAllocates(t *testing.T) {
	f := &frame.Frame{Proto: frame.TCP, Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcPort: 389, DstPort: 40000}
	wireAllocs(t, "ldap", &Message{Frame: f, Body: ldapPacket(1, ldapAnswer(ldapValue("dnsHostName", "dc1.plant.example"), ldapValue("defaultNamingContext", "DC=plant,DC=example")))})
}

func TestLDAPDomain(t *testing.T) {
	s := new(Sink)
	for dn, want := range map[string]string{"DC=plant,DC=example": "plant.example", "CN=someone,DC=plant": "", "dc=a, dc=b": "a.b", "": ""} {
		if got := string(ldapDomain(s, []byte(dn))); got != want {
			t.Errorf("%q is of %q, want %q", dn, got, want)
		}
	}
}
