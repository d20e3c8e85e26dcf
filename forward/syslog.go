package forward

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"tyto/outbound"
	"tyto/tyto"
)

// Syslog sends to a syslog server: RFC 5424 or 3164 over UDP (RFC 5426), TCP
// (RFC 6587, counted octets or lines) or TLS (RFC 5425). Syslog has no
// acknowledgement: an event counts as sent when the far end's kernel has it,
// which UDP cannot even tell; and when a connection turns out to be broken,
// what was sent last on it is sent again.
type Syslog struct {
	Address   string `yaml:"address"`             // HOST:PORT
	Transport string `yaml:"transport,omitempty"` // udp, tcp (default) or tls
	Format    string `yaml:"format,omitempty"`    // cef by default
	Header    string `yaml:"header,omitempty"`    // rfc5424 (default) or rfc3164
	Framing   string `yaml:"framing,omitempty"`   // octets (default) or lines; tcp and tls
	Facility  int    `yaml:"facility,omitempty"`  // 0 to 23; 1, user, is the default
	MaxSize   int    `yaml:"max_size,omitempty"`  // bytes of a message: 8192, over udp 2048
	TLS       *TLS   `yaml:"tls,omitempty"`
}

var _ product = (*Syslog)(nil)

func (s *Syslog) defaults() Syslog {
	x := *s
	x.Transport, x.Format = cmp.Or(x.Transport, "tcp"), cmp.Or(x.Format, "cef")
	x.Header, x.Framing = cmp.Or(x.Header, "rfc5424"), cmp.Or(x.Framing, "octets")
	x.Facility = cmp.Or(x.Facility, 1)
	if x.MaxSize == 0 {
		x.MaxSize = map[bool]int{true: 2048, false: 8192}[x.Transport == "udp"]
	}
	return x
}

func (s *Syslog) check(kinds []tyto.Kind, bad outbound.Bad) {
	x := s.defaults()
	if _, port, err := net.SplitHostPort(x.Address); err != nil || port == "" {
		bad("address", fmt.Sprintf("%q is not HOST:PORT, such as siem.example.org:6514", x.Address))
	}
	word := func(key, value string, words ...string) {
		for _, w := range words {
			if w == value {
				return
			}
		}
		bad(key, fmt.Sprintf("%q is none of %s", value, strings.Join(words, ", ")))
	}
	word("transport", x.Transport, "udp", "tcp", "tls")
	word("header", x.Header, "rfc5424", "rfc3164")
	word("framing", x.Framing, "octets", "lines")
	checkFormat(x.Format, kinds, bad)
	if x.Facility < 0 || x.Facility > 23 {
		bad("facility", fmt.Sprintf("%d is not between 0 and 23; 1 is the default", x.Facility))
	}
	if x.MaxSize < 480 || x.MaxSize > 1<<20 {
		bad("max_size", fmt.Sprintf("%d is not between 480 and %d", x.MaxSize, 1<<20))
	}
	if x.TLS != nil && x.Transport != "tls" {
		bad("tls", "is set, but the transport is "+x.Transport+"; write 'transport: tls'")
	}
	x.TLS.Check("tls", bad)
}

func (s *Syslog) open() (Output, error) {
	o := &syslogOutput{Syslog: s.defaults()}
	o.format = formats[o.Format]
	if o.Transport == "tls" {
		var err error
		if o.tls, err = o.TLS.Config(); err != nil {
			return nil, err
		}
	}
	return o, nil
}

type syslogOutput struct {
	Syslog
	format format
	tls    *tls.Config
	conn   *watched
	last   []byte // what was sent last on a connection
	answer string
}

// Send implements Output.
func (o *syslogOutput) Send(ctx context.Context, events []tyto.Event) error {
	if o.conn != nil && o.conn.broken() != nil {
		o.drop()
	}
	if o.conn == nil {
		if err := o.dial(ctx); err != nil {
			return fmt.Errorf("syslog: %w", err)
		}
	}
	conn := o.conn
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if o.Transport == "udp" {
		return o.datagrams(events)
	}
	return o.stream(ctx, events)
}

// datagrams sends a message in each.
func (o *syslogOutput) datagrams(events []tyto.Event) error {
	for i := range events {
		m, err := o.message(&events[i])
		if err != nil {
			return &Failure{Err: fmt.Errorf("syslog: %w", err), Sent: i, Refused: true}
		}
		if _, err := o.conn.Write(m); err != nil {
			o.drop()
			return &Failure{Err: fmt.Errorf("syslog: %w", err), Sent: i}
		}
	}
	o.answer = fmt.Sprintf("sent to %s over UDP, which gives no answer", o.Address)
	return nil
}

// maxLast bounds what is remembered to be sent again.
const maxLast = 4 << 20

// stream sends all messages, and waits until the far end's kernel has them.
func (o *syslogOutput) stream(ctx context.Context, events []tyto.Event) error {
	var b bytes.Buffer
	var refused *Failure
	for i := range events {
		m, err := o.message(&events[i])
		if err != nil {
			refused = &Failure{Err: fmt.Errorf("syslog: %w", err), Sent: i, Refused: true}
			break
		}
		o.frame(&b, m)
	}
	if err := o.write(ctx, b.Bytes()); err != nil {
		o.drop()
		return fmt.Errorf("syslog: %w", err)
	}
	if b.Len() > 0 && b.Len() <= maxLast {
		o.last = b.Bytes()
	}
	o.answer = fmt.Sprintf("%s took %d bytes over %s; syslog gives no other answer", o.Address, b.Len(), strings.ToUpper(o.Transport))
	if refused != nil {
		return refused
	}
	return nil
}

func (o *syslogOutput) write(ctx context.Context, b []byte) error {
	if _, err := o.conn.Write(b); err != nil {
		return err
	}
	return o.conn.settle(ctx)
}

func (o *syslogOutput) frame(b *bytes.Buffer, m []byte) {
	if o.Framing == "octets" {
		b.WriteString(strconv.Itoa(len(m)))
		b.WriteByte(' ')
	}
	b.Write(m)
	if o.Framing == "lines" {
		b.WriteByte('\n')
	}
}

func (o *syslogOutput) dial(ctx context.Context) error {
	d := net.Dialer{KeepAlive: 30 * time.Second}
	network := "tcp"
	if o.Transport == "udp" {
		network = "udp"
	}
	c, err := d.DialContext(ctx, network, o.Address)
	if err != nil {
		return err
	}
	if o.tls == nil {
		o.conn = watch(c, c, network == "tcp")
	} else {
		config := o.tls.Clone()
		if config.ServerName == "" {
			config.ServerName, _, _ = net.SplitHostPort(o.Address)
		}
		t := tls.Client(c, config)
		if err := t.HandshakeContext(ctx); err != nil {
			c.Close()
			return err
		}
		o.conn = watch(t, c, true)
	}
	if len(o.last) > 0 { // who knows whether the last was read before the connection broke
		if err := o.write(ctx, o.last); err != nil {
			o.drop()
			return err
		}
	}
	return nil
}

func (o *syslogOutput) drop() {
	_ = o.conn.Close()
	o.conn = nil
}

// Close implements Output.
func (o *syslogOutput) Close() error {
	if o.conn == nil {
		return nil
	}
	err := o.conn.Close()
	o.conn = nil
	return err
}

// Answer implements Answerer.
func (o *syslogOutput) Answer() string { return o.answer }

// message is an event with its header.
func (o *syslogOutput) message(e *tyto.Event) ([]byte, error) {
	host := hostName(cmp.Or(e.Sensor, machine))
	severity := map[int]int{10: 2, 8: 3, 4: 4}[recordOf(e).severity] // critical, error, warning
	pri := o.Facility*8 + cmp.Or(severity, 6)                        // informational
	var head string
	if o.Header == "rfc3164" {
		head = fmt.Sprintf("<%d>%s %s tyto: ", pri, e.Time.UTC().Format(time.Stamp), host)
	} else {
		head = fmt.Sprintf("<%d>1 %s %s tyto - %s - ", pri, e.Time.UTC().Format("2006-01-02T15:04:05.000000Z"), host, e.Kind)
	}
	body, err := o.format.fit(e, o.MaxSize-len(head))
	return append([]byte(head), body...), err
}

// machine is this machine's name.
var machine, _ = os.Hostname()

// maxHost is as much as a host name of RFC 3164 is read as by those who have
// to guess where it ends.
const maxHost = 63

// hostName is a name as both headers allow it, and as rsyslog knows one of
// RFC 3164: letters, digits, '.', '_', '-', with a letter or digit at its ends.
func hostName(s string) string {
	s = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '_' {
			return r
		}
		return '-'
	}, s)
	s = strings.Trim(s[:min(len(s), maxHost)], "-._")
	return cmp.Or(s, "unnamed")
}
