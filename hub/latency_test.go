package hub

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"tyto/api"
	"tyto/auth"
	"tyto/capture"
	"tyto/content"
	"tyto/detect"
	"tyto/sensor"
	"tyto/store/sqlite"
	"tyto/tyto"
	"tyto/uplink"
)

// contact is the packet by which a name server tells the n-th client where a
// host is that is known to be bad: an answer of DNS to a question for an A.
func contact(n int) []byte {
	hi, lo := byte(n>>8), byte(n)
	dns := append([]byte{hi, lo, 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0}, "\x06update\x04evil\x07example\x00\x00\x01\x00\x01"+
		"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\x09\x09\x09\x09"...)
	udp := append([]byte{0, 53, 78, lo, 0, byte(8 + len(dns)), 0, 0}, dns...) // without a checksum, as RFC 768 allows
	ip := append([]byte{0x45, 0, 0, byte(20 + len(udp)), 0, 0, 0, 0, 64, 17, 0, 0, 10, 20, 255, 53, 10, 20, hi, lo}, udp...)
	sum := uint32(0)
	for i := 0; i < 20; i += 2 {
		sum += uint32(binary.BigEndian.Uint16(ip[i:]))
	}
	binary.BigEndian.PutUint16(ip[10:], ^uint16(sum+sum>>16))
	return append([]byte{0, 0x1b, 0x1b, 1, hi, lo, 0, 0x1b, 0x1b, 0, 0, 0x53, 8, 0}, ip...)
}

// record is a packet of now, as a capture file has it.
func record(packet []byte) []byte {
	at := time.Now()
	var b []byte
	for _, x := range []uint32{uint32(at.Unix()), uint32(at.Nanosecond() / 1000), uint32(len(packet)), uint32(len(packet))} {
		b = binary.LittleEndian.AppendUint32(b, x)
	}
	return append(b, packet...)
}

// BenchmarkFirstPacketToAlert is how long it takes from a packet on the wire to
// its alert in the answer of the API, by all that is between with the times that
// are its defaults: sensor, spool on disk, TLS, hub, store, HTTP. Packets come at
// random times, each of a client of its own; the interface's ring is a pipe.
func BenchmarkFirstPacketToAlert(b *testing.B) {
	const packets = 200
	rules, err := detect.Load(content.Detections(), nil)
	if err != nil {
		b.Fatal(err)
	}
	quiet := slog.New(slog.DiscardHandler)
	for b.Loop() {
		folder := b.TempDir()
		s, err := sqlite.Open(b.Context(), sqlite.DefaultConfig(folder))
		if err != nil {
			b.Fatal(err)
		}
		ca, err := auth.OpenCA(b.Context(), s, filepath.Join(folder, auth.SecretFile), time.Now)
		if err != nil {
			b.Fatal(err)
		}
		enrol := auth.NewEnrolment(ca, s, time.Now, quiet)
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			b.Fatal(err)
		}
		c := DefaultConfig()
		c.Detections, c.Indicators = rules, []detect.Indicator{{Value: "evil.example", List: "bench"}}
		h, err := New(c, Deps{Store: s, Enrolment: enrol, SensorListener: l})
		if err != nil {
			b.Fatal(err)
		}
		ctx, end := context.WithCancel(b.Context())
		all, ctx := errgroup.WithContext(ctx)
		all.Go(func() error { return h.Run(ctx) })
		<-h.ready

		ask, done := analyst(b, h)
		feed, first := io.Pipe()
		sensing(b, ctx, all, enrol, l.Addr().String(), feed)
		sent := make(map[string]time.Time, packets)
		if _, err := first.Write([]byte("\xd4\xc3\xb2\xa1\x02\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x04\x00\x01\x00\x00\x00")); err != nil {
			b.Fatal(err)
		}
		next, asked, seen := time.Now(), time.Time{}, map[string]time.Duration{}
		for n, limit := 0, time.Now().Add(time.Minute); len(seen) < packets && time.Now().Before(limit); time.Sleep(5 * time.Millisecond) {
			if n < packets && !time.Now().Before(next) {
				sent[fmt.Sprintf("10.20.%d.%d", n>>8, n&255)] = time.Now()
				if _, err := first.Write(record(contact(n))); err != nil {
					b.Fatal(err)
				}
				n, next = n+1, time.Now().Add(time.Duration(rand.IntN(100))*time.Millisecond)
			}
			if time.Since(asked) < 100*time.Millisecond { // or the API says that it is too often
				continue
			}
			asked = time.Now()
			for _, client := range ask() {
				if at, ok := sent[client]; ok && seen[client] == 0 {
					seen[client] = time.Since(at)
				}
			}
		}
		if len(seen) < packets {
			b.Fatalf("%d of %d packets lead to an alert", len(seen), packets)
		}
		first.Close()
		end()
		if err := errors.Join(all.Wait(), s.Close()); err != nil && !errors.Is(err, context.Canceled) {
			b.Fatal(err)
		}
		done()
		took := slices.Sorted(func(yield func(time.Duration) bool) {
			for _, d := range seen {
				if !yield(d) {
					return
				}
			}
		})
		for name, part := range map[string]float64{"p50-ms": 0.5, "p99-ms": 0.99, "max-ms": 1} {
			b.ReportMetric(float64(took[min(len(took)-1, int(part*float64(len(took))))].Milliseconds()), name)
		}
	}
}

// sensing has a sensor join a hub, and tell it of what it is fed.
func sensing(b *testing.B, ctx context.Context, all *errgroup.Group, enrol *auth.Enrolment, hub string, feed io.Reader) {
	b.Helper()
	folder, quiet := b.TempDir(), slog.New(slog.DiscardHandler)
	secret, _, err := enrol.Token(ctx, "bench", netip.Addr{}, auth.JoinPlan{Sensor: "s", Zone: "z", Life: time.Hour})
	if err != nil {
		b.Fatal(err)
	}
	id, err := uplink.Join(ctx, uplink.Token{Hub: hub, Pin: enrol.CA().Pin(), Secret: secret}, folder, time.Now)
	if err != nil {
		b.Fatal(err)
	}
	config := uplink.DefaultConfig(folder)
	config.Sensor, config.Zone = id.Sensor, id.Zone
	spool, err := uplink.Open(ctx, config)
	if err != nil {
		b.Fatal(err)
	}
	client := uplink.NewClient(folder, id, time.Now, quiet)
	b.Cleanup(func() { client.Close(); spool.Close() })
	all.Go(func() error { return spool.Run(ctx) })
	all.Go(func() error { return uplink.NewSender(spool, client, quiet).Run(ctx) })
	set := sensor.DefaultConfig()
	set.Name, set.Zone, set.Live, set.Clock = id.Sensor, id.Zone, true, time.Now
	all.Go(func() error {
		return sensor.New(set, capture.OpenStream("eth0", feed, capture.Options{})).Run(ctx, func(events []tyto.Event) error { return spool.Put(ctx, events) })
	})
}

// analyst signs in to a hub, and asks for the clients of all alerts.
func analyst(b *testing.B, h *Hub) (ask func() []string, done func()) {
	b.Helper()
	const password = "correct horse battery"
	if err := h.auth.PutUser(b.Context(), auth.Identity{User: "bench"}, "ada", tyto.Viewer, password); err != nil {
		b.Fatal(err)
	}
	_, cookie, err := h.auth.SignIn(b.Context(), "ada", password, "", auth.Caller{})
	if err != nil {
		b.Fatal(err)
	}
	server := httptest.NewServer(h.Handler())
	return func() (clients []string) {
		r, err := http.NewRequestWithContext(b.Context(), "GET", server.URL+"/api/v1/alerts?limit=500&rule=indicator-lookup", http.NoBody)
		if err != nil {
			b.Fatal(err)
		}
		r.AddCookie(cookie)
		answer, err := server.Client().Do(r)
		if err != nil {
			b.Fatal(err)
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err != nil || answer.StatusCode != 200 {
			b.Fatalf("%d %s %v", answer.StatusCode, text, err)
		}
		var page api.AlertList
		if err := json.Unmarshal(text, &page); err != nil {
			b.Fatal(err)
		}
		for _, i := range page.Items {
			for _, p := range i.Parties {
				clients = append(clients, p.IP)
			}
		}
		return clients
	}, server.Close
}
