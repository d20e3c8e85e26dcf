package proto

import (
	"testing"

	"tyto/frame"
	"tyto/tyto"
)

// onCOTP is user data in one TPKT packet.
func onCOTP(last bool, user ...byte) []byte {
	b := []byte{3, 0, byte((len(user) + 7) >> 8), byte(len(user) + 7), 2, 0xf0, 0}
	if last {
		b[6] = 0x80
	}
	return append(b, user...)
}

func presentedMMS(pdu ...byte) []byte {
	return append([]byte{1, 0, 1, 0}, tlv(0x61, tlv(0x30, []byte{2, 1, 3}, tlv(0xa0, pdu)))...)
}

func mmsAsks(id byte, service ...byte) []byte {
	return onCOTP(true, presentedMMS(tlv(0xa0, []byte{2, 1, id}, service)...)...)
}

func mmsSays(id byte, service ...byte) []byte {
	return onCOTP(true, presentedMMS(tlv(0xa1, []byte{2, 1, id}, service)...)...)
}

// mmsOpens is the initiation of either side.
func mmsOpens(session, acse, pdu byte) []byte {
	info := tlv(0xbe, tlv(0x28, []byte{2, 1, 3}, tlv(0xa0, tlv(pdu, []byte{0x80, 1, 5}))))
	user := tlv(0x61, tlv(0x30, []byte{2, 1, 1}, tlv(0xa0, tlv(acse, tlv(0xa1, []byte{6, 1, 40}), info))))
	cp := tlv(0x31, tlv(0xa0, []byte{0x80, 1, 1}), tlv(0xa2, tlv(0x81, []byte{0, 1}), tlv(0xa4, nil), user))
	parameters := append([]byte{5, 3, 0x13, 1, 0, 0xc1, byte(len(cp))}, cp...)
	return onCOTP(true, append([]byte{session, byte(len(parameters))}, parameters...)...)
}

func mmsName(item string) []byte {
	return tlv(0xa0, tlv(0x30, tlv(0xa0, tlv(0xa1, tlv(0x1a, []byte("EXA1LD0")), tlv(0x1a, []byte(item))))))
}

var (
	mmsIdentified = tlv(0xa2, tlv(0x80, []byte("Example Grid")), tlv(0x81, []byte("EXR-500")), tlv(0x82, []byte("2.3.1")))
	mmsNamed      = tlv(0xa4, tlv(0xa1, tlv(0xa2, tlv(0x8a, []byte("Example Grid")), tlv(0x8a, []byte("B")), tlv(0x8a, []byte("2.3.1")), tlv(0x8a, []byte("EX0042A77")), tlv(0x8a, []byte("EXR-500")))))
)

func TestGenerateMMS(t *testing.T) {
	w := newWire()
	scada, ied := wireStation(30), wireStation(60)
	c := w.tcp(scada, 40001, ied, 102)
	c.say(0, []byte{3, 0, 0, 18, 13, 0xe0, 0, 0, 0, 6, 0, 0xc1, 2, 0, 1, 0xc2, 2, 0})
	split := presentedMMS(tlv(0xa1, []byte{2, 1, 9}, mmsNamed)...)
	c = w.tcp(scada, 40002, ied, 102)
	for _, x := range [][2][]byte{
		{mmsOpens(0x0d, 0x60, 0xa8), mmsOpens(0x0e, 0x61, 0xa9)},
		{mmsAsks(1, 0x82, 0), mmsSays(1, mmsIdentified...)},
		{mmsAsks(2, tlv(0xa4, tlv(0xa1, mmsName("MMXU1$MX$A")))...), mmsSays(2, tlv(0xa4, tlv(0xa1, []byte{0x85, 1, 7}))...)},
		{mmsAsks(9, tlv(0xa4, tlv(0xa1, mmsName("LPHD1$DC$PhyNam")))...), append(onCOTP(false, split[:30]...), onCOTP(true, split[30:]...)...)},
		{mmsAsks(3, tlv(0xa5, mmsName("CSWI1$CO$Pos$Oper"), tlv(0xa0, []byte{0x83, 1, 1}))...), mmsSays(3, 0xa5, 2, 0x81, 0)},
		{mmsAsks(4, tlv(0xa5, mmsName("CSWI1$CO$Pos$Oper"), tlv(0xa0, []byte{0x83, 1, 1}))...), mmsSays(4, 0xa5, 3, 0x80, 1, 3)},
		{mmsAsks(5, 0xba, 2, 0x1a, 0), mmsSays(5, 0x9a, 0)},
		{mmsAsks(11, 0x80, 1, 0), mmsSays(11, tlv(0xa0, []byte{0x80, 1, 0, 0x81, 1, 2})...)},
		{mmsAsks(6, 0xbf, 41, 2, 0x80, 0), onCOTP(true, presentedMMS(tlv(0xa2, []byte{0x80, 1, 6})...)...)},
		{mmsAsks(7, 0xbf, 40, 2, 0x80, 0), mmsSays(7, 0x9f, 40, 0)},
		{mmsAsks(8, 0xbf, 77, 0), onCOTP(true, presentedMMS(tlv(0xa3, []byte{0xa0, 0})...)...)},
		{onCOTP(true, presentedMMS(0x8b, 0)...), onCOTP(true, 9, 0)},
		{mmsAsks(10, 0x42, 0), onCOTP(true, 0x55, 0)},
	} {
		c.say(0, x[0]).say(1, x[1])
	}
	c.end()
	w.keep(t, "mms")
}

func TestMMSIdentity(t *testing.T) {
	s := shown(t, "mms", &Message{Body: mmsSays(1, mmsIdentified...)})
	for field, want := range map[string]string{"mms.vendorName": "Example Grid", "mms.modelName": "EXR-500", "mms.revision": "2.3.1"} {
		if got := fact(s, field); got != want {
			t.Errorf("%s = %q, want %q", field, got, want)
		}
	}
	d := shown(t, "mms", &Message{Body: mmsAsks(3, tlv(0xa5, mmsName("CSWI1$CO$Pos$Oper"))...)}).Deeds()
	if len(d) != 1 || d[0].Verb != tyto.Write || string(d[0].Object) != "EXA1LD0/CSWI1$CO$Pos$Oper" {
		t.Errorf("got %+v", d)
	}
}

func TestMMSIs(t *testing.T) {
	for _, x := range []struct {
		body []byte
		want bool
	}{
		{mmsOpens(0x0d, 0x60, 0xa8), true},
		{mmsAsks(1, 0x82, 0), true},
		{onCOTP(true, 0x32, 1, 0, 0, 0, 1, 0, 8, 0, 0, 0xf0, 0, 0, 1, 0, 1, 1, 0xe0), false},
		{onCOTP(true, 0x72, 1, 0, 0), false},
		{[]byte{3, 0, 0, 7, 2, 0xf0, 0x80}, false},
		{[]byte("hello"), false},
	} {
		if got := isMMS(&Message{Frame: &frame.Frame{DstPort: 102}, Body: x.body}); got != x.want {
			t.Errorf("Is(%x) = %v, want %v", x.body, got, x.want)
		}
	}
}

func TestMMSAllocates(t *testing.T) {
	f := &frame.Frame{Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcPort: 102, DstPort: 40000}
	wireAllocs(t, "mms", &Message{Frame: f, Body: mmsSays(1, mmsIdentified...)})
	split := presentedMMS(tlv(0xa1, []byte{2, 1, 9}, mmsNamed)...)
	wireAllocs(t, "mms", &Message{Frame: f, Body: append(onCOTP(false, split[:30]...), onCOTP(true, split[30:]...)...),
		Memory: &[4]uint64{mmsWaits | mmsNameplate | 4<<32 | 9}})
}
