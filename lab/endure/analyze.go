package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"tyto/lab"
)

const (
	controllers = 500
	realHosts   = 1000
)

func plant(o options, t trial) error {
	devices := 0
	u, err := analyze(o, t, "csv", func(r io.Reader) (err error) { devices, err = rows(r, nil); return err })
	if err != nil {
		return err
	}
	simulated := 24 * time.Hour / time.Duration(o.scale)
	fmt.Printf("| %s | %.2f %% of one core (%.0f s CPU for %v); peak %d MiB, in the last third %+.1f %% over the second; %d devices of %d |\n",
		t.name, 100*u.cpu.Seconds()/simulated.Seconds(), u.cpu.Seconds(), simulated, u.peak>>20, 100*u.growth(), devices, controllers+1)
	return nil
}

func spoof(o options, t trial) error {
	wanted := map[string]bool{}
	for i := range realHosts {
		wanted[lab.RealHost(i).String()] = true
	}
	devices := 0
	u, err := analyze(o, t, "csv", func(r io.Reader) (err error) {
		devices, err = rows(r, func(mac string) { delete(wanted, mac) })
		return err
	})
	if err != nil {
		return err
	}
	fmt.Printf("| %s | peak %d MiB; %.1f µs CPU each; %d devices held, among them %d of the %d real ones |\n",
		t.name, u.peak>>20, u.cpu.Seconds()*1e6/float64(10_000_000/o.scale), devices, realHosts-len(wanted), realHosts)
	return nil
}

func wide(o options, t trial) error {
	devices := 0
	u, err := analyze(o, t, "csv", func(r io.Reader) (err error) { devices, err = rows(r, nil); return err })
	if err != nil {
		return err
	}
	fmt.Printf("| %s | peak %d MiB; %.1f µs CPU for each connection, all told; %d devices |\n",
		t.name, u.peak>>20, u.cpu.Seconds()*1e6/float64(1_000_000/o.scale), devices)
	return nil
}

// rows counts the devices of a CSV report, and tells their MAC addresses.
func rows(r io.Reader, tell func(mac string)) (n int, err error) {
	c := csv.NewReader(r)
	c.ReuseRecord = true
	head, err := c.Read()
	if err != nil {
		return 0, fmt.Errorf("csv: %w", err)
	}
	at := slices.Index(head, "macs")
	if at < 0 {
		return 0, fmt.Errorf("csv: no column macs in %q", head)
	}
	for {
		row, err := c.Read()
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, fmt.Errorf("csv: %w", err)
		}
		n++
		if tell != nil {
			for mac := range strings.FieldsSeq(row[at]) {
				tell(mac)
			}
		}
	}
}
