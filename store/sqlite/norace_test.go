//go:build !race

package sqlite

// slowdown is what the race detector makes of a time limit.
const slowdown = 1
