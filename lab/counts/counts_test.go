package main

import (
	"slices"
	"testing"
)

func TestCompare(t *testing.T) {
	read, counted := counts{}, counts{}
	for range 5 {
		read.add("10.0.0.1", "10.0.0.2", "modbus 3", 1)
	}
	read.add("10.0.0.2", "10.0.0.1", "modbus 6", 2)
	read.add("10.0.0.1", "10.0.0.2", "modbus 90", 1)
	counted.add("10.0.0.1", "10.0.0.2", "modbus 3", 4)
	counted.add("10.0.0.1", "10.0.0.2", "modbus 6", 3)
	counted.add("10.0.0.1", "10.0.0.2", "other", 1) // modbus 3 takes it: it comes first
	var s score
	notes := s.compare(read, counted)
	if want := (score{captures: 1, functions: 8, matched: 7, missing: 1, extra: 1}); s != want {
		t.Errorf("got %+v, want %+v", s, want)
	}
	if len(notes) != 2 {
		t.Errorf("got %q", notes)
	}
}

// TestS7Ops reads a packet of a job, an answer, and user data that is asked for.
func TestS7Ops(t *testing.T) {
	got := s7Ops([][]string{{"1", "3", "7", "7"}, {"0x04", "0x04"}, {"4", "8"}, {"4", "4"}, {"1", "1"}})
	if want := []string{"s7comm read", "s7comm read szl"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
