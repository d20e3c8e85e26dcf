package httpmsg

// telling are beginnings of paths, in lower case, that say what answers on them.
var telling = [...]string{"/onvif/", "/hnap1", "/isapi/", "/axis-cgi/", "/redfish/", "/sdk/vimservice", "/wsman", "/rpc2",
	"/cgi-bin/magicbox.cgi", "/query/apps", "/query/device-info", "/dial/", "/webfig/", "/ipp/", "/autodiscover/",
	"/upnp/control/", "/ctl/", "/description.xml", "/setup.xml", "/rootdesc.xml", "/igdevicedesc.xml", "/ipcamdesc.xml"}

// checks are paths with which systems check whether they are online.
var checks = [...]string{"/generate_204", "/gen_204", "/hotspot-detect.html", "/library/test/success.html", "/ncsi.txt",
	"/connecttest.txt", "/success.txt", "/canonical.html", "/check_network_status.txt", "/kindle-wifi/wifistub.html",
	"/nm-check.txt", "/connectivity-check.html", "/static/hotspot.txt", "/nm"}

// Telling is 1 + the number of a path that says what answers on it, 0 for another.
func Telling(target []byte) int {
	for i, p := range telling {
		if HasPrefix(target, p) {
			return i + 1
		}
	}
	return 0
}

// TellingPath is the path of a number that Telling gave.
func TellingPath(i int) string { return telling[i-1] }

// OnlineCheck reports whether target is a path with which systems check
// whether they are online.
func OnlineCheck(target []byte) bool {
	for _, p := range checks {
		if Is(target, p) {
			return true
		}
	}
	return false
}
