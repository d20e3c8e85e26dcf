package proto

import "testing"

// halfASCII is a NetBIOS name on the wire.
func halfASCII(name string, suffix byte, scope string) []byte {
	b := []byte(name)
	for len(b) < 15 {
		pad := byte(' ')
		if name == "*" {
			pad = 0
		}
		b = append(b, pad)
	}
	var half []byte
	for _, c := range append(b, suffix) {
		half = append(half, 'A'+c>>4, 'A'+c&15)
	}
	return cat(sized8(half), dnsName(scope))
}

func nbnsPackets() [][]byte {
	nb := func(flags uint16, addr string) []byte { return sized16(cat(flags, ip(addr))) }
	register := func(op uint16, name string, suffix byte, flags uint16) []byte {
		return onUDP(laptop, subnet, 137, 137, cat(uint16(1), op, uint16(1), uint16(0), uint16(0), uint16(1),
			halfASCII(name, suffix, ""), uint16(0x20), uint16(1), 0xc0, 0x0c, uint16(0x20), uint16(1), uint32(300000), nb(flags, laptop.ip)))
	}
	query := func(name string, suffix byte, kind uint16) []byte {
		return onUDP(laptop, subnet, 137, 137, cat(uint16(2), uint16(0x0110), uint16(1), uint16(0), uint16(0), uint16(0), halfASCII(name, suffix, ""), kind, uint16(1)))
	}
	answer := func(name string, suffix byte, scope string, kind uint16, data []byte) []byte {
		return onUDP(server, laptop, 137, 137, cat(uint16(2), uint16(0x8500), uint16(0), uint16(1), uint16(0), uint16(0), halfASCII(name, suffix, scope), kind, uint16(1), uint32(0), data))
	}
	row := func(name string, suffix byte, flags uint16) []byte {
		return cat((name + "               ")[:15], int(suffix), flags)
	}
	status := cat(7, row("FILESERVER1", 0, 0x0400), row("CORP", 0, 0x8400), row("CORP", 0x1c, 0x8400), row("FILESERVER1", 0x20, 0x0400),
		row("CORP", 0x1b, 0x0400), row("\x01\x02__MSBROWSE__\x02", 1, 0x8400), row("A PERSON", 3, 0x0400), mac(server.mac), make([]byte, 40))
	return [][]byte{
		register(0x2910, "LAPTOP1", 0x00, 0x0000),
		register(0x2910, "WORKGROUP", 0x00, 0x8000),
		register(0x2910, "LAPTOP1", 0x20, 0x0000),
		register(0x2910, "A PERSON", 0x03, 0x0000),
		register(0x4010, "LAPTOP1", 0x00, 0x0000), // refresh
		register(0x3010, "LAPTOP1", 0x00, 0x0000), // release
		query("FILESERVER1", 0x20, 0x20),
		answer("FILESERVER1", 0x20, "", 0x20, nb(0x0000, server.ip)),
		query("CORP", 0x1c, 0x20),
		query("*", 0x00, 0x21),
		answer("*", 0x00, "", 0x21, sized16(status)),
		answer("PRINTER1", 0x00, "scope.example", 0x20, nb(0x0000, printer.ip)),
		onUDP(server, laptop, 137, 137, cat(uint16(2), uint16(0x8503), uint16(0), uint16(1), uint16(0), uint16(0), halfASCII("NOSUCH", 0, ""), uint16(10), uint16(1), uint32(0), uint16(0))),
		answer("*", 0x00, "", 0x21, sized16(cat(9, row("FILESERVER1", 0, 0x0400)))), // cut short
	}
}

func TestNBNS(t *testing.T) {
	p := nbnsPackets()
	me, srv := laptop.mac+"/"+laptop.ip+": ", server.mac+"/"+server.ip+": "
	says(t, "nbns", p[0], "op nbns registration", me+"hostname=LAPTOP1 stated", me+"clue=LAPTOP1<00>")
	says(t, "nbns", p[1], me+"domain=WORKGROUP stated", "!hostname")
	says(t, "nbns", p[2], me+"hostname=LAPTOP1 stated")
	says(t, "nbns", p[3], "op nbns registration", "!PERSON")
	says(t, "nbns", p[4], "op nbns refresh", me+"hostname=LAPTOP1")
	says(t, "nbns", p[5], "op nbns release", "!hostname")
	says(t, "nbns", p[6], "op nbns query NB", me+"clue=FILESERVER1<20> shown nbns.query")
	says(t, "nbns", p[7], srv+"hostname=FILESERVER1 stated", laptop.ip+" told FILESERVER1 is "+server.ip)
	says(t, "nbns", p[8], me+"domain=CORP inferred")
	says(t, "nbns", p[9], "identify nbns query NBSTAT *")
	says(t, "nbns", p[10], srv+"hostname=FILESERVER1 stated", srv+"domain=CORP stated", srv+"role=domain controller", srv+"role=domain master browser",
		srv+"role=master browser", server.mac+": address="+server.ip+" stated nbns.unit_id", "!PERSON", "!malformed")
	says(t, "nbns", p[11], printer.ip+": hostname=PRINTER1 inferred", "!"+srv+"hostname")
	says(t, "nbns", p[12], "op nbns negative answer")
	says(t, "nbns", p[13], "malformed: node status cut short", srv+"hostname=FILESERVER1")
}
