package uplink

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tyto/frame"
	"tyto/tyto"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// fact is an observation that was never made before.
func fact(n int) tyto.Event {
	return tyto.Event{Version: tyto.EventVersion, Seq: uint64(n), Time: noon.Add(time.Duration(n) * time.Second), Kind: tyto.KindObservation, Observation: &tyto.Observation{
		Subject: tyto.Subject{MAC: frame.MAC{2, 0, 0, 0, byte(n >> 8), byte(n)}}, Attr: tyto.Hostname, Value: fmt.Sprint("host-", n), Confidence: tyto.Stated}}
}

// talk is a conversation that compresses badly.
func talk(n int) tyto.Event {
	noise := make([]byte, 400)
	r := rand.New(rand.NewPCG(uint64(n), 0))
	for i := range noise {
		noise[i] = "abcdefghijklmnopqrstuvwxyz234567"[r.IntN(32)]
	}
	return tyto.Event{Version: tyto.EventVersion, Seq: uint64(n), Time: noon.Add(time.Duration(n) * time.Second), Kind: tyto.KindConversation,
		Conversation: &tyto.Conversation{Transport: "tcp", Port: 443, ServerName: string(noise), Packets: [2]uint64{1, 1}, Sessions: 1}}
}

func testConfig(folder string) Config {
	c := DefaultConfig(folder)
	c.Sensor, c.Zone, c.Version = "probe", "plant", "7"
	c.Cap, c.Reserve, c.Report = 1<<20, 256<<10, 0
	c.Clock = func() time.Time { return noon }
	return c
}

func open(t testing.TB, c Config) *Spool {
	t.Helper()
	s, err := Open(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func put(t testing.TB, s *Spool, events ...tyto.Event) {
	t.Helper()
	if err := errors.Join(s.Put(t.Context(), events), s.Flush(t.Context())); err != nil {
		t.Fatal(err)
	}
}

func shut(t testing.TB, s *Spool) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// drain takes and acknowledges all that is there.
func drain(t testing.TB, s *Spool) (batches []Batch, events []tyto.Event) {
	t.Helper()
	d := NewDecoder()
	defer d.Close()
	for {
		b, ok, err := s.pick(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			break
		}
		all, err := d.Decode(b.Body)
		if err != nil || len(all) != b.Events || b.Floor == 0 || b.Floor > b.Seq {
			t.Fatalf("batch %+v decodes to %d events, %v", b, len(all), err)
		}
		batches, events = append(batches, b), append(events, all...)
		s.Ack(b)
	}
	if err := s.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	return batches, events
}

// gapsOf is the gaps that the events tell.
func gapsOf(events []tyto.Event) (gaps []tyto.Gap) {
	for i := range events {
		if h := events[i].Health; h != nil {
			gaps = append(gaps, h.Gaps...)
		}
	}
	return gaps
}

func TestSpoolSurvives(t *testing.T) {
	c := testConfig(t.TempDir())
	s := open(t, c)
	put(t, s, fact(1), talk(2), fact(3))
	put(t, s, fact(1)) // refreshed: class B
	first := s.epoch
	shut(t, s)
	s = open(t, c)
	defer s.Close()
	put(t, s, fact(4))
	if b := s.Backlog(); b.Batches != 4 || b.Events != 5 {
		t.Errorf("backlog %+v", b)
	}
	batches, events := drain(t, s)
	var order []uint64
	for i := range events {
		order = append(order, events[i].Seq)
		if events[i].Sensor != "probe" || events[i].Zone != "plant" {
			t.Errorf("event %+v", events[i])
		}
	}
	if !slices.Equal(order, []uint64{1, 3, 4, 2, 1}) {
		t.Errorf("in order %v, want class A first", order)
	}
	if batches[0].Class != ClassA || batches[0].Epoch != first || batches[1].Epoch != s.epoch || s.epoch == first || batches[2].Class != ClassB {
		t.Errorf("batches %+v", batches)
	}
	if b := s.Backlog(); b != (Backlog{}) {
		t.Errorf("backlog %+v after all was acknowledged", b)
	}
}

func TestSpoolIsLocked(t *testing.T) {
	c := testConfig(t.TempDir())
	s := open(t, c)
	defer s.Close()
	if _, err := Open(t.Context(), c); err == nil || !strings.Contains(err.Error(), "another sensor uses this spool") {
		t.Errorf("a second one: %v", err)
	}
}

// TestAcceptedInTime has events on disk within the time that is promised.
func TestAcceptedInTime(t *testing.T) {
	folder := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		c := testConfig(folder)
		c.Clock = time.Now
		s := open(t, c)
		ctx, end := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- s.Run(ctx) }()
		for n := range 20 {
			if err := s.Put(ctx, []tyto.Event{talk(n)}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(Accepted)
			synctest.Wait()
			if b := s.Backlog(); b.Events != int64(n)+1 {
				t.Fatalf("%d events of %d are on disk after %v", b.Events, n+1, Accepted)
			}
			time.Sleep(time.Duration(n) * 7 * time.Millisecond)
		}
		end()
		if err := <-done; err != nil {
			t.Error(err)
		}
		shut(t, s)
	})
}

// TestOverflow fills the spool: class A stays, the oldest of B go, and what
// went is counted in two ways: by the gaps, and by what arrives.
func TestOverflow(t *testing.T) {
	c := testConfig(t.TempDir())
	s := open(t, c)
	defer s.Close()
	const n = 4000
	for i := range n {
		if i%4 == 0 {
			put(t, s, fact(i))
		}
		if err := s.Put(t.Context(), []tyto.Event{talk(i)}); err != nil {
			t.Fatal(err)
		}
		if i%10 == 9 {
			if err := s.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if i == n/2 {
			s.Tell()
		}
	}
	if size := s.ledger.total(); size > c.Cap {
		t.Errorf("%d bytes, the cap is %d", size, c.Cap)
	}
	if s.ledger.size[ClassB] > c.Cap-c.Reserve {
		t.Errorf("class B uses the reserve: %d", s.ledger.size[ClassB])
	}
	s.Tell()
	put(t, s)
	batches, events := drain(t, s)
	arrived := map[uint64]bool{}
	facts, lowest := 0, uint64(1<<62)
	for _, b := range batches {
		arrived[b.Seq] = true
		if b.Class == ClassB {
			lowest = min(lowest, b.Seq)
		}
	}
	talks := map[uint64]bool{}
	for i := range events {
		switch {
		case events[i].Observation != nil:
			facts++
		case events[i].Conversation != nil:
			talks[events[i].Seq] = true
		}
	}
	if facts != n/4 {
		t.Errorf("%d of %d events of class A arrived", facts, n/4)
	}
	var lost uint64
	for _, g := range gapsOf(events) {
		lost += g.Events
		if g.Reason != tyto.GapFull || g.Class != "B" || g.Epoch != s.epoch || g.From == 0 || g.To < g.From || g.Last.Before(g.First) {
			t.Errorf("gap %+v", g)
		}
		if g.To >= lowest {
			t.Errorf("gap %+v covers batch %d, which arrived", g, lowest)
		}
		for i := range n {
			if at := talk(i).Time; talks[uint64(i)] && !at.Before(g.First) && !at.After(g.Last) {
				t.Fatalf("event %d of %v arrived, and gap %+v covers that time", i, at, g)
			}
		}
	}
	if lost == 0 || lost+uint64(len(talks)) != n {
		t.Errorf("%d events of class B were put: %d arrived, %d are counted lost", n, len(talks), lost)
	}
}

// TestGapsAreExact leaves a batch in the middle with a sender: the gap must
// not cover it.
func TestGapsAreExact(t *testing.T) {
	c := testConfig(t.TempDir())
	s := open(t, c)
	defer s.Close()
	put(t, s, talk(0))
	put(t, s, talk(1))
	held, ok, err := s.pick(t.Context())
	if !ok || err != nil {
		t.Fatal(ok, err)
	}
	s.Release(held) // it was sent, and no answer came
	for i := 2; i < 1800; i++ {
		put(t, s, talk(i))
	}
	s.Tell()
	put(t, s)
	batches, events := drain(t, s)
	if !slices.ContainsFunc(batches, func(b Batch) bool { return b.Seq == held.Seq }) {
		t.Error("what may have arrived was dropped")
	}
	gaps := gapsOf(events)
	if len(gaps) != 1 || gaps[0].From != held.Seq+1 || gaps[0].Batches != gaps[0].To-gaps[0].From+1 || gaps[0].Events != gaps[0].Batches {
		t.Errorf("gaps %+v", gaps)
	}
}

// TestFullOfA puts more of class A than there is room for: what is accepted
// stays, the rest is counted.
func TestFullOfA(t *testing.T) {
	c := testConfig(t.TempDir())
	s := open(t, c)
	defer s.Close()
	const n = 2000
	for i := range n {
		e := fact(i)
		e.Observation.Value = talk(i).Conversation.ServerName
		put(t, s, e)
	}
	if got := s.ledger.total(); got > c.Cap {
		t.Errorf("%d bytes, the cap is %d", got, c.Cap)
	}
	_, events := drain(t, s)
	arrived := len(events)
	for i := range events {
		if events[i].Seq != uint64(i) {
			t.Fatalf("event %d is %d: an accepted one was dropped", i, events[i].Seq)
		}
	}
	s.Tell()
	put(t, s)
	_, events = drain(t, s)
	gaps := gapsOf(events)
	if len(gaps) != 1 || gaps[0].Reason != tyto.GapUnheard || gaps[0].Class != "A" || gaps[0].Batches != 0 || int(gaps[0].Events)+arrived != n || arrived < 1000 {
		t.Errorf("%d arrived; gaps %+v", arrived, gaps)
	}
}

func TestDamagedBatch(t *testing.T) {
	c := testConfig(t.TempDir())
	s := open(t, c)
	defer s.Close()
	put(t, s, talk(1), talk(2))
	put(t, s, talk(3))
	if _, err := s.db.Exec("UPDATE batch SET body = body || x'00' WHERE seq = 1"); err != nil {
		t.Fatal(err)
	}
	_, events := drain(t, s)
	s.Tell()
	put(t, s)
	_, told := drain(t, s)
	gaps := gapsOf(told)
	if len(events) != 1 || events[0].Seq != 3 || len(gaps) != 1 || gaps[0].Reason != tyto.GapDamaged || gaps[0].From != 1 || gaps[0].To != 1 || gaps[0].Events != 2 {
		t.Errorf("events %v, gaps %+v", events, gaps)
	}
}

// TestDamagedSpool flips bytes all over the file: it is set aside and named,
// never made anew in silence, and what can be read keeps its number.
func TestDamagedSpool(t *testing.T) {
	for name, harm := range map[string]func(b []byte) []byte{
		"header": func(b []byte) []byte { return append([]byte("this was a spool"), b[16:]...) },
		"cut":    func(b []byte) []byte { return b[:len(b)/2] },
		"pages": func(b []byte) []byte {
			for at := 4096 * 12; at+64 < len(b); at += 4096 * 6 {
				copy(b[at:], strings.Repeat("\xa5", 64))
			}
			return b
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := testConfig(t.TempDir())
			s := open(t, c)
			epoch := s.epoch
			for i := range 400 {
				put(t, s, talk(i))
			}
			shut(t, s)
			path := filepath.Join(c.Folder, spoolFile)
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, harm(b), 0o600); err != nil {
				t.Fatal(err)
			}
			s = open(t, c)
			defer s.Close()
			put(t, s, talk(9999))
			batches, events := drain(t, s)
			aside, err := filepath.Glob(path + ".damaged-*")
			if err != nil || len(aside) == 0 {
				t.Fatalf("nothing was set aside: %v", err)
			}
			gaps := gapsOf(events)
			if len(gaps) != 1 || gaps[0].Reason != tyto.GapDamaged || !strings.Contains(gaps[0].Detail, filepath.Base(aside[0])) {
				t.Errorf("gaps %+v", gaps)
			}
			saved := 0
			for _, b := range batches {
				if b.Epoch == epoch {
					saved++
				}
			}
			if name == "pages" && saved < 100 || events[len(events)-1].Seq != 9999 && events[0].Seq != 9999 && saved == 0 && len(events) < 2 {
				t.Errorf("%d batches were saved, and %d events arrive", saved, len(events))
			}
			t.Logf("%d of 400 batches saved", saved)
		})
	}
}

func TestOtherDatabase(t *testing.T) {
	c := testConfig(t.TempDir())
	db := connect(filepath.Join(c.Folder, spoolFile), "_txlock=immediate")
	if _, err := db.Exec("CREATE TABLE other (x)"); err != nil {
		t.Fatal(err)
	}
	db.Close()
	if _, err := Open(t.Context(), c); err == nil || !strings.Contains(err.Error(), "no spool") {
		t.Errorf("another's database: %v", err)
	}
}

func TestHealth(t *testing.T) {
	c := testConfig(t.TempDir())
	s := open(t, c)
	defer s.Close()
	put(t, s, talk(1), talk(2), fact(3))
	s.Tell()
	put(t, s)
	_, events := drain(t, s)
	i := slices.IndexFunc(events, func(e tyto.Event) bool { return e.Kind == tyto.KindHealth })
	if i < 0 {
		t.Fatal("no health")
	}
	h := events[i].Health
	if h.Interface != HealthName || h.Version != "7" || h.Counters["backlog_events"] != 3 || h.Counters["backlog_batches"] != 2 || h.Counters["events_accepted"] != 3 ||
		h.Counters["backlog_oldest_ns"] != uint64(talk(1).Time.UnixNano()) && h.Counters["backlog_oldest_ns"] != uint64(fact(3).Time.UnixNano()) {
		text, _ := json.Marshal(h)
		t.Errorf("health %s", text)
	}
}

// TestPutWaitsForTheDisk puts more than may wait in memory: it waits, and goes
// on when that is written; and it does not wait for a disk that fails.
func TestPutWaitsForTheDisk(t *testing.T) {
	folder := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		c := testConfig(folder)
		c.Cap, c.Reserve = 1<<30, 1<<20
		s := open(t, c)
		done := make(chan error, 1)
		n := 0
		fill := func() {
			for ; n < 40_000; n++ {
				if err := s.Put(t.Context(), []tyto.Event{talk(n)}); err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}
		go fill()
		synctest.Wait()
		if n == 40_000 {
			t.Error("it does not wait")
		}
		ended, end := context.WithCancel(t.Context())
		end()
		if err := s.Flush(ended); err == nil {
			t.Error("a write that is given up says nothing")
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := s.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := s.Backlog().Events; got == 0 || got > 40_000 {
			t.Errorf("%d events are on disk", got)
		}
		shut(t, s)
	})
}
