package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"tyto/capture"
	"tyto/confine"
	"tyto/mirror"
	"tyto/uplink"
)

type sensorCheck struct {
	where
	Data string `type:"path" placeholder:"DIR" help:"The folder that 'tyto sensor join' used (default ./tyto-data)."`
}

// Help is what --help adds.
func (sensorCheck) Help() string {
	return `Examples:
  tyto sensor check -i eth1
  sudo runuser -u tyto-sensor -- tyto --config /etc/tyto/tyto.yaml sensor check --data /var/lib/tyto/sensor

It does what 'tyto sensor' does as it starts, on the same interfaces with the same rights: opens its sockets, looks at the
interfaces and at its folder, and gives up its rights. What it cannot have, or cannot give up, it says, with the reason.
Exit status 1 if the sensor would not start, or hear nothing.`
}

// errCheck is the exit status when something is bad; the report has said what.
var errCheck = errors.New("sensor check: not all is well; see above")

// Run tries what a sensor does as it starts.
func (r *sensorCheck) Run(s streams, c *commands) error {
	set, err := loadSettings(c.Config)
	if err != nil {
		return err
	}
	if r.Data != "" {
		set.Data = r.Data
	}
	k := checking{out: s.out}
	k.listening(&r.where, &set)
	k.folder(set.Data)
	k.rights(&set)
	if k.bad {
		return errCheck
	}
	return nil
}

// checking says what was found, a line each.
type checking struct {
	out io.Writer
	bad bool
}

func (k *checking) say(level mirror.Level, remedy, format string, args ...any) {
	k.bad = k.bad || level == mirror.Bad
	fmt.Fprintf(k.out, "%-8s %s\n", level, fmt.Sprintf(format, args...))
	if remedy != "" {
		fmt.Fprintf(k.out, "         %s\n", remedy)
	}
}

// listening opens what the sensor would listen to.
func (k *checking) listening(w *where, set *settings) {
	source, live, err := w.open(set)
	if err != nil {
		k.say(mirror.Bad, "", "%v", err)
		return
	}
	defer source.Close()
	for _, i := range source.Captures() {
		k.say(mirror.Good, "", "%s can be listened to.", i.Name)
		link, err := mirror.Look(i.Name)
		if !live || err != nil {
			continue
		}
		k.driver(i)
		for _, f := range link.Findings() {
			k.say(f.Level, f.Remedy, "%s: %s", i.Name, f.Text)
		}
	}
}

// driver says how an interface is listened to, and whether it could be by AF_XDP.
func (k *checking) driver(i capture.Info) {
	for _, r := range i.Remarks {
		k.say(mirror.Warning, "", "%s: %s", i.Name, r)
	}
	if i.Driver != usualDriver || len(i.Remarks) > 0 {
		k.say(mirror.Good, "", "%s: It is listened to by %s.", i.Name, i.Driver)
		return
	}
	if err := capture.XDP(i.Name); err != nil {
		k.say(mirror.Good, "", "%s: It is listened to by AF_PACKET, as usual. AF_XDP: %v", i.Name, err)
		return
	}
	k.say(mirror.Good, "", "%s: It is listened to by AF_PACKET, as usual. Nothing is against AF_XDP (driver: af_xdp), which takes the packets away from this machine's network.", i.Name)
}

// folder looks at what the sensor keeps.
func (k *checking) folder(data string) {
	id, err := uplink.Load(uplinkFolder(data))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		k.say(mirror.Warning, "tyto sensor join TOKEN --data "+data, "It has not joined a hub: events go to standard output.")
		return
	case err != nil:
		k.say(mirror.Bad, "", "%v", err)
		return
	}
	k.say(mirror.Good, "", "It joined the hub at %s as sensor %s of zone %s.", id.Hub, id.Sensor, id.Zone)
	f, err := os.CreateTemp(uplinkFolder(data), "check-*")
	if err != nil {
		k.say(mirror.Bad, "Give the folder to the user that runs the sensor.", "What the hub does not have yet cannot be kept: %v", err)
		return
	}
	f.Close()
	os.Remove(f.Name())
	k.say(mirror.Good, "", "What the hub does not have yet is kept in %s.", uplinkFolder(data))
}

// rights gives up what the sensor would; this process ends after it.
func (k *checking) rights(set *settings) {
	if !set.Confine {
		k.say(mirror.Warning, "confine: true", "It keeps all its rights, as the configuration says.")
		return
	}
	report := confine.Process(confine.Needs{Write: writes(set)})
	for _, what := range report.Done {
		k.say(mirror.Good, "", "Confined: %s.", what)
	}
	for _, f := range report.Failed {
		k.say(mirror.Warning, "", "Not confined: %s: %v", f.What, f.Err)
	}
}
