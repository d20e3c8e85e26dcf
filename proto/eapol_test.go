package proto

import "testing"

func init() { generated["eapol"] = eapolPackets }

func eapolPackets() [][]byte {
	group := "01:80:c2:00:00:03"
	say := func(from, to string, kind int, parts ...any) []byte {
		return ether(from, to, 0x888e, cat(2, kind, sized16(cat(parts...))))
	}
	return [][]byte{
		say(laptop.mac, group, 1),
		say(switch1.mac, laptop.mac, 0, 1, 7, uint16(5), 1),
		say(laptop.mac, group, 0, 2, 7, uint16(13), 1, "someone1"),
		say(switch1.mac, laptop.mac, 0, 1, 8, uint16(6), 25, 0x20),
		say(switch1.mac, laptop.mac, 0, 3, 9, uint16(4)),
		say(switch1.mac, laptop.mac, 0, 4, 9, uint16(4)),
		say(laptop.mac, group, 2),
		say(switch1.mac, group, 5, make([]byte, 32)),
		say(switch1.mac, laptop.mac, 0, 9, 9, uint16(4)),
		say(switch1.mac, laptop.mac, 0, 1, 9, uint16(400)),
	}
}

func TestEAPOL(t *testing.T) {
	p := eapolPackets()
	says(t, "eapol", p[0], "role=supplicant stated")
	says(t, "eapol", p[2], "op eap response", "!someone")
	says(t, "eapol", p[3], "role=authenticator stated", "clue=25 stated eap.type")
	says(t, "eapol", p[4], "login eap success")
	says(t, "eapol", p[5], "login-failed eap failure")
	says(t, "eapol", p[8], "malformed: eapol: EAP code")
	says(t, "eapol", p[9], "malformed: eapol: EAP message ends early")
}
