package observe

import (
	"fmt"
	"testing"
	"time"

	"tyto/frame"
	"tyto/proto"
	"tyto/tyto"
)

func TestNewsHoldsRepetitionBack(t *testing.T) {
	n := NewNews(64)
	const minute = int64(time.Minute)
	if !n.Is(7, 10*minute, 0) || n.Is(7, 11*minute, 10*minute) || !n.Is(7, 12*minute, 12*minute) || !n.Is(7, 11*minute, 0) {
		t.Error("news is what was not said in the span, or was said later only")
	}
}

func TestNewsNeverHoldsBackWhatIsNew(t *testing.T) {
	n := NewNews(64)
	for i := range uint64(10_000) {
		if !n.Is(tyto.Mix(i, 1)|1, 1, 0) {
			t.Fatalf("fact %d was held back", i)
		}
	}
}

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"plain":        "plain",
		"end\x00\x00":  "end",
		"Müller":       "Müller",
		"M\xfcller":    "Müller",
		"a\x1b[31mb":   `a\x1b[31mb`,
		"\xff\xfe":     "ÿþ",
		"\x85x":        `\x85x`,
		"two\nlines\n": "two\nlines",
		"\u0085":       `\xc2\x85`,
	} {
		if got := clean([]byte(in)); got != want {
			t.Errorf("clean(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestToldIsToldOnce(t *testing.T) {
	var got []string
	o := NewObserver("s", 1024, NewBatch(4), func(b *Batch) *Batch {
		for _, e := range b.Events {
			switch {
			case e.Observation != nil:
				got = append(got, fmt.Sprint(e.Observation.Attr, " ", e.Observation.Value))
			case e.Act != nil:
				got = append(got, fmt.Sprint(e.Act.Verb, " ", e.Act.Operation, " by ", e.Act.Client.Addr))
			}
		}
		b.Reset()
		return b
	})
	f := &frame.Frame{Time: 1, Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), Flags: frame.IPv4}
	var s proto.Sink
	for range 3 {
		s.Begin(f)
		s.Sender(tyto.Hostname, []byte("printer"), tyto.Stated, "x.name")
		s.Did(tyto.Write, "modbus 6", []byte("register 1"), "ok")
		s.Did(tyto.Read, "modbus 3", nil, "ok")
		s.Undergone(tyto.Stop, "stop", nil, "ok")
		o.Told(f, "x", &s)
	}
	o.Flush()
	if want := "[hostname printer write modbus 6 by 10.0.0.1 stop stop by 10.0.0.2 stop stop by 10.0.0.2 stop stop by 10.0.0.2]"; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestRepetitionDoesNotAllocate(t *testing.T) {
	o := NewObserver("s", 1024, NewBatch(16), func(b *Batch) *Batch { b.Reset(); return b })
	f := &frame.Frame{Time: 1, Src: frame.V4(10, 0, 0, 1), Flags: frame.IPv4}
	var s proto.Sink
	name, object := []byte("printer"), []byte("register 1")
	say := func() {
		s.Begin(f)
		s.Sender(tyto.Hostname, name, tyto.Stated, "x.name")
		s.Did(tyto.Write, "modbus 6", object, "ok")
		o.Told(f, "x", &s)
		o.Sighted(f)
	}
	say()
	if n := testing.AllocsPerRun(100, say); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestActsAreCounted holds that what is held back is counted: soon where rules
// count, with the next one after a minute elsewhere.
func TestActsAreCounted(t *testing.T) {
	type act struct{ told, count uint64 }
	told := map[tyto.Verb]*act{}
	o := NewObserver("s", 1024, NewBatch(4), func(b *Batch) *Batch {
		for _, e := range b.Events {
			a := told[e.Act.Verb]
			if a == nil {
				a = &act{}
				told[e.Act.Verb] = a
			}
			a.told++
			a.count += max(e.Act.Count, 1)
		}
		b.Reset()
		return b
	})
	f := &frame.Frame{Time: 1, Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), Flags: frame.IPv4}
	var s proto.Sink
	do := func() {
		s.Begin(f)
		s.Did(tyto.LoginFailed, "ftp PASS", nil, "530")
		s.Did(tyto.Write, "modbus 6", nil, "ok")
		s.Did(tyto.Read, "modbus 3", nil, "illegal function")
		o.Told(f, "x", &s)
	}
	for range 1000 {
		f.Time += int64(time.Millisecond)
		do()
	}
	o.Flush()
	for verb, want := range map[tyto.Verb]act{tyto.LoginFailed: {47, 1000}, tyto.Write: {1, 1}, tyto.Read: {47, 1000}} {
		got := *told[verb]
		if got.told > want.told || got.count > want.count || got.count < want.count*7/8 {
			t.Errorf("%v: %d are told as %d, want %d at most as %d", verb, got.count, got.told, want.count, want.told)
		}
	}
	f.Time += int64(2 * time.Minute)
	do()
	o.Flush()
	for verb, a := range told {
		if a.count != 1001 {
			t.Errorf("%v: %d after all, want 1001", verb, a.count)
		}
	}
}

// TestStatesAreToldAgain: a controller that stops, and runs again as it did
// before, is told to run a minute later.
func TestStatesAreToldAgain(t *testing.T) {
	var got []string
	o := NewObserver("s", 1024, NewBatch(4), func(b *Batch) *Batch {
		for _, e := range b.Events {
			got = append(got, e.Observation.Value)
		}
		b.Reset()
		return b
	})
	var s proto.Sink
	for second, mode := range []string{0: "run", 1: "run", 10: "stop", 20: "run", 61: "run"} {
		f := &frame.Frame{Time: int64(second+1) * int64(time.Second), Src: frame.V4(10, 0, 0, 1), Flags: frame.IPv4}
		if s.Begin(f); mode != "" {
			s.Sender(tyto.Mode, []byte(mode), tyto.Stated, "x.mode")
			o.Told(f, "x", &s)
		}
	}
	o.Flush()
	if want := "[run stop run]"; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %v", got, want)
	}
}
