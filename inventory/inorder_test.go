package inventory

import (
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"
)

func TestInOrder(t *testing.T) {
	defer goleak.VerifyNone(t)
	for _, n := range []int{0, 1, 63, 64, 1000, 5000} {
		all := make([]int, n)
		for i := range all {
			all[i] = i
		}
		var makers atomic.Int32
		next := 0
		inOrder(all, func() func(int) int { makers.Add(1); return func(x int) int { return 2 * x } }, func(x int) bool {
			if x != 2*next {
				t.Fatalf("got %d, want %d", x, 2*next)
			}
			next++
			return true
		})
		if next != n || makers.Load() == 0 {
			t.Errorf("%d of %d, by %d makers", next, n, makers.Load())
		}
	}
}

func TestInOrderStops(t *testing.T) {
	defer goleak.VerifyNone(t)
	all := make([]int, 10_000)
	seen := 0
	inOrder(all, func() func(int) int { return func(x int) int { return x } }, func(int) bool { seen++; return seen < 100 })
	if seen != 100 {
		t.Errorf("yielded %d", seen)
	}
}
