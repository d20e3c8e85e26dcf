package inventory

import (
	"runtime"
	"sync"
)

// atATime is how many things a goroutine makes before it hands them on.
const atATime = 64

// inOrder makes one thing of each of all, on all processors, and yields them
// in their order until yield says no. newMaker is called once a goroutine.
func inOrder[In, Out any](all []In, newMaker func() func(In) Out, yield func(Out) bool) {
	workers := min(runtime.GOMAXPROCS(0), len(all)/atATime)
	if workers <= 1 {
		make := newMaker()
		for _, x := range all {
			if !yield(make(x)) {
				return
			}
		}
		return
	}
	type lot struct {
		in   []In
		out  []Out
		done chan struct{}
	}
	todo, ordered := make(chan *lot), make(chan *lot, 2*workers) // ordered bounds what is made ahead
	stop := make(chan struct{})
	var running sync.WaitGroup
	defer running.Wait()
	defer close(stop)
	for range workers {
		running.Go(func() {
			make := newMaker()
			for l := range todo {
				for _, x := range l.in {
					l.out = append(l.out, make(x))
				}
				close(l.done)
			}
		})
	}
	running.Go(func() {
		defer close(ordered)
		defer close(todo)
		for len(all) > 0 {
			n := min(len(all), atATime)
			l := &lot{in: all[:n], done: make(chan struct{})}
			all = all[n:]
			select {
			case ordered <- l:
			case <-stop:
				return
			}
			todo <- l
		}
	})
	for l := range ordered {
		<-l.done
		for _, x := range l.out {
			if !yield(x) {
				return
			}
		}
	}
}
