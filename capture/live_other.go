//go:build !linux

package capture

// OpenLive listens to interfaces. It needs Linux.
func OpenLive(interfaces []string, o Live) (Source, error) {
	return nil, &Error{Name: "live capture", Reason: "this operating system is not supported", Remedy: "record with tcpdump -w and read the file"}
}
