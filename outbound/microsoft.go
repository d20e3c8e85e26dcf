package outbound

import (
	"cmp"
	"strings"
)

// The names of Microsoft's APIs, as addresses and as audiences of tokens.
const (
	DefenderAPI = "https://api.securitycenter.microsoft.com"
	GraphAPI    = "https://graph.microsoft.com"
)

// Microsoft is where the APIs of Defender for Endpoint and of Microsoft Graph
// are, and the application that asks them.
type Microsoft struct {
	URL   string `yaml:"url,omitempty"`   // https://api.securitycenter.microsoft.com
	Graph string `yaml:"graph,omitempty"` // https://graph.microsoft.com
	TLS   *TLS   `yaml:"tls,omitempty"`

	App `yaml:",inline"`
}

// Check finds what cannot be meant.
func (m *Microsoft) Check(bad Bad) {
	CheckURL("url", cmp.Or(m.URL, DefenderAPI), bad)
	CheckURL("graph", cmp.Or(m.Graph, GraphAPI), bad)
	m.App.Check(bad)
	m.TLS.Check("tls", bad)
}

// Open is a client, for addresses to which no slash is to be added.
func (m *Microsoft) Open() (*Client, error) {
	m.URL, m.Graph = strings.TrimRight(cmp.Or(m.URL, DefenderAPI), "/"), strings.TrimRight(cmp.Or(m.Graph, GraphAPI), "/")
	return NewClient(m.TLS)
}
