package lab

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// ErrOutside is returned by what may only run on a host of the lab.
var ErrOutside = errors.New("lab: not on a host of the lab; run it with lab enter HOST")

// Play is one of the small programs that stand in for devices which Debian
// has no program for: web, ssdp, search, fetch, scan. It runs on hosts of the lab only.
func Play(ctx context.Context, args []string) error {
	if _, err := os.Stat(specInside); err != nil {
		return ErrOutside
	}
	players := map[string]func(context.Context, []string) error{
		"web": playWeb, "ssdp": playSSDP, "search": playSearch, "fetch": playFetch, "scan": playScan,
	}
	if len(args) == 0 || players[args[0]] == nil {
		return fmt.Errorf("lab: play: want web, ssdp, search, fetch or scan")
	}
	return players[args[0]](ctx, args[1:])
}

// web is the web server of a small device.
func web(port int, server, title, realm string) trait {
	return does(fmt.Sprintf("web%d", port), 0.5, 0, "exec $LAB play web -port %d -server %s -title %s -realm %s", port, quote(server), quote(title), quote(realm))
}

func playWeb(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("web", flag.ContinueOnError)
	port := flags.Int("port", 80, "")
	server := flags.String("server", "", "the Server header")
	title := flags.String("title", "", "of the first page")
	realm := flags.String("realm", "", "asks for a login in this realm")
	if err := flags.Parse(args); err != nil {
		return err
	}
	s := &http.Server{Addr: fmt.Sprintf(":%d", *port), Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if *server != "" {
			w.Header().Set("Server", *server)
		}
		page, err := os.ReadFile(filepath.Join("/etc/lab/www", filepath.Clean("/"+r.URL.Path)))
		switch {
		case err == nil:
			w.Header().Set("Content-Type", "text/xml; charset=utf-8")
			w.Write(page)
		case *realm != "" && r.Header.Get("Authorization") == "":
			w.Header().Set("WWW-Authenticate", fmt.Sprintf("Digest realm=%q, nonce=\"bGFiLW5vbmNl\", algorithm=MD5, qop=\"auth\"", *realm))
			http.Error(w, "Unauthorized", http.StatusUnauthorized)
		default:
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprintf(w, "<html><head><title>%s</title></head><body>%s</body></html>\n", *title, *title)
		}
	})}
	go func() { <-ctx.Done(); s.Close() }()
	return s.ListenAndServe()
}

// A upnp is the root device that an SSDP responder speaks for.
type upnp struct {
	kind, name, vendor, model, number, serial, uuid string
	server                                          string // the SERVER header
	port                                            int
}

// ssdp answers searches, announces itself and serves its description.
func ssdp(u upnp) trait {
	return func(h *Host) {
		h.file("/etc/lab/www/description.xml", fmt.Sprintf(`<?xml version="1.0"?>
<root xmlns="urn:schemas-upnp-org:device-1-0"><specVersion><major>1</major><minor>0</minor></specVersion>
<device><deviceType>%s</deviceType><friendlyName>%s</friendlyName><manufacturer>%s</manufacturer><modelDescription>%s</modelDescription><modelName>%s</modelName><modelNumber>%s</modelNumber><serialNumber>%s</serialNumber><UDN>uuid:%s</UDN></device></root>`,
			u.kind, u.name, u.vendor, u.name, u.model, u.number, u.serial, u.uuid))
		does("ssdp", 2, 0, "exec $LAB play ssdp -server %s -uuid %s -kind %s -port %d", quote(u.server), u.uuid, quote(u.kind), u.port)(h)
	}
}

var ssdpGroup = &net.UDPAddr{IP: net.IPv4(239, 255, 255, 250), Port: 1900}

func playSSDP(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("ssdp", flag.ContinueOnError)
	server := flags.String("server", "", "")
	uuid := flags.String("uuid", "", "")
	kind := flags.String("kind", "", "")
	port := flags.Int("port", 80, "of the description")
	if err := flags.Parse(args); err != nil {
		return err
	}
	iface, addr, err := eth0()
	if err != nil {
		return err
	}
	conn, err := net.ListenMulticastUDP("udp4", iface, ssdpGroup)
	if err != nil {
		return fmt.Errorf("lab: ssdp: %w", err)
	}
	go func() { <-ctx.Done(); conn.Close() }()
	location := fmt.Sprintf("http://%s:%d/description.xml", addr, *port)
	types := []string{"upnp:rootdevice", "uuid:" + *uuid, *kind}
	usn := func(t string) string {
		if strings.HasPrefix(t, "uuid:") {
			return t
		}
		return "uuid:" + *uuid + "::" + t
	}
	go func() {
		for ; ctx.Err() == nil; pause(ctx, 150*time.Second) {
			for _, t := range types {
				fmt.Fprintf(writerTo{conn, ssdpGroup}, "NOTIFY * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nCACHE-CONTROL: max-age=1800\r\nLOCATION: %s\r\nNT: %s\r\nNTS: ssdp:alive\r\nSERVER: %s\r\nUSN: %s\r\n\r\n", location, t, *server, usn(t))
			}
		}
	}()
	answer := func(to *net.UDPAddr, wanted string) {
		for _, t := range types {
			if wanted == t || wanted == "ssdp:all" {
				fmt.Fprintf(writerTo{conn, to}, "HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age=1800\r\nEXT:\r\nLOCATION: %s\r\nSERVER: %s\r\nST: %s\r\nUSN: %s\r\n\r\n", location, *server, t, usn(t))
			}
		}
	}
	buf := make([]byte, 2048)
	for {
		n, from, err := conn.ReadFromUDP(buf)
		if err != nil {
			return err
		}
		if text := string(buf[:n]); strings.HasPrefix(text, "M-SEARCH") {
			answer(from, header(text, "st"))
		}
	}
}

// writerTo sends each Write as a datagram.
type writerTo struct {
	conn *net.UDPConn
	to   *net.UDPAddr
}

func (w writerTo) Write(p []byte) (int, error) { return w.conn.WriteToUDP(p, w.to) }

func header(text, name string) string {
	for _, line := range strings.Split(text, "\r\n") {
		if k, v, ok := strings.Cut(line, ":"); ok && strings.EqualFold(k, name) {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

// eth0 is the host's interface and its IPv4 address.
func eth0() (*net.Interface, netip.Addr, error) {
	iface, err := net.InterfaceByName("eth0")
	if err != nil {
		return nil, netip.Addr{}, fmt.Errorf("lab: %w", err)
	}
	addrs, err := iface.Addrs()
	for _, a := range addrs {
		if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().Is4() {
			return iface, p.Addr(), nil
		}
	}
	return nil, netip.Addr{}, fmt.Errorf("lab: eth0 has no IPv4 address: %v", err)
}

// pause waits, or returns early when ctx ends.
func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// playSearch is a control point: it searches for a target and fetches the
// descriptions of all that answer.
func playSearch(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("search", flag.ContinueOnError)
	agent := flags.String("agent", "", "the USER-AGENT header")
	target := flags.String("target", "ssdp:all", "")
	if err := flags.Parse(args); err != nil {
		return err
	}
	conn, err := net.ListenUDP("udp4", nil)
	if err != nil {
		return fmt.Errorf("lab: search: %w", err)
	}
	defer conn.Close()
	fmt.Fprintf(writerTo{conn, ssdpGroup}, "M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: \"ssdp:discover\"\r\nMX: 1\r\nST: %s\r\nUSER-AGENT: %s\r\n\r\n", *target, *agent)
	conn.SetReadDeadline(time.Now().Add(2 * time.Second))
	found := map[string]bool{}
	buf := make([]byte, 2048)
	for len(found) < 32 {
		n, err := conn.Read(buf)
		if err != nil {
			break
		}
		if at := header(string(buf[:n]), "location"); at != "" && !found[at] {
			found[at] = true
			fetch(ctx, at, *agent)
		}
	}
	return nil
}

// playFetch gets URL with Go's own TLS, naming itself AGENT.
func playFetch(ctx context.Context, args []string) error {
	if len(args) != 2 {
		return errors.New("lab: fetch: want URL AGENT")
	}
	fetch(ctx, args[0], args[1])
	return nil
}

// client trusts every certificate, since those of the lab are signed by themselves.
var client = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}

func fetch(ctx context.Context, url, agent string) {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, "GET", url, nil)
	if err != nil {
		return
	}
	r.Header.Set("User-Agent", agent)
	if answer, err := client.Do(r); err == nil {
		io.Copy(io.Discard, io.LimitReader(answer.Body, 1<<20))
		answer.Body.Close()
	}
}

// playScan tries TCP ports of a private prefix of at most 256 addresses.
func playScan(ctx context.Context, args []string) error {
	if len(args) != 2 {
		return errors.New("lab: scan: want PREFIX PORTS")
	}
	prefix, err := netip.ParsePrefix(args[0])
	if err != nil || !prefix.Addr().IsPrivate() || prefix.Bits() < 24 {
		return fmt.Errorf("lab: scan: %s is not a private prefix of 24 bits or more", args[0])
	}
	ports := strings.Split(args[1], ",")
	var group sync.WaitGroup
	slots := make(chan struct{}, 16)
	for a := prefix.Masked().Addr().Next(); prefix.Contains(a); a = a.Next() {
		for _, p := range ports {
			port, err := strconv.ParseUint(p, 10, 16)
			if err != nil {
				return fmt.Errorf("lab: scan: port %q: %w", p, err)
			}
			slots <- struct{}{}
			group.Go(func() {
				defer func() { <-slots }()
				d := net.Dialer{Timeout: 300 * time.Millisecond}
				if c, err := d.DialContext(ctx, "tcp4", netip.AddrPortFrom(a, uint16(port)).String()); err == nil {
					c.Close()
				}
			})
		}
	}
	group.Wait()
	return nil
}
