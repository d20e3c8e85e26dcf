package uplink

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// An Identity is who a sensor is to its hub, and by what it knows it.
type Identity struct {
	Sensor string
	Zone   string
	Hub    string // HOST:PORT
	Pair   tls.Certificate
	// Authority is what the hub's certificate must be signed with.
	Authority *x509.Certificate
}

// identityFile holds an identity, its key included, so that key and
// certificate never differ: mode 0600.
const identityFile = "identity.json"

// stored is an Identity as it is stored, and, without the key, as a hub signs it.
type stored struct {
	Sensor      string `json:"sensor"`
	Zone        string `json:"zone"`
	Hub         string `json:"hub"`
	Certificate string `json:"certificate"` // PEM
	Authority   string `json:"authority"`   // PEM
	Key         string `json:"key,omitempty"`
}

// Load is the identity that a folder holds. If there is none, the error is
// fs.ErrNotExist.
func Load(folder string) (*Identity, error) {
	path := filepath.Join(folder, identityFile)
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	id, err := parseIdentity(text, nil)
	if err != nil {
		return nil, fmt.Errorf("uplink: %s: %w; join again with a new token", path, err)
	}
	return id, nil
}

// parseIdentity reads what was stored; the key may come from elsewhere.
func parseIdentity(text []byte, key *ecdsa.PrivateKey) (*Identity, error) {
	var s stored
	if err := json.Unmarshal(text, &s); err != nil {
		return nil, err
	}
	if err := CheckAddress(s.Hub); err != nil {
		return nil, err
	}
	if key == nil {
		var err error
		if key, err = parseKey(s.Key); err != nil {
			return nil, err
		}
	}
	leaf, err := parseCertificate(s.Certificate)
	if err != nil {
		return nil, err
	}
	authority, err := parseCertificate(s.Authority)
	if err != nil {
		return nil, err
	}
	if err := leaf.CheckSignatureFrom(authority); err != nil {
		return nil, fmt.Errorf("the certificate is not of the authority beside it: %w", err)
	}
	if !key.PublicKey.Equal(leaf.PublicKey) {
		return nil, errors.New("key and certificate do not belong together")
	}
	return &Identity{Sensor: s.Sensor, Zone: s.Zone, Hub: s.Hub, Authority: authority,
		Pair: tls.Certificate{Certificate: [][]byte{leaf.Raw}, PrivateKey: key, Leaf: leaf}}, nil
}

func parseCertificate(text string) (*x509.Certificate, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil || block.Type != "CERTIFICATE" {
		return nil, errors.New("there is no certificate in PEM")
	}
	return x509.ParseCertificate(block.Bytes)
}

func parseKey(text string) (*ecdsa.PrivateKey, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil || block.Type != "PRIVATE KEY" {
		return nil, errors.New("there is no key in PEM")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	ec, ok := key.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("the key is a %T, not ECDSA", key)
	}
	return ec, nil
}

func pemText(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func keyText(key *ecdsa.PrivateKey) (string, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	return pemText("PRIVATE KEY", der), err
}

// Save puts the identity into a folder, in place of one that is there.
func (id *Identity) Save(folder string) error {
	key, err := keyText(id.Pair.PrivateKey.(*ecdsa.PrivateKey))
	if err != nil {
		return err
	}
	return writeSecret(filepath.Join(folder, identityFile), &stored{Sensor: id.Sensor, Zone: id.Zone, Hub: id.Hub, Key: key,
		Certificate: pemText("CERTIFICATE", id.Pair.Certificate[0]), Authority: pemText("CERTIFICATE", id.Authority.Raw)})
}

// writeSecret writes a file that is whole or not there, for nobody else's eyes.
func writeSecret(path string, content any) error {
	text, err := json.MarshalIndent(content, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(append(text, '\n'))
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// newKey is a key of a sensor.
func newKey() (*ecdsa.PrivateKey, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) }

// requestFor is a certificate signing request (DER). What the certificate
// says is the hub's to decide.
func requestFor(key *ecdsa.PrivateKey) ([]byte, error) {
	return x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: "tyto sensor"}}, key)
}

// The files of joining without a network.
const pendingFile = "pending.json"

type pending struct {
	Key string `json:"key"`
}

// Request makes a key, keeps it in the folder, and returns what a hub is to
// sign: text that is no secret.
func Request(folder string) ([]byte, error) {
	key, err := newKey()
	if err != nil {
		return nil, err
	}
	text, err := keyText(key)
	if err != nil {
		return nil, err
	}
	if err := writeSecret(filepath.Join(folder, pendingFile), &pending{text}); err != nil {
		return nil, err
	}
	der, err := requestFor(key)
	return []byte(pemText("CERTIFICATE REQUEST", der)), err
}

// Answer takes what a hub made of a Request, and saves the identity.
func Answer(folder string, answer []byte) (*Identity, error) {
	path := filepath.Join(folder, pendingFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("uplink: there is no request in %s; make one with --request FILE, and have that signed", folder)
	}
	if err != nil {
		return nil, err
	}
	var p pending
	if err := json.Unmarshal(text, &p); err != nil {
		return nil, fmt.Errorf("uplink: %s: %w", path, err)
	}
	key, err := parseKey(p.Key)
	if err != nil {
		return nil, fmt.Errorf("uplink: %s: %w", path, err)
	}
	id, err := parseIdentity(answer, key)
	if err != nil {
		return nil, fmt.Errorf("uplink: the answer: %w; it must be of the request that was made here last", err)
	}
	if err := id.Save(folder); err != nil {
		return nil, err
	}
	return id, os.Remove(path)
}

// Signed is the answer to a request, as a hub writes it.
func Signed(sensor, zone, hub string, certificate, authority []byte) ([]byte, error) {
	text, err := json.MarshalIndent(&stored{Sensor: sensor, Zone: zone, Hub: hub,
		Certificate: pemText("CERTIFICATE", certificate), Authority: pemText("CERTIFICATE", authority)}, "", "  ")
	return append(text, '\n'), err
}

// ParseRequest is the certificate signing request (DER) in a file of Request.
func ParseRequest(text []byte) ([]byte, error) {
	block, _ := pem.Decode(text)
	if block == nil || block.Type != "CERTIFICATE REQUEST" {
		return nil, errors.New("uplink: this is no request of 'tyto sensor join --request'")
	}
	return block.Bytes, nil
}

// trust is TLS towards a hub whose certificate must be signed by the
// authority: whatever address it has.
func trust(authority *x509.Certificate, now func() time.Time) *tls.Config {
	roots := x509.NewCertPool()
	roots.AddCert(authority)
	return &tls.Config{MinVersion: tls.VersionTLS13, ServerName: ServerName, RootCAs: roots, Time: now, NextProtos: []string{"h2"}}
}

// pinned is TLS towards a hub of which only the fingerprint of its authority
// is known; learned is set to that.
func pinned(pin [32]byte, now func() time.Time, learned **x509.Certificate) *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS13, ServerName: ServerName, Time: now, NextProtos: []string{"h2"},
		InsecureSkipVerify: true, // the next line verifies, by the pin
		VerifyConnection: func(s tls.ConnectionState) error {
			for _, c := range s.PeerCertificates {
				if sha256.Sum256(c.Raw) != pin {
					continue
				}
				roots := x509.NewCertPool()
				roots.AddCert(c)
				_, err := s.PeerCertificates[0].Verify(x509.VerifyOptions{Roots: roots, DNSName: ServerName, CurrentTime: now(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
				*learned = c
				return err
			}
			return errors.New("uplink: this is not the hub that made the token: its certificate is another. Is somebody in between, or the address wrong?")
		}}
}
