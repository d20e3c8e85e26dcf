package main

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"slices"
	"time"

	"tyto/capture"
	"tyto/mirror"
)

// A faceRate is an interface and what arrives on it.
type faceRate struct {
	name    string
	link    mirror.Link
	packets float64 // a second
	heard   bool    // it could be listened to
}

// String is a line for choosing.
func (f faceRate) String() string {
	state := "up"
	switch {
	case !f.link.Up:
		state = "down"
	case !f.link.Carrier:
		state = "no cable"
	}
	rate := "not allowed to listen"
	if f.heard {
		rate = fmt.Sprintf("%.0f packets/s", f.packets)
	}
	address := "no address"
	if n := len(f.link.Addresses); n > 0 {
		address = f.link.Addresses[0]
		if n > 1 {
			address += fmt.Sprintf(" and %d more", n-1)
		}
	}
	return fmt.Sprintf("%-15s %-8s %22s   %s", f.name, state, rate, address)
}

// likely reports whether it looks like an interface that is mirrored to: it
// hears something, and is not there to be spoken to.
func (f faceRate) likely() bool { return f.packets > 0 && len(f.link.Addresses) == 0 }

// lookAround listens to all interfaces but loopbacks for a while. The busiest
// one comes first.
func lookAround(ctx context.Context, listen time.Duration) ([]faceRate, error) {
	all, err := net.Interfaces()
	if err != nil {
		return nil, fmt.Errorf("sensor setup: %w", err)
	}
	var faces []faceRate
	var sources []capture.Source
	for _, x := range all {
		if x.Flags&net.FlagLoopback != 0 {
			continue
		}
		f := faceRate{name: x.Name}
		f.link, _ = mirror.Look(x.Name)
		source, err := capture.OpenLive([]string{x.Name}, capture.Live{RingBytes: 1 << 20}) // nobody reads it: what the kernel has is counted
		if f.heard = err == nil; f.heard {
			defer source.Close()
		}
		faces, sources = append(faces, f), append(sources, source)
	}
	begun := time.Now()
	select {
	case <-time.After(listen):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	for i := range faces {
		if faces[i].heard {
			faces[i].packets = float64(sources[i].Captures()[0].Seen) / time.Since(begun).Seconds()
		}
	}
	slices.SortStableFunc(faces, func(a, b faceRate) int { return cmp.Compare(b.packets, a.packets) })
	return faces, nil
}
