package postgres

import (
	"testing"

	"tyto/store"
	"tyto/store/postgrestest"
	"tyto/store/storetest"
)

// large is a database with n devices and conversations among a thousand of
// them, and what it knows by its statistics.
func large(b *testing.B, devices, conversations int) *Store {
	url := postgrestest.Start(b).Database(b)
	s := opened(b, url)
	for all := storetest.Site(devices); len(all) > 0; all = all[min(len(all), 5000):] {
		if err := s.Write(ctx, store.Change{Zone: "plant", Devices: all[:min(len(all), 5000)]}); err != nil {
			b.Fatal(err)
		}
	}
	for all := storetest.Talks(conversations); len(all) > 0; all = all[min(len(all), 10_000):] {
		if err := s.Write(ctx, store.Change{Zone: "plant", Conversations: all[:min(len(all), 10_000)]}); err != nil {
			b.Fatal(err)
		}
	}
	if _, err := s.write.Exec("ANALYZE"); err != nil { // as the server does by itself after a minute
		b.Fatal(err)
	}
	return s
}

func BenchmarkDeviceList(b *testing.B) {
	const n = 100_000
	s := large(b, n, 0)
	for name, q := range storetest.DeviceLists(n) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := s.Devices(ctx, q); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkConversationList(b *testing.B) {
	s := large(b, 1000, 100_000)
	for name, q := range storetest.ConversationLists() {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := s.Conversations(ctx, q); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkConversationWrite(b *testing.B) {
	s := large(b, 1000, 0)
	all := storetest.Talks(20_000)
	b.Run("new", func(b *testing.B) {
		for i := range b.N {
			for j := range all {
				all[j].Client.VLAN = uint16(i + 1)
			}
			if err := s.Write(ctx, store.Change{Zone: "plant", Conversations: all}); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/20_000, "µs/conversation")
	})
	b.Run("known", func(b *testing.B) {
		for range b.N {
			if err := s.Write(ctx, store.Change{Zone: "plant", Conversations: all}); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/20_000, "µs/conversation")
	})
}
