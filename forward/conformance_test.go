package forward_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tyto/forward"
	"tyto/forward/forwardtest"
	"tyto/lab/doubles"
	"tyto/outbound"
)

func open(t testing.TB, d forward.Destination) forward.Output {
	t.Helper()
	d.Name = "test"
	o, err := d.Open()
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// secret is a file that holds a secret.
func secret(t testing.TB, text string) forward.Secret {
	t.Helper()
	name := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(name, []byte(text+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return forward.Secret{File: name}
}

func isJSON(text string) error {
	var x map[string]any
	return json.Unmarshal([]byte(text), &x)
}

func TestFile(t *testing.T) {
	for _, format := range []string{"json", "cef", "leef", "ocsf"} {
		t.Run(format, func(t *testing.T) {
			forwardtest.Run(t, func(t testing.TB) forwardtest.Place {
				name := filepath.Join(t.TempDir(), "deep", "events")
				p := forwardtest.Place{
					Open: func(t testing.TB) forward.Output {
						return open(t, forward.Destination{File: &forward.File{Path: name, Format: format}})
					},
					Received: func(t testing.TB) []string {
						b, err := os.ReadFile(name)
						if err != nil {
							t.Fatal(err)
						}
						return strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
					},
				}
				if format == "json" || format == "ocsf" {
					p.Check = isJSON
				}
				return p
			})
		})
	}
}

func TestSplunk(t *testing.T) {
	for name, ack := range map[string]bool{"plain": false, "acknowledged": true} {
		t.Run(name, func(t *testing.T) {
			forwardtest.Run(t, func(t testing.TB) forwardtest.Place {
				far := doubles.Splunk(ack)
				at := doubles.Serve(t, far)
				return forwardtest.Place{Refuses: true, Received: received(far), Down: at.Down, Up: at.Up, Check: isJSON, Open: func(t testing.TB) forward.Output {
					return open(t, forward.Destination{Splunk: &forward.Splunk{URL: at.URL, Token: secret(t, doubles.SplunkToken), Index: "main", Ack: ack}})
				}}
			})
		})
	}
}

func TestSentinel(t *testing.T) {
	forwardtest.Run(t, func(t testing.TB) forwardtest.Place {
		far := doubles.Azure()
		at := doubles.Serve(t, far)
		return forwardtest.Place{Refuses: true, Received: received(far), Down: at.Down, Up: at.Up, Check: isJSON, Open: func(t testing.TB) forward.Output {
			return open(t, forward.Destination{Sentinel: sentinel(t, at.URL)})
		}}
	})
}

func received(d interface{ Received() []string }) func(testing.TB) []string {
	return func(testing.TB) []string { return d.Received() }
}

// app is the application that the doubles of Microsoft know.
func app(t testing.TB, url string) outbound.App {
	return outbound.App{Login: url, Tenant: doubles.Tenant, Client: doubles.App, Secret: secret(t, doubles.Secret)}
}

func sentinel(t testing.TB, url string) *forward.Sentinel {
	return &forward.Sentinel{Endpoint: url, Rule: doubles.Rule, App: app(t, url)}
}

func TestWebhook(t *testing.T) {
	forwardtest.Run(t, func(t testing.TB) forwardtest.Place {
		far := doubles.Hook()
		at := doubles.Serve(t, far)
		return forwardtest.Place{Refuses: true, Received: received(far), Down: at.Down, Up: at.Up, Check: isJSON, Open: func(t testing.TB) forward.Output {
			return open(t, forward.Destination{Webhook: &forward.Webhook{URL: at.URL, Secret: secret(t, "s3")}})
		}}
	})
}

func TestServiceNow(t *testing.T) {
	for name, sign := range map[string]func(t testing.TB, s *forward.ServiceNow){
		"basic": func(t testing.TB, s *forward.ServiceNow) {
			s.User, s.Password = doubles.SnowUser, secret(t, doubles.SnowPassword)
		},
		"oauth client credentials": func(t testing.TB, s *forward.ServiceNow) {
			s.Client, s.Secret = doubles.SnowClient, secret(t, doubles.SnowSecret)
		},
		"oauth password": func(t testing.TB, s *forward.ServiceNow) {
			s.User, s.Password, s.Client, s.Secret = doubles.SnowUser, secret(t, doubles.SnowPassword), doubles.SnowClient, secret(t, doubles.SnowSecret)
		},
	} {
		t.Run(name, func(t *testing.T) {
			forwardtest.Run(t, func(t testing.TB) forwardtest.Place {
				far := doubles.ServiceNow()
				at := doubles.Serve(t, far)
				return forwardtest.Place{Refuses: true, Once: true, Received: received(far), Down: at.Down, Up: at.Up, Check: isJSON, Open: func(t testing.TB) forward.Output {
					s := &forward.ServiceNow{Instance: outbound.Instance{URL: at.URL}}
					sign(t, s)
					return open(t, forward.Destination{ServiceNow: s})
				}}
			})
		})
	}
}
