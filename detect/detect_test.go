package detect

import (
	"encoding/json"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tyto/content"
	"tyto/tyto"
)

func standard(t testing.TB) *Rules {
	t.Helper()
	r, err := Load(content.Detections(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// ofCategory has one device for each address, all of one category.
type ofCategory string

func (c ofCategory) Find(s tyto.Subject) string {
	if c == "" || s.Addr.IsPublic() {
		return ""
	}
	return s.Addr.String()
}

func (c ofCategory) Outline(id string) (tyto.Device, bool) {
	if id == "" {
		return tyto.Device{}, false
	}
	return tyto.Device{ID: id, Beliefs: map[tyto.Attr]tyto.Belief{tyto.Category: {Claim: tyto.Claim{Value: string(c)}}}}, true
}

// ofType has one device for each address, all of one category, type and roles.
type ofType struct {
	ofCategory
	kind, roles string
}

func (o ofType) Outline(id string) (tyto.Device, bool) {
	d, ok := o.ofCategory.Outline(id)
	if o.roles != "" {
		d.Roles = strings.Split(o.roles, ",")
	}
	if ok && o.kind != "" {
		d.Beliefs[tyto.Type] = tyto.Belief{Claim: tyto.Claim{Value: o.kind}}
	}
	return d, ok
}

// events is a case's events, a second after each other.
func events(t testing.TB, c *Case) (all []tyto.Event) {
	t.Helper()
	for i := range max(c.Times, 1) {
		for _, line := range c.Events {
			e := tyto.Event{Time: epoch.Add(time.Duration(len(all)) * time.Duration(max(c.Every, 1)) * time.Second)}
			if err := json.Unmarshal([]byte(strings.ReplaceAll(line, "{i}", strconv.Itoa(i+1))), &e); err != nil {
				t.Fatalf("%s: %v in %s", c.Name, err, line)
			}
			if e.Conversation != nil {
				e.Conversation.First, e.Conversation.Last = e.Time, e.Time
			}
			all = append(all, e)
		}
	}
	return all
}

// watched is the indicators of a case.
func watched(t testing.TB, c *Case) *Indicators {
	t.Helper()
	all, err := ReadIndicators("feed", strings.NewReader(strings.Join(c.Indicators, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	x := new(Indicators)
	x.Put(all)
	return x
}

func alertsOf(g *Engine, rule string) (all []tyto.Alert) {
	for _, a := range g.Alerts() {
		if a.Rule == rule {
			all = append(all, a)
		}
	}
	return all
}

func TestCases(t *testing.T) {
	rules := standard(t)
	if len(rules.All()) < 20 {
		t.Errorf("there are %d rules", len(rules.All()))
	}
	for _, r := range rules.All() {
		raising := 0
		for _, c := range r.Cases {
			if c.Alerts > 0 {
				raising++
			}
			g := New("z", rules, ofType{ofCategory(c.Category), c.Type, c.Roles})
			g.Watch(watched(t, &c))
			for _, e := range events(t, &c) {
				g.Learn(&e)
			}
			if got := alertsOf(g, r.ID); len(got) != c.Alerts {
				t.Errorf("%s: %s: %d alerts, want %d: %+v", r.ID, c.Name, len(got), c.Alerts, got)
			}
		}
		if raising == 0 || raising == len(r.Cases) {
			t.Errorf("%s has %d cases that raise an alert of %d; want some of both", r.ID, raising, len(r.Cases))
		}
	}
}

// TestAnyOrder holds that the same events give the same alerts in any order.
func TestAnyOrder(t *testing.T) {
	rules := standard(t)
	var all []tyto.Event
	for _, r := range rules.All() {
		for i := range r.Cases {
			all = append(all, events(t, &r.Cases[i])...)
		}
	}
	for i := range all { // no two events of one packet
		e := event{}
		e.set(&all[i])
		e.evidence().Packet = uint64(i + 1)
	}
	var want []tyto.Alert
	for turn := range 5 {
		g := New("z", rules, ofCategory("ot"))
		for i := range all {
			g.Learn(&all[i])
		}
		if got := g.Alerts(); turn == 0 {
			want = got
		} else if d := cmp.Diff(want, got); d != "" {
			t.Fatal(d)
		}
		rand.New(rand.NewPCG(1, uint64(turn))).Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	}
	if len(want) < 20 {
		t.Errorf("%d alerts only", len(want))
	}
}

func TestChanged(t *testing.T) {
	rules := standard(t)
	g := New("z", rules, nil)
	stop := events(t, &rules.Rule("plc-stop").Cases[0])[0]
	g.Learn(&stop)
	g.Learn(&stop)
	first := g.Changed()
	if len(first) != 1 || first[0].Count != 2 || first[0].Severity != tyto.Major || len(first[0].ID) != 16 || first[0].Detail != "s7comm plc stop" {
		t.Fatalf("%+v", first)
	}
	if again := g.Changed(); len(again) != 0 {
		t.Errorf("nothing happened, and %+v changed", again)
	}
	stop.Time = stop.Time.Add(time.Hour)
	g.Learn(&stop)
	more := g.Changed()
	if len(more) != 1 || more[0].ID != first[0].ID || more[0].Count != 1 || !more[0].Last.Equal(stop.Time) || !more[0].First.Equal(epoch) {
		t.Errorf("%+v", more)
	}
	if all := g.Alerts(); len(all) != 1 {
		t.Errorf("%+v", all)
	}
}

// TestWaits holds that an alert about a device waits for what the device is.
func TestWaits(t *testing.T) {
	rules := standard(t)
	var known growing
	g := New("z", rules, &known)
	e := events(t, &rules.Rule("ot-to-internet").Cases[1])[0]
	g.Learn(&e)
	if got := g.Changed(); len(got) != 0 {
		t.Errorf("nothing is known, and there is %+v", got)
	}
	known.ofCategory = "ot"
	e.Time = e.Time.Add(2 * time.Minute)
	e.Conversation.Packets[1] = 0 // not the rule's matter, but time passes
	g.Learn(&e)
	if got := g.Changed(); len(got) != 1 || len(got[0].Devices) != 1 {
		t.Errorf("now it is known, and there is %+v", got)
	}
}

// TestWaitsDespiteAClock: a sensor whose clock is ahead does not keep alerts
// from being told.
func TestWaitsDespiteAClock(t *testing.T) {
	rules := standard(t)
	var known growing
	g := New("z", rules, &known)
	e := events(t, &rules.Rule("ot-to-internet").Cases[1])[0]
	e.Time = epoch.AddDate(70, 0, 0)
	g.Learn(&e)
	if got := g.Changed(); len(got) != 0 {
		t.Errorf("nothing is known, and there is %+v", got)
	}
	known.ofCategory = "ot"
	told := 0
	for range askEveryCalls {
		told += len(g.Changed())
	}
	if told != 1 {
		t.Errorf("it is known, and %d alerts are told of", told)
	}
}

type growing struct{ ofCategory }

func TestThresholds(t *testing.T) {
	rules, err := Load(content.Detections(), map[string]int64{"port-scan/ports": 5})
	if err != nil {
		t.Fatal(err)
	}
	c := rules.Rule("port-scan").Cases[0]
	c.Times = 5
	g := New("z", rules, ofCategory("it"))
	for _, e := range events(t, &c) {
		g.Learn(&e)
	}
	if got := alertsOf(g, "port-scan"); len(got) != 1 || !strings.HasPrefix(got[0].Detail, "5 ports within 2m0s") {
		t.Errorf("%+v", got)
	}
}

func TestBadRules(t *testing.T) {
	good := `[{id: a, title: t, severity: minor, techniques: [T1], action: x, kind: act, when: 'verb == "stop"', per: [client]}]`
	for name, c := range map[string]struct{ change, to, says string }{
		"unknown name":    {"client", "nobody", `no name "nobody"`},
		"unknown field":   {"action", "actoin", "actoin"},
		"bad condition":   {`verb == "stop"`, `verb == 1`, "no matching overload"},
		"no condition":    {`verb == "stop"`, `verb`, "no condition"},
		"severity":        {"minor", "huge", "no severity"},
		"kind":            {"kind: act", "kind: health", "health"},
		"no techniques":   {"[T1]", "[]", "lacks"},
		"count of nought": {"per: [client]", "per: [client], count: {at_least: x, within: y}", "thresholds of at least 1"},
	} {
		text := strings.Replace(good, c.change, c.to, 1)
		_, err := Load(fstest.MapFS{"a.yaml": {Data: []byte(text)}}, nil)
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: error %v, want %q", name, err, c.says)
		}
	}
	if _, err := Load(fstest.MapFS{"a.yaml": {Data: []byte(good)}, "b.yaml": {Data: []byte(good)}}, nil); err == nil {
		t.Error("two rules of one id are taken")
	}
}

// TestBounded holds an engine to its budgets under a flood of causes.
func TestBounded(t *testing.T) {
	rules := standard(t)
	g := New("z", rules, nil)
	g.most, g.room = 2000, 5000
	e := events(t, &rules.Rule("port-scan").Cases[0])[0]
	for i := range 3 * g.most {
		e.Conversation.Client.Addr[12], e.Conversation.Client.Addr[13] = byte(i>>16), byte(i>>8)
		e.Conversation.Client.Addr[14] = byte(i)
		g.Learn(&e)
	}
	if len(g.causes) > g.most || g.counted > g.room {
		t.Errorf("%d causes, %d values", len(g.causes), g.counted)
	}
}

// TestSeesThroughAFlood: who has as many alerts raised as an engine holds must
// not blind it to what comes next.
func TestSeesThroughAFlood(t *testing.T) {
	rules := standard(t)
	g := New("z", rules, nil)
	g.most = 3000
	e := events(t, &rules.Rule("plc-stop").Cases[0])[0]
	raised := 0
	for i := range g.most + g.most/10 {
		e.Act.Client.Addr[13], e.Act.Client.Addr[14], e.Act.Client.Addr[15] = byte(i>>16), byte(i>>8), byte(i)
		e.Time = e.Time.Add(time.Second)
		g.Learn(&e)
		if i%100 == 99 {
			raised += len(g.Changed())
		}
	}
	if raised != g.most+g.most/10 || g.Refused != 0 || len(g.causes) > g.most {
		t.Errorf("%d alerts raised, %d events refused, %d causes", raised, g.Refused, len(g.causes))
	}
}

// TestCountsBesideWhatWaits: alerts that wait for what their clients are must
// not push out what is being counted.
func TestCountsBesideWhatWaits(t *testing.T) {
	rules := standard(t)
	g := New("z", rules, ofCategory(""))
	g.most = 1000
	stray := events(t, &rules.Rule("ot-to-internet").Cases[1])[0]
	guess := events(t, &rules.Rule("login-failures").Cases[0])
	told := 0
	for i := range 3 * g.most {
		stray.Time = epoch.Add(time.Duration(i) * time.Second / 10)
		stray.Conversation.First, stray.Conversation.Last = stray.Time, stray.Time
		stray.Conversation.Client.Addr[13], stray.Conversation.Client.Addr[14] = byte(i>>8), byte(i)
		g.Learn(&stray)
		if i%300 == 0 && i/300 < len(guess) {
			guess[i/300].Time = stray.Time
			g.Learn(&guess[i/300])
		}
		if i%50 == 0 {
			told += len(g.Changed())
		}
	}
	if told != 1 {
		t.Errorf("%d alerts are told of, want that of who guesses", told)
	}
}

func BenchmarkLearn(b *testing.B) {
	rules := standard(b)
	g := New("z", rules, nil)
	e := tyto.Event{Kind: tyto.KindConversation, Time: epoch, Conversation: &tyto.Conversation{Transport: "tcp", Port: 443, Protocol: "tls", Packets: [2]uint64{20, 20}, Sessions: 1, First: epoch, Last: epoch}}
	b.ReportAllocs()
	for b.Loop() {
		g.Learn(&e)
	}
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		standard(b)
	}
}

// TestCountedActs holds that acts which stand for several count as many.
func TestCountedActs(t *testing.T) {
	rules := standard(t)
	g := New("z", rules, nil)
	e := events(t, &rules.Rule("login-failures").Cases[0])[0]
	e.Act.Count = 7
	g.Learn(&e)
	if got := alertsOf(g, "login-failures"); len(got) != 0 {
		t.Errorf("7 failures, and there is %+v", got)
	}
	e.Act.Count, e.Act.Evidence.Packet = 2, 9
	g.Learn(&e)
	if got := alertsOf(g, "login-failures"); len(got) != 1 || got[0].Count != 9 || !strings.HasPrefix(got[0].Detail, "9 failures") {
		t.Errorf("%+v", got)
	}
}

// TestSeesBesideAScanner: the windows of a host that scans for hours fill the
// budget, and must not blind the engine to another one.
func TestSeesBesideAScanner(t *testing.T) {
	rules := standard(t)
	g := New("z", rules, nil)
	g.room = 2000
	scan := events(t, &rules.Rule("address-scan").Cases[0])[0]
	c := scan.Conversation
	for i := range 4000 {
		c.First = epoch.Add(time.Duration(i) * 2 * time.Second)
		scan.Time, c.Last = c.First, c.First
		c.Server.Addr[13], c.Server.Addr[14], c.Server.Addr[15] = byte(i>>16), byte(i>>8), byte(i)
		g.Learn(&scan)
	}
	for i, e := range events(t, &rules.Rule("login-failures").Cases[0]) {
		e.Time = c.First.Add(time.Duration(i) * time.Second)
		g.Learn(&e)
	}
	if got := alertsOf(g, "login-failures"); len(got) != 1 || g.counted > g.room {
		t.Errorf("beside a scanner there is %+v, of %d values, %d refused", got, g.counted, g.Refused)
	}
}

// TestOneIsNoNews: after many failures that were told, a single one is none of
// them; many are.
func TestOneIsNoNews(t *testing.T) {
	rules := standard(t)
	g := New("z", rules, nil)
	guess := events(t, &rules.Rule("login-failures").Cases[0])
	for i := range guess {
		g.Learn(&guess[i])
	}
	first := g.Changed()
	if len(first) != 1 {
		t.Fatalf("%+v", first)
	}
	for i := range guess {
		guess[i].Time = guess[i].Time.Add(48 * time.Hour)
	}
	g.Learn(&guess[0])
	if got := g.Changed(); len(got) != 0 {
		t.Errorf("a mistyped password, and there is %+v", got)
	}
	for i := range guess[1:] {
		g.Learn(&guess[1+i])
	}
	if got := g.Changed(); len(got) != 1 || got[0].ID != first[0].ID || got[0].Count != uint64(len(guess)) {
		t.Errorf("guessed again, and there is %+v", got)
	}
}
