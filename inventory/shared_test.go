package inventory

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tyto/frame"
	"tyto/observe"
	"tyto/proto"
	"tyto/tyto"
)

// A saying is one frame of a capture, in which its sender says something.
type saying struct {
	capture string
	frame.Frame
	attr  tyto.Attr
	value string
}

func drawSaying(t *rapid.T) saying {
	_, addrs := world(10).addresses()
	values := map[tyto.Attr][]string{tyto.Firmware: {"1.0", "1.1"}, tyto.Hostname: {"a", "b"}, tyto.Model: {"x", "y"}}
	s := saying{capture: rapid.SampledFrom([]string{"a.pcap", "b.pcap", "c.pcap"}).Draw(t, "capture"),
		attr: rapid.SampledFrom([]tyto.Attr{tyto.Firmware, tyto.Hostname, tyto.Model}).Draw(t, "attr")}
	s.value = rapid.SampledFrom(values[s.attr]).Draw(t, "value")
	minute := rapid.IntRange(0, 60).Draw(t, "minute")
	s.Frame = frame.Frame{Time: at(60 * minute).UnixNano(), Number: uint64(minute + 1), Flags: frame.IPv4,
		SrcMAC: frame.MAC{2, byte(rapid.IntRange(1, 2).Draw(t, "mac"))}, Src: rapid.SampledFrom(addrs[1:4]).Draw(t, "ip"), Dst: addrs[4]}
	return s
}

// TestSharedTraffic: however many observers share the traffic, the inventory is the same, evidence and times too.
func TestSharedTraffic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		said := rapid.SliceOfN(rapid.Custom(drawSaying), 1, 40).Draw(t, "said")
		slices.SortStableFunc(said, func(a, b saying) int { return strings.Compare(a.capture, b.capture) }) // as a folder is read
		want := heard(said, func(int) int { return 0 })
		got := heard(said, func(i int) int { return rapid.IntRange(0, 2).Draw(t, fmt.Sprint("observer of ", i)) })
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("three observers make others devices than one:\n%s", d)
		}
	})
}

// heard is the devices that observers make of what is said, each of its share.
func heard(said []saying, share func(int) int) []tyto.Device {
	v := New("z", Config{})
	var observers [3]*observe.Observer
	for i := range observers {
		observers[i] = observe.NewObserver("s", 1024, observe.NewBatch(8), func(b *observe.Batch) *observe.Batch {
			for i := range b.Events {
				v.Learn(&b.Events[i])
			}
			b.Reset()
			return b
		})
	}
	var sink proto.Sink
	for i := range said {
		s, o := &said[i], observers[share(i)]
		o.Capture(s.capture)
		o.Sighted(&s.Frame)
		sink.Begin(&s.Frame)
		sink.Sender(s.attr, []byte(s.value), tyto.Stated, "f")
		o.Told(&s.Frame, "x", &sink)
	}
	for _, o := range observers {
		o.Flush()
	}
	return v.Devices()
}

// TestCapturesOfOneFact: what several captures say is one claim, with the earliest evidence.
func TestCapturesOfOneFact(t *testing.T) {
	z := newZone(t)
	z.sent(host1, "10.0.0.5", 0, 0)
	v, had := z.Inventory, z.Stats().Claims
	for i, capture := range []string{"b.pcap", "a.pcap", "c.pcap"} {
		v.Learn(&tyto.Event{Time: at(10 - 5*(i%2)), Observation: &tyto.Observation{Subject: tyto.Subject{MAC: mac(t, host1)}, Attr: tyto.Serial, Value: "1",
			Confidence: tyto.Stated, Evidence: tyto.Evidence{Sensor: "s", Capture: capture, Packet: uint64(i + 1), Protocol: "snmp", Field: "f"}}})
	}
	d := v.Devices()[0]
	if b := d.Beliefs[tyto.Serial]; v.Stats().Claims != had+1 || b.Evidence.Capture != "a.pcap" || b.Evidence.Packet != 2 || !b.First.Equal(at(5)) || b.Last.Sub(b.First) > tyto.Patience {
		t.Errorf("%d claims more, %+v; want one, of packet 2 of a.pcap", v.Stats().Claims-had, b)
	}
}
