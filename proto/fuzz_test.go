package proto

import (
	"os"
	"path/filepath"
	"testing"

	"tyto/capture"
	"tyto/decode"
	"tyto/frame"
	"tyto/stream"
)

// A streamHandler shows a dissector what stream cuts, as the sensor does.
type streamHandler struct {
	t    *testing.T
	d    *Dissector
	m    Message
	s    Sink
	done bool
	left int // calls of Split until it is held to be without end
}

func (h *streamHandler) Split(b []byte) int {
	if h.done {
		return -1
	}
	if h.left--; h.left < 0 {
		h.t.Fatalf("%s: Split without end", h.d.Name)
	}
	h.m.Body, h.m.Cut = b, false
	return h.d.Split(&h.m)
}

func (h *streamHandler) Take(b []byte, cut bool) {
	h.m.Body, h.m.Cut = b, cut
	h.s.Begin(h.m.Frame)
	h.d.Tell(&h.m, &h.s)
	h.done = h.done || h.s.Finished()
}

// payloads is the payloads of a generated capture, for seeds: those that
// begin a message as our code sent them.
func payloads(t testing.TB, path string, add func(f *frame.Frame)) {
	source, err := capture.OpenFiles([]string{path}, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	d := decode.New(decode.DefaultConfig())
	var batch capture.Batch
	for {
		err := source.Read(&batch)
		for i := range batch.Packets {
			for _, f := range d.Decode(&batch.Packets[i]) {
				if len(f.Payload) > 0 {
					add(&f)
				}
			}
		}
		if err != nil {
			return
		}
	}
}

// FuzzStreams feeds both directions of a conversation to every dissector of
// streams through package stream, cut at places that the input chooses.
func FuzzStreams(f *testing.F) {
	for _, d := range All() {
		path := filepath.Join("testdata", d.Name, "generated.pcap")
		if _, err := os.Stat(path); err != nil || d.Split == nil {
			continue
		}
		payloads(f, path, func(x *frame.Frame) {
			if len(x.Payload) < 2000 {
				f.Add(append([]byte(nil), x.Payload...), uint16(len(x.Payload)/2), x.DstPort < x.SrcPort)
			}
		})
	}
	feeder := stream.NewFeeder(4)
	f.Fuzz(func(t *testing.T, b []byte, cut uint16, toServer bool) {
		for _, d := range All() {
			if d.Split == nil {
				continue
			}
			h := &streamHandler{t: t, d: d, left: 4*len(b) + 100}
			h.m = Message{Frame: &frame.Frame{SrcPort: 502, Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2)}, Body: b, ToServer: toServer, Memory: new([4]uint64)}
			d.Is(&h.m)
			half, seq := new(stream.Half), uint32(1)
			for rest := b; len(rest) > 0; {
				n := min(len(rest), int(cut)+1)
				feeder.Feed(half, seq, rest[:n], 0, h)
				seq += uint32(n)
				rest = rest[n:]
				h.m.ToServer = toServer != (seq%3 == 0)
			}
			feeder.End(half, h)
			feeder.Kill(half)
		}
	})
}

// FuzzDatagrams shows every dissector of datagrams and frames what the input holds.
func FuzzDatagrams(f *testing.F) {
	for _, d := range All() {
		path := filepath.Join("testdata", d.Name, "generated.pcap")
		if _, err := os.Stat(path); err != nil || d.Split != nil {
			continue
		}
		payloads(f, path, func(x *frame.Frame) { f.Add(append([]byte(nil), x.Payload...), x.SrcPort, x.DstPort) })
	}
	f.Fuzz(func(t *testing.T, b []byte, from, to uint16) {
		for _, d := range All() {
			if d.Split != nil {
				continue
			}
			m := &Message{Frame: &frame.Frame{SrcPort: from, DstPort: to, Data: b, Payload: b}, Body: b, Memory: new([4]uint64)}
			s := new(Sink)
			for range 2 { // the second time with what the first left in memory
				s.Begin(m.Frame)
				if d.Is(m) {
					d.Tell(m, s)
				}
			}
		}
	})
}
