package uplink

import (
	"testing"

	"tyto/tyto"
)

// BenchmarkSpool puts, writes, takes and acknowledges; one operation is one
// event.
func BenchmarkSpool(b *testing.B) {
	c := testConfig(b.TempDir())
	c.Cap, c.Reserve = 1<<30, 1<<20
	s := open(b, c)
	defer s.Close()
	events := make([]tyto.Event, 256)
	for i := range events {
		events[i] = fact(i)
		if i%2 == 0 {
			events[i] = talk(i)
			events[i].Conversation.ServerName = "host.example.org"
		}
	}
	for n := 0; b.Loop(); n++ {
		if err := s.Put(b.Context(), events[n%256:n%256+1]); err != nil {
			b.Fatal(err)
		}
		if n%2000 < 1999 {
			continue
		}
		if err := s.Flush(b.Context()); err != nil {
			b.Fatal(err)
		}
		for {
			batch, ok, err := s.pick(b.Context())
			if err != nil {
				b.Fatal(err)
			}
			if !ok {
				break
			}
			s.Ack(batch)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}
