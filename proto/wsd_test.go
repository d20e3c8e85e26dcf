package proto

import "testing"

func init() { generated["wsd"] = wsdPackets }

func wsdMessage(action, body string) []byte {
	const ns = "http://schemas.xmlsoap.org/ws/2005/04/discovery"
	return []byte(`<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://www.w3.org/2003/05/soap-envelope" xmlns:wsd="` + ns + `">` +
		`<soap:Header><wsa:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</wsa:To><wsa:Action>` + ns + "/" + action + `</wsa:Action>` +
		`<wsa:ReplyTo><wsa:Address>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</wsa:Address></wsa:ReplyTo></soap:Header>` +
		`<soap:Body>` + body + `</soap:Body></soap:Envelope>`)
}

func wsdPackets() [][]byte {
	group := station{"01:00:5e:7f:ff:fa", "239.255.255.250"}
	at := func(id string) string {
		return `<wsa:EndpointReference><wsa:Address>urn:uuid:` + id + `</wsa:Address></wsa:EndpointReference>`
	}
	const cam, pc = "5F5A69C2-E0AE-504F-829B-00005E005312", "e46328c0-b2bd-402f-b28e-00005e005311"
	match := `<wsd:ProbeMatches><wsd:ProbeMatch>` + at(cam) + `<wsd:Types>dn:NetworkVideoTransmitter tds:Device</wsd:Types><wsd:Scopes>` +
		`onvif://www.onvif.org/type/video_encoder onvif://www.onvif.org/hardware/EX%2DCAM%207 onvif://www.onvif.org/name/Example%20Cam ` +
		`onvif://www.onvif.org/location/country/china onvif://www.onvif.org/location/Gate%203</wsd:Scopes>` +
		`<wsd:XAddrs>http://192.168.77.22/onvif/device_service</wsd:XAddrs></wsd:ProbeMatch><wsd:ProbeMatch>` + at(pc) + `</wsd:ProbeMatch></wsd:ProbeMatches>`
	return [][]byte{
		onUDP(laptop, group, 40000, 3702, wsdMessage("Probe", `<wsd:Probe><wsd:Types>dn:NetworkVideoTransmitter</wsd:Types></wsd:Probe>`)),
		onUDP(printer, laptop, 3702, 40000, wsdMessage("ProbeMatches", match)),
		onUDP(laptop, group, 40001, 3702, wsdMessage("Hello", `<wsd:Hello>`+at(pc)+`<wsd:Types>wsdp:Device pub:Computer</wsd:Types>`+
			`<wsd:XAddrs>http://192.168.77.21:5357/e46328c0/</wsd:XAddrs></wsd:Hello>`)),
		onUDP(laptop, group, 40001, 3702, wsdMessage("Bye", `<wsd:Bye>`+at(pc)+`</wsd:Bye>`)),
		onUDP(laptop, group, 40001, 3702, wsdMessage("Resolve", `<wsd:Resolve>`+at(cam)+`</wsd:Resolve>`)),
		onUDP(laptop, group, 40001, 3702, []byte(`<s:Envelope xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"><x/></s:Envelope>`)),
	}
}

func TestWSD(t *testing.T) {
	p := wsdPackets()
	says(t, "wsd", p[0], "clue=dn:NetworkVideoTransmitter stated wsd.Probe.Types", "!identity")
	says(t, "wsd", p[1], "identity=uuid:5f5a69c2-e0ae-504f-829b-00005e005312 stated", "model=EX-CAM 7 stated", "description=Example Cam", "location=Gate 3",
		"clue=dn:NetworkVideoTransmitter tds:Device", "!e46328c0", "!location=country")
	says(t, "wsd", p[2], "clue=wsdp:Device pub:Computer stated wsd.Types", "identity=uuid:e46328c0")
	says(t, "wsd", p[4], "op wsd resolve", "!identity")
	says(t, "wsd", p[5], "malformed: wsd: no action")
}
