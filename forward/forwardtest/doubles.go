package forwardtest

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// A Double stands for a product that cannot be run in a test. It enforces what
// the product's documentation says, and is no proof that the product does.
type Double struct {
	*httptest.Server
	mu      sync.Mutex
	got     []string
	answers []func(http.ResponseWriter) // instead of the usual, one for each request
	handler http.HandlerFunc
	acks    map[int64]int // how often it was asked for
	tokens  map[string]time.Time
	Logins  int // tokens given out
	Life    time.Duration
	Check   func(body []byte, h http.Header) error
}

func newDouble(t testing.TB, handle func(d *Double) http.HandlerFunc) *Double {
	d := &Double{acks: map[int64]int{}, tokens: map[string]time.Time{}, Life: time.Hour}
	d.handler = handle(d)
	d.Server = httptest.NewServer(d.Handler())
	t.Cleanup(func() { d.Server.Close() })
	return d
}

// Handler answers as told, else as usual.
func (d *Double) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d.mu.Lock()
		var answer func(http.ResponseWriter)
		if len(d.answers) > 0 {
			answer, d.answers = d.answers[0], d.answers[1:]
		}
		d.mu.Unlock()
		if answer != nil {
			_, _ = io.Copy(io.Discard, r.Body)
			answer(w)
			return
		}
		d.handler(w, r)
	})
}

// Next has the next requests answered with a status and a header.
func (d *Double) Next(status int, key, value string, times int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for range times {
		d.answers = append(d.answers, func(w http.ResponseWriter) {
			if key != "" {
				w.Header().Set(key, value)
			}
			w.WriteHeader(status)
		})
	}
}

// Reset has the next request's connection cut in the middle of the answer.
func (d *Double) Reset() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.answers = append(d.answers, func(w http.ResponseWriter) {
		c, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{")
		_ = c.(*net.TCPConn).SetLinger(0)
		_ = c.Close()
	})
}

// Received is what it took, in order.
func (d *Double) Received(testing.TB) []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]string(nil), d.got...)
}

// Down closes the server, Up opens it at the same address.
func (d *Double) Down(testing.TB) {
	d.Server.CloseClientConnections()
	d.Server.Close()
}

// Up opens the server that Down closed.
func (d *Double) Up(t testing.TB) {
	l, err := net.Listen("tcp", d.Server.Listener.Addr().String())
	must(t, err)
	s := httptest.NewUnstartedServer(d.Handler())
	s.Listener.Close()
	s.Listener = l
	s.Start()
	d.Server = s
}

func (d *Double) take(texts []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.got = append(d.got, texts...)
}

// readBody is a request's body, unpacked.
func readBody(r *http.Request) (packed, body []byte, err error) {
	if packed, err = io.ReadAll(r.Body); err != nil || r.Header.Get("Content-Encoding") != "gzip" {
		return packed, packed, err
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, nil, err
	}
	body, err = io.ReadAll(z)
	return packed, body, err
}

// SplunkToken is the token that the double of Splunk knows.
const SplunkToken = "11111111-2222-3333-4444-555555555555"

// Splunk is a double of an HTTP Event Collector: it demands the token, the
// envelope's known keys, an index that it has ("main", or none) and, with
// ack, a channel; and answers with the documented codes.
func Splunk(t testing.TB, ack bool) *Double {
	return newDouble(t, func(d *Double) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { d.splunk(w, r, ack) }
	})
}

func (d *Double) splunk(w http.ResponseWriter, r *http.Request, ack bool) {
	say := func(status, code int, text string) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"text":%q,"code":%d}`, text, code)
	}
	channel := r.Header.Get("X-Splunk-Request-Channel")
	switch auth := r.Header.Get("Authorization"); {
	case r.Method != http.MethodPost:
		say(http.StatusMethodNotAllowed, 404, "Method Not Allowed")
	case auth == "":
		say(http.StatusUnauthorized, 2, "Token is required")
	case auth != "Splunk "+SplunkToken:
		say(http.StatusForbidden, 4, "Invalid token")
	case ack && channel == "":
		say(http.StatusBadRequest, 10, "Data channel is missing")
	case strings.HasSuffix(r.URL.Path, "/services/collector/ack"):
		d.splunkAck(w, r)
	case !strings.HasSuffix(r.URL.Path, "/services/collector/event"):
		say(http.StatusNotFound, 404, "The requested URL was not found on this server.")
	default:
		_, body, err := readBody(r)
		if err != nil || len(body) > 1<<20 {
			say(http.StatusRequestEntityTooLarge, 27, "Content-Length too large")
			return
		}
		texts, code, text := splunkEvents(body)
		if code != 0 {
			say(http.StatusBadRequest, code, text)
			return
		}
		d.take(texts)
		if ack {
			d.mu.Lock()
			id := int64(len(d.acks))
			d.acks[id] = 0
			d.mu.Unlock()
			fmt.Fprintf(w, `{"text":"Success","code":0,"ackId":%d}`, id)
			return
		}
		say(http.StatusOK, 0, "Success")
	}
}

// splunkAck answers "not yet" at first.
func (d *Double) splunkAck(w http.ResponseWriter, r *http.Request) {
	var q struct {
		Acks []int64 `json:"acks"`
	}
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil || r.URL.Query().Get("channel") == "" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	acks := map[string]bool{}
	for _, id := range q.Acks {
		asked, known := d.acks[id]
		acks[fmt.Sprint(id)] = known && asked > 0
		if known {
			d.acks[id]++
		}
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"acks": acks})
}

func splunkEvents(body []byte) (texts []string, code int, text string) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	for {
		var x struct {
			Time                            json.Number
			Host, Source, Sourcetype, Index string
			Event                           json.RawMessage
			Fields                          map[string]string
		}
		switch err := d.Decode(&x); {
		case err == io.EOF && len(texts) == 0:
			return nil, 5, "No data"
		case err == io.EOF:
			return texts, 0, ""
		case err != nil || bytes.Contains(x.Event, []byte("poison")):
			return nil, 6, "Invalid data format"
		case len(x.Event) == 0:
			return nil, 12, "Event field is required"
		case x.Index != "" && x.Index != "main":
			return nil, 7, "Incorrect index"
		}
		texts = append(texts, string(x.Event))
	}
}

// What the double of Azure knows.
const (
	AzureTenant = "aaaaaaaa-0000-0000-0000-000000000001"
	AzureClient = "bbbbbbbb-0000-0000-0000-000000000002"
	AzureSecret = "q8~secret"
	AzureRule   = "dcr-0123456789abcdef0123456789abcdef"
)

// Azure is a double of Microsoft's sign-in and of the Logs Ingestion API: it
// demands client credentials and their scope, a token that is not expired,
// the rule and its streams, at most 1 MB before and after compression, an
// array of flat objects whose columns are of the declared types; and answers
// 204, 400, 401, 403, 404 or 413.
func Azure(t testing.TB) *Double {
	return newDouble(t, func(d *Double) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/oauth2/v2.0/token") {
				d.azureLogin(w, r)
				return
			}
			d.azureIngest(w, r)
		}
	})
}

func (d *Double) azureLogin(w http.ResponseWriter, r *http.Request) {
	want := map[string]string{"grant_type": "client_credentials", "client_id": AzureClient, "client_secret": AzureSecret, "scope": "https://monitor.azure.com/.default"}
	for k, v := range want {
		if r.PostFormValue(k) != v || r.URL.Path != "/"+AzureTenant+"/oauth2/v2.0/token" {
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprintf(w, `{"error":"invalid_client","error_description":"AADSTS7000215: Invalid %s provided: %s"}`, k, r.PostFormValue(k))
			return
		}
	}
	d.mu.Lock()
	d.Logins++
	token := fmt.Sprintf("token-%d", d.Logins)
	d.tokens[token] = time.Now().Add(d.Life)
	d.mu.Unlock()
	fmt.Fprintf(w, `{"token_type":"Bearer","expires_in":3599,"access_token":%q}`, token)
}

func (d *Double) azureIngest(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	expires, known := d.tokens[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")]
	d.mu.Unlock()
	stream, ok := strings.CutPrefix(r.URL.Path, "/dataCollectionRules/"+AzureRule+"/streams/")
	switch {
	case !known || time.Now().After(expires):
		w.WriteHeader(http.StatusUnauthorized)
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
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprintf(w, `{"error":{"code":"InvalidPayload","message":%q}}`, err)
			return
		}
		d.take(texts)
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

// Hook is a double of a receiver of webhooks; Check looks at each request.
func Hook(t testing.TB) *Double {
	return newDouble(t, func(d *Double) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			_, body, err := readBody(r)
			var events []json.RawMessage
			if err == nil {
				err = json.Unmarshal(body, &events)
			}
			if err == nil && d.Check != nil {
				err = d.Check(body, r.Header)
			}
			if err != nil || bytes.Contains(body, []byte(`"poison"`)) {
				w.WriteHeader(http.StatusUnprocessableEntity)
				return
			}
			for _, e := range events {
				d.take([]string{string(e)})
			}
		}
	})
}
