package main

import (
	"io"
	"log/slog"
)

// newLog is a logger as the settings want it.
func newLog(out io.Writer, set *settings) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(set.Log.Level)) // checked with the settings
	o := &slog.HandlerOptions{Level: level}
	if set.Log.Format == "json" {
		return slog.New(slog.NewJSONHandler(out, o))
	}
	return slog.New(slog.NewTextHandler(out, o))
}
