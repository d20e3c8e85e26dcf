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
	macField:                      true,
	"cdp.capabilities":            true,
	"cdp.deviceid":                true,
	"cdp.platform":                true,
	"cdp.software_version":        true,
	"cwmp.Manufacturer":           true,
	"cwmp.OUI":                    true,
	"cwmp.ProductClass":           true,
	"cwmp.SerialNumber":           true,
	"dhcp.option.client_fqdn":     true,
	"dhcp.option.hostname":        true,
	"dhcp.option.request_list":    true,
	"dhcp.option.user_class":      true,
	"dhcp.option.vendor_class_id": true,
	"dns.flags.recavail":          true,
	"dns.hinfo.os":                true,
	"dns.opt.data":                true,
	"dns.ptr.domain_name":         true,
	"dns.qry.name":                true,
	"dns.resp.name":               true,
	"dns.srv.port":                true,
	"dns.srv.target":              true,
	"dns.txt":                     true,
	"hnap.DeviceMacId":            true,
	"hnap.DeviceName":             true,
	"hnap.FirmwareVersion":        true,
	"hnap.HardwareVersion":        true,
	"hnap.ModelDescription":       true,
	"hnap.ModelName":              true,
	"hnap.Type":                   true,
	"hnap.VendorName":             true,
	"http.host":                   true,
	"http.location":               true,
	"http.request.uri":            true,
	"http.sec_websocket_protocol": true,
	"http.server":                 true,
	"http.set_cookie":             true,
	"http.title":                  true,
	"http.user_agent":             true,
	"http.www_authenticate":       true,
	"http.x_forwarded_for":        true,
	"http.x_powered_by":           true,
	"isapi.deviceName":            true,
	"isapi.deviceType":            true,
	"isapi.firmwareVersion":       true,
	"isapi.hardwareVersion":       true,
	"isapi.macAddress":            true,
	"isapi.manufacturer":          true,
	"isapi.model":                 true,
	"isapi.serialNumber":          true,
	"lldp.media.manufacturer":     true,
	"lldp.media.model":            true,
	"lldp.tlv.system.desc":        true,
	"lldp.tlv.system.name":        true,
	"llmnr.name":                  true,
	"mdns.instance":               true,
	"mdns.query":                  true,
	"mdns.service":                true,
	"mdns.txt":                    true,
	"modbus.object_str_value":     true,
	"nbns.name":                   true,
	"nbns.query":                  true,
	"nbns.unit_id":                true,
	"ntlmssp.challenge.target_info.dns_computer_name": true,
	"ntlmssp.challenge.target_info.dns_domain_name":   true,
	"ntlmssp.challenge.target_info.nb_computer_name":  true,
	"ntlmssp.challenge.target_info.nb_domain_name":    true,
	"ntlmssp.version":                            true,
	"onvif.FirmwareVersion":                      true,
	"onvif.HardwareId":                           true,
	"onvif.Manufacturer":                         true,
	"onvif.Model":                                true,
	"onvif.SerialNumber":                         true,
	"roku.ethernet-mac":                          true,
	"roku.friendly-device-name":                  true,
	"roku.model-name":                            true,
	"roku.model-number":                          true,
	"roku.serial-number":                         true,
	"roku.software-version":                      true,
	"roku.udn":                                   true,
	"roku.user-device-name":                      true,
	"roku.vendor-name":                           true,
	"roku.wifi-mac":                              true,
	"snmp.chassisId":                             true,
	"snmp.community.default":                     true,
	"snmp.dellServiceTag":                        true,
	"snmp.dellSystemModelName":                   true,
	"snmp.engineid.enterprise":                   true,
	"snmp.engineid.mac":                          true,
	"snmp.engineid.text":                         true,
	"snmp.entPhysicalDescr":                      true,
	"snmp.entPhysicalFirmwareRev":                true,
	"snmp.entPhysicalHardwareRev":                true,
	"snmp.entPhysicalMfgName":                    true,
	"snmp.entPhysicalModelName":                  true,
	"snmp.entPhysicalName":                       true,
	"snmp.entPhysicalSerialNum":                  true,
	"snmp.entPhysicalSoftwareRev":                true,
	"snmp.enterprise":                            true,
	"snmp.fnSysSerial":                           true,
	"snmp.hpHttpMgSerialNumber":                  true,
	"snmp.hrDeviceDescr":                         true,
	"snmp.ifPhysAddress":                         true,
	"snmp.ipAdEntAddr":                           true,
	"snmp.jetdirect":                             true,
	"snmp.jnxBoxDescr":                           true,
	"snmp.jnxBoxSerialNo":                        true,
	"snmp.msgAuthoritativeEngineID":              true,
	"snmp.mtxrFirmwareVersion":                   true,
	"snmp.mtxrSerialNumber":                      true,
	"snmp.prtGeneralPrinterName":                 true,
	"snmp.prtGeneralSerialNumber":                true,
	"snmp.rPDUIdentFirmwareRev":                  true,
	"snmp.rPDUIdentHardwareRev":                  true,
	"snmp.rPDUIdentModelNumber":                  true,
	"snmp.rPDUIdentSerialNumber":                 true,
	"snmp.snmpTrapOID":                           true,
	"snmp.synoModelName":                         true,
	"snmp.synoSerialNumber":                      true,
	"snmp.synoVersion":                           true,
	"snmp.sysDescr":                              true,
	"snmp.sysLocation":                           true,
	"snmp.sysName":                               true,
	"snmp.sysObjectID":                           true,
	"snmp.sysServices":                           true,
	"snmp.upsAdvIdentFirmwareRevision":           true,
	"snmp.upsAdvIdentSerialNumber":               true,
	"snmp.upsBasicIdentModel":                    true,
	"snmp.upsIdentAgentSoftwareVersion":          true,
	"snmp.upsIdentAttachedDevices":               true,
	"snmp.upsIdentManufacturer":                  true,
	"snmp.upsIdentModel":                         true,
	"snmp.upsIdentName":                          true,
	"snmp.upsIdentUPSSoftwareVersion":            true,
	"snmp.version":                               true,
	"ssdp.hue_bridgeid":                          true,
	"ssdp.nt":                                    true,
	"ssdp.st":                                    true,
	"ssdp.usn":                                   true,
	"ssdp.vendor":                                true,
	"ssdp.x_user_agent":                          true,
	"ssh.kex.hassh":                              true,
	"ssh.kex.hassh_algorithms":                   true,
	"ssh.kex.hasshserver":                        true,
	"ssh.kex.hasshserver_algorithms":             true,
	"ssh.protocol":                               true,
	"ssh.server_host_key_algorithms":             true,
	"tls.handshake.ciphersuite":                  true,
	"tls.handshake.extensions.supported_version": true,
	"tls.handshake.extensions_alpn_str":          true,
	"tls.handshake.extensions_server_name":       true,
	"tls.handshake.ja3":                          true,
	"tls.handshake.ja3_full":                     true,
	"tls.handshake.ja3s":                         true,
	"tls.handshake.ja3s_full":                    true,
	"tls.handshake.ja4":                          true,
	"tls.handshake.type":                         true,
	"tls.handshake.version":                      true,
	"upnp.UDN":                                   true,
	"upnp.X_DLNADOC":                             true,
	"upnp.X_deviceCategory":                      true,
	"upnp.X_hardwareId":                          true,
	"upnp.deviceType":                            true,
	"upnp.firmwareVersion":                       true,
	"upnp.friendlyName":                          true,
	"upnp.hardwareVersion":                       true,
	"upnp.macAddress":                            true,
	"upnp.manufacturer":                          true,
	"upnp.modelDescription":                      true,
	"upnp.modelName":                             true,
	"upnp.modelNumber":                           true,
	"upnp.presentationURL":                       true,
	"upnp.serialNumber":                          true,
	"upnp.softwareVersion":                       true,
	"wsdp.DeviceCategory":                        true,
	"wsdp.FirmwareVersion":                       true,
	"wsdp.FriendlyName":                          true,
	"wsdp.Manufacturer":                          true,
	"wsdp.ModelName":                             true,
	"wsdp.ModelNumber":                           true,
	"wsdp.SerialNumber":                          true,
	"x509af.notAfter":                            true,
	"x509af.notBefore":                           true,
	"x509af.selfSigned":                          true,
	"x509af.serialNumber":                        true,
	"x509af.subjectPublicKey":                    true,
	"x509ce.dNSName":                             true,
	"x509ce.iPAddress":                           true,
	"x509sat.issuer":                             true,
	"x509sat.subject":                            true,
}

// structured is the fields whose values are "key=value;key=value"; rules on them match
// by key without saying so.
var structured = map[string]bool{"snmp.jetdirect": true}

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
