package outbound

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/klauspost/compress/gzip"
)

// A Client asks one far end. It belongs to one goroutine at a time.
type Client struct {
	http   *http.Client
	answer string
}

// longest is how long a question may take with its answer, if its context
// does not end before: more than a hunting query of Defender may, 200 s.
const longest = 4 * time.Minute

// NewClient goes nowhere else than where it is told: a redirect is an answer.
func NewClient(t *TLS) (*Client, error) {
	config, err := t.Config()
	if err != nil {
		return nil, err
	}
	transport := &http.Transport{TLSClientConfig: config, Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: 2, IdleConnTimeout: time.Minute,
		ForceAttemptHTTP2: true, DisableCompression: true}
	return &Client{http: &http.Client{Transport: transport, Timeout: longest, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}, nil
}

// Close ends idle connections.
func (c *Client) Close() error {
	c.http.CloseIdleConnections()
	return nil
}

// Answer is what the far end answered last, in one line.
func (c *Client) Answer() string { return c.answer }

// A StatusError is an answer that is not the one that was hoped for.
type StatusError struct {
	Status int
	Text   string        // the answer in one line
	Setup  bool          // it is the far end's set-up, or ours, that is wrong, and that is mended; not what was sent
	After  time.Duration // the far end wants to be left alone for so long; 0 if it did not say
}

// Error implements error.
func (e *StatusError) Error() string { return e.Text }

// A Request is one question.
type Request struct {
	Method string // POST by default
	URL    string
	Header http.Header // may be nil
	Body   []byte
	Zip    bool  // gzip the body
	Limit  int64 // of the answer, in bytes; 64 KiB by default
}

// maxAnswer bounds what is read of an answer, if the Request does not.
const maxAnswer = 64 << 10

// Do asks, and returns the answer's body if its status is of 200 to 299, else
// a *StatusError with it.
func (c *Client) Do(ctx context.Context, r Request) ([]byte, error) {
	if r.Method == "" {
		r.Method = http.MethodPost
	}
	if r.Header == nil {
		r.Header = http.Header{}
	}
	if r.Limit == 0 {
		r.Limit = maxAnswer
	}
	if r.Zip {
		r.Header.Set("Content-Encoding", "gzip")
		r.Body = zipped(r.Body)
	}
	q, err := http.NewRequestWithContext(ctx, r.Method, r.URL, bytes.NewReader(r.Body))
	if err != nil {
		return nil, err
	}
	q.Header = r.Header
	q.Header.Set("User-Agent", "tyto")
	a, err := c.http.Do(q)
	var failed *url.Error
	if errors.As(err, &failed) {
		failed.URL = q.URL.Scheme + "://" + q.URL.Host // path and query of a webhook may be its secret
	}
	if err != nil {
		c.answer = OneLine(err.Error(), MaxReason)
		return nil, err
	}
	defer a.Body.Close()
	text, err := io.ReadAll(io.LimitReader(a.Body, r.Limit+1))
	if err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	c.answer = OneLine("HTTP "+a.Status+" "+string(text[:min(len(text), 4*MaxReason)]), MaxReason)
	if a.StatusCode < 200 || a.StatusCode > 299 {
		return text, &StatusError{Status: a.StatusCode, Text: c.answer, After: RetryAfter(a.Header.Get("Retry-After"))}
	}
	if int64(len(text)) > r.Limit {
		return nil, fmt.Errorf("the answer has more than %d bytes", r.Limit)
	}
	return text, nil
}

func zipped(b []byte) []byte {
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	_, _ = w.Write(b) // a buffer takes all
	_ = w.Close()
	return z.Bytes()
}

// longestAfter is the longest wait that is believed.
const longestAfter = 24 * time.Hour

// RetryAfter is the wait that a header asks for, in seconds or until a time
// (RFC 9110, section 10.2.3).
func RetryAfter(s string) time.Duration {
	if n, err := strconv.Atoi(s); err == nil {
		return min(time.Duration(min(max(n, 0), 1<<30))*time.Second, longestAfter)
	}
	if at, err := http.ParseTime(s); err == nil {
		return min(max(0, time.Until(at)), longestAfter)
	}
	return 0
}

// CheckURL finds what is no address to send to. Without TLS everybody on the
// way could read a token, so that only loopback may do without.
func CheckURL(key, text string, bad Bad) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		bad(key, fmt.Sprintf("%q is no address; want https://HOST", text))
	case u.User != nil:
		bad(key, "holds a password; name it as a secret")
	case u.Scheme == "http" && u.Hostname() != "localhost" && u.Hostname() != "127.0.0.1" && u.Hostname() != "::1":
		bad(key, "is without TLS, and the secret would travel readable; want https://")
	}
}
