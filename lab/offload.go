package lab

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// ethtool's requests to turn a feature on or off (linux/ethtool.h).
var features = []uint32{
	0x17, // ETHTOOL_STXCSUM
	0x1f, // ETHTOOL_STSO
	0x24, // ETHTOOL_SGSO
	0x2c, // ETHTOOL_SGRO
}

// offload turns off what a virtual interface leaves to hardware that is not
// there, so that the mirror port shows whole packets with true checksums.
// What an interface cannot do it does not do anyway.
func offload(name string) {
	s, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM, 0)
	if err != nil {
		return
	}
	defer unix.Close(s)
	for _, f := range features {
		value := struct{ cmd, data uint32 }{f, 0}
		var request struct {
			name [unix.IFNAMSIZ]byte
			data unsafe.Pointer
			_    [16]byte
		}
		copy(request.name[:unix.IFNAMSIZ-1], name)
		request.data = unsafe.Pointer(&value)
		unix.Syscall(unix.SYS_IOCTL, uintptr(s), unix.SIOCETHTOOL, uintptr(unsafe.Pointer(&request)))
	}
}
