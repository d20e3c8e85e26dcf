package forward

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"tyto/outbound"
	"tyto/tyto"
)

// Splunk sends to an HTTP Event Collector. With Ack, events count as sent
// when Splunk's indexers have them, not only its collector.
type Splunk struct {
	URL        string `yaml:"url"` // https://HOST:8088
	Token      Secret `yaml:"token"`
	Index      string `yaml:"index,omitempty"` // the token's by default
	Source     string `yaml:"source,omitempty"`
	Sourcetype string `yaml:"sourcetype,omitempty"` // tyto:KIND by default
	Ack        bool   `yaml:"ack,omitempty"`        // the token has indexer acknowledgement on
	TLS        *TLS   `yaml:"tls,omitempty"`
}

var _ product = (*Splunk)(nil)

func (s *Splunk) check(_ []tyto.Kind, bad outbound.Bad) {
	outbound.CheckURL("url", s.URL, bad)
	s.Token.Check("token", true, bad)
	s.TLS.Check("tls", bad)
}

func (s *Splunk) open() (Output, error) {
	p, err := outbound.NewClient(s.TLS)
	if err != nil {
		return nil, err
	}
	o := &splunkOutput{Client: p, Splunk: *s}
	o.URL = strings.TrimRight(s.URL, "/")
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails
	o.channel = fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
	return o, nil
}

type splunkOutput struct {
	*outbound.Client
	Splunk
	channel string // of acknowledgements; a GUID of our choice
}

// maxSplunk keeps below a collector's default of 1 MB (limits.conf,
// max_content_length, is larger today, but proxies are not).
const maxSplunk = 900 << 10

// Send implements Output.
func (o *splunkOutput) Send(ctx context.Context, events []tyto.Event) error {
	encoded := make([][]byte, len(events))
	for i := range events {
		encoded[i] = o.event(&events[i])
	}
	return inPieces(encoded, maxSplunk, mostAtOnce, func(piece [][]byte) error {
		return o.piece(ctx, bytes.Join(piece, nil))
	})
}

// event is one event in the collector's envelope.
func (o *splunkOutput) event(e *tyto.Event) []byte {
	x := map[string]any{
		"time": json.Number(fmt.Sprintf("%d.%06d", e.Time.Unix(), e.Time.Nanosecond()/1000)), "host": cmp.Or(outbound.Clean(e.Sensor, 255), machine),
		"sourcetype": cmp.Or(o.Sourcetype, "tyto:"+string(e.Kind)), "source": cmp.Or(o.Source, "tyto"), "event": json.RawMessage(jsonLine(e, 0)),
	}
	if o.Index != "" {
		x["index"] = o.Index
	}
	b, err := json.Marshal(x)
	if err != nil {
		panic("forward: " + err.Error())
	}
	return b
}

// reply is what the collector answers.
type reply struct {
	Text  string          `json:"text"`
	Code  int             `json:"code"`
	AckID *int64          `json:"ackId"`
	Acks  map[string]bool `json:"acks"`
}

// piece sends one body, and waits for its acknowledgement if there are such.
func (o *splunkOutput) piece(ctx context.Context, body []byte) error {
	r, err := o.ask(ctx, "/services/collector/event", body, true)
	if err != nil {
		return err
	}
	if !o.Ack {
		return nil
	}
	if r.AckID == nil {
		return errors.New("splunk: no ackId in the answer; switch on indexer acknowledgement for the token, or 'ack' off")
	}
	question := fmt.Appendf(nil, `{"acks":[%d]}`, *r.AckID)
	for pause := 100 * time.Millisecond; ; pause = min(2*pause, 5*time.Second) {
		a, err := o.ask(ctx, "/services/collector/ack?channel="+o.channel, question, false)
		if err != nil {
			return err
		}
		if a.Acks[fmt.Sprint(*r.AckID)] {
			return nil
		}
		t := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			t.Stop()
			return fmt.Errorf("splunk: %d is not acknowledged: %w", *r.AckID, ctx.Err())
		case <-t.C:
		}
	}
}

func (o *splunkOutput) ask(ctx context.Context, path string, body []byte, zip bool) (r reply, err error) {
	token, err := o.Token.Read()
	if err != nil {
		return r, fmt.Errorf("splunk: %w", err)
	}
	h := http.Header{"Authorization": {"Splunk " + token}, "Content-Type": {"application/json"}}
	if o.Ack {
		h.Set("X-Splunk-Request-Channel", o.channel)
	}
	text, err := o.Do(ctx, outbound.Request{URL: o.URL + path, Header: h, Body: body, Zip: zip})
	if err != nil {
		var s *outbound.StatusError
		if bad := json.Unmarshal(text, &r); bad == nil && errors.As(err, &s) && s.Status == http.StatusBadRequest && !ofEvent(r.Code) {
			s.Setup = true // a wrong token, index or channel
		}
		return r, fmt.Errorf("splunk: %w", err)
	}
	if err := json.Unmarshal(text, &r); err != nil {
		return r, fmt.Errorf("splunk: the answer is none of a collector: %w", err)
	}
	return r, nil
}

// ofEvent reports whether a code with status 400 tells of the event, not of
// the token, the index or the channel.
func ofEvent(code int) bool {
	switch code {
	case 6, 12, 13, 15: // invalid data, event missing, event blank, indexed fields
		return true
	}
	return false
}
