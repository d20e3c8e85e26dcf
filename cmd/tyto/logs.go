package main

import (
	"os"

	"tyto/capture"
	"tyto/filter"
	"tyto/logs"
)

// openInputs opens captures, of which a filter may refuse packets, and, if
// there are any, logs of other programs: then it is a *logs.Files.
func openInputs(paths []string, f *filter.Filter) (capture.Source, error) {
	found, others := logs.Find(paths)
	if len(found) == 0 {
		return openFiles(paths, f)
	}
	var captures capture.Source
	if others = withCaptures(others); len(others) > 0 {
		source, err := openFiles(others, f)
		if err != nil {
			return nil, err
		}
		captures = source
	}
	return logs.Open(captures, found), nil
}

// withCaptures leaves out folders in which there are no captures.
func withCaptures(paths []string) (kept []string) {
	for _, path := range paths {
		source, err := capture.OpenFiles([]string{path}, capture.Options{})
		if err == nil {
			source.Close()
		}
		if err == nil || !isFolder(path) {
			kept = append(kept, path)
		}
	}
	return kept
}

func isFolder(path string) bool {
	st, err := os.Stat(path)
	return err == nil && st.IsDir()
}
