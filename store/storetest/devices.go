package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tyto/frame"
	"tyto/store"
	"tyto/tyto"
)

// device is the i-th of devices that differ in everything.
func device(i int) store.DeviceRecord {
	category := []string{"it", "iot", "ot"}[i%3]
	row := store.DeviceRow{
		ID: fmt.Sprintf("d%04d", i), Zone: "z", Category: category, Type: category + "_thing", Vendor: []string{"Alpha", "beta", "Gamma", ""}[i%4],
		Model: fmt.Sprintf("M-%d", i%7), OS: []string{"", "Linux"}[i%2], Hostname: fmt.Sprintf("host-%d.example", i), Confidence: "stated",
		IP: fmt.Sprintf("10.0.%d.%d", i/250, i%250+1), MAC: fmt.Sprintf("02:00:00:00:%02x:%02x", i>>8, i&255),
		First: epoch.Add(time.Duration(i) * time.Minute), Last: epoch.Add(time.Duration(1000-i) * time.Minute),
		Packets: uint64(i), Bytes: uint64(i * i % 97), Sensor: "s1", Protocols: []string{"arp", "dns"},
	}
	if i%5 == 0 {
		row.Hostname, row.Roles = "", []string{"router", "dns server"}
	}
	row.IPs = []string{row.IP, "fe80::1"}
	return store.DeviceRecord{Row: row, Text: strings.ToLower(strings.Join([]string{row.Hostname, row.IP, row.MAC, row.Vendor, row.Model, row.Type}, "\n")),
		Device: whole(&row)}
}

func whole(r *store.DeviceRow) tyto.Device {
	claim := tyto.Claim{Attr: tyto.Type, Value: r.Type, Confidence: tyto.Stated, First: r.First, Last: r.Last,
		Evidence: tyto.Evidence{Sensor: "s1", Protocol: "mdns", Field: "dns.txt", Packet: 17}}
	mac, _ := frame.ParseMAC([]byte(r.MAC))
	return tyto.Device{ID: r.ID, Zone: r.Zone, First: r.First, Last: r.Last, Packets: r.Packets, Bytes: r.Bytes,
		Interfaces: []tyto.Interface{{MAC: mac}}, Beliefs: map[tyto.Attr]tyto.Belief{tyto.Type: {Claim: claim}},
		Evidence: slices.Repeat([]tyto.Claim{claim}, len(r.ID)%3+1)}
}

func put(t testing.TB, s store.Store, n int) (all []store.DeviceRecord) {
	t.Helper()
	for i := range n {
		all = append(all, device(i))
	}
	must(t, s.Write(ctx, store.Change{Zone: "z", Devices: all}))
	return all
}

func list(t testing.TB, s store.Store, q store.DeviceQuery) store.Page[store.DeviceRow] {
	t.Helper()
	if q.Limit == 0 {
		q.Limit = 500
	}
	return get[store.Page[store.DeviceRow]](t)(s.Devices(ctx, q))
}

func ids(rows []store.DeviceRow) (ids []string) {
	for _, r := range rows {
		ids = append(ids, r.ID)
	}
	return ids
}

func testDevices(t *testing.T, p Place) {
	s := p(t)
	if got := list(t, s, store.DeviceQuery{}); got.Total != 0 || len(got.Items) != 0 {
		t.Errorf("an empty store lists %v", got)
	}
	d := device(3)
	must(t, s.Write(ctx, store.Change{Zone: "z", Devices: []store.DeviceRecord{d}}))
	row, full, err := s.Device(ctx, d.Row.ID)
	must(t, err)
	if diff := cmp.Diff(d.Row, row) + cmp.Diff(d.Device, full); diff != "" {
		t.Error(diff)
	}
	d.Row.Vendor, d.Row.Last, d.Row.IPs, d.Row.IP = "Delta", epoch.Add(time.Hour), nil, ""
	d.Device.Evidence = slices.Repeat(d.Device.Evidence, 200)
	must(t, s.Write(ctx, store.Change{Zone: "z", Devices: []store.DeviceRecord{d}}))
	row, full, err = s.Device(ctx, d.Row.ID)
	must(t, err)
	if diff := cmp.Diff(d.Row, row) + cmp.Diff(d.Device, full); diff != "" {
		t.Error(diff)
	}
	if got := list(t, s, store.DeviceQuery{}); got.Total != 1 || got.Facets["vendor"][0] != (store.Count{Key: "Delta", Count: 1}) || len(got.Facets["vendor"]) != 1 {
		t.Errorf("after a change: %v", got)
	}
	if _, _, err := s.Device(ctx, "nobody"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("an unknown id: %v, want ErrNotFound", err)
	}
}

func testFilters(t *testing.T, p Place) {
	s := p(t)
	put(t, s, 60)
	for _, q := range []struct {
		name  string
		query store.DeviceQuery
		want  func(r store.DeviceRow) bool
	}{
		{"category", store.DeviceQuery{Category: []string{"ot"}}, func(r store.DeviceRow) bool { return r.Category == "ot" }},
		{"two categories", store.DeviceQuery{Category: []string{"ot", "it"}}, func(r store.DeviceRow) bool { return r.Category != "iot" }},
		{"type and vendor", store.DeviceQuery{Type: []string{"ot_thing"}, Vendor: []string{"beta"}}, func(r store.DeviceRow) bool { return r.Category == "ot" && r.Vendor == "beta" }},
		{"os", store.DeviceQuery{OS: []string{"Linux"}}, func(r store.DeviceRow) bool { return r.OS == "Linux" }},
		{"role", store.DeviceQuery{Role: []string{"router"}}, func(r store.DeviceRow) bool { return len(r.Roles) > 0 }},
		{"role and category", store.DeviceQuery{Role: []string{"dns server"}, Category: []string{"iot"}}, func(r store.DeviceRow) bool { return len(r.Roles) > 0 && r.Category == "iot" }},
		{"zone", store.DeviceQuery{Zone: []string{"elsewhere"}}, func(store.DeviceRow) bool { return false }},
	} {
		want := map[string]bool{}
		for i := range 60 {
			if r := device(i).Row; q.want(r) {
				want[r.ID] = true
			}
		}
		got := list(t, s, q.query)
		if int(got.Total) != len(want) || len(got.Items) != len(want) {
			t.Errorf("%s: %d of %d devices, want %d", q.name, len(got.Items), got.Total, len(want))
		}
		for _, r := range got.Items {
			if !want[r.ID] {
				t.Errorf("%s: %s is listed", q.name, r.ID)
			}
		}
	}
	got := list(t, s, store.DeviceQuery{Category: []string{"ot"}, Vendor: []string{"beta"}})
	if len(got.Facets["category"]) != 3 || len(got.Facets["vendor"]) != 3 || len(got.Facets["type"]) != 1 {
		t.Errorf("facets must ignore their own filter and no other: %v", got.Facets)
	}
}

func testSorts(t *testing.T, p Place) {
	s := p(t)
	all := put(t, s, 60)
	text := map[string]func(r store.DeviceRow) string{
		"hostname": func(r store.DeviceRow) string { return r.Hostname }, "vendor": func(r store.DeviceRow) string { return r.Vendor },
		"model": func(r store.DeviceRow) string { return r.Model }, "os": func(r store.DeviceRow) string { return r.OS },
		"type": func(r store.DeviceRow) string { return r.Type },
		"ip": func(r store.DeviceRow) string {
			var a frame.Addr
			_ = a.UnmarshalText([]byte(r.IP))
			return string(a[:])
		},
		"last_seen":  func(r store.DeviceRow) string { return r.Last.Format(time.RFC3339) },
		"first_seen": func(r store.DeviceRow) string { return r.First.Format(time.RFC3339) },
		"packets":    func(r store.DeviceRow) string { return fmt.Sprintf("%20d", r.Packets) },
		"bytes":      func(r store.DeviceRow) string { return fmt.Sprintf("%20d", r.Bytes) },
	}
	for _, column := range store.DeviceSorts {
		for _, desc := range []bool{false, true} {
			q := store.DeviceQuery{Window: store.Window{Sort: column, Desc: desc}}
			checkOrder(t, fmt.Sprintf("%s desc=%v", column, desc), list(t, s, q).Items, text[column], desc)
			q.Category = []string{"iot"}
			checkOrder(t, fmt.Sprintf("%s desc=%v filtered", column, desc), list(t, s, q).Items, text[column], desc)
			checkPages(t, s, q, len(all)/3)
			q.Category = nil
			checkPages(t, s, q, len(all))
		}
	}
	if _, err := s.Devices(ctx, store.DeviceQuery{Window: store.Window{Sort: "n; DROP TABLE device", Limit: 1}}); err == nil {
		t.Error("any text is taken for a column")
	}
}

func checkOrder(t *testing.T, name string, rows []store.DeviceRow, key func(store.DeviceRow) string, desc bool) {
	t.Helper()
	for i := 1; i < len(rows); i++ {
		a, b := strings.ToLower(key(rows[i-1])), strings.ToLower(key(rows[i]))
		if a == "" && b != "" {
			t.Errorf("%s: unknown values do not come last", name)
			return
		}
		if b != "" && (desc && a < b || !desc && a > b) {
			t.Errorf("%s: %q comes before %q", name, a, b)
			return
		}
	}
}

// checkPages compares pages, joined, and the export with the whole list.
func checkPages(t *testing.T, s store.Store, q store.DeviceQuery, n int) {
	t.Helper()
	whole := ids(list(t, s, q).Items)
	var joined, exported []string
	q.Limit = 7
	for q.Offset = 0; q.Offset < n; q.Offset += q.Limit {
		joined = append(joined, ids(list(t, s, q).Items)...)
	}
	must(t, s.EachDevice(ctx, q, func(r store.DeviceRow) error { exported = append(exported, r.ID); return nil }))
	if len(whole) != n || !slices.Equal(whole, joined) || !slices.Equal(whole, exported) {
		t.Errorf("sort %q desc=%v: %d devices, pages %v, export %v, want %d: %v", q.Sort, q.Desc, len(whole), joined, exported, n, whole)
	}
}

func testSearch(t *testing.T, p Place) {
	s := p(t)
	put(t, s, 300)
	for text, want := range map[string]int{
		"host-17.":          1,
		"HOST-17.":          1,
		"10.0.1.":           50,
		"02:00:00:00:01:02": 1,
		"0200.0000.0102":    1,
		"02-00-00-00-01-02": 1,
		"alpha iot_thing":   25,
		"be":                76, // with one MAC address
		"%":                 0,
		"_":                 300, // every type has one
		`"`:                 0,
		"nothing like it":   0,
		"":                  300,
	} {
		if got := list(t, s, store.DeviceQuery{Text: text}); int(got.Total) != want || len(got.Items) != want {
			t.Errorf("%q finds %d of %d, want %d", text, len(got.Items), got.Total, want)
		}
	}
}

func testGone(t *testing.T, p Place) {
	s := p(t)
	put(t, s, 10)
	must(t, s.Write(ctx, store.Change{Zone: "elsewhere", Gone: []string{"d0001"}}))
	must(t, s.Write(ctx, store.Change{Zone: "z", Gone: []string{"d0002", "d0003", "nobody"}}))
	for range 2 { // and after a start
		got := list(t, s, store.DeviceQuery{Window: store.Window{Sort: "first_seen"}})
		if d := cmp.Diff([]string{"d0000", "d0001", "d0004", "d0005", "d0006", "d0007", "d0008", "d0009"}, ids(got.Items)); d != "" || got.Total != 8 {
			t.Errorf("total %d: %s", got.Total, d)
		}
		if n := len(get[[]string](t)(s.DeviceIDs(ctx, "z"))); n != 8 {
			t.Errorf("%d devices of the zone by their ids", n)
		}
		if n := get[uint64](t)(s.CountDevices(ctx)); n != 8 {
			t.Errorf("%d devices are counted", n)
		}
		if _, _, err := s.Device(ctx, "d0002"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("d0002: %v", err)
		}
		s = p(t)
	}
}

func testDevicesSurvive(t *testing.T, p Place) {
	s := p(t)
	put(t, s, 40)
	before := list(t, s, store.DeviceQuery{Text: "host"})
	totals := get[store.DeviceTotals](t)(s.DeviceTotals(ctx))
	s = p(t)
	if d := cmp.Diff(before, list(t, s, store.DeviceQuery{Text: "host"})); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(totals, get[store.DeviceTotals](t)(s.DeviceTotals(ctx))); d != "" || totals.Total != 40 || !totals.Newest.Equal(epoch.Add(1000*time.Minute)) || totals.NewDay != 40 {
		t.Errorf("%+v\n%s", totals, d)
	}
	first := get[[]store.DeviceRow](t)(s.FirstDevices(ctx, "packets", 3))
	if d := cmp.Diff([]string{"d0039", "d0038", "d0037"}, ids(first)); d != "" {
		t.Error(d)
	}
}

// testOnLink finds addresses by the zones that have them on a link.
func testOnLink(t *testing.T, p Place) {
	s := p(t)
	devices := []store.DeviceRecord{device(1), device(2), device(3)}
	devices[1].Row.MAC = "" // behind a router
	devices[2].Row.Zone = "y"
	must(t, s.Write(ctx, store.Change{Zone: "z", Devices: devices[:2]}))
	must(t, s.Write(ctx, store.Change{Zone: "y", Devices: devices[2:]}))
	addrs := make([]frame.Addr, 3)
	for i := range devices {
		must(t, addrs[i].UnmarshalText([]byte(devices[i].Row.IP)))
	}
	s = p(t)
	for _, x := range []struct {
		zones []string
		want  []frame.Addr
	}{{[]string{"z"}, addrs[:1]}, {[]string{"y"}, addrs[2:]}, {[]string{"x", "y", "z"}, []frame.Addr{addrs[0], addrs[2]}}, {[]string{"x"}, nil}, {nil, nil}} {
		got := get[[]frame.Addr](t)(s.OnLink(ctx, x.zones, append(addrs, frame.V4(9, 9, 9, 9))))
		slices.SortFunc(got, func(a, b frame.Addr) int { return bytes.Compare(a[:], b[:]) })
		if !slices.Equal(got, x.want) {
			t.Errorf("of %v: %v, want %v", x.zones, got, x.want)
		}
	}
}

// testManyPages compares pages of many devices, from the front and from the
// back, with all of them in one go.
func testManyPages(t *testing.T, p Place) {
	s := p(t)
	must(t, s.Write(ctx, store.Change{Zone: "plant", Devices: Site(4000)}))
	for _, q := range []store.DeviceQuery{
		{Category: []string{"it", "iot"}, Window: store.Window{Sort: "vendor", Desc: true}}, {Window: store.Window{Sort: "os"}},
	} {
		var want, got []string
		must(t, s.EachDevice(ctx, q, func(r store.DeviceRow) error { want = append(want, r.ID); return nil }))
		for q.Limit = 700; q.Offset < len(want)+q.Limit; q.Offset += q.Limit {
			for _, r := range list(t, s, q).Items {
				got = append(got, r.ID)
			}
		}
		if len(want) < 2000 || !slices.Equal(got, want) {
			t.Errorf("by %s: %d devices in pages, %d in all, or another order", q.Sort, len(got), len(want))
		}
	}
}
