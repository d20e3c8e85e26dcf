package proto

import (
	"strings"
	"testing"

	"tyto/frame"
	"tyto/tyto"
)

const (
	ssdpSearch = "M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: \"ssdp:discover\"\r\nMX: 1\r\n" +
		"ST: urn:dial-multiscreen-org:service:dial:1\r\nUSER-AGENT: ExBrowser/120.0 Linux\r\n\r\n"
	ssdpAnswer = "HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age=1800\r\nEXT:\r\nLOCATION: http://192.168.17.50:8060/dial/dd.xml?x=1\r\n" +
		"SERVER: Linux/5.4 UPnP/1.0 ExTV/9.1\r\nST: urn:dial-multiscreen-org:service:dial:1\r\n" +
		"USN: uuid:29600009-5406-1005-8080-02005E100032::urn:dial-multiscreen-org:service:dial:1\r\nWAKEUP: MAC=02:00:5e:10:00:32;Timeout=10\r\n\r\n"
	ssdpAlive = "NOTIFY * HTTP/1.1 \r\nHOST: 239.255.255.250:1900\r\nNT: upnp:rootdevice\r\nNTS: ssdp:alive\r\n" +
		"LOCATION: http://192.168.17.2:5000/rootDesc.xml\r\nSERVER: Linux/4.19 UPnP/1.1 ExUPnPd/2.0\r\n" +
		"USN: uuid:5b3a9d1e-0042-4a77-9c00-02005e100002::upnp:rootdevice\r\nhue-bridgeid: 02005EFFFE100002\r\nX-User-Agent: redsonic\r\n\r\n"
	ssdpByeBye = "NOTIFY * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nNT: uuid:5b3a9d1e-0042-4a77-9c00-02005e100002\r\nNTS: ssdp:byebye\r\n" +
		"USN: uuid:5b3a9d1e-0042-4a77-9c00-02005e100002\r\n\r\n"
)

// TestGenerateSSDP makes the capture of testdata/ssdp.
func TestGenerateSSDP(t *testing.T) {
	w := newWire()
	phone, tv, router, group := wireStation(30), wireStation(50), wireStation(2), wireHost{ip: [4]byte{239, 255, 255, 250}}
	w.udp(phone, 41000, group, 1900, []byte(ssdpSearch))
	w.udp(tv, 1900, phone, 41000, []byte(ssdpAnswer))
	w.udp(router, 1900, group, 1900, []byte(ssdpAlive))
	w.udp(router, 1900, group, 1900, []byte(ssdpByeBye))
	w.udp(phone, 41001, group, 1900, []byte("M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: \"ssdp:discover\"\r\n\r\n"))
	w.udp(tv, 49000, phone, 41001, []byte(ssdpAnswer))
	w.keep(t, "ssdp")
}

func TestSSDP(t *testing.T) {
	s := shown(t, "ssdp", &Message{Body: []byte(ssdpAnswer)})
	for field, want := range map[string]string{
		"ssdp.server":   "Linux/5.4 UPnP/1.0 ExTV/9.1",
		"ssdp.nt":       "urn:dial-multiscreen-org:service:dial:1",
		"ssdp.usn":      "uuid:29600009-5406-1005-8080-02005E100032::urn:dial-multiscreen-org:service:dial:1",
		"http.location": "http://192.168.17.50:8060/dial/dd.xml",
		"ssdp.vendor":   "wakeup: MAC=02:00:5e:10:00:32;Timeout=10",
	} {
		if got := fact(s, field); got != want {
			t.Errorf("%s = %q, want %q", field, got, want)
		}
	}
	for _, x := range s.Facts() {
		if x.Attr == tyto.Identity && string(x.Value) != "uuid:29600009-5406-1005-8080-02005e100032" {
			t.Errorf("identity %q", x.Value)
		}
	}
}

// TestSSDPFiller wants no identity of what all devices of a kind share.
func TestSSDPFiller(t *testing.T) {
	for _, usn := range []string{"uuid:00000000-0000-0000-0000-000000000000", "uuid:", "uuid:1111-1111", "upnp:rootdevice", ""} {
		for _, x := range shown(t, "ssdp", &Message{Body: []byte("NOTIFY * HTTP/1.1\r\nUSN: " + usn + "\r\n\r\n")}).Facts() {
			if x.Attr == tyto.Identity {
				t.Errorf("%q became the identity %q", usn, x.Value)
			}
		}
	}
}

func TestSSDPIs(t *testing.T) {
	for _, x := range []string{"HTTP/1.1 200 OK\r\nServer: x\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "NOTIFY sip:x SIP/2.0\r\n", "", "N"} {
		if isSSDP(&Message{Body: []byte(x)}) {
			t.Errorf("Is(%q) = true", x)
		}
	}
	if got := shown(t, "ssdp", &Message{Body: []byte(strings.Replace(ssdpSearch, "\r\nST:", "\r\nXX:", 1))}).Broken(); got == "" {
		t.Error("a search without ST is in order")
	}
}

func TestSSDPAllocates(t *testing.T) {
	f := &frame.Frame{Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcPort: 1900, DstPort: 40000}
	wireAllocs(t, "ssdp", &Message{Frame: f, Body: []byte(ssdpAnswer)})
	wireAllocs(t, "ssdp", &Message{Frame: f, Body: []byte(ssdpAlive)})
	wireAllocs(t, "ssdp", &Message{Frame: f, Body: []byte(ssdpSearch)})
}
