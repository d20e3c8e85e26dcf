package proto

import (
	"tyto/frame"
	"tyto/proto/phrase"
	"tyto/tyto"
)

// Remote procedure calls of ONC, RFC 5531, as the port mapper (RFC 1833), NFS
// and its kin use them.
func init() {
	register(Dissector{
		Name:     "rpc",
		Where:    []Where{UDP(111), TCP(111), UDP(2049), TCP(2049), UDP(20048), TCP(20048), UDP(635), UDP(4045), TCP(4045)},
		Anywhere: true, // a call, in which 12 bytes are fixed
		Is:       isRPC, Split: splitRPC, Tell: tellRPC,
	})
}

// Programs that are told by name.
const (
	rpcPortmap = 100000
	rpcNFS     = 100003
	rpcMount   = 100005
)

// rpcBody is the message without the mark of a record that precedes it in a stream.
func rpcBody(m *Message) frame.Cursor {
	c := m.Read()
	if m.Frame.Proto == frame.TCP {
		c.U32()
	}
	return c
}

func isRPC(m *Message) bool {
	c := rpcBody(m)
	c.U32()
	switch kind := c.U32(); kind {
	case 0:
		version, program, of, procedure := c.U32(), c.U32(), c.U32(), c.U32()
		return !c.Short() && version == 2 && program >= 100000 && program < 100400 && of <= 16 && procedure < 256
	case 1:
		if m.Memory[0] == 0 && !rpcPort(m.Frame.SrcPort) {
			return false
		}
		state := c.U32()
		flavour, n := c.U32(), c.U32()
		return !c.Short() && state <= 1 && (state == 1 || flavour < 400000 && n <= 400)
	}
	return false
}

func rpcPort(port uint16) bool {
	return port == 111 || port == 2049 || port == 20048 || port == 635 || port == 4045
}

func splitRPC(m *Message) int {
	c := m.Read()
	mark := c.U32()
	n := int(mark & 0x7fffffff)
	switch {
	case c.Short():
		return 0
	case n < 8 || n > 1<<24:
		return -1
	}
	return 4 + n
}

var (
	rpcServer = []byte("rpc server")
	rpcFiles  = []byte("nfs server")
)

// Memory[0] is the program of the last call, with its procedure above.
func tellRPC(m *Message, s *Sink) {
	c := rpcBody(m)
	c.U32()
	if c.U32() == 1 {
		rpcReply(m, s, c)
		return
	}
	c.U32()
	program, version, procedure := c.U32(), c.U32(), c.U32()
	if c.Short() {
		s.Malformed("rpc: call ends early")
		return
	}
	m.Memory[0] = uint64(procedure)<<32 | uint64(program)
	flavour := c.U32()
	credentials := c.Sub(int(c.U32()))
	if flavour == 1 { // what the host calls itself; which user is not told
		credentials.U32()
		name := phrase.Text(credentials.Bytes(int(credentials.U32())))
		if string(name) != "localhost" && len(name) < 256 {
			s.Sender(tyto.Hostname, name, tyto.Stated, "rpc.auth.machinename")
		}
	}
	rpcCall(s, program, version, procedure)
}

func rpcCall(s *Sink, program, version, procedure uint32) {
	switch {
	case procedure == 0:
		s.Op("rpc null")
	case program == rpcPortmap && procedure == 4:
		s.Did(tyto.Browse, "portmap dump", nil, "")
	case program == rpcPortmap && procedure == 3:
		s.Op("portmap getport")
	case program == rpcPortmap:
		s.Op("portmap other")
	case program == rpcMount && procedure == 1:
		s.Op("mount")
	case program == rpcMount && procedure == 5:
		s.Did(tyto.Browse, "mount exports", nil, "")
	case program == rpcMount:
		s.Op("mount other")
	case program == rpcNFS && version <= 3:
		s.Op(rpcFileOp(version, procedure))
	case program == rpcNFS:
		s.Op("nfs compound")
	default:
		s.Op("rpc call")
	}
}

func rpcFileOp(version, procedure uint32) string {
	switch {
	case procedure == 6:
		return "nfs read"
	case version == 3 && procedure == 7, version == 2 && procedure == 8:
		return "nfs write"
	case version == 3 && (procedure >= 8 && procedure <= 11), version == 2 && (procedure == 9 || procedure == 14):
		return "nfs create"
	case version == 3 && (procedure >= 12 && procedure <= 14), version == 2 && (procedure == 10 || procedure == 11 || procedure == 15):
		return "nfs remove"
	}
	return "nfs other"
}

func rpcReply(m *Message, s *Sink, c frame.Cursor) {
	s.Op("rpc reply")
	if c.U32() != 0 {
		s.Op("rpc refused")
		return
	}
	program, name := uint32(m.Memory[0]), "rpc"
	if program == 0 {
		return
	}
	s.Sender(tyto.Role, rpcServer, tyto.Shown, "rpc.program")
	switch program {
	case rpcPortmap:
		name = "portmap"
	case rpcNFS:
		name = "nfs"
		s.Sender(tyto.Role, rpcFiles, tyto.Shown, "rpc.program")
	case rpcMount:
		name = "mount"
	}
	transport := "udp/"
	if m.Frame.Proto == frame.TCP {
		transport = "tcp/"
	}
	if b := s.Scratch(phrase.ServiceRoom); b != nil {
		s.Sender(tyto.Provides, phrase.Service(b[:0], transport, m.Frame.SrcPort, name, nil), tyto.Shown, "rpc.program")
	}
}
