package doubles

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// SplunkToken is the token that the double of Splunk knows.
const SplunkToken = "11111111-2222-3333-4444-555555555555"

// A SplunkDouble is a double of an HTTP Event Collector.
type SplunkDouble struct {
	Double
	ack  bool
	acks map[int64]int // how often it was asked for
}

// Splunk is a double of an HTTP Event Collector: it demands the token, the
// envelope's known keys, an index that it has ("main", or none) and, with
// ack, a channel; and answers with the documented codes.
func Splunk(ack bool) *SplunkDouble {
	d := &SplunkDouble{Double: newDouble(), ack: ack, acks: map[int64]int{}}
	d.serve = d.collect
	return d
}

func (d *SplunkDouble) collect(w http.ResponseWriter, r *http.Request) {
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
	case d.ack && channel == "":
		say(http.StatusBadRequest, 10, "Data channel is missing")
	case strings.HasSuffix(r.URL.Path, "/services/collector/ack"):
		d.acknowledge(w, r)
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
		d.take(texts...)
		if d.ack {
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

// acknowledge answers "not yet" at first.
func (d *SplunkDouble) acknowledge(w http.ResponseWriter, r *http.Request) {
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
