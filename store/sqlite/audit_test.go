package sqlite

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tyto/store"
	"tyto/tyto"
)

// TestAuditIsTamperEvident rewrites the log as one can who has the file: the
// database refuses at first, and the chain shows it in the end.
func TestAuditIsTamperEvident(t *testing.T) {
	for name, change := range map[string]string{
		"changed":   "UPDATE audit SET who = 'bob' WHERE n = 3",
		"taken out": "DELETE FROM audit WHERE n = 3",
		"reordered": "UPDATE audit SET at = (SELECT max(at) FROM audit) WHERE n = 3",
		"put in":    "INSERT INTO audit (n, at, who, origin, what, object, outcome, hash) SELECT 30, at, who, origin, what, object, outcome, hash FROM audit WHERE n = 3",
	} {
		t.Run(name, func(t *testing.T) {
			s, err := Open(t.Context(), Config{Path: filepath.Join(t.TempDir(), "t.db")})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			for i := range 5 {
				r := tyto.AuditRecord{Time: time.Unix(int64(i), 0), Who: "ada", What: "user.delete", Object: "eve", Outcome: "ok"}
				if err := s.Audit(t.Context(), r); err != nil {
					t.Fatal(err)
				}
			}
			if h, err := store.VerifyAudit(t.Context(), s, ""); err != nil || h.Broken != 0 || h.Records != 5 {
				t.Fatalf("before: %+v, %v", h, err)
			}
			if _, err := s.write.ExecContext(t.Context(), change); name != "put in" && (err == nil || !strings.Contains(err.Error(), "only added to")) {
				t.Errorf("the database lets it happen: %v", err)
			}
			for _, x := range []string{"DROP TRIGGER audit_is_not_changed", "DROP TRIGGER audit_is_not_removed", change} {
				if _, err := s.write.ExecContext(context.Background(), x); err != nil && name != "put in" {
					t.Fatal(err)
				}
			}
			h, err := store.VerifyAudit(t.Context(), s, "")
			if err != nil || h.Broken < 3 {
				t.Errorf("after: %+v, %v", h, err)
			}
		})
	}
}
