package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
)

// tellSystemd says to systemd, if that started the program and wants to know
// (Type=notify, see sd_notify(3)), that it is ready once check says so, and as
// long as check says so that it is well (WatchdogSec=). It returns when ctx is
// done, or at once if nobody wants to know.
func tellSystemd(ctx context.Context, log *slog.Logger, check func(context.Context) error) {
	// What cannot be said is a fault of the unit's; the work goes on.
	say := func(state string) bool {
		heard, err := daemon.SdNotify(false, state)
		if err != nil {
			log.WarnContext(ctx, "cannot tell systemd how it is", "err", err)
		}
		return heard
	}
	if heard, _ := daemon.SdNotify(false, "STATUS=Starting"); !heard {
		return
	}
	every, err := daemon.SdWatchdogEnabled(false)
	if err != nil {
		log.WarnContext(ctx, "cannot tell how often systemd wants to hear", "err", err)
	}
	beat := time.Second
	if every > 0 {
		beat = min(beat, every/3)
	}
	t := time.NewTicker(beat)
	defer t.Stop()
	for ready := false; ; {
		asking, cancel := context.WithTimeout(ctx, max(every/2, 5*time.Second))
		err := check(asking)
		cancel()
		switch {
		case err == nil && !ready:
			ready = true
			say(daemon.SdNotifyReady + "\nSTATUS=Ready\n" + daemon.SdNotifyWatchdog)
		case err == nil && every > 0:
			say(daemon.SdNotifyWatchdog)
		case err != nil && !ready:
			say("STATUS=Not ready; /readyz and the log say why\n" + daemon.SdNotifyWatchdog) // it takes as long as it takes
		}
		select {
		case <-ctx.Done():
			say(daemon.SdNotifyStopping)
			return
		case <-t.C:
		}
	}
}
