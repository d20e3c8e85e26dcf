package postgres

import (
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tyto/store"
	"tyto/store/postgrestest"
	"tyto/tyto"
)

func opened(t testing.TB, url string) *Store {
	t.Helper()
	s, err := Open(ctx, DefaultConfig(url))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func named(id, hostname string) store.DeviceRecord {
	return store.DeviceRecord{Row: store.DeviceRow{ID: id, Zone: "z", Category: "ot", Hostname: hostname}, Text: hostname, Device: tyto.Device{ID: id}}
}

// TestHubsSeeEachOther changes devices here and looks there.
func TestHubsSeeEachOther(t *testing.T) {
	url := database(t)
	here, there := opened(t, url), opened(t, url)
	seen := func(what string, want ...string) {
		t.Helper()
		page, err := there.Devices(ctx, store.DeviceQuery{Text: "host", Window: store.Window{Sort: "hostname", Limit: 10}})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range page.Items {
			got = append(got, r.Hostname)
		}
		if n, err := there.CountDevices(ctx); !slices.Equal(got, want) || int(page.Total) != len(want) || int(n) != len(want) || err != nil {
			t.Errorf("%s: there are %v, %d, %d counted, %v; want %v", what, got, page.Total, n, err, want)
		}
	}
	write := func(c store.Change) {
		t.Helper()
		c.Zone = "z"
		if err := here.Write(ctx, c); err != nil {
			t.Fatal(err)
		}
	}
	seen("at first")
	write(store.Change{Devices: []store.DeviceRecord{named("a", "host-a"), named("b", "host-b")}})
	seen("two came", "host-a", "host-b")
	write(store.Change{Devices: []store.DeviceRecord{named("a", "host-0")}})
	seen("one was named", "host-0", "host-b")
	write(store.Change{Gone: []string{"b"}})
	seen("one went", "host-0")
	write(store.Change{Devices: []store.DeviceRecord{named("b", "host-b")}})
	seen("it came back", "host-0", "host-b")
}

// TestChangesThatOvertakeEachOther has changes end in another order than they
// began, with somebody who looks all the time: no one may be missed.
func TestChangesThatOvertakeEachOther(t *testing.T) {
	url := database(t)
	a, there := opened(t, url), opened(t, url)
	var wg sync.WaitGroup
	stop := make(chan struct{})
	wg.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			if _, err := there.CountDevices(ctx); err != nil {
				t.Error(err)
				return
			}
		}
	})
	var writers sync.WaitGroup
	for w := range 4 {
		writers.Go(func() {
			for i := range 15 {
				c := store.Change{Zone: fmt.Sprint("z", w)}
				for k := range 1 + (i*w)%40 { // short ones and long ones
					d := named(fmt.Sprintf("%d-%d-%d", w, i, k), "x")
					d.Row.Zone = c.Zone
					c.Devices = append(c.Devices, d)
				}
				if i > 2 {
					c.Gone = []string{fmt.Sprintf("%d-%d-0", w, i-2)}
				}
				if err := a.Write(ctx, c); err != nil {
					t.Error(err)
				}
			}
		})
	}
	writers.Wait()
	close(stop)
	wg.Wait()
	want, err := opened(t, url).CountDevices(ctx) // it reads them all
	if err != nil {
		t.Fatal(err)
	}
	if got, err := there.CountDevices(ctx); got != want || err != nil || want == 0 {
		t.Errorf("who looked all the time knows %d devices of %d (%v)", got, want, err)
	}
}

// TestPositionsAreSeenInOrder has several hubs append, and a reader follow: no
// entry may appear before one that was seen.
func TestPositionsAreSeenInOrder(t *testing.T) {
	url := database(t)
	reader := opened(t, url)
	const hubs, batches = 3, 40
	var wg sync.WaitGroup
	for h := range hubs {
		s := opened(t, url)
		for w := range 2 {
			wg.Go(func() {
				for i := range batches {
					e := tyto.Event{Kind: tyto.KindHealth, Health: &tyto.Health{}}
					if _, fresh, err := s.Append(ctx, store.Batch{Zone: "z", Sensor: fmt.Sprint(h, w), Seq: uint64(i + 1), Events: []tyto.Event{e}}); err != nil || !fresh {
						t.Errorf("fresh is %v, %v", fresh, err)
					}
				}
			})
		}
	}
	seen, after := 0, int64(0)
	for begun := time.Now(); seen < hubs*2*batches && time.Since(begun) < 5*time.Minute; {
		if err := reader.Follow(ctx, after, func(e store.Entry) error { seen++; after = e.Position; return nil }); err != nil {
			t.Fatal(err)
		}
	}
	wg.Wait()
	if seen != hubs*2*batches {
		t.Errorf("who follows saw %d entries, want %d", seen, hubs*2*batches)
	}
}

func TestHubsStartTogether(t *testing.T) {
	url := postgrestest.Start(t).Database(t)
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			s, err := Open(ctx, DefaultConfig(url))
			if err != nil {
				t.Error(err)
				return
			}
			s.Close()
		})
	}
	wg.Wait()
}

func TestNewerSchemaIsRefused(t *testing.T) {
	url := database(t)
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, true)"); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(ctx, DefaultConfig(url)); !errors.Is(err, store.ErrNewer) || !strings.Contains(err.Error(), "99") {
		t.Errorf("got %v, want ErrNewer", err)
	}
}

// TestBrokenConnections has the server break all connections: what is tried
// again works.
func TestBrokenConnections(t *testing.T) {
	server, url := postgrestest.Start(t), database(t)
	s := opened(t, url+"&application_name=broken")
	write := func() error {
		return s.Write(ctx, store.Change{Zone: "z", Devices: []store.DeviceRecord{named("a", "host-a")}})
	}
	if err := write(); err != nil {
		t.Fatal(err)
	}
	server.Disconnect(t, "broken")
	var err error
	for range 20 { // each connection of the pool is found broken once at most
		if err = write(); err == nil {
			break
		}
	}
	if err != nil {
		t.Error(err)
	}
	n := uint64(0)
	for range 20 {
		if n, err = s.CountDevices(ctx); err == nil {
			break
		}
	}
	if n != 1 || err != nil {
		t.Errorf("%d devices, %v", n, err)
	}
}

func TestErrorsSayWhatToDo(t *testing.T) {
	url := postgrestest.Start(t).Database(t)
	for of, want := range map[string]string{
		"postgres://tyto:hunter2@127.0.0.1:1/tyto?sslmode=disable": "is it running",
		strings.Replace(url, "@/t", "@/nowhere", 1):                "createdb",
		"postgres://tyto:hunter2@h:x/y":                            "write postgres://",
	} {
		_, err := Open(ctx, DefaultConfig(of))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v; want %q in it, and no password", of, err, want)
		}
	}
}
