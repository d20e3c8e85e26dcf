package doubles

import (
	"net/http"
	"strings"
)

// Microsoft serves doubles of Azure Monitor, Microsoft Graph and Defender for
// Endpoint at one address, and signs in for all three there.
func Microsoft(azure *Double, graph *GraphDouble, mde *MDEDouble) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		scope := ""
		if r.URL.Path == loginPath {
			scope = r.PostFormValue("scope")
		}
		switch {
		case strings.HasPrefix(scope, "https://graph.") || strings.HasPrefix(r.URL.Path, "/v1.0/"):
			graph.ServeHTTP(w, r)
		case strings.HasPrefix(scope, "https://monitor.") || strings.HasPrefix(r.URL.Path, "/dataCollectionRules/"):
			azure.ServeHTTP(w, r)
		default:
			mde.ServeHTTP(w, r)
		}
	})
}
