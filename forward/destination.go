package forward

import (
	"context"
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"tyto/outbound"
	"tyto/tyto"
)

// A Destination is the configuration of one output. Exactly one of the
// products is set.
type Destination struct {
	Name     string        `yaml:"name"`
	Kinds    []string      `yaml:"kinds,omitempty"`    // of events; alert and device by default
	Severity string        `yaml:"severity,omitempty"` // of alerts: this and above
	Zones    []string      `yaml:"zones,omitempty"`    // all by default
	Sensors  []string      `yaml:"sensors,omitempty"`
	Sites    []string      `yaml:"sites,omitempty"`
	Rules    []string      `yaml:"rules,omitempty"`        // of alerts, by id; '*' stands for any text
	Except   []string      `yaml:"except_rules,omitempty"` // of alerts that are left out
	Timeout  time.Duration `yaml:"timeout,omitempty"`      // of one attempt
	Keep     time.Duration `yaml:"keep,omitempty"`         // how old what cannot be sent may get

	Defender   *Defender   `yaml:"defender,omitempty"`
	File       *File       `yaml:"file,omitempty"`
	Sentinel   *Sentinel   `yaml:"sentinel,omitempty"`
	ServiceNow *ServiceNow `yaml:"servicenow,omitempty"`
	Splunk     *Splunk     `yaml:"splunk,omitempty"`
	Syslog     *Syslog     `yaml:"syslog,omitempty"`
	Webhook    *Webhook    `yaml:"webhook,omitempty"`
}

// A Problem is what is wrong with a destination, and what to do.
type Problem struct{ Key, Why string } // Key as in "syslog.address"

// product is one file of this package.
type product interface {
	// check finds what cannot be meant; kinds are those to be sent.
	check(kinds []tyto.Kind, bad outbound.Bad)
	open() (Output, error)
}

// products are those that are set, by name.
func (d *Destination) products() (names []string, all []product) {
	add := func(name string, set bool, p product) {
		if set {
			names, all = append(names, name), append(all, p)
		}
	}
	add("defender", d.Defender != nil, d.Defender)
	add("file", d.File != nil, d.File)
	add("sentinel", d.Sentinel != nil, d.Sentinel)
	add("servicenow", d.ServiceNow != nil, d.ServiceNow)
	add("splunk", d.Splunk != nil, d.Splunk)
	add("syslog", d.Syslog != nil, d.Syslog)
	add("webhook", d.Webhook != nil, d.Webhook)
	return names, all
}

// product is what the destination is, in a word.
func (d *Destination) product() string {
	names, _ := d.products()
	return strings.Join(names, "+")
}

var nameRule = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$`)

// Check finds what is wrong.
func (d *Destination) Check() (problems []Problem) {
	bad := func(key, why string) { problems = append(problems, Problem{key, why}) }
	if !nameRule.MatchString(d.Name) {
		bad("name", fmt.Sprintf("%q: want 1 to 64 letters, digits, '.', '_' or '-', such as 'soc'", d.Name))
	}
	var kinds []tyto.Kind
	for _, k := range d.kinds() {
		if !slices.Contains(allKinds, tyto.Kind(k)) {
			bad("kinds", fmt.Sprintf("%q is none of alert, device, conversation, act, observation, health", k))
		}
		kinds = append(kinds, tyto.Kind(k))
	}
	var s tyto.Severity
	if d.Severity != "" && s.UnmarshalText([]byte(d.Severity)) != nil {
		bad("severity", fmt.Sprintf("%q is none of warning, minor, major, critical", d.Severity))
	}
	for key, patterns := range map[string][]string{"rules": d.Rules, "except_rules": d.Except} {
		for _, p := range patterns {
			if _, err := path.Match(p, ""); err != nil {
				bad(key, fmt.Sprintf("%q is no pattern; write ids of rules, with '*' for any text, such as plc-*", p))
			}
		}
	}
	if d.Timeout != 0 && (d.Timeout < time.Second || d.Timeout > 10*time.Minute) {
		bad("timeout", fmt.Sprintf("%v is not between 1s and 10m; %v is the default", d.Timeout, defaultTimeout))
	}
	if d.Keep != 0 && d.Keep < time.Minute {
		bad("keep", fmt.Sprintf("%v is less than 1m; %v is the default", d.Keep, defaultKeep))
	}
	names, all := d.products()
	if len(all) != 1 {
		bad("", fmt.Sprintf("has %d of defender, file, sentinel, servicenow, splunk, syslog, webhook (%s); want exactly one", len(all), strings.Join(names, ", ")))
		return problems
	}
	all[0].check(kinds, func(key, why string) { bad(names[0]+"."+key, why) })
	return problems
}

var allKinds = []tyto.Kind{tyto.KindAlert, tyto.KindDevice, tyto.KindConversation, tyto.KindAct, tyto.KindObservation, tyto.KindHealth}

const (
	defaultTimeout = 30 * time.Second
	defaultKeep    = 7 * 24 * time.Hour
)

func (d *Destination) kinds() []string {
	if len(d.Kinds) == 0 && d.Defender != nil {
		return []string{string(tyto.KindAlert)}
	}
	if len(d.Kinds) == 0 {
		return []string{string(tyto.KindAlert), string(tyto.KindDevice)}
	}
	return d.Kinds
}

func (d *Destination) timeout() time.Duration {
	if d.Timeout == 0 {
		return defaultTimeout
	}
	return d.Timeout
}

func (d *Destination) keep() time.Duration {
	if d.Keep == 0 {
		return defaultKeep
	}
	return d.Keep
}

func (d *Destination) filter() filter {
	f := filter{kinds: map[tyto.Kind]bool{}, zones: set(d.Zones), sensors: set(d.Sensors), sites: set(d.Sites), rules: d.Rules, except: d.Except, zoneList: d.Zones}
	for _, k := range d.kinds() {
		f.kinds[tyto.Kind(k)] = true
	}
	_ = f.severity.UnmarshalText([]byte(d.Severity)) // checked; "" is none
	return f
}

// wants is what the filter lets through, in words.
func (d *Destination) wants() []string {
	all := []string{strings.Join(d.kinds(), ", ")}
	for _, x := range []struct {
		what string
		list []string
	}{{"zones", d.Zones}, {"sites", d.Sites}, {"sensors", d.Sensors}, {"rules", d.Rules}, {"not rules", d.Except}} {
		if len(x.list) > 0 {
			all = append(all, x.what+" "+strings.Join(x.list, ", "))
		}
	}
	if d.Severity != "" {
		all = append(all, d.Severity+" and above")
	}
	return all
}

// Open checks and opens the output. Nothing is sent yet.
func (d *Destination) Open() (Output, error) {
	var errs []error
	for _, p := range d.Check() {
		errs = append(errs, fmt.Errorf("forward: %s: %s: %s", d.Name, p.Key, p.Why))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	_, all := d.products()
	out, err := all[0].open()
	if err != nil {
		return nil, fmt.Errorf("forward: %s: %w", d.Name, err)
	}
	return out, nil
}

// Test sends a sample event once, and returns what came back.
func (d *Destination) Test(ctx context.Context, e tyto.Event) (answer string, err error) {
	out, err := d.Open()
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, d.timeout())
	defer cancel()
	err = errors.Join(out.Send(ctx, []tyto.Event{e}), out.Close())
	if a, ok := out.(Answerer); ok {
		answer = a.Answer()
	}
	return answer, err
}

// Secret and TLS are package outbound's.
type (
	Secret = outbound.Secret
	TLS    = outbound.TLS
)
