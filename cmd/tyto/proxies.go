package main

import (
	"fmt"
	"net"
	"net/netip"
)

// proxySettings is the reverse proxies before the portal: addresses, or networks.
type proxySettings []string

// check finds what is no address, and what would let anybody say where they are.
func (p proxySettings) check(bad func(key, why string)) {
	for _, text := range p {
		switch x, err := prefixOf(text); {
		case err != nil:
			bad("proxies", fmt.Sprintf("%q is neither an address nor a network; 127.0.0.1 is a proxy on this machine", text))
		case x.Bits() == 0:
			bad("proxies", fmt.Sprintf("%q is everybody, and so anybody could say where they are; name the proxies alone", text))
		}
	}
}

// prefixes is all of them; they were checked.
func (p proxySettings) prefixes() (all []netip.Prefix) {
	for _, text := range p {
		if x, err := prefixOf(text); err == nil {
			all = append(all, x)
		}
	}
	return all
}

// plainHTTP finds why portal and API may not be served without TLS at an
// address, "" if they may: on this machine always, beyond it to named proxies.
func (p proxySettings) plainHTTP(listen string) (why string) {
	host, _, _ := net.SplitHostPort(listen)
	if a, err := netip.ParseAddr(host); err == nil && a.IsLoopback() || host == "localhost" || len(p) > 0 {
		return ""
	}
	return fmt.Sprintf("%s is reached from other machines, and passwords would travel readable; name the proxies that may come in 'proxies', or listen on 127.0.0.1", listen)
}
