package capture

import (
	"bytes"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Commands and sizes of linux/ethtool.h.
const (
	ethtoolStrings   = 0x1b
	ethtoolFeatures  = 0x3a
	ethtoolChannels  = 0x3c
	featureNames     = 4 // ETH_SS_FEATURES
	featureName      = 32
	mostFeatures     = 512
	mostQueues       = 256 // as many as an interface is believed to have
	errNoSuchCommand = unix.EOPNOTSUPP
)

// ethtool asks an interface's driver. It needs no right.
func ethtool[T any](name string, v *T) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return interfaceCall(fd, unix.SIOCETHTOOL, name, v)
}

// interfaceCall is a call about an interface that has its data elsewhere
// (struct ifreq, netdevice(7)).
func interfaceCall[T any](fd int, call uintptr, name string, v *T) error {
	request := struct {
		name [unix.IFNAMSIZ]byte
		data unsafe.Pointer
		_    [16]byte
	}{data: unsafe.Pointer(v)}
	copy(request.name[:unix.IFNAMSIZ-1], name)
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), call, uintptr(unsafe.Pointer(&request))); errno != 0 {
		return errno
	}
	return nil
}

// queuesOf is how many queues an interface receives with: one, if its driver
// says nothing.
func queuesOf(name string) (int, error) {
	channels := struct{ command, _, _, _, _, rx, _, _, combined uint32 }{command: ethtoolChannels}
	switch err := ethtool(name, &channels); err {
	case nil:
	case errNoSuchCommand:
		return 1, nil
	default:
		return 0, err
	}
	n := int(channels.rx) + int(channels.combined)
	if n < 1 || n > mostQueues {
		return 0, fmt.Errorf("its driver says that it has %d queues", n)
	}
	return n, nil
}

// featuresOf is the names of the features that interfaces have, as ethtool -k
// has them, in the kernel's order.
func featuresOf(name string) (all []string, err error) {
	names := struct {
		command, set, n uint32
		names           [mostFeatures][featureName]byte
	}{command: ethtoolStrings, set: featureNames}
	if err := ethtool(name, &names); err != nil {
		return nil, err
	}
	for i := range min(int(names.n), mostFeatures) {
		word, _, _ := bytes.Cut(names.names[i][:], []byte{0})
		all = append(all, string(word))
	}
	return all, nil
}

// switchedOn is the features of an interface that are on.
func switchedOn(name string) (map[string]bool, error) {
	all, err := featuresOf(name)
	if err != nil {
		return nil, err
	}
	features := struct {
		command, blocks uint32
		block           [mostFeatures / 32]struct{ available, requested, active, fixed uint32 }
	}{command: ethtoolFeatures, blocks: mostFeatures / 32}
	if err := ethtool(name, &features); err != nil {
		return nil, err
	}
	on := map[string]bool{}
	for i, word := range all {
		on[word] = features.block[i/32].active>>(i%32)&1 != 0
	}
	return on, nil
}
