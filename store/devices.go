package store

import (
	"context"
	"time"

	"tyto/frame"
	"tyto/tyto"
)

// A DeviceRow is a device as a list shows it. Absent facts are empty.
type DeviceRow struct {
	ID         string
	Category   string
	Type       string // id of the taxonomy
	Vendor     string
	Model      string
	OS         string
	Firmware   string
	Hostname   string
	IP         string // the first
	IPs        []string
	MAC        string // the first
	NICVendor  string
	Roles      []string
	Protocols  []string
	First      time.Time
	Last       time.Time
	Packets    uint64
	Bytes      uint64
	Zone       string
	Site       string
	Sensor     string
	Confidence string // of the type
}

// A DeviceRecord is a device as it is stored: what lists need, the text that
// a search looks through, and the whole.
type DeviceRecord struct {
	Row    DeviceRow
	Text   string // names and addresses, in lower case, one a line
	Device tyto.Device
}

// A DeviceQuery selects devices. Within a filter any of its values will do;
// filters are all to be met. An empty filter lets everything through.
type DeviceQuery struct {
	Window   // Sort is one of DeviceSorts; by default last_seen, newest first
	Text     string
	Category []string
	Type     []string
	Vendor   []string
	OS       []string
	Role     []string
	Site     []string
	Zone     []string
}

// DeviceSorts are the columns that devices are sorted by.
var DeviceSorts = []string{"last_seen", "first_seen", "hostname", "ip", "type", "vendor", "model", "os", "packets", "bytes"}

// DeviceFacets are the filters of a DeviceQuery that are counted.
var DeviceFacets = []string{"category", "type", "vendor", "os"}

// Devices are the devices of all zones.
type Devices interface {
	// Devices lists the devices that a query selects; unknown values come
	// last in either order.
	Devices(ctx context.Context, q DeviceQuery) (Page[DeviceRow], error)
	// EachDevice calls take with every device that a query selects, in its
	// order; Limit and Offset do not count.
	EachDevice(ctx context.Context, q DeviceQuery, take func(DeviceRow) error) error
	// Device is one device, whole. ErrNotFound if there is none of that id.
	Device(ctx context.Context, id string) (DeviceRow, tyto.Device, error)
	// OnLink is those of some addresses by which devices of zones are reached
	// that were seen on a link there, with a MAC.
	OnLink(ctx context.Context, zones []string, addrs []frame.Addr) ([]frame.Addr, error)
	// FirstDevices is the first few devices of a descending sort, without
	// counting the rest.
	FirstDevices(ctx context.Context, sort string, limit int) ([]DeviceRow, error)
	// CountDevices is how many devices there are.
	CountDevices(ctx context.Context) (uint64, error)
	// DeviceTotals is what the overview tells of devices: of those in zones,
	// of all without any.
	DeviceTotals(ctx context.Context, zones ...string) (DeviceTotals, error)
}

// DeviceTotals counts devices.
type DeviceTotals struct {
	Total      uint64
	ByCategory []Count
	ByType     []Count
	ByVendor   []Count
	ByOS       []Count
	Newest     time.Time // when a device was last seen; zero without devices
	NewDay     uint64    // first seen in the 24 hours before Newest
}
