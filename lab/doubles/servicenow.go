package doubles

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// What the double of ServiceNow knows.
const (
	SnowUser     = "tyto.integration"
	SnowPassword = "p4ss w0rd!"
	SnowClient   = "0123456789abcdef0123456789abcdef"
	SnowSecret   = "s3cr3t-of-the-app"
	SnowSource   = "Tyto"
)

// A ServiceNowDouble is a double of an instance of ServiceNow.
type ServiceNowDouble struct {
	Double
	PageSize  int // of the table's lists at most; 0: as asked for
	incidents []map[string]string
	items     []map[string]string // configuration items
	native    map[string]int      // index of items by source_native_key
}

// ServiceNow is a double of an instance: OAuth (client credentials, password)
// and basic authentication; the Table API of incident, with its columns and
// choices, lengths and the data policy that a resolved incident needs
// close_code and close_notes, and lists by correlation_id and by sys_updated_on; the Batch API; and Identification and
// Reconciliation, with known classes, sources and identification by
// source_native_key, then serial number, then name. An incident whose
// short_description holds "poison" is refused, and so is such an item.
func ServiceNow() *ServiceNowDouble {
	d := &ServiceNowDouble{Double: newDouble(), native: map[string]int{}}
	d.serve = d.route
	return d
}

// Incidents is what the table holds.
func (d *ServiceNowDouble) Incidents() []map[string]string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return cloned(d.incidents)
}

// Items is the configuration items.
func (d *ServiceNowDouble) Items() []map[string]string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return cloned(d.items)
}

func cloned(all []map[string]string) (out []map[string]string) {
	for _, m := range all {
		c := map[string]string{}
		for k, v := range m {
			c[k] = v
		}
		out = append(out, c)
	}
	return out
}

// SnowPerson is who changes incidents there.
const SnowPerson = "beth.anglin"

// Set changes an incident, as a person would.
func (d *ServiceNowDouble) Set(correlation, column, value string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, i := range d.incidents {
		if i["correlation_id"] == correlation {
			i[column] = value
			d.touch(i, SnowPerson)
		}
	}
}

// touch notes who changed an incident, and when.
func (d *ServiceNowDouble) touch(i map[string]string, who string) {
	i["sys_updated_by"], i["sys_updated_on"] = who, d.Clock().UTC().Format(time.DateTime)
}

func (d *ServiceNowDouble) route(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/oauth_token.do" {
		want := map[string]string{"client_id": SnowClient, "client_secret": SnowSecret, "grant_type": "client_credentials"}
		if r.PostFormValue("grant_type") == "password" {
			want["grant_type"], want["username"], want["password"] = "password", SnowUser, SnowPassword
		}
		d.login(w, r, "snow", want)
		return
	}
	if user, password, ok := r.BasicAuth(); ok {
		if user != SnowUser || password != SnowPassword {
			refuse(w, http.StatusUnauthorized, "User Not Authenticated", "Required to provide Auth information")
			return
		}
	} else if !d.allowed(w, r, "snow") {
		return
	}
	if !d.within(w, "rest", 10_000, 100_000) {
		return
	}
	if r.Header.Get("Accept") != "application/json" {
		refuse(w, http.StatusNotAcceptable, "Requested media type not supported", r.Header.Get("Accept"))
		return
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, 10<<20+1))
	if err != nil || len(body) > 10<<20 {
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	}
	if r.Method != http.MethodGet && r.Header.Get("Content-Type") != "application/json" {
		w.WriteHeader(http.StatusUnsupportedMediaType)
		return
	}
	d.mu.Lock()
	status, out := d.do(r.Method, r.URL, body)
	d.mu.Unlock()
	answer(w, status, out)
}

func fault(message, detail string) any {
	return map[string]any{"error": map[string]string{"message": message, "detail": detail}, "status": "failure"}
}

// do is one request, alone or in a batch.
func (d *ServiceNowDouble) do(method string, u *url.URL, body []byte) (int, any) {
	switch {
	case u.Path == "/api/now/v1/batch" && method == http.MethodPost:
		return d.batch(body)
	case u.Path == "/api/now/identifyreconcile" && method == http.MethodPost:
		return d.identify(u.Query().Get("sysparm_data_source"), body)
	case u.Path == "/api/now/table/incident" && method == http.MethodGet:
		return d.list(u.Query())
	case u.Path == "/api/now/table/incident" && method == http.MethodPost:
		return d.insert(body)
	case strings.HasPrefix(u.Path, "/api/now/table/incident/") && method == http.MethodPatch:
		return d.update(strings.TrimPrefix(u.Path, "/api/now/table/incident/"), body)
	}
	return http.StatusBadRequest, fault("Requested URI does not represent any resource", u.Path)
}

// The encoded queries that are known: incidents of some correlation_ids, and
// those of ours that changed lately, in the order of sys_id, after one.
var (
	byCorrelation = regexp.MustCompile(`^correlation_idIN([0-9A-Za-z,-]+)\^ORDERBYsys_created_on$`)
	byUpdate      = regexp.MustCompile(`^correlation_display=Tyto(?:\^sys_updated_onRELATIVEGE@minute@ago@(\d+))?(?:\^sys_id>([0-9a-f]{32}))?\^ORDERBYsys_id$`)
)

// wanted are the incidents that an encoded query selects, in its order.
func (d *ServiceNowDouble) wanted(query string) (all []map[string]string, ok bool) {
	if m := byCorrelation.FindStringSubmatch(query); m != nil {
		keys := strings.Split(m[1], ",")
		return slices.DeleteFunc(slices.Clone(d.incidents), func(i map[string]string) bool { return !slices.Contains(keys, i["correlation_id"]) }), true
	}
	m := byUpdate.FindStringSubmatch(query)
	if m == nil {
		return nil, false
	}
	since := ""
	if minutes, err := strconv.Atoi(m[1]); err == nil {
		since = d.Clock().Add(-time.Duration(minutes) * time.Minute).UTC().Format(time.DateTime)
	}
	return slices.DeleteFunc(slices.Clone(d.incidents), func(i map[string]string) bool {
		return i["correlation_display"] != "Tyto" || i["sys_updated_on"] < since || i["sys_id"] <= m[2]
	}), true
}

// readable are the columns of incident that nobody sets.
var readable = []string{"sys_id", "number", "sys_updated_on", "sys_updated_by", "sys_created_by"}

func (d *ServiceNowDouble) list(q url.Values) (int, any) {
	rows, ok := d.wanted(q.Get("sysparm_query"))
	limit, err := strconv.Atoi(q.Get("sysparm_limit"))
	if !ok || err != nil || limit < 1 || limit > 10_000 {
		return http.StatusBadRequest, fault("Invalid query", q.Get("sysparm_query"))
	}
	found := []map[string]string{}
	for _, i := range rows[:min(len(rows), limit, cmp.Or(d.PageSize, limit))] {
		x := map[string]string{}
		for _, f := range strings.Split(q.Get("sysparm_fields"), ",") {
			if columns[f] == 0 && !slices.Contains(readable, f) {
				return http.StatusBadRequest, fault("Invalid field", f)
			}
			x[f] = i[f]
		}
		found = append(found, x)
	}
	return http.StatusOK, map[string]any{"result": found}
}

// columns of incident that may be set, with the most characters.
var columns = map[string]int{"short_description": 160, "description": 4000, "urgency": 1, "impact": 1, "correlation_id": 100, "correlation_display": 100, "assignment_group": 80,
	"caller_id": 80, "category": 40, "state": 2, "close_code": 40, "close_notes": 4000, "work_notes": 4000}

func (d *ServiceNowDouble) change(i map[string]string, body []byte) (int, any) {
	var values map[string]string
	if err := json.Unmarshal(body, &values); err != nil {
		return http.StatusBadRequest, fault("Exception while reading request", err.Error())
	}
	for k, v := range values {
		limit, known := columns[k]
		switch {
		case !known:
			return http.StatusBadRequest, fault("Invalid column", k)
		case len([]rune(v)) > limit:
			return http.StatusBadRequest, fault("Value too long", k)
		case (k == "urgency" || k == "impact") && v != "1" && v != "2" && v != "3", k == "state" && !slices.Contains([]string{"1", "2", "3", "6", "7", "8"}, v):
			return http.StatusBadRequest, fault("Invalid choice", k+": "+v)
		case strings.Contains(v, "poison"):
			return http.StatusBadRequest, fault("Invalid value", k)
		}
	}
	if s := values["state"]; (s == "6" || s == "7") && (values["close_code"] == "" || values["close_notes"] == "") {
		return http.StatusForbidden, fault("Operation Failed", "Data Policy Exception: The following fields are mandatory: Close code, Close notes")
	}
	for k, v := range values {
		i[k] = v
	}
	d.touch(i, SnowUser)
	return 0, nil
}

func (d *ServiceNowDouble) insert(body []byte) (int, any) {
	i := map[string]string{"state": "1"}
	if status, problem := d.change(i, body); status != 0 {
		return status, problem
	}
	if i["short_description"] == "" || i["correlation_id"] == "" {
		return http.StatusForbidden, fault("Operation Failed", "Data Policy Exception: Short description is mandatory")
	}
	i["sys_created_by"] = SnowUser
	i["sys_id"] = fmt.Sprintf("%032x", len(d.incidents)+1)
	i["number"] = fmt.Sprintf("INC%07d", len(d.incidents)+1)
	d.incidents = append(d.incidents, i)
	d.got = append(d.got, shownJSON(i))
	return http.StatusCreated, map[string]any{"result": i}
}

func (d *ServiceNowDouble) update(id string, body []byte) (int, any) {
	for _, i := range d.incidents {
		if i["sys_id"] != id {
			continue
		}
		if i["state"] == "7" || i["state"] == "8" {
			return http.StatusForbidden, fault("Operation Failed", "a closed incident cannot be changed")
		}
		if status, problem := d.change(i, body); status != 0 {
			return status, problem
		}
		return http.StatusOK, map[string]any{"result": i}
	}
	return http.StatusNotFound, fault("No Record found", "Record doesn't exist or ACL restricts the record retrieval")
}

func (d *ServiceNowDouble) batch(body []byte) (int, any) {
	var q struct {
		ID       string `json:"batch_request_id"`
		Requests []struct {
			ID, URL, Method, Body string
			Headers               []struct{ Name, Value string }
		} `json:"rest_requests"`
	}
	if err := json.Unmarshal(body, &q); err != nil || q.ID == "" || len(q.Requests) == 0 || len(q.Requests) > 150 {
		return http.StatusBadRequest, fault("Invalid batch request", fmt.Sprint(err))
	}
	done := []map[string]any{}
	for _, r := range q.Requests {
		text, err := base64.StdEncoding.DecodeString(r.Body)
		u, bad := url.Parse(r.URL)
		if err != nil || bad != nil || r.ID == "" {
			return http.StatusBadRequest, fault("Invalid batch request", r.ID)
		}
		status, out := d.do(r.Method, u, text)
		said, _ := json.Marshal(out)
		done = append(done, map[string]any{"id": r.ID, "status_code": status, "status_text": http.StatusText(status), "body": base64.StdEncoding.EncodeToString(said), "execution_time": 1})
	}
	return http.StatusOK, map[string]any{"batch_request_id": q.ID, "serviced_requests": done, "unserviced_requests": []string{}}
}

var snowClasses = []string{"cmdb_ci_hardware", "cmdb_ci_server", "cmdb_ci_computer", "cmdb_ci_printer", "cmdb_ci_ip_switch", "cmdb_ci_ip_router", "cmdb_ci_ip_firewall",
	"cmdb_ci_ups", "cmdb_ci_wap_network", "cmdb_ci_netgear"}

type snowItem struct {
	ClassName string            `json:"className"`
	ID        string            `json:"internal_id"`
	Values    map[string]string `json:"values"`
	Lookup    []snowItem        `json:"lookup"`
	Source    struct {
		Key  string `json:"source_native_key"`
		Name string `json:"source_name"`
		Time string `json:"source_recency_timestamp"`
	} `json:"sys_object_source_info"`
}

var sysTime = regexp.MustCompile(`^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$`)

func (d *ServiceNowDouble) identify(source string, body []byte) (int, any) {
	var q struct{ Items []snowItem }
	if err := json.Unmarshal(body, &q); err != nil || len(q.Items) == 0 || len(q.Items) > 500 {
		return http.StatusBadRequest, fault("Invalid payload", fmt.Sprint(err))
	}
	if source != SnowSource {
		return http.StatusBadRequest, fault("INVALID_INPUT_DATA", "the data source is no choice of discovery_source: "+source)
	}
	done := []any{}
	ids := map[string]bool{}
	for i := range q.Items {
		for _, x := range append(q.Items[i].Lookup, q.Items[i]) {
			if ids[x.ID] {
				return http.StatusBadRequest, fault("INVALID_INPUT_DATA", "two items of the payload have the internal_id "+x.ID)
			}
			ids[x.ID] = x.ID != "" // it may be left out
		}
		operation, problem := d.reconcile(&q.Items[i])
		if problem != "" {
			done = append(done, map[string]any{"className": q.Items[i].ClassName, "operation": "NO_CHANGE", "sysId": "Unknown", "errorCount": 1,
				"errors": []any{map[string]string{"error": "INVALID_INPUT_DATA", "message": problem}}})
			continue
		}
		done = append(done, map[string]any{"className": q.Items[i].ClassName, "operation": operation, "sysId": d.items[d.native[q.Items[i].Source.Key]]["sys_id"], "errorCount": 0})
	}
	return http.StatusOK, map[string]any{"result": map[string]any{"items": done, "relations": []any{}}}
}

// reconcile finds an item by its native key, its serial number or its name,
// or makes it.
func (d *ServiceNowDouble) reconcile(x *snowItem) (operation, problem string) {
	switch {
	case !slices.Contains(snowClasses, x.ClassName):
		return "", "invalid class " + x.ClassName
	case x.Source.Key == "" || x.Source.Name != SnowSource || !sysTime.MatchString(x.Source.Time):
		return "", "sys_object_source_info is incomplete"
	case x.Values["name"] == "" && x.Values["serial_number"] == "":
		return "", "no identifier entry matches"
	}
	for k, v := range x.Values {
		if len([]rune(v)) > 255 || strings.Contains(v, "poison") {
			return "", "invalid value of " + k
		}
	}
	for _, l := range x.Lookup {
		if l.ClassName != "cmdb_serial_number" && l.ClassName != "cmdb_ci_network_adapter" {
			return "", "invalid lookup class " + l.ClassName
		}
	}
	at, found := d.native[x.Source.Key]
	for i := 0; i < len(d.items) && !found; i++ {
		if s := x.Values["serial_number"]; s != "" && d.items[i]["serial_number"] == s {
			at, found = i, true
		}
	}
	operation = "UPDATE"
	if !found {
		operation, at = "INSERT", len(d.items)
		d.items = append(d.items, map[string]string{"sys_id": fmt.Sprintf("c%031x", at+1)})
	}
	d.native[x.Source.Key] = at
	d.items[at]["sys_class_name"], d.items[at]["native"] = x.ClassName, x.Source.Key
	for k, v := range x.Values {
		d.items[at][k] = v
	}
	d.got = append(d.got, shownJSON(d.items[at]))
	return operation, ""
}

func shownJSON(v any) string {
	b, _ := json.Marshal(v)
	return string(b)
}
