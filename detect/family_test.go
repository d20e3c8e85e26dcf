package detect

import (
	"strconv"
	"testing"
	"time"

	"tyto/frame"
	"tyto/tyto"
)

func raised(rule, id, device string, minute int) tyto.Alert {
	at := epoch.Add(time.Duration(minute) * time.Minute)
	return tyto.Alert{ID: id, Rule: rule, Of: []string{device}, Subjects: []tyto.Subject{{Addr: frame.V4(10, 0, 0, 1)}}, First: at, Last: at, Count: 3}
}

// TestFamily holds that consequences are put under their cause whichever is
// told first.
func TestFamily(t *testing.T) {
	under := map[string][]string{"port-scan": {"address-scan"}, "probe": {"address-scan", "port-scan"}, "address-scan": {"telnet-scan"}}
	alerts := []tyto.Alert{raised("probe", "p", "d1", 0), raised("port-scan", "s", "d1", 5), raised("address-scan", "a", "d1", 9), raised("telnet-scan", "t", "d1", 12),
		raised("port-scan", "other", "d2", 5), raised("port-scan", "late", "d1", 500)}
	want := map[string]string{"p": "t", "s": "t", "a": "t", "t": "", "other": "", "late": ""}
	for _, order := range [][]int{{0, 1, 2, 3, 4, 5}, {5, 4, 3, 2, 1, 0}, {3, 0, 5, 1, 4, 2}, {2, 0, 3, 1, 4, 5}} {
		f := NewFamily(under)
		got := map[string]tyto.Alert{}
		for _, i := range order {
			for _, a := range f.Place([]tyto.Alert{alerts[i]}) {
				if a.ID != alerts[i].ID && a.Count != 0 {
					t.Errorf("%s is told again as %d", a.ID, a.Count)
				}
				got[a.ID] = a
			}
		}
		for id, parent := range want {
			if got[id].Parent != parent {
				t.Errorf("%v: %s is under %q, want %q", order, id, got[id].Parent, parent)
			}
		}
		together := NewFamily(under)
		for _, a := range together.Place(append([]tyto.Alert(nil), alerts...)) {
			if a.Parent != want[a.ID] || a.Count != 3 {
				t.Errorf("at once: %s is under %q with %d", a.ID, a.Parent, a.Count)
			}
		}
	}
}

func TestFamilyIsBounded(t *testing.T) {
	f := NewFamily(map[string][]string{"port-scan": {"address-scan"}})
	for i := range maxKin + 100 {
		f.Place([]tyto.Alert{raised("port-scan", string(rune('a'+i%26))+time.Duration(i).String(), time.Duration(i/3).String(), i)})
	}
	if len(f.kin) > maxKin || len(f.of) > len(f.kin) {
		t.Errorf("%d alerts of %d clients", len(f.kin), len(f.of))
	}
}

// TestFamilyOfOne: what one client does, however much, must not hold up the rest.
func TestFamilyOfOne(t *testing.T) {
	f := NewFamily(map[string][]string{"port-scan": {"address-scan"}})
	for i := range 4 * maxOfClient {
		f.Place([]tyto.Alert{raised("port-scan", strconv.Itoa(i), "d1", i)})
	}
	parent := raised("address-scan", "parent", "d1", 0)
	f.Place([]tyto.Alert{parent})
	for i := range 4 * maxOfClient {
		child := raised("port-scan", "c"+strconv.Itoa(i), "d1", 10*maxOfClient+i)
		parent.Last = child.Last
		f.Place([]tyto.Alert{parent, child})
	}
	if n := len(f.kin["parent"].children); n > maxOfClient {
		t.Errorf("%d consequences of one alert are kept", n)
	}
	if len(f.of["d1"]) > maxOfClient || len(f.kin) != len(f.of["d1"]) {
		t.Errorf("%d alerts of one client, %d in all", len(f.of["d1"]), len(f.kin))
	}
}
