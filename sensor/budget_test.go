package sensor

import (
	"fmt"
	"runtime"
	"testing"

	"tyto/flow"
	"tyto/frame"
	"tyto/observe"
	"tyto/stream"
)

// TestShare has all tables, full, stay below the limit, on small machines and
// on large ones, and more of everything with more memory.
func TestShare(t *testing.T) {
	for _, workers := range []int{1, 2, 7, 64} {
		for _, interfaces := range []int{0, 1, 4, 16} {
			var before Budget
			for limit := int64(128 << 20); limit <= 64<<30; limit *= 2 {
				b, err := Share(limit, workers, interfaces)
				if err != nil {
					if limit > costProcess+int64(workers)*(24<<20)+int64(interfaces)*(8<<20) {
						t.Errorf("%d MiB for %d workers and %d interfaces: %v", limit>>20, workers, interfaces, err)
					}
					continue
				}
				tables := costProcess + int64(workers)*(costWorker+int64(b.Conversations)*costConversation+int64(b.Buffers)*costBuffer+int64(b.Remember)*costFact)
				if tables > b.Heap || b.Heap+b.Rings*int64(interfaces) != limit {
					t.Errorf("%d MiB, %d workers, %d interfaces: %+v, tables of %d MiB", limit>>20, workers, interfaces, b, tables>>20)
				}
				if b.Conversations < before.Conversations || b.Buffers < before.Buffers || b.Remember < before.Remember || b.Rings < before.Rings {
					t.Errorf("%d MiB, %d workers, %d interfaces: %+v, and less with more: %+v", limit>>20, workers, interfaces, before, b)
				}
				before = b
			}
			if before.Conversations == 0 {
				t.Errorf("%d workers, %d interfaces: no memory is enough", workers, interfaces)
			}
		}
	}
	if b, err := Share(512<<20, 1, 1); err != nil || b.Conversations < 500_000 || b.Buffers < 4096 || b.Rings != mostRing {
		t.Errorf("the default on two processors: %+v, %v", b, err)
	}
	if b, err := Share(1536<<20, 1, 1); err != nil || b.Conversations < 1_000_000 {
		t.Errorf("1.5 GiB: %+v, %v", b, err)
	}
}

// TestCosts measures a full table of conversations, each with as much as
// there may be beside it.
func TestCosts(t *testing.T) {
	const n = 40_000
	heap := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before := heap()
	news := observe.NewNews(1 << 16)
	if cost := (heap() - before) >> 16; cost > costFact || stream.BufferSize > costBuffer {
		t.Errorf("a fact costs %d bytes, not %d, a buffer %d, not %d", cost, costFact, stream.BufferSize, costBuffer)
	}
	runtime.KeepAlive(news)
	before = heap()
	table := flow.New(flow.Config{Conversations: n, ServerPort: func(uint8, uint16) bool { return false }}, func(*flow.Report) {})
	names, ops := newNames(n/conversationsPerName), operations{most: n / conversationsPerOperations}
	for i := range 2 * n {
		f := frame.Frame{Src: frame.V4(10, byte(i>>16), byte(i>>8), byte(i)), Dst: frame.V4(192, 0, 2, 1), Proto: frame.TCP, Flags: frame.IPv4 | frame.Ports, SrcPort: 40000, DstPort: 443, Length: 60}
		table.Tick(int64(i))
		table.See(&f, 0)
		names.swap(0, fmt.Appendf(nil, "%0*d", longestName, i))
		ops.count(0, "read")
	}
	if cost := (heap() - before) / n; cost > costConversation || cost < costConversation/3 {
		t.Errorf("a conversation costs %d bytes, not %d", cost, costConversation)
	}
	if names.full == 0 || ops.full == 0 || table.Counters.Evicted != n {
		t.Errorf("not full: %d names and %d counts refused, %d conversations evicted", names.full, ops.full, table.Counters.Evicted)
	}
	runtime.KeepAlive(table)
}
