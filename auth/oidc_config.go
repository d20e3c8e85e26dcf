package auth

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"

	"tyto/tyto"
)

// OIDC is the configuration of an identity provider that speaks OpenID
// Connect (Core 1.0, with Discovery 1.0 and PKCE).
type OIDC struct {
	Name       string            `yaml:"name"`        // what the button on the sign-in page says after "Sign in with"
	Issuer     string            `yaml:"issuer"`      // as the provider writes it in its tokens
	ClientID   string            `yaml:"client_id"`   // of the hub, as it is registered there
	SecretFile string            `yaml:"secret_file"` // the file that holds the client's secret
	URL        string            `yaml:"url"`         // of the portal, as browsers see it: it leads back here
	Scopes     []string          `yaml:"scopes"`      // asked for beside openid
	UserClaim  string            `yaml:"user_claim"`  // what a user is called
	RoleClaim  string            `yaml:"role_claim"`  // a path, as in realm_access.roles
	Roles      map[string]string `yaml:"roles"`       // the role for a value of role_claim; the most powerful counts
	Role       string            `yaml:"role"`        // without any of them; "" refuses
	SiteClaim  string            `yaml:"site_claim"`  // a path; "" lets everybody see all sites
	Sites      map[string]string `yaml:"sites"`       // the site for a value of site_claim, "*" for all of them; without any the values are ids of sites
	Domains    []string          `yaml:"domains"`     // of verified e-mail addresses; without any whom the provider knows may come
	CAFile     string            `yaml:"ca_file"`     // certificates that sign the provider's; "" for those of the system
}

// A Problem is what is wrong with a key of a configuration, and what to do.
type Problem struct {
	Key string
	Why string
}

// claims are what OIDC asks for if the configuration does not say.
func (c *OIDC) defaults() {
	if c.Name == "" {
		c.Name = "single sign-on"
	}
	if c.Scopes == nil {
		c.Scopes = []string{"profile", "email"}
	}
	if c.UserClaim == "" {
		c.UserClaim = "preferred_username"
	}
	c.URL = strings.TrimSuffix(c.URL, "/")
}

// Callback is where the provider is to send browsers back to.
func (c *OIDC) Callback() string { return strings.TrimSuffix(c.URL, "/") + CallbackPath }

// CallbackPath is where the provider's answers arrive.
const CallbackPath = "/api/v1/oidc/callback"

// Check finds what cannot be meant, files that cannot be read among it.
func (c *OIDC) Check() (all []Problem) {
	bad := func(key, why string, args ...any) { all = append(all, Problem{key, fmt.Sprintf(why, args...)}) }
	if why := secureURL(c.Issuer); why != "" {
		bad("issuer", "%s; it is the address under which /.well-known/openid-configuration is found", why)
	}
	if why := secureURL(c.URL); why != "" {
		bad("url", "%s; it is the portal's address as browsers see it, such as https://tyto.example.org", why)
	} else if u, _ := url.Parse(c.URL); strings.Trim(u.Path, "/") != "" {
		bad("url", "has a path; the portal is served at the root of a host")
	}
	if c.ClientID == "" {
		bad("client_id", "is missing; the provider gives it when the hub is registered there")
	}
	if _, err := c.secret(); err != nil {
		bad("secret_file", "%v", err)
	}
	if len(c.Name) > 40 {
		bad("name", "is longer than 40 bytes and would not fit the button")
	}
	for value, role := range c.Roles {
		if !tyto.PersonRole(role).Valid() {
			bad("roles", "%q gets %q, which is none of admin, analyst, viewer", value, role)
		}
	}
	if c.Role != "" && !tyto.PersonRole(c.Role).Valid() {
		bad("role", "%q is none of admin, analyst, viewer; leave it out to refuse who has no role", c.Role)
	}
	if c.Role == "" && len(c.Roles) == 0 {
		bad("roles", "is missing, and so nobody could sign in; say which values of role_claim get which role, or give everybody a 'role'")
	}
	if len(c.Roles) > 0 && c.RoleClaim == "" {
		bad("role_claim", "is missing; name the claim whose values 'roles' speaks of, such as groups")
	}
	if len(c.Sites) > 0 && c.SiteClaim == "" {
		bad("site_claim", "is missing; name the claim whose values 'sites' speaks of")
	}
	if _, err := c.roots(); err != nil {
		bad("ca_file", "%v", err)
	}
	slices.SortStableFunc(all, func(a, b Problem) int { return strings.Compare(a.Key, b.Key) })
	return all
}

// secureURL says what is wrong with an address that secrets travel to.
func secureURL(text string) string {
	u, err := url.Parse(text)
	switch {
	case text == "":
		return "is missing"
	case err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil:
		return "is no address"
	case u.Scheme == "https", u.Scheme == "http" && slices.Contains([]string{"localhost", "127.0.0.1", "::1"}, u.Hostname()):
		return ""
	}
	return "wants https, as secrets travel there (http is for this machine alone)"
}

// maxSecret bounds the file of the client's secret.
const maxSecret = 4096

// secret is the client's secret now: the file may be changed meanwhile.
func (c *OIDC) secret() (string, error) {
	if c.SecretFile == "" {
		return "", errors.New("is missing; put the client's secret into a file that only the hub can read, and name it here")
	}
	b, err := os.ReadFile(c.SecretFile)
	if err != nil {
		return "", fmt.Errorf("cannot be read: %w", err)
	}
	text := strings.TrimSpace(string(b))
	if text == "" || len(text) > maxSecret {
		return "", fmt.Errorf("%s holds %d bytes; want the client's secret and nothing else", c.SecretFile, len(text))
	}
	return text, nil
}

// roots is who signs the provider's certificate, nil for whom the system trusts.
func (c *OIDC) roots() (*x509.CertPool, error) {
	if c.CAFile == "" {
		return nil, nil
	}
	b, err := os.ReadFile(c.CAFile)
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(b) {
		return nil, fmt.Errorf("%s holds no certificate in PEM format", c.CAFile)
	}
	return pool, nil
}

// role is the most powerful role for the values of a claim, "" if there is none.
func (c *OIDC) role(values []string) (best tyto.PersonRole) {
	best = tyto.PersonRole(c.Role)
	for _, v := range values {
		if r := tyto.PersonRole(c.Roles[v]); r.Valid() && (best == "" || r.Includes(best)) {
			best = r
		}
	}
	return best
}

// sites is the sites for the values of a claim.
func (c *OIDC) sites(values []string) tyto.Sites {
	if c.SiteClaim == "" {
		return tyto.AllSites()
	}
	var named []string
	for _, v := range values {
		site := v
		if len(c.Sites) > 0 {
			site = c.Sites[v]
			if site == "*" { // the administrator of the hub says so, not the provider
				return tyto.AllSites()
			}
		}
		if site != "" && site != "*" && len(site) <= 128 && !strings.ContainsAny(site, "\n\r") {
			named = append(named, site)
		}
	}
	return tyto.SomeSites(named...)
}

// welcomes reports whether an address of a user is of a domain that may come.
func (c *OIDC) welcomes(email string, verified bool) bool {
	if len(c.Domains) == 0 {
		return true
	}
	at := strings.LastIndexByte(email, '@')
	return verified && at > 0 && slices.ContainsFunc(c.Domains, func(d string) bool { return strings.EqualFold(d, email[at+1:]) })
}

// valuesOf is what a claim says, by a path of names: a text, or a list of them.
func valuesOf(claims map[string]any, path string) (values []string) {
	if path == "" {
		return nil
	}
	found, whole := claims[path] // a name may have dots itself, as https://example.org/roles has
	if !whole {
		name, rest, deeper := strings.Cut(path, ".")
		inner, is := claims[name].(map[string]any)
		if !deeper || !is {
			return nil
		}
		return valuesOf(inner, rest)
	}
	switch v := found.(type) {
	case string:
		return []string{v}
	case []any:
		for _, x := range v {
			if s, is := x.(string); is {
				values = append(values, s)
			}
		}
	}
	return values
}
