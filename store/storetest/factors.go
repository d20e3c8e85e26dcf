package storetest

import (
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tyto/tyto"
)

func testFactors(t *testing.T, p Place) {
	s := p(t)
	for _, name := range []string{"ada", "ben"} {
		must(t, s.PutUser(ctx, tyto.User{Name: name, Role: tyto.Admin, Sites: tyto.AllSites(), Password: "x", Created: epoch}))
	}
	if _, found, err := s.Factor(ctx, "ada"); found || err != nil || get[bool](t)(s.AnyFactor(ctx)) {
		t.Errorf("there is a factor at first: %v, %v", found, err)
	}
	f := tyto.SecondFactor{User: "ada", Secret: []byte{0, 1, 255}, Created: epoch}
	must(t, s.PutFactor(ctx, f))
	if !get[bool](t)(s.AnyFactor(ctx)) || len(get[[]string](t)(s.FactorUsers(ctx))) != 0 {
		t.Error("a factor that is not confirmed is listed, or is none at all")
	}
	f.Confirmed, f.Step, f.Recovery = epoch.Add(time.Minute), 7, []string{"a", "b", "c"}
	must(t, s.PutFactor(ctx, f))
	must(t, s.PutFactor(ctx, tyto.SecondFactor{User: "ben", Secret: []byte{2}, Recovery: []string{"a"}}))
	s = p(t)
	got, found, err := s.Factor(ctx, "ada")
	if d := cmp.Diff(f, got); d != "" || !found || err != nil {
		t.Errorf("%v %v %s", found, err, d)
	}
	if users := get[[]string](t)(s.FactorUsers(ctx)); !slices.Equal(users, []string{"ada"}) {
		t.Errorf("confirmed are those of %v", users)
	}
	for step, want := range []bool{7: false, 8: true} {
		if step >= 7 && get[bool](t)(s.SpendStep(ctx, "ada", uint64(step))) != want {
			t.Errorf("step %d is used up: want %v", step, want)
		}
	}
	if get[bool](t)(s.SpendStep(ctx, "eve", 9)) {
		t.Error("who has no factor uses a code")
	}
	var in atomic.Int32
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if get[bool](t)(s.SpendRecovery(ctx, "ada", "b")) {
				in.Add(1)
			}
		})
	}
	all.Wait()
	if in.Load() != 1 {
		t.Errorf("one code lets %d in", in.Load())
	}
	if got, _, _ := s.Factor(ctx, "ada"); got.Step != 8 || !slices.Equal(got.Recovery, []string{"a", "c"}) {
		t.Errorf("left is %+v", got)
	}
	must(t, s.DropFactor(ctx, "ada"))
	must(t, s.DeleteUser(ctx, "ben"))
	if get[bool](t)(s.AnyFactor(ctx)) {
		t.Error("a factor outlives its user, or is not dropped")
	}
}
