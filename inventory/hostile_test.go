package inventory

import (
	"fmt"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tyto/frame"
	"tyto/tyto"
)

// TestHostileGrowth: what an attacker can send must not make learning and
// asking slow: the limit is generous, but quadratic growth would pass it. What
// counts is the processor's time: others may keep it busy.
func TestHostileGrowth(t *testing.T) {
	const n = 30_000
	address := func(m frame.MAC, a frame.Addr, how tyto.Confidence, i int) *tyto.Event {
		return &tyto.Event{Time: at(i), Observation: &tyto.Observation{Subject: tyto.Subject{MAC: m}, Attr: tyto.Address, Value: a.String(),
			Confidence: how, Evidence: tyto.Evidence{Protocol: "arp", Field: "f"}}}
	}
	fact := func(m frame.MAC, a tyto.Attr, value string) *tyto.Event {
		return &tyto.Event{Time: at(1), Observation: &tyto.Observation{Subject: tyto.Subject{MAC: m}, Attr: a, Value: value,
			Confidence: tyto.Stated, Evidence: tyto.Evidence{Protocol: "eth", Field: "eth.src"}}}
	}
	numbered := func(i int) frame.MAC { return frame.MAC{0, 0x1b, 0x17, byte(i >> 16), byte(i >> 8), byte(i)} }
	router := frame.MAC{0, 0x1b, 0x18, 0, 0, 1}
	for _, x := range []struct {
		name string
		make func(i int) *tyto.Event
	}{
		{"many interfaces prove one address", func(i int) *tyto.Event { return address(numbered(i), frame.V4(10, 0, 0, 1), tyto.Stated, i) }},
		{"many send from one address", func(i int) *tyto.Event { return address(numbered(i), frame.V4(10, 0, 0, 1), tyto.Guessed, i) }},
		{"many send for one internet host", func(i int) *tyto.Event { return address(numbered(i), frame.V4(8, 8, 8, 8), tyto.Guessed, i) }},
		{"one sends for many", func(i int) *tyto.Event { return address(router, frame.V4(10, 1, byte(i>>8), byte(i)), tyto.Guessed, i) }},
		{"one proves many", func(i int) *tyto.Event { return address(router, frame.V4(10, 1, byte(i>>8), byte(i)), tyto.Stated, i) }},
		{"one proves many of the internet", func(i int) *tyto.Event { return address(router, frame.V4(20, byte(i>>8), byte(i), 1), tyto.Stated, i) }},
		{"many have one identity", func(i int) *tyto.Event { return fact(numbered(i), tyto.Identity, "uuid:1") }},
		{"a chain of identities", func(i int) *tyto.Event { return fact(numbered(i/2), tyto.Identity, fmt.Sprint("uuid:", (i+1)/2)) }},
		{"many serial numbers", func(i int) *tyto.Event { return fact(router, tyto.Serial, fmt.Sprint(i)) }},
		{"many identities", func(i int) *tyto.Event { return fact(router, tyto.Identity, fmt.Sprint("uuid:", i)) }},
	} {
		v := New("z", Config{})
		start := worked(t)
		for i := range n {
			e := x.make(i)
			v.Learn(fact(e.Observation.Subject.MAC, tyto.Clue, "there"))
			v.Learn(e)
			if i%8 == 0 {
				v.Find(e.Observation.Subject)
			}
		}
		v.Changed()
		took := worked(t) - start
		t.Logf("%-34s %6d ns each", x.name, took.Nanoseconds()/n)
		if took > 20*time.Second {
			t.Errorf("%s: took %v", x.name, took)
		}
	}
}

// worked is how long this process has had a processor so far.
func worked(t *testing.T) time.Duration {
	t.Helper()
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
