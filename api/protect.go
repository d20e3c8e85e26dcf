package api

import (
	"context"
	"net/http"
	"net/netip"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/klauspost/compress/gzhttp"

	"tyto/auth"
	"tyto/tyto"
)

// contentPolicy lets an answer that a browser takes for a page load nothing.
// The portal's pages bring a policy of their own.
const contentPolicy = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

// protect wraps what all answers have in common: headers, refusal of requests
// that another site's page makes, compression, limits on what is read, and
// who asks.
func (a *api) protect(next http.Handler) http.Handler {
	var cross http.CrossOriginProtection
	cross.SetDenyHandler(http.HandlerFunc(denyCrossOrigin))
	compress, err := gzhttp.NewWrapper(gzhttp.MinSize(1024), gzhttp.EnableZstd(true), gzhttp.ContentTypeFilter(compressible))
	if err != nil {
		panic("api: compression: " + err.Error()) // the options are constants
	}
	compressed := compress(next)
	return a.secure(cross.Handler(a.identify(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isAPI(r) { // the portal's files are compressed already
			compressed.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	}))))
}

// compressible excludes streams, which must not wait for a buffer to fill.
func compressible(contentType string) bool {
	return gzhttp.DefaultContentTypeFilter(contentType) && !strings.HasPrefix(contentType, "text/event-stream")
}

func isAPI(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/api/") }

func (a *api) secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
		if a.TLS {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		if isAPI(r) {
			h.Set("Cache-Control", "no-store")
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		next.ServeHTTP(w, r)
	})
}

func denyCrossOrigin(w http.ResponseWriter, _ *http.Request) {
	writeProblem(w, http.StatusForbidden, "the request comes from a page of another site")
}

type remoteKey struct{}

// identify puts into the request's context where it comes from and who makes
// it. Strangers pass: a route says itself whom it serves.
func (a *api) identify(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isAPI(r) {
			next.ServeHTTP(w, r)
			return
		}
		from, _ := netip.ParseAddrPort(r.RemoteAddr)
		ctx := context.WithValue(r.Context(), remoteKey{}, from.Addr().Unmap())
		who, ok, err := a.Auth.Identify(r)
		if err != nil {
			a.Log.ErrorContext(ctx, "cannot tell who asks", "err", err)
			writeProblem(w, http.StatusServiceUnavailable, "the hub's store does not answer; its log says why")
			return
		}
		if ok {
			ctx = auth.With(ctx, who)
		}
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// remote is where a request comes from.
func remote(ctx context.Context) netip.Addr {
	a, _ := ctx.Value(remoteKey{}).(netip.Addr)
	return a
}

// authorize refuses who may not: everybody, unless the operation says whom it
// serves.
func (a *api) authorize(api huma.API) func(huma.Context, func(huma.Context)) {
	return func(h huma.Context, next func(huma.Context)) {
		role, said := h.Operation().Metadata[roleKey].(tyto.PersonRole)
		who, known := auth.Who(h.Context())
		switch {
		case said && role == "":
		case !known:
			_ = huma.WriteErr(api, h, http.StatusUnauthorized, "sign in first")
			return
		case !said || !who.Role.Includes(role):
			_ = huma.WriteErr(api, h, http.StatusForbidden, "your role does not allow this")
			return
		}
		next(h)
	}
}
