//go:build race

package uplink_test

import "time"

// pace is how long a sensor rests between offers: the race detector makes all
// ten times as slow.
const pace = 30 * time.Millisecond
