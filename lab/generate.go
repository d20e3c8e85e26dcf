package lab

import (
	"container/heap"
	"fmt"
	"io"
	"math"
	"time"

	"tyto/capture"
	"tyto/frame"
)

// GenerateConfig says what traffic to make.
type GenerateConfig struct {
	Devices  int           // how many, at most MaxDevices
	Seed     uint64        // the same seed makes the same bytes
	Start    time.Time     // of the first packet; 2026-01-05 08:00 UTC if zero
	Duration time.Duration // until about when; 10 minutes if zero
}

// MaxDevices is what fits into 10.0.0.0/8 in subnets of 200 devices.
const MaxDevices = 200 * 65536

// perSubnet is how many devices share a broadcast domain: the first of them
// is its router, which is DHCP and DNS server too, the second a server.
const perSubnet = 200

// cloudNames is how many internet servers there are of each name.
const cloudNames = 240

// A random is a stream of numbers (splitmix64); every device has its own, so
// that one device's traffic does not depend on how many others there are.
type random struct{ state uint64 }

func (r *random) next() uint64 {
	r.state += 0x9e3779b97f4a7c15
	z := r.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

func (r *random) below(n int) int { return int(r.next() % uint64(n)) }

// fraction is in [0, 1).
func (r *random) fraction() float64 { return float64(r.next()>>11) / (1 << 53) }

// A turn is when a device does something next.
type turn struct {
	time   int64
	device uint32
	step   uint32
}

type turns []turn

func (t turns) Len() int { return len(t) }
func (t turns) Less(i, j int) bool {
	return t[i].time < t[j].time || t[i].time == t[j].time && t[i].device < t[j].device
}
func (t turns) Swap(i, j int) { t[i], t[j] = t[j], t[i] }
func (t *turns) Push(x any)   { *t = append(*t, x.(turn)) }
func (t *turns) Pop() any {
	old := *t
	x := old[len(old)-1]
	*t = old[:len(old)-1]
	return x
}

// A generator holds 16 bytes for each device and one packet.
type generator struct {
	config  GenerateConfig
	out     *capture.Writer
	clock   int64 // of the last packet; it only goes forward
	queue   turns
	frame   encoder // the packet being built
	payload encoder // what is in it
	packet  frame.Packet
	id      uint16
	err     error // the first of writing
}

// Generate writes the traffic of config.Devices devices to w as a pcap file
// in nanoseconds. It streams: what it holds does not grow with the duration.
func Generate(w io.Writer, config GenerateConfig) error {
	if config.Devices < 1 || config.Devices > MaxDevices {
		return fmt.Errorf("lab: generate: %d devices; want 1 to %d", config.Devices, MaxDevices)
	}
	if config.Start.IsZero() {
		config.Start = time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC)
	}
	if config.Duration <= 0 {
		config.Duration = 10 * time.Minute
	}
	out, err := capture.NewWriter(w, frame.LinkEthernet)
	if err != nil {
		return fmt.Errorf("lab: generate: %w", err)
	}
	g := &generator{config: config, out: out, clock: config.Start.UnixNano(), queue: make(turns, 0, config.Devices)}
	g.packet.Link = frame.LinkEthernet
	g.plan()
	g.play()
	return g.err
}

// plan says when each device appears: within the first third, routers first.
func (g *generator) plan() {
	for i := range g.config.Devices {
		d := g.device(uint32(i), 0)
		at := g.config.Start.UnixNano()
		if i%perSubnet > 0 {
			at += int64(d.random.fraction() * float64(g.config.Duration) / 3)
		}
		g.queue = append(g.queue, turn{time: at, device: uint32(i)})
	}
	heap.Init(&g.queue)
}

func (g *generator) play() {
	end := g.config.Start.Add(g.config.Duration).UnixNano()
	for len(g.queue) > 0 && g.queue[0].time < end && g.err == nil {
		t := g.queue[0]
		d := g.device(t.device, t.step)
		g.clock = max(g.clock, t.time)
		if t.step == 0 {
			d.appear(g)
		} else if len(d.model.deeds) > 0 {
			d.model.deeds[d.random.below(len(d.model.deeds))](g, d)
		}
		// Exponential pauses, as of independent causes, but bounded.
		pause := d.model.period * math.Min(4, 0.05-math.Log(1-d.random.fraction()))
		g.queue[0] = turn{time: t.time + int64(pause*1e9), device: t.device, step: t.step + 1}
		heap.Fix(&g.queue, 0)
	}
}

// send writes the frame that was built, a little later than the one before.
func (g *generator) send(d *device) {
	g.clock += 15_000 + int64(d.random.next()%60_000)
	g.packet.Time, g.packet.Data, g.packet.Length = g.clock, g.frame.b, len(g.frame.b)
	g.packet.Number++
	if g.err == nil {
		g.err = g.out.Write(&g.packet)
	}
}

// nextID is the next IP identification; shared, which harms nobody.
func (g *generator) nextID() uint16 { g.id++; return g.id }

func (g *generator) sendUDP(d *device, from, to end, sport, dport uint16, payload []byte) {
	g.frame.udp(from, to, sport, dport, g.nextID(), payload)
	g.send(d)
}

// A dialog is a TCP connection, from d's point of time.
type dialog struct {
	g              *generator
	d              *device
	client, server end
	cport, sport   uint16
	cseq, sseq     uint32
}

func (g *generator) dial(d *device, client, server end, port uint16) *dialog {
	x := &dialog{g: g, d: d, client: client, server: server, cport: ephemeral(d), sport: port, cseq: uint32(d.random.next()), sseq: uint32(d.random.next())}
	x.segment(true, syn, nil)
	x.cseq++
	x.segment(false, syn|ack, nil)
	x.sseq++
	x.segment(true, ack, nil)
	return x
}

func ephemeral(d *device) uint16 { return uint16(32768 + d.random.below(28000)) }

func (x *dialog) segment(fromClient bool, flags byte, payload []byte) {
	from, to, s := x.client, x.server, segment{x.cport, x.sport, x.cseq, x.sseq, flags, 64240}
	if !fromClient {
		from, to, s = x.server, x.client, segment{x.sport, x.cport, x.sseq, x.cseq, flags, 65160}
	}
	if flags&ack == 0 {
		s.ack = 0
	}
	x.g.frame.tcp(from, to, s, x.g.nextID(), payload)
	x.g.send(x.d)
}

// say sends a message and its acknowledgement. payload is less than a segment.
func (x *dialog) say(fromClient bool, payload []byte) {
	x.segment(fromClient, psh|ack, payload)
	if fromClient {
		x.cseq += uint32(len(payload))
	} else {
		x.sseq += uint32(len(payload))
	}
	x.segment(!fromClient, ack, nil)
}

func (x *dialog) close() {
	x.segment(true, fin|ack, nil)
	x.cseq++
	x.segment(false, fin|ack, nil)
	x.sseq++
	x.segment(true, ack, nil)
}
