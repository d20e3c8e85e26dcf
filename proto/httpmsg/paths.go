package httpmsg

// telling are beginnings of paths, in lower case, that say what answers on them.
var telling = [...]string{"/onvif/", "/hnap1", "/isapi/", "/axis-cgi/", "/redfish/", "/sdk/vimservice", "/wsman", "/rpc2",
	"/cgi-bin/magicbox.cgi", "/query/apps", "/query/device-info", "/dial/", "/webfig/", "/ipp/", "/autodiscover/",
	"/upnp/control/", "/ctl/", "/description.xml", "/setup.xml", "/rootdesc.xml", "/igdevicedesc.xml", "/ipcamdesc.xml",
	// cameras
	"/stw-cgi/", "/doc/page/login.asp", "/cgi-bin/hi3510/", "/web/cgi-bin/hi3510/",
	// printers
	"/hp/device/", "/devmgmt/", "/web/guest/", "/wcd/", "/sws/", "/startwlm/", "/cgi-bin/dynamic/printer", "/presentation/html/",
	// network equipment, and what ends VPNs
	"/cgi-bin/luci", "/level/15/exec/", "/tmui/", "/dana-na/", "/+cscoe+/", "/global-protect/", "/remote/logincheck",
	// telephones and rooms
	"/servlet?m=mod_", "/getxml?location=", "/putxml",
	// storage
	"/webman/", "/cgi-bin/filemanager/",
	// controllers, buildings, energy
	"/portal/portal.mwsl", "/rokform/", "/ord?", "/solar_api/", "/api/v1/production", "/dyn/login.json",
	// at home
	"/smartplug.cgi", "/rpc/shelly.", "/cm?cmnd=", "/setup/eureka_info", "/yamahaextendedcontrol/", "/goform/formmainzone", "/udap/api/"}

// checks are paths with which systems check whether they are online.
var checks = [...]string{"/generate_204", "/gen_204", "/hotspot-detect.html", "/library/test/success.html", "/ncsi.txt",
	"/connecttest.txt", "/success.txt", "/canonical.html", "/check_network_status.txt", "/kindle-wifi/wifistub.html",
	"/nm-check.txt", "/connectivity-check.html", "/static/hotspot.txt", "/nm"}

// Telling is 1 + the number of a path that says what answers on it, 0 for another.
func Telling(target []byte) int {
	if len(target) < 2 {
		return 0
	}
	second := target[1] | 0x20 // as HasPrefix has it; other bytes than letters find nothing more
	for i, p := range telling {
		if p[1]|0x20 == second && HasPrefix(target, p) {
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
