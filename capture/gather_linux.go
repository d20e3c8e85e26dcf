package capture

import "golang.org/x/sys/unix"

// gathering lets packets of AF_XDP gather before they are taken, or each would
// be a batch of its own, as a ring of blocks does by itself.
type gathering struct {
	pause int    // milliseconds
	done  uint64 // packets that were taken before
}

// longestPause is for traffic of little rate: what comes in it fits at two
// million packets a second, should that begin suddenly.
const longestPause = 8

// wait waits for packets to gather: less, the more of the room they took the
// last time. A ring that has a block, or Close, ends it.
func (g *gathering) wait(s *live) {
	var done, room uint64
	for _, r := range s.rings {
		if r.xdp != nil {
			done, room = done+r.xdp.done, room+r.xdp.room
		}
	}
	if room == 0 {
		return
	}
	g.pause = nextPause(g.pause, done-g.done, room)
	g.done = done
	_, _ = unix.Poll(s.polls[:len(s.rings)+1], g.pause)
}

// nextPause is a pause after one in which so many packets came.
func nextPause(pause int, came, room uint64) int {
	switch {
	case came > room/16:
		pause /= 2
	case came < room/64:
		pause *= 2
	}
	return min(max(pause, 1), longestPause)
}
