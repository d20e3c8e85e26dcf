//go:build !race

package sqlite

import "time"

// quickDevices are listed within quickTime.
const quickDevices, quickTime = 10_000, 50 * time.Millisecond
