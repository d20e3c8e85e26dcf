package doubles

import (
	"bytes"
	"encoding/json"
	"net/http"
)

// Hook is a double of a receiver of webhooks; Check looks at each request.
func Hook() *Double {
	d := newDouble()
	d.serve = func(w http.ResponseWriter, r *http.Request) {
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
			d.take(string(e))
		}
	}
	return &d
}
