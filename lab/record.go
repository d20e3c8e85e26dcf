package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Record brings the lab up, writes what the mirror port shows into a capture
// file, and removes the lab again, also when ctx ends early.
func Record(ctx context.Context, hosts []*Host, file string, long time.Duration, log io.Writer) error {
	file, err := filepath.Abs(file)
	if err != nil {
		return fmt.Errorf("lab: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return fmt.Errorf("lab: %w", err)
	}
	var stop func() error
	b, err := Up(ctx, hosts, log, func(b *Box) (err error) {
		stop, err = b.Listen(file)
		return err
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(log, "lab: recording into %s for %s\n", file, long)
	pause(ctx, long)
	if err = stop(); err != nil {
		err = fmt.Errorf("lab: tcpdump: %w", err)
	}
	if !b.up() { // removed meanwhile; what is up now is another's
		return errors.Join(err, errors.New("lab: it was removed while recording"))
	}
	return errors.Join(err, Down())
}

// List writes the hosts, and whether they are up, as a table.
func List(w io.Writer, hosts []*Host) error {
	all, err := traces()
	if err != nil && !errors.Is(err, os.ErrPermission) {
		return err
	}
	up := map[string]bool{}
	for _, t := range all {
		up[t.Host] = up[t.Host] || t.alive()
	}
	for _, h := range hosts {
		state := "down"
		if up[h.Name] {
			state = "up"
		}
		p := h.Ports[0]
		addr := strings.Join(p.Addrs, " ")
		if addr == "" {
			addr, _, _ = strings.Cut(p.DHCP, " ")
		}
		if _, err := fmt.Fprintf(w, "%-5s %-16s %-20s %s  %s\n", state, h.Name, h.Kind, p.MAC, addr); err != nil {
			return fmt.Errorf("lab: %w", err)
		}
	}
	return nil
}
