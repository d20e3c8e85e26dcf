package connect

import (
	"strings"

	"tyto/store"
)

// Onboardable reports whether Defender for Endpoint has an agent for a device
// that it does not know, and why, or why not. It is a conclusion from what the
// wire told.
func Onboardable(r *store.DeviceRow) (can bool, why string) {
	os := strings.ToLower(r.OS)
	has := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(os, w) {
				return true
			}
		}
		return false
	}
	switch r.Category {
	case "ot", "medical":
		return false, "industrial or medical device: no agent may be put on it; watch it from the network"
	case "network":
		return false, "network device: Defender has no agent for it; its own discovery can scan it with credentials"
	case "iot":
		return false, "IoT device: Defender has no agent for it; watch it from the network"
	}
	switch {
	case has("windows xp", "windows 2000", "windows nt", "windows vista", "windows server 2003", "windows ce", "windows 95", "windows 98"):
		return false, r.OS + " is too old: Defender supports Windows 7 SP1 and Windows Server 2008 R2 and later"
	case has("windows"):
		return true, "runs " + r.OS
	case has("macos", "mac os", "os x"):
		return true, "runs " + r.OS + "; Defender supports the latest three versions of macOS"
	case has("android", "ios", "ipados"):
		return true, "runs " + r.OS + "; it is onboarded through Intune or the Defender app"
	case has("ubuntu", "debian", "red hat", "rhel", "centos", "suse", "sles", "fedora", "oracle linux", "rocky", "alma", "amazon linux", "mariner"):
		return true, "runs " + r.OS + "; check that its version is supported"
	case has("linux"):
		return false, "runs some Linux: Defender supports named distributions only; find out which it is"
	case has("bsd", "vmware", "esx", "solaris", "aix", "hp-ux", "chrome"):
		return false, "Defender has no agent for " + r.OS
	}
	switch r.Type {
	case "workstation", "computer", "laptop", "server", "domain_controller", "database_server", "file_server", "virtual_machine", "mail_server":
		return true, "is a computer; its operating system is not known yet"
	case "mobile_phone", "mobile_device", "tablet":
		return true, "is a mobile device; it is onboarded through Intune or the Defender app"
	}
	if r.OS != "" {
		return false, "nothing is known of an agent for " + r.OS
	}
	return false, "not enough is known of it"
}
