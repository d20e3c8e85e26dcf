package sensor

// Totals is what workers did, since they began.
type Totals struct {
	Counters
	Begun, Evicted     uint64     // conversations
	Retransmits, Gaps  uint64     // of streams
	NoBuffer           uint64     // streams given up for want of a buffer
	Facts, Repetitions uint64     // told, and held back
	NoName, NoCounts   uint64     // names of servers and counts of operations that found no place
	UnknownLinks       uint64     // packets of a link type that nobody reads
	FragmentsGivenUp   uint64     // datagrams whose fragments did not all come in time or room
	MalformedBy        []uint64   // by number of the capture
	Coverage           []Coverage // the same, of a live sensor
}

// totals is what this worker did.
func (w *worker) totals() Totals {
	t := Totals{Counters: w.counters, Begun: w.flows.Counters.Begun, Evicted: w.flows.Counters.Evicted,
		Retransmits: w.feeder.Counters.Retransmits, Gaps: w.feeder.Counters.Gaps, NoBuffer: w.feeder.Counters.NoBuffer,
		NoName: w.names.full, NoCounts: w.ops.full, Facts: w.observer.News.Passed, Repetitions: w.observer.News.Held}
	d := w.decoder.Counters()
	t.UnknownLinks, t.FragmentsGivenUp = d.UnknownLinks, d.FragmentsExpired+d.FragmentsEvicted+d.FragmentsRefused
	t.MalformedBy = append(t.MalformedBy, w.malformedBy...)
	if w.coverage != nil {
		t.Coverage = append(t.Coverage, w.coverage.by...)
	}
	return t
}

// add adds what another worker did.
func (t *Totals) add(x Totals) {
	t.Packets += x.Packets
	t.Bytes += x.Bytes
	t.Malformed += x.Malformed
	t.Messages += x.Messages
	t.Overflow += x.Overflow
	t.Failures += x.Failures
	t.ShedBulk += x.ShedBulk
	t.ShedNew += x.ShedNew
	t.Begun += x.Begun
	t.Evicted += x.Evicted
	t.Retransmits += x.Retransmits
	t.Gaps += x.Gaps
	t.NoBuffer += x.NoBuffer
	t.NoName += x.NoName
	t.NoCounts += x.NoCounts
	t.Facts += x.Facts
	t.Repetitions += x.Repetitions
	t.UnknownLinks += x.UnknownLinks
	t.FragmentsGivenUp += x.FragmentsGivenUp
	for i, n := range x.MalformedBy {
		for len(t.MalformedBy) <= i {
			t.MalformedBy = append(t.MalformedBy, 0)
		}
		t.MalformedBy[i] += n
	}
	for i := range x.Coverage {
		for len(t.Coverage) <= i {
			t.Coverage = append(t.Coverage, Coverage{})
		}
		t.Coverage[i].add(&x.Coverage[i])
	}
}
