package api

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"tyto/store"
	"tyto/tyto"
)

// TestSavedFilters saves filters, shares one, and lets others look for it.
func TestSavedFilters(t *testing.T) {
	x := signedIn(t, tyto.Admin)
	for name, sites := range map[string]tyto.Sites{"bob": tyto.SomeSites("graz"), "cid": tyto.SomeSites("graz", "linz"), "dee": tyto.AllSites()} {
		role := tyto.Analyst
		if name == "dee" {
			role = tyto.Viewer
		}
		x.must(x.store.PutUser(t.Context(), tyto.User{Name: name, Role: role, Sites: sites, Password: "x", Created: now}))
	}
	users := map[string][]string{"ada": nil}
	for i, name := range []string{"bob", "cid", "dee"} {
		users[name] = x.as(asker{name: name}, i+1)
	}
	do := func(user, method, name string, body any, want int, says string) {
		t.Helper()
		if status, got := x.do(method, "/api/v1/filters/devices/"+url.PathEscape(name), body, users[user]...); status != want || !strings.Contains(got, says) {
			t.Errorf("%s %s as %s: %d %s; want %d", method, name, user, status, got, want)
		}
	}
	finds := func(user string, want ...string) {
		t.Helper()
		status, body := x.do("GET", "/api/v1/filters", nil, users[user]...)
		var got []string
		for _, f := range decode[SavedFilterList](t, body).Items {
			if f.Own != (f.Owner == user) || f.List != "devices" || f.Search == "" || !f.Changed.Equal(now) {
				t.Errorf("%s finds %+v", user, f)
			}
			got = append(got, f.Owner+": "+f.Name)
		}
		if status != 200 || !slices.Equal(got, want) {
			t.Errorf("%s finds %q (%d); want %q", user, got, status, want)
		}
	}
	do("ada", "PUT", "All / of it", SavedFilterSetting{Search: "category=ot", Shared: true}, 204, "")
	do("ada", "PUT", "Mine", SavedFilterSetting{Search: "q=mine"}, 204, "")
	do("bob", "PUT", " Graz ", SavedFilterSetting{Search: "site=graz", Shared: true}, 204, "")
	do("dee", "PUT", "Dee's", SavedFilterSetting{Search: "q=x"}, 204, "")
	// Who sees no more than one site learns nothing of others by what is looked for there.
	finds("ada", "ada: All / of it", "bob: Graz", "ada: Mine")
	finds("bob", "bob: Graz")
	finds("cid", "bob: Graz")
	finds("dee", "ada: All / of it", "dee: Dee's", "bob: Graz")

	do("dee", "PUT", "Dee's", SavedFilterSetting{Search: "q=x", Shared: true}, 403, "viewers share no filters")
	do("ada", "PUT", "a\nb", SavedFilterSetting{Search: "q=x"}, 422, "control characters")
	do("ada", "PUT", "  ", SavedFilterSetting{Search: "q=x"}, 422, "path.name")
	do("ada", "PUT", "x", SavedFilterSetting{Search: "q=%zz"}, 422, "body.search")
	do("ada", "PUT", "x", SavedFilterSetting{}, 422, "body.search")
	do("cid", "DELETE", "Graz", nil, 404, "somebody else")
	do("ada", "DELETE", "All / of it", nil, 204, "")
	finds("dee", "dee: Dee's", "bob: Graz")
	page, err := x.store.AuditPage(t.Context(), store.AuditQuery{Text: "filter.save", Limit: 50})
	x.must(err)
	if !slices.ContainsFunc(page.Items, func(r store.AuditEntry) bool { return r.Who == "ada" && strings.Contains(r.Object, "All / of it") }) {
		t.Errorf("what was shared is not written down: %+v", page.Items)
	}
}
