package uplink

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"tyto/tyto"
)

// The ways by which a hub gets the packets of alerts: a sensor asks what is
// wanted, is answered when something is or after WantedWait, and sends it. The hub
// never connects to a sensor.
const (
	PathWanted  = "/uplink/v1/packets/wanted"
	PathPackets = "/uplink/v1/packets/of/" // and the id of an alert
	PcapngType  = "application/x-pcapng"
)

// Bounds of packets of alerts.
const (
	WantedWait = 25 * time.Second // what a sensor waits for an answer, without any, at most
	MostWanted = 16               // alerts in one answer
	MaxPackets = 4 << 20          // bytes of pcapng of one alert: enough for 2 MiB of packets, however small these are
	MaxComment = 1 << 10          // bytes
)

// Wanted is packets that the hub wants of a sensor, for an alert.
type Wanted struct {
	Alert   string         `json:"alert"` // its id
	From    time.Time      `json:"from"`
	To      time.Time      `json:"to"`
	Between []tyto.Subject `json:"between"` // one, or two
	Comment string         `json:"comment"` // to stand in the capture
}

// Wants is the hub's answer to a sensor that asks what is wanted.
type Wants struct {
	Packets []Wanted `json:"packets,omitempty"`
}

// A Finder writes packets that are wanted as pcapng; if there are none it
// writes nothing.
type Finder func(ctx context.Context, q *Wanted, w io.Writer) error

// How long is waited between two questions, and after failures, doubling.
const (
	packetsPause   = time.Second
	packetsLongest = 5 * time.Minute
)

// Answer sends the hub what it wants of the packets that find has, until ctx is done.
func (c *Client) Answer(ctx context.Context, find Finder) error {
	for wait := packetsPause; ; {
		err := c.answerOnce(ctx, find)
		if ctx.Err() != nil {
			return nil
		}
		if err == nil {
			wait = packetsPause
		} else if wait == packetsPause {
			c.log.InfoContext(ctx, "cannot send packets of alerts; trying on", "err", err)
		}
		t := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-t.C:
		}
		t.Stop()
		if err != nil {
			wait = min(2*wait, packetsLongest)
		}
	}
}

// answerOnce asks what is wanted, and sends it.
func (c *Client) answerOnce(ctx context.Context, find Finder) error {
	id, client := c.current()
	var wants Wants
	if err := ask(ctx, client, id.Hub, PathWanted, struct{}{}, &wants); err != nil {
		return err
	}
	for i := range wants.Packets {
		q := &wants.Packets[i]
		body := capped{most: MaxPackets}
		if err := find(ctx, q, &body); err != nil {
			c.log.WarnContext(ctx, "cannot read the packets of an alert", "alert", q.Alert, "err", err)
			body.Reset() // the hub must not ask for ever
		}
		err := c.sendPackets(ctx, q.Alert, body.Bytes())
		var refused *RefusedError
		if errors.As(err, &refused) {
			c.log.WarnContext(ctx, "the hub does not take the packets of an alert", "alert", q.Alert, "err", err)
		} else if err != nil {
			return err
		}
	}
	return nil
}

// sendPackets sends the packets of an alert; without any it says that there are none.
func (c *Client) sendPackets(ctx context.Context, alert string, body []byte) error {
	id, client := c.current()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://"+id.Hub+PathPackets+url.PathEscape(alert), bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", PcapngType)
	got, err := client.Do(r)
	if err != nil {
		return fmt.Errorf("uplink: %w", err)
	}
	defer got.Body.Close()
	text, err := io.ReadAll(io.LimitReader(got.Body, maxAnswer))
	if got.StatusCode != http.StatusOK {
		return statusError(got, text)
	}
	return err
}

// capped is a buffer that takes no more than it may.
type capped struct {
	bytes.Buffer
	most int
}

// Write implements io.Writer.
func (b *capped) Write(p []byte) (int, error) {
	if b.Len()+len(p) > b.most {
		return 0, fmt.Errorf("uplink: packets of more than %d bytes", b.most)
	}
	return b.Buffer.Write(p)
}
