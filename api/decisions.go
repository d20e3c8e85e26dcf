package api

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"tyto/auth"
	"tyto/fingerprint"
	"tyto/frame"
	"tyto/inventory"
	"tyto/tyto"
)

// DeviceDecision is what a person says that an attribute of a device is.
type DeviceDecision struct {
	Attribute string `json:"attribute" enum:"type,vendor,model,os,firmware,serial,hostname,location,description,purdue_level"`
	Value     string `json:"value,omitempty" maxLength:"200" doc:"Of type an id of the taxonomy, not_a_device among them; absent takes back what was decided"`
}

// DeviceDecisionInput is a request to decide an attribute of a device.
type DeviceDecisionInput struct {
	IDInput
	Body DeviceDecision
}

// DeviceMerge names the device that is the same one.
type DeviceMerge struct {
	Device string `json:"device" minLength:"1" maxLength:"128" doc:"Id of the other device"`
}

// DeviceMergeInput is a request to make one of two devices.
type DeviceMergeInput struct {
	IDInput
	Body DeviceMerge
}

// DeviceSplit names a part of a device.
type DeviceSplit struct {
	Address string `json:"address" minLength:"1" maxLength:"64" doc:"MAC address of an interface, or IP address of one without"`
	Undo    bool   `json:"undo,omitempty" doc:"Take back that it is apart"`
}

// DeviceSplitInput is a request to part an interface from a device.
type DeviceSplitInput struct {
	IDInput
	Body DeviceSplit
}

// AcceptedOutput says that a decision is in the log; what follows from it is
// shown about a second later.
type AcceptedOutput struct {
	Status int
}

func (a *api) decisions(h huma.API, analyst permission) {
	const device = "/api/v1/devices/{id}/"
	route(h, analyst, http.MethodPost, device+"decisions", "decide-device", "Say what an attribute of a device is, or take it back", a.decideDevice)
	route(h, analyst, http.MethodPost, device+"merge", "merge-device", "Make one of two devices", a.mergeDevice)
	route(h, analyst, http.MethodPost, device+"split", "split-device", "Part an interface from a device, or take that back", a.splitDevice)
}

func (a *api) decideDevice(ctx context.Context, in *DeviceDecisionInput) (*AcceptedOutput, error) {
	attr, ok := tyto.ParseAttr(in.Body.Attribute)
	if !ok || !slices.Contains(inventory.Decidable, attr) {
		return nil, invalid("attribute", "is none that a person decides")
	}
	value := strings.TrimSpace(in.Body.Value)
	if attr == tyto.Type && value != "" {
		if _, ok := fingerprint.TypeOf(value); !ok {
			return nil, invalid("value", "is no type of the taxonomy, such as ip_camera")
		}
	}
	if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return nil, invalid("value", "has control characters")
	}
	if value == "" {
		value = inventory.Undecided
	}
	d, err := a.deviceOf(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	who, _ := auth.Who(ctx)
	return a.decided(ctx, inventory.Decide(d.Zone, subjectOf(&d.Interfaces[0]), attr, value, who.User, a.Clock()))
}

func (a *api) mergeDevice(ctx context.Context, in *DeviceMergeInput) (*AcceptedOutput, error) {
	d, err := a.deviceOf(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	other, err := a.deviceOf(ctx, in.Body.Device)
	switch {
	case err != nil:
		return nil, err
	case other.ID == d.ID:
		return nil, invalid("device", "is the same device already")
	case other.Zone != d.Zone:
		return nil, invalid("device", "is of another zone, where addresses mean something else")
	}
	who, _ := auth.Who(ctx)
	return a.decided(ctx, inventory.DecideMerge(d.Zone, subjectOf(&d.Interfaces[0]), subjectOf(&other.Interfaces[0]), false, who.User, a.Clock())...)
}

// splitDevice parts an interface from all others, by whatever they are one.
func (a *api) splitDevice(ctx context.Context, in *DeviceSplitInput) (*AcceptedOutput, error) {
	d, err := a.deviceOf(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(d.Interfaces, func(i tyto.Interface) bool { return has(&i, in.Body.Address) })
	if at < 0 {
		return nil, invalid("address", "is no interface of the device; give its MAC address, or its IP address if it has none")
	}
	if len(d.Interfaces) == 1 && !in.Body.Undo {
		return nil, invalid("address", "is all there is of the device")
	}
	who, _ := auth.Who(ctx)
	of, now := subjectOf(&d.Interfaces[at]), a.Clock()
	events := []tyto.Event{inventory.DecideAlone(d.Zone, of, in.Body.Undo, who.User, now)}
	for i := range d.Interfaces {
		if i != at {
			events = append(events, inventory.DecideMerge(d.Zone, of, subjectOf(&d.Interfaces[i]), true, who.User, now)...)
		}
	}
	return a.decided(ctx, events...)
}

func has(i *tyto.Interface, address string) bool {
	if !i.MAC.IsZero() {
		m, ok := frame.ParseMAC([]byte(address))
		return ok && m == i.MAC
	}
	return len(i.IPs) > 0 && i.IPs[0].IP.String() == address
}

// deviceOf is a device that who asks may see, with an interface.
func (a *api) deviceOf(ctx context.Context, id string) (tyto.Device, error) {
	_, d, err := see(ctx).Device(ctx, id)
	if err != nil {
		return d, a.problem(ctx, err)
	}
	if len(d.Interfaces) == 0 {
		return d, huma.Error409Conflict("the device has no address to decide about")
	}
	return d, nil
}

// subjectOf is what a decision about an interface is about.
func subjectOf(i *tyto.Interface) (s tyto.Subject) {
	s.MAC = i.MAC
	if s.MAC.IsZero() && len(i.IPs) > 0 {
		s.Addr = i.IPs[0].IP
	}
	if s.MAC.IsLocal() && len(i.VLANs) > 0 {
		s.VLAN = i.VLANs[0]
	}
	return s
}

// decided logs what a person decided.
func (a *api) decided(ctx context.Context, events ...tyto.Event) (*AcceptedOutput, error) {
	if a.Decided == nil {
		return nil, huma.Error501NotImplemented("this hub takes no decisions")
	}
	if err := a.Decided(ctx, events); err != nil {
		return nil, a.problem(ctx, fmt.Errorf("api: decide about a device: %w", err))
	}
	return &AcceptedOutput{Status: http.StatusAccepted}, nil
}

func invalid(field, why string) error {
	return huma.Error422UnprocessableEntity("validation failed", &huma.ErrorDetail{Location: "body." + field, Message: why})
}
