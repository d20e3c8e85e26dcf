package storetest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tyto/store"
	"tyto/tyto"
)

func joinToken(hash string) tyto.JoinToken {
	return tyto.JoinToken{Hash: hash, Sensor: "probe", Zone: "plant", Site: "graz", By: "ada", Created: epoch, Expires: epoch.Add(time.Hour)}
}

func credential(serial string, issued time.Time) tyto.Credential {
	return tyto.Credential{Serial: serial, Sensor: "probe", Key: "key of " + serial, Issued: issued, Expires: issued.Add(30 * 24 * time.Hour)}
}

var probe = tyto.Member{Sensor: "probe", Zone: "plant", Joined: epoch, By: "ada"}

func testAuthority(t *testing.T, p Place) {
	s := p(t)
	if _, found, err := s.Authority(ctx); found || err != nil {
		t.Errorf("an empty store has an authority: %v, %v", found, err)
	}
	first := tyto.Authority{Certificate: []byte{0, 1, 2}, Key: []byte("sealed")}
	if d := cmp.Diff(first, get[tyto.Authority](t)(s.PutAuthority(ctx, first))); d != "" {
		t.Error(d)
	}
	s = p(t)
	if d := cmp.Diff(first, get[tyto.Authority](t)(s.PutAuthority(ctx, tyto.Authority{Certificate: []byte("late"), Key: []byte("late")}))); d != "" {
		t.Errorf("the second one is kept: %s", d)
	}
	got, found, err := s.Authority(ctx)
	must(t, err)
	if d := cmp.Diff(first, got); d != "" || !found {
		t.Errorf("found is %v: %s", found, d)
	}
}

func testJoin(t *testing.T, p Place) {
	s := p(t)
	must(t, s.PutJoinToken(ctx, joinToken("h")))
	late := joinToken("late")
	late.Expires = epoch.Add(time.Minute)
	must(t, s.PutJoinToken(ctx, late))
	if open := get[[]tyto.JoinToken](t)(s.OpenJoinTokens(ctx, epoch.Add(time.Minute))); len(open) != 1 || cmp.Diff(joinToken("h"), open[0]) != "" {
		t.Errorf("open are %v", open)
	}
	for what, c := range map[string]struct {
		hash string
		at   time.Duration
		m    tyto.Member
	}{
		"no such token":  {"other", 0, probe},
		"expired":        {"late", time.Minute, probe},
		"another's name": {"h", 0, tyto.Member{Sensor: "other", Zone: "plant", Joined: epoch}},
		"another's zone": {"h", 0, tyto.Member{Sensor: "probe", Zone: "other", Joined: epoch}},
	} {
		if get[bool](t)(s.Enrol(ctx, c.hash, c.m, credential("no", epoch.Add(c.at)))) {
			t.Errorf("%s: let in", what)
		}
	}
	var in sync.Map
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			serial := fmt.Sprint("c", i)
			ok, err := s.Enrol(ctx, "h", probe, credential(serial, epoch))
			if err != nil {
				t.Error(err)
			}
			if ok {
				in.Store(serial, true)
			}
		})
	}
	all.Wait()
	var serial string
	n := 0
	in.Range(func(k, _ any) bool { serial, n = k.(string), n+1; return true })
	if n != 1 {
		t.Fatalf("%d came in with one token", n)
	}
	s = p(t)
	m, c, found, err := s.Credential(ctx, serial)
	must(t, err)
	want := probe
	want.Expires = credential("", epoch).Expires
	if d := cmp.Diff(want, m) + cmp.Diff(credential(serial, epoch), c); d != "" || !found {
		t.Errorf("found is %v: %s", found, d)
	}
	if used, _, err := s.JoinToken(ctx, "h"); err != nil || !used.Used.Equal(epoch) {
		t.Errorf("the token is %+v, %v", used, err)
	}
	if _, _, found, err := s.Credential(ctx, "no"); found || err != nil {
		t.Errorf("a certificate of who was not let in: %v, %v", found, err)
	}
}

func testRevoke(t *testing.T, p Place) {
	s := p(t)
	if get[bool](t)(s.RevokeMember(ctx, "probe", "ada", epoch)) {
		t.Error("a stranger is revoked")
	}
	if !get[bool](t)(s.Enrol(ctx, "", probe, credential("1", epoch))) {
		t.Fatal("signing needs no token")
	}
	day := epoch.Add(24 * time.Hour)
	must(t, s.PutCredential(ctx, credential("2", day)))
	revoked := func(serial string) (tyto.Member, time.Time) {
		t.Helper()
		m, c, found, err := s.Credential(ctx, serial)
		must(t, err)
		if !found {
			t.Fatalf("no certificate %s", serial)
		}
		return m, c.Revoked
	}
	if m, at := revoked("1"); !at.IsZero() || !m.Revoked.IsZero() || !m.Expires.Equal(day.Add(30*24*time.Hour)) {
		t.Errorf("%+v, %v", m, at)
	}
	if !get[bool](t)(s.RevokeMember(ctx, "probe", "bob", day)) || !get[bool](t)(s.RevokeMember(ctx, "probe", "eve", day.Add(time.Hour))) {
		t.Error("a member is not found")
	}
	s = p(t)
	for _, serial := range []string{"1", "2"} {
		if m, at := revoked(serial); !at.Equal(day) || !m.Revoked.Equal(day) || m.RevokedBy != "bob" || !m.Expires.IsZero() {
			t.Errorf("%s: %+v, %v", serial, m, at)
		}
	}
	again := probe
	again.Zone, again.Joined = "other", day
	if !get[bool](t)(s.Enrol(ctx, "", again, credential("3", day))) {
		t.Error("it may not join again")
	}
	if m, at := revoked("3"); !at.IsZero() || !m.Revoked.IsZero() || m.Zone != "other" {
		t.Errorf("joined again: %+v, %v", m, at)
	}
	if _, at := revoked("1"); !at.Equal(day) {
		t.Error("an old certificate came back to life")
	}
	if all := get[[]tyto.Member](t)(s.Members(ctx)); len(all) != 1 || all[0].Zone != "other" {
		t.Errorf("members are %v", all)
	}
}

func testPlaces(t *testing.T, p Place) {
	s := p(t)
	must(t, s.PutSite(ctx, tyto.Site{ID: "graz", Title: "Graz", Created: epoch}))
	must(t, s.PutZone(ctx, tyto.Zone{ID: "plant", Title: "Plant", Site: "graz", Created: epoch}))
	must(t, s.PutZone(ctx, tyto.Zone{ID: "office", Title: "Office", Created: epoch}))
	later := epoch.Add(time.Hour)
	must(t, s.PutSite(ctx, tyto.Site{ID: "graz", Title: "Graz süd '\"", Created: later}))
	must(t, s.PutZone(ctx, tyto.Zone{ID: "office", Title: "Büro", Site: "graz", Created: later}))
	sites, zones, err := p(t).Places(ctx)
	must(t, err)
	d := cmp.Diff([]tyto.Site{{ID: "graz", Title: "Graz süd '\"", Created: epoch}}, sites) +
		cmp.Diff([]tyto.Zone{{ID: "office", Title: "Büro", Site: "graz", Created: epoch}, {ID: "plant", Title: "Plant", Site: "graz", Created: epoch}}, zones)
	if d != "" {
		t.Error(d)
	}
}

func testGaps(t *testing.T, p Place) {
	s := p(t)
	gap := func(sensor, id string, n uint64) store.SensorGap {
		return store.SensorGap{Sensor: sensor, Zone: "plant", Received: epoch.Add(time.Duration(n)), Gap: tyto.Gap{ID: id, Reason: tyto.GapFull, Class: "B",
			Epoch: 1<<64 - 1, From: 3, To: 9, Batches: 4, Events: n, First: epoch, Last: epoch.Add(time.Minute)}}
	}
	must(t, s.Write(ctx, store.Change{Zone: "plant", Gaps: []store.SensorGap{gap("probe", "1", 10), gap("probe", "2", 20)}}))
	must(t, s.Write(ctx, store.Change{Zone: "plant", Gaps: []store.SensorGap{gap("probe", "2", 99), gap("other", "2", 7)}}))
	s = p(t)
	if d := cmp.Diff([]store.SensorGap{gap("probe", "2", 20), gap("probe", "1", 10)}, get[[]store.SensorGap](t)(s.Gaps(ctx, "probe", 10))); d != "" {
		t.Error(d)
	}
	if all := get[[]store.SensorGap](t)(s.Gaps(ctx, "", 1)); len(all) != 1 || all[0].Events != 20 {
		t.Errorf("the newest is %v", all)
	}
	if d := cmp.Diff(map[string]uint64{"probe": 30, "other": 7}, get[map[string]uint64](t)(s.GapTotals(ctx))); d != "" {
		t.Error(d)
	}
}

// testReceipts repeats batches after the log forgot them.
func testReceipts(t *testing.T, p Place) {
	s := p(t)
	send := func(seq, floor uint64) bool {
		t.Helper()
		b := store.Batch{Zone: "plant", Sensor: "probe", Epoch: 1<<63 + 5, Seq: seq, Floor: floor, Events: []tyto.Event{conversationEvent(seq)}, Received: epoch}
		_, fresh, err := s.Append(ctx, b)
		must(t, err)
		return fresh
	}
	for _, c := range []struct {
		seq, floor uint64
		fresh      bool
	}{{2, 1, true}, {1, 1, true}, {2, 1, false}, {5, 3, true}, {4, 1, true}, {2, 1, false}, {1, 1, false}, {3, 3, true}, {4, 4, false}, {6, 99, true}, {5, 1, false}, {7, 6, true}} {
		if got := send(c.seq, c.floor); got != c.fresh {
			t.Errorf("batch %d with floor %d: fresh is %v, want %v", c.seq, c.floor, got, c.fresh)
		}
	}
	s = p(t)
	position, _, err := s.Append(ctx, store.Batch{Zone: "plant", Sensor: "s1", Epoch: 1, Seq: 99, Events: []tyto.Event{conversationEvent(9)}, Received: epoch})
	must(t, err)
	must(t, s.Write(ctx, store.Change{Zone: "plant", Position: position}))
	n := get[int64](t)(s.TrimLog(ctx, epoch.Add(1000*time.Hour)))
	if n == 0 {
		t.Fatal("nothing was trimmed")
	}
	for seq := uint64(1); seq <= 7; seq++ {
		if send(seq, 1) {
			t.Errorf("batch %d is fresh again once the log forgot it", seq)
		}
	}
}
