package mirror

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// A Link is what the operating system says of an interface.
type Link struct {
	Name      string   `json:"name"`
	Up        bool     `json:"up"`
	Carrier   bool     `json:"carrier"`            // the other end of the cable is alive
	Megabits  int      `json:"megabits,omitempty"` // a second; 0 if the driver does not say
	MTU       int      `json:"mtu"`
	Addresses []string `json:"addresses,omitempty"`
}

// Look asks the operating system about an interface.
func Look(name string) (Link, error) {
	face, err := net.InterfaceByName(name)
	if err != nil {
		return Link{}, fmt.Errorf("mirror: interface %q: %w", name, err)
	}
	l := Link{Name: name, Up: face.Flags&net.FlagUp != 0, Carrier: face.Flags&net.FlagRunning != 0, MTU: face.MTU}
	if n, err := strconv.Atoi(attribute(name, "speed")); err == nil && n > 0 {
		l.Megabits = n
	}
	addresses, err := face.Addrs()
	if err != nil {
		return Link{}, fmt.Errorf("mirror: addresses of %q: %w", name, err)
	}
	for _, a := range addresses {
		l.Addresses = append(l.Addresses, a.String())
	}
	return l, nil
}

// attribute is what sysfs says of an interface, "" if it says nothing.
func attribute(name, what string) string {
	text, err := os.ReadFile(filepath.Join("/sys/class/net", filepath.Base(name), what))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}

// Findings is what there is to say of an interface before anything is heard;
// nil if it is as it should be.
func (l *Link) Findings() (all []Finding) {
	if !l.Up {
		all = append(all, Finding{Bad, "The interface is down.", "ip link set " + l.Name + " up"})
	} else if !l.Carrier {
		all = append(all, Finding{Bad, "Nothing is connected to the interface, or the other end is off.", "Check the cable, and the switch's port."})
	}
	if len(l.Addresses) > 0 {
		all = append(all, Finding{Warning, "The interface has addresses (" + strings.Join(l.Addresses, ", ") + "): the system may send from it.",
			fmt.Sprintf("Use an interface without: ip addr flush dev %s; sysctl -w net.ipv6.conf.%s.disable_ipv6=1", l.Name, l.Name)})
	}
	return all
}
