package fingerprint

import (
	"slices"
	"strings"

	"tyto/tyto"
)

// macField is the field that rules on the address of an interface look at.
const macField = "eth.addr"

// fields is the fields of evidence that dissectors tell, by Wireshark's names. A rule on
// another one would never be asked, so it is an error. A new dissector adds its own.
var fields = map[string]bool{
	macField:                               true,
	"arp.isgratuitous":                     true,
	"cdp.capabilities":                     true,
	"cdp.deviceid":                         true,
	"cdp.platform":                         true,
	"cdp.software_version":                 true,
	"dhcp.option.client_fqdn":              true,
	"dhcp.option.hostname":                 true,
	"dhcp.option.request_list":             true,
	"dhcp.option.user_class":               true,
	"dhcp.option.vendor_class_id":          true,
	"dns.qry.name":                         true,
	"dns.txt":                              true,
	"http.authbasic":                       true,
	"http.host":                            true,
	"http.request.uri":                     true,
	"http.server":                          true,
	"http.user_agent":                      true,
	"http.www_authenticate":                true,
	"lldp.media.manufacturer":              true,
	"lldp.media.model":                     true,
	"lldp.tlv.system.desc":                 true,
	"lldp.tlv.system.name":                 true,
	"llmnr.name":                           true,
	"mdns.host":                            true,
	"mdns.instance":                        true,
	"mdns.service":                         true,
	"mdns.txt":                             true,
	"modbus.object_str_value":              true,
	"modbus.product_name":                  true,
	"modbus.vendor":                        true,
	"nbns.name":                            true,
	"snmp.sysDescr":                        true,
	"snmp.sysName":                         true,
	"snmp.sysObjectID":                     true,
	"ssdp.nt":                              true,
	"ssdp.server":                          true,
	"ssdp.st":                              true,
	"ssdp.usn":                             true,
	"ssh.protocol":                         true,
	"tls.handshake.extensions_server_name": true,
	"tls.handshake.ja3":                    true,
	"tls.handshake.ja4":                    true,
	"x509sat.issuer":                       true,
	"x509sat.subject":                      true,
}

// structured is the fields whose values are "key=value;key=value"; rules on them match
// by key without saying so.
var structured = map[string]bool{}

// KnownField reports whether some dissector tells the field, or it is the name of an
// attribute.
func KnownField(name string) bool {
	if _, ok := tyto.ParseAttr(name); ok {
		return true
	}
	return fields[name]
}

// KnownFields is all fields that dissectors tell, sorted.
func KnownFields() []string { return sortedKeys(fields) }

func isStructured(on []string) bool {
	return len(on) > 0 && !slices.ContainsFunc(on, func(f string) bool { return !structured[f] })
}

// suggestField is a hint at a field with a similar name.
func suggestField(name string) string {
	_, last, _ := strings.Cut(name, ".")
	for _, f := range KnownFields() {
		if last != "" && strings.HasSuffix(f, last) || strings.HasPrefix(f, name) {
			return "; do you mean " + f + "?"
		}
	}
	return "; fingerprint/fields.go lists those that dissectors tell"
}
