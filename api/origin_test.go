package api

import (
	"net/http/httptest"
	"net/netip"
	"testing"
)

func TestOrigin(t *testing.T) {
	a := api{Deps: Deps{Proxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.0.0.5/32"), netip.MustParsePrefix("::1/128")}}}
	for _, c := range []struct {
		what, from string
		forwarded  []string
		want       string
	}{
		{"nobody between", "192.0.2.1:7", nil, "192.0.2.1"},
		{"a stranger who claims to be another", "192.0.2.1:7", []string{"198.51.100.1"}, "192.0.2.1"},
		{"by our proxy", "127.0.0.1:7", []string{"198.51.100.1"}, "198.51.100.1"},
		{"by our proxy, IPv6", "[::1]:7", []string{"2001:db8::1"}, "2001:db8::1"},
		{"mapped", "[::ffff:127.0.0.1]:7", []string{"::ffff:198.51.100.1"}, "198.51.100.1"},
		{"made up before our proxy", "127.0.0.1:7", []string{"203.0.113.9, 198.51.100.1"}, "198.51.100.1"},
		{"made up in a header of its own", "127.0.0.1:7", []string{"203.0.113.9", "198.51.100.1"}, "198.51.100.1"},
		{"two proxies of ours", "127.0.0.1:7", []string{"203.0.113.9, 198.51.100.1, 10.0.0.5"}, "198.51.100.1"},
		{"no address", "127.0.0.1:7", []string{"unknown"}, "127.0.0.1"},
		{"no address behind the second", "127.0.0.1:7", []string{"x, 10.0.0.5"}, "10.0.0.5"},
		{"the machine itself", "127.0.0.1:7", nil, "127.0.0.1"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = c.from
		for _, f := range c.forwarded {
			r.Header.Add("X-Forwarded-For", f)
		}
		if got := a.origin(r).String(); got != c.want {
			t.Errorf("%s: %s, want %s", c.what, got, c.want)
		}
	}
	r := httptest.NewRequest("GET", "/", nil)
	r.RemoteAddr = "127.0.0.1:7"
	r.Header.Set("X-Forwarded-For", "198.51.100.1")
	if got := new(api).origin(r).String(); got != "127.0.0.1" {
		t.Errorf("without proxies: %s", got)
	}
}
