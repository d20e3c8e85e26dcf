package main

import (
	"fmt"
	"os/exec"
	"strconv"
	"strings"

	"tyto/proto/enip"
	"tyto/proto/s7comm"
)

// A protocol is how tshark is asked for its functions, and what they are called here.
type protocol struct {
	name   string
	layer  string // of the truth's list of protocols
	filter string
	fields []string // behind the addresses
	ops    func(f [][]string) []string
}

// fresh leaves out what TCP sent again.
const fresh = " && !tcp.analysis.retransmission && !tcp.analysis.fast_retransmission && !tcp.analysis.spurious_retransmission"

var protocols = []protocol{
	{"modbus", "modbus", "modbus && tcp.dstport in {502, 503, 802}" + fresh, []string{"modbus.func_code"}, func(f [][]string) (ops []string) {
		for _, x := range f[0] {
			ops = append(ops, "modbus "+x)
		}
		return ops
	}},
	{"s7comm", "s7comm", "s7comm" + fresh, []string{"s7comm.header.rosctr", "s7comm.param.func", "s7comm.param.userdata.type", "s7comm.param.userdata.funcgroup",
		"s7comm.param.userdata.subfunc"}, s7Ops},
	{"dnp3", "dnp3", "dnp3.al.func" + fresh, []string{"dnp3.al.func"}, func(f [][]string) (ops []string) {
		for _, x := range f[0] {
			ops = append(ops, dnp3Names[x])
		}
		return ops
	}},
	{"bacnet", "bacapp", "bacapp.type in {0, 1}", []string{"bacapp.type", "bacapp.confirmed_service", "bacapp.unconfirmed_service"}, func(f [][]string) []string {
		if f[0][0] == "0" {
			return []string{"bacnet " + names["bacapp.confirmed_service "+f[1][0]]}
		}
		return []string{"bacnet " + names["bacapp.unconfirmed_service "+f[2][0]]}
	}},
	{"iec60870_104", "iec60870_asdu", "iec60870_asdu.typeid" + fresh, []string{"iec60870_asdu.typeid", "iec60870_asdu.causetx"}, func(f [][]string) (ops []string) {
		for i, x := range f[0] {
			if i >= len(f[1]) || !confirms[f[1][i]] {
				ops = append(ops, "iec60870_104 "+names["iec60870_asdu.typeid "+x])
			}
		}
		return ops
	}},
	{"enip", "enip", "enip.command && (tcp.dstport == 44818 || udp.dstport == 44818)" + fresh, []string{"enip.command", "cip.service"}, func(f [][]string) (ops []string) {
		for _, x := range f[0] {
			n, _ := strconv.ParseUint(strings.TrimPrefix(x, "0x"), 16, 16)
			switch command := uint16(n); command {
			case enip.SendRRData, enip.SendUnitData: // counted by what they carry
			default:
				ops = append(ops, enip.CommandName(command))
			}
		}
		for _, x := range f[1] {
			if n, err := strconv.ParseUint(x, 0, 8); err == nil && n < 0x80 {
				ops = append(ops, cipRequest)
			}
		}
		return ops
	}},
}

// confirms are the causes of transmission of those answers to a command that repeat it: they are told as its outcome.
var confirms = map[string]bool{"7": true, "9": true, "10": true, "44": true, "45": true, "46": true, "47": true}

// cipRequest stands for all services of CIP: what they are called depends on their object, of which tshark tells less.
const cipRequest = "cip request"

// s7Ops is jobs, and user data that is asked for or sent without it. The fields of several messages of a packet stand one behind the other.
func s7Ops(f [][]string) (ops []string) {
	jobs, users := 0, 0
	next := func(list []string, at int) int64 {
		if at >= len(list) {
			return -1
		}
		n, _ := strconv.ParseInt(list[at], 0, 64)
		return n
	}
	for _, kind := range f[0] {
		switch kind {
		case "1", "3":
			if function := next(f[1], jobs); kind == "1" && function >= 0 {
				ops = append(ops, s7comm.JobName(byte(function)))
			}
			jobs++
		case "7":
			if what := next(f[2], users); what == 4 || what == 0 {
				ops = append(ops, s7comm.UserName(byte(next(f[3], users)), byte(next(f[4], users))))
			}
			users++
		}
	}
	return ops
}

// dnp3Names are the functions of DNP3, by their codes.
var dnp3Names = map[string]string{"0": "dnp3 confirm", "1": "dnp3 read", "2": "dnp3 write", "3": "dnp3 select", "4": "dnp3 operate", "5": "dnp3 direct operate",
	"6": "dnp3 direct operate no ack", "7": "dnp3 immediate freeze", "8": "dnp3 immediate freeze no ack", "9": "dnp3 freeze and clear",
	"13": "dnp3 cold restart", "14": "dnp3 warm restart", "15": "dnp3 initialize data", "16": "dnp3 initialize application", "17": "dnp3 start application",
	"18": "dnp3 stop application", "19": "dnp3 save configuration", "20": "dnp3 enable unsolicited", "21": "dnp3 disable unsolicited", "22": "dnp3 assign class",
	"23": "dnp3 delay measurement", "24": "dnp3 record current time", "25": "dnp3 open file", "26": "dnp3 close file", "27": "dnp3 delete file",
	"28": "dnp3 get file info", "30": "dnp3 abort file", "129": "dnp3 response", "130": "dnp3 unsolicited response"}

// names are tshark's own, by "field value".
var names = map[string]string{}

func readNames() error {
	out, err := exec.Command("tshark", "-G", "values").Output()
	if err != nil {
		return fmt.Errorf("tshark -G values: %w", err)
	}
	for line := range strings.Lines(string(out)) {
		f := strings.Split(strings.TrimRight(line, "\n"), "\t")
		if len(f) < 4 || f[0] != "V" || !strings.HasPrefix(f[1], "bacapp.") && f[1] != "iec60870_asdu.typeid" {
			continue
		}
		n, err := strconv.ParseInt(f[2], 0, 64)
		if err != nil {
			continue
		}
		name, _, _ := strings.Cut(f[3], " ")
		names[f[1]+" "+strconv.FormatInt(n, 10)] = name
	}
	return nil
}

// read is how often tshark reads each function of the protocol in a capture.
func (p *protocol) read(path string) (counts, error) {
	rows, err := tshark(path, p.filter, append([]string{"ip.src", "ip.dst", "eth.src", "eth.dst"}, p.fields...))
	if err != nil {
		return nil, err
	}
	all := counts{}
	for _, r := range rows {
		if len(r) < 4+len(p.fields) {
			continue
		}
		from, to := last(r[0]), last(r[1])
		if from == "" {
			from, to = last(r[2]), last(r[3])
		}
		for _, op := range p.ops(r[4:]) {
			if op != "" && !strings.HasSuffix(op, " ") {
				all.add(from, to, op, 1)
			}
		}
	}
	return all, nil
}

// last is the innermost of several addresses.
func last(values []string) string { return values[len(values)-1] }
