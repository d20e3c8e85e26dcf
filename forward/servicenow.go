package forward

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"tyto/outbound"
	"tyto/store"
	"tyto/tyto"
)

// ServiceNow makes an incident of each alert, through the Table API, and a
// configuration item of each device, through Identification and
// Reconciliation (IRE): never by writing a CMDB table. Both can be sent twice:
// an incident is found by its correlation_id, a device by its source_native_key.
type ServiceNow struct {
	Fields    map[string]string `yaml:"fields,omitempty"` // of each new incident: assignment_group, caller_id, category
	CloseCode string            `yaml:"close_code,omitempty"`
	Source    string            `yaml:"source,omitempty"`  // a choice of cmdb_ci.discovery_source; Tyto
	Classes   map[string]string `yaml:"classes,omitempty"` // of the CMDB, by type or category of a device

	outbound.Instance `yaml:",inline"`
}

var _ product = (*ServiceNow)(nil)

var plainID = regexp.MustCompile(`^[0-9A-Za-z-]{1,64}$`)

func (s *ServiceNow) check(kinds []tyto.Kind, bad outbound.Bad) {
	s.Instance.Check(bad)
	for k := range s.Fields {
		if !outbound.TableRule.MatchString(k) || slices.Contains([]string{"correlation_id", "short_description", "description", "state"}, k) {
			bad("fields", fmt.Sprintf("%q is no column, or one that Tyto fills itself", k))
		}
	}
	for k, v := range s.Classes {
		if !outbound.TableRule.MatchString(v) {
			bad("classes", fmt.Sprintf("%q: %q is no class of the CMDB, such as cmdb_ci_printer", k, v))
		}
	}
	for _, k := range kinds {
		if k != tyto.KindAlert && k != tyto.KindDevice && slices.Contains(allKinds, k) {
			bad("kinds", fmt.Sprintf("servicenow has no place for events of kind %s; choose alert, device", k))
		}
	}
}

// classes of the CMDB that every instance has; others are cmdb_ci_hardware.
var classes = map[string]string{
	"server": "cmdb_ci_server", "computer": "cmdb_ci_computer", "workstation": "cmdb_ci_computer", "laptop": "cmdb_ci_computer", "engineering_workstation": "cmdb_ci_computer",
	"printer": "cmdb_ci_printer", "mfp": "cmdb_ci_printer", "label_printer": "cmdb_ci_printer", "switch": "cmdb_ci_ip_switch", "industrial_switch": "cmdb_ci_ip_switch",
	"router": "cmdb_ci_ip_router", "firewall": "cmdb_ci_ip_firewall", "industrial_firewall": "cmdb_ci_ip_firewall", "ups": "cmdb_ci_ups",
	"wireless_ap": "cmdb_ci_wap_network", "network": "cmdb_ci_netgear",
}

const anyClass = "cmdb_ci_hardware"

func (s *ServiceNow) open() (Output, error) {
	d, err := s.Open()
	if err != nil {
		return nil, err
	}
	o := &serviceNowOutput{ServiceNow: *s, Desk: d, states: s.States(), known: map[string]incident{}}
	o.Source, o.CloseCode = cmp.Or(s.Source, "Tyto"), cmp.Or(s.CloseCode, "Solution provided")
	o.Classes = maps.Clone(classes)
	maps.Copy(o.Classes, s.Classes)
	return o, nil
}

type serviceNowOutput struct {
	ServiceNow
	*outbound.Desk
	states outbound.States
	known  map[string]incident // by correlation_id
}

type incident struct {
	ID    string `json:"sys_id"`
	Key   string `json:"correlation_id"`
	State string `json:"state"`
}

func (o *serviceNowOutput) over(i incident) bool { return slices.Contains(o.states.Over, i.State) }

// Of incidents as many go in one call of the Batch API, of devices in one of IRE.
const (
	incidentsAtOnce = 50 // a batch has 30 s
	itemsAtOnce     = 200
	maxKnown        = 20_000
)

// Send implements Output.
func (o *serviceNowOutput) Send(ctx context.Context, events []tyto.Event) error {
	for done := 0; done < len(events); {
		n, send := o.next(events[done:])
		if err := send(ctx, events[done:done+n]); err != nil {
			var f *Failure
			if !errors.As(err, &f) {
				refused, after := judged(err)
				f = &Failure{Err: fmt.Errorf("servicenow: %w", err), Refused: refused && n == 1, After: after}
				if refused && n > 1 { // one of them is at fault: find it
					return o.halve(ctx, events, done, n)
				}
			}
			f.Sent += done
			return f
		}
		done += n
	}
	return nil
}

// halve sends the first half of n events, and leaves the rest to the next call.
func (o *serviceNowOutput) halve(ctx context.Context, events []tyto.Event, done, n int) error {
	err := o.Send(ctx, events[done:done+n/2])
	var f *Failure
	if errors.As(err, &f) {
		f.Sent += done
		return f
	}
	if err != nil {
		return err
	}
	return o.rest(ctx, events, done+n/2)
}

func (o *serviceNowOutput) rest(ctx context.Context, events []tyto.Event, done int) error {
	err := o.Send(ctx, events[done:])
	var f *Failure
	if errors.As(err, &f) {
		f.Sent += done
		return f
	}
	return err
}

// next is how many of the first events go in one call, and how. Two about one
// alert never do, as the second changes what the first makes.
func (o *serviceNowOutput) next(events []tyto.Event) (n int, send func(context.Context, []tyto.Event) error) {
	if events[0].Device != nil {
		for n < min(len(events), itemsAtOnce) && events[n].Device != nil {
			n++
		}
		return n, o.devices
	}
	keys := map[string]bool{}
	for n < min(len(events), incidentsAtOnce) && events[n].Device == nil {
		key := correlation(&events[n])
		if keys[key] {
			break
		}
		keys[key] = true
		n++
	}
	return n, o.alerts
}

// correlation is the alert's id, by which its incident is found again.
func correlation(e *tyto.Event) string {
	if e.Alert != nil && plainID.MatchString(e.Alert.ID) {
		return e.Alert.ID
	}
	return eventID(e)
}

// find fills known with the incidents that there are of some events. Of
// several, one that is not over is preferred.
func (o *serviceNowOutput) find(ctx context.Context, events []tyto.Event) error {
	if len(o.known) > maxKnown {
		clear(o.known)
	}
	var keys []string
	for i := range events {
		if key := correlation(&events[i]); o.known[key].ID == "" {
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	q := url.Values{"sysparm_query": {"correlation_idIN" + strings.Join(keys, ",") + "^ORDERBYsys_created_on"}, "sysparm_fields": {"sys_id,correlation_id,state"},
		"sysparm_limit": {fmt.Sprint(10 * incidentsAtOnce)}, "sysparm_exclude_reference_link": {"true"}}
	var found struct {
		Result []incident `json:"result"`
	}
	if err := o.Ask(ctx, http.MethodGet, "/api/now/table/"+o.Desk.Table+"?"+q.Encode(), nil, &found); err != nil {
		return err
	}
	for _, i := range found.Result {
		if was := o.known[i.Key]; was.ID == "" || o.over(was) {
			o.known[i.Key] = i
		}
	}
	return nil
}

// A step is a request within one of the Batch API.
type step struct {
	ID      string   `json:"id"`
	Method  string   `json:"method"`
	URL     string   `json:"url"`
	Headers []header `json:"headers"`
	Body    string   `json:"body"` // base64
}

type header struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// alerts makes or changes the incidents of alerts, no two of them the same.
func (o *serviceNowOutput) alerts(ctx context.Context, events []tyto.Event) error {
	if err := o.find(ctx, events); err != nil {
		return err
	}
	steps, place := []step{}, []int{} // of events
	for i := range events {
		if s, ok := o.step(&events[i]); ok {
			s.ID = fmt.Sprint(i)
			steps, place = append(steps, s), append(place, i)
		}
	}
	if len(steps) == 0 {
		return nil
	}
	var done struct {
		Serviced []struct {
			ID     string `json:"id"`
			Status int    `json:"status_code"`
			Body   string `json:"body"`
		} `json:"serviced_requests"`
	}
	err := o.Ask(ctx, http.MethodPost, "/api/now/v1/batch", map[string]any{"batch_request_id": eventID(&events[0]), "rest_requests": steps}, &done)
	if err != nil {
		return err
	}
	answers := map[string]int{}
	for i := range done.Serviced {
		answers[done.Serviced[i].ID] = i + 1
	}
	for _, i := range place {
		at := answers[fmt.Sprint(i)]
		if at == 0 {
			return &Failure{Err: errors.New("servicenow: a request of the batch was not serviced"), Sent: i}
		}
		x := &done.Serviced[at-1]
		text, _ := base64.StdEncoding.DecodeString(x.Body) // what is none is shown as nothing
		if err := o.settle(&events[i], x.Status, text); err != nil {
			return &Failure{Err: err, Sent: i, Refused: ofContent(x.Status)}
		}
	}
	return nil
}

// settle takes the answer about one incident.
func (o *serviceNowOutput) settle(e *tyto.Event, status int, text []byte) error {
	key := correlation(e)
	var a struct {
		Result incident `json:"result"`
	}
	switch {
	case status < 200 || status > 299:
		delete(o.known, key) // somebody closed or deleted it: it is looked for again
		return fmt.Errorf("servicenow: incident of alert %s: HTTP %d %s", key, status, outbound.OneLine(string(text), outbound.MaxReason))
	case json.Unmarshal(text, &a) != nil || a.Result.ID == "":
		delete(o.known, key)
		return nil
	}
	a.Result.Key = key
	o.known[key] = a.Result
	return nil
}

// step is the request that an alert needs; ok is false if it needs none.
func (o *serviceNowOutput) step(e *tyto.Event) (s step, ok bool) {
	have, a := o.known[correlation(e)], e.Alert
	if a == nil || strings.HasPrefix(a.By, outbound.ByServiceNow) { // it was decided there
		return s, false
	}
	var values map[string]string
	path, method := "/api/now/table/"+o.Desk.Table, http.MethodPost
	ends := a.Status == "closed" || a.Status == "muted" || a.Status == "learned"
	comment := a.Status == store.AlertNew && a.By != "" // of a person, and nothing else changed
	switch {
	case have.ID == "" && (ends || comment), comment && o.over(have), have.ID != "" && (a.Status == "" || ends && (o.over(have) || have.State == o.states.Resolved)):
		return s, false
	case have.ID == "" || o.over(have):
		values = o.incident(e)
	case comment:
		values = map[string]string{"work_notes": decided(a)}
	case ends:
		values = map[string]string{"state": o.states.Resolved, "close_code": o.CloseCode, "close_notes": decided(a), "work_notes": decided(a)}
	default:
		values = map[string]string{"state": o.states.Work[0], "work_notes": decided(a)}
	}
	if have.ID != "" && !o.over(have) {
		path, method = path+"/"+url.PathEscape(have.ID), http.MethodPatch
	}
	body, err := json.Marshal(values)
	if err != nil {
		panic("forward: " + err.Error()) // text
	}
	return step{Method: method, URL: path + "?sysparm_fields=sys_id,state", Body: base64.StdEncoding.EncodeToString(body),
		Headers: []header{{"Content-Type", "application/json"}, {"Accept", "application/json"}}}, true
}

// decided is a decision in words.
func decided(a *tyto.Alert) string {
	text := "Tyto: " + a.Status
	if a.By != "" {
		text += " by " + a.By
	}
	if a.Comment != "" {
		text += ": " + a.Comment
	}
	return outbound.Clean(text, 4000)
}

// incident is a new incident's columns.
func (o *serviceNowOutput) incident(e *tyto.Event) map[string]string {
	r := recordOf(e)
	urgency := map[tyto.Severity]string{tyto.Critical: "1", tyto.Major: "2", tyto.Minor: "2"}[e.Alert.Severity]
	impact := map[tyto.Severity]string{tyto.Critical: "1", tyto.Major: "2"}[e.Alert.Severity]
	lines := []string{r.message}
	add := func(what, value string) {
		if value != "" {
			lines = append(lines, what+": "+outbound.OneLine(value, valueLength))
		}
	}
	add("Rule", e.Alert.Rule)
	add("Severity", e.Alert.Severity.String())
	add("From", strings.TrimSpace(r.src.ip+" "+r.src.mac))
	add("To", strings.TrimSpace(r.dst.ip+" "+r.dst.mac))
	add("Zone", e.Zone)
	add("Protocol", r.app)
	for _, c := range r.custom {
		add(strings.ToUpper(c.label[:1])+c.label[1:], c.value)
	}
	values := map[string]string{}
	maps.Copy(values, o.Fields)
	maps.Copy(values, map[string]string{
		"short_description": outbound.OneLine(r.title, 160), "description": outbound.Clean(strings.Join(lines, "\n"), 4000), "urgency": cmp.Or(urgency, "3"), "impact": cmp.Or(impact, "3"),
		"correlation_id": correlation(e), "correlation_display": "Tyto"})
	return values
}
