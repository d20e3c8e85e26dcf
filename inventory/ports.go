package inventory

import "tyto/tyto"

// telling is the ports of TCP by which a server is known even if what it
// speaks was not understood: assigned, or habit, to one sort of device.
var telling = map[uint16]bool{
	23: true, 102: true, 104: true, 427: true, 502: true, 515: true, 548: true, 554: true, 631: true, 789: true, 1400: true, 1502: true,
	1911: true, 1962: true, 2404: true, 2575: true, 3493: true, 3671: true, 4059: true, 4370: true, 4840: true, 4911: true, 5006: true,
	5007: true, 5050: true, 5094: true, 5900: true, 6053: true, 6101: true, 6668: true, 7000: true, 8008: true, 8009: true, 8060: true,
	8291: true, 8554: true, 8728: true, 9100: true, 9101: true, 9102: true, 9103: true, 9600: true, 9999: true, 10001: true, 11112: true,
	11740: true, 17185: true, 18245: true, 20000: true, 20547: true, 32400: true, 34567: true, 37777: true, 41794: true, 44818: true,
	48898: true, 55443: true, 62078: true,
}

// The least that each side sends in a connection of TCP that the server takes
// part in, as against one that it refuses, and the length of a packet of TCP
// without contents.
const (
	leastPackets = 3
	emptyPacket  = 66
)

// answers reports whether the server of a conversation that nobody understood
// took part in it, on a port that tells something.
func answers(c *tyto.Conversation) bool {
	least := leastPackets * max(c.Sessions, 1)
	return c.Transport == "tcp" && telling[c.Port] && min(c.Packets[0], c.Packets[1]) >= least &&
		c.Bytes[0]+c.Bytes[1] > emptyPacket*(c.Packets[0]+c.Packets[1])
}
