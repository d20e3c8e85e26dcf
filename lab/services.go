package lab

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	_ "embed"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"time"
)

//go:embed scripts/modbus_server.py
var modbusServer string

//go:embed scripts/modbus_client.py
var modbusClient string

//go:embed scripts/print.py
var printScript string

// samba runs Samba's NetBIOS name server, and with shares its file server too.
func samba(workgroup, comment string, shares bool) trait {
	return func(h *Host) {
		conf := fmt.Sprintf("[global]\nworkgroup = %s\nnetbios name = %.15s\nserver string = %s\nmap to guest = Bad User\nload printers = no\nprinting = bsd\nprintcap name = /dev/null\ndisable spoolss = yes\nserver role = standalone server\nlog level = 0\nlog file = /run/lab/log/samba-%%m.log\nbind interfaces only = yes\ninterfaces = eth0\nlocal master = %s\n", workgroup, h.Name, comment, yes(shares))
		if shares {
			conf += "[projects]\npath = /run/lab/share\nguest ok = yes\nread only = no\nforce user = root\n[scans]\npath = /run/lab/share\nguest ok = yes\n"
			does("smbd", 2, 0, "mkdir -p /run/lab/share /run/samba; echo 'Quarterly figures' > /run/lab/share/figures.txt; exec smbd -F --no-process-group")(h)
		}
		h.file("/etc/samba/smb.conf", conf)
		does("nmbd", 2, 0, "mkdir -p /run/samba; exec nmbd -F --no-process-group")(h)
	}
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// A site is a server block of nginx.
type site struct {
	name, title string
	port        int
	tls         *pkix.Name // of the certificate, nil without TLS
	protocols   string     // "TLSv1.2", "" for nginx's own choice
}

// nginx serves sites.
func nginx(sites ...site) trait {
	return func(h *Host) {
		conf := "user root;\nworker_processes 1;\npid /run/nginx.pid;\nerror_log stderr;\nevents { worker_connections 64; }\nhttp {\naccess_log off;\n"
		for i, s := range sites {
			root := fmt.Sprintf("/etc/nginx/site%d", i)
			h.file(root+"/index.html", "<!DOCTYPE html>\n<html><head><title>"+s.title+"</title></head><body><h1>"+s.title+"</h1></body></html>")
			tls := ""
			if s.tls != nil {
				cert, key := certificate(*s.tls, s.name)
				h.file(root+".crt", cert)
				h.file(root+".key", key)
				tls = fmt.Sprintf("ssl_certificate %s.crt;\nssl_certificate_key %s.key;\n", root, root)
				if s.protocols != "" {
					tls += "ssl_protocols " + s.protocols + ";\n"
				}
			}
			listen := fmt.Sprintf("listen %d%s;\nlisten [::]:%d%s;\n", s.port, secure(s.tls != nil), s.port, secure(s.tls != nil))
			conf += fmt.Sprintf("server {\nserver_name %s;\n%s%sroot %s;\n}\n", s.name, listen, tls, root)
		}
		h.file("/etc/nginx/lab.conf", conf+"}")
		does("nginx", 1, 0, "mkdir -p /var/log/nginx /var/lib/nginx; exec nginx -c /etc/nginx/lab.conf -g 'daemon off;'")(h)
	}
}

func secure(tls bool) string {
	if tls {
		return " ssl"
	}
	return ""
}

// certificate makes a self-signed one, and its key, in PEM.
func certificate(subject pkix.Name, name string) (cert, key string) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic("lab: no randomness: " + err.Error())
	}
	template := x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: subject, DNSNames: []string{name},
		NotBefore: time.Now().Add(-24 * time.Hour), NotAfter: time.Now().AddDate(5, 0, 0),
	}
	if ip := net.ParseIP(name); ip != nil {
		template.DNSNames, template.IPAddresses = nil, []net.IP{ip}
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &private.PublicKey, private)
	if err != nil {
		panic("lab: certificate: " + err.Error())
	}
	k, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		panic("lab: key: " + err.Error())
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: k}))
}

// cups runs a print server with one queue.
func cups(queue, location string) trait {
	return func(h *Host) {
		h.file("/etc/cups/cupsd.conf", "LogLevel warn\nListen *:631\nListen /run/cups/cups.sock\nServerAlias *\nBrowsing Off\nDefaultAuthType None\nWebInterface Yes\n<Location />\nOrder allow,deny\nAllow all\n</Location>\n<Policy default>\n<Limit All>\nOrder allow,deny\nAllow all\n</Limit>\n</Policy>")
		h.file("/etc/cups/cups-files.conf", "FileDevice Yes\nSystemGroup root\nErrorLog stderr\nAccessLog /run/lab/log/cups-access.log\nPageLog /dev/null")
		does("cupsd", 1, 0, "mkdir -p /run/cups /var/spool/cups/tmp; exec cupsd -f -c /etc/cups/cupsd.conf -s /etc/cups/cups-files.conf")(h)
		does("queue", 4, 0, "lpadmin -p %s -E -v file:///dev/null -m raw -L %s", queue, quote(location))(h)
	}
}

// prints sends one job to the print server, by a client of this name.
func prints(after float64, agent string) trait {
	return func(h *Host) {
		h.file("/etc/lab/print.py", printScript)
		does("print", after, 0, "%s /etc/lab/print.py srv-print.office.example lobby /etc/hostname %s", python, quote(agent))(h)
	}
}

// mosquitto runs an MQTT broker.
func mosquitto() trait {
	return func(h *Host) {
		h.file("/etc/mosquitto/lab.conf", "listener 1883\nallow_anonymous true\nlog_dest stderr")
		does("mosquitto", 1, 0, "exec mosquitto -c /etc/mosquitto/lab.conf")(h)
	}
}

// minidlna runs a UPnP media server.
func minidlna(name string) trait {
	return func(h *Host) {
		h.file("/etc/minidlna.conf", "network_interface=eth0\nport=8200\nfriendly_name="+name+"\nmedia_dir=/run/lab/media\ndb_dir=/var/cache/minidlna-lab\nlog_dir=/run/lab/log\nnotify_interval=120\ninotify=no\nuuid=4d696e69-444c-164e-9d41-001132a4b5c6\nserial=1780PDN000123\nmodel_name=Media Server\nmodel_number=1\n")
		does("minidlna", 2, 0, "mkdir -p /run/lab/media /var/cache/minidlna-lab; exec minidlnad -S -f /etc/minidlna.conf -P /run/minidlna.pid")(h)
	}
}

// A plate is what a Modbus device says of itself (function 43/14).
type plate struct{ vendor, product, revision, name, model, application string }

// modbus runs a server of pymodbus with so many units.
func modbus(p plate, units int) trait {
	return func(h *Host) {
		h.file("/etc/lab/modbus_server.py", modbusServer)
		does("modbus", 1, 0, "exec %s /etc/lab/modbus_server.py %d %s %s %s %s %s %s", python, units, quote(p.vendor), quote(p.product), quote(p.revision), quote(p.name), quote(p.model), quote(p.application))(h)
	}
}

// speaksModbus gives the host the client that jobs call: modbus_client.py
// HOST identify|poll|write|coil|diagnose.
func speaksModbus() trait {
	return func(h *Host) { h.file("/etc/lab/modbus_client.py", modbusClient) }
}

// windows is what a workstation says of itself on the local link.
func windows() trait {
	return func(h *Host) {
		samba("OFFICE", "", false)(h)
		does("llmnrd", 1, 0, "exec llmnrd -6 -i eth0 -H %s", h.Name)(h)
	}
}
