package mirror

import (
	"strings"
	"testing"
)

func TestFindings(t *testing.T) {
	sound := func() map[string]uint64 {
		return map[string]uint64{"packets": 10_000, "unicast": 9_000, "broadcast": 600, "multicast": 400, "tcp_two_sided": 95, "tcp_one_sided": 5,
			"duplicates": 12, "tcp_bytes_seen": 1_000_000, "longest": 1518}
	}
	for name, x := range map[string]struct {
		change map[string]uint64
		level  Level
		text   string
	}{
		"sound":             {nil, Good, "both sides"},
		"silent":            {map[string]uint64{"packets": 0}, Bad, "Nothing arrives"},
		"not allowed":       {map[string]uint64{"refused": 3}, Warning, "3 packets came over a tunnel"},
		"refused":           {map[string]uint64{"packets": 0, "filtered": 7}, Bad, "refuses all of the 7"},
		"no mirror":         {map[string]uint64{"unicast": 10}, Bad, "1.0 % of the frames"},
		"no mirror at all":  {map[string]uint64{"unicast": 0}, Bad, "None of the frames"},
		"rx only":           {map[string]uint64{"tcp_one_sided": 90, "tcp_two_sided": 10}, Bad, "90 % of the TCP"},
		"half of it":        {map[string]uint64{"tcp_one_sided": 30, "tcp_two_sided": 70}, Warning, "30 % of the TCP"},
		"both ends":         {map[string]uint64{"duplicates": 4_900}, Warning, "49 % of the packets come twice"},
		"slow":              {map[string]uint64{"kernel_drops": 30}, Warning, "0.3 % of the packets"},
		"too slow":          {map[string]uint64{"kernel_drops": 10_000}, Bad, "50 % of the packets"},
		"no AF_XDP":         {map[string]uint64{"no_af_xdp": 1}, Warning, "by AF_PACKET since"},
		"no clock":          {map[string]uint64{"no_card_clock": 1}, Warning, "Times are the kernel's"},
		"starved":           {map[string]uint64{"starved": 3}, Warning, "3 times the network card"},
		"short of time":     {map[string]uint64{"shed_bulk": 7, "shed_new": 2}, Warning, "9 conversations"},
		"overloaded mirror": {map[string]uint64{"tcp_bytes_unseen": 50_000}, Warning, "5 % of the bytes"},
		"cut":               {map[string]uint64{"truncated": 9_999}, Warning, "99 % of the packets are cut"},
		"merged":            {map[string]uint64{"longest": 64_000}, Warning, "64000 bytes"},
		"a few frames":      {map[string]uint64{"unicast": 5, "broadcast": 5, "multicast": 1, "packets": 11, "tcp_two_sided": 1, "duplicates": 0}, Good, "Too little"},
	} {
		c := sound()
		for k, v := range x.change {
			c[k] = v
		}
		got := Findings(c)
		if len(got) != 1 || got[0].Level != x.level || !strings.Contains(got[0].Text, x.text) {
			t.Errorf("%s: %+v", name, got)
		}
		if got[0].Level != Good && got[0].Remedy == "" {
			t.Errorf("%s: no remedy", name)
		}
	}
}

// TestLogs speaks of lines where there are no packets.
func TestLogs(t *testing.T) {
	if f := Findings(map[string]uint64{"lines": 0, "packets": 0}); f[0].Level != Bad || f[0].Remedy == "" {
		t.Errorf("%+v", f)
	}
	if f := Findings(map[string]uint64{"lines": 7, "packets": 0}); f[0].Level != Good || f[0].Text != "7 lines of logs were read." {
		t.Errorf("%+v", f)
	}
}
