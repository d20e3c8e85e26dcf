package sensor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tyto/capture"
	"tyto/frame"
	"tyto/observe"
	"tyto/proto"
	"tyto/tyto"
)

// recorded is the captures of the project's own testdata.
func recorded(t testing.TB) []string {
	t.Helper()
	paths, err := filepath.Glob("../proto/testdata/*/*.pcap*")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no testdata: %v", err)
	}
	return paths
}

func open(t testing.TB, paths ...string) capture.Source {
	t.Helper()
	source, err := capture.OpenFiles(paths, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { source.Close() })
	return source
}

func run(t testing.TB, config Config, source capture.Source) (events []tyto.Event, totals Totals) {
	t.Helper()
	s := New(config, source)
	if err := s.Run(context.Background(), func(batch []tyto.Event) error {
		events = append(events, observe.Copy(batch)...)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return events, s.Totals()
}

// Every packet, and every byte, is in exactly one conversation event: counted
// by the source, by the worker and by the events.
func TestEveryPacketIsInAConversation(t *testing.T) {
	for _, workers := range []int{1, 3} {
		config := DefaultConfig()
		config.Workers = workers
		source := open(t, recorded(t)...)
		events, totals := run(t, config, source)
		var packets, bytes, want, wantBytes uint64
		for _, e := range events {
			if c := e.Conversation; c != nil {
				packets += c.Packets[0] + c.Packets[1]
				bytes += c.Bytes[0] + c.Bytes[1]
			}
		}
		for _, c := range source.Captures() {
			want, wantBytes = want+c.Packets, wantBytes+c.Bytes
		}
		if totals.Packets != want || totals.Bytes != wantBytes {
			t.Errorf("%d workers took %d packets, %d bytes of %d, %d", workers, totals.Packets, totals.Bytes, want, wantBytes)
		}
		if packets < want || bytes < wantBytes { // what tunnels carry is counted besides
			t.Errorf("%d workers: %d packets, %d bytes in conversations of %d, %d", workers, packets, bytes, want, wantBytes)
		}
	}
}

func TestSequenceHasNoGaps(t *testing.T) {
	config := DefaultConfig()
	config.Workers = 2
	events, _ := run(t, config, open(t, recorded(t)...))
	for i, e := range events {
		if e.Seq != uint64(i+1) {
			t.Fatalf("event %d has sequence number %d", i+1, e.Seq)
		}
	}
}

// Workers share nothing, so a fact may be told by several, each from its own
// packets; but no fact more and none less than one worker tells, and the same
// conversations and acts.
func TestWorkersTellTheSame(t *testing.T) {
	want := lines(t, 1)
	for _, workers := range []int{2, 4} {
		if got := lines(t, workers); !slices.Equal(got, want) {
			t.Errorf("%d workers tell %d things, one tells %d, or they differ", workers, len(got), len(want))
		}
	}
}

func lines(t *testing.T, workers int) (out []string) {
	config := DefaultConfig()
	config.Workers = workers
	for _, path := range recorded(t) {
		events, _ := run(t, config, open(t, path))
		for _, e := range events {
			e.Seq = 0
			if e.Observation != nil {
				e.Time, e.Observation.Evidence.Packet = time.Time{}, 0
			}
			b, err := json.Marshal(e)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, path+string(b))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func TestPublishErrorEndsTheRun(t *testing.T) {
	defer goleak.VerifyNone(t)
	want := errors.New("disk full")
	for _, workers := range []int{1, 2} {
		config := DefaultConfig()
		config.Workers = workers
		err := New(config, open(t, recorded(t)...)).Run(context.Background(), func([]tyto.Event) error { return want })
		if !errors.Is(err, want) {
			t.Errorf("%d workers: got %v", workers, err)
		}
	}
}

func TestContextEndsTheRun(t *testing.T) {
	defer goleak.VerifyNone(t)
	for _, workers := range []int{1, 2} {
		config := DefaultConfig()
		config.Workers = workers
		ctx, stop := context.WithCancel(context.Background())
		stop()
		err := New(config, endless{}).Run(ctx, func([]tyto.Event) error { return nil })
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("%d workers: got %v", workers, err)
		}
	}
}

type endless struct{}

func (endless) Read(b *capture.Batch) error {
	b.Packets = append(b.Packets, frame.Packet{Link: frame.LinkEthernet, Data: make([]byte, 60), Length: 60, Number: 1})
	return nil
}
func (endless) Captures() []capture.Info { return []capture.Info{{Name: "endless"}} }
func (endless) Close() error             { return nil }

// The packet path allocates nothing on the second pass over all testdata.
func TestPacketPathDoesNotAllocate(t *testing.T) {
	for _, path := range recorded(t) {
		packets := load(t, path)
		for i := range packets {
			packets[i].Time = packets[0].Time // time that goes back would make news of what was said
		}
		config := DefaultConfig()
		config.Conversations, config.Buffers = 10_000, 64
		w := newWorker(&config, proto.NewIndex(proto.All()), observe.NewBatch(batchSize), func(b *observe.Batch) *observe.Batch { b.Reset(); return b })
		w.captures = []string{path}
		pass := func() {
			for i := range packets {
				w.packet(&packets[i])
			}
		}
		for range 3 { // what the first leaves open, the next may tell otherwise: an answer that comes late
			pass()
		}
		if n := testing.AllocsPerRun(2, pass); n != 0 {
			t.Errorf("%s: %v allocations for %d packets", path, n, len(packets))
		}
	}
}

// load is the packets of a capture in memory of their own.
func load(t testing.TB, path string) (packets []frame.Packet) {
	t.Helper()
	source := open(t, path)
	for {
		var b capture.Batch
		err := source.Read(&b)
		packets = append(packets, b.Packets...)
		if errors.Is(err, io.EOF) {
			return packets
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func BenchmarkPath(b *testing.B) {
	var packets []frame.Packet
	for _, path := range recorded(b) {
		packets = append(packets, load(b, path)...)
	}
	config := DefaultConfig()
	w := newWorker(&config, proto.NewIndex(proto.All()), observe.NewBatch(batchSize), func(x *observe.Batch) *observe.Batch { x.Reset(); return x })
	w.captures = []string{"testdata"}
	for i := range packets {
		packets[i].Source = 0
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		w.packet(&packets[i%len(packets)])
	}
}

func TestOperations(t *testing.T) {
	o := operations{most: 10}
	set := uint32(0)
	for i := range 40 {
		for range i + 1 {
			set = o.count(set, fmt.Sprintf("op %d", i))
		}
	}
	got := map[string]uint64{}
	o.read(set, got)
	var sum uint64
	for _, n := range got {
		sum += n
	}
	if sum != 820 || got["op 0"] != 1 || got["op 22"] != 23 || got[otherOperations] != 820-276 {
		t.Errorf("sum %d, %v", sum, got)
	}
	var sets []uint32
	for range 12 {
		sets = append(sets, o.count(0, "op 1"))
	}
	if sets[8] == 0 || sets[9] != 0 || sets[11] != 0 || o.full != 3 {
		t.Errorf("more sets than there is room for: %v, %d not counted", sets, o.full)
	}
	o.drop(sets[0])
	if again := o.count(0, "op 1"); again != sets[0] {
		t.Errorf("set %d, though %d was given back", again, sets[0])
	}
}

func TestNames(t *testing.T) {
	n := newNames(1)
	a := n.swap(0, []byte("a.example"))
	if b := n.swap(0, []byte("a.example")); b != a {
		t.Error("the same name has two numbers")
	}
	n.drop(a)
	if n.text[a] != "a.example" {
		t.Error("a name in use was forgotten")
	}
	n.drop(a)
	for i := range 10 * keepUnused {
		n.drop(n.swap(0, fmt.Appendf(nil, "%d.example", i)))
	}
	if len(n.number) > keepUnused+1 || len(n.text) > keepUnused+3 {
		t.Errorf("%d names are remembered, %d numbers", len(n.number), len(n.text))
	}
	for i := range 3 * keepUnused { // in use
		n.swap(0, fmt.Appendf(nil, "%d.example", i))
	}
	if len(n.number) != 2*keepUnused || n.full != keepUnused || n.swap(0, []byte("other.example")) != 0 {
		t.Errorf("%d names are kept, %d refused", len(n.number), n.full)
	}
}
