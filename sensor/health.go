package sensor

import (
	"time"

	"tyto/capture"
	"tyto/observe"
	"tyto/tyto"
)

// HealthEvery is how often a live sensor tells its health.
const HealthEvery = 10 * time.Second

// tick has the workers report what is quiet and tells health, until the
// workers have ended; then it tells health a last time.
func (c *crew) tick(wait func()) {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		wait()
	}()
	t := time.NewTicker(HealthEvery)
	defer t.Stop()
	c.tell()
	for {
		select {
		case <-t.C:
			c.tell()
			for _, tick := range c.ticks {
				select {
				case tick <- struct{}{}:
				default: // the worker has not got to the last one
				}
			}
		case <-ended:
			c.tell()
			return
		}
	}
}

// tell hands a health event of each interface on.
func (c *crew) tell() {
	var total Totals
	for i := range c.shared {
		if t := c.shared[i].Load(); t != nil {
			total.add(*t)
		}
	}
	b := observe.NewBatch(batchSize)
	all := c.sensor.source.Captures()
	for i, x := range all {
		if b.Full() {
			b = c.hand(b)
		}
		h := health(x, i, &total)
		if len(all) == 1 { // else nobody could say which of them is meant
			tables(h.Counters, &total)
		}
		b.Health(c.sensor.config.Name, c.sensor.config.Clock().UTC(), h)
	}
	if len(b.Events) > 0 {
		c.hand(b)
	}
}

// health is what there is to tell of one interface alone.
func health(x capture.Info, i int, t *Totals) *tyto.Health {
	h := &tyto.Health{Interface: x.Name, Counters: map[string]uint64{
		"packets": x.Packets, "bytes": x.Bytes, "truncated": x.Truncated, "absences": x.Absences,
		"kernel_seen": x.Seen, "ignored": x.Ignored, "filtered": x.Filtered, "refused": x.Refused, "kernel_drops": x.Dropped, "unread": x.Unread,
	}}
	if x.Logs {
		h.Counters["lines"] = x.Lines
	}
	if x.XDP > 0 {
		h.Counters["af_xdp"], h.Counters["starved"] = x.XDP, x.Starved
	}
	if x.ByCard > 0 {
		h.Counters["card_times"] = x.ByCard
	}
	if x.NoXDP {
		h.Counters["no_af_xdp"] = 1
	}
	if x.NoClock {
		h.Counters["no_card_clock"] = 1
	}
	if h.Counters["endpoint"] = 0; x.Endpoint {
		h.Coverage, h.Counters["endpoint"] = "endpoint", 1
	}
	if i < len(t.MalformedBy) {
		h.Counters["malformed"] = t.MalformedBy[i]
	}
	if i < len(t.Coverage) {
		v := &t.Coverage[i]
		for name, n := range map[string]uint64{
			"unicast": v.Unicast, "broadcast": v.Broadcast, "multicast": v.Multicast, "tcp_two_sided": v.TwoSided, "tcp_one_sided": v.OneSided,
			"duplicates": v.Duplicates, "tcp_bytes_seen": v.Seen, "tcp_bytes_unseen": v.Unseen, "vlans": v.VLANs(), "longest": v.Longest,
		} {
			h.Counters[name] = n
		}
	}
	if x.Packets+x.Lines > 0 {
		h.Counters["first_ns"], h.Counters["last_ns"] = uint64(x.First), uint64(x.Last)
	}
	return h
}

// tables adds what the workers' tables count, which is of the whole sensor.
func tables(counters map[string]uint64, t *Totals) {
	for name, n := range map[string]uint64{
		"parsed": t.Packets, "conversations": t.Begun, "conversations_evicted": t.Evicted, "stream_gaps": t.Gaps,
		"streams_without_buffer": t.NoBuffer, "names_full": t.NoName, "operations_full": t.NoCounts, "unknown_links": t.UnknownLinks, "fragments_given_up": t.FragmentsGivenUp,
		"facts_told": t.Facts, "facts_repeated": t.Repetitions, "facts_overflow": t.Overflow, "failures": t.Failures,
		"shed_bulk": t.ShedBulk, "shed_new": t.ShedNew,
	} {
		counters[name] = n
	}
}
