package sqlite

import (
	"context"
	"testing"

	"go.uber.org/goleak"

	"tyto/lab/doubles"
	"tyto/store"
	"tyto/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(doubles.Settled{M: m}) }

// place is a folder with a store that each call opens anew.
func place(t testing.TB) storetest.Place {
	cfg := DefaultConfig(t.TempDir())
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
		if s, err = Open(context.Background(), cfg); err != nil {
			t.Fatal(err)
		}
		return s
	}
}

func TestConformance(t *testing.T) { storetest.Run(t, place) }
