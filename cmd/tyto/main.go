// Command tyto tells what is on a network and what it is doing, by listening
// alone: sensor, hub, portal and command line in one program.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
	kongcompletion "github.com/jotaen/kong-completion"
)

// What the program's exit status means.
const (
	exitFailed      = 1   // nothing could be read, or the work could not be done
	exitUsage       = 2   // the command line or the configuration is wrong
	exitInterrupted = 130 // stopped by SIGINT or SIGTERM before the work was done
)

const about = `Finds and watches every device on a network by listening alone.

Begin with one of these:

    tyto analyze FILE          what is in a capture
    sudo tyto mirror -i eth1   whether a mirror port brings what it should
    sudo tyto run -i eth1      listen to it, with a portal

Exit status: 0 done; 1 nothing could be read, or the work failed; 2 the command line or the configuration is wrong;
130 interrupted before the end.`

type commands struct {
	Config string `type:"path" placeholder:"FILE" help:"Configuration file (YAML). See 'tyto config show'."`

	Analyze     analyzeCommand            `cmd:"" help:"Say what is in capture files."`
	Run         runCommand                `cmd:"" help:"Sensor, hub and portal in one process."`
	Sensor      sensorCommand             `cmd:"" help:"A sensor alone: events to its hub, or as JSON lines on standard output."`
	Hub         hubCommand                `cmd:"" help:"A hub alone: store, API and portal, fed with events."`
	Mirror      mirrorCommand             `cmd:"" help:"Say what an interface hears, and whether the mirror is right."`
	Forward     forwardCommand            `cmd:"" help:"Test where events are passed on to."`
	Fingerprint fingerprintCommand        `cmd:"" help:"Rules that tell devices apart: test, explain, import, sign."`
	Ready       readyCommand              `cmd:"" help:"Whether a hub or a sensor is ready."`
	Backup      backupCommand             `cmd:"" help:"Save what a hub knows, also while it works."`
	Restore     restoreCommand            `cmd:"" help:"Put back what was saved."`
	Audit       auditCommand              `cmd:"" help:"Verify the audit log."`
	Users       usersCommand              `cmd:"" help:"Help a user in who is locked out."`
	ConfigCmd   configCommand             `cmd:"" name:"config" help:"Check or show the configuration."`
	Version     versionCommand            `cmd:"" help:"Version, commit, and what is built in."`
	Completion  kongcompletion.Completion `cmd:"" help:"Shell code for completion: bash, zsh or fish."`
}

// streams is where a command reads and writes, so that tests can look.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// A usageError is the user's, and ends with exitUsage.
type usageError struct{ error }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	status := run(ctx, os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr})
	stop()
	os.Exit(status)
}

// newParser reads the command line into c; end is called after --help.
func newParser(c *commands, s streams, end func(int)) (*kong.Kong, error) {
	return kong.New(c, kong.Name("tyto"), kong.Description(about), kong.UsageOnError(), kong.Writers(s.out, s.err),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}), kong.Exit(end))
}

// run is the program; it returns the exit status.
func run(ctx context.Context, args []string, s streams) (status int) {
	var c commands
	type exit int
	defer func() { // kong ends by a call, for --help
		switch r := recover().(type) {
		case nil:
		case exit:
			status = int(r)
		default:
			panic(r)
		}
	}()
	parser, err := newParser(&c, s, func(code int) { panic(exit(code)) })
	if err != nil {
		panic(err)
	}
	kongcompletion.Register(parser)
	if len(args) == 0 {
		args = []string{"--help"}
	}
	command, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintf(s.err, "tyto: %v\nTry 'tyto --help', or 'tyto COMMAND --help' for examples.\n", err)
		return exitUsage
	}
	command.BindTo(ctx, (*context.Context)(nil))
	return ended(ctx, s, command.Run(s, &c))
}

// ended says how a command ended.
func ended(ctx context.Context, s streams, err error) int {
	var usage usageError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &usage):
		fmt.Fprintf(s.err, "tyto: %v\n", err)
		return exitUsage
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		fmt.Fprintln(s.err, "tyto: interrupted")
		return exitInterrupted
	case errors.Is(err, syscall.EPIPE): // who read the output has enough
		return 0
	}
	fmt.Fprintf(s.err, "tyto: %v\n", err)
	return exitFailed
}
