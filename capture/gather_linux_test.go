package capture

import "testing"

// TestNextPause grows while little comes, shrinks while much does, and stays
// within its bounds.
func TestNextPause(t *testing.T) {
	pause := 0
	for _, x := range []struct {
		came uint64
		want int
	}{{0, 1}, {0, 2}, {10, 4}, {100, 8}, {100, 8}, {300, 8}, {2000, 4}, {2000, 2}, {2000, 1}, {5000, 1}, {500, 1}, {100, 2}} {
		if pause = nextPause(pause, x.came, 16384); pause != x.want {
			t.Errorf("after %d packets %d ms, want %d", x.came, pause, x.want)
		}
	}
}
