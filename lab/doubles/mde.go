package doubles

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// An MDEDouble is a double of the API of Microsoft Defender for Endpoint.
type MDEDouble struct {
	Double
	PageSize   int // of machines; 10,000 is the API's
	RowLimit   int // of a query
	machines   []map[string]any
	rows       []map[string]any // of DeviceInfo joined with DeviceNetworkInfo
	indicators map[string]map[string]any
}

// MDE is a double of Microsoft's sign-in and of Defender for Endpoint's API:
// machines (pages, $filter on lastSeen, 100 calls a minute and 1,500 an hour,
// 404 without any), their tags and value, advanced hunting (known tables and
// columns only, 45 calls a minute, a limit of rows), and indicators (types,
// actions, no networks, 15,000).
func MDE() *MDEDouble {
	d := &MDEDouble{Double: newDouble(), PageSize: 10_000, RowLimit: 10_000, indicators: map[string]map[string]any{}}
	d.serve = d.route
	return d
}

// PutMachine adds a machine, or replaces the one of its id.
func (d *MDEDouble) PutMachine(m map[string]any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range d.machines {
		if d.machines[i]["id"] == m["id"] {
			d.machines[i] = m
			return
		}
	}
	d.machines = append(d.machines, m)
}

// PutRow adds a row that hunting gives, or replaces the one of its DeviceId.
func (d *MDEDouble) PutRow(row map[string]any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range d.rows {
		if d.rows[i]["DeviceId"] == row["DeviceId"] {
			d.rows[i] = row
			return
		}
	}
	d.rows = append(d.rows, row)
}

// Machine is a machine as it is now.
func (d *MDEDouble) Machine(id string) map[string]any {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, m := range d.machines {
		if m["id"] == id {
			return m
		}
	}
	return nil
}

// Indicators is the values of the indicators, with their actions.
func (d *MDEDouble) Indicators() map[string]string {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := map[string]string{}
	for k, v := range d.indicators {
		out[k] = fmt.Sprint(v["action"])
	}
	return out
}

func (d *MDEDouble) route(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == loginPath {
		d.login(w, r, "mde", microsoft("https://api.securitycenter.microsoft.com"))
		return
	}
	if !d.allowed(w, r, "mde") {
		return
	}
	switch machine, action, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/api/machines/"), "/"); {
	case r.URL.Path == "/api/machines" && r.Method == http.MethodGet:
		if d.within(w, "machines", 100, 1500) {
			d.list(w, r)
		}
	case r.URL.Path == "/api/advancedqueries/run" && r.Method == http.MethodPost:
		if d.within(w, "hunting", 45, 1500) {
			d.hunt(w, r)
		}
	case r.URL.Path == "/api/indicators" && r.Method == http.MethodPost:
		if d.within(w, "indicators", 100, 1500) {
			d.indicate(w, r)
		}
	case (action == "tags" || action == "setDeviceValue") && r.Method == http.MethodPost:
		if d.within(w, "tags", 100, 1500) {
			d.change(w, r, machine, action)
		}
	default:
		refuse(w, http.StatusNotFound, "ResourceNotFound", r.URL.Path)
	}
}

var seenSince = regexp.MustCompile(`^lastSeen g[te] (\S+)$`)

func (d *MDEDouble) list(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	skip, _ := strconv.Atoi(q.Get("$skip"))
	var since time.Time
	if f := q.Get("$filter"); f != "" {
		m := seenSince.FindStringSubmatch(f)
		if m == nil {
			refuse(w, http.StatusBadRequest, "BadRequest", "Invalid filter "+f)
			return
		}
		var err error
		if since, err = time.Parse(time.RFC3339, m[1]); err != nil {
			refuse(w, http.StatusBadRequest, "BadRequest", err.Error())
			return
		}
	}
	d.mu.Lock()
	var found []map[string]any
	for _, m := range d.machines {
		at, _ := time.Parse(time.RFC3339Nano, fmt.Sprint(m["lastSeen"]))
		if at.After(since) {
			found = append(found, m)
		}
	}
	page := found[min(skip, len(found)):min(len(found), skip+d.PageSize)]
	text, _ := json.Marshal(page)
	d.mu.Unlock()
	if len(page) == 0 {
		refuse(w, http.StatusNotFound, "ResourceNotFound", "No machines")
		return
	}
	out := map[string]any{"@odata.context": "…/$metadata#Machines", "value": json.RawMessage(text)}
	if skip+d.PageSize < len(found) {
		q.Set("$skip", fmt.Sprint(skip+d.PageSize))
		next := url.URL{Scheme: "http", Host: r.Host, Path: r.URL.Path, RawQuery: q.Encode()}
		out["@odata.nextLink"] = next.String()
	}
	answer(w, http.StatusOK, out)
}

// Columns of the tables that hunting has, as documented.
var hunting = map[string][]string{
	"DeviceInfo": {"Timestamp", "DeviceId", "DeviceName", "ClientVersion", "PublicIP", "OSArchitecture", "OSPlatform", "OSBuild", "IsAzureADJoined", "AadDeviceId", "LoggedOnUsers",
		"RegistryDeviceTag", "OSVersion", "MachineGroup", "ReportId", "OnboardingStatus", "AdditionalFields", "DeviceCategory", "DeviceType", "DeviceSubtype", "Model", "Vendor",
		"OSDistribution", "OSVersionInfo", "MergedDeviceIds", "MergedToDeviceId", "SensorHealthState", "IsExcluded", "ExclusionReason", "AssetValue", "ExposureLevel",
		"IsInternetFacing", "DeviceManualTags", "DeviceDynamicTags", "Site"},
	"DeviceNetworkInfo": {"Timestamp", "DeviceId", "DeviceName", "NetworkAdapterName", "MacAddress", "NetworkAdapterType", "NetworkAdapterStatus", "TunnelType", "ConnectedNetworks",
		"DnsAddresses", "IPv4Dhcp", "IPv6Dhcp", "DefaultGateways", "IPAddresses", "ReportId", "NetworkAdapterVendor"},
}

var (
	kqlString = regexp.MustCompile(`"[^"\\]*"`)
	kqlWord   = regexp.MustCompile(`\b[A-Z][A-Za-z]+\b`)
	kqlSince  = regexp.MustCompile(`let since = datetime\(([^)]+)\);`)
	kqlAfter  = regexp.MustCompile(`strcmp\(DeviceId, "([0-9A-Za-z-]*)"\) > 0`)
	kqlTake   = regexp.MustCompile(`\| take (\d+)\s*$`)
)

// hunt answers the query that connectors ask: rows since a time, after an id,
// in the order of ids. Words that are no table or column of the documentation,
// nor a name that the query gives itself, are refused as the service does.
func (d *MDEDouble) hunt(w http.ResponseWriter, r *http.Request) {
	var q struct{ Query string }
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
		refuse(w, http.StatusBadRequest, "BadRequest", err.Error())
		return
	}
	known := append(append([]string{"DeviceInfo", "DeviceNetworkInfo"}, hunting["DeviceInfo"]...), hunting["DeviceNetworkInfo"]...)
	for _, word := range kqlWord.FindAllString(kqlString.ReplaceAllString(q.Query, `""`), -1) {
		if !slices.Contains(known, word) && !strings.Contains(q.Query, word+" =") && !strings.Contains(q.Query, word+"=") {
			refuse(w, http.StatusBadRequest, "BadRequest", "'where' operator: Failed to resolve column or scalar expression named '"+word+"'")
			return
		}
	}
	since, after, take := kqlSince.FindStringSubmatch(q.Query), kqlAfter.FindStringSubmatch(q.Query), kqlTake.FindStringSubmatch(q.Query)
	if since == nil || take == nil {
		refuse(w, http.StatusBadRequest, "BadRequest", "Syntax error")
		return
	}
	from, err := time.Parse(time.RFC3339, since[1])
	if err != nil || d.Clock().Sub(from) > 31*24*time.Hour {
		refuse(w, http.StatusBadRequest, "BadRequest", "the query looks further back than 30 days")
		return
	}
	most, _ := strconv.Atoi(take[1])
	d.mu.Lock()
	rows := []map[string]any{}
	for _, row := range d.rows {
		at, _ := time.Parse(time.RFC3339Nano, fmt.Sprint(row["Timestamp"]))
		if at.After(from) && (after == nil || fmt.Sprint(row["DeviceId"]) > after[1]) {
			rows = append(rows, row)
		}
	}
	d.mu.Unlock()
	slices.SortFunc(rows, func(a, b map[string]any) int {
		return strings.Compare(fmt.Sprint(a["DeviceId"]), fmt.Sprint(b["DeviceId"]))
	})
	answer(w, http.StatusOK, map[string]any{"Stats": map[string]any{}, "Schema": []any{}, "Results": rows[:min(len(rows), most, d.RowLimit)]})
}

func (d *MDEDouble) change(w http.ResponseWriter, r *http.Request, id, action string) {
	var q map[string]string
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil || r.Header.Get("Content-Type") != "application/json" {
		refuse(w, http.StatusBadRequest, "BadRequest", fmt.Sprint(err))
		return
	}
	m := d.Machine(id)
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case m == nil:
		refuse(w, http.StatusNotFound, "ResourceNotFound", "Machine "+id+" was not found")
		return
	case action == "setDeviceValue" && slices.Contains([]string{"Normal", "Low", "High"}, q["DeviceValue"]):
		m["deviceValue"] = q["DeviceValue"]
		d.got = append(d.got, id+" value "+q["DeviceValue"])
	case action == "tags" && (q["Action"] == "Add" || q["Action"] == "Remove") && q["Value"] != "" && len(q["Value"]) <= 200:
		tags, _ := m["machineTags"].([]string)
		tags = slices.DeleteFunc(slices.Clone(tags), func(t string) bool { return t == q["Value"] })
		if q["Action"] == "Add" {
			tags = append(tags, q["Value"])
		}
		m["machineTags"] = tags
		d.got = append(d.got, id+" "+q["Action"]+" "+q["Value"])
	default:
		refuse(w, http.StatusBadRequest, "BadRequest", "Invalid request body")
		return
	}
	answer(w, http.StatusOK, m)
}

func (d *MDEDouble) indicate(w http.ResponseWriter, r *http.Request) {
	var q map[string]any
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil || r.Header.Get("Content-Type") != "application/json" {
		refuse(w, http.StatusBadRequest, "InvalidBody", fmt.Sprint(err))
		return
	}
	text := func(key string) string { s, _ := q[key].(string); return s }
	value, bad := text("indicatorValue"), ""
	switch text("indicatorType") {
	case "IpAddress":
		if a, err := netip.ParseAddr(value); err != nil || a.IsPrivate() || a.IsLoopback() || a.IsMulticast() {
			bad = "indicatorValue is no address of the internet"
		}
	case "DomainName":
		if !regexp.MustCompile(`^([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$`).MatchString(value) {
			bad = "indicatorValue is no domain"
		}
	default:
		bad = "indicatorType"
	}
	if !slices.Contains([]string{"Allowed", "Audit", "Warn", "Block", "Alert", "AlertAndBlock"}, text("action")) || text("action") == "Audit" && q["generateAlert"] != true {
		bad = "action"
	}
	if text("title") == "" || len([]rune(text("title"))) > 200 || text("description") == "" || !slices.Contains([]string{"", "Informational", "Low", "Medium", "High"}, text("severity")) {
		bad = "title, description or severity"
	}
	if at, err := time.Parse(time.RFC3339, text("expirationTime")); err != nil || !at.After(d.Clock()) {
		bad = "expirationTime"
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.indicators) >= 15_000 && d.indicators[value] == nil {
		bad = "Max capacity of 15000 indicators was reached"
	}
	if bad != "" {
		refuse(w, http.StatusBadRequest, "InvalidInput", bad)
		return
	}
	d.indicators[value] = q
	d.got = append(d.got, value)
	answer(w, http.StatusOK, q)
}
