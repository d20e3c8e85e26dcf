package httpmsg

import (
	"bytes"
	"strconv"

	"tyto/frame"
)

// ReadPortMapping is what AddPortMapping asks for (UPnP WANIPConnection:2 section
// 2.5.16) in two words: external port, internal port and client in one, and
// the transport as IP protocol number in the other.
func ReadPortMapping(body []byte) (ports, transport uint64) {
	xml := ReadMarkup(body[:min(len(body), 4096)])
	for {
		name, text, ok := xml.Next()
		if !ok {
			return ports, transport
		}
		n, isNumber := Number(text)
		switch string(name) {
		case "NewExternalPort":
			if isNumber {
				ports |= uint64(n&0xffff) << 48
			}
		case "NewInternalPort":
			if isNumber {
				ports |= uint64(n&0xffff) << 32
			}
		case "NewInternalClient":
			ports |= ipv4Text(text)
		case "NewProtocol":
			transport = 17
			if Is(text, "tcp") {
				transport = 6
			}
		}
	}
}

func ipv4Text(text []byte) (ip uint64) {
	for range 4 {
		part := text
		if i := bytes.IndexByte(text, '.'); i >= 0 {
			part, text = text[:i], text[i+1:]
		}
		n, ok := Number(part)
		if !ok || n > 255 {
			return 0
		}
		ip = ip<<8 | uint64(n)
	}
	return ip
}

// AppendPortMapping appends two words of ReadPortMapping as "tcp 8080 to 192.168.1.5:80".
func AppendPortMapping(b []byte, ports, transport uint64) []byte {
	switch transport {
	case 0:
		return b
	case 6:
		b = append(b, "tcp "...)
	default:
		b = append(b, "udp "...)
	}
	b = strconv.AppendUint(b, ports>>48, 10)
	if uint32(ports) == 0 {
		return b
	}
	b = append(b, " to "...)
	client := frame.V4(byte(ports>>24), byte(ports>>16), byte(ports>>8), byte(ports))
	b = append(client.Append(b), ':')
	return strconv.AppendUint(b, ports>>32&0xffff, 10)
}
