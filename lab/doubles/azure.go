package doubles

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// What the doubles of Microsoft know.
const (
	Tenant = "aaaaaaaa-0000-0000-0000-000000000001"
	App    = "bbbbbbbb-0000-0000-0000-000000000002"
	Secret = "q8~secret"
	Rule   = "dcr-0123456789abcdef0123456789abcdef"
)

// microsoft is the form that signs in for an API.
func microsoft(audience string) map[string]string {
	return map[string]string{"grant_type": "client_credentials", "client_id": App, "client_secret": Secret, "scope": audience + "/.default"}
}

const loginPath = "/" + Tenant + "/oauth2/v2.0/token"

// Azure is a double of Microsoft's sign-in and of the Logs Ingestion API: it
// demands client credentials and their scope, a token that is not expired,
// the rule and its streams, at most 1 MB before and after compression and
// 12,000 requests a minute, an array of flat objects whose columns are of the
// declared types; and answers 204, 400, 401, 404, 413, 415 or 429.
func Azure() *Double {
	d := newDouble()
	d.serve = func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/oauth2/v2.0/token") {
			if r.URL.Path != loginPath {
				refuse(w, http.StatusBadRequest, "invalid_request", "AADSTS90002: Tenant not found")
				return
			}
			d.login(w, r, "monitor", microsoft("https://monitor.azure.com"))
			return
		}
		d.ingest(w, r)
	}
	return &d
}

func (d *Double) ingest(w http.ResponseWriter, r *http.Request) {
	if !d.allowed(w, r, "monitor") || !d.within(w, "ingestion", 12_000, 720_000) {
		return
	}
	stream, ok := strings.CutPrefix(r.URL.Path, "/dataCollectionRules/"+Rule+"/streams/")
	switch {
	case !ok || r.URL.Query().Get("api-version") != "2023-01-01":
		w.WriteHeader(http.StatusNotFound)
	case stream != "Custom-TytoAlert_CL" && stream != "Custom-TytoDevice_CL":
		w.WriteHeader(http.StatusBadRequest)
	case r.Header.Get("Content-Type") != "application/json":
		w.WriteHeader(http.StatusUnsupportedMediaType)
	default:
		packed, body, err := readBody(r)
		if err != nil || len(packed) > 1_000_000 || len(body) > 1_000_000 {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
			return
		}
		texts, err := azureRows(body)
		if err != nil {
			refuse(w, http.StatusBadRequest, "InvalidPayload", err.Error())
			return
		}
		d.take(texts...)
		w.WriteHeader(http.StatusNoContent)
	}
}

func azureRows(body []byte) (texts []string, err error) {
	var rows []json.RawMessage
	if err := json.Unmarshal(body, &rows); err != nil {
		return nil, err
	}
	for _, text := range rows {
		var row map[string]any
		if err := json.Unmarshal(text, &row); err != nil {
			return nil, err
		}
		when, _ := row["TimeGenerated"].(string)
		if _, err := time.Parse(time.RFC3339Nano, when); err != nil {
			return nil, err
		}
		for k, v := range row {
			if k == "Type" || k == "TenantId" || len(k) > 45 {
				return nil, fmt.Errorf("column %s is reserved, or has too long a name", k)
			}
			switch v := v.(type) {
			case float64:
				if k != "SeverityLevel" && k != "DstPort" {
					return nil, fmt.Errorf("column %s is no number", k)
				}
			case string:
				if len(v) > 64<<10 || k == "EventClass" && v == "poison" {
					return nil, fmt.Errorf("column %s cannot be taken", k)
				}
			default:
				return nil, fmt.Errorf("column %s is not flat", k)
			}
		}
		texts = append(texts, string(text))
	}
	return texts, nil
}
