package observe

import (
	"time"

	"tyto/tyto"
)

// A tally holds back acts that were told a moment ago and keeps count of them,
// so that the next one that is told stands for those before it.
type tally struct {
	slots []done
	mask  uint64
}

type done struct {
	hash       uint64
	at         int64 // when it was told last
	told, held uint32
	object     string // as it is told, so that it is made once
}

func newTally(n int) *tally {
	size := 64
	for size < n {
		size *= 2
	}
	return &tally{slots: make([]done, size), mask: uint64(size - 1)}
}

// eagerly says of which part of those told so far what is held back becomes
// news: 20 guesses are told as 17 at the least, a million as less than 150.
const eagerly = 8

// count notes an act, and says for how many it is to be told; 0: it is held
// back. What was told within patience is told again only if it is counted by
// rules, and then the more rarely the more often it was done.
func (t *tally) count(hash uint64, now int64, patience time.Duration, eager bool) (d *done, n uint64) {
	at := hash & t.mask &^ (ways - 1)
	oldest := at
	for i := at; i < at+ways; i++ {
		d := &t.slots[i]
		if d.hash != hash {
			if d.at < t.slots[oldest].at {
				oldest = i
			}
			continue
		}
		d.held++
		age := now - d.at
		switch {
		case age < 0 || age >= int64(patience):
			d.told = 0
		case !eager || d.held*eagerly < d.told:
			return d, 0
		}
		n := d.held
		d.at, d.told, d.held = now, d.told+n, 0
		return d, uint64(n)
	}
	t.slots[oldest] = done{hash: hash, at: now, told: 1}
	return &t.slots[oldest], 1
}

// counted reports whether rules count such acts: attempts to sign in, what is
// refused or breaks a rule, and starting and stopping.
func counted(v tyto.Verb, outcome string) bool {
	switch v {
	case tyto.Login, tyto.LoginFailed, tyto.Start, tyto.Stop, tyto.Violate:
		return true
	}
	return refused(outcome)
}

func refused(outcome string) bool { return outcome != "" && outcome != "ok" }
