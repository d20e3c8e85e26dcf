package storetest

import (
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tyto/tyto"
)

func testUsers(t *testing.T, p Place) {
	s := p(t)
	ada := tyto.User{Name: "ada", Role: tyto.Admin, Password: "hash", Created: epoch}
	must(t, s.PutUser(ctx, ada))
	must(t, s.PutUser(ctx, tyto.User{Name: "bob", Role: tyto.Viewer, Password: "other", Created: epoch}))
	ada.Role, ada.Disabled = tyto.Analyst, true
	must(t, s.PutUser(ctx, ada))
	got, found, err := p(t).User(ctx, "ada")
	must(t, err)
	if d := cmp.Diff(ada, got); d != "" || !found {
		t.Errorf("found is %v: %s", found, d)
	}
	s = p(t)
	must(t, s.DeleteUser(ctx, "ada"))
	if _, found, err := s.User(ctx, "ada"); found || err != nil {
		t.Errorf("a deleted user: found is %v, error %v", found, err)
	}
	if all := get[[]tyto.User](t)(s.Users(ctx)); len(all) != 1 || all[0].Name != "bob" {
		t.Errorf("users are %v", all)
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
	must(t, s.PutSession(ctx, x))
	for _, y := range []tyto.Session{{Hash: "2", User: "ada"}, {Hash: "3", User: "bob"}, {Hash: "4", User: "bob"}, {Hash: "5", User: "ada"}} {
		y.Created, y.Used, y.Expires = epoch, epoch, epoch.Add(time.Hour)
		must(t, s.PutSession(ctx, y))
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
