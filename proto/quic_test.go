package proto

import (
	"context"
	"crypto/tls"
	"testing"

	"tyto/frame"
	"tyto/proto/quic"
)

// quicHelloBytes is the hello of Go's own QUIC client.
func quicHelloBytes(t *testing.T) []byte {
	t.Helper()
	c := tls.QUICClient(&tls.QUICConfig{TLSConfig: &tls.Config{ServerName: "tv-02.lab.example", NextProtos: []string{"h3"}, MinVersion: tls.VersionTLS13,
		CurvePreferences: []tls.CurveID{tls.X25519}}})
	c.SetTransportParameters([]byte{4, 1, 1})
	if err := c.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for {
		if e := c.NextEvent(); e.Kind == tls.QUICWriteData {
			return append([]byte(nil), e.Data...)
		}
	}
}

// quicFrames puts a hello into two frames, the second first, and pads to 1162 bytes.
func quicFrames(hello []byte) []byte {
	const cut = 60
	b := append([]byte{6, 0x40, cut, 0x40 | byte((len(hello)-cut)>>8), byte(len(hello) - cut)}, hello[cut:]...)
	b = append(append(b, 6, 0, 0x40, cut), hello[:cut]...)
	return append(b, make([]byte, 1162-len(b))...)
}

// quicServer is a server's Initial packet, of which only the header is read.
var quicServer = append([]byte{0xc0, 0, 0, 0, 1, 0, 4, 9, 9, 9, 9, 0, 0x40, 100}, make([]byte, 100)...)

// TestGenerateQUIC makes the capture of testdata/quic.
func TestGenerateQUIC(t *testing.T) {
	if !*generate {
		t.Skip("makes new keys; only with -generate")
	}
	w := newWire()
	phone, tv, other := wireStation(30), wireStation(50), wireStation(51)
	connection := []byte{1, 2, 3, 4, 5, 6, 7, 8}
	for i, version := range []uint32{1, 0x6b3343cf, 0xff00001d} {
		port := uint16(50500 + i)
		w.udp(phone, port, tv, 443, quic.Seal(version, connection, quicFrames(quicHelloBytes(t))))
		w.udp(tv, 443, phone, port, quicServer)
	}
	google := append([]byte{0x09, 1, 2, 3, 4, 5, 6, 7, 8, 'Q', '0', '4', '3', 1}, make([]byte, 30)...)
	google = append(google, "CHLO\x02\x00\x00\x00SNI\x00\x11\x00\x00\x00UAID\x22\x00\x00\x00tv-02.lab.exampleExBrowser Linux 12"...)
	w.udp(phone, 50510, other, 8443, append(google, make([]byte, 1000)...))
	w.keep(t, "quic")
}

func TestQUIC(t *testing.T) {
	hello := quicHelloBytes(t)
	b := quic.Seal(1, []byte{1, 2, 3, 4, 5, 6, 7, 8}, quicFrames(hello))
	s := shown(t, "quic", &Message{Body: b, ToServer: true})
	if got := string(s.Name()); got != "tv-02.lab.example" {
		t.Errorf("server name %q", got)
	}
	if got := fact(s, "tls.handshake.ja4"); len(got) != 36 || got[:4] != "q13d" || got[8:10] != "h3" {
		t.Errorf("JA4 %q", got)
	}
	// The beginning of the hello is elsewhere: its name is told, no fingerprint.
	half := append([]byte{6, 0x40, 40, 0x40 | byte((len(hello)-40)>>8), byte(len(hello) - 40)}, hello[40:]...)
	s = shown(t, "quic", &Message{Body: quic.Seal(1, []byte{1, 2, 3, 4, 5, 6, 7, 8}, append(half, make([]byte, 1162-len(half))...)), ToServer: true})
	if got := string(s.Name()); got != "tv-02.lab.example" || fact(s, "tls.handshake.ja4") != "" {
		t.Errorf("half a hello: server name %q, JA4 %q", got, fact(s, "tls.handshake.ja4"))
	}
}

func TestQUICIs(t *testing.T) {
	for _, b := range [][]byte{{}, {0xc0}, []byte("\xc0\x00\x00\x00\x05\x00\x00"), make([]byte, 1200), {0x40, 1, 2, 3, 4, 5, 6, 7, 8, 9}} {
		if isQUIC(&Message{Body: b, ToServer: true}) {
			t.Errorf("Is(%x) = true", b)
		}
	}
	if !isQUIC(&Message{Body: quicServer}) {
		t.Error("Is of a server's packet = false")
	}
}

func TestQUICAllocates(t *testing.T) {
	f := &frame.Frame{Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcPort: 40000, DstPort: 443}
	wireAllocs(t, "quic", &Message{Frame: f, ToServer: true, Body: quic.Seal(1, []byte{1, 2, 3, 4}, quicFrames(quicHelloBytes(t)))})
}
