package api

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"tyto/proto/transfer"
	"tyto/store"
	"tyto/tyto"
)

// ActsInput asks for what was done to and by a device.
type ActsInput struct {
	IDInput
	Paging
	Verb []string `query:"verb,explode" maxItems:"20" doc:"read, write, identify, start, stop, program, update-firmware, login, login-failed, scan, browse, configure, execute, transfer, violate"`
}

// Moved is a program, firmware or file that went to or from a device.
type Moved struct {
	Name   string `json:"name,omitempty" doc:"Where the protocol gives it one"`
	Size   uint32 `json:"size" doc:"In bytes"`
	Hash   string `json:"hash" doc:"FNV-1a of 64 bits: tells changed from unchanged"`
	Change string `json:"change,omitempty" enum:"first,same,changed" doc:"Beside what of this name was moved to or from this device before; absent if it was not taken"`
}

// DeviceAct is what one device did to another: once, or several times alike
// within a minute, or within a day if it changes nothing.
type DeviceAct struct {
	Client    Party         `json:"client" doc:"Who did it"`
	Server    Party         `json:"server" doc:"To whom"`
	Verb      string        `json:"verb"`
	Protocol  string        `json:"protocol,omitempty" doc:"Wireshark's short name"`
	Operation string        `json:"operation" doc:"In the protocol's own words"`
	Object    string        `json:"object,omitempty"`
	Outcome   string        `json:"outcome,omitempty" doc:"ok, or the error; absent if no answer was heard"`
	Count     uint64        `json:"count"`
	FirstSeen time.Time     `json:"first_seen"`
	LastSeen  time.Time     `json:"last_seen"`
	Moved     *Moved        `json:"moved,omitempty"`
	Evidence  tyto.Evidence `json:"evidence" doc:"The earliest"`
}

// DeviceActList is a page of acts, the newest first.
type DeviceActList struct {
	Items []DeviceAct   `json:"items"`
	Total uint64        `json:"total" doc:"Of all pages"`
	Verbs []store.Count `json:"verbs" doc:"How often each verb was done, whatever the filter"`
}

// DeviceActsOutput is the answer that carries a DeviceActList.
type DeviceActsOutput struct {
	Body DeviceActList
}

func (a *api) listDeviceActs(ctx context.Context, in *ActsInput) (*DeviceActsOutput, error) {
	if _, _, err := see(ctx).Device(ctx, in.ID); err != nil {
		return nil, a.problem(ctx, err)
	}
	// All of them: what was moved is compared with what was before it.
	rows, err := see(ctx).Acts(ctx, store.ActQuery{Device: in.ID, Limit: 2 * store.MostActs})
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	all, often := make([]DeviceAct, len(rows)), map[string]uint64{}
	for i := range rows {
		all[i] = a.deviceAct(&rows[i])
		often[all[i].Verb] += all[i].Count
	}
	compare(all)
	out := DeviceActList{Items: []DeviceAct{}, Verbs: []store.Count{}}
	for v, n := range often {
		out.Verbs = append(out.Verbs, store.Count{Key: v, Count: n})
	}
	slices.SortFunc(out.Verbs, func(a, b store.Count) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Key, b.Key))
	})
	if len(in.Verb) > 0 {
		all = slices.DeleteFunc(all, func(x DeviceAct) bool { return !slices.Contains(in.Verb, x.Verb) })
	}
	out.Total = uint64(len(all))
	first := min(in.Offset, len(all))
	out.Items = append(out.Items, all[first:min(first+in.Limit, len(all))]...)
	return &DeviceActsOutput{Body: out}, nil
}

func (a *api) deviceAct(r *store.ActRow) DeviceAct {
	x := DeviceAct{Client: a.place(party(r.ClientDevice, r.ClientLabel, r.Client), r.Client), Server: a.place(party(r.ServerDevice, r.ServerLabel, r.Server), r.Server),
		Verb: r.Verb.String(), Protocol: r.Evidence.Protocol, Operation: r.Operation, Object: r.Object, Outcome: r.Outcome, Count: r.Count,
		FirstSeen: r.First.UTC(), LastSeen: r.Last.UTC(), Evidence: r.Evidence}
	if name, sum, ok := transfer.Read(r.Object); ok {
		x.Moved = &Moved{Name: name, Size: sum.Size, Hash: fmt.Sprintf("%016x", sum.Hash)}
	}
	return x
}

// compare says of all that was moved, newest first, whether it is what was
// moved before under its name. What was refused changes nothing.
func compare(all []DeviceAct) {
	type thing struct{ id, ip, mac, name string }
	before := map[thing]Moved{}
	for i := range slices.Backward(all) {
		m, s := all[i].Moved, all[i].Server
		if m == nil || all[i].Outcome != "" && all[i].Outcome != "ok" {
			continue
		}
		of := thing{s.ID, s.IP, s.MAC, m.Name}
		if s.ID != "" {
			of.ip, of.mac = "", "" // it may have several
		}
		was, known := before[of]
		switch {
		case !known:
			m.Change = "first"
		case was.Hash == m.Hash && was.Size == m.Size:
			m.Change = "same"
		default:
			m.Change = "changed"
		}
		before[of] = *m
	}
}
