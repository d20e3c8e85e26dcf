package proto

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestProtocolsPage holds docs/reference/protocols.md to the dissectors.
func TestProtocolsPage(t *testing.T) {
	const page, mark = "../docs/reference/protocols.md", "<!-- Below is what the dissectors say: UPDATE=1 go test ./proto -run TestProtocolsPage -->\n"
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	by, _, ok := bytes.Cut(text, []byte(mark))
	if !ok {
		t.Fatalf("%s lacks the line %q", page, mark)
	}
	var b strings.Builder
	b.Write(by)
	b.WriteString(mark)
	for _, part := range []struct {
		title      string
		industrial bool
	}{{"Plants, buildings, grids and vehicles", true}, {"Offices, homes, hospitals and the network itself", false}} {
		fmt.Fprintf(&b, "\n## %s\n\n| name | what it is | where it is looked for |\n|---|---|---|\n", part.title)
		for _, d := range All() {
			if d.Industrial == part.industrial {
				fmt.Fprintf(&b, "| [%s](../../proto/testdata/%[1]s/README.md) | %s | %s |\n", d.Name, titleOf(t, d.Name), placesOf(d))
			}
		}
	}
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(page, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if b.String() != string(text) {
		t.Errorf("%s is not what the dissectors say; run UPDATE=1 go test ./proto -run TestProtocolsPage", page)
	}
}

// titleOf is the heading of a protocol's README.
func titleOf(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	return strings.TrimPrefix(first, "# ")
}

func placesOf(d *Dissector) string {
	var all []string
	for _, w := range d.Where {
		form := map[whereKind]string{atTCP: "tcp/%d", atUDP: "udp/%d", atIP: "IP protocol %d", atEtherType: "EtherType 0x%04x", atLLC: "LLC 0x%02x", atSNAP: "SNAP 0x%010x"}[w.kind]
		all = append(all, fmt.Sprintf(form, w.number))
	}
	if d.Anywhere {
		all = append(all, "any port")
	}
	return strings.Join(all, ", ")
}
