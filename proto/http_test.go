package proto

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"tyto/frame"
	"tyto/tyto"
)

func httpAnswer(head, body string) string {
	return "HTTP/1.1 200 OK\r\n" + head + fmt.Sprintf("Content-Length: %d\r\n\r\n", len(body)) + body
}

const httpDescription = `<?xml version="1.0"?>
<root xmlns="urn:schemas-upnp-org:device-1-0"><specVersion><major>1</major><minor>0</minor></specVersion>
<device><deviceType>urn:schemas-upnp-org:device:InternetGatewayDevice:1</deviceType>
<friendlyName>Attic &amp; cellar</friendlyName><manufacturer>Example Networks</manufacturer>
<manufacturerURL>http://example.net/</manufacturerURL><modelDescription>Home router</modelDescription>
<modelName>EX-1200</modelName><modelNumber>EX-1200-B</modelNumber><serialNumber>SN0042A77</serialNumber>
<UDN>uuid:5B3A9D1E-0042-4A77-9C00-02005E100002</UDN>%s
<deviceList><device><deviceType>urn:schemas-upnp-org:device:WANDevice:1</deviceType><friendlyName>WAN</friendlyName>
<UDN>uuid:5b3a9d1e-0042-4a77-9c01-02005e100002</UDN></device></deviceList></device></root>`

const httpInform = `<?xml version="1.0"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" xmlns:cwmp="urn:dslforum-org:cwmp-1-0">
<soap:Body><cwmp:Inform><DeviceId><Manufacturer>Example Networks</Manufacturer><OUI>02005E</OUI>
<ProductClass>EX-1200</ProductClass><SerialNumber>SN0042A77</SerialNumber></DeviceId></cwmp:Inform></soap:Body></soap:Envelope>`

const httpPortMapping = `<?xml version="1.0"?><s:Envelope><s:Body><u:AddPortMapping xmlns:u="urn:schemas-upnp-org:service:WANIPConnection:1">
<NewRemoteHost></NewRemoteHost><NewExternalPort>8080</NewExternalPort><NewProtocol>TCP</NewProtocol><NewInternalPort>80</NewInternalPort>
<NewInternalClient>192.168.17.30</NewInternalClient><NewEnabled>1</NewEnabled></u:AddPortMapping></s:Body></s:Envelope>`

// ntlmChallenge is a challenge as a Windows server sends it.
func ntlmChallenge() string {
	var info []byte
	for _, x := range []struct {
		id   uint16
		text string
	}{{2, "LAB"}, {1, "FILES01"}, {4, "lab.example"}, {3, "files01.lab.example"}, {0, ""}} {
		text := utf16.Encode([]rune(x.text))
		info = binary.LittleEndian.AppendUint16(info, x.id)
		info = binary.LittleEndian.AppendUint16(info, uint16(2*len(text)))
		for _, c := range text {
			info = binary.LittleEndian.AppendUint16(info, c)
		}
	}
	b := append([]byte("NTLMSSP\x00\x02\x00\x00\x00"), make([]byte, 8)...)
	b = binary.LittleEndian.AppendUint32(b, 0xa2898205)
	b = append(b, make([]byte, 16)...)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(info)))
	b = binary.LittleEndian.AppendUint16(b, uint16(len(info)))
	b = binary.LittleEndian.AppendUint32(b, 56)
	b = append(b, 10, 0, 0x61, 0x4a, 0, 0, 0, 15) // 10.0.19041
	return base64.StdEncoding.EncodeToString(append(b, info...))
}

// TestGenerateHTTP makes the capture of testdata/http.
func TestGenerateHTTP(t *testing.T) {
	w := newWire()
	phone, router, server := wireStation(30), wireStation(2), wireStation(40)
	const agent = "User-Agent: Mozilla/5.0 (Linux; Android 13; EX-P1) AppleWebKit/537.36\r\n"
	page := "<html><head><TITLE>\nEX-1200 &amp; setup</TITLE></head><body>" + strings.Repeat("<p>text</p>", 400) + "</body></html>"

	c := w.tcp(phone, 50001, router, 80)
	c.ask("GET / HTTP/1.1\r\nHost: router.lab.example\r\n" + agent + "\r\n")
	c.answer("HTTP/1.1 200 OK\r\nServer: ExHTTPd/2.1\r\nX-Powered-By: PHP/8.2\r\nSet-Cookie: EXSESSION=0123456789abcdef; path=/\r\n" +
		"Content-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n" + fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(page), page))
	c.ask("HEAD /logo.png HTTP/1.1\r\nHost: router.lab.example\r\n\r\n")
	c.answer("HTTP/1.1 200 OK\r\nServer: ExHTTPd/2.1\r\nContent-Length: 90000\r\n\r\n")
	c.ask("GET /logo.png HTTP/1.1\r\nHost: router.lab.example\r\n\r\n")
	c.answer("HTTP/1.1 200 OK\r\nServer: ExHTTPd/2.1\r\nContent-Type: image/png\r\nContent-Length: 40000\r\n\r\n" + strings.Repeat("P", 40000))
	c.ask("GET /admin HTTP/1.1\r\nHost: router.lab.example\r\n\r\n")
	c.answer("HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"EX-1200 login\"\r\nContent-Length: 0\r\n\r\n")
	c.ask("GET /admin HTTP/1.1\r\nHost: router.lab.example\r\nAuthorization: Basic YWRtaW46d3Jvbmc=\r\n\r\n")
	c.answer("HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"EX-1200 login\"\r\nContent-Length: 0\r\n\r\n")
	for range 2 {
		c.ask("GET /admin HTTP/1.1\r\nHost: router.lab.example\r\nAuthorization: Basic YWRtaW46cmlnaHQ=\r\n\r\n")
		c.answer(httpAnswer("Content-Type: text/plain\r\n", "welcome"))
	}
	c.end()

	c = w.tcp(phone, 50002, router, 5000)
	c.ask("GET /rootDesc.xml HTTP/1.1\r\nHost: 192.168.17.2:5000\r\nUser-Agent: Linux/5.10 UPnP/1.0 ExApp/1.0\r\n\r\n")
	c.answer(httpAnswer("Server: Linux/4.19 UPnP/1.1 ExUPnPd/2.0\r\nContent-Type: text/xml; charset=\"utf-8\"\r\n",
		fmt.Sprintf(httpDescription, "<iconList>"+strings.Repeat("<icon><url>/icon.png</url></icon>", 80)+"</iconList>")))
	c.ask("POST /ctl/IPConn HTTP/1.1\r\nHost: 192.168.17.2:5000\r\nContent-Type: text/xml\r\n" +
		"SOAPAction: \"urn:schemas-upnp-org:service:WANIPConnection:1#AddPortMapping\"\r\n" +
		fmt.Sprintf("Content-Length: %d\r\n\r\n", len(httpPortMapping)) + httpPortMapping)
	c.answer(httpAnswer("Content-Type: text/xml\r\n", "<s:Envelope><s:Body><u:AddPortMappingResponse/></s:Body></s:Envelope>"))
	c.end()

	c = w.tcp(phone, 50003, server, 80)
	c.ask("GET /generate_204 HTTP/1.1\r\nHost: connectivitycheck.lab.example\r\n\r\n")
	c.answer("HTTP/1.1 204 No Content\r\n\r\n")
	c.ask("GET /share HTTP/1.1\r\nHost: files01\r\nAuthorization: NTLM TlRMTVNTUAABAAAAB4IIogAAAAAAAAAAAAAAAAAAAAAKAGFKAAAADw==\r\n\r\n")
	c.answer("HTTP/1.1 401 Unauthorized\r\nServer: Microsoft-HTTPAPI/2.0\r\nWWW-Authenticate: NTLM " + ntlmChallenge() + "\r\nContent-Length: 0\r\n\r\n")
	c.ask("GET /share HTTP/1.1\r\nHost: files01\r\nAuthorization: NTLM TlRMTVNTUAADAAAAGAAYAEgAAAA=\r\n\r\n")
	c.answer("HTTP/1.1 302 Found\r\nLocation: http://files01/share/?session=42\r\nContent-Length: 0\r\n\r\n")
	c.end()

	c = w.tcp(router, 50004, server, 7547)
	c.ask("POST /acs HTTP/1.1\r\nHost: acs.lab.example\r\nSOAPAction: \r\nContent-Type: text/xml\r\n" +
		fmt.Sprintf("Content-Length: %d\r\n\r\n", len(httpInform)) + httpInform)
	c.answer("HTTP/1.1 204 No Content\r\n\r\n")
	c.end()

	c = w.tcp(phone, 50005, server, 3128)
	c.ask("CONNECT www.lab.example:443 HTTP/1.1\r\nHost: www.lab.example:443\r\n\r\n")
	c.answer("HTTP/1.1 200 Connection established\r\nVia: 1.1 proxy\r\n\r\n")
	c.ask(wireHello())
	c.end()

	c = w.tcp(phone, 50006, server, 18080) // not on a port of its own, and against the rules
	c.ask("POST /x HTTP/1.1\r\nHost: files01\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
	c.answer("HTTP/1.0 200 OK\r\nServer: Cam/1.0\r\nContent-Type: text/html\r\n\r\n<html><title>Camera 4</title>")
	c.end()
	w.keep(t, "http")
}

func TestHTTPIs(t *testing.T) {
	f := &frame.Frame{}
	for text, want := range map[string]bool{
		"GET / HTTP/1.1\r\n":                            true,
		"HTTP/1.0 404 Not Found\r\n":                    true,
		"GET /" + strings.Repeat("a", 1400):             true,
		"OPTIONS rtsp://camera/ RTSP/1.0\r\n":           false,
		"HTTP/1.1 OK\r\n":                               false,
		"HTTP/2.0 200 OK\r\n":                           false,
		"GET me a coffee\r\n":                           false,
		"SSH-2.0-x\r\n":                                 false,
		"POST":                                          false,
		"get / http/1.1\r\n":                            false,
		"\x16\x03\x01":                                  false,
		"NOTIFY sip:a@b SIP/2.0\r\n":                    false,
		"M-SEARCH * HTTP/1.1\r\nST: ssdp:all\r\n\r\n":   true,
		"GET http://example.net/a b HTTP/1.1\r\n":       true,
		"DESCRIBE rtsp://10.0.0.1/ch0 RTSP/1.0\r\n\r\n": false,
	} {
		if got := isHTTP(&Message{Frame: f, Body: []byte(text)}); got != want {
			t.Errorf("Is(%.40q) = %v, want %v", text, got, want)
		}
	}
}

func TestHTTPLogin(t *testing.T) {
	memory := new([4]uint64)
	ask := func(auth string) {
		shown(t, "http", &Message{Body: []byte("GET / HTTP/1.1\r\nAuthorization: " + auth + "\r\n\r\n"), Memory: memory})
	}
	deeds := func(status string) []Deed {
		return shown(t, "http", &Message{Body: []byte("HTTP/1.1 " + status + "\r\n\r\n"), Memory: memory}).Deeds()
	}
	ask("Digest username=\"a\"")
	if d := deeds("401 No\r\nWWW-Authenticate: Digest realm=\"x\", stale=TRUE, nonce=\"n\""); len(d) != 0 {
		t.Errorf("of a nonce that is too old: %+v", d)
	}
	ask("Digest username=\"a\"")
	if d := deeds("401 No\r\nWWW-Authenticate: Digest realm=\"x\", stale=false, nonce=\"n\""); len(d) != 1 {
		t.Errorf("of a wrong password: %+v", d)
	}
	ask("Basic QTpC")
	if d := deeds("401 No"); len(d) != 1 || d[0].Verb != tyto.LoginFailed || d[0].Outcome != "refused" || !d[0].ByReceiver {
		t.Errorf("got %+v, want a failed login", d)
	}
	ask("Basic QTpC")
	if d := deeds("200 OK"); len(d) != 1 || d[0].Verb != tyto.Login || string(d[0].Object) != "password in the clear" {
		t.Errorf("got %+v, want a login", d)
	}
	ask("Basic QTpC")
	if d := deeds("200 OK"); len(d) != 0 {
		t.Errorf("got %+v, want the second success held back", d)
	}
	for _, auth := range []string{"Bearer QTpC", "NTLM TlRMTVNTUAABAAAA"} {
		ask(auth)
		if d := deeds("401 No"); len(d) != 0 {
			t.Errorf("%s: got %+v, want nothing", auth, d)
		}
	}
}

func TestHTTPTestFile(t *testing.T) {
	file := `X5O!P%@AP[4\PZX54(P^)7CC)7}$` + "EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
	for body, want := range map[string]int{file: 1, file + "\r\n": 1, file[:60]: 0, " " + file: 0, "<p>EICAR-STANDARD-ANTIVIRUS-TEST-FILE" + file: 0} {
		d := shown(t, "http", &Message{Body: []byte(httpAnswer("Content-Type: application/octet-stream\r\n", body)), Memory: new([4]uint64)}).Deeds()
		if len(d) != want || want == 1 && (d[0].Verb != tyto.Transfer || !d[0].ByReceiver) {
			t.Errorf("%q: %+v", body, d)
		}
	}
}

func TestHTTPKeepsNoSecrets(t *testing.T) {
	for _, body := range []string{
		"GET /?user=eve&password=sesame HTTP/1.1\r\nHost: a.example\r\nAuthorization: Basic c2VzYW1l\r\nCookie: id=sesame\r\n\r\n",
		"HTTP/1.1 302 Found\r\nSet-Cookie: id=sesame\r\nLocation: /in?token=sesame\r\n\r\n",
	} {
		for _, x := range shown(t, "http", &Message{Body: []byte(body)}).Facts() {
			if strings.Contains(string(x.Value), "sesame") || strings.Contains(string(x.Value), "c2VzYW1l") {
				t.Errorf("%s = %q was kept", x.Field, x.Value)
			}
		}
	}
}

func TestHTTPAllocates(t *testing.T) {
	f := &frame.Frame{Src: frame.V4(10, 0, 0, 1), Dst: frame.V4(10, 0, 0, 2), SrcPort: 80, DstPort: 40000}
	wireAllocs(t, "http", &Message{Frame: f, ToServer: true, Body: []byte("GET /onvif/x HTTP/1.1\r\nHost: a.example\r\nVia: x\r\nUser-Agent: x\r\nAuthorization: Basic QQ==\r\n\r\n")})
	wireAllocs(t, "http", &Message{Frame: f, Body: []byte(httpAnswer("Server: x\r\nContent-Type: text/xml\r\n", httpDescription)), Memory: &[4]uint64{httpBasic | 1<<httpPath}})
	wireAllocs(t, "http", &Message{Frame: f, Body: []byte("HTTP/1.1 401 No\r\nWWW-Authenticate: NTLM " + ntlmChallenge() + "\r\n\r\n"), Memory: &[4]uint64{httpBasic}})
	wireAllocs(t, "http", &Message{Frame: f, Body: []byte(httpAnswer("Server: x\r\nContent-Type: text/html\r\n", "<title>a &amp; b</title>")),
		Memory: &[4]uint64{1 << httpSOAP, 8080<<48 | 80<<32 | 0xc0a81105, 6}})
}
