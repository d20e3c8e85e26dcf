package forward_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"tyto/forward"
	"tyto/forward/forwardtest"
	"tyto/frame"
	"tyto/lab/doubles"
	"tyto/outbound"
	"tyto/tyto"
)

// overHTTP are the outputs that get answers.
func overHTTP() map[string]func(t testing.TB) (*doubles.Double, forward.Output) {
	return map[string]func(t testing.TB) (*doubles.Double, forward.Output){
		"splunk": func(t testing.TB) (*doubles.Double, forward.Output) {
			far := doubles.Splunk(false)
			return &far.Double, open(t, forward.Destination{Splunk: &forward.Splunk{URL: doubles.Serve(t, far).URL, Token: secret(t, doubles.SplunkToken)}})
		},
		"sentinel": func(t testing.TB) (*doubles.Double, forward.Output) {
			far := doubles.Azure()
			return far, signedIn(t, open(t, forward.Destination{Sentinel: sentinel(t, doubles.Serve(t, far).URL)}))
		},
		"servicenow": func(t testing.TB) (*doubles.Double, forward.Output) {
			far := doubles.ServiceNow()
			return &far.Double, signedIn(t, open(t, forward.Destination{ServiceNow: &forward.ServiceNow{Instance: outbound.Instance{URL: doubles.Serve(t, far).URL, Client: doubles.SnowClient, Secret: secret(t, doubles.SnowSecret)}}}))
		},
		"defender": func(t testing.TB) (*doubles.Double, forward.Output) {
			far := doubles.MDE()
			url := doubles.Serve(t, far).URL
			o := open(t, forward.Destination{Defender: &forward.Defender{Microsoft: outbound.Microsoft{URL: url, App: app(t, url)}, Indicators: &forward.Indicators{Rules: []string{"plc-*"}}}})
			other := forwardtest.Alert(0)
			other.Alert.Subjects = []tyto.Subject{{Addr: frame.V4(198, 51, 100, 9)}}
			must(t, o.Send(t.Context(), []tyto.Event{other})) // signs in
			return &far.Double, o
		},
		"webhook": func(t testing.TB) (*doubles.Double, forward.Output) {
			far := doubles.Hook()
			return far, open(t, forward.Destination{Webhook: &forward.Webhook{URL: doubles.Serve(t, far).URL}})
		},
	}
}

// signedIn is an output that has a token.
func signedIn(t testing.TB, o forward.Output) forward.Output {
	t.Helper()
	if err := o.Send(t.Context(), forwardtest.Alerts(0, 1)); err != nil {
		t.Fatal(err)
	}
	return o
}

func TestAnswers(t *testing.T) {
	for name, make := range overHTTP() {
		for status, want := range map[int]struct {
			refused bool
			after   time.Duration
		}{
			http.StatusUnauthorized: {}, http.StatusForbidden: {}, http.StatusNotFound: {}, http.StatusFound: {}, http.StatusInternalServerError: {},
			http.StatusServiceUnavailable: {after: 7 * time.Second}, http.StatusTooManyRequests: {after: 7 * time.Second}, http.StatusRequestEntityTooLarge: {refused: true},
		} {
			t.Run(fmt.Sprint(name, " ", status), func(t *testing.T) {
				far, o := make(t)
				defer o.Close()
				key, value := "", ""
				if want.after > 0 {
					key, value = "Retry-After", "7"
				}
				far.Next(status, key, value, 2) // Azure is asked twice if it says 401
				err := o.Send(t.Context(), forwardtest.Alerts(1, 2))
				var f *forward.Failure
				if !errors.As(err, &f) || f.Refused != want.refused || f.After != want.after || f.Sent != 0 {
					t.Fatalf("got %#v, want %+v", err, want)
				}
				for _, s := range []string{doubles.SplunkToken, doubles.Secret, "token-"} {
					if strings.Contains(err.Error(), s) {
						t.Errorf("the error holds a secret: %v", err)
					}
				}
			})
		}
		t.Run(name+" reset", func(t *testing.T) {
			far, o := make(t)
			defer o.Close()
			far.Reset()
			if err := o.Send(t.Context(), forwardtest.Alerts(1, 2)); err == nil {
				t.Error("half an answer was taken for one")
			}
			if err := o.Send(t.Context(), forwardtest.Alerts(1, 2)); err != nil {
				t.Error(err)
			}
		})
		t.Run(name+" hang", func(t *testing.T) {
			far, o := make(t)
			defer o.Close()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			far.Hang(cancel)
			if err := o.Send(ctx, forwardtest.Alerts(1, 2)); !errors.Is(err, context.Canceled) {
				t.Errorf("a far end that does not answer gave %v", err)
			}
			must(t, o.Send(t.Context(), forwardtest.Alerts(1, 2)))
		})
	}
}

func TestSentinelSignsInAgain(t *testing.T) {
	far := doubles.Azure()
	far.Life = 0 // expired at once, whatever it says
	o := open(t, forward.Destination{Sentinel: sentinel(t, doubles.Serve(t, far).URL)})
	defer o.Close()
	if err := o.Send(t.Context(), forwardtest.Alerts(0, 1)); err == nil || far.Logins() != 2 {
		t.Errorf("signed in %d times, error %v", far.Logins(), err)
	}
	far.Life = time.Hour
	for range 3 {
		if err := o.Send(t.Context(), forwardtest.Alerts(0, 1)); err != nil {
			t.Fatal(err)
		}
	}
	if far.Logins() != 3 {
		t.Errorf("signed in %d times, want a third time only", far.Logins())
	}
}

func TestWrongSecretIsNotRepeated(t *testing.T) {
	far := doubles.Azure() // whose answer repeats what it was given
	s := sentinel(t, doubles.Serve(t, far).URL)
	s.Secret = secret(t, "wr0ng-secret")
	o := open(t, forward.Destination{Sentinel: s})
	defer o.Close()
	err := o.Send(t.Context(), forwardtest.Alerts(0, 1))
	if err == nil || strings.Contains(err.Error(), "wr0ng") || strings.Contains(o.(forward.Answerer).Answer(), "wr0ng") {
		t.Errorf("error %v, answer %s", err, o.(forward.Answerer).Answer())
	}
	if !strings.Contains(err.Error(), "AADSTS7000215") {
		t.Errorf("the reason is lost: %v", err)
	}
}

// TestLargeBatches stay below what a request may have.
func TestLargeBatches(t *testing.T) {
	var all []tyto.Event
	for i := range 150 {
		e := forwardtest.Alert(i)
		e.Alert.Techniques = []string{strings.Repeat("T0858", 3000)}
		all = append(all, e)
	}
	for name, make := range overHTTP() {
		if name == "defender" {
			continue // it sends an event at a time
		}
		t.Run(name, func(t *testing.T) {
			far, o := make(t)
			defer o.Close()
			had := len(far.Received())
			if err := o.Send(t.Context(), all); err != nil {
				t.Fatal(err)
			}
			if got := len(far.Received()) - had; got != len(all) {
				t.Errorf("%d arrived, want %d", got, len(all))
			}
		})
	}
}

func TestWebhookSignature(t *testing.T) {
	far := doubles.Hook()
	deliveries := map[string]int{}
	far.Check = func(body []byte, h http.Header) error {
		parts := regexp.MustCompile(`^t=(\d+),v1=([0-9a-f]{64})$`).FindStringSubmatch(h.Get("X-Tyto-Signature"))
		if parts == nil {
			return errors.New("no signature")
		}
		m := hmac.New(sha256.New, []byte("s3cret"))
		m.Write(append([]byte(parts[1]+"."), body...))
		if hex.EncodeToString(m.Sum(nil)) != parts[2] || h.Get("X-Plant") != "graz" || h.Get("Authorization") != "Bearer t0ken" {
			return errors.New("wrong signature or headers")
		}
		deliveries[h.Get("X-Tyto-Delivery")]++
		return nil
	}
	o := open(t, forward.Destination{Webhook: &forward.Webhook{URL: doubles.Serve(t, far).URL, Secret: secret(t, "s3cret"), Token: secret(t, "t0ken"), Headers: map[string]string{"X-Plant": "graz"}}})
	defer o.Close()
	for range 2 {
		if err := o.Send(t.Context(), forwardtest.Alerts(0, 3)); err != nil {
			t.Fatal(err)
		}
	}
	if len(deliveries) != 1 {
		t.Errorf("the same has several names: %v", deliveries)
	}
}

func TestFileRotates(t *testing.T) {
	name := filepath.Join(t.TempDir(), "events")
	o := open(t, forward.Destination{File: &forward.File{Path: name, SizeMB: 1, Files: 2}})
	defer o.Close()
	big := forwardtest.Alert(0)
	big.Alert.Title = strings.Repeat("x", 300<<10)
	for range 14 {
		if err := o.Send(t.Context(), []tyto.Event{big}); err != nil {
			t.Fatal(err)
		}
	}
	files, err := filepath.Glob(name + "*")
	if err != nil || len(files) != 3 {
		t.Errorf("there are %v, want the file and two more", files)
	}
	for _, f := range files {
		if s, err := os.Stat(f); err != nil || s.Size() > 1<<20 || s.Mode().Perm() != 0o640 {
			t.Errorf("%s: %v %v", f, s, err)
		}
	}
	if err := os.Rename(name, name+".moved"); err != nil { // as logrotate does
		t.Fatal(err)
	}
	if err := o.Send(t.Context(), forwardtest.Alerts(0, 1)); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(name); err != nil || strings.Count(string(b), "\n") != 1 {
		t.Errorf("the new file holds %q, %v", b, err)
	}
}

// line writes one event in a format, through the file output.
func line(t *testing.T, format string, e tyto.Event) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "events")
	o := open(t, forward.Destination{Kinds: []string{string(e.Kind)}, File: &forward.File{Path: name, Format: format}})
	defer o.Close()
	if err := o.Send(t.Context(), []tyto.Event{e}); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(string(b), "\n")
}

var cefPair = regexp.MustCompile(`(?:^| )([a-zA-Z0-9_]+)=((?:[^=\\]|\\.)*?)(?: [a-zA-Z0-9_]+=|$)`)

// cefFields reads an extension as a SIEM does.
func cefFields(extension string) map[string]string {
	fields := map[string]string{}
	for len(extension) > 0 {
		m := cefPair.FindStringSubmatchIndex(extension)
		if m == nil {
			fields["?"] = extension
			return fields
		}
		value := extension[m[4]:m[5]]
		fields[extension[m[2]:m[3]]] = strings.NewReplacer(`\\`, `\`, `\=`, `=`, `\n`, "\n").Replace(value)
		extension = extension[m[5]:]
	}
	return fields
}

// TestCEFReadsBack has hostile text come out as it went in.
func TestCEFReadsBack(t *testing.T) {
	hostile := `a=b|c\ src=6.6.6.6` + "\nnext"
	e := forwardtest.Alert(1)
	e.Alert.Title, e.Alert.Rule = hostile, hostile
	e.Alert.First, e.Alert.Last, e.Alert.Count = e.Time.Add(-time.Hour), e.Time.Add(-time.Minute), 7
	text := line(t, "cef", e)
	header := regexp.MustCompile(`^CEF:0\|((?:[^|\\]|\\.)*)\|((?:[^|\\]|\\.)*)\|((?:[^|\\]|\\.)*)\|((?:[^|\\]|\\.)*)\|((?:[^|\\]|\\.)*)\|(\d+)\|(.*)$`).FindStringSubmatch(text)
	if header == nil {
		t.Fatalf("no header: %s", text)
	}
	if got := strings.NewReplacer(`\\`, `\`, `\|`, `|`).Replace(header[5]); got != `a=b|c\ src=6.6.6.6 next` || header[6] != "8" {
		t.Errorf("the name is %q, severity %s", got, header[6])
	}
	fields := cefFields(header[7])
	for key, want := range map[string]string{"msg": hostile, "src": "192.0.2.1", "dst": "192.0.2.2", "smac": "00:1b:1b:00:00:01", "dvchost": "probe-1", "flexString2": "plant", "flexString1Label": "deviceId",
		"cnt": "7", "start": "1772362801000", "end": "1772366341000"} {
		if fields[key] != want {
			t.Errorf("%s is %q, want %q", key, fields[key], want)
		}
	}
}

func TestDefenderKeys(t *testing.T) {
	text := line(t, "cef-defender", forwardtest.Alert(1))
	fields := cefFields(text[strings.LastIndex(text, "|")+1:])
	for _, key := range []string{"msg", "protocol", "severity", "type", "UUID", "start", "src_ip", "src_mac", "dst_ip", "cat"} {
		if fields[key] == "" {
			t.Errorf("%s is missing in %s", key, text)
		}
	}
	if fields["severity"] != "Major" || !strings.Contains(text, "|8|") || fields["type"] != "Policy Violation" || fields["cat"] != "Restart/Stop Commands" {
		t.Error(text)
	}
	for rule, want := range map[string][2]string{"arp-flood": {"Anomaly", "Abnormal Communication Behavior"}, "indicator-contact": {"Malware", "Suspicion of Malware"}, "snmp-default-community": {"Policy Violation", "Unauthorized Communication Behavior"}} {
		e := forwardtest.Alert(1)
		e.Alert.Rule, e.Alert.Engine = rule, map[string]string{"Anomaly": "anomaly", "Malware": "malware"}[want[0]]
		text := line(t, "cef-defender", e)
		fields := cefFields(text[strings.LastIndex(text, "|")+1:])
		if got := [2]string{fields["type"], fields["cat"]}; got != want {
			t.Errorf("%s is of %v, want %v", rule, got, want)
		}
	}
}

func TestLEEFReadsBack(t *testing.T) {
	e := forwardtest.Alert(1)
	e.Alert.Title = "tab\tand\nline|bar"
	e.Alert.First, e.Alert.Last, e.Alert.Count = e.Time.Add(-time.Hour), e.Time.Add(-time.Minute), 7
	parts := strings.SplitN(line(t, "leef", e), "|", 7)
	if len(parts) != 7 || parts[0] != "LEEF:2.0" || parts[4] != "plc-stop" || parts[5] != "x09" {
		t.Fatalf("the header is %q", parts)
	}
	fields := map[string]string{}
	for _, pair := range strings.Split(parts[6], "\t") {
		key, value, ok := strings.Cut(pair, "=")
		if !ok {
			t.Errorf("%q is no pair", pair)
		}
		fields[key] = value
	}
	for key, want := range map[string]string{"title": "tab and line|bar", "sev": "8", "src": "192.0.2.1", "dst": "192.0.2.2", "srcMAC": "00:1b:1b:00:00:01", "count": "7", "startTime": "1772362801000", "endTime": "1772366341000"} {
		if fields[key] != want {
			t.Errorf("%s is %q, want %q", key, fields[key], want)
		}
	}
}

// TestOCSFFollows what is decided about an alert.
func TestOCSFFollows(t *testing.T) {
	for status, want := range map[string][2]float64{"": {1, 1}, "new": {2, 1}, "active": {2, 2}, "muted": {2, 3}, "learned": {3, 3}, "closed": {3, 4}} {
		e := forwardtest.Alert(1)
		e.Alert.ID, e.Alert.Status, e.Alert.Comment = "a1", status, "planned"
		e.Alert.First, e.Alert.Last, e.Alert.Count = e.Time.Add(-time.Hour), e.Time.Add(-time.Minute), 7
		var x struct {
			Activity float64 `json:"activity_id"`
			Status   float64 `json:"status_id"`
			Comment  string
			Count    int
			Info     struct {
				UID   string
				First int64 `json:"first_seen_time"`
				Last  int64 `json:"last_seen_time"`
			} `json:"finding_info"`
		}
		if err := json.Unmarshal([]byte(line(t, "ocsf", e)), &x); err != nil {
			t.Fatal(err)
		}
		if x.Activity != want[0] || x.Status != want[1] || x.Comment != "planned" || x.Info.UID != "a1" || x.Count != 7 || x.Info.First != 1772362801000 || x.Info.Last != 1772366341000 {
			t.Errorf("%q is %+v, want %v", status, x, want)
		}
	}
}

// TestOCSFHasWhatIsRequired of its classes.
func TestOCSFHasWhatIsRequired(t *testing.T) {
	device := tyto.Event{Sensor: "s", Kind: tyto.KindDevice, Time: time.Unix(1, 0), Device: &tyto.DeviceChange{ID: "d1", Category: "iot", Type: "ip_camera", IPs: []string{"192.0.2.7"}}}
	for _, c := range []struct {
		event tyto.Event
		class float64
		keys  []string
	}{{device, 5001, []string{"device"}}, {forwardtest.Alert(1), 2004, []string{"finding_info", "evidences"}}} {
		var x map[string]any
		if err := json.Unmarshal([]byte(line(t, "ocsf", c.event)), &x); err != nil {
			t.Fatal(err)
		}
		for _, key := range append(c.keys, "category_uid", "class_uid", "type_uid", "activity_id", "time", "severity_id", "metadata") {
			if x[key] == nil {
				t.Errorf("%v lacks %s", c.class, key)
			}
		}
		if x["class_uid"] != c.class || x["type_uid"] != c.class*100+x["activity_id"].(float64) {
			t.Errorf("classes are %v, %v", x["class_uid"], x["type_uid"])
		}
		if d, ok := x["device"].(map[string]any); ok && (d["type_id"] != 7.0 || d["ip"] != "192.0.2.7" || d["uid"] != "d1") {
			t.Errorf("the device is %v", d)
		}
	}
}
