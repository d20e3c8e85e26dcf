package capture_test

import (
	"io"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"tyto/capture"
	"tyto/frame"
)

// list is a Source of packets in memory, some at a time.
type list struct {
	packets []frame.Packet
	size    int
}

func (l *list) Read(b *capture.Batch) error {
	n := min(l.size, len(l.packets))
	b.Packets = append(b.Packets[:0], l.packets[:n]...)
	l.packets = l.packets[n:]
	if n == 0 {
		return io.EOF
	}
	return nil
}

func (l *list) Captures() []capture.Info { return nil }
func (l *list) Close() error             { return nil }

// TestPaced hands packets out when they are due: ten times as fast, without
// long silences, also after a jump back.
func TestPaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seconds := []int64{1000, 1001, 1001, 1005, 4000, 4001, 10, 20}
		want := []time.Duration{0, 100, 100, 500, 5500, 5600, 5600, 6600}
		var packets []frame.Packet
		for i, s := range seconds {
			packets = append(packets, frame.Packet{Time: s * 1e9, Number: uint64(i + 1), Data: []byte{byte(i)}, Length: 1})
		}
		s := capture.Paced(&list{packets, 3}, 10, nil)
		begin := time.Now()
		var got []time.Duration
		var b capture.Batch
		for s.Read(&b) == nil {
			for _, p := range b.Packets {
				if int(p.Data[0]) != len(got) {
					t.Errorf("packet %d instead of %d", p.Data[0], len(got))
				}
				got = append(got, time.Since(begin)/time.Millisecond)
			}
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("at %v, want %v", got, want)
		}
	})
}

// TestPacedClose wakes a Read that waits.
func TestPacedClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		packets := []frame.Packet{{Time: 0, Data: []byte{1}}, {Time: 3e9, Data: []byte{2}}}
		s := capture.Paced(&list{packets, 2}, 1, nil)
		var b capture.Batch
		if err := s.Read(&b); err != nil || len(b.Packets) != 1 {
			t.Fatal(err, b.Packets)
		}
		go func() {
			time.Sleep(time.Second)
			s.Close()
		}()
		begin := time.Now()
		if err := s.Read(&b); err != io.EOF || time.Since(begin) != time.Second {
			t.Error(err, time.Since(begin))
		}
	})
}
