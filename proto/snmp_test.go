package proto

import (
	"strings"
	"testing"

	"tyto/frame"
	"tyto/proto/der"
	"tyto/tyto"
)

// ber is a value of BER, of parts that are []byte, string, or int for an INTEGER.
func ber(tag byte, parts ...any) []byte {
	var body []byte
	for _, p := range parts {
		switch x := p.(type) {
		case []byte:
			body = append(body, x...)
		case string:
			body = append(body, x...)
		case int:
			body = append(body, 2, 4, byte(x>>24), byte(x>>16), byte(x>>8), byte(x))
		}
	}
	if len(body) < 128 {
		return append([]byte{tag, byte(len(body))}, body...)
	}
	return append([]byte{tag, 0x82, byte(len(body) >> 8), byte(len(body))}, body...)
}

// Encoded object identifiers.
const (
	oidSystem   = "\x2b\x06\x01\x02\x01\x01"
	oidEntity   = "\x2b\x06\x01\x02\x01\x2f\x01\x01\x01\x01"
	oidNetSNMP  = "\x2b\x06\x01\x04\x01\xbf\x08\x03\x02\x0a"
	oidIfPhys   = "\x2b\x06\x01\x02\x01\x02\x02\x01\x06\x02"
	oidIPAddr   = "\x2b\x06\x01\x02\x01\x04\x14\x01\x01\xc0\x28"
	oidTrapOID  = "\x2b\x06\x01\x06\x03\x01\x01\x04\x01\x00"
	oidColdBoot = "\x2b\x06\x01\x06\x03\x01\x01\x05\x01"
)

func variable(oid string, value []byte) []byte { return ber(der.Sequence, ber(der.OID, oid), value) }
func octets(text string) []byte                { return ber(der.OctetString, text) }

func snmpMessage(version int, community string, kind byte, id, status int, variables ...[]byte) []byte {
	var list []any
	for _, v := range variables {
		list = append(list, v)
	}
	pdu := ber(kind, id, status, 0, ber(der.Sequence, list...))
	return ber(der.Sequence, []byte{2, 1, byte(version)}, octets(community), pdu)
}

func snmp3Message(flags byte, engine, user string, scoped []byte) []byte {
	security := ber(der.Sequence, octets(engine), 7, 99, octets(user), octets(""), octets(""))
	return ber(der.Sequence, []byte{2, 1, 3}, ber(der.Sequence, 42, 65507, octets(string(flags)), []byte{2, 1, 3}), octets(string(security)), scoped)
}

var snmpSystem = [][]byte{
	variable(oidSystem+"\x01\x00", octets("Linux switch-07 5.10.0 armv7l")), variable(oidSystem+"\x02\x00", ber(der.OID, oidNetSNMP)),
	variable(oidSystem+"\x04\x00", octets("Jane Doe <jane@lab.example>")), variable(oidSystem+"\x05\x00", octets("switch-07.lab.example")),
	variable(oidSystem+"\x06\x00", octets("Hall 2, rack 3")), variable(oidSystem+"\x07\x00", ber(der.Integer, "\x4e")),
}

const snmpEngine = "\x80\x00\x1f\x88\x03\x02\x00\x5e\x10\x00\x07"

// TestGenerateSNMP makes the capture of testdata/snmp.
func TestGenerateSNMP(t *testing.T) {
	w := newWire()
	manager, agent := wireStation(30), wireStation(7)
	ask := func(b []byte) { w.udp(manager, 53000, agent, 161, b) }
	answer := func(b []byte) { w.udp(agent, 161, manager, 53000, b) }
	ask(snmpMessage(1, "public", 0xa5, 1, 0, variable(oidSystem, ber(der.Null))))
	answer(snmpMessage(1, "public", 0xa2, 1, 0, snmpSystem...))
	ask(snmpMessage(1, "public", 0xa1, 2, 0, variable(oidEntity, ber(der.Null))))
	answer(snmpMessage(1, "public", 0xa2, 2, 0, variable(oidEntity+"\x0d\x01", octets("EX-SW-24")), variable(oidEntity+"\x0b\x01", octets("EXS0042A77")),
		variable(oidEntity+"\x0a\x01", octets("4.2.1")), variable(oidEntity+"\x0c\x01", octets("Example Networks")),
		variable(oidEntity+"\x0d\x09", octets("EX-SFP-10G")), variable(oidEntity+"\x0b\x09", octets("EXO0007")),
		variable(oidIfPhys, octets("\x02\x00\x5e\x10\x00\x07")), variable(oidIPAddr, ber(0x40, "\xc0\xa8\x11\x07"))))
	ask(snmpMessage(1, "operate", 0xa3, 3, 0, variable(oidSystem+"\x06\x00", octets("Hall 3"))))
	answer(snmpMessage(1, "operate", 0xa2, 3, 17, variable(oidSystem+"\x06\x00", octets("Hall 3"))))
	ask(snmpMessage(1, "operate", 0xa3, 4, 0, variable(oidSystem+"\x06\x00", octets("Hall 3"))))
	answer(snmpMessage(1, "operate", 0xa2, 4, 0, variable(oidSystem+"\x06\x00", octets("Hall 3"))))
	ask(snmp3Message(4, "", "", ber(der.Sequence, octets(""), octets(""), ber(0xa0, 5, 0, 0, ber(der.Sequence)))))
	answer(snmp3Message(0, snmpEngine, "", ber(der.Sequence, octets(snmpEngine), octets(""),
		ber(0xa8, 5, 0, 0, ber(der.Sequence, variable("\x2b\x06\x01\x06\x03\x0f\x01\x01\x04\x00", ber(0x41, "\x01")))))))
	ask(snmp3Message(5, snmpEngine, "reader", ber(der.Sequence, octets(snmpEngine), octets(""), ber(0xa0, 6, 0, 0, ber(der.Sequence)))))
	answer(snmp3Message(0, snmpEngine, "reader", ber(der.Sequence, octets(snmpEngine), octets(""),
		ber(0xa8, 6, 0, 0, ber(der.Sequence, variable("\x2b\x06\x01\x06\x03\x0f\x01\x01\x05\x00", ber(0x41, "\x01")))))))
	answer(snmp3Message(3, snmpEngine, "reader", octets(strings.Repeat("x", 40))))
	trap := ber(0xa4, ber(der.OID, oidNetSNMP), ber(0x40, "\xc0\xa8\x11\x07"), []byte{2, 1, 4, 2, 1, 0}, ber(0x43, "\x10"),
		ber(der.Sequence, variable(oidSystem+"\x05\x00", octets("switch-07"))))
	w.udp(agent, 161, manager, 162, ber(der.Sequence, []byte{2, 1, 0}, octets("public"), trap))
	inform := snmpMessage(1, "public", 0xa6, 9, 0, variable(oidTrapOID, ber(der.OID, oidColdBoot)), variable(oidSystem+"\x05\x00", octets("switch-07.lab.example")))
	w.udp(agent, 50162, manager, 162, inform)
	w.udp(manager, 162, agent, 50162, snmpMessage(1, "public", 0xa2, 9, 0, variable(oidSystem+"\x05\x00", octets("switch-07.lab.example"))))
	w.udp(manager, 40161, agent, 10161, snmpMessage(0, "private", 0xa0, 1, 0, variable(oidSystem+"\x01\x00", ber(der.Null)))) // not on its port
	w.udp(agent, 10161, manager, 40161, snmpMessage(0, "private", 0xa2, 1, 0, snmpSystem[0]))
	w.keep(t, "snmp")
}

func TestSNMPAnswer(t *testing.T) {
	f := &frame.Frame{SrcPort: 161, DstPort: 53000, Src: frame.V4(192, 168, 17, 7), Dst: frame.V4(192, 168, 17, 30)}
	s := shown(t, "snmp", &Message{Frame: f, Body: snmpMessage(1, "public", 0xa2, 1, 0, snmpSystem...)})
	for field, want := range map[string]string{"snmp.sysDescr": "Linux switch-07 5.10.0 armv7l", "snmp.sysObjectID": "1.3.6.1.4.1.8072.3.2.10",
		"snmp.sysName": "switch-07.lab.example", "snmp.sysLocation": "Hall 2, rack 3", "snmp.sysServices": "78", "snmp.community.default": "public"} {
		if got := fact(s, field); got != want {
			t.Errorf("%s = %q, want %q", field, got, want)
		}
	}
	for _, x := range s.Facts() {
		if strings.Contains(string(x.Value), "jane") {
			t.Errorf("%s tells of a person: %q", x.Field, x.Value)
		}
	}
}

func TestSNMPKeepsNoSecrets(t *testing.T) {
	for _, b := range [][]byte{snmpMessage(1, "s3same", 0xa2, 1, 0, snmpSystem[0]), snmpMessage(1, "s3same", 0xa3, 1, 0, snmpSystem[0]),
		snmp3Message(1, snmpEngine, "s3same", ber(der.Sequence, octets(snmpEngine), octets(""), ber(0xa2, 1, 0, 0, ber(der.Sequence))))} {
		for _, x := range shown(t, "snmp", &Message{Body: b}).Facts() {
			if strings.Contains(string(x.Value), "s3same") {
				t.Errorf("%s = %q was kept", x.Field, x.Value)
			}
		}
	}
}

func TestSNMPSet(t *testing.T) {
	memory := new([4]uint64)
	set := snmpMessage(1, "w", 0xa3, 77, 0, variable(oidSystem+"\x06\x00", octets("x")))
	if d := shown(t, "snmp", &Message{Body: set, Memory: memory, ToServer: true}).Deeds(); len(d) != 1 || d[0].Verb != tyto.NoVerb {
		t.Errorf("request: got %+v, want it counted only", d)
	}
	d := shown(t, "snmp", &Message{Body: snmpMessage(1, "w", 0xa2, 77, 17, variable(oidSystem+"\x06\x00", octets("x"))), Memory: memory}).Deeds()
	if len(d) != 2 || d[1].Verb != tyto.Write || string(d[1].Object) != "1.3.6.1.2.1.1.6.0" || d[1].Outcome != "notWritable" || !d[1].ByReceiver {
		t.Errorf("answer: got %+v", d)
	}
}

func TestSNMPIs(t *testing.T) {
	for _, b := range [][]byte{{}, {0x30}, {0x30, 3, 2, 1, 1}, []byte("0\x82\x01\x00ldap"), ber(der.Sequence, 5, ber(0x60, 3)),
		ber(der.Sequence, []byte{2, 1, 1}, octets("public"), ber(0x60, 1))} {
		if isSNMP(&Message{Body: b}) {
			t.Errorf("Is(%x) = true", b)
		}
	}
}

func TestSNMPAllocates(t *testing.T) {
	f := &frame.Frame{Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcPort: 161, DstPort: 40000}
	wireAllocs(t, "snmp", &Message{Frame: f, Body: snmpMessage(1, "public", 0xa2, 1, 0, snmpSystem...)})
	wireAllocs(t, "snmp", &Message{Frame: f, Body: snmpMessage(1, "x", 0xa2, 1, 3, snmpSystem...), Memory: &[4]uint64{1 | snmpPendingSet}})
	wireAllocs(t, "snmp", &Message{Frame: f, Body: snmp3Message(0, snmpEngine, "", ber(der.Sequence, octets(""), octets(""), ber(0xa2, 5, 0, 0, ber(der.Sequence, snmpSystem[0]))))})
}
