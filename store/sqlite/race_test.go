//go:build race

package sqlite

import "time"

// quickDevices are listed within quickTime: the race detector makes all some
// twenty times as slow.
const quickDevices, quickTime = 2000, 200 * time.Millisecond
