package api

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// origin is where a request comes from, for the audit log and for who is
// slowed down. Of a request from one of our proxies it is the nearest address
// in X-Forwarded-For that is none of them: what stands before that, its sender
// may have made up.
func (a *api) origin(r *http.Request) netip.Addr {
	from, _ := netip.ParseAddrPort(r.RemoteAddr)
	at := from.Addr().Unmap()
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		if !a.isProxy(at) {
			break
		}
		before, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil {
			break
		}
		at = before.Unmap().WithZone("")
	}
	return at
}

func (a *api) isProxy(at netip.Addr) bool {
	return slices.ContainsFunc(a.Proxies, func(p netip.Prefix) bool { return p.Contains(at) })
}
