package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"tyto/auth"
	"tyto/connect"
	"tyto/forward"
	"tyto/packets"
	"tyto/store"
	"tyto/uplink"
)

// settings is the configuration file. The comments are its manual: 'tyto
// config show' prints them.
type settings struct {
	Name    string         `yaml:"name"`
	Zone    string         `yaml:"zone"`
	Listen  string         `yaml:"listen"`
	Data    string         `yaml:"data"`
	Store   storeURL       `yaml:"store"`
	Sensor  sensorSetting  `yaml:"sensor"`
	Capture captureSetting `yaml:"capture"`
	Sensors sensorsSetting `yaml:"sensors"`
	Log     logSetting     `yaml:"log"`

	Rules ruleSettings `yaml:",inline"`

	Fingerprints fingerprintSetting `yaml:"fingerprints"`

	Inventory inventorySetting `yaml:"inventory"`
	Retention retentionSetting `yaml:"retention"`

	Networks networkSettings `yaml:"networks"`

	Proxies proxySettings  `yaml:"proxies"`
	Plain   bool           `yaml:"plain_http"`
	Metrics metricsSetting `yaml:"metrics"`
	Packets packetSetting  `yaml:"packets"`
	Confine bool           `yaml:"confine"`

	Forward []forward.Destination `yaml:"forward"`
	Connect []connect.Connector   `yaml:"connect"`
	OIDC    *auth.OIDC            `yaml:"oidc"`
	Auth    authSetting           `yaml:"auth"`
}

type sensorSetting struct {
	Interfaces    []string      `yaml:"interfaces"`
	Workers       int           `yaml:"workers"`
	Window        time.Duration `yaml:"window"`
	Memory        int           `yaml:"memory"`
	Conversations int           `yaml:"conversations"`
	Spool         int           `yaml:"spool"`
	Reserve       int           `yaml:"reserve"`
}

type sensorsSetting struct {
	Listen  string `yaml:"listen"`
	Address string `yaml:"address"`
}

type packetSetting struct {
	Megabytes int `yaml:"megabytes"`
}

func (p packetSetting) bytes() int64 { return int64(p.Megabytes) << 20 }

type logSetting struct {
	Level  string `yaml:"level"`
	Format string `yaml:"format"`
}

// manual says what each key is for, in the words of the comments that show prints.
var manual = yaml.CommentMap{
	"$.name":                 {yaml.HeadComment(" This sensor's name, as its events and the portal show it.")},
	"$.zone":                 {yaml.HeadComment(" The address space that the interfaces listen to.")},
	"$.listen":               {yaml.HeadComment(" Where portal and API are served. Beyond loopback, put a TLS proxy in front.")},
	"$.data":                 {yaml.HeadComment(" The folder of the store.")},
	"$.store":                {yaml.HeadComment(" sqlite, a file in that folder, or a PostgreSQL database that several hubs may share: postgres://USER@HOST/DATABASE.", " See docs/reference/store.md.")},
	"$.inventory.memory":     {yaml.HeadComment(" MiB for what is known of devices. Beyond it, addresses that only sent a frame or two and were not answered are let go first.")},
	"$.retention":            {yaml.HeadComment(" How long sums of conversations are kept by minute, then by hour, then by day; and after what time devices and", " conversations that were not seen are forgotten, 0 being never.")},
	"$.sensor.interfaces":    {yaml.HeadComment(" Interfaces that get the mirrored traffic. Nothing is ever sent on them.")},
	"$.sensor.workers":       {yaml.HeadComment(" Goroutines of the packet path; 0 is one for each processor but one, and at least one.")},
	"$.sensor.window":        {yaml.HeadComment(" How often a conversation that goes on is reported.")},
	"$.sensor.memory":        {yaml.HeadComment(" MiB that a sensor takes, shared out to all that it keeps; see docs/reference/capture.md.")},
	"$.sensor.conversations": {yaml.HeadComment(" Most conversations kept at a time by each worker; 0 is as many as the memory has room for.")},
	"$.sensor.spool":         {yaml.HeadComment(" MiB of events kept for a hub that is away; see docs/reference/uplink.md.")},
	"$.sensor.reserve":       {yaml.HeadComment(" MiB of these that only news of devices and health may use.")},
	"$.capture.filter":       {yaml.HeadComment(" What of the traffic is looked at, as an expression of tcpdump; empty is all of it. See docs/how-to/mirror-traffic.md.")},
	"$.capture.interfaces":   {yaml.HeadComment(" How an interface is listened to, if not as usual: eth1: {driver: af_xdp} takes its packets before the kernel's network has", " them, which then gets nothing there; {clock: card} takes the time of the network card. See docs/reference/capture.md.")},
	"$.capture.watch":        {yaml.HeadComment(" Folders to which another program writes capture files, which are read as they appear and grow.")},
	"$.capture.over_ip":      {yaml.HeadComment(" HOST:PORT of programs that send a capture over TCP (pcap-over-IP).")},
	"$.capture.tunnels":      {yaml.HeadComment(" Mirror tunnels that end here, each with protocol (vxlan, geneve, tzsp, or gre, which is ERSPAN too), address (of this machine)", " and from (who may send): - {protocol: gre, address: 10.0.0.5, from: [10.0.0.1]}")},
	"$.capture.flows":        {yaml.HeadComment(" Routers and switches that tell of conversations, each with protocol (netflow, ipfix or sflow), address and from as above.")},
	"$.capture.logs":         {yaml.HeadComment(" Logs that Zeek or Suricata (eve.json) write of traffic that this sensor does not hear: files, or folders of them, such as", " /opt/zeek/logs/current. See docs/how-to/zeek-and-suricata.md.")},
	"$.sensors.listen":       {yaml.HeadComment(" Where a hub lets sensors on other machines in, such as 0.0.0.0:8443; empty is nowhere.")},
	"$.sensors.address":      {yaml.HeadComment(" HOST:PORT by which these reach it, if it is another, such as behind a port forwarding.")},
	"$.log.level":            {yaml.HeadComment(" debug, info, warn or error.")},
	"$.log.format":           {yaml.HeadComment(" text or json.")},
	"$.auth.second_factor":   {yaml.HeadComment(" Whether users with a password here have codes of an app beside it: off, optional, or required-for-admins.", " See docs/how-to/users.md.")},
	"$.oidc":                 {yaml.HeadComment(" An identity provider that people may sign in with: see docs/how-to/users.md.")},
	"$.networks":             {yaml.HeadComment(" Whose addresses networks are, by zone, such as hall-3: [10.3.0.0/16]. A conversation with an address of another zone of", " the same site is told as such: see docs/explanation/zones.md.")},
	"$.proxies":              {yaml.HeadComment(" Addresses of reverse proxies in front of the portal, which speak TLS: 127.0.0.1 is one on this machine. Their X-Forwarded-For", " says who asks, for the audit log and so that who guesses passwords slows nobody else down. See docs/how-to/reverse-proxy.md.")},
	"$.plain_http":           {yaml.HeadComment(" Serve without TLS beyond this machine, to the proxies above alone: for a proxy on another machine or in another container.")},
	"$.metrics":              {yaml.HeadComment(" /metrics answers this machine. With a token it answers others too who show it as \"Authorization: Bearer …\"; name where it is:", " token: {file: /etc/tyto/metrics-token} or {env: NAME}. See docs/reference/metrics.md.")},
	"$.packets.megabytes":    {yaml.HeadComment(" How many megabytes of recent packets a sensor keeps on disk, so that alerts can show theirs, and how many of these a hub keeps;", " 0 keeps none. See docs/how-to/packets-of-an-alert.md.")},
	"$.connect":              {yaml.HeadComment(" Products that are kept in step with what is known of devices: see docs/how-to/defender.md and servicenow.md.")},
	"$.confine":              {yaml.HeadComment(" Give up, once it listens, all rights that are not needed (Linux): capabilities, other files, programs, packet sockets.")},
	"$.forward":              {yaml.HeadComment(" Where alerts and devices are passed on to: see docs/reference/forward.md.")},
}

func defaultSettings() settings {
	name, err := os.Hostname()
	if err != nil {
		name = "sensor"
	}
	return settings{
		Rules: defaultRules(), Fingerprints: fingerprintSetting{Trust: []string{}},
		Inventory: inventorySetting{Memory: 1024},
		Name:      name, Zone: "default", Listen: "127.0.0.1:8080", Data: "tyto-data", Store: embedded, Retention: retentionSetting(store.DefaultRetention()), Networks: networkSettings{}, Proxies: proxySettings{}, Auth: authSetting{SecondFactor: auth.FactorOptional},
		Sensor:  sensorSetting{Interfaces: []string{}, Window: time.Minute, Memory: 512, Spool: 4096, Reserve: 512},
		Capture: captureSetting{Interfaces: map[string]interfaceSetting{}, Watch: []string{}, OverIP: []string{}, Tunnels: []tunnelSetting{}, Flows: []tunnelSetting{}, Logs: []string{}},
		Log:     logSetting{Level: "info", Format: "text"}, Packets: packetSetting{Megabytes: 256}, Confine: true, Forward: []forward.Destination{}, Connect: []connect.Connector{},
	}
}

// loadSettings is the defaults with what the file says; without a file the defaults.
func loadSettings(path string) (settings, error) {
	c := defaultSettings()
	if path == "" {
		return c, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return c, usageError{fmt.Errorf("configuration: %w; name a file that can be read with --config", err)}
	}
	if len(bytes.TrimSpace(text)) == 0 {
		return c, nil
	}
	if err := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict(), yaml.DisallowUnknownField()).Decode(&c); err != nil {
		return c, usageError{fmt.Errorf("configuration: %s: %s\nKnown keys and their meaning: tyto config show", path, yamlReason(err))}
	}
	if err := c.check(string(text)); err != nil {
		return c, usageError{fmt.Errorf("configuration: %s: %w", path, err)}
	}
	return c, nil
}

// yamlReason is the reason with the line and the text around it.
func yamlReason(err error) string { return strings.TrimSpace(yaml.FormatError(err, false, true)) }

// check finds values that cannot be meant.
func (c *settings) check(text string) error {
	var errs []error
	bad := func(key, why string) {
		errs = append(errs, fmt.Errorf("%s%s: %s", lineOf(text, key), key, why))
	}
	if c.Name == "" || len(c.Name) > 128 {
		bad("name", "must have 1 to 128 characters; give the sensor a name that people know")
	}
	if c.Zone == "" || len(c.Zone) > 128 {
		bad("zone", "must have 1 to 128 characters; 'default' will do if there is only one address space")
	}
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		bad("listen", fmt.Sprintf("%q is not HOST:PORT; 127.0.0.1:8080 is the default", c.Listen))
	}
	if why := c.Store.check(); why != "" {
		bad("store", why)
	}
	c.Inventory.check(bad)
	c.Retention.check(bad)
	c.Networks.check(bad)
	c.Proxies.check(bad)
	if why := c.Proxies.plainHTTP(c.Listen); c.Plain && why != "" {
		bad("plain_http", why)
	}
	c.Auth.check(bad)
	if c.Sensor.Workers < 0 || c.Sensor.Workers > maxWorkers {
		bad("sensor.workers", fmt.Sprintf("%d is not between 0 and %d; 0 chooses by itself", c.Sensor.Workers, maxWorkers))
	}
	if c.Sensor.Window < time.Second || c.Sensor.Window > 24*time.Hour {
		bad("sensor.window", fmt.Sprintf("%v is not between 1s and 24h; 1m is the default", c.Sensor.Window))
	}
	if c.Sensor.Memory < leastMemory || c.Sensor.Memory > mostMemory {
		bad("sensor.memory", fmt.Sprintf("%d is not between %d and %d MiB; 512 is the default", c.Sensor.Memory, leastMemory, mostMemory))
	}
	if n := c.Sensor.Conversations; n != 0 && (n < 1000 || n > 50_000_000) {
		bad("sensor.conversations", fmt.Sprintf("%d is neither 0 nor between 1000 and 50000000; 0 is as many as sensor.memory has room for", n))
	}
	if c.Sensor.Spool < 16 || c.Sensor.Spool > 1<<20 {
		bad("sensor.spool", fmt.Sprintf("%d is not between 16 and 1048576 MiB; 4096 is the default", c.Sensor.Spool))
	} else if c.Sensor.Reserve < 0 || c.Sensor.Reserve > c.Sensor.Spool/2 {
		bad("sensor.reserve", fmt.Sprintf("%d is not between 0 and half of sensor.spool, which is %d MiB", c.Sensor.Reserve, c.Sensor.Spool))
	}
	c.Capture.check(bad)
	if _, _, err := net.SplitHostPort(c.Sensors.Listen); err != nil && c.Sensors.Listen != "" {
		bad("sensors.listen", fmt.Sprintf("%q is not HOST:PORT; 0.0.0.0:8443 lets sensors in from everywhere", c.Sensors.Listen))
	}
	if c.Sensors.Address != "" {
		if err := uplink.CheckAddress(c.Sensors.Address); err != nil {
			bad("sensors.address", err.Error())
		}
	}
	if !slices.Contains([]string{"debug", "info", "warn", "error"}, c.Log.Level) {
		bad("log.level", fmt.Sprintf("%q is none of debug, info, warn, error", c.Log.Level))
	}
	if !slices.Contains([]string{"text", "json"}, c.Log.Format) {
		bad("log.format", fmt.Sprintf("%q is neither text nor json", c.Log.Format))
	}
	c.Metrics.Token.Check("metrics.token", false, bad)
	if m := c.Packets.Megabytes; m != 0 && (m < packets.MinBytes>>20 || m > 1<<20) {
		bad("packets.megabytes", fmt.Sprintf("%d is not 0, nor between %d and %d; 0 keeps none", m, packets.MinBytes>>20, 1<<20))
	}
	errs = append(errs, c.Rules.check(text)...)
	errs = append(errs, c.Fingerprints.check(text)...)
	errs = append(errs, checkForward(c.Forward, text)...)
	errs = append(errs, checkConnect(c.Connect, text)...)
	errs = append(errs, checkOIDC(c.OIDC, text)...)
	return errors.Join(errs...)
}

// maxWorkers is as many as a packet's owner can be told apart, with room.
const maxWorkers = 64

// lineOf is "line N: " for the line of the file that sets the key.
func lineOf(text, key string) string {
	parts := strings.Split(key, ".")
	for i, line := range strings.Split(text, "\n") {
		if k, _, ok := strings.Cut(strings.TrimSpace(line), ":"); !ok || k != parts[0] {
			continue
		}
		if parts = parts[1:]; len(parts) == 0 {
			return fmt.Sprintf("line %d: ", i+1)
		}
	}
	return ""
}

type configCommand struct {
	Check configCheck `cmd:"" help:"Say whether the configuration is right; exit status 2 if not."`
	Show  configShow  `cmd:"" help:"Print the configuration in effect, with what each key means."`
}

type configCheck struct{}

// Run checks the file.
func (configCheck) Run(s streams, c *commands) error {
	if c.Config == "" {
		return usageError{errors.New("config check: name the file with --config FILE")}
	}
	if _, err := loadSettings(c.Config); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%s is right.\n", c.Config)
	return nil
}

type configShow struct{}

// Run prints the settings.
func (configShow) Run(s streams, c *commands) error {
	set, err := loadSettings(c.Config)
	if err != nil {
		return err
	}
	return yaml.NewEncoder(s.out, yaml.WithComment(manual)).Encode(set)
}
