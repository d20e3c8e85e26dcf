package main

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/goccy/go-yaml"

	"tyto/fingerprint"
	"tyto/inventory"
)

// fingerprintSetting is the part of the configuration that says which rules, beside
// those that ship, tell devices apart.
type fingerprintSetting struct {
	Folder   string   `yaml:"folder"`
	Trust    []string `yaml:"trust"`
	Unsigned bool     `yaml:"unsigned"`

	seen string         // the folder's state when it was read
	now  chan os.Signal // that asks to read it at once
}

func init() {
	manual["$.fingerprints.folder"] = []*yaml.Comment{yaml.HeadComment(
		" A folder of packs of rules of your own, a folder each. Changes are taken up while the hub runs, or at once by SIGHUP;",
		" what has a mistake is told in the log, and the rules before it stay. See docs/reference/fingerprints.md.")}
	manual["$.fingerprints.trust"] = []*yaml.Comment{yaml.HeadComment(" Public keys of who may sign packs, as 'tyto fingerprint sign' prints them.")}
	manual["$.fingerprints.unsigned"] = []*yaml.Comment{yaml.HeadComment(" Use packs without a signature too.")}
}

// check finds values that cannot be meant.
func (c *fingerprintSetting) check(text string) (errs []error) {
	if _, err := c.keys(); err != nil {
		errs = append(errs, fmt.Errorf("%sfingerprints.trust: %w", lineOf(text, "trust"), err))
	}
	if c.Folder != "" {
		if info, err := os.Stat(c.Folder); err != nil || !info.IsDir() {
			errs = append(errs, fmt.Errorf("%sfingerprints.folder: %q is no folder; make it, or take the key away", lineOf(text, "folder"), c.Folder))
		} else if _, err := c.packs(); err != nil && len(errs) == 0 {
			errs = append(errs, fmt.Errorf("%sfingerprints.folder: %w", lineOf(text, "folder"), err))
		}
	}
	return errs
}

func (c *fingerprintSetting) keys() (keys []ed25519.PublicKey, err error) {
	for _, text := range c.Trust {
		k, e := fingerprint.ParseKey(text)
		if err = errors.Join(err, e); e == nil {
			keys = append(keys, k)
		}
	}
	return keys, err
}

// packs opens all packs in the folder.
func (c *fingerprintSetting) packs() (all []fingerprint.Pack, err error) {
	if c.Folder == "" {
		return nil, nil
	}
	trusted, err := c.keys()
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(c.Folder)
	if err != nil {
		return nil, fmt.Errorf("fingerprints: %w", err)
	}
	for _, e := range entries {
		if !e.IsDir() {
			if filepath.Ext(e.Name()) == ".yaml" {
				return nil, fmt.Errorf("fingerprints: %s is in no pack; put it into a folder of its own in %s", e.Name(), c.Folder)
			}
			continue
		}
		p, err := fingerprint.OpenPack(os.DirFS(filepath.Join(c.Folder, e.Name())), e.Name(), trusted, c.Unsigned)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}

// texts is the files of all packs.
func (c *fingerprintSetting) texts() (all []fingerprint.Text, packs []fingerprint.Pack, err error) {
	packs, err = c.packs()
	for _, p := range packs {
		all = append(all, p.Texts...)
	}
	return all, packs, err
}

// open is what a hub's inventory knows, and the rules in it, which can change.
// From then on SIGHUP, and what changes in the folder, waits for watch.
func (c *fingerprintSetting) open() (inventory.Config, *fingerprint.Live, error) {
	if c.Folder != "" {
		c.seen, c.now = c.state(), make(chan os.Signal, 1)
		signal.Notify(c.now, syscall.SIGHUP)
	}
	texts, _, err := c.texts()
	if err != nil {
		return inventory.Config{}, nil, usageError{err}
	}
	known, err := inventory.Standard()
	if err != nil {
		return known, nil, err
	}
	rules, _ := known.Rules.(*fingerprint.Rules)
	if len(texts) > 0 {
		if rules, err = inventory.StandardRules(texts); err != nil {
			return known, nil, usageError{err}
		}
	}
	live := fingerprint.NewLive(rules)
	known.Rules, known.Steady = live, true
	return known, live, nil
}

// state is a text that differs when something in the folder was changed.
func (c *fingerprintSetting) state() string {
	text := ""
	_ = filepath.WalkDir(c.Folder, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil // what cannot be read is told when it is loaded
		}
		if info, err := d.Info(); err == nil {
			text += fmt.Sprintln(p, info.Size(), info.ModTime().UnixNano())
		}
		return nil
	})
	return text
}

// lookEvery is how often the folder is looked at.
const lookEvery = 10 * time.Second

// watch takes up what changes in the folder, until ctx is done; changed is called
// after other rules are in use.
func (c *fingerprintSetting) watch(ctx context.Context, live *fingerprint.Live, changed func(), log *slog.Logger) {
	if c.Folder == "" {
		return
	}
	defer signal.Stop(c.now)
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.now:
		case <-tick.C:
			if c.state() == c.seen {
				continue
			}
		}
		c.seen = c.state()
		c.reload(live, changed, log)
	}
}

// reload puts the rules of the folder in the place of those in use, if they are sound.
func (c *fingerprintSetting) reload(live *fingerprint.Live, changed func(), log *slog.Logger) {
	texts, packs, err := c.texts()
	if err == nil {
		var rules *fingerprint.Rules
		if rules, err = inventory.StandardRules(texts); err == nil {
			live.Use(rules)
			changed()
			log.Info("fingerprints loaded", "rules", rules.Len(), "packs", len(packs))
			return
		}
	}
	log.Error("fingerprints refused; those before stay in use", "err", err)
}
