package detect

import (
	"testing"

	"cel.dev/cel-go/cel"

	"tyto/frame"
	"tyto/tyto"
)

// TestConditionsAgree evaluates conditions of every form both ways, the
// functions' and CEL's, over events of every kind.
func TestConditionsAgree(t *testing.T) {
	env, err := eventEnv()
	if err != nil {
		t.Fatal(err)
	}
	r := &Rule{limits: map[string]int64{"few": 3}}
	for text, exact := range map[string]bool{
		`verb == "stop"`: true, `verb != "stop"`: true, `!(verb == "stop") || port == 502`: true, `client_public && !server_group`: true,
		`port in [502, 102]`: true, `protocol in ["modbus", ""]`: true, `operation.startsWith("modbus") && operation.endsWith("6")`: true,
		`object.contains("x")`: true, `client_packets > threshold.few`: true, `client_packets > threshold.none`: false, `operations.none < 1 || port == 502`: false, `sessions >= threshold["few"]`: true, `5 > client_packets`: true, `server_packets <= client_packets`: true,
		`operations["modbus 6"] > 1`: false, `operations["none"] < 1`: false, `operations["none"] < 1 || port == 502`: false,
		`sessions > threshold["none"]`: false, `!(operations["none"] > 0)`: false, `port == 502 && operations.exists(k, k.contains("6"))`: false,
		`operations.exists(k, k == "modbus 6") || port == 502`: false, `confidence >= 70`: true, `seconds < 60`: true, `attribute == "role" && value == "router"`: true,
		`client_vlan == 5`: true, `port + 1 == 503`: false, `size(verb) > 3`: false,
	} {
		c, err := compileCondition(env, text, r.words())
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if c.exact != exact {
			t.Errorf("%s: exact is %v", text, c.exact)
		}
		tree, _ := env.Compile(text)
		program, err := env.Program(tree)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range everyKind() {
			e := event{rule: r}
			e.set(&x)
			if got, want := c.holds(&e), evaluates(program, &e); got != want {
				t.Errorf("%s: %v, CEL says %v, of %+v", text, got, want, x)
			}
		}
	}
}

func evaluates(p cel.Program, e *event) bool {
	out, _, err := p.Eval(e)
	return err == nil && out.Value() == true
}

func everyKind() []tyto.Event {
	a := tyto.Subject{Addr: frame.V4(8, 8, 8, 8), VLAN: 5}
	b := tyto.Subject{Addr: frame.V4(10, 0, 0, 1)}
	group := tyto.Subject{Addr: frame.V4(224, 0, 0, 1)}
	return []tyto.Event{
		{Act: &tyto.Act{Client: a, Server: b, Verb: tyto.Stop, Operation: "modbus 6", Object: "x"}},
		{Act: &tyto.Act{Client: b, Server: group, Verb: tyto.Write, Operation: "other"}},
		{Conversation: &tyto.Conversation{Client: a, Server: b, Port: 502, Protocol: "modbus", Sessions: 3, Packets: [2]uint64{4, 4}, Operations: map[string]uint64{"modbus 6": 2}}},
		{Conversation: &tyto.Conversation{Client: b, Server: group, Transport: "udp", Packets: [2]uint64{9, 0}}},
		{Observation: &tyto.Observation{Subject: b, Attr: tyto.Role, Value: "router", Confidence: tyto.Stated}},
	}
}
