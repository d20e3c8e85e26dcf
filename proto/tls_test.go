package proto

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"tyto/frame"
	"tyto/proto/tlshello"
)

// tlsTestCertificate is a self-signed certificate as a device has it from its factory.
func tlsTestCertificate(t *testing.T, subject pkix.Name) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(0x42a77), Subject: subject,
		NotBefore: time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2055, 1, 1, 0, 0, 0, 0, time.UTC),
		DNSNames: []string{"camera-04.lab.example", "camera-04"}, IPAddresses: []net.IP{net.IPv4(192, 168, 17, 40)}}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key}
}

// A tlsTap keeps what is written, with the side that wrote it.
type tlsTap struct {
	net.Conn
	side int
	say  func(side int, b []byte)
}

func (c tlsTap) Write(b []byte) (int, error) {
	c.say(c.side, append([]byte(nil), b...))
	return c.Conn.Write(b)
}

// tlsSession is one real connection, as what each side sent.
func tlsSession(t *testing.T, client, server *tls.Config, say func(int, []byte)) {
	t.Helper()
	a, b := net.Pipe()
	done := make(chan error, 1)
	go func() {
		c := tls.Server(tlsTap{b, 1, say}, server)
		_, err := io.WriteString(c, "hello")
		c.Close()
		done <- err
	}()
	c := tls.Client(tlsTap{a, 0, say}, client)
	if _, err := io.ReadAll(c); err != nil && client.InsecureSkipVerify {
		t.Fatal(err)
	}
	c.Close()
	<-done
}

// tlsSSL2 is the hello of SSL 2.0 that offers TLS 1.0 with three ciphers.
var tlsSSL2 = append([]byte{0x80, 46 - 12, 1, 3, 1, 0, 9, 0, 0, 0, 16, 0, 0, 0x2f, 0, 0, 0x35, 7, 0, 0xc0}, make([]byte, 16)...)

// TestGenerateTLS makes the capture of testdata/tls from real connections.
func TestGenerateTLS(t *testing.T) {
	if !*generate {
		t.Skip("makes new keys; only with -generate")
	}
	w := newWire()
	phone, camera := wireStation(30), wireStation(40)
	device := tlsTestCertificate(t, pkix.Name{CommonName: "camera-04", Organization: []string{"Example Devices"},
		OrganizationalUnit: []string{"Cameras"}, Country: []string{"AT"}})
	handset := tlsTestCertificate(t, pkix.Name{CommonName: "EX7945-02005E10001E", SerialNumber: "PID:EX-7945 SN:EXA1742A0B7", Organization: []string{"Example Phones"}})
	server := &tls.Config{Certificates: []tls.Certificate{device}, MaxVersion: tls.VersionTLS12, ClientAuth: tls.RequestClientCert,
		NextProtos: []string{"http/1.1"}}

	c := w.tcp(phone, 52000, camera, 443)
	tlsSession(t, &tls.Config{ServerName: "camera-04.lab.example", InsecureSkipVerify: true, MaxVersion: tls.VersionTLS12,
		Certificates: []tls.Certificate{handset}, NextProtos: []string{"h2", "http/1.1"}}, server, func(side int, b []byte) { c.say(side, b) })
	c.end()
	c = w.tcp(phone, 52001, camera, 18443) // not on its port
	tlsSession(t, &tls.Config{ServerName: "camera-04.lab.example", InsecureSkipVerify: true},
		&tls.Config{Certificates: server.Certificates}, func(side int, b []byte) { c.say(side, b) })
	c.end()
	c = w.tcp(phone, 52002, camera, 443) // refuses the certificate
	tlsSession(t, &tls.Config{ServerName: "camera-04.lab.example", MaxVersion: tls.VersionTLS12}, server, func(side int, b []byte) { c.say(side, b) })
	c.end()
	w.tcp(phone, 52003, camera, 443).say(0, tlsSSL2).end()
	c = w.tcp(phone, 52004, camera, 443) // one hello in three records
	c.say(0, tlsFragments(t))
	c.end()
	w.keep(t, "tls")
}

// tlsHelloRecord is the first record of a real client.
func tlsHelloRecord(t *testing.T) []byte {
	t.Helper()
	a, b := net.Pipe()
	go func() {
		tls.Client(a, &tls.Config{ServerName: "camera-04.lab.example", NextProtos: []string{"h2"}}).Handshake()
		a.Close()
	}()
	hello := make([]byte, 4096)
	n, err := io.ReadAtLeast(b, hello, 100)
	if err != nil {
		t.Fatal(err)
	}
	b.Close()
	return hello[:n]
}

// tlsFragments is a hello cut into records after 2 and after 50 bytes.
func tlsFragments(t *testing.T) []byte {
	body, out := tlsHelloRecord(t)[5:], []byte(nil)
	for _, part := range [][]byte{body[:2], body[2:50], body[50:]} {
		out = append(append(out, 22, 3, 1, byte(len(part)>>8), byte(len(part))), part...)
	}
	return out
}

func TestTLSHello(t *testing.T) {
	whole, fragments := tlsHelloRecord(t), tlsFragments(t)
	for name, b := range map[string][]byte{"one record": whole, "three records": fragments} {
		m := &Message{Body: b, Memory: new([4]uint64), ToServer: true}
		if !isTLS(m) {
			t.Errorf("%s: Is = false", name)
		}
		if got := splitTLS(m); got != len(b) {
			t.Errorf("%s: Split = %d, want %d", name, got, len(b))
		}
		for n := 1; n < len(b); n++ {
			if got := splitTLS(&Message{Body: b[:n], Memory: m.Memory}); got >= 0 && got <= n {
				t.Fatalf("%s: Split of %d of %d bytes = %d", name, n, len(b), got)
			}
		}
		s := shown(t, "tls", m)
		if got := string(s.Name()); got != "camera-04.lab.example" {
			t.Errorf("%s: server name %q", name, got)
		}
		if got := fact(s, "tls.handshake.ja4"); len(got) != tlshello.JA4Length || got[:4] != "t13d" || got[8:10] != "h2" {
			t.Errorf("%s: JA4 %q", name, got)
		}
	}
}

// TestTLSFingerprints compares with published pairs of hello and fingerprint:
// the JA3 of its text, and the JA4 example of FoxIO's description (its lists in another order).
func TestTLSFingerprints(t *testing.T) {
	if got := string(tlshello.AppendMD5(nil, []byte("769,47-53-5-10-49161-49162-49171-49172-50-56-19-4,0-10-11,23-24-25,0"))); got != "ada70206e40642a3e4461f35503241d5" {
		t.Errorf("JA3 = %s", got)
	}
	list := func(values ...uint16) (b []byte) {
		for _, v := range values {
			b = append(b, byte(v>>8), byte(v))
		}
		return b
	}
	h := tlshello.Hello{Version: 0x0303, HasName: true, Protocols: []byte("\x02h2\x08http/1.1"), Versions: list(0x8a8a, 0x0304, 0x0303),
		Ciphers:    list(0x3a3a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014, 0x009c, 0x009d, 0x002f, 0x0035),
		Signatures: list(0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601)}
	for _, e := range []uint16{0x4a4a, 0x001b, 0x0000, 0x0033, 0x0010, 0x4469, 0x0017, 0x002d, 0x000d, 0x0005, 0x0023, 0x0012, 0x002b, 0xff01, 0x000b, 0x000a, 0x0015, 0x5a5a} {
		h.Extensions = append(append(h.Extensions, list(e)...), 0, 0)
	}
	if got := string(h.AppendJA4(nil, 't')); got != "t13d1516h2_8daaf6152771_e5627efa2ab1" {
		t.Errorf("JA4 = %s", got)
	}
}

func TestTLSCertificate(t *testing.T) {
	x := tlsTestCertificate(t, pkix.Name{CommonName: "EX7945-02005E10001E", SerialNumber: "PID:EX-7945 SN:EXA1742A0B7", Organization: []string{"Example Phones, Inc."}})
	raw := x.Certificate[0]
	n := len(raw)
	body := append([]byte{11, 0, byte((n + 6) >> 8), byte(n + 6), 0, byte((n + 3) >> 8), byte(n + 3), 0, byte(n >> 8), byte(n)}, raw...)
	record := append([]byte{22, 3, 3, byte(len(body) >> 8), byte(len(body))}, body...)
	s := shown(t, "tls", &Message{Body: record})
	for field, want := range map[string]string{"x509sat.subject": `SERIALNUMBER=PID:EX-7945 SN:EXA1742A0B7,CN=EX7945-02005E10001E,O=Example Phones\, Inc.`,
		"x509af.notBefore": "2025-01-01", "x509af.notAfter": "2055-01-01", "x509af.serialNumber": "042a77", "x509ce.dNSName": "camera-04.lab.example",
		"x509ce.iPAddress": "192.168.17.40", "x509af.subjectPublicKey": "ec", "x509af.selfSigned": "self-signed"} {
		if got := fact(s, field); got != want {
			t.Errorf("%s = %q, want %q", field, got, want)
		}
	}
	for _, f := range s.Facts() {
		if f.Attr.String() == "serial" && string(f.Value) != "EXA1742A0B7" || f.Attr.String() == "model_number" && string(f.Value) != "EX-7945" {
			t.Errorf("%s = %q", f.Attr, f.Value)
		}
	}
	// Any beginning of it is told without harm.
	for i := range record {
		shown(t, "tls", &Message{Body: record[:i], Cut: true})
	}
	wireAllocs(t, "tls", &Message{Frame: &frame.Frame{SrcPort: 443}, Body: record})
}

func TestTLSIs(t *testing.T) {
	f := &frame.Frame{}
	for _, b := range [][]byte{{22, 3, 1, 0, 2, 1, 0}, []byte("GET / HTTP/1.1\r\n"), {23, 3, 3, 0, 2, 1}, {0x80, 0x2e, 1, 3, 1}, {22, 3, 1}, {},
		{21, 3, 3, 0, 2, 9, 9}, bytes.Repeat([]byte{22}, 100)} {
		if isTLS(&Message{Frame: f, Body: b}) {
			t.Errorf("Is(%x) = true", b)
		}
	}
	for _, b := range [][]byte{tlsSSL2, {23, 3, 3, 0, 2, 1, 1, 23, 3, 3, 0, 9}, {21, 3, 3, 0, 2, 2, 40}} {
		if !isTLS(&Message{Frame: f, Body: b}) {
			t.Errorf("Is(%x) = false", b)
		}
	}
}

func TestTLSAllocates(t *testing.T) {
	f := &frame.Frame{Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcPort: 40000, DstPort: 443}
	wireAllocs(t, "tls", &Message{Frame: f, Body: tlsHelloRecord(t), ToServer: true})
	wireAllocs(t, "tls", &Message{Frame: f, Body: tlsFragments(t), ToServer: true})
	wireAllocs(t, "tls", &Message{Frame: f, Body: tlsSSL2, ToServer: true})
	if _, err := os.Stat(filepath.Join("testdata", "tls", "generated.pcap")); err != nil {
		t.Error(err)
	}
}
