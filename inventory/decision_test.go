package inventory

import (
	"strings"
	"testing"
	"time"

	"tyto/tyto"
)

func (z zone) learn(events ...tyto.Event) {
	for i := range events {
		z.Learn(&events[i])
	}
}

// only is the one device of a zone.
func (z zone) only() tyto.Device {
	z.Helper()
	all := z.Devices()
	if len(all) != 1 {
		z.Fatalf("%d devices, want 1: %v", len(all), all)
	}
	return all[0]
}

const camera, cameraIP = "ac:cc:8e:00:00:01", "10.0.0.5"

func TestPersonDecides(t *testing.T) {
	z := newZone(t)
	z.arp(0, camera, cameraIP)
	z.say(1, camera, cameraIP, tyto.Type, "ip_camera", tyto.Stated, "ssdp", "ssdp.nt")
	z.say(1, camera, cameraIP, tyto.Type, "printer", tyto.Confirmed, "defender", "device_type")
	of := tyto.Subject{MAC: mac(t, camera)}
	want := func(typ string, how tyto.Confidence) {
		t.Helper()
		if b := z.only().Beliefs[tyto.Type]; b.Value != typ || b.Confidence != how {
			t.Errorf("type %s (%s), want %s (%s)", b.Value, b.Confidence, typ, how)
		}
	}
	want("printer", tyto.Confirmed)
	z.learn(Decide("plant", of, tyto.Type, "nvr", "anna", at(10)))
	want("nvr", tyto.Confirmed)
	if b := z.only().Beliefs[tyto.Type]; b.Evidence.Protocol != "person" || b.Evidence.Field != "anna" || len(b.Others) != 2 {
		t.Errorf("the decision is %+v with %d losers, want anna's with 2", b.Claim, len(b.Others))
	}
	z.learn(Decide("plant", of, tyto.Type, "video_encoder", "ben", at(20)))
	want("video_encoder", tyto.Confirmed)
	z.learn(Decide("plant", of, tyto.Type, Undecided, "anna", at(30)))
	want("printer", tyto.Confirmed)
	z.learn(Decide("plant", of, tyto.Type, "nvr", "anna", at(40))) // again what was decided first
	want("nvr", tyto.Confirmed)
	shown := 0
	for _, c := range z.only().Evidence {
		if c.Evidence.Protocol == "person" && c.Attr == tyto.Type {
			shown++
		}
	}
	if shown != 3 {
		t.Errorf("%d decisions are shown, want all 3: nvr, video_encoder, and that none holds", shown)
	}
}

func TestPersonMergesAndParts(t *testing.T) {
	z := newZone(t)
	a, b := "00:1b:17:00:00:01", "00:1b:17:00:00:02"
	z.arp(0, a, "10.0.0.1")
	z.arp(0, b, "10.0.0.2")
	z.say(1, a, "10.0.0.1", tyto.Serial, "A1", tyto.Stated, "lldp", "lldp.media.sn")
	z.say(1, b, "10.0.0.2", tyto.Serial, "B2", tyto.Stated, "lldp", "lldp.media.sn")
	left, right := tyto.Subject{MAC: mac(t, a)}, tyto.Subject{MAC: mac(t, b)}
	count := func(want int, what string) {
		t.Helper()
		if n := z.Stats().Devices; n != want {
			t.Errorf("%s: %d devices, want %d", what, n, want)
		}
	}
	count(2, "before")
	z.learn(DecideMerge("plant", left, right, false, "anna", at(10))...)
	count(1, "merged, whatever the serial numbers say")
	if got := z.Merges(z.only().ID); len(got) != 1 || !strings.HasPrefix(got[0].Key, "person:merge:") {
		t.Errorf("the reason is %v, want a person's", got)
	}
	found := false
	for _, c := range z.only().Evidence {
		found = found || c.Evidence.Field == "serial_conflict"
	}
	if !found {
		t.Error("nothing tells of the two serial numbers")
	}
	z.learn(DecideMerge("plant", right, left, true, "ben", at(20))...)
	count(2, "taken back, in the other order")
	z.learn(DecideMerge("plant", left, right, false, "anna", at(30))...)
	count(1, "merged again")
	z.learn(DecideMerge("plant", left, right, true, "anna", at(40))...)

	z.say(50, a, "10.0.0.1", tyto.Identity, "engineid:1", tyto.Stated, "snmp", "snmp.msgAuthoritativeEngineID")
	z.say(50, b, "10.0.0.2", tyto.Identity, "engineid:1", tyto.Stated, "snmp", "snmp.msgAuthoritativeEngineID")
	count(2, "serial numbers contradict")
	c := "00:1b:17:00:00:03"
	z.arp(51, c, "10.0.0.3")
	z.say(52, c, "10.0.0.3", tyto.Identity, "engineid:1", tyto.Stated, "snmp", "snmp.msgAuthoritativeEngineID")
	count(2, "the third is one of them")
	alone := tyto.Subject{MAC: mac(t, c)}
	z.learn(DecideAlone("plant", alone, false, "anna", at(60)))
	count(3, "a person says that it stands alone")
	z.learn(DecideAlone("plant", alone, true, "anna", at(70)))
	count(2, "taken back")
	if n := z.Forget(at(-100)); n != 0 {
		t.Fatalf("%d forgotten", n)
	}
	count(2, "after the tables were copied")
}

// TestNetworkDecidesNothing: a key that looks like a person's but comes of traffic says nothing.
func TestNetworkDecidesNothing(t *testing.T) {
	z := newZone(t)
	for i, m := range []string{"00:1b:17:00:00:01", "00:1b:17:00:00:02"} {
		z.arp(i, m, "10.0.0."+string(rune('1'+i)))
		z.say(i, m, "", tyto.Identity, "person:merge:1", tyto.Confirmed, "mdns", "dns.txt")
	}
	if n := z.Stats().Devices; n != 2 {
		t.Errorf("%d devices, want 2", n)
	}
}

func TestPrivateAddressesFollow(t *testing.T) {
	z := newZone(t)
	hour := int(time.Hour / time.Second)
	asks := func(s int, m, name string) {
		z.say(s, m, "", tyto.Clue, "1,121,3,6,15,108,114,119,252", tyto.Stated, "dhcp", "dhcp.option.request_list_item")
		if name != "" {
			z.say(s, m, "", tyto.Hostname, name, tyto.Stated, "dhcp", "dhcp.option.hostname")
		}
		z.lease(s, m, "10.0.0.9")
		z.sent(m, "10.0.0.9", s, s+hour)
	}
	count := func(want int, what string) {
		t.Helper()
		if n := z.Stats().Devices; n != want {
			t.Errorf("%s: %d devices, want %d", what, n, want)
		}
	}
	asks(0, "da:a1:19:00:00:01", "iPhone")
	asks(2*hour, "da:a1:19:00:00:02", "iPhone")
	asks(20*hour, "da:a1:19:00:00:03", "iPhone")
	count(1, "one after the other")
	said := ""
	for _, c := range z.only().Evidence {
		if c.Evidence.Field == "private_addresses" {
			said = c.Value
		}
	}
	if !strings.HasPrefix(said, "3 random addresses") {
		t.Errorf("the device says %q, want its reason", said)
	}
	asks(20*hour, "da:a1:19:00:00:04", "iPhone")
	count(2, "two at one time")
	asks(80*hour, "da:a1:19:00:00:05", "iPhone")
	count(3, "days later, of a name that thousands have")
	asks(20*hour, "da:a1:19:00:00:06", "annas-laptop")
	count(4, "another name")
	asks(100*hour, "da:a1:19:00:00:07", "annas-laptop")
	count(4, "days later, of a name of its own")
	asks(300*hour, "00:1b:17:00:00:01", "annas-laptop")
	count(5, "an address that is not random")
}

func TestTypeIsSteady(t *testing.T) {
	for _, steady := range []bool{false, true} {
		z := zone{t, New("plant", Config{Steady: steady})}
		z.arp(0, camera, cameraIP)
		z.say(1, camera, cameraIP, tyto.Type, "ip_camera", tyto.Inferred, "dns", "dns.qry.name")
		id := z.only().ID
		typ := func() string {
			d, _ := z.Device(id)
			return d.Value(tyto.Type)
		}
		if got := typ(); got != "ip_camera" {
			t.Fatalf("type %s, want ip_camera", got)
		}
		z.say(2, camera, cameraIP, tyto.Type, "printer", tyto.Inferred, "http", "http.title")
		z.say(3, camera, cameraIP, tyto.Type, "printer", tyto.Guessed, "eth", "eth.addr")
		want := "printer"
		if steady {
			want = "ip_camera"
		}
		if got := typ(); got != want {
			t.Errorf("steady %v: a little more for a printer makes it %s, want %s", steady, got, want)
		}
		z.say(4, camera, cameraIP, tyto.Type, "printer", tyto.Stated, "snmp", "snmp.sysDescr")
		if got := typ(); got != "printer" {
			t.Errorf("steady %v: it says itself that it is a printer, but is %s", steady, got)
		}
		z.say(5, camera, cameraIP, tyto.Type, "mfp", tyto.Stated, "wsd", "wsd.Types")
		if got := typ(); got != "mfp" {
			t.Errorf("steady %v: a kind of what it was is %s, want mfp", steady, got)
		}
	}
}

func TestHostsBehindOne(t *testing.T) {
	z := newZone(t)
	z.arp(0, camera, cameraIP)
	z.say(1, camera, cameraIP, tyto.OS, "Windows 10", tyto.Inferred, "http", "http.user_agent")
	has := func() bool {
		for _, c := range z.only().Evidence {
			if c.Evidence.Field == "translation" {
				return true
			}
		}
		return false
	}
	if has() {
		t.Error("one system is told as several")
	}
	z.say(2, camera, cameraIP, tyto.OS, "iOS 17.2", tyto.Inferred, "http", "http.user_agent")
	if !has() {
		t.Error("Windows and iOS behind one address are not told")
	}
	z = newZone(t)
	z.arp(0, camera, cameraIP)
	z.say(1, camera, cameraIP, tyto.OS, "Windows", tyto.Guessed, "tcp", "tcp.syn")
	z.say(2, camera, cameraIP, tyto.OS, "iOS 17.2", tyto.Inferred, "http", "http.user_agent")
	if has() {
		t.Error("a program that calls itself otherwise is taken for another host")
	}
	if z.say(3, camera, cameraIP, tyto.OS, "macOS or iOS", tyto.Guessed, "tcp", "tcp.syn"); !has() {
		t.Error("SYNs as Windows and as macOS send them, from one address, are not told")
	}
}
