package api

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"tyto/store"
)

// AuditFilter selects records of the audit log.
type AuditFilter struct {
	Q      string    `query:"q" maxLength:"200" doc:"Text that a record contains"`
	Who    string    `query:"who" maxLength:"128" doc:"The name of a user"`
	What   string    `query:"what" maxLength:"64" doc:"What was done; with a dot at the end all that begins so, such as user."`
	Since  time.Time `query:"since"`
	Before time.Time `query:"before"`
}

// AuditInput asks for a page of the audit log.
type AuditInput struct {
	AuditFilter
	Paging
}

// AuditRecord is one thing that somebody did, or tried to do.
type AuditRecord struct {
	Number  int64     `json:"number"`
	Time    time.Time `json:"time"`
	Who     string    `json:"who" doc:"A user, and their token if a program acted"`
	From    string    `json:"from,omitempty" doc:"Address"`
	What    string    `json:"what"`
	Object  string    `json:"object,omitempty"`
	Outcome string    `json:"outcome" doc:"ok, or why it was refused; what was allowed and failed after all has a second record"`
	Hash    string    `json:"hash" doc:"SHA-256 over this record and over the hash of the one before it"`
}

// AuditList is a page of the audit log.
type AuditList struct {
	Items []AuditRecord `json:"items"`
	Total uint64        `json:"total" doc:"Of all pages"`
}

// AuditOutput is the answer that carries an AuditList.
type AuditOutput struct {
	Body AuditList
}

// AuditExportInput asks for the audit log as CSV.
type AuditExportInput struct {
	AuditFilter
}

// AuditVerdict says whether the audit log was tampered with.
type AuditVerdict struct {
	Whole   bool      `json:"whole" doc:"Every record follows from the one before it, and the head that was asked for is there"`
	Records int       `json:"records" doc:"Up to the first break"`
	Head    string    `json:"head,omitempty" doc:"Hash of the last of them. Write it down elsewhere: with it, it shows if the end is cut off."`
	Time    time.Time `json:"time,omitzero" doc:"Of the last of them"`
	Broken  int64     `json:"broken,omitempty" doc:"Number of the first record that does not follow"`
	Noted   bool      `json:"noted" doc:"The head that was asked for is there, or none was asked for"`
}

// AuditVerifyInput asks whether the audit log is whole.
type AuditVerifyInput struct {
	Head string `query:"head" maxLength:"64" pattern:"^[0-9a-f]*$" doc:"A head that was written down"`
}

// AuditVerifyOutput is the answer that carries an AuditVerdict.
type AuditVerifyOutput struct {
	Body AuditVerdict
}

func (f *AuditFilter) query() store.AuditQuery {
	return store.AuditQuery{Who: strings.ToLower(strings.TrimSpace(f.Who)), What: f.What, Text: f.Q, Since: f.Since, Before: f.Before}
}

func auditOf(e *store.AuditEntry) AuditRecord {
	return AuditRecord{Number: e.Number, Time: e.Time.UTC(), Who: e.Who, From: e.From, What: e.What, Object: e.Object, Outcome: e.Outcome, Hash: e.Hash}
}

func (a *api) listAudit(ctx context.Context, in *AuditInput) (*AuditOutput, error) {
	q := in.query()
	q.Limit, q.Offset = in.Limit, in.Offset
	page, err := a.Store.AuditPage(ctx, q)
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	items := make([]AuditRecord, len(page.Items))
	for i := range page.Items {
		items[i] = auditOf(&page.Items[i])
	}
	return &AuditOutput{Body: AuditList{Items: items, Total: page.Total}}, nil
}

func (a *api) verifyAudit(ctx context.Context, in *AuditVerifyInput) (*AuditVerifyOutput, error) {
	h, err := store.VerifyAudit(ctx, a.Store, in.Head)
	if err != nil {
		return nil, a.problem(ctx, err)
	}
	return &AuditVerifyOutput{Body: AuditVerdict{Whole: h.Broken == 0 && h.Noted, Records: h.Records, Head: h.Hash, Time: h.Time.UTC(), Broken: h.Broken, Noted: h.Noted}}, nil
}

// exportAudit streams the records that a filter selects.
func (a *api) exportAudit(_ context.Context, in *AuditExportInput) (*huma.StreamResponse, error) {
	head := []string{"number", "time", "who", "from", "what", "object", "outcome", "hash"}
	return a.table("audit.csv", head, func(ctx context.Context, row func(...string) error) error {
		return a.Store.EachAudit(ctx, in.query(), func(e store.AuditEntry) error {
			return row(strconv.FormatInt(e.Number, 10), e.Time.UTC().Format(time.RFC3339Nano), e.Who, e.From, e.What, e.Object, e.Outcome, e.Hash)
		})
	}), nil
}
