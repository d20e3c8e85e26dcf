package enip

import "strconv"

var commonServices = [0x20]string{"", "cip get attributes all", "cip set attributes all", "cip get attribute list", "cip set attribute list", "cip reset",
	"cip start", "cip stop", "cip create", "cip delete", "cip multiple service packet", "", "", "cip apply attributes",
	"cip get attribute single", "", "cip set attribute single", "cip find next object instance", "", "", "", "cip restore", "cip save", "cip nop",
	"cip get member", "cip set member", "cip insert member", "cip remove member", "cip group sync"}

var otherServices [128]string

func init() {
	for i := range otherServices {
		hex := strconv.FormatUint(uint64(i), 16)
		if len(hex) < 2 {
			hex = "0" + hex
		}
		otherServices[i] = "cip service 0x" + hex
	}
}

// ServiceName is a service of a class as an operation.
func ServiceName(class uint16, service byte) string {
	service &= 0x7f
	if service < 0x20 && commonServices[service] != "" {
		return commonServices[service]
	}
	switch {
	case class == Manager:
		switch service {
		case ForwardClose:
			return "cip forward close"
		case UnconnectedSend:
			return "cip unconnected send"
		case ForwardOpen:
			return "cip forward open"
		case LargeOpen:
			return "cip large forward open"
		}
	case class == PCCCObject && service == ExecutePCCC:
		return "cip execute pccc"
	case class == Flash && service == 0x4b:
		return "cip update firmware"
	case class == Flash && service == 0x4d:
		return "cip transfer firmware"
	case class == Changes && service == 0x4b:
		return "cip lock controller"
	case class == Changes && service == 0x4c:
		return "cip unlock controller"
	case class == Tag || class == Symbol:
		switch service {
		case 0x4c:
			return "cip read tag"
		case 0x4d:
			return "cip write tag"
		case 0x4e:
			return "cip read modify write tag"
		case 0x52:
			return "cip read tag fragmented"
		case 0x53:
			return "cip write tag fragmented"
		}
	}
	return otherServices[service]
}

// Class is what an object is called, "" if it has no name here.
func Class(class uint16) string {
	switch class {
	case Identify:
		return "identity"
	case Router:
		return "message router"
	case 0x04:
		return "assembly"
	case 0x05:
		return "connection"
	case Manager:
		return "connection manager"
	case 0x0f:
		return "parameter"
	case FileObject:
		return "file"
	case 0x43:
		return "time sync"
	case 0x64, Program, 0x68, 0x69, 0x6a, 0x6d, 0x6e, 0x70, 0x72:
		return "program"
	case PCCCObject:
		return "PCCC"
	case Symbol:
		return "symbol"
	case Template:
		return "template"
	case Changes, Controller:
		return "controller"
	case WallClock:
		return "wall clock"
	case Flash:
		return "firmware"
	case TCPIP:
		return "TCP/IP interface"
	case EthernetLink:
		return "Ethernet link"
	case 0xf4:
		return "port"
	case Tag:
		return "tag"
	}
	return ""
}

// AppendObject appends the object of a request as text: "TCP/IP interface 1 attribute 5".
func AppendObject(b []byte, class, instance, attribute uint16) []byte {
	if cap(b)-len(b) < 64 {
		return b
	}
	name := Class(class)
	switch {
	case class == 0:
		return b
	case name != "":
		b = append(b, name...)
	case class == UnknownObject:
		b = append(b, "class"...)
	default:
		b = strconv.AppendUint(append(b, "class 0x"...), uint64(class), 16)
	}
	if instance != 0 {
		b = strconv.AppendUint(append(b, ' '), uint64(instance), 10)
	}
	if attribute != 0 {
		b = strconv.AppendUint(append(b, " attribute "...), uint64(attribute), 10)
	}
	return b
}

var statuses = [...]string{"ok", "connection failure", "resource unavailable", "invalid parameter value", "path segment error", "path destination unknown",
	"partial transfer", "connection lost", "service not supported", "invalid attribute value", "attribute list error", "already in requested state",
	"object state conflict", "object already exists", "attribute not settable", "privilege violation", "device state conflict", "reply data too large",
	"fragmentation of a primitive value", "not enough data", "attribute not supported", "too much data", "object does not exist",
	"service fragmentation", "no stored attribute data", "store operation failure", "request too large", "response too large",
	"missing attribute list entry", "invalid attribute value list", "embedded service error"}

// StatusText is a general status (volume 1 appendix B), "ok" for success.
func StatusText(status byte) string {
	if int(status) < len(statuses) {
		return statuses[status]
	}
	return "error"
}
