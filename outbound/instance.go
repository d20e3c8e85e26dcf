package outbound

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
)

// An Instance is an instance of ServiceNow, the table of its incidents, and
// how to sign in.
type Instance struct {
	URL      string `yaml:"url"`                // https://INSTANCE.service-now.com
	User     string `yaml:"user,omitempty"`     // basic, or, with a client, OAuth 2.0 with a password
	Password Secret `yaml:"password,omitempty"` // of the user
	Client   string `yaml:"client,omitempty"`   // of the OAuth application
	Secret   Secret `yaml:"secret,omitempty"`   // of the OAuth application
	Table    string `yaml:"table,omitempty"`    // incident (default), sn_si_incident, or one that extends incident
	TLS      *TLS   `yaml:"tls,omitempty"`
}

// TableRule is what names of tables, columns and classes look like there.
var TableRule = regexp.MustCompile(`^[a-z][a-z0-9_]{0,79}$`)

// Check finds what cannot be meant.
func (i *Instance) Check(bad Bad) {
	CheckURL("url", i.URL, bad)
	if i.User == "" && i.Client == "" {
		bad("user", "is missing; give user and password, or client and secret of an OAuth application")
	}
	i.Password.Check("password", i.User != "", bad)
	i.Secret.Check("secret", i.Client != "", bad)
	if !TableRule.MatchString(cmp.Or(i.Table, "incident")) {
		bad("table", fmt.Sprintf("%q is no table; incident is the default", i.Table))
	}
	i.TLS.Check("tls", bad)
}

// States are the numbers of an incident's states (sys_choice, column state).
type States struct {
	New, Resolved string
	Work          []string // the first is that of one that is taken up
	Over          []string // nothing changes one in these
}

// States are those of the instance's table.
func (i *Instance) States() States {
	if i.Table == "sn_si_incident" { // draft; closed; analysis, contain, eradicate, recover, review; closed, canceled
		return States{New: "10", Resolved: "3", Work: []string{"16", "18", "19", "20", "100"}, Over: []string{"3", "7"}}
	}
	return States{New: "1", Resolved: "6", Work: []string{"2", "3"}, Over: []string{"7", "8"}} // on hold; closed, canceled
}

// ByServiceNow begins the name of who decided about an alert there; no user
// here has such a name.
const ByServiceNow = "servicenow:"

// A Desk asks an instance. It belongs to one goroutine at a time.
type Desk struct {
	Instance
	*Caller
}

// Open is a desk of the instance; nothing is asked yet.
func (i *Instance) Open() (*Desk, error) {
	c, err := NewClient(i.TLS)
	if err != nil {
		return nil, err
	}
	d := &Desk{Instance: *i, Caller: &Caller{Client: c}}
	d.URL, d.Table = strings.TrimRight(i.URL, "/"), cmp.Or(i.Table, "incident")
	d.Login = Login{URL: d.URL + "/oauth_token.do", Client: i.Client, Secret: i.Secret, User: i.User, Password: i.Password}
	return d, nil
}

// Ask asks, as JSON, with what the configuration gives to sign in.
func (d *Desk) Ask(ctx context.Context, method, path string, body, into any) error {
	r := Request{Method: method, URL: d.URL + path, Header: http.Header{"Accept": {"application/json"}, "Content-Type": {"application/json"}}, Limit: 8 << 20}
	var err error
	if body != nil {
		if r.Body, err = json.Marshal(body); err != nil {
			return err
		}
	}
	var text []byte
	if d.Instance.Client != "" {
		text, err = d.Call(ctx, r)
	} else {
		password, bad := d.Password.Read()
		if bad != nil {
			return bad
		}
		r.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(d.User+":"+password)))
		text, err = d.Do(ctx, r)
	}
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("the answer is none of ServiceNow's: %w", err)
	}
	return nil
}
