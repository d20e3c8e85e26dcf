package flow

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"
	"unsafe"

	"tyto/frame"
)

func tcp(src, dst frame.Addr, sport, dport uint16, flags uint8, at time.Duration) *frame.Frame {
	return &frame.Frame{Time: int64(at) + 1, Length: 60, Src: src, Dst: dst, SrcPort: sport, DstPort: dport, Proto: frame.TCP,
		TCPFlags: flags, Flags: frame.IPv4 | frame.Ports, SrcMAC: frame.MAC{2, src[15]}, DstMAC: frame.MAC{2, dst[15]}}
}

var a, b = frame.V4(10, 0, 0, 1), frame.V4(10, 0, 0, 2)

func collect(c Config) (*Table, *[]string) {
	var got []string
	t := New(c, func(r *Report) {
		got = append(got, fmt.Sprintf("%v>%v:%d %v %v", r.Client, r.Server, r.ServerPort, r.Packets, r.Bytes))
	})
	return t, &got
}

// see tells the table the frame's time and shows it.
func see(table *Table, f *frame.Frame) (*Conversation, Direction, bool) {
	table.Tick(f.Time)
	return table.See(f, 0)
}

func check(t *testing.T, got *[]string, want ...string) {
	t.Helper()
	if fmt.Sprint(*got) != fmt.Sprint(want) {
		t.Errorf("got  %q\nwant %q", *got, want)
	}
}

func TestSynDecidesTheClient(t *testing.T) {
	table, got := collect(DefaultConfig())
	see(table, tcp(b, a, 80, 9999, frame.SYN, 0))
	see(table, tcp(a, b, 9999, 80, frame.SYN|frame.ACK, 0))
	table.Close()
	check(t, got, "10.0.0.2>10.0.0.1:9999 [1 1] [60 60]")
}

func TestSynAckAloneDecidesTheServer(t *testing.T) {
	table, got := collect(DefaultConfig())
	see(table, tcp(a, b, 9999, 80, frame.SYN|frame.ACK, 0))
	table.Close()
	check(t, got, "10.0.0.2>10.0.0.1:9999 [0 1] [0 60]")
}

func TestPortDecidesInMidstream(t *testing.T) {
	table, got := collect(DefaultConfig())
	see(table, tcp(a, b, 502, 40000, frame.ACK, 0))
	table.Close()
	check(t, got, "10.0.0.2>10.0.0.1:502 [0 1] [0 60]")
}

func TestFirstPacketDecidesElse(t *testing.T) {
	table, got := collect(DefaultConfig())
	see(table, tcp(b, a, 40000, 40001, frame.ACK, 0))
	table.Close()
	check(t, got, "10.0.0.2>10.0.0.1:40001 [1 0] [60 0]")
}

func TestSilentConversationEnds(t *testing.T) {
	table, got := collect(DefaultConfig())
	see(table, tcp(a, b, 1, 2, frame.RST, 0))
	for i := range 60 {
		see(table, tcp(a, b, 3, 4, frame.ACK, time.Duration(i)*time.Second))
	}
	check(t, got, "10.0.0.1>10.0.0.2:2 [1 0] [60 0]")
	if table.Live() != 1 {
		t.Errorf("%d live", table.Live())
	}
}

func TestLongConversationIsReportedByWindow(t *testing.T) {
	table, got := collect(DefaultConfig())
	for i := range 5 {
		see(table, tcp(a, b, 3000, 4000, frame.ACK, time.Duration(i)*30*time.Second))
	}
	table.Close()
	check(t, got, "10.0.0.1>10.0.0.2:4000 [3 0] [180 0]", "10.0.0.1>10.0.0.2:4000 [2 0] [120 0]")
}

func TestSightings(t *testing.T) {
	table, _ := collect(DefaultConfig())
	f := tcp(a, b, 1, 2, frame.ACK, 0)
	other := *f
	other.SrcMAC = frame.MAC{9}
	var got []bool
	for _, x := range []*frame.Frame{f, f, &other, tcp(b, a, 2, 1, frame.ACK, 0), f} {
		_, _, s := see(table, x)
		got = append(got, s)
	}
	if want := "[true false true true false]"; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

// No packet is lost or counted twice, whatever begins, ends and is evicted.
func TestEveryPacketIsCountedOnce(t *testing.T) {
	config := DefaultConfig()
	config.Conversations = 300
	var packets, bytes uint64
	table := New(config, func(r *Report) {
		packets += r.Packets[0] + r.Packets[1]
		bytes += r.Bytes[0] + r.Bytes[1]
	})
	random := rand.New(rand.NewPCG(1, 2))
	const n = 200_000
	for i := range n {
		x, y := frame.V4(10, 0, 0, byte(random.IntN(40))), frame.V4(10, 0, 1, byte(random.IntN(40)))
		if i%2 == 0 {
			x, y = y, x
		}
		see(table, tcp(x, y, uint16(random.IntN(3)), 80, uint8(random.IntN(32)), time.Duration(i)*3*time.Millisecond))
	}
	table.Close()
	if packets != n || bytes != 60*n {
		t.Errorf("%d packets, %d bytes of %d, %d", packets, bytes, n, 60*n)
	}
	if table.Live() != 0 || table.Counters.Evicted == 0 {
		t.Errorf("%d live, %d evicted", table.Live(), table.Counters.Evicted)
	}
	for _, s := range table.slots {
		if s.index != 0 {
			t.Fatal("a slot is left")
		}
	}
}

func TestSeeDoesNotAllocate(t *testing.T) {
	table, _ := collect(DefaultConfig())
	f := tcp(a, b, 1, 2, frame.ACK, 0)
	see(table, f)
	if n := testing.AllocsPerRun(1000, func() { see(table, f) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestConversationIsSmall(t *testing.T) {
	if n := unsafe.Sizeof(Conversation{}); n > 256 {
		t.Errorf("a conversation takes %d bytes", n)
	}
	if at := unsafe.Offsetof(Conversation{}.macs); at > 128-12 {
		t.Errorf("what every packet touches ends at byte %d, in the third cache line", at+12)
	}
}

func BenchmarkSee(bm *testing.B) {
	for _, n := range []int{16, 16 << 10, 256 << 10} {
		bm.Run(fmt.Sprint(n), func(bm *testing.B) {
			table := New(DefaultConfig(), func(*Report) {})
			frames := make([]*frame.Frame, 4096)
			random := rand.New(rand.NewPCG(1, 2))
			for i := 0; i < n; i++ {
				see(table, tcp(frame.V4(10, byte(i>>16), byte(i>>8), byte(i)), b, 1000, 80, frame.ACK, 0))
			}
			for i := range frames {
				j := random.IntN(n)
				frames[i] = tcp(frame.V4(10, byte(j>>16), byte(j>>8), byte(j)), b, 1000, 80, frame.ACK, 0)
			}
			bm.ReportAllocs()
			for i := 0; bm.Loop(); i++ {
				see(table, frames[i&4095])
			}
		})
	}
}

// BenchmarkMemory tells what each of 1,000,000 conversations holds.
func BenchmarkMemory(bm *testing.B) {
	const n = 1_000_000
	for bm.Loop() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		config := DefaultConfig()
		config.Conversations = n
		table := New(config, func(*Report) {})
		for i := range n {
			see(table, tcp(frame.V4(10, byte(i>>16), byte(i>>8), byte(i)), b, 1000, 80, frame.ACK, 0))
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		bm.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/n, "B/conversation")
		runtime.KeepAlive(table)
	}
}
