package sensor

import (
	"cmp"
	"strconv"
	"time"

	"tyto/flow"
	"tyto/frame"
	"tyto/tyto"
)

// report turns one window of a conversation into an event. It implements the
// table's callback.
func (w *worker) report(r *flow.Report) {
	if r.Ended {
		w.end(r)
		if w.coverage != nil {
			w.coverage.ended(r)
		}
	}
	e, c := w.observer.Room().Conversation()
	e.Sensor = w.observer.Sensor()
	c.Client = tyto.Subject{MAC: r.ClientMAC, Addr: r.Client, VLAN: r.VLAN}
	c.Server = tyto.Subject{MAC: r.ServerMAC, Addr: r.Server, VLAN: r.VLAN}
	c.Transport, c.Port = transport(r), r.ServerPort
	c.Protocol = w.protocol(r)
	c.ServerName = w.names.text[r.Name]
	c.First, c.Last = time.Unix(0, r.First).UTC(), time.Unix(0, r.Last).UTC()
	c.Packets, c.Bytes = r.Packets, r.Bytes
	c.Lossy = r.Flags&flow.Lossy != 0
	if r.Began {
		c.Sessions = 1
	}
	w.ops.read(r.Ops, c.Operations)
	w.ops.drop(r.Ops)
	r.Conversation.Ops = 0
	c.Evidence = tyto.Evidence{Sensor: e.Sensor, Capture: w.captures[r.Source], Packet: r.FirstNumber, Protocol: c.Protocol, Field: "frame.number"}
	e.Time = c.Last
	if r.Ended {
		w.names.drop(r.Name)
	}
}

// end shows what is left in the streams' buffers, before they are given back. It
// is of the capture that the conversation is of, whichever is read now.
func (w *worker) end(r *flow.Report) {
	if r.Dissects == 0 || r.Proto != frame.TCP {
		return
	}
	defer w.from(w.source)
	w.from(r.Source)
	f := &w.last // of the last packet no more is known than this
	*f = frame.Frame{}
	f.Time, f.Number, f.VLAN, f.Proto = r.Last, r.FirstNumber, r.VLAN, r.Proto
	w.conv = r.Conversation
	for d := range r.Streams {
		f.Src, f.SrcMAC, f.SrcPort, f.Dst, f.DstMAC, f.DstPort = r.Client, r.ClientMAC, r.ClientPort, r.Server, r.ServerMAC, r.ServerPort
		toServer := r.ToServer(flow.Direction(d))
		if !toServer {
			f.Src, f.SrcMAC, f.SrcPort, f.Dst, f.DstMAC, f.DstPort = f.Dst, f.DstMAC, f.DstPort, f.Src, f.SrcMAC, f.SrcPort
		}
		w.show(f, r.Conversation, flow.Direction(d))
		w.feeder.End(&r.Streams[d], w)
	}
	w.change = false
}

// transport is what a conversation goes over, as Conversation.Transport has it.
func transport(r *flow.Report) string {
	switch {
	case !r.IP:
		return "ethernet"
	case r.Fragments:
		return "ip-fragment"
	}
	if name := ipNames[r.Proto]; name != "" {
		return name
	}
	return ipNumbers[r.Proto]
}

// ipNumbers are "ip-0" to "ip-255", for protocols without a name here.
var ipNumbers = func() (n [256]string) {
	for i := range n {
		n[i] = "ip-" + strconv.Itoa(i)
	}
	return n
}()

// protocol is the conversation's protocol, as its dissector or a header says it.
func (w *worker) protocol(r *flow.Report) string {
	if d := w.index.At(cmp.Or(r.Named, r.Dissects)); d != nil {
		return d.Name
	}
	switch {
	case r.Fragments || r.IP && (r.Proto == frame.TCP || r.Proto == frame.UDP):
		return ""
	case r.IP:
		return ipNames[r.Proto]
	}
	return r.LinkName(llcNames, etherTypeNames)
}
