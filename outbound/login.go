package outbound

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// DefaultLogin is where Microsoft Entra signs applications in.
const DefaultLogin = "https://login.microsoftonline.com"

// An App is an application of Microsoft Entra, as an administrator registers
// it for us.
type App struct {
	Tenant string `yaml:"tenant"`          // id of the directory
	Client string `yaml:"client"`          // id of the application
	Secret Secret `yaml:"secret"`          // of the application
	Login  string `yaml:"login,omitempty"` // https://login.microsoftonline.com
}

var guidRule = regexp.MustCompile(`^[0-9A-Za-z.-]{1,253}$`)

// Check finds what cannot be meant.
func (a *App) Check(bad Bad) {
	CheckURL("login", cmp.Or(a.Login, DefaultLogin), bad)
	for _, x := range [...]struct{ key, id string }{{"tenant", a.Tenant}, {"client", a.Client}} {
		if !guidRule.MatchString(x.id) {
			bad(x.key, fmt.Sprintf("%q is no id; see the overview of the application in Microsoft Entra", x.id))
		}
	}
	a.Secret.Check("secret", true, bad)
}

// For is how the application signs in for an API, named by its audience.
func (a *App) For(audience string) Login {
	return Login{URL: strings.TrimRight(cmp.Or(a.Login, DefaultLogin), "/") + "/" + url.PathEscape(a.Tenant) + "/oauth2/v2.0/token",
		Client: a.Client, Secret: a.Secret, Scope: strings.TrimRight(audience, "/") + "/.default"}
}

// A Login is how to get a token: OAuth 2.0 with client credentials (RFC 6749
// section 4.4) or, with a User, a password (section 4.3).
type Login struct {
	URL      string
	Client   string
	Secret   Secret
	Scope    string
	User     string
	Password Secret
}

// A Caller asks an API that wants a token: it signs in when there is none, or
// soon none, and once more if the API says that the token is none.
type Caller struct {
	*Client
	Login  Login
	Clock  func() time.Time            // nil: the machine's
	Before func(context.Context) error // called before each question, such as Pace.Wait; may be nil

	token   string
	expires time.Time
}

// Call asks with a token. Errors hold no secret.
func (c *Caller) Call(ctx context.Context, r Request) ([]byte, error) {
	if r.Header == nil {
		r.Header = http.Header{}
	}
	for again := false; ; again = true {
		if err := c.signIn(ctx); err != nil {
			return nil, fmt.Errorf("sign in: %w", err)
		}
		if c.Before != nil {
			if err := c.Before(ctx); err != nil {
				return nil, err
			}
		}
		r.Header.Set("Authorization", "Bearer "+c.token)
		text, err := c.Do(ctx, r)
		var s *StatusError
		if errors.As(err, &s) && s.Status == http.StatusUnauthorized && !again { // expired sooner than it said
			c.token = ""
			continue
		}
		return text, err
	}
}

func (c *Caller) now() time.Time {
	if c.Clock == nil {
		return time.Now()
	}
	return c.Clock()
}

func (c *Caller) signIn(ctx context.Context) error {
	if c.token != "" && c.expires.Sub(c.now()) > time.Minute {
		return nil
	}
	secret, err := c.Login.Secret.Read()
	if err != nil {
		return err
	}
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {c.Login.Client}, "client_secret": {secret}}
	if c.Login.Scope != "" {
		form.Set("scope", c.Login.Scope)
	}
	secrets := []string{secret}
	if c.Login.User != "" {
		password, err := c.Login.Password.Read()
		if err != nil {
			return err
		}
		form.Set("grant_type", "password")
		form.Set("username", c.Login.User)
		form.Set("password", password)
		secrets = append(secrets, password)
	}
	text, err := c.Do(ctx, Request{URL: c.Login.URL, Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, Body: []byte(form.Encode())})
	c.answer = Masked(c.answer, secrets...)
	if err != nil {
		var s *StatusError
		if errors.As(err, &s) { // no event is to blame
			return &LoginError{Status: s.Status, Text: Masked(s.Text, secrets...), After: s.After}
		}
		return err
	}
	var token struct {
		Token   string          `json:"access_token"`
		Expires json.RawMessage `json:"expires_in"` // a number, or one in quotes
	}
	c.answer = "" // it holds the token
	if err := json.Unmarshal(text, &token); err != nil || token.Token == "" {
		return errors.New("the answer holds no token")
	}
	seconds, err := json.Number(strings.Trim(string(token.Expires), `"`)).Int64()
	if err != nil || seconds < 0 {
		seconds = 300
	}
	c.token, c.expires = token.Token, c.now().Add(time.Duration(min(seconds, 86400))*time.Second)
	return nil
}

// A LoginError says that signing in was refused.
type LoginError struct {
	Status int
	Text   string
	After  time.Duration
}

// Error implements error.
func (e *LoginError) Error() string { return e.Text }

// Patience is how long the far end wants to be left alone, 0 if it did not say.
func Patience(err error) time.Duration {
	var s *StatusError
	var l *LoginError
	switch {
	case errors.As(err, &s):
		return s.After
	case errors.As(err, &l):
		return l.After
	}
	return 0
}

// Masked is text without secrets.
func Masked(text string, secrets ...string) string {
	for _, s := range secrets {
		if s != "" {
			text = strings.ReplaceAll(text, s, "…")
		}
	}
	return text
}
