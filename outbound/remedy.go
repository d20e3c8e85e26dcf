package outbound

import (
	"context"
	"crypto/x509"
	"errors"
	"io/fs"
	"net"
	"net/http"
	"syscall"
)

// Remedy is what an operator can do about an error of a far end, "" if
// nothing general can be said.
func Remedy(err error) string {
	var s *StatusError
	var l *LoginError
	var dns *net.DNSError
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var expired x509.CertificateInvalidError
	switch {
	case errors.As(err, &l) && l.Status != http.StatusTooManyRequests && l.Status < 500:
		return "Signing in was refused: check tenant, client and secret, and whether the secret has expired."
	case errors.As(err, &l):
		return ofStatus[l.Status]
	case errors.As(err, &s) && s.Setup:
		return "The set-up does not fit: correct what the answer names, here or at the far end. Nothing is lost meanwhile."
	case errors.As(err, &s):
		return ofStatus[s.Status]
	case errors.As(err, &dns):
		return "The name cannot be resolved: check the address, and the hub's DNS."
	case errors.As(err, &unknown):
		return "The certificate is of an authority that is not trusted: name that authority's certificate as tls.ca."
	case errors.As(err, &name):
		return "The certificate bears another name: correct the address, or give the name as tls.name."
	case errors.As(err, &expired):
		return "The certificate is not valid now: renew it at the far end, and check both clocks."
	case errors.Is(err, syscall.ECONNREFUSED):
		return "Nothing listens there: check port and service, and firewalls on the way."
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "There is no way to that address: check routes and firewalls."
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, fs.ErrPermission):
		return "A file that the configuration names cannot be read by the hub's user: check its path and mode."
	case errors.Is(err, context.DeadlineExceeded):
		return "No answer in time: check that the far end works, and firewalls that drop; 'timeout' may be longer."
	}
	return ""
}

var ofStatus = map[int]string{
	http.StatusUnauthorized:          "The token or password is not accepted: check it, and whether it has expired.",
	http.StatusForbidden:             "The application or user lacks a permission: grant the one that the how-to names, and consent to it. Microsoft takes up to 30 minutes.",
	http.StatusNotFound:              "The address is none of the product's: check URL, rule and stream.",
	http.StatusRequestEntityTooLarge: "The far end or a proxy on the way takes less at once: raise its limit.",
	http.StatusTooManyRequests:       "The far end asks for patience; Tyto waits as long as it says.",
	http.StatusInternalServerError:   "The far end has a fault of its own: see its log. Tyto tries again.",
	http.StatusBadGateway:            "A proxy on the way has no answer from the far end. Tyto tries again.",
	http.StatusServiceUnavailable:    "The far end is busy, or being maintained. Tyto tries again.",
	http.StatusBadRequest:            "The far end does not understand what was sent: its answer says why.",
}
