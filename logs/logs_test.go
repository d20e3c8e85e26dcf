package logs

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tyto/frame"
	"tyto/tyto"
)

var update = flag.Bool("update", false, "rewrite the goldens")

// words is an event in a line for people.
func words(e *tyto.Event) string {
	who := func(s tyto.Subject) string {
		text := ""
		if !s.MAC.IsZero() {
			text = s.MAC.String()
		}
		if s.Addr != (frame.Addr{}) {
			text += "|" + s.Addr.String()
		}
		if s.VLAN > 0 {
			text += fmt.Sprintf("#%d", s.VLAN)
		}
		return text
	}
	from := func(v tyto.Evidence) string {
		return fmt.Sprintf("[%s:%d %s %s]", filepath.ToSlash(v.Capture), v.Packet, v.Protocol, v.Field)
	}
	switch x := e.Conversation; {
	case x != nil:
		return fmt.Sprintf("%s > %s %s/%d %s %q %v %v %v lossy=%v %s", who(x.Client), who(x.Server), x.Transport, x.Port, x.Protocol, x.ServerName, x.Packets, x.Bytes, x.Last.Sub(x.First), x.Lossy, from(x.Evidence))
	case e.Act != nil:
		return fmt.Sprintf("%s > %s %v %s %s %s", who(e.Act.Client), who(e.Act.Server), e.Act.Verb, e.Act.Operation, e.Act.Outcome, from(e.Act.Evidence))
	}
	o := e.Observation
	return fmt.Sprintf("%s %v=%s (%v) %s", who(o.Subject), o.Attr, o.Value, o.Confidence, from(o.Evidence))
}

// TestTold compares what logs of each program say with what a person read.
func TestTold(t *testing.T) {
	for _, dir := range []string{"zeek", "json", "suricata"} {
		found, others := Find([]string{filepath.Join("testdata", dir)})
		if len(found) == 0 || len(others) != 1 {
			t.Fatalf("%q, %q", found, others)
		}
		var said bytes.Buffer
		s := Open(nil, found)
		if err := s.Tell(func(events []tyto.Event) error {
			for i := range events {
				if e := &events[i]; e.Version != tyto.EventVersion || e.Time.Year() != 2026 || e.Sensor != "" {
					t.Errorf("%+v", e)
				}
				fmt.Fprintln(&said, words(&events[i]))
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		for _, i := range s.Captures() {
			fmt.Fprintln(&said, filepath.ToSlash(i.Name), i.Lines, "lines", i.Err)
		}
		golden := filepath.Join("testdata", dir+".golden")
		if *update {
			if err := os.WriteFile(golden, said.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil || said.String() != string(want) {
			t.Errorf("%s: %v\ngot\n%s\nwant\n%s", dir, err, said.String(), want)
		}
	}
}

// TestNoLogs passes over what is no log, or none that is read.
func TestNoLogs(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"empty": "", "words.log": "some words\n", "conn.log": "1 2 3\n", "list.json": "[1,2]\n", "other.json": `{"ts":1767600000,"a":1}` + "\n", "weird.log": `{"ts":1767600000,"uid":"C"}` + "\n",
		"cut.json": `{"timestamp":`, "long.json": `{"a":"` + strings.Repeat("x", maxLine) + "\"}\n", "many.log": strings.Repeat("#\n", mostHeader+1),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if found, _ := Find([]string{dir}); len(found) != 0 {
		t.Errorf("%q", found)
	}
}

// TestHostile reads what no program writes.
func TestHostile(t *testing.T) {
	r := newReader()
	for i, line := range []string{
		`{"ts":1e300,"id.orig_h":"10.0.0.1"}`, `{"ts":-1}`, `{"ts":"never"}`, `{"ts":1767600000,"id.orig_h":7,"id.resp_h":{}}`,
		`{"ts":1767600000,"id.orig_h":"10.0.0.1","id.resp_h":"10.0.0.2","id.resp_p":99999,"proto":"tcp","orig_pkts":-1}`, strings.Repeat("[", 100_000), `{"a":` + strings.Repeat(`{"a":`, 10_000),
	} {
		if _, err := r.line(newLog("conn.log"), []byte(line), uint64(i+1)); err == nil && i != 3 && i != 4 { // which may be of who has no address yet
			t.Errorf("line %d is no error", i+1)
		}
	}
	if events := r.take(); len(events) != 0 {
		t.Errorf("%d events, the first %s", len(events), words(&events[0]))
	}
	line := `{"ts":1767600000,"id.orig_h":"10.0.0.1","id.resp_h":"10.0.0.2","id.resp_p":80,"proto":"tcp","orig_pkts":18446744073709551615,"resp_pkts":1}`
	if _, err := r.line(newLog("conn.log"), []byte(line), 1); err != nil {
		t.Error(err)
	}
	if events := r.take(); len(events) != 1 || events[0].Conversation.Packets != [2]uint64{mostCounted, 1} {
		t.Errorf("%+v", events)
	}
	for i := range 2 * maxServers {
		r.servers.put(fmt.Sprint(i), "name")
	}
	if len(r.servers.names) != maxServers || r.servers.names[fmt.Sprint(2*maxServers-1)] == "" {
		t.Errorf("%d names", len(r.servers.names))
	}
}

func FuzzLine(f *testing.F) {
	for _, pattern := range []string{"testdata/*/*.log", "testdata/*/*.json"} {
		all, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, path := range all {
			text, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(filepath.Base(path), text)
		}
	}
	f.Fuzz(func(t *testing.T, name string, text []byte) {
		r, l := newReader(), newLog(name)
		for i, line := range bytes.Split(text, []byte("\n")) {
			r.line(l, line, uint64(i+1))
		}
		for _, e := range r.take() {
			switch {
			case e.Time.Unix() <= 0 || e.Time.Unix() > latest+1e9:
				t.Errorf("at %v: %s", e.Time, words(&e))
			case e.Observation != nil && (len(e.Observation.Value) > 4*512 || strings.ContainsRune(e.Observation.Value, 0)):
				t.Errorf("%d bytes: %q", len(e.Observation.Value), e.Observation.Value)
			case e.Conversation != nil && (e.Conversation.Last.Before(e.Conversation.First) || e.Conversation.Packets[0]+e.Conversation.Packets[1] == 0):
				t.Errorf("%+v", e.Conversation)
			}
		}
	})
}
