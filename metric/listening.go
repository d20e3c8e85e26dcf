// Package metric gives what is counted the names by which monitoring knows
// it: Prometheus's conventions, one page of a hub or of a sensor.
package metric

import (
	"cmp"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
)

// An Interface is what a sensor last told of one of its interfaces, by the
// names that tyto.Health gives counters.
type Interface struct {
	Sensor, Zone, Name string
	Counters           map[string]uint64
}

// A meaning is what a counter of Health is on a page. Its label, if it has
// one, tells it from others of the same name.
type meaning struct {
	name, label, value string
	help               string
	gauge              bool
	per                float64 // how many make one, 0 is one
}

// meanings is every counter that sensors tell, but for the time of the first
// packet, which is no number to watch. A test compares it with what they tell.
var meanings = map[string]meaning{
	"packets":                {name: "packets_total", help: "Packets captured."},
	"bytes":                  {name: "bytes_total", help: "Bytes captured, as on the wire."},
	"truncated":              {name: "truncated_packets_total", help: "Packets of which a part was captured."},
	"kernel_seen":            {name: "kernel_packets_total", help: "Packets that the kernel had for the sensor: captured, filtered, refused, ignored, lost, or still in the ring."},
	"ignored":                {name: "ignored_packets_total", help: "Packets that are none of the network, such as the second sight of one on a loopback interface."},
	"filtered":               {name: "filtered_packets_total", help: "Packets that the filter of the configuration refused."},
	"refused":                {name: "refused_packets_total", help: "Packets that came over a tunnel from an address that may not send."},
	"endpoint":               {name: "endpoint", gauge: true, help: "1 if only what an ordinary host hears is looked at: its own conversations, broadcast and multicast."},
	"kernel_drops":           {name: "lost_packets_total", label: "cause", value: "kernel", help: "Packets that were never looked at, by cause."},
	"unread":                 {name: "unread_packets", gauge: true, help: "Packets that wait in the ring to be captured."},
	"absences":               {name: "interface_absences_total", help: "Times that the interface went away while it was listened to."},
	"af_xdp":                 {name: "xdp_packets_total", help: "Packets captured by AF_XDP."},
	"starved":                {name: "card_starved_total", help: "Times that a card which writes to the sensor's memory found no room there, after which it drops packets by itself."},
	"card_times":             {name: "card_timed_packets_total", help: "Packets captured that have the time of the network card's clock."},
	"no_af_xdp":              {name: "xdp_given_up", gauge: true, help: "1 if AF_XDP was asked for and had to be given up, as the interface went away meanwhile."},
	"no_card_clock":          {name: "card_clock_missing", gauge: true, help: "1 if the network card's clock was asked for, and times are the kernel's."},
	"shed_bulk":              {name: "shed_conversations_total", label: "kind", value: "bulk", help: "Conversations whose contents were given up for want of time: long ones, or new ones."},
	"shed_new":               {name: "shed_conversations_total", label: "kind", value: "new", help: "Conversations whose contents were given up for want of time: long ones, or new ones."},
	"malformed":              {name: "malformed_total", help: "Packets and messages that break their protocol's rules."},
	"unicast":                {name: "frames_total", label: "to", value: "one", help: "Frames by whom they were for."},
	"broadcast":              {name: "frames_total", label: "to", value: "all", help: "Frames by whom they were for."},
	"multicast":              {name: "frames_total", label: "to", value: "group", help: "Frames by whom they were for."},
	"tcp_two_sided":          {name: "tcp_conversations_total", label: "sides", value: "both", help: "TCP conversations by the sides that were heard; many with one say that the mirror copies one direction."},
	"tcp_one_sided":          {name: "tcp_conversations_total", label: "sides", value: "one", help: "TCP conversations by the sides that were heard; many with one say that the mirror copies one direction."},
	"duplicates":             {name: "duplicate_packets_total", help: "Packets that came twice."},
	"tcp_bytes_seen":         {name: "tcp_bytes_total", label: "seen", value: "yes", help: "Bytes of TCP streams that were acknowledged, by whether they were seen."},
	"tcp_bytes_unseen":       {name: "tcp_bytes_total", label: "seen", value: "no", help: "Bytes of TCP streams that were acknowledged, by whether they were seen."},
	"vlans":                  {name: "vlans", gauge: true, help: "VLANs that were heard."},
	"longest":                {name: "longest_frame_bytes", gauge: true, help: "The longest frame that was heard."},
	"last_ns":                {name: "last_packet_timestamp_seconds", gauge: true, per: 1e9, help: "When the last packet was captured."},
	"parsed":                 {name: "parsed_packets_total", help: "Packets that were looked at."},
	"conversations":          {name: "conversations_total", help: "Conversations that began."},
	"conversations_evicted":  {name: "evictions_total", label: "table", value: "conversations", help: "Entries that had to give way to others, by table."},
	"stream_gaps":            {name: "stream_gaps_total", help: "Holes in TCP streams that could not be filled."},
	"streams_without_buffer": {name: "unbuffered_streams_total", help: "Times that a TCP stream got no buffer, and so was read in order only."},
	"names_full":             {name: "refusals_total", label: "table", value: "names", help: "Entries that were not kept as there was no room, by table."},
	"operations_full":        {name: "refusals_total", label: "table", value: "operations", help: "Entries that were not kept as there was no room, by table."},
	"unknown_links":          {name: "unknown_link_packets_total", help: "Packets of a link type that is not known."},
	"fragments_given_up":     {name: "lost_fragments_total", help: "IP fragments whose packet never was complete."},
	"facts_told":             {name: "facts_total", label: "what", value: "told", help: "Facts about devices, by what became of them."},
	"facts_repeated":         {name: "facts_total", label: "what", value: "repeated", help: "Facts about devices, by what became of them."},
	"facts_overflow":         {name: "facts_total", label: "what", value: "overflow", help: "Facts about devices, by what became of them."},
	"failures":               {name: "failures_total", help: "Packets that a fault of the program kept from being understood."},

	"backlog_batches":      {name: "backlog_batches", gauge: true, help: "Batches that the hub has not acknowledged."},
	"backlog_events":       {name: "backlog_events", gauge: true, help: "Events that the hub has not acknowledged."},
	"backlog_bytes":        {name: "backlog_bytes", gauge: true, help: "Bytes of the spool that are in use."},
	"backlog_oldest_ns":    {name: "backlog_oldest_timestamp_seconds", gauge: true, per: 1e9, help: "The time of the oldest event that the hub has not acknowledged; 0 without any."},
	"capacity_bytes":       {name: "spool_capacity_bytes", gauge: true, help: "Bytes that the spool may use."},
	"reserve_bytes":        {name: "spool_reserve_bytes", gauge: true, help: "Bytes of the spool that are kept for what must not be lost."},
	"events_accepted":      {name: "spooled_events_total", help: "Events that are on disk, or were."},
	"events_lost":          {name: "lost_events_total", help: "Events that had to go before the hub had them."},
	"batches_acknowledged": {name: "acknowledged_batches_total", help: "Batches that the hub has on disk."},
	"batches_refused":      {name: "refused_batches_total", help: "Batches that the hub did not want."},
	"retries":              {name: "retries_total", help: "Times that a batch was sent again."},
	"send_failures":        {name: "send_failures_total", help: "Times that the hub could not be reached, or did not answer."},
	"slowest_commit_us":    {name: "slowest_commit_seconds", gauge: true, per: 1e6, help: "The longest that a write of the spool took since the last report."},
}

// Unnamed lists the counters, sorted, that no page shows.
func Unnamed(counters map[string]uint64) (names []string) {
	for name := range counters {
		if _, ok := meanings[name]; !ok && name != "first_ns" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// listening is a collector over what sensors told.
type listening struct {
	of    func() []Interface
	descs map[string]*prometheus.Desc
}

// Listening is a collector of what interfaces last told, with the labels
// sensor, zone and interface. of is called for each page, from any goroutine.
func Listening(of func() []Interface) prometheus.Collector {
	l := &listening{of, map[string]*prometheus.Desc{}}
	for counter, m := range meanings {
		labels := []string{"sensor", "zone", "interface"}
		if m.label != "" {
			labels = append(labels, m.label)
		}
		l.descs[counter] = prometheus.NewDesc("tyto_sensor_"+m.name, m.help, labels, nil)
	}
	return l
}

// Describe implements prometheus.Collector.
func (l *listening) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range l.descs {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (l *listening) Collect(ch chan<- prometheus.Metric) {
	seen := map[[3]string]bool{}
	all := l.of()
	slices.SortFunc(all, func(a, b Interface) int {
		return cmp.Or(strings.Compare(a.Sensor, b.Sensor), strings.Compare(a.Zone, b.Zone), strings.Compare(a.Name, b.Name))
	})
	for _, i := range all {
		labels := [3]string{text(i.Sensor), text(i.Zone), text(i.Name)}
		if seen[labels] { // a page with the same twice is refused whole
			continue
		}
		seen[labels] = true
		for counter, n := range i.Counters {
			if m, ok := meanings[counter]; ok {
				ch <- m.metric(l.descs[counter], n, labels)
			}
		}
	}
}

// text is a label that a page can carry.
func text(s string) string { return strings.ToValidUTF8(s, "\ufffd") }

func (m *meaning) metric(d *prometheus.Desc, n uint64, labels [3]string) prometheus.Metric {
	values := labels[:]
	if m.label != "" {
		values = append(values, m.value)
	}
	kind, value := prometheus.CounterValue, float64(n)
	if m.gauge {
		kind = prometheus.GaugeValue
	}
	if m.per != 0 {
		value /= m.per
	}
	return prometheus.MustNewConstMetric(d, kind, value, values...)
}
