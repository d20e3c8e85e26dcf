package cable

import (
	"bytes"
	"fmt"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// KeepTags has interfaces leave VLAN tags in the packets that they receive.
func KeepTags(t testing.TB, interfaces ...string) {
	t.Helper()
	for _, name := range interfaces {
		if err := LeaveTags(name); err != nil {
			t.Fatal(err)
		}
	}
}

// LeaveTags does what ethtool -K NAME rx-vlan-hw-parse off
// rx-vlan-stag-hw-parse off does (linux/ethtool.h).
func LeaveTags(name string) error {
	names := struct {
		command, set, n uint32
		names           [512][32]byte
	}{command: 0x1b, set: 4} // ETHTOOL_GSTRINGS, ETH_SS_FEATURES
	if err := ethtool(name, unsafe.Pointer(&names)); err != nil {
		return err
	}
	change := struct {
		command, blocks uint32
		block           [16]struct{ valid, requested uint32 }
	}{command: 0x3b, blocks: (names.n + 31) / 32} // ETHTOOL_SFEATURES
	for i := range names.names[:names.n] {
		switch word, _, _ := bytes.Cut(names.names[i][:], []byte{0}); string(word) {
		case "rx-vlan-hw-parse", "rx-vlan-stag-hw-parse":
			change.block[i/32].valid |= 1 << (i % 32)
		}
	}
	return ethtool(name, unsafe.Pointer(&change))
}

func ethtool(name string, data unsafe.Pointer) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	request := struct {
		name [unix.IFNAMSIZ]byte
		data unsafe.Pointer
		_    [16]byte
	}{data: data}
	copy(request.name[:unix.IFNAMSIZ-1], name)
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.SIOCETHTOOL, uintptr(unsafe.Pointer(&request))); errno != 0 {
		return fmt.Errorf("ethtool on %s: %w", name, errno)
	}
	return nil
}
