// Package portal is the web application: the files that the Vite build leaves
// in dist, embedded, and the handler that serves them.
//
// It serves static files alone. What the application shows comes from package
// api, under /api, on the same origin.
package portal

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"
)

// dist is the build. On a fresh clone it holds .keep alone, and the handler
// says how to build it.
//
//go:embed all:dist
var dist embed.FS

// ContentSecurityPolicy is what a page of the portal may do: load its own
// scripts, styles and pictures, talk to its own origin, and nothing else.
//
// There is no 'unsafe-inline': the page has no inline script and no style
// element, and the style attributes that React sets go through the CSSOM, which
// style-src does not govern. Trusted types are demanded, and no policy may be made,
// so that text from the network cannot become markup even by mistake.
const ContentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; " +
	"frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// notBuilt is the page of a binary without a portal in it.
const notBuilt = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Tyto</title>` +
	`<h1>portal not built: run make portal</h1>` +
	`<p>This binary was built without its web application. The API answers under <a href="/api/v1/version">/api/v1</a>.</p></html>`

// Handler serves the portal. A path that is no file and has no dot is a page of
// the application, which the application itself routes; it gets index.html. Paths
// under /api are not found here: mount package api before it.
func Handler() http.Handler {
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		panic("portal: dist is not embedded") // go:embed above guarantees it
	}
	return newHandler(files)
}

// An asset is a file of the build, with its compressed forms, if the build made any.
type asset struct {
	body, br, gz []byte
	kind         string // media type
	tag          string // strong entity tag of body
	cache        string // Cache-Control
}

type handler map[string]asset

func newHandler(files fs.FS) handler {
	h := handler{}
	_ = fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(name, ".br") || strings.HasSuffix(name, ".gz") || path.Base(name) == ".keep" {
			return nil
		}
		h["/"+name] = load(files, name)
		return nil
	})
	return h
}

func load(files fs.FS, name string) asset {
	read := func(name string) []byte { body, _ := fs.ReadFile(files, name); return body }
	a := asset{body: read(name), br: read(name + ".br"), gz: read(name + ".gz"), cache: "no-cache"}
	sum := sha256.Sum256(a.body)
	a.tag = hex.EncodeToString(sum[:12])
	if a.kind = mime.TypeByExtension(path.Ext(name)); a.kind == "" {
		a.kind = "application/octet-stream"
	}
	if strings.HasPrefix(name, "assets/") { // Vite puts a hash of the content into these names
		a.cache = "public, max-age=31536000, immutable"
	}
	return a
}

// ServeHTTP implements http.Handler.
func (h handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	head := w.Header()
	head.Set("Content-Security-Policy", ContentSecurityPolicy)
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("X-Frame-Options", "DENY")
	head.Set("Referrer-Policy", "same-origin")
	head.Set("Cross-Origin-Opener-Policy", "same-origin")
	head.Set("Cross-Origin-Resource-Policy", "same-origin")
	head.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		head.Set("Allow", "GET, HEAD")
		http.Error(w, "portal: only GET and HEAD", http.StatusMethodNotAllowed)
		return
	}
	a, ok := h.find(r.URL.Path)
	switch {
	case ok:
		a.serve(w, r)
	case isPage(r.URL.Path):
		head.Set("Content-Type", "text/html; charset=utf-8")
		head.Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = w.Write([]byte(notBuilt))
	default:
		http.Error(w, "portal: no such file", http.StatusNotFound)
	}
}

// find is the file of a path, or index.html for a page of the application.
func (h handler) find(p string) (asset, bool) {
	if a, ok := h[p]; ok {
		return a, true
	}
	if !isPage(p) {
		return asset{}, false
	}
	a, ok := h["/index.html"]
	return a, ok
}

func isPage(p string) bool {
	return p != "/api" && !strings.HasPrefix(p, "/api/") && !strings.Contains(p, ".")
}

func (a asset) serve(w http.ResponseWriter, r *http.Request) {
	body, tag := a.body, a.tag
	accept := r.Header.Get("Accept-Encoding")
	switch {
	case len(a.br) > 0 && accepts(accept, "br"):
		w.Header().Set("Content-Encoding", "br")
		body, tag = a.br, tag+"-br"
	case len(a.gz) > 0 && accepts(accept, "gzip"):
		w.Header().Set("Content-Encoding", "gzip")
		body, tag = a.gz, tag+"-gz"
	}
	w.Header().Set("Content-Type", a.kind)
	w.Header().Set("Cache-Control", a.cache)
	w.Header().Set("ETag", `"`+tag+`"`)
	w.Header().Add("Vary", "Accept-Encoding")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
}

// accepts tells whether an Accept-Encoding header names a coding, and not with
// a weight of zero (RFC 9110 section 12.5.3).
func accepts(header, coding string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, weight, _ := strings.Cut(part, ";")
		if !strings.EqualFold(strings.TrimSpace(name), coding) {
			continue
		}
		_, q, _ := strings.Cut(weight, "=")
		return strings.Trim(q, "0. ") != "" || strings.TrimSpace(q) == ""
	}
	return false
}
