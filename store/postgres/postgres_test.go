package postgres

import (
	"context"
	"testing"

	"go.uber.org/goleak"

	"tyto/lab/doubles"
	"tyto/store"
	"tyto/store/postgrestest"
	"tyto/store/storetest"
)

var ctx = context.Background()

func TestMain(m *testing.M) { goleak.VerifyTestMain(doubles.Settled{M: postgrestest.Main{M: m}}) }

// database is the URL of a database whose schema is there.
func database(t testing.TB) string {
	return postgrestest.Start(t).Filled(t, "schema", func(url string) {
		s, err := Open(ctx, DefaultConfig(url))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

// place is a database with a store that each call opens anew.
func place(t testing.TB) storetest.Place {
	url := database(t)
	var s *Store
	shut := func() {
		if s != nil {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
	}
	t.Cleanup(shut)
	return func(t testing.TB) store.Store {
		t.Helper()
		shut()
		var err error
		if s, err = Open(context.Background(), DefaultConfig(url)); err != nil {
			t.Fatal(err)
		}
		return s
	}
}

func TestConformance(t *testing.T) { storetest.Run(t, place) }
