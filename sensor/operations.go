package sensor

// operations counts what conversations do, by the operations' names. The
// names are constants of the dissectors, so their number is bounded.
type operations struct {
	number map[string]uint16
	text   []string
	sets   []opSet // 0 is none
	free   []uint32
	most   int    // sets at a time
	full   uint64 // operations that were not counted, as all sets were taken
}

// opSet is the counts of one conversation. What does not fit is counted in
// the last place, under otherOperations.
type opSet struct {
	op [opsPerConversation]uint16
	n  [opsPerConversation]uint32
}

const (
	opsPerConversation = 24
	otherOperations    = "other"
)

// count counts op in a conversation's set, which is made if it is 0.
func (o *operations) count(set uint32, op string) uint32 {
	if set == 0 {
		if set = o.take(); set == 0 {
			o.full++
			return 0
		}
	}
	s, want := &o.sets[set], o.name(op)
	for i := range s.op {
		if s.n[i] == 0 {
			s.op[i] = want
		}
		if i == opsPerConversation-1 && s.op[i] != want {
			s.op[i] = o.name(otherOperations)
		} else if s.op[i] != want {
			continue
		}
		s.n[i]++
		break
	}
	return set
}

func (o *operations) name(op string) uint16 {
	if i, ok := o.number[op]; ok {
		return i
	}
	if o.number == nil {
		o.number = map[string]uint16{}
	}
	i := uint16(len(o.text))
	o.number[op] = i
	o.text = append(o.text, op)
	return i
}

// take is an empty set, 0 if all are taken.
func (o *operations) take() uint32 {
	if n := len(o.free); n > 0 {
		set := o.free[n-1]
		o.free = o.free[:n-1]
		o.sets[set] = opSet{}
		return set
	}
	if len(o.sets) == 0 {
		o.sets = append(o.sets, opSet{})
	}
	if len(o.sets) > o.most {
		return 0
	}
	o.sets = append(o.sets, opSet{})
	return uint32(len(o.sets) - 1)
}

// read adds the counts of a set to into.
func (o *operations) read(set uint32, into map[string]uint64) {
	if set == 0 {
		return
	}
	s := &o.sets[set]
	for i := range s.op {
		if s.n[i] > 0 {
			into[o.text[s.op[i]]] += uint64(s.n[i])
		}
	}
}

// drop gives a set back.
func (o *operations) drop(set uint32) {
	if set != 0 {
		o.free = append(o.free, set)
	}
}
