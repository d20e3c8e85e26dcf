package capture_test

import (
	"testing"

	"tyto/capture"
	"tyto/lab/cable"
)

// TestEndpoint hears what is for the host, for a group and for all, and what
// the host sends; and leaves the interface as it was.
func TestEndpoint(t *testing.T) {
	cable.New(t)
	mac := func(last byte) []byte { return []byte{2, 0, 0, 0, 0, last} }
	cable.IP(t, "link", "set", "dev", "near", "address", "02:00:00:00:00:01")
	s, err := capture.OpenLive([]string{"near"}, capture.Live{Endpoint: true, RingBytes: 1 << 20, Milliseconds: 10})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	frameTo := func(to []byte, mark byte) []byte {
		return append(append(append([]byte{}, to...), mac(9)...), append([]byte{0x88, 0xb5, mark}, make([]byte, 60)...)...)
	}
	far, near := cable.Sender(t, "far"), cable.Sender(t, "near")
	far(frameTo(mac(1), 'h'))                                     // for the host
	far(frameTo(mac(7), 'o'))                                     // for another
	far(frameTo([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, 'b')) // for all
	far(frameTo([]byte{1, 0, 0x5e, 1, 2, 3}, 'm'))                // for a group that the host is not in
	near(frameTo(mac(7), 's'))                                    // sent by the host
	heard := map[byte]bool{}
	var b capture.Batch
	for !heard['s'] {
		if err := s.Read(&b); err != nil {
			t.Fatal(err)
		}
		for _, p := range b.Packets {
			if len(p.Data) > 14 && p.Data[12] == 0x88 {
				heard[p.Data[14]] = true
			}
		}
	}
	for _, want := range "hbms" {
		if !heard[byte(want)] {
			t.Errorf("%c was not heard", want)
		}
	}
	i := s.Captures()[0]
	if heard['o'] || i.Ignored != 1 || !i.Endpoint || i.Seen != i.Packets+i.Ignored+i.Dropped+i.Unread {
		t.Errorf("heard %v; %+v", heard, i)
	}
	if l := cable.Look(t, "near"); l.Promiscuity != 0 {
		t.Errorf("the interface is promiscuous: %+v", l)
	}
}
