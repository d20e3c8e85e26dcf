package sensor

import (
	"strings"
	"testing"

	"tyto/frame"
	"tyto/observe"
	"tyto/proto"
	"tyto/tyto"
)

// fragile panics on what it is made for to fail on.
func fragile() *proto.Index {
	is := func(m *proto.Message) bool { return strings.HasPrefix(string(m.Body), "fragile") }
	return proto.NewIndex([]*proto.Dissector{{Name: "fragile", Where: []proto.Where{proto.UDP(7), proto.TCP(7)}, Is: is,
		Split: func(m *proto.Message) int { return len(m.Body) },
		Tell: func(m *proto.Message, s *proto.Sink) {
			if strings.HasSuffix(string(m.Body), "!") {
				panic("broken")
			}
			s.Op("fragile message")
		}}})
}

// TestFailure has a dissector panic: the others, and its other conversations,
// go on; after the third time it is left out.
func TestFailure(t *testing.T) {
	config := DefaultConfig()
	config.Conversations, config.Buffers = 1000, 8
	var failures []Failure
	config.Failed = func(f Failure) { failures = append(failures, f) }
	told := 0
	w := newWorker(&config, fragile(), observe.NewBatch(64), func(b *observe.Batch) *observe.Batch {
		for _, e := range b.Events {
			if e.Kind == tyto.KindConversation {
				told += int(e.Conversation.Operations["fragile message"])
			}
		}
		b.Reset()
		return b
	})
	w.captures = []string{"test"}
	say := func(port byte, text string) {
		p := udpPacket(port, text)
		p.Number, p.Time = uint64(port), int64(port)
		w.take([]frame.Packet{p, p}, nil, 0)
	}
	say(1, "fragile one")
	say(2, "fragile two!")
	say(3, "fragile three")
	say(4, "fragile four!")
	say(5, "fragile five!")
	say(6, "fragile six")
	w.finish()
	if len(failures) != 3 || failures[0].Dissector != "fragile" || failures[0].Packet != 2 || failures[0].Off || !failures[2].Off || !strings.Contains(failures[0].Stack, "guard_test.go") {
		t.Errorf("failures: %+v", failures)
	}
	if told != 4 || w.counters.Packets != 12 || w.counters.Failures != 3 {
		t.Errorf("told %d, packets %d, failures %d", told, w.counters.Packets, w.counters.Failures)
	}
}

// TestFailureElsewhere does not hide what fails while events are handed on.
func TestFailureElsewhere(t *testing.T) {
	s := New(DefaultConfig(), open(t, recorded(t)[0]))
	defer func() {
		if recover() != "publish" {
			t.Error("a failure of publish was hidden")
		}
	}()
	s.Run(t.Context(), func([]tyto.Event) error { panic("publish") })
}

// udpPacket is a datagram from a port to port 7.
func udpPacket(port byte, text string) frame.Packet {
	b := []byte{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0,
		0x45, 0, 0, byte(28 + len(text)), 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
		0x9c, port, 0, 7, 0, byte(8 + len(text)), 0, 0}
	b = append(b, text...)
	return frame.Packet{Data: b, Length: len(b), Link: frame.LinkEthernet}
}
