package sqlite_test

import (
	"context"
	"testing"

	"tyto/store"
	"tyto/store/sqlite"
	"tyto/store/sqlitetest"
	"tyto/store/storetest"
)

// place is a folder with a store that each call opens anew.
func place(t testing.TB) storetest.Place {
	cfg := sqlitetest.Config(t)
	var s *sqlite.Store
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
		if s, err = sqlite.Open(context.Background(), cfg); err != nil {
			t.Fatal(err)
		}
		return s
	}
}

func TestConformance(t *testing.T) { storetest.Run(t, place) }
