package proto

import (
	"strings"
	"testing"

	"tyto/frame"
	"tyto/tyto"
)

// ocppWraps is text in a WebSocket frame, masked as clients must.
func ocppWraps(text string, masked bool) []byte {
	b, bit := []byte(text), 0
	if masked {
		bit = 0x80
	}
	head := cat(0x81, bit|len(b))
	if len(b) > 125 {
		head = cat(0x81, bit|126, uint16(len(b)))
	}
	if masked {
		head = append(head, 1, 2, 3, 4)
		for i := range b {
			b[i] ^= byte(i&3 + 1)
		}
	}
	return append(head, b...)
}

const ocppBoot = `[2,"a1","BootNotification",{"chargePointVendor":"Example Charge","chargePointModel":"EX-22","chargePointSerialNumber":"C0001","firmwareVersion":"1.9.3","meterType":"M1"}]`

func TestGenerateOCPP(t *testing.T) {
	w := newWire()
	station, central := wireStation(30), wireStation(60)
	c := w.tcp(station, 40001, central, 9000)
	c.say(0, ocppWraps(ocppBoot, true)).say(1, ocppWraps(`[3,"a1",{"status":"Accepted","interval":300}]`, false))
	c.say(0, ocppWraps(`[2,"a2","Authorize",{"idTag":"PLANTED"}]`, true)).say(1, ocppWraps(`[3,"a2",{"idTagInfo":{"status":"Accepted"}}]`, false))
	c.say(1, ocppWraps(`[2,"b1","UpdateFirmware",{"location":"ftp://192.0.2.1/x"}]`, false)).say(0, ocppWraps(`[3,"b1",{}]`, true))
	c.say(1, ocppWraps(`[2,"b2","Reset",{"type":"Hard"}]`, false)).say(0, ocppWraps(`[3,"b2",{"status":"Rejected"}]`, true))
	c.say(1, ocppWraps(`[2,"b3","UnlockConnector",{}]`, false)).say(0, ocppWraps(`[4,"b3","InternalError","",{}]`, true))
	c.say(0, []byte{0x89, 0x80, 1, 2, 3, 4}).say(1, ocppWraps(`[2,"b4","Nothing",{}]`, false)).say(1, ocppWraps(`{"not":"ocpp"}`, false)).end()
	c = w.tcp(station, 40002, central, 8888)
	c.say(0, ocppWraps(`[2,"c1","BootNotification",{"reason":"PowerUp","chargingStation":{"model":"EX-50","vendorName":"Example Charge","serialNumber":"C7","firmwareVersion":"2.0"}}]`, true)).end()
	w.keep(t, "ocpp")
}

func TestOCPPTells(t *testing.T) {
	memory := new([4]uint64)
	shown(t, "ocpp", &Message{Body: ocppWraps(`[2,"b2","Reset",{"type":"Hard"}]`, false), Memory: memory})
	d := shown(t, "ocpp", &Message{Body: ocppWraps(`[3,"b2",{"status":"Rejected"}]`, true), Memory: memory, ToServer: true}).Deeds()
	if len(d) != 1 || d[0].Verb != tyto.Stop || d[0].Outcome != "rejected" || !d[0].ByReceiver {
		t.Errorf("got %+v", d)
	}
	s := shown(t, "ocpp", &Message{Body: ocppWraps(strings.Replace(ocppBoot, `"M1"`, `"M1","idTag":"PLANTED"`, 1), true), ToServer: true})
	if fact(s, "ocpp.chargePointModel") != "EX-22" || fact(s, "ocpp.firmwareVersion") != "1.9.3" {
		t.Errorf("got %+v", s.Facts())
	}
	for _, x := range s.Facts() {
		if strings.Contains(string(x.Value), "PLANTED") {
			t.Errorf("told %q", x.Value)
		}
	}
}

func TestOCPPAllocates(t *testing.T) {
	f := &frame.Frame{Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcPort: 40000, DstPort: 9000, Proto: frame.TCP}
	wireAllocs(t, "ocpp", &Message{Frame: f, ToServer: true, Body: ocppWraps(ocppBoot, true)})
	for _, text := range []string{`{"method":"x"}`, `[2,"a","Other",{}]`, `[42,"Reset"]`} {
		if isOCPP(&Message{Frame: f, Body: ocppWraps(text, true)}) {
			t.Errorf("%s is taken for OCPP", text)
		}
	}
}
