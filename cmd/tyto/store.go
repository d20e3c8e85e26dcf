package main

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"

	"tyto/store"
	"tyto/store/postgres"
	"tyto/store/sqlite"
)

// embedded is the store that needs no other program.
const embedded = "sqlite"

// storeURL says where a hub's store is: "sqlite", the file in the folder of
// the data, or the URL of a PostgreSQL database. What is secret in it is never
// printed.
type storeURL string

// shared reports whether it is a database that other hubs may use too.
func (u storeURL) shared() bool { return u != embedded }

// secret finds passwords as they are written in a URL, or between spaces.
var secret = regexp.MustCompile(`((?:password|sslpassword)\s*=\s*)('(?:[^'\\]|\\.)*'|[^\s&]*)`)

// MarshalYAML implements yaml.InterfaceMarshaler.
func (u storeURL) MarshalYAML() (any, error) { return u.String(), nil }

// String is the URL without its password.
func (u storeURL) String() string {
	text := secret.ReplaceAllString(string(u), "${1}xxxxx")
	scheme, rest, ok := strings.Cut(text, "://")
	if !ok {
		return text
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	at := strings.LastIndexByte(rest[:end], '@')
	if at < 0 {
		return text
	}
	user, _, secret := strings.Cut(rest[:at], ":")
	if !secret {
		return text
	}
	return scheme + "://" + user + ":xxxxx" + rest[at:]
}

// check says what is wrong with it, "" if nothing is.
func (u storeURL) check() string {
	if u == embedded {
		return ""
	}
	if !strings.HasPrefix(string(u), "postgres://") && !strings.HasPrefix(string(u), "postgresql://") {
		return fmt.Sprintf("%q is neither sqlite nor a URL such as postgres://tyto@db.example/tyto; sqlite, a file in the folder of the data, is the default", u.String())
	}
	if _, err := url.Parse(string(u)); err != nil {
		return "it is no URL: what is special in a password must be written as %XX, or the password put into a file: see PGPASSFILE in docs/reference/store.md"
	}
	if err := postgres.Check(string(u)); err != nil {
		return err.Error()
	}
	return ""
}

// retentionSetting says how long what is kept, in days or as durations.
type retentionSetting struct {
	Minutes       time.Duration `yaml:"minutes"`
	Hours         time.Duration `yaml:"hours"`
	Days          time.Duration `yaml:"days"`
	Devices       time.Duration `yaml:"devices"`
	Conversations time.Duration `yaml:"conversations"`
}

// check tells bad what is wrong.
func (r *retentionSetting) check(bad func(key, why string)) {
	for _, x := range []struct {
		key     string
		at, min time.Duration
	}{{"retention.minutes", r.Minutes, time.Hour}, {"retention.hours", r.Hours, r.Minutes}, {"retention.days", r.Days, r.Hours}} {
		if x.at < x.min {
			bad(x.key, fmt.Sprintf("%v is less than %v; minutes are rolled up to hours, and these to days: 48h, 720h, 9600h are the defaults", x.at, x.min))
		}
	}
	for _, x := range []struct {
		key string
		at  time.Duration
	}{{"retention.devices", r.Devices}, {"retention.conversations", r.Conversations}} {
		if x.at != 0 && x.at < 24*time.Hour {
			bad(x.key, fmt.Sprintf("%v is less than a day; 9600h is the default, and 0 keeps them for ever", x.at))
		}
	}
}

// openStore opens the store of the settings; change may change how the
// embedded one is opened.
func openStore(ctx context.Context, set *settings, change ...func(*sqlite.Config)) (store.Store, error) {
	if set.Store.shared() {
		if why := set.Store.check(); why != "" { // of a flag; the file was checked
			return nil, usageError{fmt.Errorf("--store: %s", why)}
		}
		s, err := postgres.Open(ctx, postgres.DefaultConfig(string(set.Store)))
		if err != nil {
			return nil, err
		}
		return s, nil
	}
	cfg := sqlite.DefaultConfig(set.Data)
	for _, f := range change {
		f(&cfg)
	}
	s, err := sqlite.Open(ctx, cfg)
	if err != nil {
		return nil, err
	}
	return s, nil
}
