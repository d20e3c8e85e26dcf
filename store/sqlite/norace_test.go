//go:build !race

package sqlite

// raceDetector makes everything many times slower.
const raceDetector = false
