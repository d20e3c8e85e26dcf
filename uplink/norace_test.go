//go:build !race

package uplink_test

import "time"

// pace is how long a sensor rests between offers.
const pace = 2 * time.Millisecond
