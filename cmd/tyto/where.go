package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strconv"

	"github.com/zeebo/xxh3"

	"tyto/capture"
	"tyto/filter"
	"tyto/flows"
	"tyto/logs"
)

// where says what a sensor listens to.
type where struct {
	Interface []string `short:"i" placeholder:"IFACE" help:"Interface with mirrored traffic; may be repeated. Nothing is sent on it."`
	Endpoint  bool     `help:"Listen as an ordinary host: only its own conversations, broadcast and multicast are looked at."`
	Pcap      []string `type:"path" placeholder:"FILE" help:"Play capture files or folders instead of listening."`
	choosing
	Speed      float64  `default:"1" placeholder:"N" help:"Play N times as fast as it was captured; 0 as fast as it goes."`
	Watch      []string `type:"path" placeholder:"DIR" help:"Read capture files as they appear in a folder and grow, each packet once."`
	PcapOverIP []string `name:"pcap-over-ip" placeholder:"HOST:PORT" help:"Read a capture from a program that sends it over TCP; it is connected to again when it ends."`
	Logs       []string `type:"path" placeholder:"PATH" help:"Follow a log of Zeek or Suricata, or a folder of them, each line once."`
}

// open is the source, and whether it is live: what a file is not.
func (w *where) open(set *settings) (capture.Source, bool, error) {
	only, err := w.wanted(set)
	if err != nil {
		return nil, false, err
	}
	if len(w.Pcap) > 0 {
		if _, err := set.Sensor.budget(0, false); err != nil {
			return nil, false, err
		}
		source, err := w.replay(only)
		return source, false, err
	}
	source, err := w.listen(set, only)
	return source, true, err
}

// replay plays files.
func (w *where) replay(only *filter.Filter) (capture.Source, error) {
	switch {
	case len(w.Interface)+len(w.Watch)+len(w.PcapOverIP)+len(w.Logs) > 0:
		return nil, usageError{errors.New("listen with -i, --watch, --pcap-over-ip or --logs, or play with --pcap, not both")}
	case w.Endpoint:
		return nil, usageError{errors.New("--endpoint is about listening with -i; a capture has what it has")}
	case w.Speed < 0:
		return nil, usageError{fmt.Errorf("--speed %v is negative; 1 is the capture's own pace, 0 as fast as it goes", w.Speed)}
	}
	source, err := openFiles(w.Pcap, only)
	if err != nil {
		return nil, usageError{err}
	}
	return capture.Paced(source, w.Speed, nil), nil
}

// listen opens what the command line names, else what the configuration does.
func (w *where) listen(set *settings, only *filter.Filter) (capture.Source, error) {
	interfaces, folders, remotes, written := w.Interface, w.Watch, w.PcapOverIP, w.Logs
	var tunnels, told []tunnelSetting
	if len(interfaces)+len(folders)+len(remotes)+len(written) == 0 {
		interfaces, folders, remotes, written = set.Sensor.Interfaces, set.Capture.Watch, set.Capture.OverIP, set.Capture.Logs
		tunnels, told = set.Capture.Tunnels, set.Capture.Flows
	}
	b, err := set.Sensor.budget(len(interfaces)+len(tunnels)+len(told), true)
	if err != nil {
		return nil, err
	}
	var all []capture.Source
	add := func(s capture.Source, bad error) {
		if err = errors.Join(err, bad); bad == nil {
			all = append(all, s)
		}
	}
	if len(interfaces) > 0 {
		all, err = set.Capture.openInterfaces(interfaces, capture.Live{Endpoint: w.Endpoint, Filter: only, RingBytes: int(b.Rings)})
	}
	for _, dir := range folders {
		s, bad := capture.OpenFolder(dir, capture.Watch{State: rememberedIn(set.Data, dir)}, capture.Options{})
		add(sifted(s, only), bad)
	}
	for _, address := range remotes {
		add(sifted(capture.OpenRemote(address, capture.Options{}, nil), only), nil)
	}
	for i := range tunnels {
		t, _ := tunnels[i].tunnel()
		s, bad := capture.OpenTunnel(t)
		add(sifted(s, only), bad)
	}
	for i := range told {
		t, _ := told[i].tunnel()
		s, bad := capture.OpenTunnel(t)
		if bad == nil {
			s = flows.Divert(s, set.Capture.tell())
		}
		add(s, bad)
	}
	for _, path := range written {
		s, bad := logs.Follow(path, capture.Watch{State: rememberedIn(set.Data, "logs "+path)}, set.Capture.tell())
		add(s, bad)
	}
	if err == nil && len(all) == 0 {
		err = usageError{errors.New("nothing to listen to: name an interface with -i, a capture with --pcap, a folder with --watch, or logs with --logs")}
	}
	if err != nil {
		for _, s := range all {
			s.Close()
		}
		return nil, err
	}
	return capture.Together(all...), nil
}

// interfacesOf is how many captures of a source do not wait, for which the
// kernel keeps packets.
func interfacesOf(source capture.Source) (n int) {
	for _, i := range source.Captures() {
		if i.Live {
			n++
		}
	}
	return n
}

// rememberedIn is the file that remembers what was read of a watched folder.
func rememberedIn(data, dir string) string {
	if full, err := filepath.Abs(dir); err == nil {
		dir = full
	}
	return filepath.Join(data, "watched", strconv.FormatUint(xxh3.HashString(dir), 16)+".json")
}

// told says what was wrong with the input.
func told(s streams, source capture.Source) {
	for _, c := range source.Captures() {
		if c.Err != nil {
			fmt.Fprintf(s.err, "tyto: %v\n", c.Err)
		}
	}
}
