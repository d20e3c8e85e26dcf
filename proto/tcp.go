package proto

import (
	"tyto/frame"
	"tyto/proto/tcpstack"
	"tyto/tyto"
)

// Opening tells how the sender of a frame opens a TCP connection; nothing if it
// does not. What a host answers depends on what it was offered, so SYN and
// SYN/ACK are different fields.
func Opening(f *frame.Frame, s *Sink) {
	if !tcpstack.Opens(f) {
		return
	}
	field := "tcp.syn"
	if f.TCPFlags&frame.ACK != 0 {
		field = "tcp.syn_ack"
	}
	if b := s.Scratch(tcpstack.MaxLength); b != nil {
		s.Sender(tyto.Clue, tcpstack.Append(b[:0], f), tyto.Stated, field)
	}
}
