package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"tyto/baseline"
	"tyto/content"
	"tyto/detect"
	"tyto/geo"
	"tyto/tyto"
)

// ruleSettings is the part of the configuration that says what is alerted of.
type ruleSettings struct {
	Baseline   baselineSetting  `yaml:"baseline"`
	Detections detectionSetting `yaml:"detections"`
	Indicators []string         `yaml:"indicators"`
	GeoIP      []string         `yaml:"geoip"`
}

type baselineSetting struct {
	Learning time.Duration `yaml:"learning"`
	Settling time.Duration `yaml:"settling"`
}

type detectionSetting struct {
	Thresholds map[string]int64 `yaml:"thresholds"`
	Off        []string         `yaml:"disabled"`
}

func init() {
	for key, text := range map[string]string{
		"$.baseline.learning":     " How long a new zone learns what is usual; 0 has no baseline. See docs/how-to/baseline.md.",
		"$.baseline.settling":     " How long a device learns that came later.",
		"$.detections.thresholds": " Other numbers than those of the rules, by RULE/THRESHOLD, such as port-scan/ports: 100. See docs/reference/detections.md.",
		"$.detections.disabled":   " Rules that are not to be used.",
		"$.geoip":                 " MMDB files that say in which country hosts of the internet are, and whose network they are in.",
		"$.indicators":            " Files of addresses, networks and domains that are known to be bad, one a line.",
	} {
		manual[key] = []*yaml.Comment{yaml.HeadComment(text)}
	}
}

func defaultRules() ruleSettings {
	d := baseline.DefaultConfig()
	return ruleSettings{Baseline: baselineSetting{Learning: d.Learning, Settling: d.Settling},
		Detections: detectionSetting{Thresholds: map[string]int64{}, Off: []string{}}, Indicators: []string{}, GeoIP: []string{}}
}

// longestLearning is more than anybody waits for.
const longestLearning = 366 * 24 * time.Hour

// check finds values that cannot be meant.
func (c *ruleSettings) check(text string) (errs []error) {
	for key, d := range map[string]time.Duration{"learning": c.Baseline.Learning, "settling": c.Baseline.Settling} {
		if d < 0 || d > longestLearning {
			errs = append(errs, fmt.Errorf("%sbaseline.%s: %v is not between 0 and %v; two weeks are 336h", lineOf(text, key), key, d, longestLearning))
		}
	}
	if len(c.Detections.Thresholds)+len(c.Detections.Off) == 0 {
		return errs
	}
	rules, err := detect.Load(content.Detections(), nil)
	if err != nil {
		return append(errs, err)
	}
	for key, n := range c.Detections.Thresholds {
		if err := rules.Check(map[string]int64{key: n}); err != nil {
			errs = append(errs, fmt.Errorf("%sdetections.thresholds: %w", lineOf(text, key), err))
		}
	}
	if err := rules.Without(c.Detections.Off); err != nil {
		errs = append(errs, fmt.Errorf("%sdetections.disabled: %w", lineOf(text, "disabled"), err))
	}
	return errs
}

// load is the rules as they are to be used.
func (c *ruleSettings) load() (*detect.Rules, error) {
	rules, err := detect.Load(content.Detections(), c.Detections.Thresholds)
	if err != nil {
		return nil, err
	}
	return rules, rules.Without(c.Detections.Off)
}

// indicators reads the files of what is known to be bad.
func (c *ruleSettings) indicators() (all []detect.Indicator, err error) {
	for _, name := range c.Indicators {
		f, err := os.Open(name)
		if err != nil {
			return nil, usageError{fmt.Errorf("indicators: %w", err)}
		}
		some, err := detect.ReadIndicators(filepath.Base(name), f)
		if err := errors.Join(err, f.Close()); err != nil {
			return nil, usageError{err}
		}
		all = append(all, some...)
	}
	return all, nil
}

// geo opens the databases of places, nil if there are none.
func (c *ruleSettings) geo() (*geo.DB, error) {
	if len(c.GeoIP) == 0 {
		return nil, nil
	}
	db, err := geo.Open(c.GeoIP...)
	if err != nil {
		return nil, usageError{err}
	}
	return db, nil
}

func (c *ruleSettings) baseline() baseline.Config {
	config := baseline.DefaultConfig()
	config.Learning, config.Settling = c.Baseline.Learning, c.Baseline.Settling
	return config
}

// learnUsual reads the captures that are what is usual. What the others have
// beside it deviates.
func (a *analyzeCommand) learnUsual(ctx context.Context, k *knowledge, set settings, bar *progress) error {
	only, err := a.wanted(&set)
	if err != nil {
		return err
	}
	source, err := openInputs(a.Learn, only)
	if err != nil {
		return usageError{fmt.Errorf("analyze: --learn: %w", err)}
	}
	defer source.Close()
	config := set.Rules.baseline()
	config.Settling = 0 // there is no time to settle in
	k.usual = baseline.New(set.Zone, config, k.devices, k.talks.Name)
	k.usual.Switch(tyto.Learning{Active: true})
	err = a.sensor(set, source, bar).Run(ctx, func(events []tyto.Event) error {
		for i := range events {
			e := &events[i]
			k.usual.Learn(e)
			if e.Act == nil {
				k.devices.Learn(e)
			}
			if e.Observation != nil {
				k.talks.Learn(e)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if !anythingRead(source.Captures()) {
		return fmt.Errorf("analyze: --learn: nothing could be read of %s", strings.Join(a.Learn, ", "))
	}
	k.introduce()
	k.usual.Switch(tyto.Learning{})
	return nil
}

// introduce tells the baseline of all devices.
func (k *knowledge) introduce() {
	for d := range k.devices.All() {
		k.usual.Device(d)
	}
}

// raised is all alerts, by time, each under the one that it comes of.
func (k *knowledge) raised() []tyto.Alert {
	all := k.alerts.Alerts()
	if k.usual != nil {
		k.introduce()
		all = append(all, k.usual.Alerts()...)
	}
	all = k.family.Place(all)
	slices.SortStableFunc(all, func(a, b tyto.Alert) int { return a.First.Compare(b.First) })
	return all
}
