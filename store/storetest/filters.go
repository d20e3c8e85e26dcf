package storetest

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"tyto/tyto"
)

func testSavedFilters(t *testing.T, p Place) {
	s := p(t)
	for _, name := range []string{"ada", "ben"} {
		must(t, s.PutUser(ctx, tyto.User{Name: name, Role: tyto.Admin, Sites: tyto.AllSites(), Password: "x", Created: epoch}))
	}
	put := func(f tyto.SavedFilter, most int, want bool) {
		t.Helper()
		if ok, err := s.PutFilter(ctx, f, most); ok != want || err != nil {
			t.Errorf("%s is saved: %v, %v; want %v", f.Name, ok, err, want)
		}
	}
	plant := tyto.SavedFilter{User: "ada", List: "devices", Name: "Plant; 'so'", Search: "category=ot&q=%27", Changed: epoch}
	grave := tyto.SavedFilter{User: "ada", List: "alerts", Name: "Grave", Search: "severity=major", Shared: true, Changed: epoch}
	bens := tyto.SavedFilter{User: "ben", List: "devices", Name: plant.Name, Search: "q=x", Changed: epoch}
	put(plant, 2, true)
	put(grave, 2, true)
	put(bens, 1, true)
	put(tyto.SavedFilter{User: "ada", List: "alerts", Name: "Plant; 'so'", Changed: epoch}, 2, false)
	plant.Search = "category=ot&order=asc"
	put(plant, 2, true) // in place of itself
	s = p(t)
	for user, want := range map[string][]tyto.SavedFilter{"ada": {grave, plant}, "ben": {grave, bens}, "eve": {grave}} {
		if d := cmp.Diff(want, get[[]tyto.SavedFilter](t)(s.Filters(ctx, user))); d != "" {
			t.Errorf("%s finds (-want +got)\n%s", user, d)
		}
	}
	for _, want := range []bool{true, false} {
		if found, err := s.DropFilter(ctx, "ben", "devices", plant.Name); found != want || err != nil {
			t.Errorf("found to be dropped: %v, %v; want %v", found, err, want)
		}
	}
	must(t, s.DeleteUser(ctx, "ada"))
	if left := get[[]tyto.SavedFilter](t)(s.Filters(ctx, "ben")); len(left) != 0 {
		t.Errorf("filters outlive their user: %v", left)
	}
}
