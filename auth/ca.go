package auth

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"tyto/tyto"
)

// How long certificates are good.
const (
	authorityLife = 20 * 365 * 24 * time.Hour
	serverLife    = 90 * 24 * time.Hour
	sensorLife    = 30 * 24 * time.Hour
	renewGrace    = 7 * 24 * time.Hour // after it expired, a certificate still gets another
	clockSkew     = time.Hour          // by which a sensor's clock may be late
)

// AuthorityStore is where the authority lives; store.Store is one.
type AuthorityStore interface {
	Authority(ctx context.Context) (tyto.Authority, bool, error)
	PutAuthority(ctx context.Context, a tyto.Authority) (tyto.Authority, error)
}

// A CA is the certificate authority that hubs of one store share. It signs
// sensors' certificates, and the certificate that the hubs show to sensors.
// It is safe for concurrent use.
type CA struct {
	cert   *x509.Certificate
	key    *ecdsa.PrivateKey
	now    func() time.Time
	mu     sync.Mutex // guards what follows
	server *tls.Certificate
	host   string
}

// SecretFile is the file, in the folder of a hub's data, that opens the
// authority's key. The key itself is in the store, so that all hubs of a
// store have one authority, sealed with what this file holds, so that a copy
// of the database, such as a backup, is not enough to make sensors.
const SecretFile = "sensors.secret"

// OpenCA is the authority of a store; the first hub makes it. The secret that
// opens it lies in a file of mode 0600.
func OpenCA(ctx context.Context, s AuthorityStore, secret string, now func() time.Time) (*CA, error) {
	kept, found, err := s.Authority(ctx)
	if err != nil {
		return nil, fmt.Errorf("auth: the authority: %w", err)
	}
	seal, err := openSeal(secret, !found)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("auth: the store holds the authority for sensors, and %s, which opens it, is not there: put it back, or copy it from another hub of this store", secret)
	}
	if err != nil {
		return nil, fmt.Errorf("auth: %w", err)
	}
	if !found {
		made, err := newAuthority(seal, now())
		if err != nil {
			return nil, fmt.Errorf("auth: make the authority: %w", err)
		}
		if kept, err = s.PutAuthority(ctx, made); err != nil {
			return nil, fmt.Errorf("auth: the authority: %w", err)
		}
	}
	cert, err := x509.ParseCertificate(kept.Certificate)
	if err != nil {
		return nil, fmt.Errorf("auth: the authority: %w", err)
	}
	key, err := unseal(seal, kept.Key)
	if err != nil {
		return nil, fmt.Errorf("auth: %s does not open the authority for sensors in the store (%w): put the right one back, or copy it from another hub of this store", secret, err)
	}
	return &CA{cert: cert, key: key, now: now}, nil
}

// openSeal reads the secret, and makes it if it may.
func openSeal(path string, may bool) (cipher.AEAD, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) && may {
		var b [32]byte
		rand.Read(b[:]) // never fails, see crypto/rand
		text = []byte(hex.EncodeToString(b[:]) + "\n")
		err = writeNew(path, text)
	}
	if err != nil {
		return nil, err
	}
	secret, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(secret) != 32 {
		return nil, fmt.Errorf("%s: want 64 hexadecimal digits", path)
	}
	block, err := aes.NewCipher(secret)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// writeNew makes a file that was not there, on disk when it returns.
func writeNew(path string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Sync(), f.Close())
}

var sealedFor = []byte("tyto authority for sensors")

func newAuthority(seal cipher.AEAD, now time.Time) (a tyto.Authority, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return a, err
	}
	t := &x509.Certificate{SerialNumber: serial(), Subject: pkix.Name{CommonName: "Tyto authority for sensors"}, NotBefore: now.Add(-clockSkew), NotAfter: now.Add(authorityLife),
		KeyUsage: x509.KeyUsageCertSign, BasicConstraintsValid: true, IsCA: true, MaxPathLenZero: true}
	if a.Certificate, err = x509.CreateCertificate(rand.Reader, t, t, key.Public(), key); err != nil {
		return a, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	a.Key = seal.Seal(nil, nil, der, sealedFor)
	return a, err
}

func unseal(seal cipher.AEAD, sealed []byte) (*ecdsa.PrivateKey, error) {
	der, err := seal.Open(nil, nil, sealed, sealedFor)
	if err != nil {
		return nil, err
	}
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, err
	}
	ec, ok := key.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("it is a %T", key)
	}
	return ec, nil
}

func serial() *big.Int {
	n, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		panic("auth: " + err.Error()) // never fails, see crypto/rand
	}
	return n.SetBit(n, 126, 1) // positive, and always as long
}

// Certificate is the authority's certificate (DER).
func (c *CA) Certificate() []byte { return c.cert.Raw }

// Pin is the SHA-256 of the authority's certificate, by which sensors know
// their hub.
func (c *CA) Pin() [32]byte { return sha256.Sum256(c.cert.Raw) }

// ErrRequest says that a certificate signing request is none that can be signed.
var ErrRequest = errors.New("auth: the certificate signing request is not right: want one for an ECDSA key on P-256")

// sign makes a certificate for the key of a request. What the request wants to
// be called does not count.
func (c *CA) sign(csr []byte, sensor string) (*x509.Certificate, error) {
	request, err := x509.ParseCertificateRequest(csr)
	if err != nil {
		return nil, fmt.Errorf("%w (%w)", ErrRequest, err)
	}
	key, ok := request.PublicKey.(*ecdsa.PublicKey)
	if !ok || key.Curve != elliptic.P256() {
		return nil, ErrRequest
	}
	if err := request.CheckSignature(); err != nil {
		return nil, fmt.Errorf("%w (%w)", ErrRequest, err)
	}
	now := c.now()
	t := &x509.Certificate{SerialNumber: serial(), Subject: pkix.Name{CommonName: sensor}, URIs: []*url.URL{{Scheme: "tyto", Host: "sensor", Path: "/" + sensor}},
		NotBefore: now.Add(-clockSkew), NotAfter: now.Add(sensorLife), KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, t, c.cert, key, c.key)
	if err != nil {
		return nil, fmt.Errorf("auth: sign: %w", err)
	}
	return x509.ParseCertificate(der)
}

// issued reports whether a certificate is one for sensors by this authority.
// When it is good is not looked at.
func (c *CA) issued(cert *x509.Certificate) bool {
	roots := x509.NewCertPool()
	roots.AddCert(c.cert)
	_, err := cert.Verify(x509.VerifyOptions{Roots: roots, CurrentTime: cert.NotAfter, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	return err == nil
}

// TLS is the server's side towards sensors: name is what its certificate
// says. Whether a sensor's certificate is good is asked at each request and
// not when it connects; one that expired a little may still be renewed.
func (c *CA) TLS(name string) *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS13, NextProtos: []string{"h2", "http/1.1"}, ClientAuth: tls.RequestClientCert, Time: c.now,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.serverPair(name) }}
}

// serverPair is the hub's certificate towards sensors; its key is in memory
// alone, and new after a while.
func (c *CA) serverPair(name string) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	if c.server != nil && c.host == name && now.Before(c.server.Leaf.NotAfter.Add(-serverLife/3)) && now.After(c.server.Leaf.NotBefore) {
		return c.server, nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	t := &x509.Certificate{SerialNumber: serial(), Subject: pkix.Name{CommonName: "Tyto hub"}, DNSNames: []string{name}, NotBefore: now.Add(-clockSkew), NotAfter: now.Add(serverLife),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, t, c.cert, key.Public(), c.key)
	if err != nil {
		return nil, err
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	c.server, c.host = &tls.Certificate{Certificate: [][]byte{der, c.cert.Raw}, PrivateKey: key, Leaf: leaf}, name
	return c.server, nil
}
