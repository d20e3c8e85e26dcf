package api

import (
	"context"
	"crypto/rand"
	"net/netip"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"tyto/auth"
	"tyto/store"
)

// Mute keeps alerts from being shown as open. Whatever it leaves empty may be
// anything.
type Mute struct {
	ID      string    `json:"id"`
	Zone    string    `json:"zone,omitempty"`
	Rule    string    `json:"rule,omitempty"`
	Device  string    `json:"device,omitempty"`
	Subnet  string    `json:"subnet,omitempty"`
	Expires time.Time `json:"expires,omitzero" doc:"Absent: never"`
	Over    bool      `json:"over" doc:"It has expired"`
	Created time.Time `json:"created"`
	By      string    `json:"by"`
	Comment string    `json:"comment,omitempty"`
}

// MuteList is the mutes, the newest first.
type MuteList struct {
	Items []Mute `json:"items"`
}

// MutesOutput is the answer that carries a MuteList.
type MutesOutput struct {
	Body MuteList
}

// MuteWish says what nobody wants to be told of. One of rule, device and
// subnet is needed.
type MuteWish struct {
	Zone    string `json:"zone,omitempty" maxLength:"128" doc:"Needed by who sees some sites only"`
	Rule    string `json:"rule,omitempty" maxLength:"64"`
	Device  string `json:"device,omitempty" maxLength:"64" doc:"Id of a device that takes part"`
	Subnet  string `json:"subnet,omitempty" maxLength:"64" doc:"A prefix that an address of a party is in, 10.1.0.0/16"`
	Hours   int    `json:"hours,omitempty" minimum:"1" maximum:"87600" doc:"Absent: for ever"`
	Comment string `json:"comment,omitempty" maxLength:"2000"`
}

// MuteInput is a request to mute.
type MuteInput struct {
	Body MuteWish
}

// MuteOutput is the answer that carries a Mute.
type MuteOutput struct {
	Body Mute
}

func (a *api) listMutes(ctx context.Context, _ *struct{}) (*MutesOutput, error) {
	all, err := see(ctx).Mutes(ctx)
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	out := MuteList{Items: make([]Mute, len(all))}
	for i := range all {
		out.Items[i] = a.muteOf(&all[i])
	}
	return &MutesOutput{Body: out}, nil
}

func (a *api) muteOf(m *store.Mute) Mute {
	return Mute{ID: m.ID, Zone: m.Zone, Rule: m.Rule, Device: m.Device, Subnet: m.Subnet, Expires: m.Expires, Created: m.Created.UTC(), By: m.By, Comment: m.Comment,
		Over: !m.Expires.IsZero() && !a.Clock().Before(m.Expires)}
}

func (a *api) postMute(ctx context.Context, in *MuteInput) (*MuteOutput, error) {
	w := in.Body
	if w.Rule == "" && w.Device == "" && w.Subnet == "" {
		return nil, huma.Error422UnprocessableEntity("validation failed", &huma.ErrorDetail{Location: "body", Message: "name a rule, a device or a subnet: all of a zone cannot be muted"})
	}
	if w.Subnet != "" {
		p, err := netip.ParsePrefix(w.Subnet)
		if err != nil {
			return nil, invalid("subnet", "is no prefix; write 10.1.0.0/16")
		}
		if p.Bits() == 0 {
			return nil, invalid("subnet", "is all there is: all of a zone cannot be muted")
		}
		w.Subnet = p.Masked().String()
	}
	who, _ := auth.Who(ctx)
	m := store.Mute{ID: strings.ToLower(rand.Text()[:16]), Zone: w.Zone, Rule: w.Rule, Device: w.Device, Subnet: w.Subnet, Created: a.Clock(), By: who.User, Comment: strings.TrimSpace(w.Comment)}
	if w.Hours > 0 {
		m.Expires = a.Clock().Add(time.Duration(w.Hours) * time.Hour).UTC()
	}
	if err := see(ctx).PutMute(ctx, m); err != nil {
		return nil, a.problem(ctx, err)
	}
	if err := a.rulesChanged(ctx); err != nil {
		return nil, a.problem(ctx, err)
	}
	return &MuteOutput{Body: a.muteOf(&m)}, nil
}

func (a *api) deleteMute(ctx context.Context, in *IDInput) (*Accepted, error) {
	if err := see(ctx).DropMute(ctx, in.ID); err != nil {
		return nil, a.problem(ctx, err)
	}
	if err := a.rulesChanged(ctx); err != nil {
		return nil, a.problem(ctx, err)
	}
	return &Accepted{}, nil
}

func (a *api) rulesChanged(ctx context.Context) error {
	if a.Analysts == nil {
		return nil
	}
	return a.Analysts.RulesChanged(ctx)
}
