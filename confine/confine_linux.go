package confine

import (
	"fmt"
	"unsafe"

	"github.com/elastic/go-seccomp-bpf"
	"github.com/landlock-lsm/go-landlock/landlock"
	"golang.org/x/sys/unix"
	"kernel.org/pub/linux/libs/security/libcap/psx"
)

// Process gives up, for all threads of the process and for good, what needs
// does not name. What the kernel cannot take is in the report; the rest is
// done all the same. Files that are open stay so.
func Process(needs Needs) (r Report) {
	r.step("files are changed only in folders of its own (Landlock)", files(needs))
	r.step("no programs are started, no packet sockets opened, no modules loaded (seccomp)", calls())
	r.step("no capabilities", capabilities())
	return r
}

func (r *Report) step(what string, err error) {
	if err != nil {
		r.Failed = append(r.Failed, Failure{what, err})
		return
	}
	r.Done = append(r.Done, what)
}

// files lets all files be read, as far as their owners do, and those of some
// folders be written (landlock(7)).
func files(needs Needs) error {
	version, err := landlockVersion()
	if err != nil {
		return err
	}
	if version < 1 {
		return fmt.Errorf("confine: this kernel has no Landlock (5.13), or it is not among its active security modules")
	}
	rules := []landlock.Rule{landlock.RODirs("/"), landlock.RWFiles("/dev/null")}
	for _, folder := range needs.Write {
		rules = append(rules, landlock.RWDirs(folder).WithRefer())
	}
	if err := landlock.V5.BestEffort().RestrictPaths(rules...); err != nil {
		return fmt.Errorf("confine: landlock: %w", err)
	}
	return nil
}

// landlockVersion is the version of Landlock that the kernel has, 0 for none.
func landlockVersion() (int, error) {
	v, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	switch errno {
	case 0:
		return int(v), nil
	case unix.ENOSYS, unix.EOPNOTSUPP:
		return 0, nil
	}
	return 0, fmt.Errorf("confine: landlock: %w", errno)
}

// refused is the system calls that no part of the program makes.
var refused = []string{
	"execve", "execveat", "ptrace", "process_vm_readv", "process_vm_writev", "kcmp", "mount", "umount2", "pivot_root", "chroot", "setns", "unshare",
	"init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "reboot", "bpf", "perf_event_open", "userfaultfd",
	"keyctl", "add_key", "request_key", "swapon", "swapoff", "acct", "quotactl", "settimeofday", "clock_settime", "adjtimex", "sethostname", "setdomainname",
	"io_uring_setup", "name_to_handle_at", "open_by_handle_at", "personality", "syslog", "vhangup",
}

// calls has the kernel refuse system calls (seccomp(2)).
func calls() error {
	if !seccomp.Supported() {
		return fmt.Errorf("confine: this kernel has no seccomp filters")
	}
	refuse := seccomp.ActionErrno | seccomp.Action(unix.EPERM)
	err := seccomp.LoadFilter(seccomp.Filter{NoNewPrivs: true, Flag: seccomp.FilterFlagTSync, Policy: seccomp.Policy{
		DefaultAction: seccomp.ActionAllow,
		Syscalls: []seccomp.SyscallGroup{{Action: refuse, Names: refused, NamesWithCondtions: []seccomp.NameWithConditions{
			{Name: "socket", Conditions: seccomp.ArgumentConditions{{Argument: 0, Operation: seccomp.Equal, Value: unix.AF_PACKET}}},
			{Name: "socket", Conditions: seccomp.ArgumentConditions{{Argument: 0, Operation: seccomp.Equal, Value: unix.AF_XDP}}},
		}}},
	}})
	if err != nil {
		return fmt.Errorf("confine: seccomp: %w", err)
	}
	return nil
}

// capabilities gives up all of capabilities(7), of all threads.
func capabilities() error {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var none [2]unix.CapUserData
	_, _, errno := psx.Syscall3(unix.SYS_CAPSET, uintptr(unsafe.Pointer(&header)), uintptr(unsafe.Pointer(&none[0])), 0)
	if errno != 0 {
		return fmt.Errorf("confine: capset: %w", errno)
	}
	return nil
}
