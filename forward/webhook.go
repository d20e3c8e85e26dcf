package forward

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"tyto/outbound"
	"tyto/tyto"
)

// Webhook posts a JSON array of events. With a secret, the header
// X-Tyto-Signature says "t=UNIX,v1=HEX": the HMAC-SHA256 of "UNIX.BODY", so
// that the far end can tell that it is ours, and that it is not old.
type Webhook struct {
	URL     string            `yaml:"url"`
	Secret  Secret            `yaml:"secret,omitempty"`
	Token   Secret            `yaml:"token,omitempty"`   // sent as "Authorization: Bearer"
	Format  string            `yaml:"format,omitempty"`  // json (default) or ocsf
	Headers map[string]string `yaml:"headers,omitempty"` // of each request; nothing secret
	TLS     *TLS              `yaml:"tls,omitempty"`
}

var _ product = (*Webhook)(nil)

var headerRule = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

func (w *Webhook) check(kinds []tyto.Kind, bad outbound.Bad) {
	outbound.CheckURL("url", w.URL, bad)
	w.Secret.Check("secret", false, bad)
	w.Token.Check("token", false, bad)
	w.TLS.Check("tls", bad)
	switch w.Format {
	case "", "json", "ocsf":
		checkFormat(w.format(), kinds, bad)
	default:
		bad("format", fmt.Sprintf("%q is neither json nor ocsf", w.Format))
	}
	for k, v := range w.Headers {
		if !headerRule.MatchString(k) || strings.ContainsAny(v, "\r\n") || strings.EqualFold(k, "Authorization") {
			bad("headers", fmt.Sprintf("%q: want letters, digits, '-' and '_', a value of one line, and what is secret as 'token'", k))
		}
	}
}

func (w *Webhook) format() string {
	if w.Format == "" {
		return "json"
	}
	return w.Format
}

func (w *Webhook) open() (Output, error) {
	p, err := outbound.NewClient(w.TLS)
	if err != nil {
		return nil, err
	}
	return &webhookOutput{Client: p, Webhook: *w, line: formats[w.format()].line}, nil
}

type webhookOutput struct {
	*outbound.Client
	Webhook
	line func(*tyto.Event, int) []byte
}

// maxWebhook bounds a body; many receivers take no more than 1 MB.
const maxWebhook = 900 << 10

// Send implements Output.
func (o *webhookOutput) Send(ctx context.Context, events []tyto.Event) error {
	encoded := make([][]byte, len(events))
	for i := range events {
		encoded[i] = o.line(&events[i], valueLength)
	}
	return inPieces(encoded, maxWebhook, mostAtOnce, func(piece [][]byte) error {
		body := append(append([]byte{'['}, bytes.Join(piece, []byte{','})...), ']')
		h, err := o.header(body)
		if err == nil {
			_, err = o.Do(ctx, outbound.Request{URL: o.URL, Header: h, Body: body})
		}
		if err != nil {
			return fmt.Errorf("webhook: %w", err)
		}
		return nil
	})
}

func (o *webhookOutput) header(body []byte) (http.Header, error) {
	h := http.Header{}
	for k, v := range o.Headers {
		h.Set(k, v)
	}
	sum := sha256.Sum256(body)
	h.Set("Content-Type", "application/json")
	h.Set("X-Tyto-Delivery", hex.EncodeToString(sum[:16])) // the same when the same is sent again
	secret, err := o.Secret.Read()
	if err != nil {
		return nil, err
	}
	if secret != "" {
		h.Set("X-Tyto-Signature", sign(secret, time.Now(), body))
	}
	token, err := o.Token.Read()
	if err != nil {
		return nil, err
	}
	if token != "" {
		h.Set("Authorization", "Bearer "+token)
	}
	return h, nil
}

func sign(secret string, at time.Time, body []byte) string {
	t := strconv.FormatInt(at.Unix(), 10)
	m := hmac.New(sha256.New, []byte(secret))
	m.Write([]byte(t + "."))
	m.Write(body)
	return "t=" + t + ",v1=" + hex.EncodeToString(m.Sum(nil))
}
