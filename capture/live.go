package capture

import "tyto/filter"

// Live are how interfaces are listened to. Fields that are 0 have their
// default.
//
// Nothing is ever sent: the sockets are bound for receiving, and a test
// compares the interface's own counters. Offloads that merge packets (GRO,
// LRO) are better turned off on a monitored interface, since lengths are those
// that the kernel hands over: ethtool -K IFACE gro off lro off.
type Live struct {
	RingBytes     int            // memory shared with the kernel, for each interface; 64 MiB by default
	BlockBytes    int            // a batch is a block at most; 256 KiB by default, a multiple of the page size
	Milliseconds  int            // after which a block that is not full is handed over; 100 by default
	Group         uint16         // sources of one process with the same group, not 0, share the packets by flow
	Endpoint      bool           // of an ordinary host: what is for it, for a group or for all, and what it sends; nothing else is looked at
	Filter        *filter.Filter // what of all that is captured, decided in the kernel; nil is everything
	Driver        string         // how packets come from the kernel: DriverPacket by default
	CardClock     bool           // the time of packets is that of the network card's clock, where there is one: not by AF_XDP
	Unpromiscuous bool           // leave the interface as it is: only packets for this host are seen, unless it mirrors
}

// The drivers of Live. AF_XDP takes the packets of an interface away from the
// network of the machine, as is right for a port that gets a mirror and for no
// other. DriverAuto takes it if the interface's own driver can run the program
// and nothing is against it, and says else why not in Info.Remarks.
const (
	DriverPacket = "af_packet"
	DriverXDP    = "af_xdp"
	DriverAuto   = "auto"
)

func (o Live) withDefaults() Live {
	if o.RingBytes <= 0 {
		o.RingBytes = 64 << 20
	}
	if o.BlockBytes <= 0 {
		o.BlockBytes = 256 << 10
	}
	if o.Milliseconds <= 0 {
		o.Milliseconds = 100
	}
	return o
}
