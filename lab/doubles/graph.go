package doubles

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A GraphDouble is a double of Microsoft Graph's security alerts.
type GraphDouble struct {
	Double
	PageSize int
	alerts   []map[string]any
}

// Graph is a double of Microsoft's sign-in and of GET and PATCH
// /v1.0/security/alerts_v2: tokens for https://graph.microsoft.com/.default, a
// $filter on lastUpdateDateTime, $top up to 2,000, pages by @odata.nextLink,
// 150 requests a minute, the properties that may be changed and their values.
func Graph() *GraphDouble {
	d := &GraphDouble{Double: newDouble(), PageSize: 50}
	d.serve = d.route
	return d
}

// Put adds an alert, or replaces the one of its id.
func (d *GraphDouble) Put(alert map[string]any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i, a := range d.alerts {
		if a["id"] == alert["id"] {
			d.alerts[i] = alert
			return
		}
	}
	d.alerts = append(d.alerts, alert)
}

// Status is an alert's status, classification and determination.
func (d *GraphDouble) Status(id string) (status, classification, determination string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, a := range d.alerts {
		if a["id"] == id {
			return fmt.Sprint(a["status"]), fmt.Sprint(a["classification"]), fmt.Sprint(a["determination"])
		}
	}
	return "", "", ""
}

func (d *GraphDouble) route(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == loginPath {
		d.login(w, r, "graph", microsoft("https://graph.microsoft.com"))
		return
	}
	if !d.allowed(w, r, "graph") || !d.within(w, "graph", 150, 9_000) {
		return
	}
	id, one := strings.CutPrefix(r.URL.Path, "/v1.0/security/alerts_v2/")
	switch {
	case r.URL.Path == "/v1.0/security/alerts_v2" && r.Method == http.MethodGet:
		d.list(w, r)
	case one && r.Method == http.MethodPatch:
		d.patch(w, r, id)
	case one && strings.HasSuffix(id, "/comments") && r.Method == http.MethodPost:
		d.comment(w, r, strings.TrimSuffix(id, "/comments"))
	default:
		refuse(w, http.StatusNotFound, "ResourceNotFound", r.URL.Path)
	}
}

var updatedSince = regexp.MustCompile(`^lastUpdateDateTime ge (\S+)$`)

func (d *GraphDouble) list(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	skip, _ := strconv.Atoi(q.Get("$skip"))
	top, err := strconv.Atoi(q.Get("$top"))
	m := updatedSince.FindStringSubmatch(q.Get("$filter"))
	if err != nil || top > 2000 || m == nil {
		refuse(w, http.StatusBadRequest, "BadRequest", "Invalid $filter or $top")
		return
	}
	since, err := time.Parse(time.RFC3339, m[1])
	if err != nil {
		refuse(w, http.StatusBadRequest, "BadRequest", "Invalid time")
		return
	}
	d.mu.Lock()
	var found []map[string]any
	for _, a := range d.alerts {
		at, _ := time.Parse(time.RFC3339Nano, fmt.Sprint(a["lastUpdateDateTime"]))
		if !at.Before(since) {
			found = append(found, a)
		}
	}
	text, _ := json.Marshal(found[min(skip, len(found)):min(len(found), skip+min(top, d.PageSize))])
	more := skip+min(top, d.PageSize) < len(found)
	d.mu.Unlock()
	out := map[string]any{"value": json.RawMessage(text)}
	if more {
		q.Set("$skip", fmt.Sprint(skip+min(top, d.PageSize)))
		next := url.URL{Scheme: "http", Host: r.Host, Path: r.URL.Path, RawQuery: q.Encode()}
		out["@odata.nextLink"] = next.String()
	}
	answer(w, http.StatusOK, out)
}

var graphChoices = map[string][]string{
	"status":         {"new", "inProgress", "resolved"},
	"classification": {"unknown", "falsePositive", "truePositive", "informationalExpectedActivity"},
	"determination": {"unknown", "apt", "malware", "phishing", "other", "compromisedAccount", "multiStagedAttack", "maliciousUserActivity", "unwantedSoftware", "securityTesting",
		"notMalicious", "notEnoughDataToValidate", "confirmedActivity", "lineOfBusinessApplication"},
}

func (d *GraphDouble) patch(w http.ResponseWriter, r *http.Request, id string) {
	var change map[string]string
	if err := json.NewDecoder(r.Body).Decode(&change); err != nil || r.Header.Get("Content-Type") != "application/json" {
		refuse(w, http.StatusBadRequest, "BadRequest", fmt.Sprint(err))
		return
	}
	for k, v := range change {
		if !slices.Contains(graphChoices[k], v) && k != "assignedTo" {
			refuse(w, http.StatusBadRequest, "BadRequest", "Invalid value of "+k)
			return
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, a := range d.alerts {
		if a["id"] == id {
			for k, v := range change {
				a[k] = v
			}
			a["lastUpdateDateTime"] = d.Clock().UTC().Format(time.RFC3339Nano)
			d.got = append(d.got, id+" "+change["status"])
			answer(w, http.StatusOK, a)
			return
		}
	}
	refuse(w, http.StatusNotFound, "ResourceNotFound", id)
}

func (d *GraphDouble) comment(w http.ResponseWriter, r *http.Request, id string) {
	var c map[string]string
	if err := json.NewDecoder(r.Body).Decode(&c); err != nil || c["@odata.type"] != "microsoft.graph.security.alertComment" || c["comment"] == "" || len([]rune(c["comment"])) > 1000 {
		refuse(w, http.StatusBadRequest, "BadRequest", "Invalid comment")
		return
	}
	d.take(id + " comment " + c["comment"])
	answer(w, http.StatusOK, map[string]any{"value": []any{c}})
}
