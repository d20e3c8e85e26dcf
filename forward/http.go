package forward

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

// poster posts bodies to one far end.
type poster struct {
	client *http.Client
	answer string // the last, in one line
}

// newPoster goes nowhere else than where it is told: a redirect is an answer.
func newPoster(t *TLS) (*poster, error) {
	config, err := t.config()
	if err != nil {
		return nil, err
	}
	transport := &http.Transport{TLSClientConfig: config, Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: 2, IdleConnTimeout: time.Minute,
		ForceAttemptHTTP2: true, DisableCompression: true}
	return &poster{client: &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}, nil
}

// Close ends idle connections.
func (p *poster) Close() error {
	p.client.CloseIdleConnections()
	return nil
}

// Answer implements Answerer.
func (p *poster) Answer() string { return p.answer }

// statusError is an answer that is not the one that was hoped for.
type statusError struct {
	status int
	text   string
	after  time.Duration
}

func (e *statusError) Error() string { return e.text }

// content reports whether it is what was sent that is wrong, and will be
// when it is sent again. All else may pass: a wrong token, a busy server.
func (e *statusError) content() bool {
	switch e.status {
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		return true
	}
	return false
}

// maxAnswer bounds what is read of an answer.
const maxAnswer = 64 << 10

// post sends a body, and returns the answer's if its status is of 200 to 299.
func (p *poster) post(ctx context.Context, to string, header http.Header, body []byte, zip bool) ([]byte, error) {
	if zip {
		header.Set("Content-Encoding", "gzip")
		body = zipped(body)
	}
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	q.Header = header
	q.Header.Set("User-Agent", "tyto")
	r, err := p.client.Do(q)
	if err != nil {
		p.answer = oneLine(err.Error(), maxReason)
		return nil, err
	}
	defer r.Body.Close()
	text, err := io.ReadAll(io.LimitReader(r.Body, maxAnswer))
	if err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	p.answer = oneLine("HTTP "+r.Status+" "+string(text), maxReason)
	if r.StatusCode < 200 || r.StatusCode > 299 {
		return text, &statusError{r.StatusCode, p.answer, retryAfter(r.Header.Get("Retry-After"))}
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

// retryAfter is the wait that a header asks for, in seconds or until a time
// (RFC 9110, section 10.2.3).
func retryAfter(s string) time.Duration {
	if n, err := strconv.Atoi(s); err == nil {
		return time.Duration(min(max(n, 0), 86400)) * time.Second
	}
	if at, err := http.ParseTime(s); err == nil {
		return max(0, time.Until(at))
	}
	return 0
}

// checkURL finds what is no address to send to. Without TLS everybody on the
// way could read a token, so that only loopback may do without.
func checkURL(key, text string, bad func(key, why string)) {
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

// inPieces sends encoded events in pieces of at most limit bytes and most
// events. A piece whose content is refused is halved, until the event is
// found that is at fault.
func inPieces(encoded [][]byte, limit, most int, send func(piece [][]byte) error) error {
	for done := 0; done < len(encoded); {
		n, size := 0, 0
		for done+n < len(encoded) && n < most && (n == 0 || size+len(encoded[done+n]) <= limit) {
			size += len(encoded[done+n])
			n++
		}
		if n == 1 && size > limit {
			return &Failure{Err: fmt.Errorf("the event takes %d bytes, and %d are allowed", size, limit), Sent: done, Refused: true}
		}
		err := send(encoded[done : done+n])
		refused, after := judged(err)
		switch {
		case err == nil:
			done += n
		case refused && n > 1:
			most = n / 2
		default:
			return &Failure{Err: err, Sent: done, Refused: refused, After: after}
		}
	}
	return nil
}

// judged is what an error of a post means.
func judged(err error) (refused bool, after time.Duration) {
	var s *statusError
	if errors.As(err, &s) {
		return s.content(), s.after
	}
	return false, 0
}

// mostAtOnce bounds the events of a request.
const mostAtOnce = 500
