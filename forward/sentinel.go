package forward

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"tyto/tyto"
)

// Sentinel sends to the Logs Ingestion API of Azure Monitor: a data
// collection rule (DCR) has a stream for each kind of event, whose columns
// are those of docs/reference/forward.md.
type Sentinel struct {
	Endpoint string            `yaml:"endpoint"`           // of the DCE or the DCR: https://NAME.REGION.ingest.monitor.azure.com
	Rule     string            `yaml:"rule"`               // immutable id: dcr-…
	Streams  map[string]string `yaml:"streams,omitempty"`  // by kind; Custom-TytoAlert_CL, Custom-TytoDevice_CL, …
	Tenant   string            `yaml:"tenant"`             // id of the directory
	Client   string            `yaml:"client"`             // id of the application
	Secret   Secret            `yaml:"secret"`             // of the application
	Login    string            `yaml:"login,omitempty"`    // https://login.microsoftonline.com
	Audience string            `yaml:"audience,omitempty"` // https://monitor.azure.com
	TLS      *TLS              `yaml:"tls,omitempty"`
}

var _ product = (*Sentinel)(nil)

var (
	ruleRule   = regexp.MustCompile(`^dcr-[0-9a-f]{32}$`)
	streamRule = regexp.MustCompile(`^(Custom|Microsoft)-[A-Za-z0-9_]{1,100}$`)
	guidRule   = regexp.MustCompile(`^[0-9A-Za-z.-]{1,253}$`)
)

func (s *Sentinel) check(kinds []tyto.Kind, bad func(key, why string)) {
	checkURL("endpoint", s.Endpoint, bad)
	checkURL("login", cmp.Or(s.Login, defaultLogin), bad)
	if !ruleRule.MatchString(s.Rule) {
		bad("rule", fmt.Sprintf("%q is no immutable id of a data collection rule, such as dcr-000a00a000a00000a000000aa000a0aa", s.Rule))
	}
	for key, id := range map[string]string{"tenant": s.Tenant, "client": s.Client} {
		if !guidRule.MatchString(id) {
			bad(key, fmt.Sprintf("%q is no id; see the overview of the application in Microsoft Entra", id))
		}
	}
	for kind, stream := range s.Streams {
		if !slices.Contains(allKinds, tyto.Kind(kind)) || !streamRule.MatchString(stream) {
			bad("streams", fmt.Sprintf("%q: %q is not KIND: Custom-TABLE_CL", kind, stream))
		}
	}
	s.Secret.check("secret", true, bad)
	s.TLS.check("tls", bad)
}

const (
	defaultLogin    = "https://login.microsoftonline.com"
	defaultAudience = "https://monitor.azure.com"
)

func (s *Sentinel) open() (Output, error) {
	p, err := newPoster(s.TLS)
	if err != nil {
		return nil, err
	}
	o := &sentinelOutput{poster: p, Sentinel: *s}
	o.Endpoint = strings.TrimRight(o.Endpoint, "/")
	o.Login, o.Audience = strings.TrimRight(cmp.Or(o.Login, defaultLogin), "/"), cmp.Or(o.Audience, defaultAudience)
	return o, nil
}

type sentinelOutput struct {
	*poster
	Sentinel
	token   string
	expires time.Time
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
	for again := false; ; again = true {
		if err := o.login(ctx); err != nil {
			return fmt.Errorf("sentinel: sign in: %w", err)
		}
		_, err := o.post(ctx, to, http.Header{"Authorization": {"Bearer " + o.token}, "Content-Type": {"application/json"}}, body, true)
		var s *statusError
		if errors.As(err, &s) && s.status == http.StatusUnauthorized && !again { // expired sooner than it said
			o.token = ""
			continue
		}
		if err != nil {
			return fmt.Errorf("sentinel: %w", err)
		}
		return nil
	}
}

// login gets a token if there is none, or soon none (OAuth 2.0 client
// credentials, RFC 6749 section 4.4).
func (o *sentinelOutput) login(ctx context.Context) error {
	if o.token != "" && time.Until(o.expires) > time.Minute {
		return nil
	}
	secret, err := o.Secret.read()
	if err != nil {
		return err
	}
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {o.Client}, "client_secret": {secret}, "scope": {o.Audience + "/.default"}}
	text, err := o.post(ctx, o.Login+"/"+url.PathEscape(o.Tenant)+"/oauth2/v2.0/token",
		http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, []byte(form.Encode()), false)
	o.answer = strings.ReplaceAll(o.answer, secret, "…")
	if err != nil {
		var s *statusError
		if errors.As(err, &s) { // no event is to blame
			return errors.New(strings.ReplaceAll(s.text, secret, "…"))
		}
		return err
	}
	var token struct {
		Token   string `json:"access_token"`
		Expires int    `json:"expires_in"`
	}
	o.answer = "" // it holds the token
	if err := json.Unmarshal(text, &token); err != nil || token.Token == "" {
		return errors.New("the answer holds no token")
	}
	o.token, o.expires = token.Token, time.Now().Add(time.Duration(token.Expires)*time.Second)
	return nil
}

// row is an event as a flat row: the columns that all kinds have, those of
// its own, and the whole as Event.
func row(e *tyto.Event) []byte {
	r := recordOf(e)
	x := map[string]any{"TimeGenerated": e.Time.UTC().Format(time.RFC3339Nano), "EventId": eventID(e), "Kind": e.Kind, "SensorName": clean(e.Sensor, maxColumn),
		"Zone": clean(e.Zone, maxColumn), "EventClass": clean(r.class, maxColumn), "Title": clean(r.title, maxColumn), "SeverityLevel": r.severity,
		"Event": clean(string(eventJSON(e)), maxColumn)}
	put := func(key, value string) {
		if value != "" {
			x[key] = clean(value, maxColumn)
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
