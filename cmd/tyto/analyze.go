package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	"golang.org/x/term"

	"tyto/baseline"
	"tyto/capture"
	"tyto/detect"
	"tyto/history"
	"tyto/hub"
	"tyto/inventory"
	"tyto/logs"
	"tyto/report"
	"tyto/sensor"
	"tyto/tyto"
)

type analyzeCommand struct {
	Files []string `arg:"" name:"file" help:"Capture files (pcap, pcapng, gzip of either), logs of Zeek or Suricata, folders of them, or - for standard input."`
	choosing
	Format  string   `enum:"table,json,events,csv,html" default:"table" help:"How to say it: ${enum}."`
	Output  string   `short:"o" type:"path" placeholder:"FILE" help:"Write there instead of to standard output."`
	Workers int      `default:"0" help:"Processors to use; 0 is all, up to 4. The result does not depend on it."`
	Colour  string   `enum:"auto,always,never" default:"auto" help:"Colour in tables: ${enum}."`
	Quiet   bool     `short:"q" help:"No progress bar."`
	Learn   []string `type:"path" placeholder:"FILE" help:"Captures, or folders of them, of what is usual: what the others have beside it is alerted of, too."`
}

// Help is what --help adds.
func (analyzeCommand) Help() string {
	return `Examples:
  tyto analyze office.pcap                        a table of the devices
  tyto analyze --format json plant.pcapng.gz      everything, with evidence, for programs
  tyto analyze --format html -o report.html dir/  a page to pass on
  tcpdump -w - -i eth1 | tyto analyze -           what another program captures
  tyto analyze conn.log dhcp.log eve.json         what Zeek and Suricata wrote
  tyto analyze --filter 'not port 443' dir/       without what that expression of tcpdump refuses
  tyto analyze --learn monday.pcap tuesday.pcap   what Tuesday had that Monday had not

What can be read of a damaged file is kept and reported; the reason goes to standard error.
Exit status 1 only if nothing could be read.`
}

// analysisMemory is what the garbage collector keeps the process under while
// little is known; see collect.
const analysisMemory = 256 << 20

// Run reads the files and reports.
func (a *analyzeCommand) Run(ctx context.Context, s streams, c *commands) error {
	set, err := loadSettings(c.Config)
	if err != nil {
		return err
	}
	if a.Workers < 0 || a.Workers > maxWorkers {
		return usageError{fmt.Errorf("analyze: --workers %d is not between 0 and %d; 0 chooses by itself", a.Workers, maxWorkers)}
	}
	debug.SetMemoryLimit(analysisMemory)
	a.Workers = cmp.Or(a.Workers, min(runtime.NumCPU(), 4))
	runtime.GOMAXPROCS(a.Workers)
	only, err := a.wanted(&set)
	if err != nil {
		return err
	}
	source, err := openInputs(a.Files, only)
	if err != nil {
		return usageError{fmt.Errorf("analyze: %w", err)}
	}
	defer source.Close()
	out, done, err := a.output(s)
	if err != nil {
		return err
	}
	bar := newProgress(s.err, a.Quiet)
	if a.Format == "events" {
		err = a.events(ctx, out, source, set, bar)
	} else {
		err = a.whole(ctx, out, source, set, bar)
	}
	bar.end()
	return a.end(s, source, errors.Join(err, done()))
}

// output is where the result goes.
func (a *analyzeCommand) output(s streams) (io.Writer, func() error, error) {
	if a.Output == "" {
		return s.out, func() error { return nil }, nil
	}
	f, err := os.Create(a.Output)
	if err != nil {
		return nil, nil, usageError{fmt.Errorf("analyze: %w", err)}
	}
	return f, f.Close, nil
}

// end tells what was wrong with the input; it is a failure if nothing was read.
func (a *analyzeCommand) end(s streams, source capture.Source, err error) error {
	if err != nil {
		return err
	}
	var reasons []error
	for _, c := range source.Captures() {
		if c.Err != nil {
			reasons = append(reasons, c.Err)
		}
	}
	if !anythingRead(source.Captures()) {
		return errors.Join(append([]error{errors.New("analyze: nothing could be read")}, reasons...)...)
	}
	for _, r := range reasons {
		fmt.Fprintf(s.err, "tyto: %v\n", r)
	}
	return nil
}

// anythingRead reports whether a packet was read, or a file that is whole and has none.
func anythingRead(captures []capture.Info) bool {
	return slices.ContainsFunc(captures, func(c capture.Info) bool { return c.Packets+c.Lines > 0 || c.Err == nil })
}

func (a *analyzeCommand) sensor(set settings, source capture.Source, bar *progress) *sensor.Sensor {
	config := sensor.DefaultConfig()
	if written, ok := source.(*logs.Files); ok {
		config.After = written.Tell
	}
	config.Name, config.Zone = "analyze", set.Zone
	config.Window, config.Conversations = set.Sensor.Window, cmp.Or(set.Sensor.Conversations, config.Conversations)
	config.Workers = a.Workers
	if a.Format == "events" {
		config.Workers = 1 // one order, the same every time
	} else {
		config.Window = time.Hour // all windows are added up anyway
	}
	config.Progress = bar.show
	config.Failed = tellFailure(newLog(os.Stderr, &set))
	return sensor.New(config, source)
}

// events writes what the sensor says, a line of JSON each.
func (a *analyzeCommand) events(ctx context.Context, out io.Writer, source capture.Source, set settings, bar *progress) error {
	w := newEventWriter(out)
	if err := a.sensor(set, source, bar).Run(ctx, w.write); err != nil {
		return err
	}
	return errors.Join(w.flush(), ctx.Err())
}

// whole learns everything, and then reports.
func (a *analyzeCommand) whole(ctx context.Context, out io.Writer, source capture.Source, set settings, bar *progress) error {
	more, _, err := set.Fingerprints.texts()
	if err != nil {
		return usageError{err}
	}
	known, err := inventory.Standard(more...)
	if err != nil {
		return err
	}
	rules, err := set.Rules.load()
	if err != nil {
		return err
	}
	bad, err := set.Rules.indicators()
	if err != nil {
		return err
	}
	k := knowledge{listed: a.Format == "json", family: detect.NewFamily(hub.Under(rules)), devices: inventory.New(set.Zone, known), talks: history.New(),
		changes: map[report.Change]uint64{}}
	k.alerts = detect.New(set.Zone, rules, k.devices)
	indicators := new(detect.Indicators)
	indicators.Put(bad)
	k.alerts.Watch(indicators)
	if len(a.Learn) > 0 {
		if err := a.learnUsual(ctx, &k, set, bar); err != nil {
			return err
		}
	}
	probe := a.sensor(set, source, bar)
	learn := func(events []tyto.Event) error {
		defer k.collect()
		defer k.keepTo(set.Inventory.limit())
		return k.learn(events)
	}
	if err := probe.Run(ctx, learn); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	bar.end()
	k.tellLeft(os.Stderr, set.Inventory.limit())
	if !anythingRead(source.Captures()) {
		return nil // end says so
	}
	result := k.result(source.Captures(), probe.Totals().MalformedBy)
	switch a.Format {
	case "json":
		return report.JSON(out, result)
	case "html":
		return report.HTML(out, result)
	}
	result.Devices = k.devices.Outlines() // what follows shows no evidence
	if a.Format == "csv" {
		return report.CSV(out, result)
	}
	return report.Table(out, result, a.look(out))
}

func (a *analyzeCommand) look(out io.Writer) report.Look {
	look := report.Look{Colour: a.Colour == "always"}
	f, ok := out.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return look
	}
	if width, _, err := term.GetSize(int(f.Fd())); err == nil {
		look.Width = width
	}
	look.Colour = look.Colour || a.Colour == "auto" && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	return look
}

// knowledge is both halves in memory: what a hub would make of the events.
type knowledge struct {
	devices *inventory.Inventory
	talks   *history.Table
	acts    []act
	listed  bool // the acts are shown
	changes map[report.Change]uint64
	alerts  *detect.Engine
	usual   *baseline.Baseline // nil without captures of what is usual
	family  *detect.Family
	// collected is the garbage collector's limit, if it is more than analysisMemory
	collected int64
}

// act is one that is listed.
type act struct {
	at time.Time
	tyto.Act
}

// maxActs bounds the acts that are listed; all of them are counted in their conversations.
const maxActs = 100_000

func (k *knowledge) learn(events []tyto.Event) error {
	for i := range events {
		e := &events[i]
		k.alerts.Learn(e)
		if k.usual != nil {
			k.usual.Learn(e)
		}
		if e.Act != nil {
			k.change(e.Act)
			if k.listed && len(k.acts) < maxActs {
				k.acts = append(k.acts, act{e.Time, *e.Act})
			}
			continue
		}
		k.devices.Learn(e)
		k.talks.Learn(e)
	}
	return nil
}

func (k *knowledge) result(captures []capture.Info, malformed []uint64) *report.Result {
	r := &report.Result{Version: version, Devices: k.devices.All(), Conversations: k.talks.All(), Unsorted: k.talks.Unsorted(), Find: k.devices.Find, Changes: k.changes,
		Acts: []report.Act{}, Alerts: []report.Alert{}, Captures: []report.Capture{}}
	for i, c := range captures {
		x := report.Capture{File: c.Name, Packets: c.Packets, Bytes: c.Bytes, Lines: c.Lines, LinkType: c.Link.String(), Truncated: c.Truncated}
		if c.Packets+c.Lines > 0 {
			x.First, x.Last = time.Unix(0, c.First).UTC(), time.Unix(0, c.Last).UTC()
		}
		if i < len(malformed) {
			x.Malformed = malformed[i]
		}
		if c.Err != nil {
			x.Error = c.Err.Error()
		}
		r.Captures = append(r.Captures, x)
	}
	for _, a := range k.raised() {
		r.Alerts = append(r.Alerts, report.Alert{ID: a.ID, Parent: a.Parent, Time: a.First, Last: a.Last, Rule: a.Rule, Severity: a.Severity, Title: a.Title, Detail: a.Detail, Count: a.Count,
			Subjects: a.Subjects, Devices: append([]string{}, a.Devices...), Techniques: a.Techniques, Capture: a.Evidence.Capture, Packet: a.Evidence.Packet})
	}
	for i := range k.acts {
		a := &k.acts[i]
		r.Acts = append(r.Acts, report.Act{Time: a.at, Client: r.End(a.Client), Server: r.End(a.Server), Protocol: a.Evidence.Protocol, Verb: a.Verb,
			Operation: a.Operation, Object: a.Object, Outcome: a.Outcome, Capture: a.Evidence.Capture, Packet: a.Evidence.Packet})
	}
	slices.SortStableFunc(r.Acts, func(x, y report.Act) int {
		return cmp.Or(x.Time.Compare(y.Time), cmp.Compare(x.Capture, y.Capture), cmp.Compare(x.Packet, y.Packet), cmp.Compare(x.Operation, y.Operation), cmp.Compare(x.Object, y.Object))
	})
	return r
}
