package connect

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"tyto/frame"
	"tyto/outbound"
	"tyto/store"
)

// machine is a machine of GET /api/machines.
type machine struct {
	ID         string    `json:"id"`
	Name       string    `json:"computerDnsName"`
	First      time.Time `json:"firstSeen"`
	Last       time.Time `json:"lastSeen"`
	Platform   string    `json:"osPlatform"`
	Version    string    `json:"version"`
	Onboarding string    `json:"onboardingStatus"`
	Health     string    `json:"healthStatus"`
	Group      string    `json:"rbacGroupName"`
	Risk       string    `json:"riskScore"`
	Exposure   string    `json:"exposureLevel"`
	Directory  string    `json:"aadDeviceId"`
	Tags       []string  `json:"machineTags"`
	Value      string    `json:"deviceValue"`
	LastIP     string    `json:"lastIpAddress"`
	Addresses  []address `json:"ipAddresses"`
}

type address struct {
	IP     string `json:"ipAddress"`
	MAC    string `json:"macAddress"`
	Type   string `json:"type"`
	Status string `json:"operationalStatus"`
}

// overlap is how far before a cursor is read again: what Defender learns
// takes a while until its API tells it.
const overlap = time.Hour

// pullMachines brings the machines seen since the last time into the store.
func (d *defender) pullMachines(ctx context.Context) error {
	since, err := d.cursor(ctx, "machines")
	if err != nil {
		return err
	}
	path := "/api/machines"
	if !since.IsZero() {
		path += "?" + url.Values{"$filter": {"lastSeen gt " + since.Add(-overlap).UTC().Format(time.RFC3339)}}.Encode()
	}
	newest := since
	err = d.each(ctx, d.machines, d.URL, path, func(page []json.RawMessage) error {
		var all []store.Machine
		for _, text := range page {
			var m machine
			if json.Unmarshal(text, &m) != nil || !plainID(m.ID) {
				continue // one that cannot be read does not stop the others
			}
			was, _, err := d.deps.Memory.Machine(ctx, d.name, m.ID)
			if err != nil {
				return err
			}
			all = append(all, d.merge(was, &m))
			if m.Last.After(newest) {
				newest = m.Last
			}
		}
		return d.deps.Memory.PutMachines(ctx, all)
	})
	if err != nil {
		return fmt.Errorf("machines: %w", err)
	}
	return d.advance(ctx, "machines", newest)
}

// plainID reports whether an id is one as Defender makes them; it is put into
// addresses and queries.
func plainID(id string) bool {
	return id != "" && len(id) <= 128 && strings.Trim(id, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_") == ""
}

// maxField bounds what is kept of a text.
const maxField = 256

func field(s string) string { return strings.TrimSpace(outbound.OneLine(s, maxField)) }

// better is the fresh value, or the old one if the fresh one says nothing.
func better(fresh, old string) string {
	f := field(fresh)
	if f == "" || strings.EqualFold(f, "unknown") || strings.EqualFold(f, "other") {
		return old
	}
	return f
}

// The states of onboarding. The API and hunting write them differently.
const (
	onboarded      = "onboarded"
	canBeOnboarded = "can_be_onboarded"
	unsupported    = "unsupported"
	insufficient   = "insufficient_info"
)

func onboardingOf(fresh, old string) string {
	switch strings.ReplaceAll(strings.ToLower(field(fresh)), " ", "") {
	case "onboarded":
		return onboarded
	case "canbeonboarded":
		return canBeOnboarded
	case "unsupported":
		return unsupported
	case "insufficientinfo":
		return insufficient
	}
	return old
}

// merge is what was known of a machine, with what the API says.
func (d *defender) merge(m store.Machine, x *machine) store.Machine {
	m.Connector, m.ID = d.name, x.ID
	m.Name, m.Domain = nameOf(x.Name, m.Name, m.Domain)
	m.OS = better(osOf(x.Platform, x.Version), m.OS)
	m.Onboarding, m.Health = onboardingOf(x.Onboarding, m.Onboarding), better(x.Health, m.Health)
	m.Group, m.Risk, m.Exposure = better(x.Group, m.Group), better(x.Risk, m.Risk), better(x.Exposure, m.Exposure)
	m.Directory, m.Value = better(x.Directory, m.Directory), better(x.Value, m.Value)
	m.Tags = tagsOf(x.Tags)
	if !x.First.IsZero() && (m.First.IsZero() || x.First.Before(m.First)) {
		m.First = x.First.UTC()
	}
	if x.Last.After(m.Last) {
		m.Last = x.Last.UTC()
	}
	var adapters []store.Adapter
	for _, a := range x.Addresses {
		adapters = addAddress(adapters, a.MAC, a.IP)
	}
	if len(adapters) == 0 {
		adapters = addAddress(nil, "", x.LastIP)
	}
	if len(adapters) > 0 {
		m.Adapters = adapters
	}
	return m
}

// Bounds of what is kept of a machine.
const (
	maxAdapters = 32
	maxIPs      = 32
	maxTags     = 64
)

func tagsOf(tags []string) (all []string) {
	for _, t := range tags[:min(len(tags), maxTags)] {
		all = append(all, field(t))
	}
	return all
}

// addAddress adds an address to the adapter of a MAC; either may be missing.
func addAddress(all []store.Adapter, mac, ip string) []store.Adapter {
	mac, ip = macOf(mac), ipOf(ip)
	if mac == "" && ip == "" {
		return all
	}
	at := slices.IndexFunc(all, func(a store.Adapter) bool { return a.MAC == mac })
	if at < 0 {
		if len(all) >= maxAdapters {
			return all
		}
		at = len(all)
		all = append(all, store.Adapter{MAC: mac})
	}
	if ip != "" && !slices.Contains(all[at].IPs, ip) && len(all[at].IPs) < maxIPs {
		all[at].IPs = append(all[at].IPs, ip)
	}
	return all
}

// macOf is a MAC address as we write it, of one with or without separators;
// "" for what is none, or nobody's.
func macOf(s string) string {
	digits := strings.NewReplacer(":", "", "-", "", ".", "").Replace(strings.TrimSpace(s))
	if len(digits) != 12 {
		return ""
	}
	var b strings.Builder
	for i := 0; i < 12; i += 2 {
		if i > 0 {
			b.WriteByte(':')
		}
		b.WriteString(strings.ToLower(digits[i : i+2]))
	}
	m, ok := frame.ParseMAC([]byte(b.String()))
	if !ok || m.IsZero() || m.IsGroup() {
		return ""
	}
	return m.String()
}

// ipOf is an address as we write it, "" for what is none, or nobody's.
func ipOf(s string) string {
	var a frame.Addr
	if a.UnmarshalText([]byte(strings.TrimSpace(s))) != nil || a.IsZero() || a.IsUnspecified() || a.IsLoopback() || a.IsMulticast() {
		return ""
	}
	return a.String()
}

// nameOf splits a name into the host's and the domain's.
func nameOf(fresh, name, domain string) (string, string) {
	f := strings.TrimSuffix(field(fresh), ".")
	if f == "" || ipOf(f) != "" {
		return name, domain
	}
	host, rest, _ := strings.Cut(f, ".")
	return host, better(rest, domain)
}

// osOf is an operating system in words: "Windows11", "24H2" is Windows 11 24H2.
func osOf(platform, version string) string {
	p := field(platform)
	for _, w := range []string{"WindowsServer", "Windows"} {
		if rest, ok := strings.CutPrefix(p, w); ok && rest != "" {
			p = strings.Replace(w, "WindowsServer", "Windows Server", 1) + " " + rest
			break
		}
	}
	if v := field(version); p != "" && v != "" && !strings.EqualFold(v, "other") && !strings.Contains(p, v) {
		p += " " + v
	}
	return p
}
