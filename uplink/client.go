package uplink

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// When a certificate is renewed, and until when that is possible.
const (
	CertificateLife = 30 * 24 * time.Hour
	RenewAfter      = 20 * 24 * time.Hour
	RenewGrace      = 7 * 24 * time.Hour // after it expired
	renewCheck      = time.Hour
)

// JoinRequest is what a sensor sends to join.
type JoinRequest struct {
	Secret  []byte `json:"secret"`
	Request []byte `json:"request"` // CSR, DER
}

// RenewRequest is what a sensor sends for a new certificate.
type RenewRequest struct {
	Request []byte `json:"request"` // CSR, DER, with the same key
}

// Certified is the hub's answer to both.
type Certified struct {
	Sensor      string `json:"sensor"`
	Zone        string `json:"zone"`
	Certificate []byte `json:"certificate"` // DER
}

// maxAnswer bounds what is read of a hub's answer.
const maxAnswer = 64 << 10

// Join makes a key, has the hub that a token names sign it, and saves the
// identity in a folder.
func Join(ctx context.Context, t Token, folder string, now func() time.Time) (*Identity, error) {
	key, err := newKey()
	if err != nil {
		return nil, err
	}
	csr, err := requestFor(key)
	if err != nil {
		return nil, err
	}
	var authority *x509.Certificate
	client, end := newHTTP(pinned(t.Pin, now, &authority))
	defer end()
	var c Certified
	if err := ask(ctx, client, t.Hub, PathJoin, &JoinRequest{Secret: t.Secret[:], Request: csr}, &c); err != nil {
		return nil, err
	}
	id, err := identityOf(&c, t.Hub, key, authority)
	if err != nil {
		return nil, err
	}
	return id, id.Save(folder)
}

// identityOf checks what the hub certified.
func identityOf(c *Certified, hub string, key *ecdsa.PrivateKey, authority *x509.Certificate) (*Identity, error) {
	leaf, err := x509.ParseCertificate(c.Certificate)
	if err != nil {
		return nil, fmt.Errorf("uplink: the hub's answer: %w", err)
	}
	if err := leaf.CheckSignatureFrom(authority); err != nil {
		return nil, fmt.Errorf("uplink: the hub's answer: %w", err)
	}
	if !key.PublicKey.Equal(leaf.PublicKey) {
		return nil, errors.New("uplink: the hub's answer certifies another key")
	}
	return &Identity{Sensor: c.Sensor, Zone: c.Zone, Hub: hub, Authority: authority,
		Pair: tls.Certificate{Certificate: [][]byte{leaf.Raw}, PrivateKey: key, Leaf: leaf}}, nil
}

// newHTTP is a client over HTTP/2 alone; one connection carries all.
func newHTTP(c *tls.Config) (client *http.Client, end func()) {
	t := &http.Transport{TLSClientConfig: c, Protocols: new(http.Protocols), TLSHandshakeTimeout: 10 * time.Second, DialContext: (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
		HTTP2: &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 10 * time.Second, WriteByteTimeout: 30 * time.Second}}
	t.Protocols.SetHTTP2(true)
	return &http.Client{Transport: t, Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, t.CloseIdleConnections
}

// ask sends JSON and reads JSON.
func ask(ctx context.Context, client *http.Client, hub, path string, question, answer any) error {
	body, err := json.Marshal(question)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://"+hub+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	got, err := client.Do(r)
	if err != nil {
		return fmt.Errorf("uplink: %w", err)
	}
	defer got.Body.Close()
	text, err := io.ReadAll(io.LimitReader(got.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("uplink: %w", err)
	}
	if got.StatusCode != http.StatusOK {
		return statusError(got, text)
	}
	if err := json.Unmarshal(text, answer); err != nil {
		return fmt.Errorf("uplink: the hub's answer: %w", err)
	}
	return nil
}

// statusError is what an answer other than 200 means.
func statusError(got *http.Response, body []byte) error {
	reason := fmt.Sprintf("the hub answers %d", got.StatusCode)
	if text := strings.TrimSpace(strings.ToValidUTF8(string(body), "")); text != "" {
		reason += ": " + strconv.QuoteToGraphic(text[:min(len(text), 300)])
	}
	switch got.StatusCode {
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity:
		return &RefusedError{reason}
	case http.StatusUnauthorized, http.StatusForbidden:
		return &RetryError{After: time.Minute, Reason: reason, Hint: "join again with a new token: tyto hub token, then tyto sensor join TOKEN"}
	}
	e := &RetryError{Reason: reason}
	if n, err := strconv.Atoi(got.Header.Get("Retry-After")); err == nil && n > 0 {
		e.After = time.Duration(min(n, 1<<20)) * time.Second
	}
	return e
}

// A Client speaks to the hub for a sensor. It implements Link.
type Client struct {
	folder string
	now    func() time.Time
	log    *slog.Logger

	stale chan struct{} // a token when the hub does not know the certificate any more

	mu   sync.Mutex // guards what follows
	id   *Identity
	http *http.Client
	end  func()
}

// NewClient is a client with an identity of a folder.
func NewClient(folder string, id *Identity, now func() time.Time, log *slog.Logger) *Client {
	c := &Client{folder: folder, now: now, log: log, stale: make(chan struct{}, 1)}
	c.use(id)
	return c
}

// use makes an identity the one that is shown to the hub, from the next
// connection on, and there is a next one.
func (c *Client) use(id *Identity) {
	config := trust(id.Authority, c.now)
	config.Certificates = []tls.Certificate{id.Pair}
	client, end := newHTTP(config)
	c.mu.Lock()
	old := c.end
	c.id, c.http, c.end = id, client, end
	c.mu.Unlock()
	if old != nil {
		old()
	}
}

func (c *Client) current() (*Identity, *http.Client) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.id, c.http
}

// Close closes connections that nobody uses.
func (c *Client) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.end()
}

// Send implements Link.
func (c *Client) Send(ctx context.Context, b *Batch) error {
	id, client := c.current()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://"+id.Hub+PathBatches, bytes.NewReader(b.Body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", ContentType)
	r.Header.Set("Content-Encoding", ContentCoding)
	for name, n := range map[string]uint64{HeaderEpoch: b.Epoch, HeaderSeq: b.Seq, HeaderFloor: b.Floor, HeaderEvents: uint64(b.Events)} {
		r.Header.Set(name, strconv.FormatUint(n, 10))
	}
	got, err := client.Do(r)
	if err != nil {
		return fmt.Errorf("uplink: %w", err)
	}
	defer got.Body.Close()
	body, err := io.ReadAll(io.LimitReader(got.Body, maxAnswer))
	if got.StatusCode == http.StatusUnauthorized {
		select {
		case c.stale <- struct{}{}:
		default:
		}
	}
	if got.StatusCode != http.StatusOK {
		return statusError(got, body)
	}
	return err
}

// Keep renews the certificate when it is time, and when the hub does not take
// it any more, until ctx is done.
func (c *Client) Keep(ctx context.Context) error {
	t := time.NewTicker(renewCheck)
	defer t.Stop()
	for {
		if id, _ := c.current(); !c.now().Before(id.Pair.Leaf.NotBefore.Add(RenewAfter)) {
			if err := c.Renew(ctx); err != nil && ctx.Err() == nil {
				c.log.WarnContext(ctx, "cannot renew the certificate; trying on", "expires", id.Pair.Leaf.NotAfter, "err", err)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-t.C:
		case <-c.stale:
		}
	}
}

// Renew gets a new certificate for the same key.
func (c *Client) Renew(ctx context.Context) error {
	id, client := c.current()
	key := id.Pair.PrivateKey.(*ecdsa.PrivateKey)
	csr, err := requestFor(key)
	if err != nil {
		return err
	}
	var answer Certified
	if err := ask(ctx, client, id.Hub, PathCertificate, &RenewRequest{csr}, &answer); err != nil {
		return err
	}
	fresh, err := identityOf(&answer, id.Hub, key, id.Authority)
	if err != nil {
		return err
	}
	if err := fresh.Save(c.folder); err != nil {
		return fmt.Errorf("uplink: the new certificate: %w", err)
	}
	c.use(fresh)
	c.log.InfoContext(ctx, "certificate renewed", "expires", fresh.Pair.Leaf.NotAfter)
	return nil
}
