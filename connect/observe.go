package connect

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"

	"tyto/frame"
	"tyto/store"
	"tyto/tyto"
)

// taxonomy is Defender's types of devices in ours.
var taxonomy = map[string]string{
	"workstation": "workstation", "server": "server", "mobile": "mobile_device", "smartphone": "mobile_phone", "tablet": "tablet", "laptop": "laptop", "desktop": "workstation",
	"printer": "printer", "camera": "ip_camera", "surveillance": "ip_camera", "gamingconsole": "game_console", "gaming console": "game_console", "smarttv": "smart_tv", "smart tv": "smart_tv",
	"networkdevice": "network_device", "network device": "network_device", "router": "router", "switch": "switch", "firewall": "firewall", "accesspoint": "wireless_ap",
	"access point": "wireless_ap", "voip phone": "voip_phone", "ip phone": "voip_phone", "plc": "plc", "hmi": "hmi_panel", "rtu": "rtu", "ups": "ups", "nas": "nas", "thermostat": "thermostat",
}

// categories is Defender's categories in ours.
var categories = map[string]string{"endpoint": "it", "networkdevice": "network", "network device": "network", "iot": "iot", "ot": "ot"}

// Onboarded reports whether a machine has Defender's agent on it.
func Onboarded(m *store.Machine) bool { return m.Onboarding == onboarded }

// observations is what a machine amounts to. What an agent on it says is
// confirmed; what Defender concluded from afar is a conclusion.
func (d *defender) observations(m *store.Machine, users map[string]int) (all []tyto.Event) {
	sure, seen := tyto.Confirmed, tyto.Stated
	if !Onboarded(m) {
		sure, seen = tyto.Inferred, tyto.Inferred
	}
	say := func(s tyto.Subject, a tyto.Attr, value, field string, c tyto.Confidence) {
		if value != "" {
			all = append(all, tyto.Event{Version: tyto.EventVersion, Sensor: d.name, Zone: m.Zone, Time: m.Last, Kind: tyto.KindObservation, Observation: &tyto.Observation{
				Subject: s, Attr: a, Value: value, Confidence: c, Evidence: tyto.Evidence{Sensor: d.name, Protocol: "defender", Field: field}}})
		}
	}
	facts := false
	for _, a := range m.Adapters {
		s, ok := d.subject(m, &a, users)
		if !ok {
			continue
		}
		say(s, tyto.Identity, "mde:"+m.ID, "machine.id", max(sure, tyto.Stated))
		if m.Directory != "" {
			say(s, tyto.Identity, "aad:"+m.Directory, "machine.aadDeviceId", max(sure, tyto.Stated))
		}
		if !s.MAC.IsZero() {
			for _, ip := range a.IPs {
				if d.zones.inside(m.Zone, ip) {
					say(s, tyto.Address, ip, "machine.ipAddresses", seen)
				}
			}
		}
		if facts { // once is enough: the identity keeps them together
			continue
		}
		facts = true
		say(s, tyto.Hostname, m.Name, "machine.computerDnsName", sure)
		say(s, tyto.Domain, m.Domain, "machine.computerDnsName", sure)
		say(s, tyto.OS, m.OS, "machine.osPlatform", sure)
		say(s, tyto.Vendor, m.Vendor, "DeviceInfo.Vendor", sure)
		say(s, tyto.Model, m.Model, "DeviceInfo.Model", sure)
		say(s, tyto.Serial, m.Serial, "DeviceInfo.AdditionalFields", sure)
		say(s, tyto.Type, taxonomy[strings.ToLower(m.Type)], "DeviceInfo.DeviceType", min(sure, tyto.Stated))
		say(s, tyto.Category, categories[strings.ToLower(m.Category)], "DeviceInfo.DeviceCategory", min(sure, tyto.Stated))
		say(s, tyto.Clue, m.Onboarding, "machine.onboardingStatus", tyto.Stated)
		say(s, tyto.Clue, m.Exposure, "machine.exposureLevel", tyto.Stated)
		say(s, tyto.Clue, m.Risk, "machine.riskScore", tyto.Stated)
	}
	return all
}

// subject is an adapter as an inventory knows it; ok is false for what may be
// another's: MAC addresses of several machines, addresses of other networks.
func (d *defender) subject(m *store.Machine, a *store.Adapter, users map[string]int) (s tyto.Subject, ok bool) {
	if a.MAC != "" {
		s.MAC, ok = frame.ParseMAC([]byte(a.MAC))
		return s, ok && users[a.MAC] < 2
	}
	for _, ip := range a.IPs {
		if d.zones.inside(m.Zone, ip) && s.Addr.UnmarshalText([]byte(ip)) == nil {
			return s, true
		}
	}
	return s, false
}

// printOf is the same while there is nothing new to tell of a machine.
func printOf(m *store.Machine) string {
	x := *m
	x.Print, x.Device, x.Heard, x.Tags, x.Value = "", "", false, nil, ""
	x.First, x.Last, x.Told = time.Time{}, time.Time{}, time.Time{}
	text, err := json.Marshal(&x)
	if err != nil {
		panic("connect: " + err.Error()) // text
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}
