package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"tyto/forward"
	"tyto/frame"
	"tyto/outbound"
	"tyto/store"
	"tyto/tyto"
)

// checkForward finds what is wrong with the destinations, with lines.
func checkForward(all []forward.Destination, text string) (errs []error) {
	seen := map[string]bool{}
	for i := range all {
		problems := all[i].Check()
		if seen[all[i].Name] {
			problems = append(problems, forward.Problem{Key: "name", Why: fmt.Sprintf("%q is there twice; positions are kept by name", all[i].Name)})
		}
		seen[all[i].Name] = true
		for _, p := range problems {
			at := strings.TrimSuffix(fmt.Sprintf("forward[%d].%s", i, p.Key), ".")
			errs = append(errs, fmt.Errorf("%s%s: %s", lineAt(text, at), at, p.Why))
		}
	}
	return errs
}

// lineAt is "line N: " for a path, or for what is nearest to it above.
func lineAt(text, path string) string {
	for {
		if p, err := yaml.PathString("$." + path); err == nil {
			if node, err := p.ReadNode(strings.NewReader(text)); err == nil && node != nil && node.GetToken() != nil {
				return fmt.Sprintf("line %d: ", node.GetToken().Position.Line)
			}
		}
		i := strings.LastIndexByte(path, '.')
		if i < 0 {
			return ""
		}
		path = path[:i]
	}
}

type forwardCommand struct {
	Test   forwardTest   `cmd:"" help:"Send one sample event, and say what came back."`
	Replay forwardReplay `cmd:"" help:"Try again what a destination did not take."`
}

type forwardReplay struct {
	Name string `arg:"" help:"The destination's name in the configuration."`
	Data string `type:"path" placeholder:"DIR" help:"The folder of the store (default ./tyto-data)."`
	List bool   `help:"Only say what it did not take, and why; the newest first."`
}

// Help is what --help adds.
func (forwardReplay) Help() string {
	return `Examples:
  tyto --config tyto.yaml forward replay soc --list
  tyto --config tyto.yaml forward replay soc

A hub that works in the folder sends them at once; without one they are marked, and sent when it starts. The portal does the
same under Integrations, and a program by POST /api/v1/integrations/NAME/replay.`
}

// Run marks what is to be tried again.
func (r *forwardReplay) Run(ctx context.Context, s streams, c *commands) error {
	set, err := loadSettings(c.Config)
	if err != nil {
		return err
	}
	if r.Data != "" {
		set.Data = r.Data
	}
	if err := named(set.Forward, r.Name); err != nil {
		return err
	}
	if !r.List {
		var a controlAnswer
		err := askControl(ctx, set.Data, &controlQuestion{Do: doReplay, Name: r.Name}, &a)
		if err == nil {
			fmt.Fprintf(s.out, "The hub sends %d events to %s again.\n", a.Count, r.Name)
		}
		if !errors.Is(err, errNoHub) {
			return err
		}
	}
	memory, err := openStore(ctx, &set)
	if err != nil {
		return fmt.Errorf("forward replay: %w; if a hub works there, see its portal under Integrations", err)
	}
	defer memory.Close()
	reader := forward.ReaderOf(r.Name)
	if r.List {
		all, err := memory.ListUndelivered(ctx, reader, store.MaxUndelivered)
		for i := range all {
			u := &all[i]
			fmt.Fprintf(s.out, "%s  %s  %s\n", u.Time.UTC().Format(time.RFC3339), u.Event.Kind, outbound.OneLine(u.Reason, outbound.MaxReason))
		}
		fmt.Fprintf(s.out, "%s did not take %d events.\n", r.Name, len(all))
		return err
	}
	n, err := memory.Replay(ctx, reader, nil)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%d events will be sent to %s again, when a hub starts.\n", n, r.Name)
	return nil
}

// named reports, as an error of the user's, that there is no destination of a name.
func named(all []forward.Destination, name string) error {
	var names []string
	for i := range all {
		if all[i].Name == name {
			return nil
		}
		names = append(names, all[i].Name)
	}
	if len(names) == 0 {
		return usageError{errors.New("the configuration has no 'forward:'; see docs/how-to/siem.md")}
	}
	return usageError{fmt.Errorf("there is no destination %q; there are: %s", name, strings.Join(names, ", "))}
}

type forwardTest struct {
	Name string `arg:"" help:"The destination's name in the configuration."`
}

// Help is what --help adds.
func (forwardTest) Help() string {
	return `Example:
  tyto --config tyto.yaml forward test soc

The event is an alert of the rule "tyto-test", about addresses that are kept for documentation. Filters do not apply.`
}

// Run sends, and tells.
func (r *forwardTest) Run(ctx context.Context, s streams, c *commands) error {
	set, err := loadSettings(c.Config)
	if err != nil {
		return err
	}
	var names []string
	for i := range set.Forward {
		d := &set.Forward[i]
		names = append(names, d.Name)
		if d.Name != r.Name {
			continue
		}
		answer, err := d.Test(ctx, sample(set.Name, set.Zone, time.Now()))
		if answer != "" {
			fmt.Fprintf(s.out, "%s: %s\n", d.Name, answer)
		}
		if err != nil {
			return fmt.Errorf("forward test: %s: %w", d.Name, err)
		}
		fmt.Fprintf(s.out, "%s took the event.\n", d.Name)
		return nil
	}
	if len(names) == 0 {
		return usageError{errors.New("forward test: the configuration has no 'forward:'; see docs/how-to/siem.md")}
	}
	return usageError{fmt.Errorf("forward test: there is no destination %q; there are: %s", r.Name, strings.Join(names, ", "))}
}

// sample is an alert that nobody need act on.
func sample(sensor, zone string, at time.Time) tyto.Event {
	return tyto.Event{Version: tyto.EventVersion, Sensor: sensor, Zone: zone, Time: at.UTC().Truncate(time.Microsecond), Kind: tyto.KindAlert, Alert: &tyto.Alert{
		Rule: "tyto-test", Severity: tyto.Warning, Title: "Test event of Tyto; nothing happened",
		Subjects: []tyto.Subject{{Addr: frame.V4(192, 0, 2, 1)}, {Addr: frame.V4(198, 51, 100, 1)}},
		Evidence: tyto.Evidence{Sensor: sensor, Protocol: "test", Field: "test"}}}
}
