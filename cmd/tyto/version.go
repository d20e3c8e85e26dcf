package main

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"tyto/proto"
)

// version is set by the Makefile.
var version = "development"

type versionCommand struct{}

// Run prints the version.
func (versionCommand) Run(s streams) error {
	names := []string{}
	for _, d := range proto.All() {
		names = append(names, d.Name)
	}
	fmt.Fprintf(s.out, "tyto %s\ncommit %s\n%s %s/%s\nprotocols: %s\n", version, cmp.Or(commit(), "unknown"),
		runtime.Version(), runtime.GOOS, runtime.GOARCH, strings.Join(names, " "))
	return nil
}

// commit is the version-control revision that the program was built from.
func commit() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, x := range info.Settings {
		if x.Key == "vcs.revision" {
			return x.Value
		}
	}
	return ""
}
