package proto

import "testing"

func init() { generated["rpc"] = rpcPackets }

func rpcPackets() [][]byte {
	unix := cat(uint32(7), uint32(9), "buildbox1\x00\x00\x00", uint32(1000), uint32(1000), uint32(0))
	call := func(program, version, procedure uint32, more ...any) []byte {
		return cat(uint32(42), uint32(0), uint32(2), program, version, procedure, uint32(1), uint32(len(unix)), unix, uint32(0), uint32(0), cat(more...))
	}
	reply := cat(uint32(42), uint32(1), uint32(0), uint32(0), uint32(0), uint32(0), uint32(2049))
	record := func(b []byte) string { return string(cat(uint32(0x80000000|uint32(len(b))), b)) }
	return append([][]byte{
		onUDP(laptop, server, 800, 111, call(rpcPortmap, 2, 3, uint32(rpcNFS), uint32(3), uint32(6), uint32(0))),
		onUDP(server, laptop, 111, 800, reply),
		onUDP(laptop, server, 801, 111, call(rpcPortmap, 2, 4)),
		onUDP(laptop, server, 802, 20048, call(rpcMount, 3, 5)),
	}, talk(laptop, server, 803, 2049, ">"+record(call(rpcNFS, 3, 7)), "<"+record(reply), ">"+record(call(rpcNFS, 4, 1)), "<"+record(cat(uint32(42), uint32(1), uint32(1), uint32(0), uint32(2))))...)
}

func TestRPC(t *testing.T) {
	p := rpcPackets()
	says(t, "rpc", p[0], "hostname=buildbox1 stated rpc.auth.machinename", "op portmap getport")
	says(t, "rpc", p[2], "browse portmap dump")
	says(t, "rpc", p[6], "op nfs write")
}
