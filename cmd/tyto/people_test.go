package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tyto/store/sqlite"
	"tyto/tyto"
)

// tell runs a command, and is what it printed.
func tell(t *testing.T, want int, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	if status := run(t.Context(), args, streams{nil, &out, &out}); status != want {
		t.Errorf("%s: status %d, want %d: %s", strings.Join(args, " "), status, want, out.String())
	}
	return out.String()
}

func TestLockedOut(t *testing.T) {
	folder := t.TempDir()
	if got := tell(t, exitFailed, "users", "reset", "ada", "--data", folder); !strings.Contains(got, "there is no store") {
		t.Error(got)
	}
	if left, _ := os.ReadDir(folder); len(left) != 0 {
		t.Errorf("%v is left where nothing was", left)
	}
	s, err := sqlite.Open(t.Context(), sqlite.DefaultConfig(folder))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.PutUser(t.Context(), tyto.User{Name: "ada", Role: tyto.Admin, Sites: tyto.AllSites(), Password: "lost", Disabled: true, Created: time.Now()}); err != nil {
		t.Fatal(err)
	}
	if got := tell(t, exitFailed, "audit", "verify", "--data", folder); !strings.Contains(got, "lock") && !strings.Contains(got, "another") {
		t.Errorf("beside a hub that runs: %s", got)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if got := tell(t, exitUsage, "users", "reset", "nobody", "--data", folder); !strings.Contains(got, "no user of that name") {
		t.Error(got)
	}
	if got := tell(t, 0, "users", "reset", "Ada", "--data", folder); !strings.Contains(got, "Temporary password of ada") {
		t.Error(got)
	}
	got := tell(t, 0, "audit", "verify", "--data", folder)
	if !strings.Contains(got, "3 records") || !strings.Contains(got, "Head: ") {
		t.Fatal(got)
	}
	head := strings.Fields(got[strings.Index(got, "Head: "):])[1]
	tell(t, 0, "audit", "verify", "--data", folder, "--head", head)
	if got := tell(t, exitFailed, "audit", "verify", "--data", folder, "--head", strings.Repeat("0", 64)); !strings.Contains(got, "cut off") {
		t.Error(got)
	}
}

// TestOIDCSettings finds what is wrong, with lines, and never shows the secret.
func TestOIDCSettings(t *testing.T) {
	folder := t.TempDir()
	secret, file := filepath.Join(folder, "secret"), filepath.Join(folder, "tyto.yaml")
	write := func(path, text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(secret, "hush-hush")
	write(file, `oidc:
  name: Contoso
  issuer: https://id.example.org
  client_id: tyto
  secret_file: `+secret+`
  url: https://tyto.example.org
  role_claim: groups
  roles: {tyto-admins: admin}
`)
	tell(t, 0, "config", "check", "--config", file)
	if got := tell(t, 0, "config", "show", "--config", file); strings.Contains(got, "hush-hush") || !strings.Contains(got, "client_id: tyto") {
		t.Error(got)
	}
	write(file, "oidc:\n  issuer: http://id.example.org\n  client_id: tyto\n  secret_file: "+secret+"\n  url: https://tyto.example.org\n  role: king\n")
	got := tell(t, exitUsage, "config", "check", "--config", file)
	for _, want := range []string{"line 2: oidc.issuer wants https", `line 6: oidc.role "king" is none of`} {
		if !strings.Contains(got, want) {
			t.Errorf("want %q in %s", want, got)
		}
	}
}

// TestDocumentedSignOn has every configuration in the documentation of users
// be one that is right.
func TestDocumentedSignOn(t *testing.T) {
	text, err := os.ReadFile("../../docs/how-to/users.md")
	if err != nil {
		t.Fatal(err)
	}
	secret, file := filepath.Join(t.TempDir(), "secret"), filepath.Join(t.TempDir(), "tyto.yaml")
	if err := os.WriteFile(secret, []byte("hush"), 0o600); err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(text), "```yaml\n")[1:]
	for _, b := range blocks {
		b, _, _ = strings.Cut(b, "```")
		if err := os.WriteFile(file, []byte(strings.ReplaceAll(b, "/etc/tyto/oidc-secret", secret)), 0o600); err != nil {
			t.Fatal(err)
		}
		set, err := loadSettings(file)
		if err != nil || (set.OIDC == nil) == strings.Contains(b, "oidc:") {
			t.Errorf("%v of\n%s", err, b)
		}
	}
	if len(blocks) != 4 {
		t.Errorf("%d configurations were found, want 4", len(blocks))
	}
}
