package hub

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net/netip"
	"os"
	"path/filepath"
	"time"
)

// TLSFiles is the server's side of TLS with a certificate and its key, in PEM.
func TLSFiles(cert, key string) (*tls.Config, error) {
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return nil, fmt.Errorf("hub: certificate %s with key %s: %w", cert, key, err)
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}, Certificates: []tls.Certificate{pair}}, nil
}

// selfSignedFor is how long a certificate of our own is good; a new one is
// made when less than a month is left.
const selfSignedFor = 397 * 24 * time.Hour

// SelfSigned is TLS with a certificate that the hub signs itself, kept in a
// folder, for names and addresses. The fingerprint, SHA-256 in hex, is for
// people to compare with what their browser shows.
func SelfSigned(folder string, hosts []string, now time.Time) (c *tls.Config, fingerprint string, err error) {
	cert, key := filepath.Join(folder, "hub.crt"), filepath.Join(folder, "hub.key")
	c, err = TLSFiles(cert, key)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, "", err
	}
	if err != nil || c.Certificates[0].Leaf.NotAfter.Sub(now) < 30*24*time.Hour {
		if err := sign(cert, key, hosts, now); err != nil {
			return nil, "", fmt.Errorf("hub: make a certificate: %w", err)
		}
		if c, err = TLSFiles(cert, key); err != nil {
			return nil, "", err
		}
	}
	sum := sha256.Sum256(c.Certificates[0].Leaf.Raw)
	return c, fmt.Sprintf("%x", sum), nil
}

func sign(cert, key string, hosts []string, now time.Time) error {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return err
	}
	t := x509.Certificate{SerialNumber: serial, Subject: pkix.Name{CommonName: "Tyto hub"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(selfSignedFor),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, BasicConstraintsValid: true}
	for _, h := range hosts {
		if h == "" { // listening on all addresses names none
			continue
		}
		if a, err := netip.ParseAddr(h); err == nil {
			t.IPAddresses = append(t.IPAddresses, a.AsSlice())
		} else {
			t.DNSNames = append(t.DNSNames, h)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, &t, &t, private.Public(), private)
	if err != nil {
		return err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return err
	}
	if err := os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600); err != nil {
		return err
	}
	return os.WriteFile(cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o644)
}
