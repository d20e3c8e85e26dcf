package main

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// An analyzer is one of ICSNPP's, and how its logs are read.
type analyzer struct {
	name      string // Wireshark's short name of the protocol
	folder    string // of its logs
	transport string // that it listens on; "" for all
	read      func(dir string) ([]row, error)
}

var analyzers = []analyzer{
	{"bacnet", "icsnpp-bacnet", "udp", readBACnet},
	{"hart_ip", "icsnpp-hart-ip", "", readHART},
	{"sv", "icsnpp-iec61850-sv", "", readSV},
	{"opcua", "icsnpp-opcua-binary", "", readOPCUA},
	{"pn_io", "icsnpp-profinet-io-cm", "", readPNIO},
}

// lines is the rows of a log as columns; nothing if there is no such log.
func lines(dir, name string, columns int) ([][]string, error) {
	f, err := os.Open(filepath.Join(dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, fmt.Errorf("icsnpp: %w", err)
	}
	defer f.Close()
	var rows [][]string
	scan := bufio.NewScanner(f)
	scan.Buffer(nil, 1<<20)
	for scan.Scan() {
		if c := strings.Split(scan.Text(), "\t"); !strings.HasPrefix(scan.Text(), "#") && len(c) >= columns {
			rows = append(rows, c)
		}
	}
	if scan.Err() != nil {
		return nil, fmt.Errorf("icsnpp: read %s of %s: %w", name, dir, scan.Err())
	}
	return rows, nil
}

// readBACnet reads messages (bacnet.log), what is done to devices, and what is
// written or refused of properties. The two detail logs name messages again, and
// are asked of acts only.
func readBACnet(dir string) (rows []row, err error) {
	messages, err := lines(dir, "bacnet.log", 16)
	if err != nil {
		return nil, err
	}
	for _, c := range messages {
		r := row{pair: pairOf(c[7], c[9]), op: plain(c[13])}
		switch c[12] {
		case "SIMPLE_ACK", "COMPLEX_ACK":
			r.kind = answer
		case "ERROR_PDU":
			r.kind, r.outcome = failure, plain(c[15])
		case "REJECT_PDU", "ABORT_PDU": // these do not repeat what was asked for
			r.kind, r.outcome, r.op = failure, plain(c[15]), ""
		case "SEGMENT_ACK":
			r.op = "segmentack"
		}
		rows = append(rows, r)
	}
	control, err := lines(dir, "bacnet_device_control.log", 18)
	if err != nil {
		return nil, err
	}
	for _, c := range control {
		r := row{kind: failure, pair: pairOf(c[7], c[9]), op: plain(c[12])}
		switch c[16] {
		case "-":
			r.object = plain(c[14])
		case "SUCCESS":
			r.outcome = "ok"
		default:
			r.outcome = plain(c[17])
		}
		rows = append(rows, r)
	}
	properties, err := lines(dir, "bacnet_property.log", 18)
	for _, c := range properties {
		if r := (row{kind: failure, pair: pairOf(c[7], c[9]), op: plain(c[12])}); c[12] == "write-property" {
			r.object = plain(c[13]) + "," + c[14]
			rows = append(rows, r)
		}
	}
	return rows, err
}

var hartCommands = map[string]string{"Read Unique Identifier": "0", "Read Primary Variable": "1", "Read Loop Current": "2",
	"Read Dynamic Variable": "3", "Read Device Variable": "9", "Read Message": "12", "Read Tag": "13", "Read Long Tag": "20",
	"Read Additional Device Status": "48"}

func readHART(dir string) (rows []row, err error) {
	messages, err := lines(dir, "hart_ip_general.log", 24)
	for _, c := range messages {
		r := row{pair: pairOf(c[2], c[4]), op: plain(c[11])}
		if c[10] == "Response" {
			r.kind = answer
		}
		if c[11] == "Token Passing PDU" {
			if r.op = hartCommands[c[23]]; r.op == "" {
				return nil, fmt.Errorf("icsnpp: no number is known of HART's command %q; add it to hartCommands", c[23])
			}
		}
		rows = append(rows, r)
	}
	return rows, err
}

func readSV(dir string) (rows []row, err error) {
	messages, err := lines(dir, "sv.log", 8)
	for _, c := range messages {
		rows = append(rows, row{pair: pairOf(c[1], c[2]), op: "samples"})
	}
	return rows, err
}

// readOPCUA reads messages, of which a row holds a request and its response,
// and the nodes that are written.
func readOPCUA(dir string) (rows []row, err error) {
	messages, err := lines(dir, "opcua_binary.log", 20)
	if err != nil {
		return nil, err
	}
	for _, c := range messages {
		pair := pairOf(c[2], c[4])
		switch c[6] {
		case "HEL":
			rows = append(rows, row{pair: pair, op: "hello"})
		case "ACK":
			rows = append(rows, row{pair: pair, op: "acknowledge"})
		}
		for _, x := range c {
			if op, ok := strings.CutSuffix(x, "Request"); ok {
				rows = append(rows, row{pair: pair, op: plain(op)})
			} else if op, ok := strings.CutSuffix(x, "Response"); ok {
				rows = append(rows, row{kind: answer, pair: pair, op: plain(op)})
			}
		}
	}
	writes, err := lines(dir, "opcua_binary_write.log", 20)
	for _, c := range writes {
		if c[6] == "T" {
			rows = append(rows, row{kind: failure, pair: pairOf(c[7], c[9]), op: "write", object: plain(c[13])})
		}
	}
	return rows, err
}

func readPNIO(dir string) (rows []row, err error) {
	messages, err := lines(dir, "profinet_io_cm.log", 45)
	for _, c := range messages {
		r := row{pair: pairOf(c[4], c[6]), op: plain(c[31])}
		switch {
		case c[35] != "0":
			r.op = "fragment"
		case c[10] == "Request":
		case c[10] == "Response":
			r.kind = answer
		default:
			r.op = plain(c[10])
		}
		rows = append(rows, r)
	}
	return rows, err
}
