// Package dnssd knows what the keys of TXT records of DNS-based service
// discovery (RFC 6763) say of a device, by type of service. The keys are those
// that vendors document or that their devices were seen to send.
package dnssd

import (
	"tyto/proto/dns"
	"tyto/tyto"
)

// Form is how the value of a key is written.
type Form uint8

// The forms.
const (
	Plain   Form = iota
	Parens       // "(HP LaserJet)", as in the key product of printers
	UUID         // becomes "uuid:…" in lower case
	MAC          // twelve hex digits with any separators; becomes "mac:…"
	Cast         // 32 hex digits; becomes "uuid:…"
	HomeKit      // becomes "homekit:…"
	Hue          // bridge id, an EUI-64 of its MAC; becomes "mac:…"
	Darwin       // major version of the kernel of an Apple computer; becomes the system's name
	Share        // "sys" of _adisk: the MAC is in waMA=…
)

// A Meaning is what the value of a key says.
type Meaning struct {
	Attr tyto.Attr
	Form Form
	Sure tyto.Confidence
}

type row struct {
	services string // separated by spaces; "" is any
	key      string
	Meaning
}

const (
	printers = "_ipp _ipps _printer _pdl-datastream _uscan _uscans _scanner _privet _ipp-tls"
	stated   = tyto.Stated
	shown    = tyto.Shown
)

// table is asked from the top; the first row that fits is the meaning.
var table = [...]row{
	{"_device-info _smb _afpovertcp", "model", Meaning{tyto.Model, Plain, stated}},
	{"_device-info", "osxvers", Meaning{tyto.OS, Darwin, stated}},

	{"_airplay", "model", Meaning{tyto.Model, Plain, stated}},
	{"_airplay", "manufacturer", Meaning{tyto.Vendor, Plain, stated}},
	{"_airplay", "integrator", Meaning{tyto.Vendor, Plain, shown}},
	{"_airplay", "serialNumber", Meaning{tyto.Serial, Plain, stated}},
	{"_airplay _raop", "fv", Meaning{tyto.Firmware, Plain, stated}},
	{"_airplay", "deviceid", Meaning{tyto.Identity, MAC, stated}},
	{"_airplay", "pi", Meaning{tyto.Identity, UUID, stated}},
	{"_raop", "am", Meaning{tyto.Model, Plain, stated}},
	{"_companion-link", "rpMd", Meaning{tyto.Model, Plain, stated}},
	{"_touch-able", "DvTy", Meaning{tyto.Model, Plain, shown}},
	{"_touch-able", "CtlN", Meaning{tyto.Description, Plain, shown}},
	{"_daap", "Machine Name", Meaning{tyto.Description, Plain, shown}},

	{"_googlecast", "md", Meaning{tyto.Model, Plain, stated}},
	{"_googlecast", "fn", Meaning{tyto.Description, Plain, stated}},
	{"_googlecast", "id", Meaning{tyto.Identity, Cast, stated}},
	{"_amzn-wplay", "n", Meaning{tyto.Description, Plain, stated}},

	{"_hap", "md", Meaning{tyto.Model, Plain, stated}},
	{"_hap", "id", Meaning{tyto.Identity, HomeKit, stated}},
	{"_matter _matterc _matterd", "DN", Meaning{tyto.Description, Plain, stated}},
	{"_meshcop", "vn", Meaning{tyto.Vendor, Plain, stated}},
	{"_meshcop", "mn", Meaning{tyto.Model, Plain, stated}},
	{"_hue", "modelid", Meaning{tyto.Model, Plain, stated}},
	{"_hue", "bridgeid", Meaning{tyto.Identity, Hue, stated}},

	{printers, "ty", Meaning{tyto.Model, Plain, stated}},
	{printers, "product", Meaning{tyto.Model, Parens, shown}},
	{printers, "usb_MFG", Meaning{tyto.Vendor, Plain, stated}},
	{printers, "usb_MDL", Meaning{tyto.Model, Plain, shown}},
	{printers, "mfg", Meaning{tyto.Vendor, Plain, stated}},
	{printers, "mdl", Meaning{tyto.Model, Plain, shown}},
	{printers, "usb_SER", Meaning{tyto.Serial, Plain, stated}},
	{printers, "note", Meaning{tyto.Location, Plain, stated}},
	{printers, "UUID", Meaning{tyto.Identity, UUID, stated}},

	{"_dhnap", "model_number", Meaning{tyto.Model, Plain, stated}},
	{"_dhnap", "hardware_ver", Meaning{tyto.Hardware, Plain, stated}},
	{"_dhnap", "version", Meaning{tyto.Firmware, Plain, stated}},
	{"_shelly", "app", Meaning{tyto.Model, Plain, stated}},
	{"_shelly", "ver", Meaning{tyto.Firmware, Plain, stated}},
	{"_http _shelly", "fw_id", Meaning{tyto.Firmware, Plain, shown}},
	{"_esphomelib", "friendly_name", Meaning{tyto.Description, Plain, stated}},
	{"_esphomelib", "project_name", Meaning{tyto.Model, Plain, stated}},
	{"_esphomelib", "project_version", Meaning{tyto.Firmware, Plain, stated}},
	{"_esphomelib", "board", Meaning{tyto.Hardware, Plain, stated}},
	{"_esphomelib", "version", Meaning{tyto.Firmware, Plain, shown}},
	{"_elg", "md", Meaning{tyto.Model, Plain, stated}},
	{"_elg", "mf", Meaning{tyto.Vendor, Plain, stated}},
	{"_elg _nanoleafapi _nanoleafms", "id", Meaning{tyto.Identity, MAC, stated}},
	{"_nanoleafapi _nanoleafms", "md", Meaning{tyto.Model, Plain, stated}},
	{"_nanoleafapi _nanoleafms", "srcvers", Meaning{tyto.Firmware, Plain, stated}},
	{"_netaudio-arc _netaudio-cmc _netaudio-chan", "model", Meaning{tyto.ModelNumber, Plain, stated}},
	{"_netaudio-arc _netaudio-cmc _netaudio-chan", "mf", Meaning{tyto.Vendor, Plain, stated}},
	{"_sideplay _ecobee _viziocast", "mdl", Meaning{tyto.Model, Plain, stated}},
	{"_viziocast", "name", Meaning{tyto.Description, Plain, stated}},
	{"_enphase-envoy", "serialnum", Meaning{tyto.Serial, Plain, stated}},
	{"_hwenergy", "serial", Meaning{tyto.Serial, Plain, stated}},
	{"_hwenergy", "product_name", Meaning{tyto.Model, Plain, stated}},
	{"_hwenergy", "product_type", Meaning{tyto.ModelNumber, Plain, stated}},
	{"_kizbox _kizboxdev", "gateway_pin", Meaning{tyto.Serial, Plain, stated}},
	{"_kizbox _kizboxdev", "fw_version", Meaning{tyto.Firmware, Plain, stated}},
	{"_dvl-deviceapi", "Product", Meaning{tyto.Model, Plain, stated}},
	{"_dvl-deviceapi", "MT", Meaning{tyto.ModelNumber, Plain, stated}},
	{"_dvl-deviceapi", "SN", Meaning{tyto.Serial, Plain, stated}},
	{"_dvl-deviceapi", "FirmwareVersion", Meaning{tyto.Firmware, Plain, stated}},
	{"_fbx-api", "box_model_name", Meaning{tyto.Model, Plain, stated}},
	{"_fbx-api", "box_model", Meaning{tyto.ModelNumber, Plain, stated}},
	{"_fbx-api", "uid", Meaning{tyto.Identity, Cast, stated}},
	{"_lutron", "SYSTYPE", Meaning{tyto.Model, Plain, stated}},
	{"_lutron", "CODEVER", Meaning{tyto.Firmware, Plain, stated}},
	{"_lutron", "MACADDR", Meaning{tyto.Identity, MAC, stated}},
	{"_soundtouch _bangolufsen _heos-audio", "model", Meaning{tyto.Model, Plain, stated}},
	{"_heos-audio", "vers", Meaning{tyto.Firmware, Plain, stated}},
	{"_home-assistant", "uuid", Meaning{tyto.Identity, Cast, stated}},
	{"_home-assistant", "version", Meaning{tyto.Firmware, Plain, stated}},
	{"_home-assistant", "location_name", Meaning{tyto.Description, Plain, stated}},
	{"_octoprint", "uuid", Meaning{tyto.Identity, UUID, stated}},
	{"_octoprint _bambu _prusalink", "model", Meaning{tyto.Model, Plain, stated}},
	{"_octoprint", "vendor", Meaning{tyto.Vendor, Plain, shown}},
	{"_qdiscover", "displayModel", Meaning{tyto.Model, Plain, stated}},
	{"_qdiscover", "model", Meaning{tyto.ModelNumber, Plain, stated}},
	{"_qdiscover", "fwVer", Meaning{tyto.Firmware, Plain, stated}},
	{"_http _axis-video _vapix-http _vapix-https", "macaddress", Meaning{tyto.Identity, MAC, stated}},
	{"_http", "model", Meaning{tyto.Model, Plain, stated}},
	{"_http", "vendor", Meaning{tyto.Vendor, Plain, stated}},
	{"_http", "serial", Meaning{tyto.Serial, Plain, stated}},
	{"_adisk", "sys", Meaning{tyto.Identity, Share, shown}},
	{"_sonos", "mac", Meaning{tyto.Identity, MAC, stated}},

	{"", "manufacturer", Meaning{tyto.Vendor, Plain, shown}},
	{"", "serialnumber", Meaning{tyto.Serial, Plain, shown}},
	{"", "fw_version", Meaning{tyto.Firmware, Plain, shown}},
	{"", "firmware", Meaning{tyto.Firmware, Plain, shown}},
	{"", "hw_version", Meaning{tyto.Hardware, Plain, shown}},
	{"", "mac", Meaning{tyto.Identity, MAC, shown}},
	{"", "mac_address", Meaning{tyto.Identity, MAC, shown}},
	{"", "model", Meaning{tyto.Model, Plain, shown}},
}

// Means is what a key says in the TXT record of a service of the type
// ("_ipp"), NoAttr if nothing that we know.
func Means(service, key []byte) Meaning {
	for i := range table {
		x := &table[i]
		if dns.Same(key, x.key) && (x.services == "" || among(service, x.services)) {
			return x.Meaning
		}
	}
	return Meaning{}
}

// Dull reports whether a key says only how to talk to the service: such values
// say nothing of the device.
func Dull(key []byte) bool {
	for _, k := range [...]string{"txtvers", "qtotal", "priority", "rp", "pdl", "URF", "copies", "collate", "punch", "bind", "sort",
		"staple", "papermax", "papercustom", "air", "tls", "kind", "transparent", "binary", "tbcp", "representation", "cs", "is",
		"s#", "c#", "print_wfds", "mopria-certified", "rand", "bootseq", "flags", "vcp", "tp", "da", "ch", "ek", "sr", "ss"} {
		if dns.Same(key, k) {
			return true
		}
	}
	return len(key) == 0
}

// Personal reports whether a service's records are about a person (Bonjour chat).
func Personal(service []byte) bool {
	return dns.Same(service, "_presence") || dns.Same(service, "_ichat")
}

// among reports whether word is one of the words, which are separated by spaces.
func among(word []byte, words string) bool {
	for len(words) > 0 {
		n := 0
		for n < len(words) && words[n] != ' ' {
			n++
		}
		if dns.Same(word, words[:n]) {
			return true
		}
		words = words[min(n+1, len(words)):]
	}
	return false
}

// Append appends what value says, written in the form, to b, which must have
// room for len(value) + 48 bytes; nil if value is not of the form.
func (f Form) Append(b, value []byte) []byte {
	switch f {
	case Plain:
		return append(b, value...)
	case Parens:
		if n := len(value); n > 2 && value[0] == '(' && value[n-1] == ')' {
			value = value[1 : n-1]
		}
		return append(b, value...)
	case UUID, Cast:
		return appendUUID(b, value)
	case HomeKit:
		if hexDigits(value, 12) {
			return lower(append(b, "homekit:"...), value)
		}
	case MAC:
		return appendMAC(b, value)
	case Hue: // 001788fffe2476ff
		if hexDigits(value, 16) && len(value) == 16 {
			return pairs(pairs(append(b, "mac:"...), value[:6]), value[10:])
		}
	case Darwin:
		return darwin(b, value)
	case Share:
		for i := range value {
			if i+22 <= len(value) && string(value[i:i+5]) == "waMA=" {
				return appendMAC(b, value[i+5:i+22])
			}
		}
	}
	return nil
}

func appendUUID(b, value []byte) []byte {
	if len(value) > 9 && dns.Same(value[:9], "urn:uuid:") {
		value = value[9:]
	}
	if !hexDigits(value, 32) || same(value) {
		return nil
	}
	b = append(b, "uuid:"...)
	n := 0
	for _, c := range value {
		if !isHex(c) {
			continue
		}
		if n == 8 || n == 12 || n == 16 || n == 20 {
			b = append(b, '-')
		}
		b, n = append(b, low(c)), n+1
	}
	return b
}

func appendMAC(b, value []byte) []byte {
	if !hexDigits(value, 12) || same(value) {
		return nil
	}
	return pairs(append(b, "mac:"...), value)
}

// pairs appends the hex digits of value in pairs; it goes on after pairs before.
func pairs(b, value []byte) []byte {
	n := 0
	for _, c := range value {
		if !isHex(c) {
			continue
		}
		if n%2 == 0 && b[len(b)-1] != ':' {
			b = append(b, ':')
		}
		b, n = append(b, low(c)), n+1
	}
	return b
}

// hexDigits reports whether value is n hex digits and separators.
func hexDigits(value []byte, n int) bool {
	for _, c := range value {
		switch {
		case isHex(c):
			n--
		case c == ':' || c == '-' || c == '|' || c == '.':
		default:
			return false
		}
	}
	return n == 0
}

// same reports whether all hex digits are the same: such a key is nobody's own.
func same(value []byte) bool {
	for _, c := range value {
		if isHex(c) && c != value[0] {
			return false
		}
	}
	return true
}

func isHex(c byte) bool { return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f' }

func low(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c | 0x20
	}
	return c
}

func lower(b, value []byte) []byte {
	for _, c := range value {
		b = append(b, low(c))
	}
	return b
}

// darwin is the system of an Apple computer whose kernel has the major version.
func darwin(b, value []byte) []byte {
	if len(value) != 2 || value[0] < '0' || value[0] > '9' || value[1] < '0' || value[1] > '9' {
		return nil
	}
	v := int(value[0]-'0')*10 + int(value[1]-'0')
	switch {
	case v >= 25: // from then on named by year: Darwin 25 is macOS 26
		v++
		return append(append(b, "macOS "...), '0'+byte(v/10), '0'+byte(v%10))
	case v >= 20:
		return append(append(b, "macOS 1"...), '0'+byte(v-19))
	case v == 14 || v == 15 || v == 16 || v == 17 || v == 18 || v == 19:
		return append(append(b, "macOS 10.1"...), '0'+byte(v-14))
	case v >= 4:
		return append(append(b, "Mac OS X 10."...), '0'+byte(v-4))
	}
	return nil
}
