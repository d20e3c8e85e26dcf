//go:build !linux

package capture

// OpenTunnel ends a tunnel. It needs Linux.
func OpenTunnel(Tunnel) (Source, error) {
	return nil, &Error{Name: "tunnel", Reason: "this operating system is not supported", Remedy: "mirror to an interface and record with tcpdump -w"}
}
