package sensor

import (
	"fmt"
	"math/bits"
)

// A Budget is what of a memory limit each table gets, so that all of them,
// full, stay below it.
type Budget struct {
	Rings         int64 // bytes shared with the kernel, for each interface
	Heap          int64 // what the garbage collector is to keep to: the limit but for the rings
	Conversations int   // per worker; see Config
	Buffers       int   // per worker
	Remember      int   // per worker
}

// What things cost, in bytes. A test measures the conversations.
const (
	// costConversation is one in the table (224) and its places there, with
	// its share of names and of counts of operations.
	costConversation = 400
	costBuffer       = 16<<10 + 2
	costFact         = 16

	costProcess = 56 << 20 // program, rules, spool, pages
	costWorker  = 14 << 20 // fragments, batches of packets and of events, what deeds were done

	leastRing, mostRing = 4 << 20, 64 << 20
	mostBuffers         = 1 << 13
	mostRemember        = 1 << 17
	leastConversations  = 4096
)

// Of conversations, one of so many may have a server's name of its own, and one
// of so many counts of operations. What goes beyond is counted, not kept.
const (
	conversationsPerName       = 8
	conversationsPerOperations = 4
)

// Share divides a limit: first what is needed in any case; of the rest a
// quarter at most to the rings, a fifth of the remainder to the garbage
// collector, and of that a quarter at most to streams, a twentieth to what was
// told, and the most to conversations. The error says how much is needed.
func Share(limit int64, workers, interfaces int) (Budget, error) {
	rest := limit - costProcess - int64(workers)*costWorker
	ring := int64(0)
	if interfaces > 0 {
		ring = min(max(rest/4/int64(interfaces), leastRing), mostRing) &^ (1<<20 - 1)
	}
	b := Budget{Rings: ring, Heap: limit - ring*int64(interfaces)}
	rest = (rest - ring*int64(interfaces)) / 5 * 4 / int64(workers)
	b.Buffers = int(min(max(rest/4/costBuffer, 0), mostBuffers))
	b.Remember = min(1<<max(bits.Len64(uint64(max(rest/20/costFact, 0)))-1, 0), mostRemember)
	b.Conversations = int((rest - int64(b.Buffers)*costBuffer - int64(b.Remember)*costFact) / costConversation)
	if b.Conversations < leastConversations {
		need := costProcess + int64(workers)*(costWorker+leastConversations*costConversation*3) + int64(interfaces)*leastRing
		return b, fmt.Errorf("sensor: %d MiB of memory are too little for %d workers and %d interfaces; they need about %d", limit>>20, workers, interfaces, need>>20+1)
	}
	return b, nil
}

// Apply sets what is of the workers.
func (b Budget) Apply(c *Config) {
	c.Conversations, c.Buffers, c.Remember = b.Conversations, b.Buffers, b.Remember
}
