package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"charm.land/huh/v2"
	"github.com/goccy/go-yaml"
	"golang.org/x/term"

	"tyto/uplink"
)

type sensorSetup struct {
	Interface []string      `short:"i" placeholder:"IFACE" help:"Interface with mirrored traffic; may be repeated. With it nothing is asked."`
	Name      string        `help:"The sensor's name (default this machine's)."`
	Zone      string        `help:"The address space that the interfaces listen to; with a token the hub says it."`
	Token     string        `help:"Join a hub: what 'tyto hub token' or the portal made."`
	Data      string        `type:"path" placeholder:"DIR" help:"The folder for key, certificate and what waits to be sent (default ./tyto-data)."`
	Output    string        `short:"o" type:"path" placeholder:"FILE" help:"The configuration to write (default tyto.yaml, or what --config names)."`
	Force     bool          `help:"Replace a configuration that is there; it is kept as FILE.old."`
	For       time.Duration `default:"3s" placeholder:"TIME" help:"How long to look at the interfaces before they are offered."`
	Plain     bool          `help:"Ask line by line, for screen readers and slow terminals."`
}

// Help is what --help adds.
func (sensorSetup) Help() string {
	return `Examples:
  sudo tyto sensor setup                                        look, ask, write tyto.yaml
  sudo tyto sensor setup -i eth1 --zone hall-3                  the same, without questions
  sudo tyto sensor setup -i eth1 --token tyto1_Xk3… --data /var/lib/tyto/sensor -o /etc/tyto/tyto.yaml

It shows the interfaces with what arrives on each just now, lets you choose with the space bar, asks for name and zone and,
if there is a hub, for its token; then it joins the hub and writes the configuration. Nothing is sent on any interface.`
}

// Run asks, joins and writes.
func (r *sensorSetup) Run(ctx context.Context, s streams, c *commands) error {
	set := defaultSettings()
	r.Data, r.Output = cmp.Or(r.Data, set.Data), cmp.Or(r.Output, c.Config, "tyto.yaml")
	r.Name, r.Zone = cmp.Or(r.Name, set.Name), cmp.Or(r.Zone, set.Zone)
	if full, err := filepath.Abs(r.Data); err == nil { // the configuration may be used from another folder
		r.Data = full
	}
	if _, err := os.Stat(r.Output); err == nil && !r.Force {
		return usageError{fmt.Errorf("sensor setup: %s is there; write another with -o FILE, or replace it with --force", r.Output)}
	}
	if len(r.Interface) == 0 {
		if err := r.ask(ctx, s); err != nil {
			return err
		}
	}
	if err := r.check(); err != nil {
		return usageError{err}
	}
	if r.Token != "" {
		if err := r.join(ctx, s); err != nil {
			return err
		}
	}
	if err := r.write(); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "Wrote %s. Next:\n  tyto --config %s sensor check\n  tyto --config %s sensor\n", r.Output, r.Output, r.Output)
	return nil
}

// check finds answers that cannot be meant.
func (r *sensorSetup) check() error {
	if r.Token != "" {
		if _, err := uplink.ParseToken(r.Token); err != nil {
			return err
		}
	}
	text, err := r.text()
	if err != nil {
		return err
	}
	set := defaultSettings()
	if err := yaml.Unmarshal(text, &set); err != nil {
		return err
	}
	return set.check(string(text))
}

// text is the configuration.
func (r *sensorSetup) text() ([]byte, error) {
	answers := struct {
		Name   string `yaml:"name"`
		Zone   string `yaml:"zone"`
		Data   string `yaml:"data"`
		Sensor struct {
			Interfaces []string `yaml:"interfaces"`
		} `yaml:"sensor"`
	}{Name: r.Name, Zone: r.Zone, Data: r.Data}
	answers.Sensor.Interfaces = r.Interface
	var b bytes.Buffer
	b.WriteString("# Written by tyto sensor setup. What else there is to say: tyto config show\n")
	err := yaml.NewEncoder(&b, yaml.WithComment(manual)).Encode(answers)
	return b.Bytes(), err
}

// write writes the configuration, and keeps what was there.
func (r *sensorSetup) write() error {
	text, err := r.text()
	if err != nil {
		return err
	}
	if err := os.Rename(r.Output, r.Output+".old"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("sensor setup: keep what was there: %w", err)
	}
	if err := os.WriteFile(r.Output, text, 0o644); err != nil {
		return fmt.Errorf("sensor setup: %w; name a file that can be written with -o FILE", err)
	}
	return nil
}

// join joins the hub, which says name and zone.
func (r *sensorSetup) join(ctx context.Context, s streams) error {
	if old, err := uplink.Load(uplinkFolder(r.Data)); err == nil {
		return usageError{fmt.Errorf("sensor setup: %s is of sensor %s, which joined the hub at %s; name another folder with --data, or leave the token out", r.Data, old.Sensor, old.Hub)}
	}
	token, err := uplink.ParseToken(r.Token)
	if err != nil {
		return usageError{err}
	}
	if err := os.MkdirAll(filepath.Dir(uplinkFolder(r.Data)), 0o700); err != nil {
		return fmt.Errorf("sensor setup: %w; name a folder that can be made with --data", err)
	}
	id, err := uplink.Join(ctx, token, uplinkFolder(r.Data), time.Now)
	if err != nil {
		return err
	}
	r.Name, r.Zone = id.Sensor, id.Zone
	fmt.Fprintf(s.out, "Joined the hub at %s as sensor %s of zone %s.\n", id.Hub, id.Sensor, id.Zone)
	return nil
}

// ask looks at the interfaces and asks for everything.
func (r *sensorSetup) ask(ctx context.Context, s streams) error {
	if f, ok := s.in.(*os.File); !r.Plain && (!ok || !term.IsTerminal(int(f.Fd()))) {
		return usageError{errors.New("sensor setup: this is no terminal: answer with flags (-i IFACE, --zone, --token), or line by line with --plain")}
	}
	fmt.Fprintf(s.err, "Looking at the interfaces for %v…\n", r.For)
	faces, err := lookAround(ctx, r.For)
	if err != nil {
		return err
	}
	if len(faces) == 0 {
		return errors.New("sensor setup: this machine has no network interface beside its loopback; give it one that is connected to the mirror port")
	}
	if err := r.form(s, faces).RunWithContext(ctx); err != nil {
		if errors.Is(err, huh.ErrUserAborted) {
			return context.Canceled
		}
		return fmt.Errorf("sensor setup: %w", err)
	}
	r.Token = strings.TrimSpace(r.Token)
	return nil
}

// form is the questions.
func (r *sensorSetup) form(s streams, faces []faceRate) *huh.Form {
	var options []huh.Option[string]
	for _, f := range faces {
		options = append(options, huh.NewOption(f.String(), f.name).Selected(f.likely()))
	}
	form := huh.NewForm(
		huh.NewGroup(
			huh.NewMultiSelect[string]().Title("Which interfaces get the mirrored traffic?").
				Description("Space chooses, enter goes on. The rates are of the last "+r.For.String()+".").
				Options(options...).Height(min(len(options), 12)+3).Value(&r.Interface).Validate(atLeastOne),
			huh.NewInput().Title("The sensor's name").Value(&r.Name).Validate(shortWord("a name")),
			huh.NewInput().Title("The zone").Description("The address space that it listens to; with a token, the hub says it.").Value(&r.Zone).Validate(shortWord("a zone")),
			huh.NewInput().Title("Token of the hub").Description("From the portal, page Sensors, or tyto hub token. Empty if there is no hub.").Value(&r.Token).Validate(rightToken),
		),
	)
	if r.Plain {
		return form.WithAccessible(true).WithInput(bytewise{s.in}).WithOutput(s.err)
	}
	return form.WithInput(s.in).WithOutput(s.err)
}

// bytewise reads a byte at a time, so that each question takes its own line
// and nothing of the next.
type bytewise struct{ io.Reader }

// Read implements io.Reader.
func (r bytewise) Read(b []byte) (int, error) { return r.Reader.Read(b[:min(len(b), 1)]) }

func atLeastOne(chosen []string) error {
	if len(chosen) == 0 {
		return errors.New("choose at least one with the space bar")
	}
	return nil
}

func shortWord(what string) func(string) error {
	return func(text string) error {
		if text == "" || len(text) > 128 {
			return fmt.Errorf("%s has 1 to 128 characters", what)
		}
		return nil
	}
}

func rightToken(text string) error {
	if strings.TrimSpace(text) == "" {
		return nil
	}
	_, err := uplink.ParseToken(text)
	return err
}
