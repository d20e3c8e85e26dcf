package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"tyto/capture"
	"tyto/packets"
	"tyto/tyto"
	"tyto/uplink"
)

// send listens and sends to the hub.
func (r *sensorRun) send(ctx context.Context, s streams, set *settings, id *uplink.Identity, p *pages, source capture.Source, live bool) error {
	log := newLog(s.err, set)
	config := uplink.DefaultConfig(uplinkFolder(set.Data))
	config.Sensor, config.Zone, config.Version, config.Log = id.Sensor, id.Zone, version, log
	config.Cap, config.Reserve = int64(set.Sensor.Spool)<<20, int64(set.Sensor.Reserve)<<20
	spool, err := uplink.Open(ctx, config)
	if err != nil {
		return err
	}
	defer spool.Close()
	client := uplink.NewClient(uplinkFolder(set.Data), id, time.Now, log)
	defer client.Close()
	recent, err := openRing(set)
	if err != nil {
		return err
	}
	defer recent.Close()
	if live {
		remark(log, source)
		confineTo(log, set)
	}
	fmt.Fprintf(s.err, "Sensor %s of zone %s tells the hub at %s.\n", id.Sensor, id.Zone, id.Hub)
	all, running := errgroup.WithContext(ctx)
	linked, end := context.WithCancel(context.WithoutCancel(ctx)) // what was heard last is sent, too
	defer end()
	all.Go(func() error { return spool.Run(linked) })
	all.Go(func() error { return uplink.NewSender(spool, client, log).Run(linked) })
	all.Go(func() error { return client.Keep(linked) })
	if recent != nil {
		all.Go(func() error { return client.Answer(linked, finderOf(recent)) })
	}
	all.Go(func() error {
		defer end()
		defer context.AfterFunc(running, func() { source.Close() })() // if the spool fails, listening makes no sense
		err := newSensor(set, source, live, recent.Keep).Run(ctx, func(events []tyto.Event) error {
			p.note(events)
			return spool.Put(linked, events)
		})
		return errors.Join(err, deliver(ctx, running, spool, log))
	})
	return all.Wait()
}

// finderOf finds what a hub wants in a ring of recent packets.
func finderOf(recent *packets.Ring) uplink.Finder {
	return func(ctx context.Context, q *uplink.Wanted, w io.Writer) error {
		_, err := recent.Find(ctx, packets.Query{From: q.From, To: q.To, Between: q.Between, Bytes: packets.BytesOfAlert, Comment: q.Comment}, w)
		if errors.Is(err, packets.ErrNone) {
			return nil
		}
		return err
	}
}

// deliver waits until the hub has what was heard: for good if the captures
// are at their end, a little if the sensor is to end. What is left is sent
// after the next start.
func deliver(ctx, running context.Context, spool *uplink.Spool, log *slog.Logger) error {
	spool.Tell()
	if err := spool.Flush(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	wait, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(drainTime, cancel) })()
	if left := spool.Backlog(); left.Batches > 0 {
		log.Info("all was heard and is on disk; waiting for the hub to have it", "events", left.Events)
	}
	for look := time.NewTicker(50 * time.Millisecond); ; {
		left := spool.Backlog()
		if left.Batches == 0 || running.Err() != nil && ctx.Err() == nil {
			look.Stop()
			return nil
		}
		select {
		case <-look.C:
		case <-wait.Done():
			look.Stop()
			log.Info("the hub does not have everything; the rest is sent after the next start", "events", left.Events)
			return nil
		}
	}
}

type sensorJoin struct {
	Token   string `arg:"" optional:"" help:"What 'tyto hub token' or the portal made."`
	Request string `type:"path" placeholder:"FILE" xor:"how" help:"Write a request to a file, for 'tyto hub sign'."`
	Answer  string `type:"path" placeholder:"FILE" xor:"how" help:"Take what 'tyto hub sign' made of the request."`
	Data    string `type:"path" placeholder:"DIR" help:"The folder for key, certificate and what waits to be sent (default ./tyto-data)."`
	Again   bool   `help:"Join although this folder's sensor joined a hub before; what waits goes to the new one."`
}

// Help is what --help adds.
func (sensorJoin) Help() string {
	return `Examples:
  tyto sensor join tyto1_Xk3… --data /var/lib/tyto
  tyto sensor join --request request.pem        on a machine that does not reach the hub; then, on the hub's,
  tyto hub sign request.pem --name island-1 --zone island --address 10.9.0.1:8443 > answer.json
  tyto sensor join --answer answer.json

The token says where the hub is and how to know it, and works once. The key is made here and stays here. The certificate
is good for 30 days and renews itself from the twentieth on, and up to a week after it expired.`
}

// Run joins.
func (r *sensorJoin) Run(ctx context.Context, s streams, c *commands) error {
	set, err := loadSettings(c.Config)
	if err != nil {
		return err
	}
	if r.Data != "" {
		set.Data = r.Data
	}
	folder := uplinkFolder(set.Data)
	if old, err := uplink.Load(folder); err == nil && !r.Again {
		return usageError{fmt.Errorf("%s is of sensor %s, which joined the hub at %s; to join another, or again, add --again", folder, old.Sensor, old.Hub)}
	}
	var id *uplink.Identity
	switch {
	case r.Request != "" && r.Token == "":
		return r.request(s, folder)
	case r.Answer != "" && r.Token == "":
		text, bad := readSmall(r.Answer)
		if bad != nil {
			return usageError{bad}
		}
		id, err = uplink.Answer(folder, text)
	case r.Token != "" && r.Request == "" && r.Answer == "":
		token, bad := uplink.ParseToken(r.Token)
		if bad != nil {
			return usageError{bad}
		}
		id, err = uplink.Join(ctx, token, folder, time.Now)
	default:
		return usageError{errors.New("give the token, or --request FILE, or --answer FILE")}
	}
	if err != nil {
		return err
	}
	where := ""
	if r.Data != "" {
		where = " --data " + r.Data
	}
	fmt.Fprintf(s.out, "Joined the hub at %s as sensor %s of zone %s. Start it with: tyto sensor -i INTERFACE%s\n", id.Hub, id.Sensor, id.Zone, where)
	return nil
}

func (r *sensorJoin) request(s streams, folder string) error {
	text, err := uplink.Request(folder)
	if err != nil {
		return err
	}
	if err := os.WriteFile(r.Request, text, 0o644); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "Have it signed on the hub's machine: tyto hub sign %s --name NAME --zone ZONE --address HOST:PORT > answer.json\nThen: tyto sensor join --answer answer.json\n", filepath.Base(r.Request))
	return nil
}
