package detect

import (
	"errors"
	"strings"
	"testing"
	"time"

	"tyto/content"
	"tyto/tyto"
)

func TestReadIndicators(t *testing.T) {
	all, err := ReadIndicators("feed", strings.NewReader("\ufeff# c\n\n203.0.113.9\n*.Evil[.]example , 2026-06-01, \"a, b\"\nhttp://203.0.113.10:8080/x\n2001:db8::/32,2026-06-01T10:00:00Z\n"))
	if err != nil || len(all) != 4 || all[1].Value != "*.evil.example" || all[1].Comment != "a, b" || all[3].Expires.Hour() != 10 {
		t.Fatalf("%+v, %v", all, err)
	}
	x := new(Indicators)
	if x.Len() != 0 {
		t.Error("there is something in nothing")
	}
	x.Put(all)
	if x.Len() != 4 {
		t.Errorf("%d are kept", x.Len())
	}
	for line, says := range map[string]string{"nonsense": "line 1", "0.0.0.0/0": "prefix", "203.0.113.9,tomorrow": "no time", "a b.example": "no address", "http:///x": "no address", "http://intranet/x": "no address"} {
		if _, err := ReadIndicators("feed", strings.NewReader(line)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, want %q", line, err, says)
		}
	}
}

// TestLongestHolds holds that of two equal indicators the one that holds longer counts.
func TestLongestHolds(t *testing.T) {
	x := new(Indicators)
	e := tyto.Event{Time: epoch, Conversation: &tyto.Conversation{ServerName: "a.evil.example"}}
	for _, lists := range [][]Indicator{
		{{Value: "evil.example", Expires: epoch.Add(-time.Hour)}, {Value: "evil.example", Expires: epoch.Add(time.Hour)}},
		{{Value: "evil.example"}, {Value: "evil.example", Expires: epoch.Add(-time.Hour)}},
		{{Value: "a.evil.example", Expires: epoch.Add(-time.Hour)}, {Value: "evil.example"}},
	} {
		x.Put(lists)
		if x.set.Load().match(&e) == nil {
			t.Errorf("%+v: no match", lists)
		}
	}
}

func TestSwitchedOff(t *testing.T) {
	rules, err := Load(content.Detections(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var what *UnknownError
	if err := rules.Without([]string{"plc-stop", "nothing"}); !errors.As(err, &what) || what.Name != "nothing" || len(what.Known) != len(rules.All()) {
		t.Errorf("error %v", err)
	}
	if err := rules.Without([]string{"plc-stop", "beaconing"}); err != nil || !rules.Rule("plc-stop").Off() {
		t.Errorf("error %v", err)
	}
	g := New("z", rules, nil)
	for _, e := range events(t, &rules.Rule("plc-stop").Cases[0]) {
		g.Learn(&e)
	}
	if got := g.Alerts(); len(got) != 0 || g.beacons.rule != nil {
		t.Errorf("it is off, and raised %+v", got)
	}
	for key, n := range map[string]int64{"nothing/x": 1, "port-scan/x": 1, "port-scan/ports": 0, "port-scan": 1} {
		if rules.Check(map[string]int64{key: n}) == nil {
			t.Errorf("%s: %d is taken", key, n)
		}
	}
	if err := rules.Check(map[string]int64{"port-scan/ports": 10}); err != nil {
		t.Error(err)
	}
}

func FuzzReadIndicators(f *testing.F) {
	for _, seed := range []string{"203.0.113.9,2026-01-01,x", "*.evil.example", "http://[::1]/", "\"", "::ffff:1.2.3.4/120", "d41d8cd98f00b204e9800998ecf8427e"} {
		f.Add(seed, "c2.evil.example")
	}
	f.Fuzz(func(t *testing.T, text, name string) {
		all, err := ReadIndicators("f", strings.NewReader(text))
		if err != nil {
			return
		}
		x := new(Indicators)
		x.Put(all)
		if x.Len() > len(all) || len(all) > 0 && x.Len() == 0 {
			t.Errorf("%d of %d are kept", x.Len(), len(all))
		}
		x.set.Load().match(&tyto.Event{Time: epoch, Conversation: &tyto.Conversation{ServerName: name}})
		x.set.Load().match(&tyto.Event{Time: epoch, Observation: &tyto.Observation{Attr: tyto.LookedUp, Value: name}})
	})
}
