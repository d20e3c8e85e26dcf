package main

import (
	"io"
	"log/slog"

	"tyto/sensor"
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

// tellFailure logs what the sensor failed on, so that it can be reported and mended.
func tellFailure(log *slog.Logger) func(sensor.Failure) {
	return func(f sensor.Failure) {
		log.Error("a packet made the program fail; it was passed over, please report this", "dissector", f.Dissector, "capture", f.Capture,
			"packet", f.Packet, "reason", f.Reason, "dissector_off", f.Off, "stack", f.Stack)
	}
}
