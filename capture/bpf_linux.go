package capture

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// An instruction of eBPF (Documentation/bpf/standardization/instruction-set.rst).
type instruction struct {
	op   uint8
	regs uint8 // destination in the low half, source in the high half
	off  int16
	imm  int32
}

// toSockets is the program that an interface runs for each packet: the socket
// of the packet's queue gets it, and the kernel's network if there is none.
func toSockets(sockets int) []instruction {
	const (
		queue        = 16 // rx_queue_index, in struct xdp_md
		redirectMap  = 51 // bpf_redirect_map
		pass         = 2  // XDP_PASS
		descriptorOf = 1  // BPF_PSEUDO_MAP_FD
	)
	return []instruction{
		{op: 0x61, regs: 1<<4 | 2, off: queue},                         // r2 = *(u32 *)(r1 + queue)
		{op: 0x18, regs: descriptorOf<<4 | 1, imm: int32(sockets)}, {}, // r1 = the map
		{op: 0xb7, regs: 3, imm: pass}, // r3 = pass
		{op: 0x85, imm: redirectMap},   // r0 = bpf_redirect_map(r1, r2, r3)
		{op: 0x95},                     // return r0
	}
}

// newSocketMap makes a map from queues to sockets of AF_XDP.
func newSocketMap(sockets []*xsk) (int, error) {
	fd, err := bpf(unix.BPF_MAP_CREATE, &struct{ kind, key, value, entries, flags uint32 }{unix.BPF_MAP_TYPE_XSKMAP, 4, 4, uint32(len(sockets)), 0})
	if err != nil {
		return -1, err
	}
	for q, s := range sockets {
		key, value := uint32(q), uint32(s.fd)
		_, err := bpf(unix.BPF_MAP_UPDATE_ELEM, &struct {
			of, _      uint32
			key, value unsafe.Pointer
			flags      uint64
		}{of: uint32(fd), key: unsafe.Pointer(&key), value: unsafe.Pointer(&value)})
		if err != nil {
			unix.Close(fd)
			return -1, err
		}
	}
	return fd, nil
}

// loadProgram has the kernel check a program for interfaces, and take it.
// Pieces says that it may be given packets that lie in several.
func loadProgram(code []instruction, pieces bool) (int, error) {
	license := []byte("Apache-2.0\x00")
	load := struct {
		kind, n       uint32
		code, license unsafe.Pointer
		log, logSize  uint32
		logTo         uint64
		kernel, flags uint32
	}{kind: unix.BPF_PROG_TYPE_XDP, n: uint32(len(code)), code: unsafe.Pointer(&code[0]), license: unsafe.Pointer(&license[0])}
	if pieces {
		load.flags = unix.BPF_F_XDP_HAS_FRAGS
	}
	return bpf(unix.BPF_PROG_LOAD, &load)
}

// attachProgram has an interface run a program, until the descriptor that it
// gives is closed.
func attachProgram(program, index int, mode uint32) (int, error) {
	return bpf(unix.BPF_LINK_CREATE, &struct{ program, index, kind, flags uint32 }{uint32(program), uint32(index), unix.BPF_XDP, mode})
}

// bpf is bpf(2). Its structs may be shorter than the kernel's: the rest is 0.
func bpf[T any](command int, v *T) (int, error) {
	fd, _, errno := unix.Syscall(unix.SYS_BPF, uintptr(command), uintptr(unsafe.Pointer(v)), unsafe.Sizeof(*v))
	if errno != 0 {
		return -1, errno
	}
	return int(fd), nil
}
