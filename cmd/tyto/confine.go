package main

import (
	"log/slog"
	"os"
	"path/filepath"

	"tyto/confine"
)

// confineTo gives up all rights that a process does not need once its sockets
// and stores are open, and logs what could not be given up and why.
func confineTo(log *slog.Logger, set *settings) {
	if !set.Confine {
		log.Warn("not confined, as the configuration says (confine: false)")
		return
	}
	r := confine.Process(confine.Needs{Write: writes(set)})
	log.Info("confined", "done", r.Done)
	for _, f := range r.Failed {
		log.Warn("not confined in everything", "missing", f.What, "reason", f.Err)
	}
}

// writes is the folders that a hub or a sensor writes to.
func writes(set *settings) []string {
	folders := []string{set.Data, os.TempDir()}
	for _, d := range set.Forward {
		if d.File != nil {
			_ = os.MkdirAll(filepath.Dir(d.File.Path), 0o750) // what cannot be made is said when it is written to
			folders = append(folders, filepath.Dir(d.File.Path))
		}
	}
	var there []string // what is not there cannot be named
	for _, f := range folders {
		if _, err := os.Stat(f); err == nil {
			there = append(there, f)
		}
	}
	return there
}
