package proto

import "testing"

func init() { generated["tplink-smarthome"] = tplinkPackets }

func kasa(text string) []byte {
	b, key := []byte(text), byte(171)
	for i := range b {
		b[i] ^= key
		key = b[i]
	}
	return b
}

func tplinkPackets() [][]byte {
	info := `{"system":{"get_sysinfo":{"err_code":0,"sw_ver":"1.2.5 Build 171213 Rel.101523","hw_ver":"1.0","type":"IOT.SMARTPLUGSWITCH",` +
		`"model":"HX100(EU)","mac":"00:00:5E:00:53:12","deviceId":"8006ABCDEF0123456789ABCDEF01234567890000","alias":"Pump \"2\"","dev_name":"Smart Plug","latitude":1.5}}}`
	const on = `{"system":{"set_relay_state":{"state":1}}}`
	ask := `{"system":{"get_sysinfo":{}}}`
	return append([][]byte{
		onUDP(laptop, everybody, 40000, 9999, kasa(ask)),
		onUDP(printer, laptop, 9999, 40000, kasa(info)),
	}, talk(laptop, printer, 40001, 9999, ">"+string(cat(uint32(len(on)), kasa(on))),
		"<"+string(cat(uint32(len(info)), kasa(info))))...)
}

func TestTPLinkSmartHome(t *testing.T) {
	p := tplinkPackets()
	says(t, "tplink-smarthome", p[0], "op tplink request", "!model")
	says(t, "tplink-smarthome", p[1], "model=HX100(EU) stated", "firmware=1.2.5 Build", "vendor=TP-Link", `description=Pump \"2\"`,
		"identity=tplink:8006ABCDEF0123456789ABCDEF01234567890000", "!1.5\n")
	says(t, "tplink-smarthome", p[4], "write tplink switch")
}
