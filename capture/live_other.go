//go:build !linux

package capture

// OpenLive listens to interfaces. It needs Linux.
func OpenLive(interfaces []string, o Live) (Source, error) {
	return nil, &Error{Name: "live capture", Reason: "this operating system is not supported", Remedy: "record with tcpdump -w and read the file"}
}

// XDP says why an interface cannot be listened to by AF_XDP. It needs Linux.
func XDP(name string) error {
	return &Error{Name: name, Reason: "this operating system has no AF_XDP"}
}
