package main

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"tyto/content"
	"tyto/fingerprint"
	"tyto/frame"
	"tyto/inventory"
	"tyto/tyto"
)

// standard is what ships: read once for all tests.
var standard = sync.OnceValues(func() (inventory.Config, error) { return inventory.Standard() })

// TestProducts lets products say what their documentation says that they send in their first
// minutes, one device each, and holds what is believed of them to testdata/products.tsv.
func TestProducts(t *testing.T) {
	text, err := os.ReadFile("testdata/products.tsv")
	if err != nil {
		t.Fatal(err)
	}
	config, err := standard()
	if err != nil {
		t.Fatal(err)
	}
	var all []product
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Split(line, "\t")
		if len(f) < 5 {
			t.Fatalf("%q has %d columns of 5 or more", line, len(f))
		}
		all = append(all, product{f[0], f[1], f[2], f[3], f[4:]})
	}
	v := inventory.New("products", config)
	for i := range all {
		if err := all[i].speak(v, i); err != nil {
			t.Fatalf("%s: %v", all[i].name, err)
		}
	}
	devices := v.Devices()
	if len(devices) != len(all) {
		t.Fatalf("%d devices of %d products", len(devices), len(all))
	}
	for i := range devices {
		m := devices[i].Interfaces[0].MAC
		p := &all[int(m[4])<<8|int(m[5])]
		if err := p.compare(&devices[i]); err != nil {
			t.Errorf("%s: %v", p.name, err)
		}
	}
	t.Logf("%d products", len(all))
}

// A product is a row: what it is, and what it says, as field=value.
type product struct {
	name, vendor, typ, os string
	says                  []string
}

// speak tells an inventory what a product says, from an address that nobody registered.
func (p *product) speak(v *inventory.Inventory, n int) error {
	subject := tyto.Subject{MAC: frame.MAC{0xfc, 0xff, 0xff, 0, byte(n >> 8), byte(n)}}
	at := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	learn := func(o tyto.Observation) { v.Learn(&tyto.Event{Kind: tyto.KindObservation, Time: at, Observation: &o}) }
	for i, said := range p.says {
		field, value, ok := strings.Cut(said, "=")
		if !ok || !fingerprint.KnownField(field) {
			return fmt.Errorf("%q is not a field that dissectors tell, = and its value", said)
		}
		protocol, _, _ := strings.Cut(field, ".")
		o := tyto.Observation{Subject: subject, Attr: tyto.Clue, Value: value, Confidence: tyto.Shown,
			Evidence: tyto.Evidence{Sensor: "s", Packet: uint64(i + 1), Protocol: protocol, Field: field}}
		if a, ok := tyto.ParseAttr(field); ok {
			o.Attr, o.Evidence.Field = a, "products"
		} else if a, ok := stated[field]; ok {
			o.Attr, o.Confidence = a, tyto.Stated
		}
		learn(o)
		if _, kind := content.VendorOf(value); o.Attr == tyto.NICVendor && (kind == content.Brand || kind >= content.OT) {
			o.Attr, o.Confidence = tyto.Vendor, tyto.Guessed // as the inventory has it of an address
			learn(o)
		}
	}
	learn(tyto.Observation{Subject: subject, Attr: tyto.Clue, Value: "seen", Confidence: tyto.Guessed,
		Evidence: tyto.Evidence{Sensor: "s", Packet: 99, Protocol: "eth", Field: "eth.src"}})
	return nil
}

// stated is the fields that dissectors tell as attributes.
var stated = map[string]tyto.Attr{"upnp.manufacturer": tyto.Vendor, "upnp.modelName": tyto.Model, "lldp.media.manufacturer": tyto.Vendor,
	"lldp.media.model": tyto.Model, "mndp.platform": tyto.Vendor, "mndp.board": tyto.Model, "snmp.upsIdentManufacturer": tyto.Vendor,
	"snmp.upsIdentModel": tyto.Model, "wsdp.Manufacturer": tyto.Vendor, "wsdp.ModelName": tyto.Model}

// compare tells whether what is believed of a device is what p is. A type that ends in "*" may be told
// wider; "-" is anything.
func (p *product) compare(d *tyto.Device) error {
	vendor, typ, system := d.Beliefs[tyto.Vendor].Value, d.Beliefs[tyto.Type].Value, d.Beliefs[tyto.OS].Value
	want, wider := strings.CutSuffix(p.typ, "*")
	if _, ok := fingerprint.TypeOf(want); !ok && want != "-" {
		return fmt.Errorf("there is no type %q", want)
	}
	right := want == "-" || typ == want || wider && fingerprint.IsA(want, typ)
	if (p.vendor != "-" && vendor != p.vendor) || !right || (p.os != "-" && system != p.os) {
		return fmt.Errorf("believed: %q %q %q; is %q %q %q; it said %q", vendor, typ, system, p.vendor, p.typ, p.os, p.says)
	}
	return nil
}
