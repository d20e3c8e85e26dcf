package api

import (
	"errors"
	"net/http"
	"net/url"

	"tyto/auth"
)

// signOn adds the two addresses that a browser visits on its way to the
// identity provider and back. They answer with redirects, for people, and so
// are no part of the OpenAPI document; the second one takes whatever else the
// provider adds.
func (a *api) signOn(mux *http.ServeMux) {
	mux.HandleFunc("GET /api/v1/oidc/login", a.beginSignOn)
	mux.HandleFunc("GET "+auth.CallbackPath, a.endSignOn)
}

func (a *api) beginSignOn(w http.ResponseWriter, r *http.Request) {
	to, cookie, err := a.Auth.BeginSignOn(r.Context(), r.URL.Query().Get("next"))
	if err != nil {
		a.Log.WarnContext(r.Context(), "cannot begin a sign-on", "err", err)
		a.notSignedOn(w, r, err)
		return
	}
	http.SetCookie(w, cookie)
	http.Redirect(w, r, to, http.StatusSeeOther)
}

func (a *api) endSignOn(w http.ResponseWriter, r *http.Request) {
	cookie, over, next, err := a.Auth.EndSignOn(r.Context(), r, caller(r.Context()))
	http.SetCookie(w, over)
	if err != nil {
		a.notSignedOn(w, r, err)
		return
	}
	http.SetCookie(w, cookie)
	http.Redirect(w, r, next, http.StatusSeeOther)
}

// notSignedOn leads back to the sign-in page, which knows words for each code.
func (a *api) notSignedOn(w http.ResponseWriter, r *http.Request, err error) {
	code := "failed"
	var refused *auth.SignOnError
	if errors.As(err, &refused) {
		code = refused.Code
	} else {
		a.Log.ErrorContext(r.Context(), "sign-on failed", "err", err)
	}
	http.Redirect(w, r, "/sign-in?refused="+url.QueryEscape(code), http.StatusSeeOther)
}
