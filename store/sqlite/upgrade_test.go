package sqlite

import (
	"fmt"
	"os"
	"testing"

	"tyto/store"
)

// TestUpgrade opens a store as the first version left it.
func TestUpgrade(t *testing.T) {
	cfg := DefaultConfig(t.TempDir())
	db := connect(cfg.Path, "_txlock=immediate")
	p, err := provider(db)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(fmt.Sprintf("PRAGMA application_id = %d", applicationID)); err != nil {
		t.Fatal(err)
	}
	if _, err := p.UpTo(ctx, 4); err != nil {
		t.Fatal(err)
	}
	for i, protocol := range []string{"modbus", "modbus", "dns"} {
		_, err := db.Exec(`INSERT INTO conversation (hash, zone, client_mac, client_ip, client_key, client_vlan, client_device, client_public, server_mac, server_ip, server_key,
			server_vlan, server_device, server_public, transport, port, protocol, server_name, scope, first_seen, last_seen, client_packets, server_packets, client_bytes,
			server_bytes, sessions, lossy, evidence) VALUES (?, 'z', '', '10.0.0.1', x'01', 0, '', 0, '', '10.0.0.2', x'02', 0, '', 0, 'tcp', 502, ?, '', 'lan', 1, 2, 1, 1, 60, 60, 1, 0, '{}')`,
			[]byte{byte(i)}, protocol)
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.Exec("INSERT INTO folded (zone, position) VALUES ('z', 7)"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := Open(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	totals, err := s.ConversationTotals(ctx)
	if err != nil || totals.Total != 3 || totals.Protocols[0] != (store.Count{Key: "modbus", Count: 2}) {
		t.Errorf("conversations are counted as %+v, %v", totals, err)
	}
	page, err := s.Conversations(ctx, store.ConversationQuery{Window: store.Window{Limit: 5}, Protocol: []string{"dns"}})
	if err != nil || page.Total != 1 || len(page.Items) != 1 {
		t.Errorf("listed are %+v, %v", page, err)
	}
	if position, err := s.Folded(ctx, "z"); position != 7 || err != nil {
		t.Errorf("folded up to %d, %v", position, err)
	}
	if number, err := s.Written(ctx, "z"); number != 0 || err != nil {
		t.Errorf("the last change is %d, %v", number, err)
	}
	if _, err := os.Stat(cfg.Path + ".schema-4"); err != nil {
		t.Errorf("the store before the upgrade is not kept: %v", err)
	}
}
