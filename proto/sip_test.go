package proto

import (
	"testing"

	"tyto/frame"
)

func init() { generated["sip"] = sipPackets }

func sipPackets() [][]byte {
	head := "Via: SIP/2.0/UDP 192.168.77.21:5060;branch=z9hG4bK7\r\nFrom: <sip:someone1@corp.example>;tag=1\r\nTo: <sip:someone1@corp.example>\r\nCall-ID: 7@x\r\n"
	register := "REGISTER sip:corp.example SIP/2.0\r\n" + head + "CSeq: 1 REGISTER\r\nUser-Agent: Example-VX411 5.9.3 00005E005311\r\n" +
		"Contact: <sip:someone1@192.168.77.21>;+sip.instance=\"<urn:uuid:2f1e2d3c-0042-4a77-9c00-00005e005311>\"\r\n"
	end := "Content-Length: 0\r\n\r\n"
	answer := func(line, cseq, more string) string {
		return "SIP/2.0 " + line + "\r\n" + head + "CSeq: 1 " + cseq + "\r\n" + more + end
	}
	say := func(from, to station, text string) []byte { return onUDP(from, to, 5060, 5060, []byte(text)) }
	auth := "Authorization: Digest username=\"someone1\", realm=\"corp.example\", response=\"00\"\r\n"
	return append([][]byte{
		say(laptop, server, register+end),
		say(server, laptop, answer("401 Unauthorized", "REGISTER", "WWW-Authenticate: Digest realm=\"corp.example\", nonce=\"1\"\r\nServer: ExamplePBX 16.2\r\n")),
		say(laptop, server, register+auth+end),
		say(server, laptop, answer("200 OK", "REGISTER", "Server: ExamplePBX 16.2\r\n")),
		say(laptop, server, register+auth+end),
		say(server, laptop, answer("401 Unauthorized", "REGISTER", "Server: ExamplePBX 16.2\r\n")),
		say(laptop, server, "INVITE sip:someone2@corp.example SIP/2.0\r\n"+head+"CSeq: 2 INVITE\r\n"+end),
		say(server, laptop, answer("180 Ringing", "INVITE", "User-Agent: ExamplePBX 16.2\r\nbroken line\r\n")),
	}, talk(laptop, server, 40000, 5060, ">"+register+"X-Serialnumber: 00042A17\r\n"+end+"\r\n\r\n", "<"+answer("200 OK", "REGISTER", ""))...)
}

func TestSIP(t *testing.T) {
	p := sipPackets()
	says(t, "sip", p[0], "clue=Example-VX411 5.9.3 00005E005311 stated sip.User-Agent", "identity=uuid:2f1e2d3c-0042-4a77-9c00-00005e005311", "!someone")
	says(t, "sip", p[3], "login sip register", "service=udp/5060 sip ExamplePBX 16.2", "role=sip registrar")
	says(t, "sip", p[6], "op sip INVITE", "!someone")
	says(t, "sip", p[7], "malformed: sip: illegal field name")
	for _, b := range []string{"GET / HTTP/1.1\r\n", "OPTIONS rtsp://x RTSP/1.0\r\n", "NOTIFY * HTTP/1.1\r\n", "S"} {
		if isSIP(&Message{Frame: &frame.Frame{Proto: frame.TCP}, Body: []byte(b)}) {
			t.Errorf("%q is taken for SIP", b)
		}
	}
}
