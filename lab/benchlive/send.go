package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"tyto/capture"
	"tyto/frame"
)

// together is how many packets go out by one system call.
const together = 32

// mmsghdr is the kernel's struct of sendmmsg(2).
type mmsghdr struct {
	hdr unix.Msghdr
	len uint32
	_   [4]byte
}

// send sends packets round and round at a rate, and those that also has to send
// by the time that has passed, and is how many it sent.
func send(packets [][]byte, rate float64, each time.Duration, also func(elapsed time.Duration) []byte) (sent uint64, err error) {
	if err := pin(unix.Gettid(), 0); err != nil {
		return 0, err
	}
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW, 0)
	if err != nil {
		return 0, err
	}
	defer unix.Close(fd)
	far, err := net.InterfaceByName("far")
	if err != nil {
		return 0, err
	}
	if err := unix.Bind(fd, &unix.SockaddrLinklayer{Ifindex: far.Index}); err != nil {
		return 0, err
	}
	if err := unix.SetsockoptInt(fd, unix.SOL_PACKET, unix.PACKET_QDISC_BYPASS, 1); err != nil {
		return 0, err
	}
	vectors, messages := make([]unix.Iovec, together), make([]mmsghdr, together)
	start := time.Now()
	for next := 0; ; {
		elapsed := time.Since(start)
		if elapsed >= each {
			return sent, nil
		}
		if also != nil {
			if p := also(elapsed); p != nil {
				if _, err := unix.Write(fd, p); err != nil {
					return sent, fmt.Errorf("send: %w", err)
				}
				sent++
			}
		}
		if rate > 0 && float64(sent) > rate*elapsed.Seconds() {
			continue // a processor is the sender's own: waiting is done awake
		}
		for i := range messages {
			p := packets[next]
			vectors[i].Base = &p[0]
			vectors[i].SetLen(len(p))
			messages[i].hdr.Iov = &vectors[i]
			messages[i].hdr.SetIovlen(1)
			next = (next + 1) % len(packets)
		}
		n, _, errno := unix.Syscall6(unix.SYS_SENDMMSG, uintptr(fd), uintptr(unsafe.Pointer(&messages[0])), together, 0, 0, 0)
		if errno != 0 && errno != unix.ENOBUFS && errno != unix.EAGAIN {
			return sent, fmt.Errorf("send: %w", errno)
		}
		if errno == 0 {
			sent += uint64(n)
			next = (next + len(packets)*together - together + int(n)) % len(packets)
		}
	}
}

// fastest is the rate that the sender reaches with nobody listening.
func fastest(packets [][]byte, each time.Duration) (float64, error) {
	sent, err := send(packets, 0, each, nil)
	return float64(sent) / each.Seconds(), err
}

// same is packets of UDP of one size, of 1000 conversations.
func same(size int) (all [][]byte) {
	for i := range 1000 {
		b := make([]byte, size)
		copy(b, []byte{2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, byte(i >> 8), byte(i), 10, 1, 0, 1})
		binary.BigEndian.PutUint16(b[16:], uint16(size-14))
		binary.BigEndian.PutUint16(b[34:], uint16(20000+i))
		binary.BigEndian.PutUint16(b[36:], 9)
		binary.BigEndian.PutUint16(b[38:], uint16(size-34))
		all = append(all, b)
	}
	return all
}

// longest is the longest packet that the cable takes.
const longest = 9000 + 14

// packetsOf is the first packets of a capture, without those that no Ethernet carries.
func packetsOf(path string, most int) (all [][]byte, err error) {
	source, err := capture.OpenFiles([]string{path}, capture.Options{})
	if err != nil {
		return nil, err
	}
	defer source.Close()
	for len(all) < most {
		var b capture.Batch
		err := source.Read(&b)
		for _, p := range b.Packets {
			if p.Link == frame.LinkEthernet && len(p.Data) >= 14 && len(p.Data) <= longest {
				all = append(all, p.Data)
			}
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s has no Ethernet packets", path)
	}
	return all, nil
}
