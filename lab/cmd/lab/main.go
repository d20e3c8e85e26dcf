// Command lab makes the network in a box, records it, and generates traffic.
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"tyto/lab"
)

const usage = `Usage: lab COMMAND

  up                         start the lab and leave it up (root)
  down                       remove it; safe at any time
  list                       name the hosts, and whether they are up
  missing                    name the Debian packages that it lacks on this machine
  enter HOST [COMMAND…]      run a command on a host
  record [-for 10m] [-o FILE]  start, record the mirror port, remove (root)
  cut FILE DIR               cut a recording into one capture per protocol (tshark)
  generate [-devices N] [-seed S] [-duration 10m] [-o FILE]
                             write the traffic of N devices as a capture
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			os.Exit(exit.ExitCode())
		}
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	if len(args) == 0 {
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}
	command, args := args[0], args[1:]
	switch command {
	case "up":
		_, err := lab.Up(ctx, lab.OfficeHosts(), os.Stderr, nil)
		return err
	case "down":
		return lab.Down()
	case "list":
		return lab.List(os.Stdout, lab.OfficeHosts())
	case "missing":
		_, debian := lab.Missing()
		for _, p := range debian {
			fmt.Println(p)
		}
		return nil
	case "enter":
		if len(args) == 0 {
			return errors.New("lab: enter: want a host")
		}
		return lab.Enter(args[0], args[1:])
	case "record":
		return record(ctx, args)
	case "cut":
		if len(args) != 2 {
			return errors.New("lab: cut: want FILE DIR")
		}
		return lab.Cut(args[0], args[1])
	case "generate":
		return generate(args)
	// The rest is what the lab calls itself with.
	case "inside":
		return lab.Inside(args[0])
	case "tag":
		return lab.Tag(args)
	case "play":
		return lab.Play(ctx, args)
	case "help", "-h", "--help":
		fmt.Print(usage)
		return nil
	}
	return fmt.Errorf("lab: unknown command %q; lab help lists them", command)
}

func record(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("record", flag.ExitOnError)
	file := flags.String("o", "lab.pcap", "the capture `FILE`")
	long := flags.Duration("for", 10*time.Minute, "how long to record")
	flags.Parse(args)
	return lab.Record(ctx, lab.OfficeHosts(), *file, *long, os.Stderr)
}

func generate(args []string) (err error) {
	flags := flag.NewFlagSet("generate", flag.ExitOnError)
	var c lab.GenerateConfig
	flags.IntVar(&c.Devices, "devices", 1000, "how many devices")
	flags.Uint64Var(&c.Seed, "seed", 1, "the same seed makes the same bytes")
	flags.DurationVar(&c.Duration, "duration", 10*time.Minute, "of the capture's own time")
	file := flags.String("o", "-", "the capture `FILE`, - for standard output")
	flags.Parse(args)
	out := os.Stdout
	if *file != "-" {
		if out, err = os.Create(*file); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, out.Close()) }()
	}
	w := bufio.NewWriterSize(out, 1<<20)
	return errors.Join(lab.Generate(w, c), w.Flush())
}
