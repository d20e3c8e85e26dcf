package storetest

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tyto/store"
	"tyto/tyto"
)

func testUsers(t *testing.T, p Place) {
	s := p(t)
	ada := tyto.User{Name: "ada", Role: tyto.Admin, Sites: tyto.AllSites(), Password: "hash", Temporary: epoch.Add(time.Hour), Created: epoch}
	bob := tyto.User{Name: "bob", Role: tyto.Viewer, Sites: tyto.SomeSites("wien", "graz", "graz"), Origin: "https://id.example 7", Created: epoch}
	must(t, s.PutUser(ctx, ada))
	must(t, s.PutNewUser(ctx, bob))
	ada.Temporary = time.Time{}
	must(t, s.PutUser(ctx, ada))
	must(t, s.SeeUser(ctx, "ada", epoch.Add(2*time.Minute)))
	must(t, s.SeeUser(ctx, "ada", epoch.Add(time.Minute))) // late, and no way back
	ada.Seen = epoch.Add(2 * time.Minute)
	s = p(t)
	for _, want := range []tyto.User{ada, bob} {
		if got, found, err := s.User(ctx, want.Name); err != nil || !found || cmp.Diff(want, got) != "" {
			t.Errorf("found is %v, error %v: %s", found, err, cmp.Diff(want, got))
		}
	}
	if got, found, err := s.UserOf(ctx, bob.Origin); err != nil || !found || got.Name != "bob" {
		t.Errorf("by origin: found is %v, error %v: %v", found, err, got)
	}
	if err := s.PutNewUser(ctx, tyto.User{Name: "bob", Role: tyto.Admin, Sites: tyto.AllSites()}); !errors.Is(err, store.ErrTaken) {
		t.Errorf("a second bob: %v", err)
	}
	must(t, s.DeleteUser(ctx, "bob"))
	must(t, s.DeleteUser(ctx, "nobody"))
	if _, found, err := s.User(ctx, "bob"); found || err != nil {
		t.Errorf("a deleted user: found is %v, error %v", found, err)
	}
	if all := get[[]tyto.User](t)(s.Users(ctx)); len(all) != 1 || all[0].Name != "ada" {
		t.Errorf("users are %v", all)
	}
}

// testLastAdmin takes administrators away in every way, one of two at the
// same time as the other.
func testLastAdmin(t *testing.T, p Place) {
	s := p(t)
	admin := func(name string) tyto.User {
		return tyto.User{Name: name, Role: tyto.Admin, Sites: tyto.AllSites(), Password: "hash", Created: epoch}
	}
	ways := map[string]func(u tyto.User) error{
		"deleted":     func(u tyto.User) error { return s.DeleteUser(ctx, u.Name) },
		"disabled":    func(u tyto.User) error { u.Disabled = true; return s.PutUser(ctx, u) },
		"demoted":     func(u tyto.User) error { u.Role = tyto.Analyst; return s.PutUser(ctx, u) },
		"limited":     func(u tyto.User) error { u.Sites = tyto.SomeSites("graz"); return s.PutUser(ctx, u) },
		"no password": func(u tyto.User) error { u.Password = ""; return s.PutUser(ctx, u) },
	}
	must(t, s.PutUser(ctx, tyto.User{Name: "remote", Role: tyto.Admin, Sites: tyto.AllSites(), Origin: "https://id.example 1", Created: epoch}))
	for way, take := range ways {
		must(t, s.PutUser(ctx, admin("ada")))
		if err := take(admin("ada")); !errors.Is(err, store.ErrLastAdmin) {
			t.Errorf("the last administrator, %s: %v", way, err)
		}
		if u, found, err := s.User(ctx, "ada"); err != nil || !found || cmp.Diff(admin("ada"), u) != "" {
			t.Errorf("%s was refused, and there is %+v, error %v", way, u, err)
		}
		must(t, s.PutUser(ctx, admin("eve")))
		var wg sync.WaitGroup
		errs := make([]error, 2)
		for i, name := range []string{"ada", "eve"} {
			wg.Go(func() { errs[i] = take(admin(name)) })
		}
		wg.Wait()
		if (errs[0] == nil) == (errs[1] == nil) || !errors.Is(errors.Join(errs...), store.ErrLastAdmin) {
			t.Errorf("two administrators, both %s: %v, %v", way, errs[0], errs[1])
		}
		must(t, s.PutUser(ctx, admin("ada")))
		must(t, s.DeleteUser(ctx, "eve"))
	}
}

func testFirstUser(t *testing.T, p Place) {
	s := p(t)
	if get[bool](t)(s.AnyUser(ctx)) {
		t.Error("there is a user in an empty store")
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	made := 0
	for i := range 8 {
		wg.Go(func() {
			ok, err := s.PutFirstUser(ctx, tyto.User{Name: string(rune('a' + i)), Role: tyto.Admin, Created: epoch})
			if err != nil {
				t.Error(err)
			}
			if ok {
				mu.Lock()
				made++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if users := get[[]tyto.User](t)(s.Users(ctx)); made != 1 || len(users) != 1 {
		t.Errorf("%d were told to be first, %d are", made, len(users))
	}
}

func testSessions(t *testing.T, p Place) {
	s := p(t)
	must(t, s.PutUser(ctx, tyto.User{Name: "ada", Role: tyto.Admin, Created: epoch}))
	must(t, s.PutUser(ctx, tyto.User{Name: "bob", Role: tyto.Viewer, Created: epoch}))
	x := tyto.Session{Hash: "1", User: "ada", Created: epoch, Used: epoch, Expires: epoch.Add(time.Hour)}
	x.From, x.Agent = "192.0.2.1", "Browser/1"
	must(t, s.PutSession(ctx, x, 10))
	for _, y := range []tyto.Session{{Hash: "2", User: "ada"}, {Hash: "3", User: "bob"}, {Hash: "4", User: "bob"}, {Hash: "5", User: "ada"}} {
		y.Created, y.Used, y.Expires = epoch, epoch, epoch.Add(time.Hour)
		must(t, s.PutSession(ctx, y, 10))
	}
	x.Used = epoch.Add(time.Minute)
	must(t, s.TouchSession(ctx, "1", x.Used))
	must(t, s.TouchSession(ctx, "1", epoch)) // late, and no way back
	got, found, err := p(t).Session(ctx, "1")
	must(t, err)
	if d := cmp.Diff(x, got); d != "" || !found {
		t.Errorf("found is %v: %s", found, d)
	}
	s = p(t)
	there := func(hash string) bool {
		_, found, err := s.Session(ctx, hash)
		must(t, err)
		return found
	}
	must(t, s.DeleteSession(ctx, "2"))
	must(t, s.DeleteSession(ctx, "nobody's"))
	must(t, s.DeleteSessionsOf(ctx, "ada", "1"))
	if !there("1") || there("2") || there("5") || !there("3") {
		t.Error("the wrong sessions were deleted")
	}
	must(t, s.DeleteSessionsBefore(ctx, epoch, epoch.Add(time.Second)))
	if !there("1") || there("3") || there("4") {
		t.Error("the wrong sessions were swept")
	}
	must(t, s.DeleteUser(ctx, "ada"))
	if there("1") {
		t.Error("a session outlives its user")
	}
}

func testAudit(t *testing.T, p Place) {
	s := p(t)
	var want []tyto.AuditRecord
	for i, what := range []string{"setup", "session.create", "session.delete"} {
		r := tyto.AuditRecord{Time: epoch.Add(time.Duration(i)), Who: "ada", From: "192.0.2.1", What: what, Outcome: "ok"}
		must(t, s.Audit(ctx, r))
		want = append([]tyto.AuditRecord{r}, want...)
	}
	s = p(t)
	if d := cmp.Diff(want, get[[]tyto.AuditRecord](t)(s.AuditRecords(ctx, 10))); d != "" {
		t.Error(d)
	}
	if got := get[[]tyto.AuditRecord](t)(s.AuditRecords(ctx, 1)); len(got) != 1 || got[0].What != "session.delete" {
		t.Errorf("the newest is %v", got)
	}
}

// testSessionsOf ends the sessions that were used longest ago when there are
// too many.
func testSessionsOf(t *testing.T, p Place) {
	s := p(t)
	must(t, s.PutUser(ctx, tyto.User{Name: "ada", Role: tyto.Viewer, Created: epoch}))
	must(t, s.PutUser(ctx, tyto.User{Name: "bob", Role: tyto.Viewer, Created: epoch}))
	put := func(hash, user string, used time.Duration, keep int) {
		must(t, s.PutSession(ctx, tyto.Session{Hash: hash, User: user, Created: epoch, Used: epoch.Add(used), Expires: epoch.Add(time.Hour)}, keep))
	}
	put("b", "bob", 0, 1)
	for i, hash := range []string{"3", "1", "2"} {
		put(hash, "ada", time.Duration(i)*time.Second, 3)
	}
	put("4", "ada", -time.Second, 3) // the newest stays, whenever it was used
	var got []string
	for _, x := range get[[]tyto.Session](t)(s.SessionsOf(ctx, "ada")) {
		got = append(got, x.Hash)
	}
	if d := cmp.Diff([]string{"2", "1", "4"}, got); d != "" {
		t.Error(d)
	}
	if all := get[[]tyto.Session](t)(s.SessionsOf(ctx, "bob")); len(all) != 1 {
		t.Errorf("bob's sessions are %v", all)
	}
}

func testTokens(t *testing.T, p Place) {
	s := p(t)
	must(t, s.PutUser(ctx, tyto.User{Name: "ada", Role: tyto.Admin, Created: epoch}))
	must(t, s.PutUser(ctx, tyto.User{Name: "bob", Role: tyto.Admin, Created: epoch}))
	x := tyto.Token{ID: "1", Hash: "h1", User: "ada", Name: "siem", Role: tyto.Viewer, Sites: tyto.SomeSites("graz"), Created: epoch, Expires: epoch.Add(time.Hour)}
	must(t, s.PutToken(ctx, x))
	must(t, s.PutToken(ctx, tyto.Token{ID: "2", Hash: "h2", User: "ada", Name: "cmdb", Role: tyto.Viewer, Sites: tyto.AllSites(), Created: epoch.Add(1), Expires: epoch.Add(2 * time.Hour)}))
	must(t, s.PutToken(ctx, tyto.Token{ID: "3", Hash: "h3", User: "bob", Name: "siem", Role: tyto.Viewer, Created: epoch.Add(2), Expires: epoch.Add(3 * time.Hour)}))
	if err := s.PutToken(ctx, tyto.Token{ID: "4", Hash: "h4", User: "ada", Name: "siem", Created: epoch, Expires: epoch}); !errors.Is(err, store.ErrTaken) {
		t.Errorf("a second token of that name: %v", err)
	}
	must(t, s.TouchToken(ctx, "h1", epoch.Add(time.Minute)))
	must(t, s.TouchToken(ctx, "h1", epoch))
	x.Used = epoch.Add(time.Minute)
	s = p(t)
	if got, found, err := s.Token(ctx, "h1"); err != nil || !found || cmp.Diff(x, got) != "" {
		t.Errorf("found is %v, error %v: %s", found, err, cmp.Diff(x, got))
	}
	ids := func(user string) (ids string) {
		for _, x := range get[[]tyto.Token](t)(s.TokensOf(ctx, user)) {
			ids += x.ID
		}
		return ids
	}
	if ids("ada") != "21" || ids("bob") != "3" || ids("") != "321" {
		t.Errorf("tokens are %q, %q, %q", ids("ada"), ids("bob"), ids(""))
	}
	if err := s.DeleteToken(ctx, "bob", "1"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("another's token: %v", err)
	}
	must(t, s.DeleteToken(ctx, "ada", "2"))
	must(t, s.DeleteTokensBefore(ctx, epoch.Add(time.Hour)))
	if ids("") != "3" {
		t.Errorf("tokens left are %q", ids(""))
	}
	must(t, s.DeleteUser(ctx, "bob"))
	if ids("") != "" {
		t.Error("a token outlives its user")
	}
}

// testAuditQuery pages and filters, and finds that the chain is whole.
func testAuditQuery(t *testing.T, p Place) {
	s := p(t)
	for i := range 1200 {
		r := tyto.AuditRecord{Time: epoch.Add(time.Duration(i) * time.Second), Who: []string{"ada", "bob"}[i%2], From: "192.0.2.1",
			What: []string{"session.create", "user.create", "user.delete"}[i%3], Object: fmt.Sprintf("100%%_%d", i), Outcome: "ok"}
		must(t, s.Audit(ctx, r))
	}
	s = p(t)
	for _, c := range []struct {
		q     store.AuditQuery
		total uint64
		first string
	}{
		{store.AuditQuery{Limit: 10, Offset: 5}, 1200, "100%_1194"},
		{store.AuditQuery{Who: "ada", Limit: 10}, 600, "100%_1198"},
		{store.AuditQuery{What: "user.", Limit: 10}, 800, "100%_1199"},
		{store.AuditQuery{What: "user.create", Who: "bob", Limit: 10}, 200, "100%_1195"},
		{store.AuditQuery{Text: "ADA 100%_7 ", Limit: 500}, 55, "100%_798"},
		{store.AuditQuery{Since: epoch.Add(10 * time.Second), Before: epoch.Add(20 * time.Second), Limit: 3}, 10, "100%_19"},
		{store.AuditQuery{Who: "' OR 1=1 --", Limit: 3}, 0, ""},
	} {
		page := get[store.Page[store.AuditEntry]](t)(s.AuditPage(ctx, c.q))
		first := ""
		if len(page.Items) > 0 {
			first = page.Items[0].Object
		}
		if page.Total != c.total || first != c.first || len(page.Items) > c.q.Limit {
			t.Errorf("%+v: %d of %d, the first is %q; want %d, %q", c.q, len(page.Items), page.Total, first, c.total, c.first)
		}
	}
	n, last := 0, int64(0)
	must(t, s.EachAudit(ctx, store.AuditQuery{Who: "ada"}, func(e store.AuditEntry) error {
		if e.Number <= last || e.Who != "ada" {
			t.Errorf("%d after %d is of %s", e.Number, last, e.Who)
		}
		n, last = n+1, e.Number
		return nil
	}))
	head := get[store.AuditHead](t)(store.VerifyAudit(ctx, s, ""))
	if n != 600 || head.Records != 1200 || head.Broken != 0 || !head.Noted || len(head.Hash) != 64 {
		t.Errorf("%d of ada; %+v", n, head)
	}
	if again := get[store.AuditHead](t)(store.VerifyAudit(ctx, s, head.Hash)); !again.Noted {
		t.Errorf("the head is not found again: %+v", again)
	}
	if other := get[store.AuditHead](t)(store.VerifyAudit(ctx, s, "00")); other.Noted {
		t.Errorf("a head that never was is found: %+v", other)
	}
}

func testSettings(t *testing.T, p Place) {
	s := p(t)
	for _, value := range []string{"", "1", "2\n'\"", ""} {
		must(t, s.PutSetting(ctx, "x", value))
		s = p(t)
		if got := get[string](t)(s.Setting(ctx, "x")); got != value {
			t.Errorf("the setting is %q, want %q", got, value)
		}
	}
}
