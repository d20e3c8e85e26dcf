package baseline

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"tyto/frame"
	"tyto/tyto"
)

var epoch = time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)

// town is the devices of a test: their ids by address.
type town map[frame.Addr]string

func (t town) Find(s tyto.Subject) string { return t[s.Addr] }

// world is a baseline and the devices around it.
type world struct {
	*Baseline
	t    *testing.T
	town town
	now  time.Time
}

// categories of the devices in each world, by the last byte of their address.
var categories = map[byte]string{1: "ot", 2: "it", 3: "it", 4: "iot", 5: "it", 6: "ot", 7: "medical", 8: "network"}

func newWorld(t *testing.T) *world {
	w := &world{t: t, town: town{}, now: epoch}
	w.Baseline = New("z", DefaultConfig(), w.town, nil)
	w.Begin(epoch)
	for i := byte(1); i <= 8; i++ {
		w.appear(i)
	}
	return w
}

func at(i byte) tyto.Subject {
	return tyto.Subject{MAC: frame.MAC{0, 1, 2, 3, 4, i}, Addr: frame.V4(10, 0, 0, i)}
}

func (w *world) device(i byte, claims ...tyto.Claim) *tyto.Device {
	d := &tyto.Device{ID: "d" + strconv.Itoa(int(i)), First: w.now, Last: w.now, Beliefs: map[tyto.Attr]tyto.Belief{},
		Interfaces: []tyto.Interface{{MAC: at(i).MAC, IPs: []tyto.IPInterval{{IP: at(i).Addr}}}}, Services: []tyto.Service{{Port: 80}}}
	d.Beliefs[tyto.Category] = tyto.Belief{Claim: tyto.Claim{Value: categories[i]}}
	for _, c := range claims {
		c.First, c.Last = w.now, w.now
		d.Beliefs[c.Attr] = tyto.Belief{Claim: c}
	}
	return d
}

func (w *world) appear(i byte, claims ...tyto.Claim) {
	d := w.device(i, claims...)
	w.town[at(i).Addr] = d.ID
	w.Device(d)
}

// talk has two talk over TCP, with operations.
func (w *world) talk(client, server tyto.Subject, port uint16, protocol string, operations ...string) {
	e := conversation(w.now, client, server, port, protocol, operations...)
	w.Learn(&e)
}

func conversation(when time.Time, client, server tyto.Subject, port uint16, protocol string, operations ...string) tyto.Event {
	c := &tyto.Conversation{Client: client, Server: server, Transport: "tcp", Port: port, Protocol: protocol, First: when, Last: when, Packets: [2]uint64{9, 9}, Sessions: 1,
		Operations: map[string]uint64{}, Evidence: tyto.Evidence{Packet: 1}}
	for _, op := range operations {
		c.Operations[op]++
	}
	return tyto.Event{Time: when, Conversation: c}
}

func (w *world) do(client, server tyto.Subject, verb tyto.Verb, protocol, operation string) {
	w.Learn(&tyto.Event{Time: w.now, Act: &tyto.Act{Client: client, Server: server, Verb: verb, Operation: operation, Evidence: tyto.Evidence{Protocol: protocol, Packet: 2}}})
}

// raised is the alerts since the last call, as "severity rule: detail".
func (w *world) raised() []string {
	var all []string
	for _, a := range w.Alerts() {
		all = append(all, a.Severity.String()+" "+a.Rule+": "+a.Detail)
	}
	slices.Sort(all)
	return all
}

func (w *world) expect(want ...string) {
	w.t.Helper()
	if d := gocmp.Diff(want, w.raised()); d != "" {
		w.t.Error(d)
	}
}

func (w *world) operate() {
	w.t.Helper()
	w.expect()
	w.now = w.now.Add(w.config.Learning)
	if !w.Tick(w.now) || w.Learning().Active {
		w.t.Fatal("it goes on learning")
	}
}

func cloud(i byte) tyto.Subject {
	return tyto.Subject{MAC: frame.MAC{0, 1, 2, 3, 4, 99}, Addr: frame.V4(203, 0, 113, i)}
}

func TestDeviations(t *testing.T) {
	w := newWorld(t)
	usual := func() {
		w.talk(at(2), at(1), 502, "modbus", "modbus 3")
		w.talk(at(4), cloud(9), 443, "tls")
		w.do(at(2), at(1), tyto.Write, "modbus", "modbus 6")
	}
	usual()
	w.operate()
	usual()
	w.expect()

	w.talk(at(3), at(1), 502, "modbus", "modbus 3", "modbus 4")
	w.expect("major new-conversation: tcp/502 modbus with 10.0.0.1; modbus 3, on 10.0.0.1; modbus 4, on 10.0.0.1")
	w.do(at(2), at(1), tyto.Stop, "modbus", "modbus 90")
	w.expect("major new-operation: stop, modbus 90, on 10.0.0.1")
	w.do(at(2), at(1), tyto.Write, "modbus", "modbus 16")
	w.talk(at(2), at(1), 502, "modbus", "modbus 16", "modbus 43")
	w.expect("major new-operation: write, modbus 16, on 10.0.0.1; modbus 43, on 10.0.0.1; stop, modbus 90, on 10.0.0.1")
	w.talk(at(4), cloud(200), 443, "tls")
	w.expect() // the same network
	w.talk(at(4), tyto.Subject{Addr: frame.V4(198, 51, 100, 7)}, 443, "tls")
	w.expect("minor new-destination: 198.51.100.0/24 (198.51.100.7)")
	w.talk(at(4), at(3), 445, "smb2")
	w.expect("minor new-conversation: tcp/445 smb2 with 10.0.0.3")
	w.talk(at(5), at(4), 22, "ssh")
	w.talk(at(5), at(7), 3389, "")
	w.expect("major new-remote-access: tcp/3389 with 10.0.0.7", "minor new-remote-access: tcp/22 ssh with 10.0.0.4")
}

// TestQuiet holds what is no matter to be none.
func TestQuiet(t *testing.T) {
	w := newWorld(t)
	w.talk(at(1), at(6), 2404, "iec60870_104")
	w.operate()
	w.talk(at(2), at(3), 445, "smb2")                                // computers
	w.talk(at(2), cloud(1), 443, "tls")                              //
	w.talk(at(4), at(5), 53, "dns")                                  // supply
	w.talk(at(6), at(1), 50123, "")                                  // the wrong way round
	w.talk(at(2), at(4), 80, "http")                                 // somebody prints
	w.talk(at(3), tyto.Subject{Addr: frame.V4(10, 9, 9, 9)}, 80, "") // nobody
	refused := conversation(w.now, at(3), at(1), 102, "")
	refused.Conversation.Packets = [2]uint64{1, 1}
	w.Learn(&refused)
	group := conversation(w.now, at(1), tyto.Subject{Addr: frame.V4(224, 0, 0, 5)}, 89, "")
	w.Learn(&group)
	w.do(at(3), at(2), tyto.Execute, "smb2", "smb open pipe svcctl")
	w.expect()
}

func TestNewDevice(t *testing.T) {
	w := newWorld(t)
	w.operate()
	categories[20] = "iot"
	w.appear(20)
	w.expect("minor new-device: 10.0.0.20")
	w.talk(at(20), cloud(1), 443, "tls") // it settles
	w.talk(at(20), at(3), 445, "smb2")
	w.talk(at(2), at(20), 22, "ssh")
	w.expect()
	w.do(at(20), at(1), tyto.Write, "modbus", "modbus 6") // what others are used to, it cannot change
	w.expect("minor new-operation: write, modbus 6, on 10.0.0.1")
	w.now = w.now.Add(w.config.Settling + time.Hour)
	w.talk(at(20), cloud(2), 443, "tls")
	w.talk(at(20), tyto.Subject{Addr: frame.V4(198, 51, 100, 7)}, 443, "tls")
	w.expect("minor new-destination: 198.51.100.0/24 (198.51.100.7)")
}

func TestIdentity(t *testing.T) {
	stated := func(a tyto.Attr, v string) tyto.Claim { return tyto.Claim{Attr: a, Value: v, Confidence: tyto.Stated} }
	w := newWorld(t)
	w.appear(1, stated(tyto.Type, "plc"), stated(tyto.Vendor, "Siemens"), stated(tyto.Firmware, "V4.2"))
	w.operate()
	w.appear(1, stated(tyto.Type, "pac"), stated(tyto.Vendor, "Siemens AG"), stated(tyto.Hostname, "PLC-1"))
	w.expect() // narrower, the same, and the first name
	w.appear(1, tyto.Claim{Attr: tyto.Firmware, Value: "V4.3", Confidence: tyto.Guessed})
	w.expect()
	w.appear(1, stated(tyto.Firmware, "V4.3"), stated(tyto.Hostname, "plc-1.plant.example"))
	w.expect("major identity-changed: firmware V4.3, before: V4.2")
	w.appear(1, stated(tyto.Vendor, "Evil"), stated(tyto.Type, "ip_camera"))
	w.expect("major identity-changed: type ip_camera, before: pac", "major identity-changed: vendor Evil, before: Siemens")
}

func TestDecisions(t *testing.T) {
	w := newWorld(t)
	w.operate()
	w.talk(at(3), at(1), 502, "modbus")
	first := w.Alerts()[0]
	decide := func(value string) {
		t.Helper()
		e := Event("z", "ada", value, w.now)
		if err := w.Decide(e.Observation, e.Time); err != nil {
			t.Error(err)
		}
	}
	later := func() { w.now = w.now.Add(time.Hour); w.talk(at(3), at(1), 502, "modbus") }
	later()
	if again := w.Alerts(); len(again) != 1 || again[0].ID != first.ID || again[0].Count != 1 || !again[0].First.Equal(first.First) {
		t.Errorf("it goes on as %+v", again)
	}
	decide(DecisionOn(first.ID, "muted"))
	later()
	w.expect()
	decide(DecisionOn(first.ID, "active"))
	later()
	if again := w.Alerts(); len(again) != 1 || again[0].ID != first.ID {
		t.Errorf("undone, and there is %+v", again)
	}
	decide(DecisionOn(first.ID, "learned"))
	later()
	w.expect()
	facts, _ := w.Changes()
	if !slices.ContainsFunc(facts, func(f tyto.Fact) bool { return f.Status == tyto.Usual && f.By == "ada" && f.Peer == "d1" }) {
		t.Errorf("learned, and the facts are %+v", facts)
	}
	w.talk(at(3), at(6), 502, "modbus") // the same client, another server
	next := w.Alerts()
	if len(next) != 1 || next[0].ID == first.ID || !strings.Contains(next[0].Detail, "10.0.0.6") || strings.Contains(next[0].Detail, "10.0.0.1") {
		t.Errorf("after that: %+v", next)
	}
	decide(DecisionToForget(idOf(tyto.FactConversation, "d3", "d1", "tcp/502")))
	later()
	if again := w.Alerts(); len(again) != 1 || !strings.Contains(again[0].Detail, "10.0.0.1") {
		t.Errorf("forgotten, and there is %+v", again)
	}
	decide(DecisionToLearn(w.now.Add(time.Hour)))
	w.talk(at(5), at(1), 102, "s7comm")
	w.expect()
	decide(DecisionToLearn(time.Time{}))
	w.talk(at(5), at(1), 102, "s7comm")
	w.expect()
	for _, bad := range []string{"", "alert x", "zone learning soon", "fact a b c"} {
		o := Event("z", "ada", bad, w.now).Observation
		if w.Decide(o, w.now) == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

// TestRestore holds that a baseline made of stored facts goes on as the one
// that told them.
func TestRestore(t *testing.T) {
	w := newWorld(t)
	w.talk(at(2), at(1), 502, "modbus", "modbus 3")
	w.operate()
	w.talk(at(3), at(1), 502, "modbus")
	id := w.Alerts()[0].ID
	facts, _ := w.Changes()
	again := &world{t: t, town: w.town, now: w.now.Add(time.Hour)}
	again.Baseline = New("z", DefaultConfig(), w.town, nil)
	again.Switch(w.Learning())
	for _, f := range facts {
		again.Restore(f)
	}
	again.talk(at(2), at(1), 502, "modbus", "modbus 3")
	again.expect()
	again.talk(at(3), at(6), 502, "modbus")
	again.talk(at(3), at(1), 502, "modbus")
	a := again.Alerts()
	if len(a) != 1 || a[0].ID != id || a[0].Detail != "tcp/502 modbus with 10.0.0.1; tcp/502 modbus with 10.0.0.6" {
		t.Errorf("%+v, want one of %s", a, id)
	}
	if again.Size() != len(facts)+1 {
		t.Errorf("%d facts, want %d and one", again.Size(), len(facts))
	}
}

// TestMerged holds that what a device did stays its own when it turns out to
// be another one.
func TestMerged(t *testing.T) {
	w := newWorld(t)
	w.talk(at(2), at(1), 502, "modbus")
	w.operate()
	w.talk(at(3), at(1), 502, "modbus")
	id := w.Alerts()[0].ID
	before := w.Size()
	for _, move := range []struct{ i, to byte }{{2, 52}, {3, 53}, {1, 51}} {
		categories[move.to] = categories[move.i]
		d := w.device(move.to)
		w.town[at(move.i).Addr] = d.ID
		w.town[at(move.to).Addr] = d.ID
		w.Gone("d" + strconv.Itoa(int(move.i)))
		w.Device(d)
	}
	w.expect()
	w.now = w.now.Add(time.Hour)
	w.talk(at(2), at(1), 502, "modbus")
	w.expect()
	w.talk(at(3), at(1), 502, "modbus")
	if a := w.Alerts(); len(a) != 1 || a[0].ID != id || a[0].Of[0] != "d53" || a[0].Of[1] != "d51" {
		t.Errorf("%+v, want one of %s", a, id)
	}
	if w.Size() != before {
		t.Errorf("%d facts, want %d", w.Size(), before)
	}
}

// TestAnyOrder holds learning to be free of order and of when it is judged.
func TestAnyOrder(t *testing.T) {
	var events []tyto.Event
	for i := range 300 {
		e := conversation(epoch.Add(time.Duration(i)*time.Second), at(byte(1+i%7)), at(byte(1+i%5)), uint16(500+i%3), "modbus", "modbus "+strconv.Itoa(i%4))
		e.Conversation.Evidence.Packet = uint64(i)
		events = append(events, e)
	}
	var want []tyto.Fact
	for turn := range 6 {
		w := newWorld(t)
		for i := range events {
			w.Learn(&events[i])
			if turn > 0 && i%(turn*17) == 0 {
				w.judge()
			}
		}
		facts, _ := w.Changes()
		slices.SortFunc(facts, func(a, b tyto.Fact) int { return cmp.Compare(a.ID, b.ID) })
		for i := range facts { // what is usual is counted now and then
			facts[i].Last, facts[i].Count = time.Time{}, 0
		}
		if turn == 0 {
			want = facts
		} else if d := gocmp.Diff(want, facts); d != "" {
			t.Fatal(d)
		}
		rand.New(rand.NewPCG(7, uint64(turn))).Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
	}
	if len(want) < 50 {
		t.Errorf("%d facts only", len(want))
	}
}

// TestBounded holds a baseline to its budgets under a flood.
func TestBounded(t *testing.T) {
	w := newWorld(t)
	w.config.FactsOfDevice, w.config.MaxHeard = 100, 1000
	for i := range 5000 {
		s := cloud(byte(i))
		s.Addr = frame.V4(80, byte(i>>8), byte(i), 1)
		w.talk(at(2), s, 443, "")
		if i%700 == 0 {
			w.judge()
		}
	}
	w.judge()
	if len(w.heard) > 1000 || w.Size() > 110 || w.Refused < 4000 {
		t.Errorf("%d heard, %d facts, %d refused", len(w.heard), w.Size(), w.Refused)
	}
}

// TestStrangersAreBounded: hosts that nobody knows, and so are waited for, are
// as many as somebody makes up.
func TestStrangersAreBounded(t *testing.T) {
	w := newWorld(t)
	w.config.MaxHeard = 1000
	for i := range 5000 {
		s := at(9)
		s.Addr = frame.V4(10, 9, byte(i>>8), byte(i))
		e := conversation(w.now, s, at(2), 53, "dns")
		e.Conversation.Transport = "udp"
		w.Learn(&e)
		if i%700 == 0 {
			w.judge()
		}
	}
	if len(w.fresh) > 1000 || len(w.heard) > 1000 || w.Refused < 3000 {
		t.Errorf("%d wait, %d heard, %d refused", len(w.fresh), len(w.heard), w.Refused)
	}
	for range patience {
		w.judge()
	}
	w.talk(at(2), at(1), 502, "modbus")
	if w.judge(); len(w.fresh) != 0 || len(w.pairs) == 0 {
		t.Errorf("afterwards %d wait, %d pairs are known", len(w.fresh), len(w.pairs))
	}
}

func BenchmarkLearn(b *testing.B) {
	w := New("z", DefaultConfig(), town{at(1).Addr: "d1", at(2).Addr: "d2"}, nil)
	e := conversation(epoch, at(2), at(1), 502, "modbus", "modbus 3", "modbus 6")
	b.ReportAllocs()
	for b.Loop() {
		w.Learn(&e)
	}
}
