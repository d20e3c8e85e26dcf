package api

import "sync"

// limiter bounds how many of something are under way, for each user and in all.
type limiter struct {
	each, all int

	mu    sync.Mutex
	of    map[string]int
	total int
}

func (l *limiter) enter(user string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.total >= l.all || l.of[user] >= l.each {
		return false
	}
	if l.of == nil {
		l.of = map[string]int{}
	}
	l.of[user]++
	l.total++
	return true
}

func (l *limiter) leave(user string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.total--
	if l.of[user]--; l.of[user] == 0 {
		delete(l.of, user)
	}
}
