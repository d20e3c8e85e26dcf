package forward_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tyto/forward"
	"tyto/forward/forwardtest"
	"tyto/lab/doubles"
	"tyto/tyto"
)

// issue makes an authority, and certificates that it signs, in a folder.
func issue(t testing.TB, folder string) {
	t.Helper()
	ca := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	caKey := write(t, folder, "ca", ca, ca, nil)
	write(t, folder, "server", &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "siem"}, NotBefore: ca.NotBefore, NotAfter: ca.NotAfter,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}, ca, caKey)
	write(t, folder, "client", &x509.Certificate{SerialNumber: big.NewInt(3), Subject: pkix.Name{CommonName: "hub"}, NotBefore: ca.NotBefore, NotAfter: ca.NotAfter,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}, ca, caKey)
}

func write(t testing.TB, folder, name string, c, parent *x509.Certificate, signer *ecdsa.PrivateKey) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if signer == nil {
		signer = key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{name + ".pem": {Type: "CERTIFICATE", Bytes: der}, name + ".key": {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(filepath.Join(folder, file), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return key
}

// daemons are the real programs that are sent to.
var daemons = map[string]func(t testing.TB, transport, folder string, lines bool) *forwardtest.Rsyslog{
	"rsyslog": func(t testing.TB, transport, folder string, _ bool) *forwardtest.Rsyslog {
		return forwardtest.StartRsyslog(t, doubles.FreeAddress(), transport, folder)
	},
	"syslog-ng": func(t testing.TB, transport, folder string, lines bool) *forwardtest.Rsyslog {
		return forwardtest.StartSyslogNG(t, doubles.FreeAddress(), transport, folder, lines)
	},
}

// TestSyslog sends to real daemons, over each transport.
func TestSyslog(t *testing.T) {
	for _, c := range []struct{ daemon, transport, format, header, framing string }{
		{"rsyslog", "tcp", "cef", "rfc5424", "octets"}, {"rsyslog", "tcp", "leef", "rfc3164", "lines"}, {"rsyslog", "tls", "cef", "rfc5424", "octets"}, {"rsyslog", "udp", "json", "rfc5424", "octets"},
		{"syslog-ng", "tcp", "json", "rfc5424", "octets"}, {"syslog-ng", "tcp", "cef", "rfc3164", "lines"}, {"syslog-ng", "tls", "leef", "rfc5424", "octets"}, {"syslog-ng", "udp", "cef", "rfc5424", "octets"},
	} {
		t.Run(c.daemon+" "+c.transport+" "+c.format+" "+c.header, func(t *testing.T) {
			forwardtest.Run(t, func(t testing.TB) forwardtest.Place {
				folder := t.TempDir()
				issue(t, folder)
				far := daemons[c.daemon](t, c.transport, folder, c.framing == "lines")
				s := &forward.Syslog{Address: far.Address, Transport: c.transport, Format: c.format, Header: c.header, Framing: c.framing}
				if c.transport == "udp" {
					s.MaxSize = 60_000
				}
				if c.transport == "tls" {
					s.TLS = &forward.TLS{CA: filepath.Join(folder, "ca.pem"), Cert: filepath.Join(folder, "client.pem"), Key: filepath.Join(folder, "client.key")}
				}
				return forwardtest.Place{Received: far.Received, Down: far.Down, Up: far.Up, Lossy: c.transport == "udp", Check: header(c.format),
					Open: func(t testing.TB) forward.Output { return open(t, forward.Destination{Syslog: s}) }}
			})
		})
	}
}

// header checks what rsyslogd made of a message.
func header(format string) func(text string) error {
	return func(text string) error {
		var l forwardtest.Line
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			return err
		}
		start := map[string]string{"cef": "CEF:0|Tyto|Tyto|", "leef": "LEEF:2.0|Tyto|Tyto|", "json": `{"id":"`}[format]
		if !strings.HasPrefix(strings.TrimLeft(l.Message, " "), start) || !strings.HasPrefix(l.App, "tyto") {
			return fmt.Errorf("app %q, message %.40q", l.App, l.Message)
		}
		return nil
	}
}

// TestSyslogFields has each daemon say what it read of a message, by field,
// over each transport.
func TestSyslogFields(t *testing.T) {
	for daemon, start := range daemons {
		for _, transport := range []string{"tcp", "tls", "udp"} {
			t.Run(daemon+" "+transport, func(t *testing.T) { testFields(t, start, transport) })
		}
	}
}

func testFields(t *testing.T, start func(t testing.TB, transport, folder string, lines bool) *forwardtest.Rsyslog, transport string) {
	folder := t.TempDir()
	issue(t, folder)
	far := start(t, transport, folder, false)
	s := &forward.Syslog{Address: far.Address, Transport: transport}
	if transport == "tls" {
		s.TLS = &forward.TLS{CA: filepath.Join(folder, "ca.pem"), Cert: filepath.Join(folder, "client.pem"), Key: filepath.Join(folder, "client.key")}
	}
	o := open(t, forward.Destination{Syslog: s})
	defer o.Close()
	e := forwardtest.Alert(7)
	e.Alert.Status, e.Alert.By, e.Alert.Comment = "closed", "ada|b=c\\d", "planned\nwork"
	if err := o.Send(t.Context(), []tyto.Event{e}); err != nil {
		t.Fatal(err)
	}
	var lines []forwardtest.Line
	for range 6000 {
		if lines = far.Lines(t); len(lines) > 0 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if len(lines) != 1 {
		t.Fatalf("%d lines came", len(lines))
	}
	l := lines[0]
	if l.Priority != "11" || l.Host != "probe-1" || l.App != "tyto" || l.ID != "alert" || !strings.HasPrefix(l.Time, "2026-03-01T12:00:07") {
		t.Errorf("the header was read as %+v", l)
	}
	head, extension, _ := strings.Cut(strings.TrimSpace(l.Message), "|8|")
	if head != "CEF:0|Tyto|Tyto|1|plc-stop|event-00007" {
		t.Errorf("the header of CEF is %q", head)
	}
	want := map[string]string{"rt": "1772366407000", "src": "192.0.2.1", "smac": "00:1b:1b:00:00:01", "dst": "192.0.2.2", "cs1": "T0858", "cs1Label": "techniques",
		"act": "closed", "suser": "ada|b=c\\d", "reason": "planned\nwork", "flexString2": "plant", "app": "s7comm"}
	got := cefFields(extension)
	for k, v := range want {
		if got[k] != v {
			t.Errorf("%s is %q, want %q; of %s", k, got[k], v, extension)
		}
	}
}

func TestSyslogDistrustsStrangers(t *testing.T) {
	folder := t.TempDir()
	issue(t, folder)
	far := forwardtest.StartRsyslog(t, doubles.FreeAddress(), "tls", folder)
	o := open(t, forward.Destination{Syslog: &forward.Syslog{Address: far.Address, Transport: "tls"}})
	defer o.Close()
	if err := o.Send(t.Context(), forwardtest.Alerts(0, 1)); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("a certificate of an unknown authority was taken: %v", err)
	}
}

// TestSyslogHangs has a far end that takes a connection and reads nothing.
func TestSyslogHangs(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	o := open(t, forward.Destination{Syslog: &forward.Syslog{Address: l.Addr().String()}})
	defer o.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := o.Send(ctx, forwardtest.Alerts(0, 40_000)); err == nil {
		t.Error("what nobody reads was taken")
	}
}

// BenchmarkSyslog writes CEF to a far end that reads and forgets.
func BenchmarkSyslog(b *testing.B) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if c, err := l.Accept(); err == nil {
			_, _ = io.Copy(io.Discard, c)
			c.Close()
		}
	}()
	o := open(b, forward.Destination{Syslog: &forward.Syslog{Address: l.Addr().String()}})
	batch := forwardtest.Alerts(0, 500)
	for b.Loop() {
		if err := o.Send(b.Context(), batch); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N*len(batch))/b.Elapsed().Seconds(), "events/s")
	o.Close()
	l.Close()
	<-done
}
