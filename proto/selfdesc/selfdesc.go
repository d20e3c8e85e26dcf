// Package selfdesc reads what devices say of themselves in XML over HTTP: the
// description of UPnP, Hikvision's ISAPI, HNAP of home routers, ONVIF's
// device information, the metadata of WS-Discovery's devices, the Inform of
// TR-069 and Roku's device-info. It is pure: no memory of its own, no allocation.
package selfdesc

import (
	"bytes"

	"tyto/proto/httpmsg"
)

// What is what an item says.
type What uint8

// The kinds of an Item.
const (
	Other What = iota // worth keeping as it is
	Vendor
	Model
	Number // model number, order number
	Serial
	Firmware
	Hardware
	Name // what its owner calls it
	UUID // stable key, "uuid:…" or without the prefix
	Device
	MAC
)

// An Item is one thing that a description says.
type Item struct {
	What  What
	Field string // "upnp.modelName": dialect and element; a constant
	Text  []byte // as it stands in the XML, with entities
	Inner bool   // of a device inside the described one
}

// A row names the element that says something in a dialect.
type row struct {
	element string
	what    What
	field   string
}

// A dialect is known by its root element.
type dialect struct {
	root string
	rows []row
}

var dialects = [...]dialect{
	{"device", []row{ // UPnP Device Architecture 2.0 section 2.3; below the element root
		{"deviceType", Device, "upnp.deviceType"},
		{"friendlyName", Name, "upnp.friendlyName"},
		{"manufacturer", Vendor, "upnp.manufacturer"},
		{"modelName", Model, "upnp.modelName"},
		{"modelNumber", Number, "upnp.modelNumber"},
		{"modelDescription", Other, "upnp.modelDescription"},
		{"serialNumber", Serial, "upnp.serialNumber"},
		{"serialNum", Serial, "upnp.serialNumber"},
		{"firmwareVersion", Firmware, "upnp.firmwareVersion"}, // Belkin, D-Link
		{"softwareVersion", Firmware, "upnp.softwareVersion"}, // Sonos
		{"hardwareVersion", Hardware, "upnp.hardwareVersion"},
		{"macAddress", MAC, "upnp.macAddress"},
		{"UDN", UUID, "upnp.UDN"},
		{"X_DLNADOC", Other, "upnp.X_DLNADOC"},
		{"X_deviceCategory", Other, "upnp.X_deviceCategory"},
		{"X_hardwareId", Other, "upnp.X_hardwareId"},
		{"presentationURL", Other, "upnp.presentationURL"},
	}},
	{"DeviceInfo", []row{ // ISAPI, and others that copied it
		{"deviceName", Name, "isapi.deviceName"},
		{"deviceType", Device, "isapi.deviceType"},
		{"manufacturer", Vendor, "isapi.manufacturer"},
		{"model", Model, "isapi.model"},
		{"serialNumber", Serial, "isapi.serialNumber"},
		{"firmwareVersion", Firmware, "isapi.firmwareVersion"},
		{"hardwareVersion", Hardware, "isapi.hardwareVersion"},
		{"macAddress", MAC, "isapi.macAddress"},
	}},
	{"GetDeviceSettingsResponse", []row{ // HNAP 1.2
		{"Type", Device, "hnap.Type"},
		{"DeviceName", Name, "hnap.DeviceName"},
		{"VendorName", Vendor, "hnap.VendorName"},
		{"ModelName", Model, "hnap.ModelName"},
		{"ModelDescription", Other, "hnap.ModelDescription"},
		{"FirmwareVersion", Firmware, "hnap.FirmwareVersion"},
		{"HardwareVersion", Hardware, "hnap.HardwareVersion"},
		{"DeviceMacId", MAC, "hnap.DeviceMacId"},
	}},
	{"GetDeviceInformationResponse", []row{ // ONVIF core specification section 8.1.1
		{"Manufacturer", Vendor, "onvif.Manufacturer"},
		{"Model", Model, "onvif.Model"},
		{"FirmwareVersion", Firmware, "onvif.FirmwareVersion"},
		{"SerialNumber", Serial, "onvif.SerialNumber"},
		{"HardwareId", Hardware, "onvif.HardwareId"},
	}},
	{"Metadata", []row{ // Devices Profile for Web Services section 4
		{"Manufacturer", Vendor, "wsdp.Manufacturer"},
		{"ModelName", Model, "wsdp.ModelName"},
		{"ModelNumber", Number, "wsdp.ModelNumber"},
		{"FriendlyName", Name, "wsdp.FriendlyName"},
		{"FirmwareVersion", Firmware, "wsdp.FirmwareVersion"},
		{"SerialNumber", Serial, "wsdp.SerialNumber"},
		{"DeviceCategory", Device, "wsdp.DeviceCategory"},
	}},
	{"Inform", []row{ // TR-069 amendment 6 section A.3.3.1
		{"Manufacturer", Vendor, "cwmp.Manufacturer"},
		{"OUI", Other, "cwmp.OUI"},
		{"ProductClass", Model, "cwmp.ProductClass"},
		{"SerialNumber", Serial, "cwmp.SerialNumber"},
	}},
	{"device-info", []row{ // Roku External Control Protocol
		{"udn", UUID, "roku.udn"},
		{"serial-number", Serial, "roku.serial-number"},
		{"vendor-name", Vendor, "roku.vendor-name"},
		{"model-name", Model, "roku.model-name"},
		{"model-number", Number, "roku.model-number"},
		{"software-version", Firmware, "roku.software-version"},
		{"user-device-name", Name, "roku.user-device-name"},
		{"friendly-device-name", Name, "roku.friendly-device-name"},
		{"wifi-mac", MAC, "roku.wifi-mac"},
		{"ethernet-mac", MAC, "roku.ethernet-mac"},
	}},
}

// A Description walks over what a description says.
type Description struct {
	xml     httpmsg.Markup
	dialect *dialect
	first   bool // the element root of UPnP was seen
	inner   bool
	left    int
}

// mostElements is how many elements of one document are looked at.
const mostElements = 2000

// Read is a Description at the start of an XML document, of which the end
// may be missing.
func Read(b []byte) Description {
	return Description{xml: httpmsg.ReadMarkup(b), left: mostElements}
}

// Next is the next thing that is said.
func (d *Description) Next() (Item, bool) {
	for d.left > 0 {
		d.left--
		name, text, ok := d.xml.Next()
		if !ok {
			return Item{}, false
		}
		if d.dialect == nil {
			d.open(name)
			continue
		}
		if string(name) == "deviceList" {
			d.inner = true
		}
		if len(text) == 0 {
			continue
		}
		for i := range d.dialect.rows {
			r := &d.dialect.rows[i]
			if string(name) == r.element {
				return Item{What: r.what, Field: r.field, Text: text, Inner: d.inner}, true
			}
		}
	}
	return Item{}, false
}

// open looks for the element that begins a dialect.
func (d *Description) open(name []byte) {
	if string(name) == "root" {
		d.first = true
	}
	for i := range dialects {
		if string(name) == dialects[i].root && (i > 0 || d.first) {
			d.dialect = &dialects[i]
		}
	}
}

// programs are words of descriptions that a program gives, which may run on any computer.
var programs = [...]string{"minidlna", "justin maggard", "windows media", "kodi", "plex media server", "serviio", "universal media server",
	"gmediarender", "rygel", "mediatomb", "gerbera", "jellyfin", "emby", "twonky", "tvheadend", "xbmc", "vlc media", "foobar2000"}

// OfProgram reports whether a program describes itself, not the device that it runs on.
func OfProgram(b []byte) bool {
	b = b[:min(len(b), 4096)]
	for xml := httpmsg.ReadMarkup(b); ; {
		name, text, ok := xml.Next()
		if !ok {
			return false
		}
		if s := string(name); s != "manufacturer" && s != "modelName" && s != "modelDescription" {
			continue
		}
		for _, p := range programs {
			if httpmsg.Contains(text, p) {
				return true
			}
		}
	}
}

// Unique reports whether text can be a serial number or a UUID of one device:
// long enough, and not the filler that firmware ships with.
func Unique(text []byte) bool {
	digits, kinds := 0, [256]bool{}
	different := 0
	for _, c := range text {
		if !kinds[c] {
			kinds[c] = true
			different++
		}
		if c >= '0' && c <= '9' {
			digits++
		}
	}
	switch string(text) {
	case "12345678", "123456789", "1234567890", "0123456789", "123456789001", "00000001", "system-serial-number":
		return false
	}
	return len(text) >= 4 && different > 3 && digits > 0
}

// AppendUUID appends the stable key "uuid:…" of a UDN or USN in lower case;
// nothing if it is the same for all devices of a kind.
func AppendUUID(b, text []byte) []byte {
	if httpmsg.HasPrefix(text, "uuid:") {
		text = text[5:]
	}
	if i := bytes.Index(text, []byte("::")); i >= 0 {
		text = text[:i]
	}
	if !Unique(text) || len(text) < 8 {
		return b
	}
	b = append(b, "uuid:"...)
	for _, c := range text {
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		b = append(b, c)
	}
	return b
}
