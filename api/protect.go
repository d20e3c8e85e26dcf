package api

import (
	"context"
	"math"
	"net/http"
	"net/netip"
	"strconv"
	"strings"

	"github.com/klauspost/compress/gzhttp"

	"tyto/auth"
)

// contentPolicy lets an answer that a browser takes for a page load nothing.
// The portal's pages bring a policy of their own.
const contentPolicy = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"

// protect wraps what all answers have in common: headers, refusal of requests
// that another site's page makes, compression, limits on what is read, and
// who asks.
//
// A request with a token needs no such refusal: a browser adds no token by
// itself, and cookies do not count beside one.
func (a *api) protect(next http.Handler) http.Handler {
	var cross http.CrossOriginProtection
	cross.SetDenyHandler(http.HandlerFunc(denyCrossOrigin))
	compress, err := gzhttp.NewWrapper(gzhttp.MinSize(1024), gzhttp.EnableZstd(true), gzhttp.ContentTypeFilter(compressible))
	if err != nil {
		panic("api: compression: " + err.Error()) // the options are constants
	}
	compressed := compress(next)
	inner := a.identify(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isAPI(r) { // the portal's files are compressed already
			compressed.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	}))
	ours := cross.Handler(inner)
	return a.secure(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, program := auth.Bearer(r); program {
			inner.ServeHTTP(w, r)
			return
		}
		ours.ServeHTTP(w, r)
	}))
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
		r.Body = http.MaxBytesReader(w, r.Body, mostBytes(r))
		next.ServeHTTP(w, r)
	})
}

func denyCrossOrigin(w http.ResponseWriter, _ *http.Request) {
	writeProblem(w, http.StatusForbidden, "the request comes from a page of another site")
}

// mostBytes is how much a request may carry; what its route takes may be less.
func mostBytes(r *http.Request) int64 {
	if r.Method == http.MethodPut && strings.HasPrefix(r.URL.Path, "/api/v1/indicators/") {
		return maxIndicatorText
	}
	return maxBody
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
		from := a.origin(r)
		ctx := context.WithValue(r.Context(), remoteKey{}, auth.Caller{Addr: from, Agent: r.UserAgent()})
		who, ok, err := a.Auth.Identify(r)
		if err != nil {
			a.Log.ErrorContext(ctx, "cannot tell who asks", "err", err)
			writeProblem(w, http.StatusServiceUnavailable, "the hub's store does not answer; its log says why")
			return
		}
		if ok {
			ctx = auth.With(ctx, who)
		}
		if wait := a.rates.take(rateKey(who, ok, from)); wait > 0 {
			w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
			writeProblem(w, http.StatusTooManyRequests, "too many requests; slow down")
			return
		}
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// rateKey is who shares a rate: the sessions of a user, a token, or the
// strangers of a network.
func rateKey(who auth.Identity, known bool, from netip.Addr) string {
	if known {
		return who.Name()
	}
	return auth.Place(from).String()
}

// caller is where a request comes from.
func caller(ctx context.Context) auth.Caller {
	c, _ := ctx.Value(remoteKey{}).(auth.Caller)
	return c
}
