package inventory

// slotBlock is how many things are made at a time.
const slotBlock = 1024

// slots is numbered things in blocks that never move. Number 0 is none.
type slots[T any] struct {
	blocks [][]T
	last   uint32   // the highest number; some below it may be free
	free   []uint32 // numbers that are used again
}

// at is thing i, from 1.
func (s *slots[T]) at(i uint32) *T { return &s.blocks[(i-1)/slotBlock][(i-1)%slotBlock] }

// add is the number of one more thing.
func (s *slots[T]) add(x T) uint32 {
	n := s.last + 1
	if k := len(s.free); k > 0 {
		n, s.free = s.free[k-1], s.free[:k-1]
	} else {
		if int(s.last) == len(s.blocks)*slotBlock {
			s.blocks = append(s.blocks, make([]T, slotBlock))
		}
		s.last = n
	}
	*s.at(n) = x
	return n
}

// drop empties thing i, and frees its number.
func (s *slots[T]) drop(i uint32) {
	var none T
	*s.at(i) = none
	s.free = append(s.free, i)
}

// held is how many things there are.
func (s *slots[T]) held() int { return int(s.last) - len(s.free) }
