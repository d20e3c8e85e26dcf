package proto

import "testing"

func arpMessage(op uint16, sha string, spa string, tha string, tpa string) []byte {
	return cat(uint16(1), uint16(0x0800), 6, 4, op, mac(sha), ip(spa), mac(tha), ip(tpa))
}

const nobody = "00:00:00:00:00:00"

func arpPackets() [][]byte {
	arp := func(from, to string, m []byte) []byte { return ether(from, to, 0x0806, m) }
	return [][]byte{
		arp(laptop.mac, everybody.mac, arpMessage(1, laptop.mac, "0.0.0.0", nobody, laptop.ip)),            // probe
		arp(laptop.mac, everybody.mac, arpMessage(1, laptop.mac, laptop.ip, nobody, laptop.ip)),            // announcement
		arp(laptop.mac, everybody.mac, arpMessage(1, laptop.mac, laptop.ip, nobody, gateway.ip)),           // request
		arp(gateway.mac, laptop.mac, arpMessage(2, gateway.mac, gateway.ip, laptop.mac, laptop.ip)),        // reply
		arp(printer.mac, everybody.mac, arpMessage(2, printer.mac, printer.ip, everybody.mac, printer.ip)), // gratuitous reply
		arp(gateway.mac, laptop.mac, arpMessage(2, server.mac, server.ip, laptop.mac, laptop.ip)),          // sent by another
		arp(printer.mac, laptop.mac, arpMessage(2, printer.mac, laptop.ip, laptop.mac, laptop.ip)),         // conflict
		ether(newcomer.mac, everybody.mac, 0x8035, arpMessage(3, newcomer.mac, "0.0.0.0", newcomer.mac, "0.0.0.0")),
		ether(server.mac, newcomer.mac, 0x8035, arpMessage(4, server.mac, server.ip, newcomer.mac, laptop.ip)),
		arp(gateway.mac, server.mac, arpMessage(8, gateway.mac, gateway.ip, server.mac, "0.0.0.0")),
		arp(server.mac, gateway.mac, arpMessage(9, server.mac, server.ip, gateway.mac, gateway.ip)),
		arp(printer.mac, everybody.mac, arpMessage(1, "01:00:5e:00:00:01", printer.ip, nobody, gateway.ip)), // nonsense
	}
}

func TestARP(t *testing.T) {
	p := arpPackets()
	says(t, "arp", p[0], "op arp probe", "!address=")
	says(t, "arp", p[1], "op arp announcement", laptop.mac+": address="+laptop.ip+" stated arp.src.proto_ipv4", "arp.isgratuitous")
	says(t, "arp", p[2], "op arp request", laptop.mac+": address="+laptop.ip+" stated", "!isgratuitous", "!address="+gateway.ip)
	says(t, "arp", p[3], "op arp reply", gateway.mac+": address="+gateway.ip+" stated", laptop.mac+": address="+laptop.ip+" shown")
	says(t, "arp", p[4], "op arp reply", "arp.isgratuitous", printer.mac+": address="+printer.ip+" stated")
	says(t, "arp", p[5], server.mac+": address="+server.ip+" inferred", gateway.mac+": clue="+server.mac+" shown arp.src.hw_mac", "!"+gateway.mac+": address=")
	says(t, "arp", p[6], printer.mac+": address="+laptop.ip+" stated")
	says(t, "arp", p[7], "op rarp request", "!address=")
	says(t, "arp", p[8], "op rarp reply", newcomer.mac+": address="+laptop.ip+" shown", server.mac+": address="+server.ip+" stated")
	says(t, "arp", p[9], "op inarp request", gateway.mac+": address="+gateway.ip)
	says(t, "arp", p[10], "op inarp reply", server.mac+": address="+server.ip)
	says(t, "arp", p[11], "malformed: sender's hardware address is that of a group", "!address=")
}
