package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"tyto/auth"
)

// A Notice says what changed in the hub.
type Notice struct {
	Zone     string   // where; what was merged may be of several
	Devices  []string // ids; too many to list if Resync
	Resync   bool     // something was missed: ask again for everything
	Sensors  bool
	Overview bool
	Alerts   bool
}

// Notices is where the API hears of changes.
type Notices interface {
	// Subscribe calls for notices of zones, of all without any, until ctx is
	// done; the channel is closed then. Who is slow gets fewer and larger
	// notices, and never stops others.
	Subscribe(ctx context.Context, zones ...string) <-chan Notice
}

const (
	heartbeat    = 15 * time.Second
	writeTimeout = 10 * time.Second
	// A browser opens six connections to a host over HTTP/1.1; more streams
	// than these are a mistake or an attack.
	maxStreamsEach = 16
	maxStreams     = 1024
)

// DevicesEvent is the data of the event "devices".
type DevicesEvent struct {
	Changed []string `json:"changed" doc:"Ids; empty means that anything may have changed"`
	Total   uint64   `json:"total"`
}

// stream sends server-sent events (HTML standard section 9.2): devices,
// sensors, alerts and overview, and a comment every 15 seconds.
func (a *api) stream(ctx context.Context, _ *struct{}) (*huma.StreamResponse, error) {
	who, _ := auth.Who(ctx)
	if !a.streams.enter(who.User) {
		return nil, huma.Error429TooManyRequests("too many streams are open; close some windows")
	}
	return &huma.StreamResponse{Body: func(h huma.Context) {
		defer a.streams.leave(who.User)
		_, w := humago.Unwrap(h)
		w.Header().Set("Content-Type", "text/event-stream")
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Accel-Buffering", "no")
		s := sender{w: w, control: http.NewResponseController(w)}
		// Whatever ends it, the client connects again by itself.
		if err := a.send(h.Context(), &s, who); err != nil {
			a.Log.DebugContext(h.Context(), "stream ended", "user", who.User, "err", err)
		}
	}}, nil
}

func (a *api) send(ctx context.Context, s *sender, who auth.Identity) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	notices := a.Notices.Subscribe(ctx, see(ctx).Zones()...)
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	if err := s.write(": tyto\nretry: 2000\n\n"); err != nil {
		return err
	}
	for {
		select {
		case n, open := <-notices:
			if !open {
				return ctx.Err()
			}
			if same, err := a.seesTheSame(ctx, who); !same {
				return err
			}
			if err := a.tell(ctx, s, n); err != nil {
				return err
			}
		case <-beat.C:
			if err := s.write(":\n\n"); err != nil {
				return err
			}
			if same, err := a.seesTheSame(ctx, who); !same {
				return err
			}
		}
	}
}

// seesTheSame reports whether somebody may see what they saw when they asked:
// else they are to ask anew. Zones may have moved to other sites meanwhile.
func (a *api) seesTheSame(ctx context.Context, who auth.Identity) (bool, error) {
	now, ok, err := a.Auth.Recall(ctx, who, false)
	if err != nil || !ok || now.Unfactored {
		return false, err
	}
	view, err := a.viewOf(ctx, now, true)
	return err == nil && now.Sites.All == who.Sites.All && slices.Equal(view.Zones(), see(ctx).Zones()), err
}

func (a *api) tell(ctx context.Context, s *sender, n Notice) error {
	if len(n.Devices) > 0 || n.Resync {
		total, err := see(ctx).CountDevices(ctx)
		if err != nil {
			return err
		}
		changed := n.Devices
		if n.Resync {
			changed = nil
		}
		if err := s.event("devices", DevicesEvent{Changed: list(changed), Total: total}); err != nil {
			return err
		}
	}
	if n.Sensors || n.Resync {
		if err := s.event("sensors", struct{}{}); err != nil {
			return err
		}
	}
	if n.Alerts || n.Resync {
		if err := s.event("alerts", struct{}{}); err != nil {
			return err
		}
	}
	if n.Overview || n.Resync {
		return s.event("overview", struct{}{})
	}
	return nil
}

// sender writes events, each within a deadline of its own.
type sender struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

func (s *sender) event(name string, data any) error {
	b, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("api: event %s: %w", name, err)
	}
	return s.write("event: " + name + "\ndata: " + string(b) + "\n\n")
}

func (s *sender) write(text string) error {
	// The network's clock, not the hub's: deadlines are of the machine. HTTP/2
	// ends a stream whose deadline passes even if nothing is to be written, so
	// it is taken away again.
	_ = s.control.SetWriteDeadline(time.Now().Add(writeTimeout)) // not every writer has deadlines
	defer func() { _ = s.control.SetWriteDeadline(time.Time{}) }()
	if _, err := s.w.Write([]byte(text)); err != nil {
		return err
	}
	return s.control.Flush()
}
