package hub

import (
	"net/netip"
	"testing"
	"time"

	"tyto/frame"
	"tyto/store"
	"tyto/tyto"
)

// TestOtherZone has devices of a hall talk with addresses of its neighbours, of
// a zone elsewhere, and of the internet.
func TestOtherZone(t *testing.T) {
	f := newFixture(t)
	if err := f.stop(); err != nil {
		t.Fatal(err)
	}
	f.sites = map[string]string{"z": "Graz", "office": "Graz", "store": "Graz", "far": "Linz"}
	f.networks = []Network{{netip.MustParsePrefix("10.0.0.0/8"), "z"}, {netip.MustParsePrefix("10.7.0.0/16"), "store"}, {netip.MustParsePrefix("9.9.0.0/16"), "store"}, {netip.MustParsePrefix("10.8.0.0/16"), "far"}}
	f.begin(nil)
	in := func(zone string, e tyto.Event) tyto.Event { e.Zone = zone; return e }
	home := func(mac byte, a frame.Addr) tyto.Event { // a device of its own link
		e := saw(mac, tyto.Address, a.String())
		e.Observation.Subject.Addr = a
		return e
	}
	router := mac(99)
	behind := func(a frame.Addr) tyto.Subject { return tyto.Subject{MAC: router, Addr: a} }
	inOffice, inFar := frame.V4(192, 168, 5, 5), frame.V4(192, 168, 6, 6)
	f.accept(in("office", home(51, inOffice)), in("far", home(61, inFar)), saw(99, tyto.Address, "10.0.0.99"), saw(99, tyto.Role, "router"))
	f.accept(saw(1, tyto.Address, "10.0.0.1"), saw(2, tyto.Address, "10.0.0.2"))
	f.eventually("devices of three zones", func() bool { return len(f.devices()) >= 5 })
	want := map[string]string{}
	tell := func(a frame.Addr, s tyto.Subject, scope string) {
		want[a.String()] = scope
		f.accept(talked(subject(1), s, "modbus"))
	}
	tell(frame.V4(10, 0, 0, 2), subject(2), store.ScopeLAN)
	tell(frame.V4(10, 3, 0, 1), behind(frame.V4(10, 3, 0, 1)), store.ScopeLAN)         // of ours, behind a router
	tell(frame.V4(10, 7, 0, 1), behind(frame.V4(10, 7, 0, 1)), store.ScopeOtherZone)   // by its network
	tell(frame.V4(9, 9, 1, 1), behind(frame.V4(9, 9, 1, 1)), store.ScopeOtherZone)     // that would be the internet's
	tell(frame.V4(10, 8, 0, 1), behind(frame.V4(10, 8, 0, 1)), store.ScopeLAN)         // Linz's network is none of Graz
	tell(inOffice, behind(inOffice), store.ScopeOtherZone)                             // by the device
	tell(inFar, behind(inFar), store.ScopeLAN)                                         // another site's device says nothing
	tell(frame.V4(1, 1, 1, 1), behind(frame.V4(1, 1, 1, 1)), store.ScopeInternet)      // anybody's
	tell(frame.V4(224, 0, 0, 9), behind(frame.V4(224, 0, 0, 9)), store.ScopeMulticast) // a group
	scopes := func() map[string]string {
		all := map[string]string{}
		for _, c := range f.conversations() {
			all[c.Server.Addr.String()] = c.Scope
		}
		return all
	}
	f.eventually("all conversations", func() bool { return len(scopes()) == len(want) })
	for a, scope := range scopes() {
		if scope != want[a] {
			t.Errorf("with %s: %s, want %s", a, scope, want[a])
		}
	}
	page, err := f.store.Conversations(t.Context(), store.ConversationQuery{Scope: []string{store.ScopeOtherZone}, Window: store.Window{Limit: 10}})
	if err != nil || page.Total != 3 {
		t.Errorf("%d of another zone, want 3 (%v)", page.Total, err)
	}
	// The office's device turns up here: when they go on, it is told.
	f.accept(home(52, inOffice), later(talked(subject(1), tyto.Subject{MAC: mac(52), Addr: inOffice}, "modbus"), time.Hour))
	f.eventually("it is here", func() bool {
		for _, c := range f.conversations() {
			if c.Server.Addr == inOffice && c.Server.MAC == mac(52) {
				return c.Scope == store.ScopeLAN
			}
		}
		return false
	})
}
