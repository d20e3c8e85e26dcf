package proto

import (
	"strconv"
	"testing"

	"tyto/frame"
	"tyto/tyto"
)

func init() { generated["rtsp"] = rtspPackets }

func rtspPackets() [][]byte {
	const agent = "User-Agent: ExPlayer/3.0\r\n"
	const auth = "Authorization: Digest username=\"someone\", realm=\"Example Cam\"\r\n"
	sdp := "v=0\r\no=- 1 1 IN IP4 192.168.77.22\r\ns=Media Presentation\r\na=tool:ExMedia 2.1\r\nm=video 0 RTP/AVP 96\r\n"
	return append(talk(laptop, printer, 40000, 554,
		">OPTIONS rtsp://192.168.77.22/live RTSP/1.0\r\nCSeq: 1\r\n"+agent+"\r\n", "<RTSP/1.0 200 OK\r\nCSeq: 1\r\nServer: ExCam RTSP 1.2\r\n\r\n",
		">DESCRIBE rtsp://192.168.77.22/live RTSP/1.0\r\nCSeq: 2\r\n\r\n", "<RTSP/1.0 401 Unauthorized\r\nCSeq: 2\r\nWWW-Authenticate: Digest realm=\"Example Cam\", nonce=\"1\"\r\n\r\n",
		">DESCRIBE rtsp://192.168.77.22/live RTSP/1.0\r\nCSeq: 3\r\n"+auth+"\r\n", "<RTSP/1.0 200 OK\r\nCSeq: 3\r\nContent-Type: application/sdp\r\nContent-Length: "+strconv.Itoa(len(sdp))+"\r\n\r\n"+sdp,
		">PLAY rtsp://192.168.77.22/live RTSP/1.0\r\nCSeq: 4\r\n"+auth+"\r\n", "<RTSP/1.0 200 OK\r\nCSeq: 4\r\n\r\n$\x00\x00\x04abcd",
		"<$\x00\x00\x04abcd", ">TEARDOWN rtsp://192.168.77.22/live RTSP/1.0\r\nCSeq: 5\r\n\r\n"),
		talk(laptop, printer, 40001, 7070, ">DESCRIBE rtsp://192.168.77.22/x RTSP/1.0\r\nCSeq: 1\r\n"+auth+"bad line\r\n\r\n", "<RTSP/1.0 401 Unauthorized\r\nCSeq: 1\r\n\r\n")...)
}

func TestRTSP(t *testing.T) {
	p := rtspPackets()
	says(t, "rtsp", p[2], "clue=ExPlayer/3.0 stated rtsp.user_agent")
	says(t, "rtsp", p[3], "clue=ExCam RTSP 1.2 stated rtsp.server", "service=tcp/554 rtsp ExCam RTSP 1.2", "role=rtsp server")
	says(t, "rtsp", p[5], "clue=Example Cam stated rtsp.www_authenticate")
	says(t, "rtsp", p[7], "clue=Media Presentation stated sdp.session_name", "clue=ExMedia 2.1")
	for _, b := range []string{"GET / HTTP/1.1\r\n", "OPTIONS sip:x SIP/2.0\r\n"} {
		if isRTSP(&Message{Frame: &frame.Frame{Proto: frame.TCP}, Body: []byte(b)}) {
			t.Errorf("%q is taken for RTSP", b)
		}
	}
}

// TestStaleNonces: who is told that a nonce is too old did not guess.
func TestStaleNonces(t *testing.T) {
	for _, c := range []struct{ protocol, ask, answer string }{
		{"rtsp", "DESCRIBE rtsp://10.0.0.1/ RTSP/1.0\r\nCSeq: 2\r\nAuthorization: Digest username=\"a\"\r\n\r\n", "RTSP/1.0 401 Unauthorized\r\nCSeq: 2\r\n"},
		{"sip", "REGISTER sip:pbx SIP/2.0\r\nCSeq: 2 REGISTER\r\nAuthorization: Digest username=\"a\"\r\n\r\n", "SIP/2.0 401 Unauthorized\r\nCSeq: 2 REGISTER\r\n"},
	} {
		for stale, want := range map[string]int{"true": 0, "false": 1} {
			memory := new([4]uint64)
			message := func(text string) *Message {
				return &Message{Frame: &frame.Frame{Proto: frame.TCP}, Body: []byte(text), Memory: memory}
			}
			shown(t, c.protocol, message(c.ask))
			failed := 0
			for _, d := range shown(t, c.protocol, message(c.answer+"WWW-Authenticate: Digest realm=\"x\", nonce=\"n\", stale="+stale+"\r\n\r\n")).Deeds() {
				if d.Verb == tyto.LoginFailed {
					failed++
				}
			}
			if failed != want {
				t.Errorf("%s, stale %s: %d failures", c.protocol, stale, failed)
			}
		}
	}
}
