package proto

import (
	"encoding/binary"
	"testing"

	"tyto/frame"
)

func rtpsL(v uint32) []byte { return binary.LittleEndian.AppendUint32(nil, v) }

func rtpsText(s string) []byte {
	b := append(append(rtpsL(uint32(len(s)+1)), s...), 0)
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

func rtpsParameter(id uint16, value []byte) []byte {
	b := binary.LittleEndian.AppendUint16(nil, id)
	return append(binary.LittleEndian.AppendUint16(b, uint16(len(value))), value...)
}

func rtpsSub(kind, flags byte, body []byte) []byte {
	return append(binary.LittleEndian.AppendUint16([]byte{kind, flags}, uint16(len(body))), body...)
}

func rtpsMessage(subs ...[]byte) []byte {
	b := cat("RTPS", 2, 3, 1, 1, "prefix..1234")
	for _, x := range subs {
		b = append(b, x...)
	}
	return b
}

func rtpsAnnounce(parameters ...[]byte) []byte {
	b := cat(0, 0, 16, 0, uint32(0), uint32(rtpsParticipant), make([]byte, 8), "\x00\x03\x00\x00")
	for _, x := range parameters {
		b = append(b, x...)
	}
	return rtpsSub(rtpsData, 5, append(b, 1, 0, 0, 0))
}

func rtpsAll() []byte {
	properties := cat(rtpsL(2), rtpsText("dds.sys_info.hostname"), rtpsText("arm-cell-3"), rtpsText("dds.sys_info.target"), rtpsText("x64Linux3gcc5.4.0"))
	return rtpsMessage(rtpsSub(9, 1, make([]byte, 8)), rtpsAnnounce(rtpsParameter(0x16, []byte{1, 1, 0, 0}), rtpsParameter(0x62, rtpsText("Example Robot Arm")),
		rtpsParameter(0x8000, []byte{6, 0, 1, 0}), rtpsParameter(0x59, properties)))
}

func TestGenerateRTPS(t *testing.T) {
	w := newWire()
	robot, group, peer := wireStation(30), wireHost{ip: [4]byte{239, 255, 0, 1}}, wireStation(60)
	w.udp(robot, 40001, group, 7400, rtpsAll())
	w.udp(robot, 40001, peer, 7410, rtpsMessage(rtpsSub(rtpsHeartbeat, 1, make([]byte, 28)), rtpsSub(rtpsAckNack, 1, make([]byte, 24))))
	w.udp(robot, 40001, peer, 7411, rtpsMessage(rtpsSub(rtpsData, 5, cat(0, 0, 16, 0, uint32(0), uint32(rtpsPublication), make([]byte, 20)))))
	w.udp(robot, 40001, peer, 7411, rtpsMessage(rtpsSub(rtpsData, 5, cat(0, 0, 16, 0, uint32(0), uint32(7), make([]byte, 20))), []byte{0x15, 1, 200, 0, 1}))
	w.keep(t, "rtps")
}

func TestRTPSTells(t *testing.T) {
	s := shown(t, "rtps", &Message{Body: rtpsAll()})
	if fact(s, "rtps.property.hostname") != "arm-cell-3" || fact(s, "rtps.param.entityName") != "Example Robot Arm" || fact(s, "rtps.vendorId") != "RTI Connext DDS" {
		t.Errorf("got %+v", s.Facts())
	}
}

func TestRTPSAllocates(t *testing.T) {
	f := &frame.Frame{Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcPort: 40000, DstPort: 7400, Proto: frame.UDP}
	wireAllocs(t, "rtps", &Message{Frame: f, Body: rtpsAll()})
	if isRTPS(&Message{Frame: f, Body: []byte("RTSP/1.0 200 OK and more of it")}) {
		t.Error("RTSP is taken for RTPS")
	}
}
