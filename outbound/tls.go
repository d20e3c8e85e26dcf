package outbound

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
)

// TLS says whom to trust, and who we are. There is no way to trust anybody:
// what a far end's own authority signed is trusted by naming its certificate.
type TLS struct {
	CA   string `yaml:"ca,omitempty"`   // file with certificates to trust instead of the system's
	Cert string `yaml:"cert,omitempty"` // file with our certificate, for who asks for one
	Key  string `yaml:"key,omitempty"`  // file with its key
	Name string `yaml:"name,omitempty"` // that the far end's certificate must bear, if not its address
}

// Check finds what cannot be meant.
func (t *TLS) Check(key string, bad Bad) {
	if t != nil && (t.Cert == "") != (t.Key == "") {
		bad(key, "has one of cert and key; want both, or none")
	}
}

// Config reads the files; a nil TLS trusts the system's authorities.
func (t *TLS) Config() (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if t == nil {
		return c, nil
	}
	c.ServerName = t.Name
	if t.CA != "" {
		pem, err := os.ReadFile(t.CA)
		if err != nil {
			return nil, fmt.Errorf("read whom to trust: %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s holds no certificate in PEM", t.CA)
		}
	}
	if t.Cert != "" {
		pair, err := tls.LoadX509KeyPair(t.Cert, t.Key)
		if err != nil {
			return nil, fmt.Errorf("read our certificate: %w", err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}
