package hub

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"golang.org/x/sync/errgroup"

	"tyto/frame"
	"tyto/store"
	"tyto/store/postgrestest"
	"tyto/store/sqlite"
	"tyto/tyto"
)

// toldBatches is n batches of 256 events of 1,000 devices, half of them
// conversations, and what comes back of them is taken by a hub.
func toldBatches(n int) [][]tyto.Event {
	batches := make([][]tyto.Event, n)
	k := 0
	for b := range batches {
		batches[b] = make([]tyto.Event, 256)
		for i := range batches[b] {
			who := tyto.Subject{MAC: frame.MAC{0, 0x1b, 0x1b, 0, byte(k >> 8 & 3), byte(k)}, Addr: frame.V4(10, 0, byte(k>>8&3), byte(k))}
			if k++; i%2 == 0 {
				batches[b][i] = talked(who, subject(1), "modbus")
			} else {
				batches[b][i] = saw(1, tyto.Hostname, fmt.Sprintf("host-%d", k%1000))
				batches[b][i].Observation.Subject = who
			}
		}
	}
	return batches
}

// BenchmarkAccept is how fast events get to the disk and into the inventory,
// and what is concluded into the store, which a hub does every second: until
// all is written. Beside it stands how fast the bare engine takes the same
// events, as rows of JSON that are made already, 256 in a transaction, in the
// same run. PostgreSQL runs with fsync if FSYNC=on is in the environment.
func BenchmarkAccept(b *testing.B) {
	for name, open := range map[string]func(testing.TB) (store.Store, *sql.DB){"sqlite": benchSQLite, "postgres": benchPostgres} {
		for _, senders := range []int{1, 8} {
			b.Run(fmt.Sprintf("%s/senders=%d", name, senders), func(b *testing.B) { benchAccept(b, senders, open) })
		}
	}
}

func benchSQLite(tb testing.TB) (store.Store, *sql.DB) {
	folder := tb.TempDir()
	s, err := sqlite.Open(context.Background(), sqlite.DefaultConfig(folder))
	if err != nil {
		tb.Fatal(err)
	}
	bare, err := sql.Open("sqlite", filepath.Join(folder, "bare.db")+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
	if err != nil {
		tb.Fatal(err)
	}
	bare.SetMaxOpenConns(1)
	return s, bare
}

func benchPostgres(tb testing.TB) (store.Store, *sql.DB) {
	bare, err := sql.Open("pgx", postgrestest.Start(tb).Database(tb))
	if err != nil {
		tb.Fatal(err)
	}
	return openShared(tb, shared(tb)), bare
}

func benchAccept(b *testing.B, senders int, open func(testing.TB) (store.Store, *sql.DB)) {
	s, bare := open(b)
	defer s.Close()
	defer bare.Close()
	h, err := New(DefaultConfig(), Deps{Store: s})
	if err != nil {
		b.Fatal(err)
	}
	ctx, end := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	go func() { ended <- h.Run(ctx) }()
	<-h.ready
	batches := toldBatches(64)
	b.ResetTimer()
	begun, n := time.Now(), b.N
	var all errgroup.Group
	for i := range senders { // each in a zone of its own, as each has a lock
		all.Go(func() error {
			mine := slices.Clone(batches[0])
			for k := i; k < n; k += senders {
				copy(mine, batches[k%len(batches)])
				for j := range mine {
					mine[j].Zone = fmt.Sprint("z", i)
				}
				if err := h.Accept(b.Context(), mine); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := all.Wait(); err != nil {
		b.Fatal(err)
	}
	accepted := time.Since(begun)
	end()
	if err := <-ended; err != nil {
		b.Fatal(err)
	}
	written := time.Since(begun)
	alone := bareInsert(b, bare, batches, min(n, 400))
	b.ReportMetric(float64(n)*256/accepted.Seconds(), "accepted/s")
	b.ReportMetric(float64(n)*256/written.Seconds(), "written/s")
	b.ReportMetric(alone, "bare/s")
	b.ReportMetric(float64(n)*256/written.Seconds()/alone, "ratio")
}

// bareInsert is how many events a second the engine alone takes, in the
// quickest way that it has: SQLite by a prepared statement, PostgreSQL by COPY.
func bareInsert(b *testing.B, db *sql.DB, batches [][]tyto.Event, n int) float64 {
	if _, err := db.Exec("CREATE TABLE bare (zone TEXT, sensor TEXT, seq BIGINT, at BIGINT, body TEXT)"); err != nil {
		b.Fatal(err)
	}
	made := make([][][]any, len(batches))
	for i, events := range batches {
		for j := range events {
			body, err := json.Marshal(&events[j])
			if err != nil {
				b.Fatal(err)
			}
			made[i] = append(made[i], []any{events[j].Zone, events[j].Sensor, int64(j), events[j].Time.UnixNano(), string(body)})
		}
	}
	c, err := db.Conn(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	begun := time.Now()
	for i := range n {
		if err := bareBatch(b.Context(), c, made[i%len(made)]); err != nil {
			b.Fatal(err)
		}
	}
	return float64(n) * 256 / time.Since(begun).Seconds()
}

func bareBatch(ctx context.Context, c *sql.Conn, rows [][]any) error {
	copied := false
	err := c.Raw(func(driver any) (err error) {
		if pg, ok := driver.(*stdlib.Conn); ok {
			copied = true
			_, err = pg.Conn().CopyFrom(ctx, pgx.Identifier{"bare"}, []string{"zone", "sensor", "seq", "at", "body"}, pgx.CopyFromRows(rows))
		}
		return err
	})
	if copied || err != nil {
		return err
	}
	tx, err := c.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // after a commit it does nothing
	insert, err := tx.Prepare("INSERT INTO bare VALUES (?, ?, ?, ?, ?)")
	if err != nil {
		return err
	}
	defer insert.Close()
	for _, r := range rows {
		if _, err := insert.Exec(r...); err != nil {
			return err
		}
	}
	return tx.Commit()
}
