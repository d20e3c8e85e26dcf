package sensor

import (
	"math/rand/v2"

	"tyto/decode"
	"tyto/flow"
	"tyto/frame"
	"tyto/observe"
	"tyto/proto"
	"tyto/stream"
	"tyto/tyto"
)

// A worker is the packet path of one goroutine: it owns one of everything it
// needs, and takes no lock.
type worker struct {
	decoder     *decode.Decoder
	flows       *flow.Table
	feeder      *stream.Feeder
	index       *proto.Index
	observer    *observe.Observer
	names       names
	ops         operations
	captures    []string // by number of the source
	spy         func(*frame.Frame, *proto.Dissector, *proto.Sink)
	fail        func(Failure)
	guard       guard
	level       level     // how much is to be given up
	coverage    *covering // nil if nobody wants to know
	counters    Counters
	malformedBy []uint64 // by number of the source

	// What is being looked at.
	message proto.Message
	sink    proto.Sink
	conv    *flow.Conversation
	change  bool // what follows in it is of another protocol
	source  uint16
	last    frame.Frame // stands for what was not seen, when a conversation ends
}

// Counters is what a worker did since it began.
type Counters struct {
	Packets   uint64 // taken from the source
	Bytes     uint64 // of them, on the wire
	Malformed uint64 // packets whose headers break a rule, and messages that do
	Messages  uint64 // shown to a dissector
	Overflow  uint64 // facts that did not fit into the sink
	ShedBulk  uint64 // conversations whose contents were given up for want of time, as they had said much
	ShedNew   uint64 // the same, as they began
	Failures  uint64 // packets on which this program failed; see Failure
}

func newWorker(c *Config, index *proto.Index, first *observe.Batch, full func(*observe.Batch) *observe.Batch) *worker {
	w := &worker{
		decoder: decode.New(decode.DefaultConfig()), index: index, feeder: stream.NewFeeder(c.Buffers),
		observer: observe.NewObserver(c.Name, c.Remember, first, full), names: newNames(c.Conversations / conversationsPerName), ops: operations{most: c.Conversations / conversationsPerOperations}, spy: c.Spy, fail: c.Failed,
	}
	if c.Live {
		w.coverage = new(covering)
	}
	w.flows = flow.New(flow.Config{Conversations: c.Conversations, Window: c.Window, ServerPort: index.ServerPort, Seed: rand.Uint64()}, w.report)
	return w
}

// packet takes one packet through the whole path.
func (w *worker) packet(p *frame.Packet) {
	if p.Source != w.source || w.counters.Packets == 0 {
		w.from(p.Source)
	}
	w.conv = nil
	w.counters.Packets++
	w.counters.Bytes += uint64(p.Length)
	w.flows.Tick(p.Clock)
	frames := w.decoder.Decode(p)
	for i := range frames {
		if frames[i].Depth > 0 { // bytes are those on the wire, also of what a tunnel carries
			frames[i].Length = p.Length
		}
		w.see(&frames[i])
	}
}

// from names the source that what is told from now on is of.
func (w *worker) from(source uint16) {
	w.source = source
	w.observer.Capture(w.captures[source])
}

// malformed counts a packet or message that breaks a rule.
func (w *worker) malformed() {
	w.counters.Malformed++
	for len(w.malformedBy) <= int(w.source) {
		w.malformedBy = append(w.malformedBy, 0)
	}
	w.malformedBy[w.source]++
}

func (w *worker) see(f *frame.Frame) {
	if f.Malformed != "" {
		w.malformed()
	}
	c, d, sighted := w.flows.See(f, w.source)
	if sighted {
		w.observer.Sighted(f)
	}
	if w.coverage != nil && f.Depth == 0 {
		w.coverage.frame(f, c, d, w.source)
	}
	if f.TCPFlags&frame.SYN != 0 && w.level == nothing {
		w.opening(f)
	}
	if len(f.Payload) == 0 || c.Flags&flow.Done != 0 || f.Flags&frame.Fragment != 0 {
		return
	}
	if w.sheds(f, c) {
		return
	}
	w.conv = c
	switch {
	case f.Flags&frame.Ports == 0:
		w.link(f, c, d)
	case f.Proto == frame.TCP:
		w.segment(f, c, d)
	default:
		w.datagram(f, c, d)
	}
}

// opening tells how the sender opens a TCP connection. In a flood that is given
// up first.
func (w *worker) opening(f *frame.Frame) {
	w.sink.Begin(f)
	w.sink.Opening(f)
	w.observer.Told(f, "tcp", &w.sink)
}

// link shows a frame that has no ports.
func (w *worker) link(f *frame.Frame, c *flow.Conversation, d flow.Direction) {
	if c.Dissects == 0 {
		if c.Dissects = w.index.Link(f); c.Dissects == 0 {
			c.Flags |= flow.Done
			return
		}
	}
	w.show(f, c, d)
	if dis := w.index.At(c.Dissects); dis.Is(&w.message) {
		w.tell(dis)
	}
}

func (w *worker) datagram(f *frame.Frame, c *flow.Conversation, d flow.Direction) {
	if c.Dissects == 0 && !c.Open() {
		return
	}
	w.show(f, c, d)
	if c.Dissects == 0 {
		if c.Dissects = w.index.Find(&w.message); c.Dissects == 0 {
			c.Try()
			return
		}
		w.message.ToServer = c.ToServer(d)
	}
	dis := w.index.At(c.Dissects)
	if dis.Is(&w.message) {
		w.tell(dis)
	} else if dis.Shared && c.Open() {
		w.other(c)
	}
}

// other looks whether a datagram is of another protocol than the one so far,
// and goes on with that.
func (w *worker) other(c *flow.Conversation) {
	c.Try()
	if n := w.index.Find(&w.message); n != 0 {
		c.Dissects, c.Memory = n, [4]uint64{}
		w.tell(w.index.At(n))
	}
}

func (w *worker) segment(f *frame.Frame, c *flow.Conversation, d flow.Direction) {
	h := &c.Streams[d]
	if h.Dead() || c.Dissects == 0 && !c.Open() {
		return
	}
	w.show(f, c, d)
	if c.Dissects == 0 {
		if c.Dissects = w.index.Find(&w.message); c.Dissects == 0 {
			c.Try()
			return
		}
		if c.Tried() { // what went by before was not fed: both directions begin here
			c.Streams = [2]stream.Half{}
		}
	}
	dis := w.index.At(c.Dissects)
	if dis.Split == nil {
		w.tell(dis)
		return
	}
	w.feeder.Feed(h, f.TCPSeq, f.Payload, f.Missing, w)
	if h.Gaps > 0 {
		c.Flags |= flow.Lossy
	}
	if c.Flags&flow.Done != 0 || w.change {
		w.feeder.Kill(&c.Streams[0])
		w.feeder.Kill(&c.Streams[1])
	}
	if w.change {
		w.change = false
		c.Again()
	}
}

// show makes the frame's payload the message that is looked at.
func (w *worker) show(f *frame.Frame, c *flow.Conversation, d flow.Direction) {
	w.message = proto.Message{Frame: f, Body: f.Payload, ToServer: c.ToServer(d), Memory: &c.Memory}
}

// Split implements stream.Handler.
func (w *worker) Split(b []byte) int {
	if w.conv.Flags&flow.Done != 0 || w.change {
		return -1
	}
	w.message.Body, w.message.Cut = b, false
	return w.index.At(w.conv.Dissects).Split(&w.message)
}

// Take implements stream.Handler.
func (w *worker) Take(b []byte, cut bool) {
	w.message.Body, w.message.Cut = b, cut
	w.tell(w.index.At(w.conv.Dissects))
}

// tell shows the message to its dissector and passes on what that tells.
func (w *worker) tell(d *proto.Dissector) {
	f, c := w.message.Frame, w.conv
	if w.guard.off(c.Dissects) {
		c.Flags |= flow.Done
		return
	}
	w.counters.Messages++
	w.sink.Begin(f)
	d.Tell(&w.message, &w.sink)
	if w.spy != nil {
		w.spy(f, d, &w.sink)
	}
	w.counters.Overflow += uint64(w.sink.Overflow())
	if name := w.sink.Name(); len(name) > 0 {
		c.Name = w.names.swap(c.Name, name)
	}
	deeds := w.sink.Deeds()
	for i := range deeds {
		if !deeds[i].ByReceiver && deeds[i].Outcome != proto.NoAnswer { // else it was counted with the request
			c.Ops = w.ops.count(c.Ops, deeds[i].Operation)
		}
	}
	w.change = w.sink.Switched() && d.Split != nil
	if w.sink.Finished() {
		c.Flags |= flow.Done
	}
	if why := w.sink.Broken(); why != "" {
		w.malformed()
		w.violated(why)
	}
	w.observer.Told(f, d.Name, &w.sink)
}

// violated has it told that the sender breaks a rule of the protocol. It is
// no operation of the conversation. Where part of the message or of the stream
// before it is missing, the capture may be what is broken.
func (w *worker) violated(why string) {
	if w.message.Frame.Missing == 0 && !w.message.Cut && w.conv.Flags&flow.Lossy == 0 {
		w.sink.Did(tyto.Violate, why, nil, "")
	}
}
