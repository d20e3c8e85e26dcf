package proto

import "testing"

func llmnrPackets() [][]byte {
	query := func(name string, kind uint16) []byte {
		return onUDP(laptop, llmnrAll, 61000, 5355, dnsMessage(0, list(question(name, kind, 1)), nil, nil, nil))
	}
	answer := func(q []byte, records ...[]byte) []byte {
		return onUDP(printer, laptop, 5355, 61000, dnsMessage(0x8000, list(q), records, nil, nil))
	}
	return [][]byte{
		query("PRINTER1", 1),
		answer(question("PRINTER1", 1, 1), record("PRINTER1", 1, 1, ip(printer.ip)), record("PRINTER1", 28, 1, ip("fe80::200:5eff:fe00:5312"))),
		query("LAPTOP1", 255), // its own name
		query("wpad", 28),
		query("22.77.168.192.in-addr.arpa", 12),
		answer(question("22.77.168.192.in-addr.arpa", 12, 1), record("22.77.168.192.in-addr.arpa", 12, 1, dnsName("PRINTER1"))),
		answer(question("SERVER1", 1, 1), record("SERVER1", 1, 1, ip(server.ip))), // another's address
	}
}

func TestLLMNR(t *testing.T) {
	p := llmnrPackets()
	me, pr := laptop.mac+"/"+laptop.ip+": ", printer.mac+"/"+printer.ip+": "
	says(t, "llmnr", p[0], "op llmnr query A", me+"clue=PRINTER1 shown llmnr.name")
	says(t, "llmnr", p[1], "op llmnr answer", pr+"hostname=PRINTER1 stated", pr+"hostname=PRINTER1 shown", "told PRINTER1 is "+printer.ip)
	says(t, "llmnr", p[2], "op llmnr query ANY", me+"hostname=LAPTOP1 inferred")
	says(t, "llmnr", p[3], "op llmnr query AAAA", me+"clue=wpad")
	says(t, "llmnr", p[4], "op llmnr query PTR", "!clue")
	says(t, "llmnr", p[5], pr+"hostname=PRINTER1 stated dns.ptr.domain_name")
	says(t, "llmnr", p[6], server.ip+": hostname=SERVER1 inferred", "!"+pr+"hostname")
}
