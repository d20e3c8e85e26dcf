package main
type runCommand struct{}
func (runCommand) Run(s streams) error { return nil }
type sensorCommand struct{}
func (sensorCommand) Run(s streams) error { return nil }
type hubCommand struct{}
func (hubCommand) Run(s streams) error { return nil }
