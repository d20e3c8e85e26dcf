package main

import (
	"tyto/report"
	"tyto/tyto"
)

// maxChanges bounds who changed whom; a scanner that writes to everybody has that many.
const maxChanges = 10_000

// change counts an act that is more than reading.
func (k *knowledge) change(a *tyto.Act) {
	switch a.Verb {
	case tyto.Write, tyto.Start, tyto.Stop, tyto.Program, tyto.UpdateFirmware, tyto.Configure:
	default:
		return
	}
	c := report.Change{Client: a.Client, Server: a.Server, Verb: a.Verb, Protocol: a.Evidence.Protocol}
	if _, known := k.changes[c]; known || len(k.changes) < maxChanges {
		k.changes[c]++
	}
}
