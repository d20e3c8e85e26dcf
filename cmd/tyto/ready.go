package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

type readyCommand struct {
	URL string `arg:"" optional:"" placeholder:"URL" help:"Where a hub or a sensor answers (default the configuration's listen)."`
}

// Help is what --help adds.
func (readyCommand) Help() string {
	return `Examples:
  tyto ready                                   whether the hub on this machine is ready; exit status 1 if not
  tyto ready http://127.0.0.1:9109             the same of a sensor that was started with --metrics

It is for containers, which have no other program to ask with. On loopback any certificate will do.`
}

// readyTime bounds how long the answer may take.
const readyTime = 5 * time.Second

// Run asks.
func (r *readyCommand) Run(ctx context.Context, s streams, c *commands) error {
	set, err := loadSettings(c.Config)
	if err != nil {
		return err
	}
	all := []string{r.URL}
	if r.URL == "" {
		all = []string{"https://" + here(set.Listen), "http://" + here(set.Listen)}
	}
	var errs []error
	for _, base := range all {
		said, err := ask(ctx, base)
		if err == nil {
			fmt.Fprintln(s.out, said)
			return nil
		}
		errs = append(errs, err)
	}
	if len(errs) > 1 && errs[0].Error() == errs[1].Error() {
		errs = errs[:1] // nobody listens there, with TLS or without
	}
	return fmt.Errorf("not ready: %w", errors.Join(errs...))
}

// here is an address as this machine reaches it.
func here(listen string) string { return instead(listen, "127.0.0.1") }

// instead is an address with a name for the host, if it says all hosts.
func instead(listen, name string) string {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return listen
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = name
	}
	return net.JoinHostPort(host, port)
}

// ask asks /readyz below an address, and returns what it says.
func ask(ctx context.Context, base string) (string, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" {
		return "", usageError{fmt.Errorf("%q is no address such as https://127.0.0.1:9443", base)}
	}
	ip := net.ParseIP(u.Hostname())
	loopback := u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
	t := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: loopback}, DisableKeepAlives: true} // nobody is between this machine and itself
	ctx, cancel := context.WithTimeout(ctx, readyTime)
	defer cancel()
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, u.JoinPath("readyz").String(), nil)
	if err != nil {
		return "", err
	}
	answer, err := t.RoundTrip(q)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	said, err := io.ReadAll(io.LimitReader(answer.Body, 200))
	if err != nil {
		return "", err
	}
	if answer.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s: %s", q.URL, strings.TrimSpace(string(said)))
	}
	return strings.TrimSpace(string(said)), nil
}
