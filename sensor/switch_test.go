package sensor

import (
	"path/filepath"
	"testing"
)

// After STARTTLS and the like the conversation keeps its name, and TLS tells
// the server's name and what the client is.
func TestSwitch(t *testing.T) {
	for _, protocol := range []string{"ftp", "http", "imap", "ldap", "mysql", "pgsql", "pop", "rdp", "smtp"} {
		config := DefaultConfig()
		config.Workers = 1
		events, _ := run(t, config, open(t, filepath.Join("..", "proto", "testdata", protocol, "generated.pcap")))
		named, hello := false, false
		for _, e := range events {
			if c := e.Conversation; c != nil && c.ServerName == "mail.plant.example" {
				named = named || c.Protocol == protocol
			}
			if o := e.Observation; o != nil && o.Evidence.Field == "tls.handshake.ja4" {
				hello = true
			}
		}
		if !named || !hello {
			t.Errorf("%s: conversation with the server's name: %v; the client's hello: %v", protocol, named, hello)
		}
	}
}

// Where STUN found a way, DTLS goes: the same conversation is DTLS then.
func TestSharedConversation(t *testing.T) {
	config := DefaultConfig()
	config.Workers = 1
	events, _ := run(t, config, open(t, filepath.Join("..", "proto", "testdata", "stun", "generated.pcap")))
	for _, e := range events {
		if c := e.Conversation; c != nil && c.Protocol == "dtls" && c.ServerName == "iot.corp.exam1" {
			return
		}
	}
	t.Error("no conversation became DTLS")
}
