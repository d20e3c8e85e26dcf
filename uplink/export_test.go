package uplink

import "time"

// Hasten shortens how long a sender waits after failures.
func (s *Sender) Hasten(d time.Duration) { s.shortest, s.longest = d, d }
