package forward

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"tyto/outbound"
	"tyto/tyto"
)

// Sentinel sends to the Logs Ingestion API of Azure Monitor: a data
// collection rule (DCR) has a stream for each kind of event, whose columns
// are those of docs/reference/forward.md.
type Sentinel struct {
	Endpoint string            `yaml:"endpoint"`           // of the DCE or the DCR: https://NAME.REGION.ingest.monitor.azure.com
	Rule     string            `yaml:"rule"`               // immutable id: dcr-…
	Streams  map[string]string `yaml:"streams,omitempty"`  // by kind; Custom-TytoAlert_CL, Custom-TytoDevice_CL, …
	Audience string            `yaml:"audience,omitempty"` // https://monitor.azure.com
	TLS      *TLS              `yaml:"tls,omitempty"`

	outbound.App `yaml:",inline"`
}

var _ product = (*Sentinel)(nil)

var (
	ruleRule   = regexp.MustCompile(`^dcr-[0-9a-f]{32}$`)
	streamRule = regexp.MustCompile(`^(Custom|Microsoft)-[A-Za-z0-9_]{1,100}$`)
)

func (s *Sentinel) check(kinds []tyto.Kind, bad outbound.Bad) {
	outbound.CheckURL("endpoint", s.Endpoint, bad)
	if !ruleRule.MatchString(s.Rule) {
		bad("rule", fmt.Sprintf("%q is no immutable id of a data collection rule, such as dcr-000a00a000a00000a000000aa000a0aa", s.Rule))
	}
	s.App.Check(bad)
	for kind, stream := range s.Streams {
		if !slices.Contains(allKinds, tyto.Kind(kind)) || !streamRule.MatchString(stream) {
			bad("streams", fmt.Sprintf("%q: %q is not KIND: Custom-TABLE_CL", kind, stream))
		}
	}
	s.TLS.Check("tls", bad)
}

const defaultAudience = "https://monitor.azure.com"

func (s *Sentinel) open() (Output, error) {
	c, err := outbound.NewClient(s.TLS)
	if err != nil {
		return nil, err
	}
	o := &sentinelOutput{Caller: &outbound.Caller{Client: c, Login: s.For(cmp.Or(s.Audience, defaultAudience))}, Sentinel: *s}
	o.Endpoint = strings.TrimRight(o.Endpoint, "/")
	return o, nil
}

type sentinelOutput struct {
	*outbound.Caller
	Sentinel
}

// maxIngest is the API's limit of a call, 1 MB, before compression too.
const maxIngest = 1_000_000

// maxColumn is the length beyond which the API truncates values.
const maxColumn = 64 << 10

// Send implements Output. A call is for one stream: neighbours of one kind go together.
func (o *sentinelOutput) Send(ctx context.Context, events []tyto.Event) error {
	for done := 0; done < len(events); {
		n := 1
		for done+n < len(events) && events[done+n].Kind == events[done].Kind {
			n++
		}
		if err := o.run(ctx, events[done:done+n]); err != nil {
			var f *Failure
			if !errors.As(err, &f) {
				f = &Failure{Err: err}
			}
			f.Sent += done
			return f
		}
		done += n
	}
	return nil
}

// run sends events of one kind.
func (o *sentinelOutput) run(ctx context.Context, events []tyto.Event) error {
	kind := string(events[0].Kind)
	stream := cmp.Or(o.Streams[kind], "Custom-Tyto"+strings.ToUpper(kind[:1])+kind[1:]+"_CL")
	to := o.Endpoint + "/dataCollectionRules/" + o.Rule + "/streams/" + stream + "?api-version=2023-01-01"
	encoded := make([][]byte, len(events))
	for i := range events {
		encoded[i] = append(row(&events[i]), ',') // counts the comma
	}
	return inPieces(encoded, maxIngest-2, mostAtOnce, func(piece [][]byte) error {
		body := append([]byte{'['}, bytes.Join(piece, nil)...)
		body[len(body)-1] = ']'
		return o.ingest(ctx, to, body)
	})
}

func (o *sentinelOutput) ingest(ctx context.Context, to string, body []byte) error {
	_, err := o.Call(ctx, outbound.Request{URL: to, Header: http.Header{"Content-Type": {"application/json"}}, Body: body, Zip: true})
	if err != nil {
		return fmt.Errorf("sentinel: %w", err)
	}
	return nil
}

// row is an event as a flat row: the columns that all kinds have, those of
// its own, and the whole as Event.
func row(e *tyto.Event) []byte {
	r := recordOf(e)
	x := map[string]any{"TimeGenerated": e.Time.UTC().Format(time.RFC3339Nano), "EventId": eventID(e), "Kind": e.Kind, "SensorName": outbound.Clean(e.Sensor, maxColumn),
		"Zone": outbound.Clean(e.Zone, maxColumn), "EventClass": outbound.Clean(r.class, maxColumn), "Title": outbound.Clean(r.title, maxColumn), "SeverityLevel": r.severity,
		"Event": outbound.Clean(string(eventJSON(e)), maxColumn)}
	put := func(key, value string) {
		if value != "" {
			x[key] = outbound.Clean(value, maxColumn)
		}
	}
	put("DeviceId", r.device)
	put("SrcIp", r.src.ip)
	put("SrcMac", r.src.mac)
	put("SrcHostname", r.src.host)
	put("DstIp", r.dst.ip)
	put("DstMac", r.dst.mac)
	put("DstHostname", r.dst.host)
	put("Transport", r.proto)
	put("Protocol", r.app)
	put("Action", r.action)
	put("Outcome", r.outcome)
	put("DecidedBy", r.by)
	put("Reason", r.reason)
	put("Message", r.message)
	if r.port != 0 {
		x["DstPort"] = r.port
	}
	for _, c := range r.custom {
		column := strings.ToUpper(c.label[:1]) + c.label[1:]
		if e.Device != nil {
			column = "Device" + column // "Type" is reserved
		}
		put(column, c.value)
	}
	b, err := json.Marshal(x)
	if err != nil {
		panic("forward: " + err.Error())
	}
	return b
}
