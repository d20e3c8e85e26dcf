package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"

	"tyto/tyto"
)

// An eventWriter writes events as JSON lines.
type eventWriter struct {
	w *bufio.Writer
	e *json.Encoder
}

func newEventWriter(out io.Writer) *eventWriter {
	w := bufio.NewWriterSize(out, 1<<16)
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return &eventWriter{w, e}
}

func (w *eventWriter) write(events []tyto.Event) error {
	for i := range events {
		if err := w.e.Encode(&events[i]); err != nil {
			return fmt.Errorf("events: %w", err)
		}
	}
	return nil
}

func (w *eventWriter) flush() error { return w.w.Flush() }
