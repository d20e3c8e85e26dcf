package api

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"tyto/store"
	"tyto/tyto"
)

// SensorsInput asks for sensors.
type SensorsInput struct {
	Q       string   `query:"q" maxLength:"200" doc:"Text that the name, zone, version or an interface of it contains"`
	State   []string `query:"state,explode" maxItems:"9" doc:"See the sensor's state"`
	Site    []string `query:"site,explode" maxItems:"50" doc:"Ids"`
	Zone    []string `query:"zone,explode" maxItems:"50" doc:"Ids"`
	Version []string `query:"version,explode" maxItems:"20"`
	Sort    string   `query:"sort" enum:"name,attention,last_seen" default:"name" doc:"attention: what needs it first, by state in the order of the enumeration"`
	Order   string   `query:"order" enum:"asc,desc" default:"asc"`
	Limit   int      `query:"limit" minimum:"0" maximum:"500" default:"0" doc:"0: all"`
	Offset  int      `query:"offset" minimum:"0" maximum:"100000000"`
}

// SensorFacets count the sensors by the values of a filter.
type SensorFacets struct {
	State   []store.Count `json:"state"`
	Site    []store.Count `json:"site"`
	Zone    []store.Count `json:"zone"`
	Version []store.Count `json:"version"`
}

// SensorList is a page of sensors.
type SensorList struct {
	Items  []Sensor     `json:"items"`
	Total  int          `json:"total" doc:"Of all pages"`
	Facets SensorFacets `json:"facets" doc:"Each as if its own filter were not set"`
}

// SensorsOutput is the answer that carries a SensorList.
type SensorsOutput struct {
	Body SensorList
}

// sensorStates is what can be said of a sensor, what needs attention first.
var sensorStates = []string{"expired", "offline", "lossy", "behind", "mirror", "new", "online", "finished", "revoked"}

// sensorState is the gravest that is to be said of a sensor.
func sensorState(s *Sensor) string {
	recordings := len(s.Interfaces) > 0
	var lossy, wrong bool
	for i := range s.Interfaces {
		recordings = recordings && s.Interfaces[i].Capture
		lossy = lossy || s.Interfaces[i].State == stateLossy
		wrong = wrong || len(s.Interfaces[i].Findings) > 0
	}
	u := s.Uplink
	switch {
	case s.Member != nil && s.Member.State != "joined":
		return s.Member.State
	case s.LastSeen.IsZero():
		return "new"
	case !s.Online && recordings:
		return "finished"
	case !s.Online:
		return "offline"
	case lossy:
		return "lossy"
	case u != nil && (u.Refused > 0 || u.Capacity > 0 && u.Bytes > u.Capacity/2):
		return "behind"
	case wrong:
		return "mirror"
	}
	return "online"
}

// has reports whether a sensor fits the text that is looked for, in lower case.
func (s *Sensor) has(text string) bool {
	in := func(where string) bool { return strings.Contains(strings.ToLower(where), text) }
	return text == "" || in(s.Name) || in(s.Zone) || in(s.Version) || slices.ContainsFunc(s.Interfaces, func(i SensorInterface) bool { return in(i.Name) })
}

func (a *api) listSensors(ctx context.Context, in *SensorsInput) (*SensorsOutput, error) {
	for _, state := range in.State {
		if !slices.Contains(sensorStates, state) {
			return nil, huma.NewError(http.StatusUnprocessableEntity, "validation failed",
				&huma.ErrorDetail{Location: "query.state", Message: "expected one of " + strings.Join(sensorStates, ", "), Value: state})
		}
	}
	reports, err := see(ctx).Sensors(ctx)
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	all, err := a.joined(ctx, a.sensors(reports))
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	_, zones, err := a.Store.Places(ctx)
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	out := SensorList{}
	all, out.Facets = selectSensors(all, zones, in)
	out.Total = len(all)
	if in.Sort != "name" || in.Order == "desc" {
		sortSensors(all, in)
	}
	all = all[min(in.Offset, len(all)):]
	if in.Limit > 0 {
		all = all[:min(in.Limit, len(all))]
	}
	out.Items = list(all)
	if err := a.tellGaps(ctx, out.Items); err != nil {
		return nil, a.problem(ctx, err)
	}
	return &SensorsOutput{Body: out}, nil
}

func sortSensors(all []Sensor, in *SensorsInput) {
	rank := make(map[string]int, len(sensorStates))
	for i, state := range sensorStates {
		rank[state] = i
	}
	slices.SortFunc(all, func(x, y Sensor) int {
		c := 0
		switch in.Sort {
		case "attention":
			c = cmp.Compare(rank[x.State], rank[y.State])
		case "last_seen":
			c = x.LastSeen.Compare(y.LastSeen)
		}
		c = cmp.Or(c, cmp.Compare(x.Name, y.Name))
		if in.Order == "desc" {
			return -c
		}
		return c
	})
}

// selectSensors says of each sensor in which state and at which site it is,
// keeps what fits, and counts what would if one filter were not.
func selectSensors(all []Sensor, zones []tyto.Zone, in *SensorsInput) ([]Sensor, SensorFacets) {
	site := make(map[string]string, len(zones))
	for _, z := range zones {
		site[z.ID] = z.Site
	}
	text := strings.ToLower(strings.TrimSpace(in.Q))
	filters := [4][]string{in.State, in.Site, in.Zone, in.Version}
	var seen [4]map[string]uint64
	for i := range seen {
		seen[i] = map[string]uint64{}
	}
	kept := all[:0]
	for i := range all {
		s := &all[i]
		s.State, s.Site = sensorState(s), site[s.Zone]
		if !s.has(text) {
			continue
		}
		values := [4]string{s.State, s.Site, s.Zone, s.Version}
		missed, which := 0, 0
		for j, f := range filters {
			if len(f) > 0 && !slices.Contains(f, values[j]) {
				missed, which = missed+1, j
			}
		}
		for j, v := range values {
			if v != "" && (missed == 0 || missed == 1 && which == j) {
				seen[j][v]++
			}
		}
		if missed == 0 {
			kept = append(kept, *s)
		}
	}
	return kept, SensorFacets{State: counted(seen[0]), Site: counted(seen[1]), Zone: counted(seen[2]), Version: counted(seen[3])}
}

// facetsShown is how many values of a filter are told.
const facetsShown = 200

// counted is counts as a list, the most first.
func counted(seen map[string]uint64) []store.Count {
	out := make([]store.Count, 0, len(seen))
	for key, n := range seen {
		out = append(out, store.Count{Key: key, Count: n})
	}
	slices.SortFunc(out, func(x, y store.Count) int { return cmp.Or(cmp.Compare(y.Count, x.Count), cmp.Compare(x.Key, y.Key)) })
	return out[:min(facetsShown, len(out))]
}
