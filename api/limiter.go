package api

import (
	"sync"
	"time"
)

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

// Rate is how many requests a client may make: Burst at once, and as many as
// PerSecond on and on.
type Rate struct {
	PerSecond float64
	Burst     float64
}

// DefaultRate is far more than a person with several windows makes.
func DefaultRate() Rate { return Rate{PerSecond: 50, Burst: 250} }

// maxRated bounds how many clients are kept in mind.
const maxRated = 20_000

// rates holds clients to a rate each: a bucket that fills by itself.
type rates struct {
	rate Rate
	now  func() time.Time

	mu sync.Mutex
	of map[string]bucket
}

type bucket struct {
	left float64
	at   time.Time
}

func newRates(r Rate, now func() time.Time) rates {
	return rates{rate: r, now: now, of: map[string]bucket{}}
}

// take lets a client make a request, or says how long it has to wait.
func (r *rates) take(client string) (wait time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	b, known := r.of[client]
	if !known {
		r.makeRoom(now)
		b = bucket{r.rate.Burst, now}
	}
	if passed := now.Sub(b.at); passed > 0 {
		b.left, b.at = min(r.rate.Burst, b.left+passed.Seconds()*r.rate.PerSecond), now
	}
	if b.left < 1 {
		r.of[client] = b
		return time.Duration((1 - b.left) / r.rate.PerSecond * float64(time.Second))
	}
	b.left--
	r.of[client] = b
	return 0
}

// makeRoom forgets whose bucket is full by now, as if they were new; if that
// is nobody, somebody.
func (r *rates) makeRoom(now time.Time) {
	if len(r.of) < maxRated {
		return
	}
	for client, b := range r.of {
		if b.left+now.Sub(b.at).Seconds()*r.rate.PerSecond >= r.rate.Burst {
			delete(r.of, client)
		}
	}
	for client := range r.of {
		if len(r.of) < maxRated {
			return
		}
		delete(r.of, client)
	}
}
