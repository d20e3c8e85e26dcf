// Command doubles serves the doubles of Splunk, Azure Monitor, ServiceNow,
// Microsoft Graph, Defender for Endpoint and a webhook's receiver on loopback,
// for a hub that is tried out without the products.
//
//	go run ./lab/cmd/doubles -port 9400
//
// Each has a port of its own, from that one on, which it prints with the
// secrets that it knows; GET /double/received on it is what it took, a JSON
// array of texts.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"tyto/lab/doubles"
)

// double is what all doubles can do.
type double interface {
	http.Handler
	Received() []string
}

func main() {
	first := flag.Int("port", 9400, "the first port")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *first); err != nil {
		fmt.Fprintln(os.Stderr, "doubles:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, port int) error {
	microsoft := fmt.Sprintf("tenant %s, client %s, secret %s", doubles.Tenant, doubles.App, doubles.Secret)
	all, running := errgroup.WithContext(ctx)
	for i, d := range []struct {
		name, knows string
		double      double
	}{
		{"splunk", "token " + doubles.SplunkToken, doubles.Splunk(false)}, {"splunk with acknowledgement", "token " + doubles.SplunkToken, doubles.Splunk(true)},
		{"azure", "rule " + doubles.Rule + ", " + microsoft, doubles.Azure()},
		{"servicenow", fmt.Sprintf("user %s, password %q; client %s, secret %s", doubles.SnowUser, doubles.SnowPassword, doubles.SnowClient, doubles.SnowSecret), doubles.ServiceNow()},
		{"graph", microsoft, doubles.Graph()}, {"mde", microsoft, doubles.MDE()}, {"hook", "nothing", doubles.Hook()},
	} {
		s := &http.Server{Addr: fmt.Sprintf("127.0.0.1:%d", port+i), Handler: told(d.double), ReadHeaderTimeout: 10 * time.Second}
		fmt.Printf("%s: http://%s knows %s\n", d.name, s.Addr, d.knows)
		context.AfterFunc(running, func() { s.Close() })
		all.Go(func() error {
			if err := s.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
				return err
			}
			return nil
		})
	}
	return all.Wait()
}

// told adds the page that says what a double took.
func told(d double) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", d)
	mux.HandleFunc("GET /double/received", func(w http.ResponseWriter, _ *http.Request) { _ = json.NewEncoder(w).Encode(d.Received()) })
	return mux
}
