package connect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"tyto/outbound"
	"tyto/store"
)

// tagPrefix marks the tags that are ours; others we leave alone.
const tagPrefix = "tyto-"

// pushAtOnce bounds the calls of one time, as the API takes 100 a minute and
// reading needs some of them; the rest goes the next time.
const pushAtOnce = 80

// push gives machines that were heard on the wire tags and a value.
func (d *defender) push(ctx context.Context, s *Status) error {
	rows := map[string]store.DeviceRow{}
	err := d.deps.Memory.EachDevice(ctx, store.DeviceQuery{Window: store.Window{Sort: "first_seen"}}, func(r store.DeviceRow) error {
		rows[r.ID] = r
		return nil
	})
	if err != nil {
		return err
	}
	var due []store.Machine
	err = d.deps.Memory.EachMachine(ctx, d.name, func(m store.Machine) error {
		if r, ok := rows[m.Device]; ok && m.Heard && len(d.wanted(&m, &r)) > 0 {
			due = append(due, m)
		}
		return nil
	})
	if err != nil {
		return err
	}
	left := pushAtOnce
	for i := range due {
		r := rows[due[i].Device]
		for _, c := range d.wanted(&due[i], &r) {
			if left--; left < 0 {
				return nil
			}
			if err := d.change(ctx, &due[i], c); err != nil {
				return fmt.Errorf("push: %w", err)
			}
			s.Pushed++
		}
	}
	return nil
}

// change is one thing to be changed about a machine.
type change struct {
	what  string            // of the address: tags, setDeviceValue
	body  map[string]string //
	apply func(m *store.Machine)
}

// wanted is what is to be changed about a machine.
func (d *defender) wanted(m *store.Machine, r *store.DeviceRow) (all []change) {
	if d.PushTags {
		want := tagsFor(r)
		for _, t := range want {
			if !slices.Contains(m.Tags, t) {
				all = append(all, tag("Add", t))
			}
		}
		for _, t := range m.Tags {
			if strings.HasPrefix(t, tagPrefix) && !slices.Contains(want, t) {
				all = append(all, tag("Remove", t))
			}
		}
	}
	if d.PushValue && (r.Category == "ot" || r.Category == "medical") && !strings.EqualFold(m.Value, "high") {
		all = append(all, change{"setDeviceValue", map[string]string{"DeviceValue": "High"}, func(m *store.Machine) { m.Value = "High" }})
	}
	return all
}

// tagsFor is what Tyto saw, as tags.
func tagsFor(r *store.DeviceRow) []string {
	all := []string{tagPrefix + "seen"}
	for _, x := range [...]struct{ what, value string }{{"type:", r.Type}, {"zone:", r.Zone}, {"site:", r.Site}} {
		if x.value != "" {
			all = append(all, outbound.OneLine(tagPrefix+x.what+x.value, 100))
		}
	}
	return all
}

func tag(action, value string) change {
	return change{"tags", map[string]string{"Value": value, "Action": action}, func(m *store.Machine) {
		m.Tags = slices.DeleteFunc(slices.Clone(m.Tags), func(t string) bool { return t == value })
		if action == "Add" {
			m.Tags = append(m.Tags, value)
		}
	}}
}

// change makes one change. A machine that is gone is left alone.
func (d *defender) change(ctx context.Context, m *store.Machine, c change) error {
	body, err := json.Marshal(c.body)
	if err != nil {
		return err
	}
	_, err = d.machines.Call(ctx, outbound.Request{URL: d.URL + "/api/machines/" + url.PathEscape(m.ID) + "/" + c.what, Body: body, Limit: 1 << 20,
		Header: http.Header{"Content-Type": {"application/json"}}})
	var s *outbound.StatusError
	if err != nil && (!errors.As(err, &s) || s.Status != http.StatusNotFound) {
		return err
	}
	c.apply(m)
	return d.deps.Memory.PutMachines(ctx, []store.Machine{*m})
}
