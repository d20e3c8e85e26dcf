package proto

import (
	"testing"

	"tyto/frame"
)

func init() { generated["coap"] = coapPackets }

// coapOpt is an option with a short delta and length.
func coapOpt(delta int, value string) []byte {
	if len(value) > 12 {
		return cat(delta<<4|13, len(value)-13, value)
	}
	return cat(delta<<4|len(value), value)
}

func coapPackets() [][]byte {
	all := station{"01:00:5e:00:01:bb", "224.0.1.187"}
	links := `</3/0>;rt="oma.lwm2m",</light>;rt="core.a";if="actuator",</dp>;rt="example.wk"`
	return [][]byte{
		onUDP(laptop, all, 40000, 5683, cat(0x50, 1, uint16(7), coapOpt(11, ".well-known"), coapOpt(0, "core"))),
		onUDP(printer, laptop, 5683, 40000, cat(0x60, 0x45, uint16(7), coapOpt(12, "\x28"), 0xff, links)),
		onUDP(printer, server, 40001, 5683, cat(0x44, 2, uint16(8), "tok1", coapOpt(11, "rd"), coapOpt(1, "\x28"), coapOpt(3, "ep=meter-0042"), coapOpt(0, "lt=300"), 0xff, "</1/0>")),
		onUDP(server, printer, 5683, 40001, cat(0x64, 0x41, uint16(8), "tok1", coapOpt(8, "rd"))),
		onUDP(printer, all, 5683, 5683, cat(0x50, 30, uint16(9), 0xe9, uint16(3332-269), "", "SHEX-1#00", 0xff, "{}")),
		onUDP(printer, all, 5683, 5683, cat(0x50, 30, uint16(9), coapOpt(11, "cit"), coapOpt(0, "s"), 0xed, uint16(3332-11-269), 16-13, "SHEX-1#005E53#2\x00", 0xff, "{}")),
		onUDP(laptop, printer, 40000, 5683, cat(0x40, 3, uint16(9), coapOpt(11, "light"), 0xff, "1")),
	}
}

func TestCoAP(t *testing.T) {
	p := coapPackets()
	says(t, "coap", p[0], "browse coap directory /.well-known/core")
	says(t, "coap", p[1], "clue=oma.lwm2m stated coap.payload.rt", "role=coap server")
	says(t, "coap", p[2], "clue=meter-0042 stated coap.opt.uri_query", "role=lwm2m client")
	says(t, "coap", p[5], "model_number=SHEX-1 stated", "serial=005E53 stated")
	says(t, "coap", p[6], "write coap change /light")
	for _, b := range []string{"\x40\x01\x00\x01\xff", "\x40\x20\x00\x01", "\x49\x01\x00\x01\x00", "\x80\x01\x00\x01"} {
		if isCoAP(&Message{Frame: &frame.Frame{}, Body: []byte(b)}) {
			t.Errorf("%x is taken for CoAP", b)
		}
	}
}
