package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"tyto/auth"
	"tyto/hub"
	"tyto/packets"
	"tyto/store/sqlite"
	"tyto/uplink"
)

// hubCommand is the hub and what is done to it.
type hubCommand struct {
	Serve  hubServe  `cmd:"" default:"withargs" help:"Serve: store, API and portal, fed with events. What 'tyto hub' does by itself."`
	Token  hubToken  `cmd:"" help:"Make a token with which one sensor joins, once."`
	Sign   hubSign   `cmd:"" help:"Sign the request of a sensor that cannot reach the hub yet."`
	Revoke hubRevoke `cmd:"" help:"Keep a sensor out, from its next request on."`
}

// Help is what --help adds.
func (hubCommand) Help() string {
	return `In this order, on the hub's machine and on the sensor's:
  tyto hub --data /var/lib/tyto --listen 0.0.0.0:9443 --tls --sensors 0.0.0.0:8443
  tyto hub token --data /var/lib/tyto --name hall-3 --zone hall --address hub.example.org:8443
  tyto sensor join TOKEN --data /var/lib/tyto
  tyto sensor -i eth1 --data /var/lib/tyto

The flags of the hub itself: tyto hub serve --help.`
}

// letSensorsIn opens what sensors on other machines need of a hub.
func letSensorsIn(ctx context.Context, set *settings, deps *hub.Deps) error {
	ca, err := auth.OpenCA(ctx, deps.Store, filepath.Join(set.Data, auth.SecretFile), time.Now)
	if err != nil && set.Sensors.Listen == "" && deps.Portal != nil {
		deps.Log.WarnContext(ctx, "no sensor can be let in", "err", err)
		return nil
	}
	if err != nil {
		return err
	}
	deps.Enrolment = auth.NewEnrolment(ca, deps.Store, time.Now, deps.Log)
	deps.SensorAddress = set.Sensors.Address
	if set.Sensors.Listen == "" {
		return nil
	}
	if deps.SensorListener, err = net.Listen("tcp", set.Sensors.Listen); err != nil {
		return fmt.Errorf("%w; choose another address with --sensors", err)
	}
	return gatherPackets(set, deps)
}

// gatherPackets has sensors send the packets of their alerts, if the settings want any.
func gatherPackets(set *settings, deps *hub.Deps) error {
	if set.Packets.Megabytes == 0 {
		return nil
	}
	saved, err := packets.OpenSaved(filepath.Join(set.Data, recentPackets, "alerts"), set.Packets.bytes())
	if err == nil {
		deps.Packets = hub.NewGatherer(saved, nil)
	}
	return err
}

// enrolPlan says which sensor is to join where.
type enrolPlan struct {
	Name    string `required:"" placeholder:"NAME" help:"The sensor's name; one that joined under it is replaced."`
	Zone    string `required:"" placeholder:"ZONE" help:"The address space that it listens to; made if there is none of that id."`
	Site    string `placeholder:"SITE" help:"Where the zone is; made if there is none of that id."`
	Address string `placeholder:"HOST:PORT" help:"By which the sensor reaches the hub (default sensors.address of the configuration)."`
	Data    string `type:"path" placeholder:"DIR" help:"The folder of the hub's store (default ./tyto-data)."`
}

func (p *enrolPlan) over(set *settings) {
	if p.Data != "" {
		set.Data = p.Data
	}
}

// address is by which sensors reach a hub of a configuration.
func (p *enrolPlan) address(set *settings) (string, error) {
	address := cmp.Or(p.Address, set.Sensors.Address)
	if address == "" && set.Sensors.Listen != "" {
		host, port, _ := net.SplitHostPort(set.Sensors.Listen) // it was checked
		if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
			host, _ = os.Hostname() // "" is refused below
		}
		address = net.JoinHostPort(host, port)
	}
	if address == "" {
		return "", usageError{errors.New("by which address do sensors reach the hub? Name it with --address HOST:PORT, or set sensors.address in the configuration")}
	}
	if err := uplink.CheckAddress(address); err != nil {
		return "", usageError{err}
	}
	return address, nil
}

type hubToken struct {
	enrolPlan
	Life time.Duration `default:"1h" placeholder:"1h" help:"How long the token may be used, from 1m to 168h."`
}

// Help is what --help adds.
func (hubToken) Help() string {
	return `Examples:
  tyto hub token --name hall-3 --zone hall --site graz --address hub.example.org:8443
  tyto hub token --name hall-3 --zone hall --data /var/lib/tyto --life 24h

It is run on the hub's machine, by who may read its folder; the hub may be working. The token goes to the sensor:
  tyto sensor join TOKEN`
}

// Run makes a token.
func (r *hubToken) Run(ctx context.Context, s streams, c *commands) error {
	set, err := loadSettings(c.Config)
	if err != nil {
		return err
	}
	r.over(&set)
	address, err := r.address(&set)
	if err != nil {
		return err
	}
	var made controlAnswer
	err = atHub(ctx, &set, &controlQuestion{Do: doToken, Name: r.Name, Zone: r.Zone, Site: r.Site, Address: address, Life: r.Life}, &made)
	if err != nil {
		return err
	}
	fmt.Fprintf(s.err, "Good until %s, once. On the sensor's machine:\n\n  tyto sensor join TOKEN\n\n", made.Expires.Local().Format("2 Jan 15:04"))
	fmt.Fprintln(s.out, made.Text)
	return nil
}

type hubSign struct {
	enrolPlan
	Request string `arg:"" type:"path" placeholder:"FILE" help:"What 'tyto sensor join --request FILE' wrote."`
}

// Help is what --help adds.
func (hubSign) Help() string {
	return `Example:
  tyto hub sign request.pem --name island-1 --zone island --address 10.9.0.1:8443 > answer.json

The answer is no secret; it goes back to the sensor: tyto sensor join --answer answer.json`
}

// Run signs a request.
func (r *hubSign) Run(ctx context.Context, s streams, c *commands) error {
	set, err := loadSettings(c.Config)
	if err != nil {
		return err
	}
	r.over(&set)
	address, err := r.address(&set)
	if err != nil {
		return err
	}
	request, err := readSmall(r.Request)
	if err != nil {
		return usageError{err}
	}
	var made controlAnswer
	if err := atHub(ctx, &set, &controlQuestion{Do: doSign, Name: r.Name, Zone: r.Zone, Site: r.Site, Address: address, Request: request}, &made); err != nil {
		return err
	}
	_, err = io.WriteString(s.out, made.Text)
	return err
}

type hubRevoke struct {
	Name string `arg:"" help:"The sensor's name."`
	Data string `type:"path" placeholder:"DIR" help:"The folder of the hub's store (default ./tyto-data)."`
}

// Help is what --help adds.
func (hubRevoke) Help() string {
	return `Example:
  tyto hub revoke hall-3

Its certificates are good for nothing at once, also on connections that are open. What it told stays. With a new token it
may join again.`
}

// Run revokes a sensor.
func (r *hubRevoke) Run(ctx context.Context, s streams, c *commands) error {
	set, err := loadSettings(c.Config)
	if err != nil {
		return err
	}
	if r.Data != "" {
		set.Data = r.Data
	}
	var done controlAnswer
	if err := atHub(ctx, &set, &controlQuestion{Do: doRevoke, Name: r.Name}, &done); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%s is revoked.\n", r.Name)
	return nil
}

// atHub has something done by the hub that works in a folder; if none does, it
// is done here.
func atHub(ctx context.Context, set *settings, q *controlQuestion, a *controlAnswer) error {
	err := askControl(ctx, set.Data, q, a)
	if !errors.Is(err, errNoHub) {
		return err
	}
	if _, err := os.Stat(filepath.Join(set.Data, storeName)); errors.Is(err, fs.ErrNotExist) && !set.Store.shared() {
		return usageError{fmt.Errorf("there is no hub's store in %s; name its folder with --data", set.Data)}
	}
	memory, err := openStore(ctx, set, func(c *sqlite.Config) { c.SkipCheck = true }) // what is damaged is met, or by the hub
	if err != nil {
		return err
	}
	defer memory.Close()
	deps := hub.Deps{Store: memory}
	quiet := *set
	quiet.Sensors.Listen = ""
	deps.Log = newLog(io.Discard, set)
	if err := letSensorsIn(ctx, &quiet, &deps); err != nil {
		return err
	}
	*a, err = controlled(ctx, deps.Enrolment, localUser(os.Getuid()), q)
	return err
}

// readSmall reads a file that is no larger than a request or an answer is.
func readSmall(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	const most = 64 << 10
	b, err := io.ReadAll(io.LimitReader(f, most+1))
	if len(b) > most {
		return nil, fmt.Errorf("%s: it is longer than %d bytes", path, most)
	}
	return b, err
}
