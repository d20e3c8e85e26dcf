package inventory_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tyto/capture"
	"tyto/inventory"
	"tyto/proto"
	"tyto/sensor"
	"tyto/tyto"
)

// placeless are roles in industrial protocols that say nothing of where a device stands.
var placeless = map[string]string{
	"ocpp central system": "a service, mostly of the internet",
	"doip tester":         "a laptop in a workshop",
	"speedwire manager":   "of homes, too",
	"fox client":          "a browser or a program on a computer: the protocol says which system it runs",
}

// TestIndustrial holds what becomes of devices that speak one industrial protocol and
// nothing else: who has a role in it is OT or has a type, and has a Purdue level with its
// reason. The golden file says which, for a person to judge.
func TestIndustrial(t *testing.T) {
	known, err := inventory.Standard()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, d := range proto.All() {
		if !d.Industrial {
			continue
		}
		fmt.Fprintf(&b, "%s\n", d.Name)
		for x := range speakers(t, known, d.Name) {
			roles := rolesIn(x, d.Name)
			if len(roles) == 0 {
				continue
			}
			level := x.Beliefs[tyto.Purdue]
			category, kind := x.Value(tyto.Category), x.Value(tyto.Type)
			fmt.Fprintf(&b, "\t%s: %s, %s, level %s by %s\n", strings.Join(roles, " + "), category, kind, level.Value, level.Evidence.Field)
			if slices.ContainsFunc(roles, func(r string) bool { return placeless[r] != "" }) {
				continue
			}
			if category == "unknown" || level.Value == "" || level.Evidence.Field == "" {
				t.Errorf("%s: %v is of category %q, type %q, level %q by %q", d.Name, roles, category, kind, level.Value, level.Evidence.Field)
			}
		}
	}
	const golden = "testdata/industrial.golden"
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil || b.String() != string(want) {
		t.Errorf("devices differ from %s (%v); if that is meant, run UPDATE=1 go test ./inventory -run TestIndustrial", golden, err)
	}
}

// speakers is the devices of the capture that is generated for a protocol.
func speakers(t *testing.T, known inventory.Config, protocol string) func(func(*tyto.Device) bool) {
	t.Helper()
	path := filepath.Join("..", "proto", "testdata", protocol, "generated.pcap")
	source, err := capture.OpenFiles([]string{path}, capture.Options{})
	if err != nil {
		t.Fatalf("%v; each industrial protocol is to have traffic of its own alone", err)
	}
	defer source.Close()
	devices := inventory.New("z", known)
	err = sensor.New(sensor.DefaultConfig(), source).Run(context.Background(), func(events []tyto.Event) error {
		for i := range events {
			devices.Learn(&events[i])
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return devices.All()
}

// rolesIn is the roles that a device has in a protocol.
func rolesIn(d *tyto.Device, protocol string) (roles []string) {
	for _, x := range d.Evidence {
		if x.Attr == tyto.Role && x.Evidence.Protocol == protocol && !slices.Contains(roles, x.Value) {
			roles = append(roles, x.Value)
		}
	}
	slices.Sort(roles)
	return roles
}
