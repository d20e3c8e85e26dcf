package storetest

import (
	"fmt"
	"strings"
	"time"

	"tyto/frame"
	"tyto/store"
	"tyto/tyto"
)

// Site is n devices as a large site has them, the same every time.
func Site(n int) []store.DeviceRecord {
	types := []struct{ category, typ, vendor, os string }{
		{"it", "workstation", "Dell", "Windows 11 23H2"}, {"it", "laptop", "Lenovo", "Windows 11 24H2"}, {"it", "server", "HPE", "Debian 12"},
		{"it", "printer", "Brother", ""}, {"it", "phone", "Apple", "iOS 18.1"}, {"iot", "ip_camera", "Axis", ""}, {"iot", "ip_camera", "Hikvision", ""},
		{"iot", "thermostat", "Honeywell", ""}, {"iot", "smart_tv", "Samsung", "Tizen 7"}, {"ot", "plc", "Siemens", ""}, {"ot", "plc", "Rockwell Automation", ""},
		{"ot", "hmi", "Schneider Electric", "Windows 10 LTSC"}, {"network", "switch", "Cisco", "IOS 15.2"}, {"network", "access_point", "Aruba", ""},
		{"medical", "infusion_pump", "B. Braun", ""}, {"unknown", "", "", ""},
	}
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	all := make([]store.DeviceRecord, n)
	for i := range all {
		x := types[i*7%len(types)]
		r := store.DeviceRow{ID: fmt.Sprintf("dev-%08x", i*2654435761%(1<<32)), Zone: "plant", Category: x.category, Type: x.typ, Vendor: x.vendor, OS: x.os,
			Model: fmt.Sprintf("%.3s-%d", x.vendor, i%40), Firmware: fmt.Sprintf("%d.%d", i%9, i%13), IP: frame.V4(10, byte(i>>16), byte(i>>8), byte(i)).String(),
			MAC: frame.MAC{0, 0x1b, byte(i % 61), byte(i >> 16), byte(i >> 8), byte(i)}.String(), NICVendor: x.vendor, Confidence: "stated", Sensor: "sensor-1",
			Protocols: []string{"arp", "dns", "tls"}, First: start.Add(time.Duration(i*7919%8_000_000) * time.Second),
			Last: start.Add(time.Duration(8_000_000+i*104729%900_000) * time.Second), Packets: uint64(i * 31 % 100_003), Bytes: uint64(i*6151%100_000_007) * 10}
		if i%4 != 0 {
			r.Hostname = fmt.Sprintf("%s-%05d.plant.example", strings.ReplaceAll(r.Type, "_", ""), i)
		}
		if i%500 == 0 {
			r.Roles = []string{"router"}
		}
		r.IPs = []string{r.IP, fmt.Sprintf("fe80::21b:%x:%x", i>>16, i&0xffff)}
		text := strings.ToLower(strings.Join(append([]string{r.Hostname, r.MAC, r.Vendor, r.Model, r.Type, r.OS}, r.IPs...), "\n"))
		claim := tyto.Claim{Attr: tyto.Vendor, Value: r.Vendor, Confidence: tyto.Stated, First: r.First, Last: r.Last, Evidence: tyto.Evidence{Protocol: "dhcp", Field: "dhcp.option.vendor_class_id"}}
		all[i] = store.DeviceRecord{Row: r, Text: text, Device: tyto.Device{ID: r.ID, Evidence: []tyto.Claim{claim, claim, claim, claim}}}
	}
	return all
}

// DeviceLists is what people ask of a list: every order, both ways, filters, text,
// the first page and a late one.
func DeviceLists(total int) map[string]store.DeviceQuery {
	first := store.Window{Limit: 100}
	all := map[string]store.DeviceQuery{
		"filter=category":             {Window: first, Category: []string{"ot"}},
		"filter=vendor":               {Window: store.Window{Sort: "hostname", Limit: 100}, Vendor: []string{"B. Braun"}},
		"filter=type,os":              {Window: store.Window{Sort: "ip", Limit: 100}, Type: []string{"workstation"}, OS: []string{"Windows 11 23H2"}},
		"filter=role":                 {Window: store.Window{Sort: "bytes", Desc: true, Limit: 100}, Role: []string{"router"}},
		"filter=category/late page":   {Window: store.Window{Sort: "vendor", Limit: 100, Offset: total / 8}, Category: []string{"it"}},
		"search=every":                {Window: first, Text: "10."},
		"search=many":                 {Window: store.Window{Sort: "hostname", Limit: 100}, Text: "camera"},
		"search=one":                  {Window: first, Text: fmt.Sprintf("-%05d.plant", total/2+1)},
		"search=none":                 {Window: first, Text: "no such thing"},
		"search=letter":               {Window: store.Window{Sort: "model", Limit: 100}, Text: "x"},
		"search=words,filter=vendor":  {Window: store.Window{Sort: "ip", Desc: true, Limit: 500}, Text: "plant axis", Category: []string{"iot"}},
		"search=address,sort=reverse": {Window: store.Window{Sort: "last_seen", Limit: 100}, Text: "10.0.1."},
	}
	for _, sort := range store.DeviceSorts {
		for _, desc := range []bool{false, true} {
			w := store.Window{Sort: sort, Desc: desc, Limit: 100}
			all[fmt.Sprintf("sort=%s,desc=%v", sort, desc)] = store.DeviceQuery{Window: w}
			w.Offset = total * 9 / 10
			all[fmt.Sprintf("sort=%s,desc=%v,late page", sort, desc)] = store.DeviceQuery{Window: w}
			w.Offset = total/2 - 50
			all[fmt.Sprintf("sort=%s,desc=%v,middle page", sort, desc)] = store.DeviceQuery{Window: w}
		}
	}
	return all
}

// Talks is n conversations among devices of a Site.
func Talks(n int) []store.Conversation {
	all := make([]store.Conversation, n)
	devices := Site(1000)
	for i := range all {
		client, server := &devices[i%1000].Row, &devices[i*7%1000].Row
		c := &all[i]
		c.Zone, c.Scope, c.ClientDevice, c.ServerDevice = "plant", store.ScopeLAN, client.ID, server.ID
		c.Client, c.Server = tyto.Subject{Addr: frame.V4(10, 0, byte(i%1000>>8), byte(i%1000))}, tyto.Subject{Addr: frame.V4(10, 0, byte(i*7%1000>>8), byte(i*7%1000))}
		c.Transport, c.Port, c.Protocol = "tcp", uint16(i/1000+1), []string{"tls", "modbus", "dns", "http"}[i%4]
		if i%3 == 0 {
			c.Server.Addr, c.ServerDevice, c.Scope, c.ServerName = frame.V4(9, byte(i>>16), byte(i>>8), byte(i)), "", store.ScopeInternet, fmt.Sprintf("www%d.example.com", i%5000)
		}
		c.First = time.Date(2026, 1, 1, 0, 0, i, 0, time.UTC)
		c.Last = c.First.Add(time.Minute)
		c.Packets, c.Bytes, c.Operations = [2]uint64{uint64(i % 977), 3}, [2]uint64{uint64(i * 37 % 100_003), 4}, map[string]uint64{"read": 1}
	}
	return all
}

// ConversationLists is what people ask of conversations.
func ConversationLists() map[string]store.ConversationQuery {
	window := store.Window{Limit: 100}
	lists := map[string]store.ConversationQuery{
		"filter=device":   {Window: window, Device: "dev-00000000"},
		"filter=protocol": {Window: window, Protocol: []string{"modbus"}},
		"filter=scope":    {Window: store.Window{Sort: "bytes", Desc: true, Limit: 100}, Scope: []string{"internet"}},
		"search=every":    {Window: window, Text: "10.0."},
		"search=some":     {Window: window, Text: "www77.example"},
		"search=name":     {Window: window, Text: "plc-"},
		"search=short":    {Window: window, Text: "ww"},
		"late page":       {Window: store.Window{Sort: "server", Limit: 100, Offset: 90_000}},
	}
	for _, sort := range store.ConversationSorts {
		lists["sort="+sort] = store.ConversationQuery{Window: store.Window{Sort: sort, Desc: true, Limit: 100}}
	}
	return lists
}
