package proto

import (
	"strings"
	"testing"
)

type dhcpBuilt struct {
	op, hops                       int
	ciaddr, yiaddr, siaddr, giaddr string
	sname, file                    []byte
	mac                            string
	options                        [][]byte
}

func (d dhcpBuilt) bytes() []byte {
	addr := func(a string) []byte {
		if a == "" {
			a = "0.0.0.0"
		}
		return ip(a)
	}
	pad := func(b []byte, n int) []byte { return append(append([]byte(nil), b...), make([]byte, n-len(b))...) }
	b := cat(d.op, 1, 6, d.hops, uint32(0x12345678), uint16(0), uint16(0), addr(d.ciaddr), addr(d.yiaddr), addr(d.siaddr), addr(d.giaddr),
		mac(d.mac), make([]byte, 10), pad(d.sname, 64), pad(d.file, 128), uint32(dhcpCookie))
	for _, o := range d.options {
		b = append(b, o...)
	}
	return append(b, 255)
}

func opt(code int, parts ...any) []byte { return cat(code, sized8(cat(parts...))) }

func dhcpPackets() [][]byte {
	server := station{server.mac, server.ip}
	client := func(to station, from station, d dhcpBuilt) []byte {
		d.op, d.mac = 1, laptop.mac
		return onUDP(from, to, 68, 67, d.bytes())
	}
	reply := func(to station, d dhcpBuilt) []byte {
		d.op, d.mac = 2, laptop.mac
		return onUDP(server, to, 67, 68, d.bytes())
	}
	duid := cat(0x00, 0x01, 0x00, 0x01, uint32(0x2a1b3c4d), mac(laptop.mac))
	uuid := cat(0x00, uint32(0xd2a16b5b), uint16(0x3b6c), uint16(0xe411), 0x9a, 0x5e, mac(laptop.mac))
	known := [][]byte{opt(54, ip(server.ip)), opt(51, uint32(3600)), opt(1, ip("255.255.255.0")), opt(3, ip(gateway.ip)), opt(6, ip(server.ip), ip("203.0.113.53")),
		opt(15, "corp.example"), opt(42, ip(server.ip)), opt(44, ip(server.ip)), opt(66, "tftp.corp.example"), opt(67, "phone.cfg"), opt(150, ip(server.ip)),
		opt(114, "https://portal.example/"), opt(99, 1, "DE", 3, sized8([]byte("Leipzig")), 28, sized8([]byte("Room 101"))), opt(12, "laptop1")}
	circuit := opt(82, 1, sized8([]byte("ge-0/0/7.0:vlan42")), 2, sized8(cat(mac(switch1.mac))), 6, sized8([]byte("seat 12")))
	long := strings.Repeat("x", 200)
	return [][]byte{
		client(everybody, newcomer, dhcpBuilt{options: [][]byte{opt(53, 1), opt(61, 1, mac(laptop.mac)), opt(12, "LAPTOP1"), opt(60, "MSFT 5.0"), opt(57, uint16(1500)),
			opt(50, ip(laptop.ip)), opt(81, 0, 0, 0, "LAPTOP1.corp.example"), opt(55, 1, 3, 6, 15, 31, 33, 43, 44, 46, 47, 119, 121, 249, 252)}}),
		reply(everybody, dhcpBuilt{yiaddr: laptop.ip, options: append([][]byte{opt(53, 2)}, known...)}),
		client(everybody, newcomer, dhcpBuilt{options: [][]byte{opt(53, 3), opt(61, 255, uint32(1), duid), opt(54, ip(server.ip)), opt(50, ip(laptop.ip)), opt(12, "laptop1"),
			opt(81, 4, 0, 0, dnsName("laptop1.corp.example")), opt(161, "https://maker.example/.well-known/mud/v1/thing"), opt(55, 1, 28, 2, 3, 15, 6, 119, 12, 44, 47, 26, 121, 42)}}),
		reply(everybody, dhcpBuilt{yiaddr: laptop.ip, options: append([][]byte{opt(53, 5)}, known...)}),
		client(server, laptop, dhcpBuilt{ciaddr: laptop.ip, options: [][]byte{opt(53, 8), opt(77, 5, "RRAS.", 4, "Corp"), opt(60, "MSFT 5.0")}}),
		// 6: firmware that boots over the network; options in the fields file and sname.
		client(everybody, newcomer, dhcpBuilt{file: cat(opt(60, "PXEClient:Arch:00007:UNDI:003016"), 255), sname: cat(opt(77, "iPXE"), 255),
			options: [][]byte{opt(53, 1), opt(52, 3), opt(93, uint16(7)), opt(94, 1, 3, 16), opt(97, uuid)}}),
		// 7: a gateway and a cable modem of their makes.
		client(everybody, newcomer, dhcpBuilt{options: [][]byte{opt(53, 1), opt(60, "dslforum.org"), opt(124, uint32(3561), sized8(sized8([]byte("dslforum.org")))),
			opt(125, uint32(3561), sized8(cat(1, sized8([]byte("00005E")), 2, sized8([]byte("SN1234567")), 3, sized8([]byte("Gateway 5"))))), opt(125, uint32(4491), 0)}}),
		client(everybody, newcomer, dhcpBuilt{options: [][]byte{opt(53, 1), opt(60, "docsis3.0:052401"), opt(43, 2, sized8([]byte("ECM")), 4, sized8([]byte("CM998877")), 5, sized8([]byte("1.0")),
			6, sized8([]byte("9.1.103")), 9, sized8([]byte("TM822")), 10, sized8([]byte("Example Cable")))}}),
		// 9: passed on by a relay, there and back.
		onUDP(switch1, server, 67, 67, dhcpBuilt{op: 1, hops: 1, giaddr: switch1.ip, mac: laptop.mac, options: [][]byte{opt(53, 1), opt(12, "LAPTOP1"), circuit}}.bytes()),
		onUDP(server, switch1, 67, 67, dhcpBuilt{op: 2, giaddr: switch1.ip, yiaddr: laptop.ip, mac: laptop.mac, options: [][]byte{opt(53, 5), opt(54, ip(server.ip)), circuit}}.bytes()),
		onUDP(switch1, everybody, 67, 68, dhcpBuilt{op: 2, giaddr: switch1.ip, yiaddr: laptop.ip, mac: laptop.mac, options: [][]byte{opt(53, 5), opt(54, ip(server.ip))}}.bytes()),
		// 12: a long option in two parts (RFC 3396), release, decline, a refusal.
		client(everybody, newcomer, dhcpBuilt{options: [][]byte{opt(53, 1), opt(60, "Mfg=Example;Typ=MFP;Mod=400;"), opt(60, "Ser=EX123;"+long)}}),
		client(server, laptop, dhcpBuilt{ciaddr: laptop.ip, options: [][]byte{opt(53, 7), opt(54, ip(server.ip))}}),
		client(everybody, newcomer, dhcpBuilt{options: [][]byte{opt(53, 4), opt(50, ip(laptop.ip)), opt(54, ip(server.ip))}}),
		reply(everybody, dhcpBuilt{options: [][]byte{opt(53, 6), opt(54, ip(server.ip)), opt(56, "not here")}}),
		// 16: BOOTP without options, an option that runs over the end, an id in text.
		onUDP(newcomer, everybody, 68, 67, cat(1, 1, 6, 0, uint32(7), uint32(0), make([]byte, 16), mac(laptop.mac), make([]byte, 10+64+128), make([]byte, 64))),
		client(everybody, newcomer, dhcpBuilt{options: [][]byte{opt(53, 1), {12, 200, 'x'}}}),
		client(everybody, newcomer, dhcpBuilt{options: [][]byte{opt(53, 1), opt(61, 0, "cisco-0000.5e00.5311-Vl1"), opt(43, "text of a vendor")}}),
	}
}

func TestDHCP(t *testing.T) {
	p := dhcpPackets()
	me, srv := laptop.mac+": ", server.mac+"/"+server.ip+": "
	says(t, "dhcp", p[0], "op dhcp discover", me+"hostname=LAPTOP1 stated dhcp.option.hostname", me+"clue=MSFT 5.0 stated dhcp.option.vendor_class_id",
		me+"clue=1,3,6,15,31,33,43,44,46,47,119,121,249,252 shown dhcp.option.request_list_item", me+"clue=53,61,12,60,57,50,81,55 shown dhcp.option.type",
		me+"clue=1500 stated dhcp.option.dhcp_max_message_size", me+"clue="+laptop.ip+" shown dhcp.option.requested_ip_address",
		me+"hostname=LAPTOP1 stated dhcp.fqdn.name", me+"domain=corp.example stated", "!address=")
	says(t, "dhcp", p[1], "op dhcp offer", srv+"role=dhcp server shown", "!address=", gateway.ip+": role=router shown", server.ip+": role=dns server inferred", "!203.0.113.53")
	says(t, "dhcp", p[2], me+"identity=duid:000100012a1b3c4d00005e005311", me+"hostname=laptop1 stated dhcp.fqdn.name", me+"clue=https://maker.example/.well-known/mud/v1/thing stated dhcp.option.mudurl")
	says(t, "dhcp", p[3], "op dhcp ack", me+"address="+laptop.ip+" stated dhcp.ip.your", me+"domain=corp.example inferred", me+"location=DE, Leipzig, Room 101",
		me+"hostname=laptop1 shown", server.ip+": role=ntp server", server.ip+": role=wins server", server.ip+": role=tftp server",
		srv+"clue=tftp.corp.example", srv+"clue=phone.cfg", srv+"clue=https://portal.example/")
	says(t, "dhcp", p[4], "op dhcp inform", me+"address="+laptop.ip+" stated dhcp.ip.client", me+"clue=RRAS. stated", me+"clue=Corp stated")
	says(t, "dhcp", p[5], me+"clue=PXEClient:Arch:00007:UNDI:003016", me+"clue=iPXE", me+"identity=uuid:5b6ba1d2-6c3b-11e4-9a5e-00005e005311", me+"clue=7 stated", me+"clue=3.16",
		me+"clue=53,52,93,94,97,60,77 shown dhcp.option.type")
	says(t, "dhcp", p[6], me+"serial=SN1234567", me+"model=Gateway 5", me+"identity=serial:00005E/SN1234567", me+"clue=dslforum.org stated dhcp.option.vendor_class_data", me+"clue=4491")
	says(t, "dhcp", p[7], me+"serial=CM998877", me+"model=TM822", me+"vendor=Example Cable", me+"firmware=9.1.103", me+"hardware=1.0")
	relay := switch1.mac + "/" + switch1.ip + ": "
	says(t, "dhcp", p[8], relay+"role=dhcp relay", me+"hostname=LAPTOP1", me+"clue=ge-0/0/7.0:vlan42", me+"clue=00005e005380", me+"clue=seat 12")
	says(t, "dhcp", p[9], srv+"role=dhcp server", me+"address="+laptop.ip)
	says(t, "dhcp", p[10], server.ip+": role=dhcp server", relay+"role=dhcp relay", "!"+relay+"role=dhcp server")
	says(t, "dhcp", p[11], me+"clue=Mfg=Example;Typ=MFP;Mod=400;Ser=EX123;xxx")
	says(t, "dhcp", p[12], "op dhcp release", me+"address="+laptop.ip+" shown")
	says(t, "dhcp", p[13], "op dhcp decline", "!address=")
	says(t, "dhcp", p[14], "op dhcp nak", srv+"role=dhcp server")
	says(t, "dhcp", p[15], "op bootp", "!malformed")
	says(t, "dhcp", p[16], "malformed: option runs over the end")
	says(t, "dhcp", p[17], me+"clue=cisco-0000.5e00.5311-Vl1", me+"clue=text of a vendor")
}
