package fingerprint

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"tyto/tyto"
)

const packRule = `pack: mine
rules:
  - { id: mine.plant.press, on: dhcp.option.hostname, match: { prefix: PRESS- }, set: { type: plc, vendor: Acme }, class: B, tests: [PRESS-7] }
`

func testKey(seed byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize))
}

func TestPacks(t *testing.T) {
	key, other := testKey(1), testKey(2)
	trusted := []ed25519.PublicKey{key.Public().(ed25519.PublicKey)}
	folder := func() fstest.MapFS { return fstest.MapFS{"plant/press.yaml": {Data: []byte(packRule)}} }
	signed := func(k ed25519.PrivateKey) fstest.MapFS {
		f := folder()
		m, err := Sign(f, "plant", "1.2", k)
		if err != nil {
			t.Fatal(err)
		}
		f[Manifest] = &fstest.MapFile{Data: m}
		return f
	}
	good := signed(key)
	p, err := OpenPack(good, "x", trusted, false)
	if err != nil || p.Name != "plant" || p.Version != "1.2" || p.Signer != KeyText(trusted[0]) || len(p.Texts) != 1 {
		t.Fatalf("a signed pack is %+v, %v", p, err)
	}
	rules, err := Compile(p.Texts)
	if err != nil || rules.Len() != 1 {
		t.Fatal(rules.Len(), err)
	}
	change := func(f func(fstest.MapFS)) fstest.MapFS { x := signed(key); f(x); return x }
	manifestOf := func(f fstest.MapFS, change func(m map[string]any)) {
		var m map[string]any
		if err := json.Unmarshal(f[Manifest].Data, &m); err != nil {
			t.Fatal(err)
		}
		change(m)
		f[Manifest].Data, _ = json.Marshal(m)
	}
	for _, c := range []struct {
		what   string
		folder fstest.MapFS
		says   string
	}{
		{"no signature", folder(), "not signed"},
		{"a stranger's", signed(other), "not trusted"},
		{"a changed rule", change(func(f fstest.MapFS) { f["plant/press.yaml"].Data = []byte(strings.Replace(packRule, "plc", "nas", 1)) }), "not what was signed"},
		{"one rule more", change(func(f fstest.MapFS) { f["more.yaml"] = &fstest.MapFile{Data: []byte("pack: more\n")} }), "2 files"},
		{"another version", change(func(f fstest.MapFS) { manifestOf(f, func(m map[string]any) { m["version"] = "9" }) }), "signature"},
		{"a stranger who says to be trusted", func() fstest.MapFS {
			f := signed(other)
			manifestOf(f, func(m map[string]any) { m["key"] = KeyText(trusted[0]) })
			return f
		}(), "signature"},
		{"no JSON", change(func(f fstest.MapFS) { f[Manifest].Data = []byte("{") }), "sign the pack again"},
	} {
		if _, err := OpenPack(c.folder, "x", trusted, false); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v; want an error with %q", c.what, err, c.says)
		}
	}
	if p, err := OpenPack(folder(), "x", nil, true); err != nil || p.Version != "" || p.Texts[0].Name != "x/plant/press.yaml" {
		t.Errorf("an unsigned pack that is allowed is %+v, %v", p, err)
	}
	if _, err := Sign(fstest.MapFS{"a.yaml": {Data: []byte("pack: a\nrules: [{ id: x }]\n")}}, "a", "1", key); err == nil {
		t.Error("rules that cannot be read are signed")
	}
}

func TestLive(t *testing.T) {
	before, err := Compile(nil)
	if err != nil {
		t.Fatal(err)
	}
	after, err := Compile([]Text{{"mine.yaml", []byte(packRule)}})
	if err != nil {
		t.Fatal(err)
	}
	l := NewLive(before)
	o := tyto.Observation{Attr: tyto.Hostname, Value: "PRESS-7", Evidence: tyto.Evidence{Field: "dhcp.option.hostname"}}
	if got := l.Match(o, nil); len(got) != 0 {
		t.Errorf("no rules conclude %v", got)
	}
	l.Use(after)
	if got := l.Match(o, nil); len(got) != 2 {
		t.Errorf("the rules after conclude %v, want type and vendor", got)
	}
}

// TestImportRecog imports what others wrote, if it is at hand, and a few of our own.
func TestImportRecog(t *testing.T) {
	const text = `<fingerprints matches="http_header.server" protocol="http" database_type="service">
 <fingerprint pattern="^Acme-Cam/([\d.]+)$" flags="REG_ICASE"><description>x</description><example service.version="1.2">acme-cam/1.2</example>
  <param pos="0" name="hw.vendor" value="Acme"/><param pos="0" name="hw.device" value="Web cam"/><param pos="1" name="hw.version"/></fingerprint>
 <fingerprint pattern="^look(?=ahead)"><description>x</description><example>lookahead</example><param pos="0" name="hw.vendor" value="Acme"/></fingerprint>
 <fingerprint pattern="^nothing$"><description>x</description><example>nothing</example><param pos="0" name="service.product" value="x"/></fingerprint>
</fingerprints>`
	got, err := ImportRecog([]byte(text), "mine")
	if err != nil || got.Rules != 1 || len(got.LeftOut) != 2 {
		t.Fatalf("%d rules, left out %v, %v", got.Rules, got.LeftOut, err)
	}
	r, err := Compile([]Text{{"mine.yaml", got.YAML}})
	if err != nil {
		t.Fatal(err)
	}
	facts := map[tyto.Attr]string{}
	for _, c := range r.Match(tyto.Observation{Value: "ACME-Cam/3.0", Evidence: tyto.Evidence{Field: "http.server"}}, nil) {
		facts[c.Attr] = c.Value
	}
	if facts[tyto.Vendor] != "Acme" || facts[tyto.Type] != "ip_camera" || facts[tyto.Firmware] != "3.0" {
		t.Errorf("the imported rule concludes %v", facts)
	}
	files, _ := filepath.Glob("../../shared/truth/recog/*.xml")
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ImportRecog(text, "recog")
		if err != nil {
			if !strings.Contains(err.Error(), "no sensor tells") && !strings.Contains(err.Error(), "nothing of the file") {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		r, err := Compile([]Text{{name, got.YAML}})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, p := range r.Test() {
			t.Errorf("%s: %v", name, p)
		}
		t.Logf("%s: %d rules, left out %v", filepath.Base(name), got.Rules, got.LeftOut)
	}
}

func TestImportCSV(t *testing.T) {
	got, err := ImportCSV([][]string{{"Field", "match", "value", "example", "type", "vendor"},
		{"dhcp.option.hostname", "prefix", "pump-", "pump-12", "motion_drive_vfd", "Acme"},
		{"dhcp.option.hostname", "", "hist01", "", "historian", ""},
		{"no.such.field", "", "x", "", "historian", ""}}, "site")
	if err != nil || got.Rules != 2 || len(got.LeftOut) != 1 {
		t.Fatalf("%d rules, left out %v, %v", got.Rules, got.LeftOut, err)
	}
	if _, err := ImportCSV([][]string{{"a"}, {"b"}}, "site"); err == nil {
		t.Error("a table without field and value is imported")
	}
}
