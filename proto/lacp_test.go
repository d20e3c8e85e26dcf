package proto

import "testing"

func init() { generated["lacp"] = lacpPackets }

func lacpPackets() [][]byte {
	side := func(kind int, system string, port uint16) []byte {
		return cat(kind, 20, uint16(32768), mac(system), uint16(13), uint16(255), port, 0x3d, 0, 0, 0)
	}
	body := cat(1, 1, side(1, switch1.mac, 7), side(2, server.mac, 1), 3, 16, uint16(5), make([]byte, 12), 0, 0, make([]byte, 50))
	return [][]byte{
		ether("00:00:5e:00:53:81", "01:80:c2:00:00:02", 0x8809, body),
		ether("00:00:5e:00:53:82", "01:80:c2:00:00:02", 0x8809, body),
	}
}

func TestLACP(t *testing.T) {
	says(t, "lacp", lacpPackets()[0], "identity=lacp:00:00:5e:00:53:80 stated", "clue=00:00:5e:00:53:05 stated lacp.partner.sysid")
}
