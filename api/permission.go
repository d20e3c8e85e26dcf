package api

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"tyto/auth"
	"tyto/store"
	"tyto/tyto"
)

// A permission is what a route asks of who calls it, and what it answers
// with. All routes are in register, each with one; authorize holds them to it.
//
// A route that says no more than a role is for those who see all sites. One
// that is scoped is for everybody of the role, and takes what it shows from
// see(ctx) and from nowhere else.
type permission struct {
	role        tyto.PersonRole
	open        bool // strangers too
	limited     bool // who sees some sites only, too
	person      bool // no program, whatever its token
	first       bool // also before a temporary password is replaced, and a second factor is set up that is required
	itself      bool // the handler writes the audit record, as it knows more
	contentType string
	body        int64 // bytes that a request may carry; 0 is maxBody
}

// needs is the permission for a role, from all sites.
func needs(r tyto.PersonRole) permission { return permission{role: r} }

// scoped opens a route to those who see some sites: it answers of these.
func (p permission) scoped() permission { p.limited = true; return p }

// own opens a route to those who see some sites: it is about who asks.
func (p permission) own() permission { p.limited = true; return p }

// personally closes a route to programs.
func (p permission) personally() permission { p.person = true; return p }

// beforehand opens a route to who has to replace a temporary password first.
func (p permission) beforehand() permission { p.first = true; return p }

// audited says that the handler writes the audit record.
func (p permission) audited() permission { p.itself = true; return p }

// upTo lets requests carry more than usual.
func (p permission) upTo(bytes int64) permission { p.body = bytes; return p }

func (p permission) csv() permission    { p.contentType = "text/csv"; return p }
func (p permission) pcapng() permission { p.contentType = "application/x-pcapng"; return p }
func (p permission) events() permission { p.contentType = "text/event-stream"; return p }

// permissionKey is where an operation says what it needs; one that does not
// say it is not served.
const permissionKey = "permission"

func route[I, O any](h huma.API, p permission, method, path, id, summary string, f func(context.Context, *I) (*O, error)) {
	op := operation(method, path, id, summary)
	op.Metadata = map[string]any{permissionKey: p}
	op.Description = p.String()
	if p.body > 0 {
		op.MaxBodyBytes = p.body
	}
	op.Security = []map[string][]string{{"session": {}}}
	if !p.person {
		op.Security = append(op.Security, map[string][]string{"token": {}})
	}
	op.Errors = append(op.Errors, http.StatusUnauthorized, http.StatusForbidden)
	if p.contentType != "" {
		op.Responses = map[string]*huma.Response{"200": {
			Description: "OK",
			Content:     map[string]*huma.MediaType{p.contentType: {Schema: &huma.Schema{Type: huma.TypeString}}},
		}}
	}
	huma.Register(h, op, f)
}

func public[I, O any](h huma.API, method, path, id, summary string, f func(context.Context, *I) (*O, error)) {
	op := operation(method, path, id, summary)
	op.Metadata = map[string]any{permissionKey: permission{open: true, itself: true}}
	huma.Register(h, op, f)
}

// String is the permission in words, as the OpenAPI document has it.
func (p permission) String() string {
	switch {
	case p.open:
		return "For everybody."
	case p.limited:
		return "Needs the role " + string(p.role) + "."
	}
	return "Needs the role " + string(p.role) + " for all sites."
}

// refuse says why who asks may not, and with which status; 0 if they may.
func (p permission) refuse(who auth.Identity, known bool) (status int, why string) {
	switch {
	case p.open:
		return 0, ""
	case !known:
		return http.StatusUnauthorized, "sign in first"
	case who.Unfactored && !p.first && who.Token != "":
		return http.StatusForbidden, "the user of this token has to set up a second factor first, on the page Profile"
	case who.Unfactored && !p.first:
		return http.StatusForbidden, "set up a second factor first"
	case who.Temporary && !p.first:
		return http.StatusForbidden, "choose a password of your own first"
	case p.role == "" || !who.Role.Includes(p.role):
		return http.StatusForbidden, "your role does not allow this"
	case p.person && who.Token != "":
		return http.StatusForbidden, "a token does not allow this; sign in"
	case !p.limited && !who.Sites.All:
		return http.StatusForbidden, "this is for those who see all sites"
	}
	return 0, ""
}

type viewKey struct{}

// see is what who asks may see: everything that a handler tells of the network
// comes from it.
func see(ctx context.Context) store.View {
	v, _ := ctx.Value(viewKey{}).(store.View)
	return v
}

// authorize is the one place that says who may do what. It lets a request
// through to its handler with the view that is seen, once the audit log has
// it if it is to change anything.
func (a *api) authorize(api huma.API) func(huma.Context, func(huma.Context)) {
	return func(h huma.Context, next func(huma.Context)) {
		p, _ := h.Operation().Metadata[permissionKey].(permission)
		who, known := auth.Who(h.Context())
		changes := h.Method() != http.MethodGet && h.Method() != http.MethodHead
		if status, why := p.refuse(who, known); status != 0 {
			switch {
			case known && changes:
				a.note(h, who, "refused: "+why)
			case known:
				a.noteWaiting(h, who)
			}
			_ = huma.WriteErr(api, h, status, why) // the client is gone: nobody to tell
			return
		}
		view, err := a.viewOf(h.Context(), who, known)
		if err == nil && changes && !p.itself {
			err = a.note(h, who, "ok")
		}
		if err != nil {
			a.Log.ErrorContext(h.Context(), "request refused", "err", err)
			_ = huma.WriteErr(api, h, http.StatusServiceUnavailable, "the hub's store does not answer, or takes no audit records; nothing was changed, and its log says why")
			return
		}
		h = huma.WithValue(h, viewKey{}, view)
		next(h)
		if changes && !p.itself && h.Status() >= http.StatusBadRequest {
			a.note(h, who, "failed: "+http.StatusText(h.Status()))
		}
	}
}

// note writes down what is asked for: the operation, and what it is about.
func (a *api) note(h huma.Context, who auth.Identity, outcome string) error {
	var about []string
	for _, p := range h.Operation().Parameters {
		if v := h.Param(p.Name); p.In == "path" && v != "" {
			about = append(about, v)
		}
	}
	verb, noun, _ := strings.Cut(h.Operation().OperationID, "-") // learn-alert is alert.learn
	err := a.Auth.Audit(h.Context(), who, caller(h.Context()), noun+"."+verb, strings.Join(about, " "), outcome)
	if err != nil {
		a.Log.ErrorContext(h.Context(), "cannot write an audit record", "err", err)
	}
	return err
}

// noteWaiting writes down that a token waits for its user's second factor.
func (a *api) noteWaiting(h huma.Context, who auth.Identity) {
	if err := a.Auth.NoteWaiting(h.Context(), who, caller(h.Context())); err != nil {
		a.Log.ErrorContext(h.Context(), "cannot write an audit record", "err", err)
	}
}

// viewOf is what somebody sees: of some sites, the zones that are there.
func (a *api) viewOf(ctx context.Context, who auth.Identity, known bool) (store.View, error) {
	switch {
	case !known:
		return store.Within(a.Store, nil), nil
	case who.Sites.All:
		return store.All(a.Store), nil
	}
	_, places, err := a.Store.Places(ctx)
	if err != nil {
		return store.View{}, errors.Join(errors.New("api: find the zones of sites"), err)
	}
	var zones []string
	for _, z := range places {
		if z.Site != "" && who.Sites.Has(z.Site) {
			zones = append(zones, z.ID)
		}
	}
	return store.Within(a.Store, zones), nil
}
