package forwardtest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// Rsyslog is a real rsyslogd, or syslog-ng, on a port of loopback.
type Rsyslog struct {
	Address string
	name    string // of the program
	args    []string
	env     []string // nil: this process's
	folder  string
	udp     bool
	process *exec.Cmd
}

// A Line is what rsyslogd read of a message, field by field.
type Line struct {
	Priority string `json:"pri"`
	Time     string `json:"time"`
	Host     string `json:"host"`
	App      string `json:"app"`
	ID       string `json:"msgid"`
	Message  string `json:"msg"`
}

const rsyslogFile = `
global(workDirectory="%[1]s" maxMessageSize="64k" parser.escapeControlCharacterTab="off"%[4]s)
module(load="%[2]s"%[5]s)
template(name="fields" type="list" option.jsonf="on") {
	property(outname="pri" name="pri" format="jsonf")
	property(outname="time" name="timereported" dateFormat="rfc3339" format="jsonf")
	property(outname="host" name="hostname" format="jsonf")
	property(outname="app" name="app-name" format="jsonf")
	property(outname="msgid" name="msgid" format="jsonf")
	property(outname="msg" name="msg" format="jsonf")
}
input(type="%[2]s" address="127.0.0.1" port="%[3]s")
action(type="omfile" file="%[1]s/received" template="fields")
`

// StartRsyslog starts one at an address of loopback that nothing else has, for
// a transport: udp, tcp or tls. For tls the folder holds ca.pem, server.pem and
// server.key, and clients must show a certificate of the same authority.
func StartRsyslog(t testing.TB, address, transport, folder string) *Rsyslog {
	t.Helper()
	if _, err := exec.LookPath("rsyslogd"); err != nil {
		t.Fatal("rsyslogd is missing; run .ci/install")
	}
	r := &Rsyslog{Address: address, folder: folder, udp: transport == "udp", name: "rsyslogd",
		args: []string{"-n", "-f", filepath.Join(folder, "rsyslog.conf"), "-i", filepath.Join(folder, "pid")}}
	module, global, load := "imtcp", "", ""
	switch transport {
	case "udp":
		module = "imudp"
	case "tls":
		global = fmt.Sprintf(` defaultNetstreamDriver="gtls" defaultNetstreamDriverCAFile="%[1]s/ca.pem" defaultNetstreamDriverCertFile="%[1]s/server.pem" defaultNetstreamDriverKeyFile="%[1]s/server.key"`, folder)
		load = ` streamDriver.name="gtls" streamDriver.mode="1" streamDriver.authMode="x509/certvalid"`
	}
	must(t, os.WriteFile(filepath.Join(folder, "rsyslog.conf"), fmt.Appendf(nil, rsyslogFile, folder, module, r.port(), global, load), 0o600))
	r.Up(t)
	t.Cleanup(func() { r.Down(t) })
	return r
}

func (r *Rsyslog) port() string {
	_, port, _ := net.SplitHostPort(r.Address)
	return port
}

// Up starts it, and waits until it listens.
func (r *Rsyslog) Up(t testing.TB) {
	t.Helper()
	r.process = exec.Command(r.name, r.args...)
	r.process.Env = r.env
	log, err := os.OpenFile(filepath.Join(r.folder, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	must(t, err)
	defer log.Close()
	r.process.Stdout, r.process.Stderr = log, log
	must(t, r.process.Start())
	for range 3000 {
		if r.listens() {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	text, _ := os.ReadFile(filepath.Join(r.folder, "log"))
	t.Fatalf("%s does not listen: %s", r.name, text)
}

// listens reports whether a TCP connection is taken, or a UDP port is in use.
func (r *Rsyslog) listens() bool {
	if r.udp {
		port, _ := strconv.Atoi(r.port())
		sockets, _ := os.ReadFile("/proc/net/udp")
		return bytes.Contains(sockets, fmt.Appendf(nil, ":%04X ", port))
	}
	c, err := net.Dial("tcp", r.Address)
	if err == nil {
		c.Close()
	}
	return err == nil
}

// Down ends it.
func (r *Rsyslog) Down(t testing.TB) {
	if r.process == nil {
		return
	}
	_ = r.process.Process.Signal(syscall.SIGTERM)
	_ = r.process.Wait()
	r.process = nil
}

// Received is the messages, a JSON object each.
func (r *Rsyslog) Received(t testing.TB) (all []string) {
	b, err := os.ReadFile(filepath.Join(r.folder, "received"))
	if err != nil {
		return nil
	}
	lines := bufio.NewScanner(bytes.NewReader(b))
	lines.Buffer(nil, 1<<22)
	for lines.Scan() {
		all = append(all, lines.Text())
	}
	return all
}

// Lines is the messages, field by field.
func (r *Rsyslog) Lines(t testing.TB) (all []Line) {
	for _, text := range r.Received(t) {
		var l Line
		must(t, json.Unmarshal([]byte(text), &l))
		all = append(all, l)
	}
	return all
}
