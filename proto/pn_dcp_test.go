package proto

import (
	"encoding/binary"
	"testing"

	"tyto/frame"
	"tyto/tyto"
)

// dcp is a message of PROFINET DCP with blocks.
func dcp(id uint16, service, kind byte, blocks ...string) []byte {
	b := binary.BigEndian.AppendUint16(nil, id)
	b = append(b, service, kind, 0, 0, 0, 1, 0, 1, 0, 0)
	for _, x := range blocks {
		b = append(b, x...)
		if len(x)%2 == 1 {
			b = append(b, 0)
		}
	}
	binary.BigEndian.PutUint16(b[10:], uint16(len(b)-12))
	return b
}

func dcpOf(option, sub byte, value string) string {
	return string([]byte{option, sub, 0, byte(len(value))}) + value
}

func dcpFrame(from, to wireHost, etherType uint16, body []byte) []byte {
	b := append(append([]byte(nil), to.mac[:]...), from.mac[:]...)
	b = append(binary.BigEndian.AppendUint16(b, etherType), body...)
	return append(b, make([]byte, max(0, 60-len(b)))...)
}

var dcpStation = []string{dcpOf(2, 2, "\x00\x00valve-7"), dcpOf(2, 1, "\x00\x00Example IO 16"), dcpOf(2, 3, "\x00\x00\x00\x2a\x03\x01"),
	dcpOf(2, 4, "\x00\x00\x01\x00"), dcpOf(2, 6, "\x00\x00port-001.switch-2"), dcpOf(1, 2, "\x00\x01\xc0\xa8\x11\x41\xff\xff\xff\x00\xc0\xa8\x11\x01")}

// TestGeneratePNDCP makes the capture of testdata/pn_dcp.
func TestGeneratePNDCP(t *testing.T) {
	w := newWire()
	station, io := wireStation(33), wireStation(65)
	all := wireHost{mac: frame.MAC{0x01, 0x0e, 0xcf}}
	send := func(from, to wireHost, body []byte) { w.frame(dcpFrame(from, to, 0x8892, body)) }
	send(station, all, dcp(0xfefe, 5, 0, dcpOf(0xff, 0xff, "")))
	send(io, station, dcp(0xfeff, 5, 1, dcpStation...))
	send(station, all, dcp(0xfefe, 5, 0, dcpOf(2, 2, "valve-8")))
	send(io, all, dcp(0xfefc, 6, 0, dcpStation[:1]...))
	send(station, io, dcp(0xfefd, 3, 0, "\x02\x04"))
	send(io, station, dcp(0xfefd, 3, 1, dcpStation[3]))
	send(station, io, dcp(0xfefd, 4, 0, dcpOf(1, 2, "\x00\x01\xc0\xa8\x11\x42\xff\xff\xff\x00\xc0\xa8\x11\x01")))
	send(io, station, dcp(0xfefd, 4, 1, dcpOf(5, 4, "\x01\x02\x00")))
	send(station, io, dcp(0xfefd, 4, 0, dcpOf(2, 2, "\x00\x01valve-9")))
	send(io, station, dcp(0xfefd, 4, 1, dcpOf(5, 4, "\x02\x02\x06")))
	send(station, io, dcp(0xfefd, 4, 0, dcpOf(5, 6, "\x00\x04")))
	send(station, io, dcp(0xfefd, 4, 0, dcpOf(5, 3, "\x00\x00\x01\x00")))
	send(io, station, dcp(0xfefd, 4, 1, dcpOf(5, 4, "\x05\x03\x00")))
	send(io, station, []byte{0xfe, 1, 0, 1, 0, 2, 0x11, 0, 0xff, 0xff, 0xff, 0xfe, 0, 0})
	send(io, station, dcp(0xfeff, 5, 1, "\x02\x02\x00\xf0\x00\x00"))
	w.keep(t, "pn_dcp")
}

func TestPNDCPActs(t *testing.T) {
	for _, x := range []struct {
		answer          string
		object, outcome string
	}{
		{"\x01\x02\x00", "IP address", "ok"},
		{"\x02\x02\x06", "name of station", "not possible in operation"},
		{"\x05\x05\x01", "factory reset", "option not supported"},
		{"\x05\x03\x00", "signal", "ok"},
	} {
		d := shown(t, "pn_dcp", &Message{Body: dcp(0xfefd, 4, 1, dcpOf(5, 4, x.answer))}).Deeds()
		if len(d) != 1 || d[0].Verb != tyto.Configure || string(d[0].Object) != x.object || d[0].Outcome != x.outcome || !d[0].ByReceiver {
			t.Errorf("%x: got %+v, want %s: %s", x.answer, d, x.object, x.outcome)
		}
	}
}

func TestPNDCPAllocatesNothing(t *testing.T) {
	wireAllocs(t, "pn_dcp", &Message{Frame: &frame.Frame{SrcMAC: frame.MAC{2}, DstMAC: frame.MAC{2, 1}}, Body: dcp(0xfeff, 5, 1, dcpStation...)})
}
