package lab

import (
	"encoding/binary"
	"fmt"
	"io"
	"time"

	"tyto/capture"
	"tyto/frame"
)

// loadStart is the time of the first packet of every load.
var loadStart = time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC)

// A load writes frames at times that only go forward. What it holds does not
// grow with what it writes.
type load struct {
	out    *capture.Writer
	frame  encoder
	packet frame.Packet
	id     uint16
	err    error // the first of writing
}

func newLoad(w io.Writer) (*load, error) {
	out, err := capture.NewWriter(w, frame.LinkEthernet)
	if err != nil {
		return nil, fmt.Errorf("lab: load: %w", err)
	}
	return &load{out: out, packet: frame.Packet{Link: frame.LinkEthernet, Time: loadStart.UnixNano()}}, nil
}

// write writes the frame that was built.
func (l *load) write() {
	if l.err == nil {
		l.packet.Number++
		l.packet.Data, l.packet.Length = l.frame.b, len(l.frame.b)
		l.err = l.out.Write(&l.packet)
	}
}

func (l *load) pass(d time.Duration) { l.packet.Time += int64(d) }

// A connection is one of TCP that stays open.
type connection struct {
	client, server end
	sport, dport   uint16
	seq, ack       uint32
}

// begin is the three-way handshake.
func (d *connection) begin(l *load) {
	d.send(l, true, syn, nil)
	d.seq++
	d.send(l, false, syn|ack, nil)
	d.ack++
	d.send(l, true, ack, nil)
}

// say sends payload from one side, which the other has acknowledged by the
// next segment that it sends.
func (d *connection) say(l *load, client bool, payload []byte) {
	d.send(l, client, psh|ack, payload)
	if client {
		d.seq += uint32(len(payload))
	} else {
		d.ack += uint32(len(payload))
	}
}

func (d *connection) send(l *load, client bool, flags byte, payload []byte) {
	l.id++
	if client {
		l.frame.tcp(d.client, d.server, segment{d.sport, d.dport, d.seq, d.ack, flags, 64240}, l.id, payload)
	} else {
		l.frame.tcp(d.server, d.client, segment{d.dport, d.sport, d.ack, d.seq, flags, 64240}, l.id, payload)
	}
	l.write()
}

// numbered is host n of 10.0.0.0/8, of a vendor.
func numbered(vendor [3]byte, n int) end {
	return end{mac{vendor[0], vendor[1], vendor[2], byte(n >> 16), byte(n >> 8), byte(n)}, ip{10, byte(n >> 16), byte(n >> 8), byte(n)}, 64}
}

// The vendors whose prefixes hosts of loads have: Schneider Electric, Dell, HP.
var (
	schneider = [3]byte{0x00, 0x80, 0xf4}
	dell      = [3]byte{0x00, 0x14, 0x22}
	hp        = [3]byte{0x00, 0x1b, 0x78}
)

// Plant is a control server that asks n controllers for ten registers of
// Modbus/TCP each, every time that a period has passed, until the end.
func Plant(w io.Writer, n int, period, end time.Duration) error {
	if n < 1 || n > 1<<16 || period < time.Duration(n)*time.Microsecond {
		return fmt.Errorf("lab: plant: %d controllers every %v; want 1 to 65536, and a microsecond for each", n, period)
	}
	l, err := newLoad(w)
	if err != nil {
		return err
	}
	server := numbered(dell, 1)
	all := make([]connection, n)
	for i := range all {
		all[i] = connection{client: server, server: numbered(schneider, 256+i), sport: uint16(20_000 + i%40_000), dport: 502, seq: uint32(i), ack: uint32(7 * i)}
		all[i].begin(l)
	}
	ask := []byte{0, 0, 0, 0, 0, 6, 1, 3, 0, 0, 0, 10}
	tell := append([]byte{0, 0, 0, 0, 0, 23, 1, 3, 20}, make([]byte, 20)...)
	for turn := range int(end / period) {
		binary.BigEndian.PutUint16(ask, uint16(turn))
		binary.BigEndian.PutUint16(tell, uint16(turn))
		binary.BigEndian.PutUint16(tell[9:], uint16(turn/100)) // a value that changes
		for i := range all {
			all[i].say(l, true, ask)
			all[i].say(l, false, tell)
			l.pass(period / time.Duration(n))
		}
		if l.err != nil {
			return l.err
		}
	}
	return l.err
}

// Spoof is n hosts that do not exist: each sends one ARP announcement
// (RFC 5227) from addresses of its own, 100,000 in a second, after each tenth
// of which the real hosts are heard: a broadcast of NetBIOS names each.
func Spoof(w io.Writer, n, real int) error {
	if n < 10 || n > 1<<24 || real < 1 || real > 1<<16 {
		return fmt.Errorf("lab: spoof: %d spoofed and %d real hosts; want 10 to %d and 1 to %d", n, real, 1<<24, 1<<16)
	}
	l, err := newLoad(w)
	if err != nil {
		return err
	}
	r := random{1}
	for i := range n {
		if i%(n/10) == 0 {
			l.present(real)
		}
		x := r.next()
		fake := end{mac{0x02, byte(x), byte(x >> 8), byte(x >> 16), byte(x >> 24), byte(x >> 32)}, ip{172, 16 | byte(x>>40)&15, byte(x >> 48), byte(x >> 56)}, 64}
		l.frame.arp(1, fake, end{ip: fake.ip})
		l.write()
		l.pass(10 * time.Microsecond)
		if l.err != nil {
			return l.err
		}
	}
	l.present(real)
	return l.err
}

// RealHost is the MAC address of a real host of Spoof.
func RealHost(n int) frame.MAC { return frame.MAC(numbered(hp, n).mac) }

// present has every real host name itself.
func (l *load) present(real int) {
	all := end{broadcast, ip{10, 255, 255, 255}, 64}
	for i := range real {
		l.id++
		host := numbered(hp, i)
		l.frame.arp(1, host, end{ip: ip{10, 0, 0, 1}})
		l.write()
		l.frame.udp(host, all, 137, 137, l.id, registration(fmt.Sprintf("PC-%05d", i), host.ip))
		l.write()
		l.pass(100 * time.Microsecond)
	}
}

// registration registers a name (RFC 1002 section 4.2.2).
func registration(name string, a ip) []byte {
	var e encoder
	e.u16(1)
	e.u16(0x2910)
	e.u16(1)
	e.u16(0)
	e.u16(0)
	e.u16(1)
	e.u8(32)
	for _, c := range []byte(fmt.Sprintf("%-15s\x00", name)) {
		e.u8('A'+c>>4, 'A'+c&15)
	}
	e.u8(0)
	e.u16(0x20)
	e.u16(1)
	e.u16(0xc00c)
	e.u16(0x20)
	e.u16(1)
	e.u32(300_000)
	e.u16(6)
	e.u16(0)
	e.u8(a[:]...)
	return e.b
}

// Wide is connections that are open at the same time: each of the hosts has
// as many, to servers of the same number, asks for a page on each, and hears
// of each once more when all are open. All of it takes less than the five
// minutes after which a silent connection may be given up.
func Wide(w io.Writer, hosts, each int) error {
	if hosts < 1 || hosts > 1<<20 || each < 1 || each > 1000 {
		return fmt.Errorf("lab: wide: %d hosts with %d connections; want 1 to %d and 1 to 1000", hosts, each, 1<<20)
	}
	l, err := newLoad(w)
	if err != nil {
		return err
	}
	pause := 40 * time.Second / time.Duration(hosts*each)
	ask := []byte("GET / HTTP/1.1\r\nHost: intranet.example\r\n\r\n")
	tell := []byte("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
	nth := func(i, k int) connection {
		return connection{client: numbered(hp, i), server: numbered(hp, (i+1+k*7)%hosts), sport: uint16(40_000 + k), dport: 8080, seq: uint32(i), ack: uint32(k)}
	}
	for k := range each {
		for i := range hosts {
			d := nth(i, k)
			d.begin(l)
			d.say(l, true, ask)
			l.pass(pause)
		}
		if l.err != nil {
			return l.err
		}
	}
	for k := range each {
		for i := range hosts {
			d := nth(i, k)
			d.seq += 1 + uint32(len(ask))
			d.ack++
			d.say(l, false, tell)
			l.pass(pause)
		}
		if l.err != nil {
			return l.err
		}
	}
	return l.err
}
