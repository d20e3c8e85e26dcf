package store

import (
	"context"
	"time"
)

// A Machine is a device as another product knows it.
type Machine struct {
	Connector  string    `json:"connector"`
	ID         string    `json:"id"`               // the product's
	Zone       string    `json:"zone,omitempty"`   // "" if it is in none that is known
	Device     string    `json:"device,omitempty"` // ours, "" if there is none
	Heard      bool      `json:"heard"`            // something that it sent was seen on the wire
	Name       string    `json:"name,omitempty"`
	Domain     string    `json:"domain,omitempty"`
	OS         string    `json:"os,omitempty"`
	Category   string    `json:"category,omitempty"`
	Type       string    `json:"type,omitempty"` // as the product calls it
	Vendor     string    `json:"vendor,omitempty"`
	Model      string    `json:"model,omitempty"`
	Serial     string    `json:"serial,omitempty"`
	Onboarding string    `json:"onboarding,omitempty"`
	Exposure   string    `json:"exposure,omitempty"`
	Risk       string    `json:"risk,omitempty"`
	Health     string    `json:"health,omitempty"`
	Group      string    `json:"group,omitempty"`
	Value      string    `json:"value,omitempty"`
	Directory  string    `json:"directory,omitempty"` // id in Entra
	Tags       []string  `json:"tags,omitempty"`
	Adapters   []Adapter `json:"adapters,omitempty"`
	First      time.Time `json:"first,omitzero"`
	Last       time.Time `json:"last,omitzero"`   // seen by the product
	Print      string    `json:"print,omitempty"` // of what the log was told of it last
	Told       time.Time `json:"told,omitzero"`   // when that was
}

// An Adapter is one of a machine's network interfaces.
type Adapter struct {
	MAC string   `json:"mac,omitempty"` // as frame.MAC is written; "" if the product does not say
	IPs []string `json:"ips,omitempty"`
}

// A MachineQuery selects the machines of a connector.
type MachineQuery struct {
	Window    // by name
	Connector string
	Text      string // part of name, address or id
	Zone      []string
	Unheard   bool // those alone that nothing was heard from on the wire
}

// An UnconnectedQuery selects devices that were heard and that a connector's
// product does not know.
type UnconnectedQuery struct {
	Window    // newest first
	Connector string
	Zone      []string
}

// A DeviceAddress is by what a device is told from others.
type DeviceAddress struct {
	ID, Zone string
	Heard    bool
	MACs     []string
}

// Connect is what connectors to other products remember.
type Connect interface {
	// ConnectState is a small value of a connector, "" if it was never put:
	// up to where it has read, how it is.
	ConnectState(ctx context.Context, connector, key string) (string, error)
	// PutConnectState replaces a value.
	PutConnectState(ctx context.Context, connector, key, value string) error
	// PutMachines creates or replaces machines.
	PutMachines(ctx context.Context, all []Machine) error
	// Machine finds a machine of a connector.
	Machine(ctx context.Context, connector, id string) (m Machine, found bool, err error)
	// Machines lists machines.
	Machines(ctx context.Context, q MachineQuery) (Page[Machine], error)
	// EachMachine calls take with every machine of a connector, by id.
	EachMachine(ctx context.Context, connector string, take func(Machine) error) error
	// DropMachines forgets the machines that a connector last saw before a time.
	DropMachines(ctx context.Context, connector string, before time.Time) (int64, error)
	// Unconnected lists devices that were heard and are no machine's.
	Unconnected(ctx context.Context, q UnconnectedQuery) (Page[DeviceRow], error)
	// EachAddress calls take with the addresses of every device.
	EachAddress(ctx context.Context, take func(DeviceAddress) error) error
}

// Machines is Store.Machines.
func (v View) Machines(ctx context.Context, q MachineQuery) (Page[Machine], error) {
	q.Zone = v.narrow(q.Zone)
	return v.of.Machines(ctx, q)
}

// Unconnected is Store.Unconnected.
func (v View) Unconnected(ctx context.Context, q UnconnectedQuery) (Page[DeviceRow], error) {
	q.Zone = v.narrow(q.Zone)
	return v.of.Unconnected(ctx, q)
}
