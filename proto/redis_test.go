package proto

import (
	"testing"

	"tyto/frame"
)

const redisInfo = "$90\r\n# Server\r\nredis_version:7.0.15\r\nredis_mode:standalone\r\nos:Linux 6.1.0 x86_64\r\narch_bits:64\r\n"

// TestGenerateRedis makes the capture of testdata/redis.
func TestGenerateRedis(t *testing.T) {
	w := newWire()
	client, server := wireStation(50), wireStation(57)
	c := w.tcp(client, 51600, server, 6379)
	c.ask("*2\r\n$4\r\nAUTH\r\n$6\r\nsecret\r\n").answer("-WRONGPASS invalid\r\n").ask("*2\r\n$4\r\nauth\r\n$6\r\nsecret\r\n").answer("+OK\r\n")
	c.ask("*1\r\n$4\r\nINFO\r\n").answer(redisInfo).ask("*4\r\n$6\r\nCONFIG\r\n$3\r\nSET\r\n$3\r\ndir\r\n$1\r\n/\r\n").answer("+OK\r\n")
	c.ask("*2\r\n$4\r\nLPOP\r\n$6\r\nsecret\r\n").answer("$6\r\nsecret\r\n")
	c.end()
	w.keep(t, "redis")
}

func TestRedisAllocates(t *testing.T) {
	f := &frame.Frame{Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcPort: 6379, DstPort: 40000}
	wireAllocs(t, "redis", &Message{Frame: f, Body: []byte(redisInfo)})
}
