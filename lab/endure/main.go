// Command endure lets the program work through loads that are too long or too
// hostile for a test, and prints what it used as a Markdown table. It streams
// them into the program, so that they need no disk.
package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"tyto/lab"
)

// A trial is one load and what is asked of the program under it.
type trial struct {
	name string
	make func(w io.Writer, scale int) error // the load, a scale-th of it
	run  func(o options, t trial) error
}

type options struct {
	tyto   string
	scale  int
	config string // of the program
}

func trials() []trial {
	return []trial{
		{"plant: 500 controllers asked 10 times a second, for a day", plantLoad, plant},
		{"spoof: 10,000,000 MAC addresses that do not exist", spoofLoad, spoof},
		{"flood: the same at a sensor alone", spoofLoad, flood},
		{"wide: 1,000,000 connections of 100,000 devices at once", wideLoad, wide},
		{"day: 24 hours of 2,000 devices, sensor and hub", dayLoad, day},
	}
}

func plantLoad(w io.Writer, scale int) error {
	return lab.Plant(w, controllers, 100*time.Millisecond, 24*time.Hour/time.Duration(scale))
}

func spoofLoad(w io.Writer, scale int) error { return lab.Spoof(w, 10_000_000/scale, realHosts) }

func wideLoad(w io.Writer, scale int) error { return lab.Wide(w, 100_000/scale, 10) }

func dayLoad(w io.Writer, scale int) error {
	return lab.Generate(w, lab.GenerateConfig{Devices: 2000, Seed: 1, Duration: 24 * time.Hour / time.Duration(scale)})
}

func main() {
	var o options
	flag.StringVar(&o.tyto, "tyto", "./bin/tyto", "the program")
	flag.IntVar(&o.scale, "scale", 1, "only this part of each load: 10 is a tenth")
	flag.StringVar(&o.config, "config", "", "the program's configuration, such as one with inventory.memory")
	only := flag.String("only", "", "only the trials whose name begins so")
	flag.Parse()
	if err := all(o, *only); err != nil {
		fmt.Fprintln(os.Stderr, "endure:", err)
		os.Exit(1)
	}
}

func all(o options, only string) error {
	if o.scale < 1 {
		return fmt.Errorf("-scale %d: want at least 1", o.scale)
	}
	fmt.Println("| load | what was seen |")
	fmt.Println("|---|---|")
	var errs []error
	for _, t := range trials() {
		if !strings.HasPrefix(t.name, only) {
			continue
		}
		fmt.Fprintln(os.Stderr, t.name)
		if err := t.run(o, t); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", t.name, err))
		}
	}
	return errors.Join(errs...)
}

// feed writes the load into w and closes it.
func (t trial) feed(w io.WriteCloser, scale int) error {
	b := bufio.NewWriterSize(w, 1<<20)
	return errors.Join(t.make(b, scale), b.Flush(), w.Close())
}
