package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tyto/capture"
	"tyto/frame"
)

// What must never be told, planted where protocols carry it: persons, documents,
// passwords, and what messages say.
var planted = []string{"Wilhelmine", "Gruenewald", "Kuendigung", "hunter2geheim", "streng-vertraulich"}

// A talk is what a client and a server say to each other.
type talk struct {
	name string
	port uint16
	udp  bool
	said []string // by turns, the client first; what begins with "<" is the server's
}

// plant is planted text where each protocol carries it.
func plant() []talk {
	basic := base64.StdEncoding.EncodeToString([]byte("Wilhelmine:hunter2geheim"))
	sasl := base64.StdEncoding.EncodeToString([]byte("\x00Wilhelmine\x00hunter2geheim"))
	mqtt := "\x10\x35\x00\x04MQTT\x04\xc2\x00\x3c\x00\x07sensor1\x00\x0aWilhelmine\x00\x0dhunter2geheim"
	mqtt = mqtt[:1] + string(rune(len(mqtt)-2)) + mqtt[2:]
	publish := "\x30\x1b\x00\x07plant/a" + "streng-vertraulich"
	hl7 := "\x0bMSH|^~\\&|LAB|WARD|EHR|WARD|202601011200||ORU^R01|1|P|2.3\rPID|1||4711||Gruenewald^Wilhelmine||19600101|F\rOBX|1|TX|NOTE||streng-vertraulich\r\x1c\r"
	return []talk{
		{"ftp", 21, false, []string{"<220 FTP ready\r\n", "USER Wilhelmine\r\n", "<331 Password\r\n", "PASS hunter2geheim\r\n", "<230 ok\r\n", "STOR Kuendigung.pdf\r\n", "<226 ok\r\n"}},
		{"telnet", 23, false, []string{"<\xff\xfb\x01login: ", "Wilhelmine\r\n", "<Password: ", "hunter2geheim\r\n", "<Welcome\r\n", "cat streng-vertraulich\r\n"}},
		{"smtp", 25, false, []string{"<220 mail ESMTP\r\n", "EHLO pc7\r\n", "<250-mail\r\n250 AUTH PLAIN\r\n", "AUTH PLAIN " + sasl + "\r\n", "<235 ok\r\n", "MAIL FROM:<Wilhelmine@example.org>\r\n", "<250 ok\r\n",
			"RCPT TO:<Gruenewald@example.org>\r\n", "<250 ok\r\n", "DATA\r\n", "<354 go\r\n", "Subject: Kuendigung\r\n\r\nstreng-vertraulich\r\n.\r\n", "<250 ok\r\n"}},
		{"pop", 110, false, []string{"<+OK POP3 ready\r\n", "USER Wilhelmine\r\n", "<+OK\r\n", "PASS hunter2geheim\r\n", "<+OK Wilhelmine has 1 message\r\n", "RETR 1\r\n", "<+OK\r\nSubject: Kuendigung\r\n\r\nstreng-vertraulich\r\n.\r\n"}},
		{"imap", 143, false, []string{"<* OK IMAP4rev1 ready\r\n", "a LOGIN Wilhelmine hunter2geheim\r\n", "<a OK LOGIN completed\r\n", "b FETCH 1 BODY[]\r\n", "<* 1 FETCH (BODY[] {18}\r\nstreng-vertraulich)\r\nb OK\r\n"}},
		{"http", 80, false, []string{"POST /login HTTP/1.1\r\nHost: intranet\r\nAuthorization: Basic " + basic + "\r\nCookie: user=Wilhelmine\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 44\r\n\r\nname=Wilhelmine&password=hunter2geheim&x=123",
			"<HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 18\r\n\r\nstreng-vertraulich", "GET /files/Kuendigung.pdf?user=Wilhelmine&pw=hunter2geheim HTTP/1.1\r\nHost: intranet\r\n\r\n", "<HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"}},
		{"lpd", 515, false, []string{"\x02raw\n", "<\x00", "\x0244 cfA001pc7\n", "<\x00", "Hpc7\nPWilhelmine\nJKuendigung.docx\nldfA001pc7\n\x00", "<\x00"}},
		{"pjl", 9100, false, []string{"\x1b%-12345X@PJL\r\n@PJL SET USERNAME=\"Wilhelmine\"\r\n@PJL SET JOBNAME=\"Kuendigung\"\r\n@PJL ENTER LANGUAGE=PCL\r\nstreng-vertraulich", "<\x00"}},
		{"sip", 5060, true, []string{"MESSAGE sip:bob@10.9.0.2 SIP/2.0\r\nVia: SIP/2.0/UDP 10.9.0.1;branch=z9hG4bK1\r\nFrom: \"Wilhelmine Gruenewald\" <sip:Wilhelmine@10.9.0.2>;tag=1\r\nTo: <sip:bob@10.9.0.2>\r\nCall-ID: 1@10.9.0.1\r\nCSeq: 1 MESSAGE\r\nUser-Agent: Yealink SIP-T42G 29.83.0.60\r\nContent-Type: text/plain\r\nContent-Length: 18\r\n\r\nstreng-vertraulich"}},
		{"mqtt", 1883, false, []string{mqtt, "<\x20\x02\x00\x00", publish}},
		{"syslog", 514, true, []string{"<34>Jan  1 12:00:00 host7 sshd[77]: Accepted password for Wilhelmine from 10.9.0.9: streng-vertraulich"}},
		{"redis", 6379, false, []string{"*2\r\n$4\r\nAUTH\r\n$13\r\nhunter2geheim\r\n", "<+OK\r\n", "*3\r\n$3\r\nSET\r\n$4\r\nname\r\n$10\r\nWilhelmine\r\n", "<+OK\r\n"}},
		{"rdp", 3389, false, []string{"\x03\x00\x00\x2c\x27\xe0\x00\x00\x00\x00\x00Cookie: mstshash=Wilhelmine\r\n\x01\x00\x08\x00", "<\x03\x00\x00\x0b\x06\xd0\x00\x00\x12\x34\x00"}},
		{"hl7", 2575, false, []string{hl7, "<\x0bMSH|^~\\&|EHR|WARD|LAB|WARD|202601011200||ACK|1|P|2.3\rMSA|AA|1\r\x1c\r"}},
		{"irc", 6667, false, []string{"NICK Wilhelmine\r\nUSER Wilhelmine 0 * :Gruenewald\r\n", "<:irc 001 Wilhelmine :Welcome\r\n", "PRIVMSG #x :streng-vertraulich\r\n"}},
		{"xmpp", 5222, false, []string{"<?xml version='1.0'?><stream:stream to='example.org' xmlns='jabber:client'>", "<<?xml version='1.0'?><stream:stream from='example.org'>", "<message to='Gruenewald@example.org'><body>streng-vertraulich</body></message>"}},
		{"snmp", 161, true, []string{"\x30\x30\x02\x01\x01\x04\x0dhunter2geheim\xa0\x1c\x02\x04\x00\x00\x00\x01\x02\x01\x00\x02\x01\x00\x30\x0e\x30\x0c\x06\x08\x2b\x06\x01\x02\x01\x01\x05\x00\x05\x00"}},
		{"ldap", 389, false, []string{"\x30\x36\x02\x01\x01\x60\x31\x02\x01\x03\x04\x1dcn=Wilhelmine,dc=example,dc=o\x80\x0dhunter2geheim", "<\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04\x00"}},
	}
}

// ether is a frame of IPv4 between two hosts.
func ether(fromClient bool, transport byte, payload []byte) []byte {
	a, b := byte(1), byte(2)
	if !fromClient {
		a, b = b, a
	}
	f := []byte{0, 0x1b, 0x17, 0, 9, b, 0, 0x1b, 0x17, 0, 9, a, 8, 0}
	ip := make([]byte, 20)
	ip[0], ip[8], ip[9] = 0x45, 64, transport
	binary.BigEndian.PutUint16(ip[2:], uint16(20+len(payload)))
	copy(ip[12:], []byte{10, 9, 0, a, 10, 9, 0, b})
	sum := uint32(0)
	for i := 0; i < 20; i += 2 {
		sum += uint32(binary.BigEndian.Uint16(ip[i:]))
	}
	for sum > 0xffff {
		sum = sum&0xffff + sum>>16
	}
	binary.BigEndian.PutUint16(ip[10:], ^uint16(sum))
	return append(append(f, ip...), payload...)
}

// write records what is said as a capture.
func (t *talk) write(w *capture.Writer, number int) error {
	at := time.Date(2026, 1, 1, 12, number, 0, 0, time.UTC)
	client := uint16(40000 + number)
	put := func(b []byte) error {
		at = at.Add(time.Millisecond)
		return w.Write(&frame.Packet{Link: frame.LinkEthernet, Time: at.UnixNano(), Data: b, Length: len(b)})
	}
	seq := [2]uint32{100, 900}
	segment := func(server bool, flags byte, text string) error {
		s, from, to := 0, client, t.port
		if server {
			s, from, to = 1, t.port, client
		}
		h := make([]byte, 20)
		binary.BigEndian.PutUint16(h, from)
		binary.BigEndian.PutUint16(h[2:], to)
		binary.BigEndian.PutUint32(h[4:], seq[s])
		binary.BigEndian.PutUint32(h[8:], seq[1-s])
		h[12], h[13], h[14] = 0x50, flags, 0x20
		seq[s] += uint32(len(text))
		if flags&2 != 0 {
			seq[s]++
		}
		return put(ether(!server, 6, append(h, text...)))
	}
	if !t.udp {
		for _, err := range []error{segment(false, 2, ""), segment(true, 0x12, ""), segment(false, 0x10, "")} {
			if err != nil {
				return err
			}
		}
	}
	for _, text := range t.said {
		server := strings.HasPrefix(text, "<") && !strings.HasPrefix(text, "<?") && !strings.HasPrefix(text, "<m") && !strings.HasPrefix(text, "<3")
		if server {
			text = text[1:]
		}
		var err error
		if t.udp {
			h := make([]byte, 8)
			binary.BigEndian.PutUint16(h, client)
			binary.BigEndian.PutUint16(h[2:], t.port)
			binary.BigEndian.PutUint16(h[4:], uint16(8+len(text)))
			err = put(ether(true, 17, append(h, text...)))
		} else {
			err = segment(server, 0x18, text)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// TestNothingPrivateIsTold plants names, documents, passwords and messages in every
// protocol that carries them, and looks for them in every output.
func TestNothingPrivateIsTold(t *testing.T) {
	file := filepath.Join(t.TempDir(), "planted.pcap")
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	w, err := capture.NewWriter(f, frame.LinkEthernet)
	if err != nil {
		t.Fatal(err)
	}
	for i, x := range plant() {
		if err := x.write(w, i); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	secrets := append([]string{}, planted...)
	for _, s := range planted {
		secrets = append(secrets, base64.StdEncoding.EncodeToString([]byte(s))[:10], strings.ToUpper(s), strings.ToLower(s))
	}
	for _, format := range []string{"json", "events", "csv", "html", "table"} {
		var out, told bytes.Buffer
		if status := run(t.Context(), []string{"analyze", "--quiet", "--workers", "1", "--format", format, file}, streams{nil, &out, &told}); status != 0 {
			t.Fatalf("%s: exit status %d: %s", format, status, told.String())
		}
		for _, s := range secrets {
			if at := strings.Index(out.String(), s); at >= 0 {
				t.Errorf("--format %s tells %q: …%s…", format, s, out.String()[max(0, at-200):min(out.Len(), at+80)])
			}
		}
		if !strings.Contains(out.String(), "T42G") {
			t.Errorf("--format %s does not tell the telephone's model, which stands beside a person's name", format)
		}
		if format == "events" {
			for _, x := range plant() { // what is private is left out of what was understood, not of what was not looked at
				switch x.name {
				case "ftp", "smtp", "pop", "imap", "http", "sip", "mqtt", "redis", "rdp", "snmp", "ldap", "telnet", "syslog", "hl7":
					if !strings.Contains(out.String(), `"`+x.name+`"`) {
						t.Errorf("%s was not understood, so the test says nothing of it", x.name)
					}
				}
			}
		}
	}
}
