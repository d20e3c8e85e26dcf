package inventory

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"tyto/frame"
	"tyto/tyto"
)

var epoch = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)

// at is a time of the tests: seconds after their epoch.
func at(s int) time.Time { return epoch.Add(time.Duration(s) * time.Second) }

// hour is more than tyto.Patience, so that what is said again after it counts.
const hour = 3600

func mac(t testing.TB, text string) frame.MAC {
	t.Helper()
	if text == "" {
		return frame.MAC{}
	}
	m, ok := frame.ParseMAC([]byte(text))
	if !ok {
		t.Fatalf("%q is no MAC address", text)
	}
	return m
}

func ip(t testing.TB, text string) (a frame.Addr) {
	t.Helper()
	if err := a.UnmarshalText([]byte(text)); err != nil {
		t.Fatal(err)
	}
	return a
}

// A zone is an inventory under test, and words to fill it.
type zone struct {
	testing.TB
	*Inventory
}

func newZone(t testing.TB) zone { return zone{t, New("plant", Config{})} }

func (z zone) say(s int, m, a string, attr tyto.Attr, value string, how tyto.Confidence, protocol, field string) {
	z.Helper()
	z.Learn(&tyto.Event{Kind: tyto.KindObservation, Time: at(s), Observation: &tyto.Observation{
		Subject: tyto.Subject{MAC: mac(z, m), Addr: ip(z, a)}, Attr: attr, Value: value, Confidence: how,
		Evidence: tyto.Evidence{Sensor: "s1", Packet: uint64(s + 1), Protocol: protocol, Field: field},
	}})
}

// sent tells that m sent from a between two times.
func (z zone) sent(m, a string, from, to int) {
	z.Helper()
	z.say(from, m, a, tyto.Address, a, tyto.Guessed, "ip", "ip.src")
	z.say(to, m, a, tyto.Address, a, tyto.Guessed, "ip", "ip.src")
}

// arp tells that m has a.
func (z zone) arp(s int, m, a string) {
	z.Helper()
	z.say(s, m, "", tyto.Address, a, tyto.Stated, "arp", "arp.src.proto_ipv4")
}

func (z zone) lease(s int, m, a string) {
	z.Helper()
	z.say(s, m, "", tyto.Address, a, tyto.Stated, "dhcp", "dhcp.ip.your")
}

// talk tells of a TCP conversation in which both sent.
func (z zone) talk(s int, m1, a1, m2, a2 string, port uint16, protocol string) {
	z.Helper()
	z.Learn(&tyto.Event{Kind: tyto.KindConversation, Time: at(s), Conversation: &tyto.Conversation{
		Client: tyto.Subject{MAC: mac(z, m1), Addr: ip(z, a1)}, Server: tyto.Subject{MAC: mac(z, m2), Addr: ip(z, a2)},
		Transport: "tcp", Port: port, Protocol: protocol, First: at(s), Last: at(s), Packets: [2]uint64{3, 2}, Bytes: [2]uint64{300, 200},
		Evidence: tyto.Evidence{Packet: uint64(s + 1), Protocol: protocol},
	}})
}

// want demands exactly these devices, each as its addresses, "mac ip ip".
func (z zone) want(devices ...string) {
	z.Helper()
	var got []string
	for d := range z.All() {
		text := ""
		for _, x := range d.Interfaces {
			text += " " + x.MAC.String()
			if x.MAC.IsZero() {
				text = text[:len(text)-18]
			}
			for _, i := range x.IPs {
				text += " " + i.IP.String()
			}
		}
		got = append(got, text[1:])
	}
	slices.Sort(got)
	slices.Sort(devices)
	if !slices.Equal(got, devices) {
		z.Errorf("got devices %q, want %q", got, devices)
	}
}

const (
	gw    = "00:1b:17:00:00:01"
	host1 = "00:1b:17:00:00:11"
	host2 = "00:1b:17:00:00:12"
	rand1 = "da:a1:19:00:00:01"
)

func TestRule1ProvedBelongsTogether(t *testing.T) {
	z := newZone(t)
	z.arp(1, host1, "10.0.0.5")
	z.arp(2, host1, "10.0.9.5")
	z.lease(3, host2, "10.0.0.6")
	z.arp(4, host2, "198.18.7.7")
	z.arp(5, gw, "8.8.8.8")
	z.want(host1+" 10.0.0.5 10.0.9.5", host2+" 10.0.0.6 198.18.7.7", gw+" 8.8.8.8")
}

func TestRule1TwoMayProveOneAddress(t *testing.T) {
	z := newZone(t)
	z.arp(1, host1, "10.0.0.5")
	z.arp(9, host2, "10.0.0.5") // a conflict, or poisoning
	z.want(host1+" 10.0.0.5", host2+" 10.0.0.5")
	if got, want := z.Find(tyto.Subject{Addr: ip(t, "10.0.0.5")}), z.Find(tyto.Subject{MAC: mac(t, host2)}); got != want {
		t.Errorf("the address is %s, want the last one's, %s", got, want)
	}
}

func TestRule2LinkLocalAndEUI64AreTheInterfaces(t *testing.T) {
	z := newZone(t)
	z.say(0, gw, "fe80::1", tyto.Role, "router", tyto.Stated, "icmpv6", "icmpv6.type")
	z.sent(gw, "fe80::1", 0, 9)
	z.sent(gw, "2001:db8:1::21b:17ff:fe00:1", 1, 9)
	z.sent(gw, "fd00:9::5", 1, 9)
	z.sent(gw, "8.8.8.8", 2, 9)
	z.sent(host1, "169.254.3.4", 1, 1)
	z.want(gw+" 2001:db8:1:0:21b:17ff:fe00:1 fe80::1", "fd00:9::5", host1+" 169.254.3.4")
}

func TestRule3InternetHostsAreNoDevices(t *testing.T) {
	z := newZone(t)
	z.talk(0, host1, "10.0.0.5", gw, "93.184.216.34", 443, "tls")
	z.arp(1, gw, "10.0.0.1")
	z.want(host1+" 10.0.0.5", gw+" 10.0.0.1")
	if got := z.Find(tyto.Subject{MAC: mac(t, gw), Addr: ip(t, "93.184.216.34")}); got != "" {
		t.Errorf("an internet host is device %s", got)
	}
}

func TestRule3InternetAddressesOfTheLink(t *testing.T) {
	z := newZone(t)
	z.arp(0, gw, "10.0.0.1")
	z.sent(host1, "141.142.220.50", 0, 5)
	z.want(host1, gw+" 10.0.0.1")
	z.arp(1, host2, "141.142.220.9")
	z.want(host1+" 141.142.220.50", host2+" 141.142.220.9", gw+" 10.0.0.1")

	z = newZone(t)
	z.talk(0, host1, "141.142.220.50", host2, "141.142.220.9", 22, "ssh")
	z.want(host1+" 141.142.220.50", host2+" 141.142.220.9")
}

func TestRule3ZoneWithoutAddressesOfItsOwn(t *testing.T) {
	z := newZone(t)
	z.talk(0, host1, "130.126.140.229", host2, "130.126.142.250", 20000, "dnp3")
	z.want(host1+" 130.126.140.229", host2+" 130.126.142.250")
	z.talk(0, host1, "130.126.140.229", host2, "198.41.0.4", 53, "dns")
	z.want(host1+" 130.126.140.229", host2)
	z.arp(1, gw, "10.0.0.1")
	z.want(host1, host2, gw+" 10.0.0.1")
}

func TestRule3Outstation(t *testing.T) {
	z := newZone(t)
	z.talk(0, host1, "10.0.0.5", gw, "198.41.0.4", 1911, "fox")
	z.talk(0, host1, "10.0.0.5", gw, "198.41.0.5", 443, "tls")
	z.say(1, gw, "198.41.0.4", tyto.Model, "Workstation 8", tyto.Stated, "fox", "fox.app")
	z.want(host1+" 10.0.0.5", gw, "198.41.0.4")
}

func TestRule3WithoutLinkAddresses(t *testing.T) {
	z := newZone(t)
	z.talk(0, "", "10.0.0.5", "", "93.184.216.34", 443, "tls")
	z.want("10.0.0.5")
}

func TestRule4RouterKeepsItsOwn(t *testing.T) {
	z := newZone(t)
	z.arp(0, gw, "10.0.0.1")
	z.sent(gw, "10.0.0.1", 0, 9)
	z.talk(1, host1, "10.0.0.5", gw, "93.184.216.34", 443, "tls")
	z.talk(2, host1, "10.0.0.5", gw, "10.7.7.7", 102, "s7comm")
	z.want(gw+" 10.0.0.1", host1+" 10.0.0.5", "10.7.7.7")
}

func TestRule4RouterByAdvertisementOrByDHCP(t *testing.T) {
	z := newZone(t)
	z.say(3, host1, "10.0.0.5", tyto.Hostname, "pump-7", tyto.Stated, "dhcp", "dhcp.option.hostname")
	z.sent(gw, "10.9.9.9", 1, 9)
	z.want(gw + " 10.9.9.9") // nothing speaks against it
	z.say(0, "", "10.0.0.1", tyto.Role, "router", tyto.Stated, "dhcp", "dhcp.option.router")
	z.arp(1, gw, "10.0.0.1")
	z.want(gw+" 10.0.0.1", "10.9.9.9")
}

func TestRule4SeveralAtOnce(t *testing.T) {
	z := newZone(t)
	z.sent(host1, "10.0.0.5", 0, 9*hour)
	z.sent(host1, "10.0.0.6", 0, 9*hour) // a second address
	z.want(host1 + " 10.0.0.5 10.0.0.6")
	z.sent(host1, "10.0.0.7", 0, 9*hour)
	z.want(host1, "10.0.0.5", "10.0.0.6", "10.0.0.7")

	z = newZone(t)
	z.sent(gw, "10.0.0.5", 0, 9*hour)
	z.sent(gw, "10.0.7.6", 0, 9*hour)
	z.want(gw, "10.0.0.5", "10.0.7.6")

	z = newZone(t)
	z.arp(0, gw, "10.0.0.1")
	z.arp(9*hour, gw, "10.0.0.1")
	z.sent(gw, "10.0.7.6", 3*hour, 4*hour)
	z.want(gw+" 10.0.0.1", "10.0.7.6")
}

func TestRule4BothSidesOfAConversation(t *testing.T) {
	z := newZone(t)
	z.talk(0, gw, "10.0.0.5", gw, "10.0.0.6", 502, "mbtcp")
	z.want(gw, "10.0.0.5", "10.0.0.6")
}

func TestRule5HostThatMoved(t *testing.T) {
	z := newZone(t)
	z.sent(host1, "10.1.0.5", 0, 10)
	z.sent(host1, "10.2.0.5", 20, 30)
	z.sent(host1, "10.3.0.5", 40, 50)
	z.want(host1 + " 10.1.0.5 10.2.0.5 10.3.0.5")
}

func TestRule5AddressThatMoved(t *testing.T) {
	z := newZone(t)
	z.lease(0, host1, "10.0.0.5")
	z.sent(host1, "10.0.0.5", 1, 100*hour)
	z.lease(50*hour, host2, "10.0.0.5")
	z.want(host1+" 10.0.0.5", host2+" 10.0.0.5")
	for d := range z.All() {
		for _, x := range d.Interfaces {
			if x.MAC == mac(t, host1) && !x.IPs[0].To.Equal(at(50*hour)) {
				t.Errorf("the lease ended at %v, want %v", x.IPs[0].To, at(50*hour))
			}
		}
	}
}

func TestRule6TheFirstOnTheLink(t *testing.T) {
	z := newZone(t)
	z.sent(gw, "10.0.0.5", 1, 10*hour) // what the router passes on, seen on its other side
	z.sent(host1, "10.0.0.5", 0, 10*hour)
	z.want(host1+" 10.0.0.5", gw)
}

func TestRule7SharedAddresses(t *testing.T) {
	z := newZone(t)
	const virtual = "00:00:5e:00:01:07"
	z.sent(virtual, "10.0.0.2", 0, 9)
	z.arp(1, virtual, "10.0.0.1")
	z.want(virtual+" 10.0.0.1", "10.0.0.2")
	d, _ := z.Device(z.Find(tyto.Subject{MAC: mac(t, virtual)}))
	if got := d.Value(tyto.Type); got != "virtual_address" {
		t.Errorf("its type is %q, want virtual_address", got)
	}
}

func TestRule8WhatWasOnlySentTo(t *testing.T) {
	z := newZone(t)
	z.Learn(&tyto.Event{Conversation: &tyto.Conversation{
		Client: tyto.Subject{MAC: mac(t, host1), Addr: ip(t, "10.0.0.5")}, Server: tyto.Subject{MAC: mac(t, host2), Addr: ip(t, "10.0.0.6")},
		Transport: "tcp", Port: 80, Packets: [2]uint64{3, 0}, First: at(0), Last: at(1),
	}})
	z.say(2, host2, "10.0.0.6", tyto.Role, "web server", tyto.Guessed, "http", "http.request")
	z.say(2, "ff:ff:ff:ff:ff:ff", "255.255.255.255", tyto.Role, "x", tyto.Guessed, "http", "y")
	z.say(2, "01:00:5e:00:00:fb", "224.0.0.251", tyto.Address, "224.0.0.251", tyto.Stated, "http", "y")
	z.say(2, "", "0.0.0.0", tyto.Address, "127.0.0.1", tyto.Guessed, "ip", "ip.src")
	z.want(host1 + " 10.0.0.5")
	z.say(3, host2, "10.0.0.6", tyto.Hostname, "press-2", tyto.Confirmed, "defender", "name")
	z.want(host1+" 10.0.0.5", host2+" 10.0.0.6")
}

func TestEveryMACThatSentIsADevice(t *testing.T) {
	z := newZone(t)
	z.Learn(&tyto.Event{Conversation: &tyto.Conversation{
		Client: tyto.Subject{MAC: mac(t, host1)}, Server: tyto.Subject{MAC: mac(t, "01:80:c2:00:00:0e")},
		Transport: "ethernet", Port: 0x88cc, Protocol: "lldp", Packets: [2]uint64{1, 0}, Bytes: [2]uint64{60, 0}, First: at(0), Last: at(1),
	}})
	z.want(host1)
	d := z.Devices()[0]
	if d.Packets != 1 || d.Bytes != 60 || !slices.Equal(d.Protocols, []string{"lldp"}) {
		t.Errorf("got %d packets, %d bytes, protocols %v", d.Packets, d.Bytes, d.Protocols)
	}
}

func TestIdentityJoins(t *testing.T) {
	z := newZone(t)
	z.arp(0, host1, "10.0.0.5")
	z.arp(0, host2, "10.0.1.5")
	id := z.Find(tyto.Subject{MAC: mac(t, host1)})
	z.Changed()
	for i, m := range []string{host1, host2} {
		z.say(i, m, "", tyto.Identity, "uuid:4c4c4544-0042", tyto.Stated, "dhcp", "dhcp.option.dhcp_uuid")
	}
	z.want(host1 + " 10.0.0.5 " + host2 + " 10.0.1.5")
	if got := z.Find(tyto.Subject{Addr: ip(t, "10.0.1.5")}); got != id {
		t.Errorf("the joined device is %s, want that of the lowest address, %s", got, id)
	}
	if got := z.Changed(); len(got) != 2 {
		t.Errorf("changed %v, want the joined and the one that is gone", got)
	}
	want := []Merge{{host1, host2, "uuid:4c4c4544-0042"}}
	if got := z.Merges(id); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for i, m := range []string{host1, host2} {
		z.say(5, m, "", tyto.Serial, fmt.Sprint("SN", i), tyto.Stated, "snmp", "serial")
	}
	z.want(host1+" 10.0.0.5", host2+" 10.0.1.5")
}

func TestIdentityNamesAMAC(t *testing.T) {
	z := newZone(t)
	z.sent("", "10.7.0.5", 0, 1)
	z.say(0, "", "10.7.0.5", tyto.Identity, "mac:"+host1, tyto.Stated, "nbns", "nbns.unit_id")
	z.want("10.7.0.5")
	z.sent(host1, "10.0.0.5", 0, 1)
	z.want(host1 + " 10.0.0.5 10.7.0.5")
}

func TestWeakIdentityNeedsTwo(t *testing.T) {
	z := newZone(t)
	for _, m := range []string{host1, host2} {
		z.sent(m, "", 0, 0)
		z.arp(0, m, "10.0.0."+m[15:])
		z.say(0, m, "", tyto.Identity, "fqdn:pc.example", tyto.Stated, "kerberos", "x")
	}
	z.want(host1+" 10.0.0.11", host2+" 10.0.0.12")
	for _, m := range []string{host1, host2} {
		z.say(0, m, "", tyto.Identity, "guid:1", tyto.Stated, "smb2", "x")
	}
	z.want(host1 + " 10.0.0.11 " + host2 + " 10.0.0.12")
}

func TestIdentityOfManyIsNone(t *testing.T) {
	z := newZone(t)
	for i := range maxHomes + 2 {
		m := fmt.Sprintf("00:1b:17:00:01:%02x", i)
		z.arp(0, m, fmt.Sprintf("10.0.1.%d", i))
		z.say(0, m, "", tyto.Identity, "uuid:0000", tyto.Stated, "ssdp", "usn")
	}
	if got := len(z.Devices()); got != maxHomes+2 {
		t.Errorf("%d devices, want %d", got, maxHomes+2)
	}
}

func TestLocalMACInTwoVLANs(t *testing.T) {
	z := newZone(t)
	vlan := func(m, a string, v uint16) {
		s := tyto.Subject{MAC: mac(t, m), Addr: ip(t, a), VLAN: v}
		z.Learn(&tyto.Event{Time: at(1), Observation: &tyto.Observation{Subject: s, Attr: tyto.Address, Value: a, Confidence: tyto.Stated,
			Evidence: tyto.Evidence{Protocol: "arp"}}})
	}
	vlan(host1, "10.0.0.1", 10)
	vlan(host1, "10.0.0.1", 20)
	vlan(rand1, "10.0.0.7", 10)
	vlan(rand1, "10.0.1.7", 20)
	z.want(host1+" 10.0.0.1", rand1+" 10.0.0.7", rand1+" 10.0.1.7")
	vlan(rand1, "10.0.0.7", 20)
	z.want(host1+" 10.0.0.1", rand1+" 10.0.0.7 10.0.1.7")
	for d := range z.All() {
		if got := d.Interfaces[0].VLANs; !slices.Equal(got, []uint16{10, 20}) {
			t.Errorf("VLANs %v, want 10 and 20", got)
		}
	}
}

func TestCountersGoToWhoSent(t *testing.T) {
	z := newZone(t)
	z.arp(0, gw, "10.0.0.1")
	z.talk(1, host1, "10.0.0.5", gw, "93.184.216.34", 443, "tls")
	z.talk(1, host1, "10.0.0.5", gw, "10.7.7.7", 502, "mbtcp")
	for _, x := range []struct {
		a       string
		packets uint64
	}{{"10.0.0.5", 6}, {"10.0.0.1", 2}, {"10.7.7.7", 2}} {
		d, ok := z.Device(z.Find(tyto.Subject{Addr: ip(t, x.a)}))
		if !ok || d.Packets != x.packets {
			t.Errorf("%s sent %d packets, want %d", x.a, d.Packets, x.packets)
		}
	}
	d, _ := z.Device(z.Find(tyto.Subject{Addr: ip(t, "10.7.7.7")}))
	want := []tyto.Service{{Transport: "tcp", Port: 502, Protocol: "mbtcp"}}
	if !slices.Equal(d.Services, want) || !slices.Equal(d.Protocols, []string{"mbtcp"}) {
		t.Errorf("got services %v, protocols %v", d.Services, d.Protocols)
	}
}

func TestForgetAndShed(t *testing.T) {
	z := newZone(t)
	z.arp(0, host1, "10.0.0.5")
	z.arp(100, host2, "10.0.0.6")
	z.say(100, host2, "", tyto.Hostname, "press-2", tyto.Stated, "dhcp", "dhcp.option.hostname")
	z.Changed()
	if got := z.Forget(at(50)); got != 1 {
		t.Errorf("forgot %d, want 1", got)
	}
	z.want(host2 + " 10.0.0.6")
	if d := z.Devices()[0]; d.Value(tyto.Hostname) != "press-2" {
		t.Error("the name went with the other")
	}
	if got := z.Changed(); len(got) != 1 || got[0] == z.Devices()[0].ID {
		t.Errorf("changed %v, want the one that went", got)
	}

	z.Inventory = New("plant", Config{MaxSubjects: 64})
	for i := range 500 {
		z.sent(fmt.Sprintf("00:1b:17:00:%02x:%02x", i>>8, i&255), "", i, i)
		z.arp(i, fmt.Sprintf("00:1b:17:00:%02x:%02x", i>>8, i&255), fmt.Sprintf("10.0.%d.%d", i>>8, i&255))
	}
	if s := z.Stats(); s.Subjects > 64 || s.Evicted == 0 || s.Devices == 0 {
		t.Errorf("got %+v", s)
	}
}

// Which claims stay within the budget does not depend on the order in which
// they are learnt: the earliest do.
func TestClaimsAreBounded(t *testing.T) {
	var want string
	for _, step := range []int{1, 7, 999} {
		z := newZone(t)
		z.Inventory = New("plant", Config{ClaimsPerAttr: 64})
		z.arp(0, host1, "10.0.0.5")
		for i := range 1000 {
			at := (i*step + 5) % 1000
			z.say(at, host1, "", tyto.Hostname, fmt.Sprint("name", at), tyto.Stated, "dhcp", "dhcp.option.hostname")
		}
		d := z.Devices()[0]
		if n := len(d.Evidence); n > 100 {
			t.Errorf("%d claims held", n)
		}
		if z.Stats().Refused == 0 {
			t.Error("none refused")
		}
		got := fmt.Sprint(d.Evidence)
		if want == "" {
			want = got
		}
		if got != want {
			t.Errorf("in steps of %d other claims stay\ngot  %.300s\nwant %.300s", step, got, want)
		}
	}
}
