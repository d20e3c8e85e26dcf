package capture

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// A cardClock tells the times of packets that a network card stamped from
// those that the kernel did, and watches over the card's clock, which may be
// set to anything.
type cardClock struct {
	now   int64         // by the system, as the block is read; 0 if nobody looked
	apart time.Duration // by which the two clocks differ, if it is too much; 0 if not
	told  bool
	count uint64 // packets with the card's time since the last count
}

// mostApart is how far a packet's time by the card may be from the system's at
// which it is read. It waits some time in the ring; and a clock that counts
// TAI, as PTP's do, is 37 s ahead.
const mostApart = 30 * time.Second

// whyNot says why packets of a card are not stamped by it, from what its
// driver says (linux/net_tstamp.h): "" if they can be.
func whyNot(driver *unix.EthtoolTsInfo) string {
	const hardware = unix.SOF_TIMESTAMPING_RX_HARDWARE | unix.SOF_TIMESTAMPING_RAW_HARDWARE
	switch {
	case driver.So_timestamping&hardware != hardware:
		return "its driver does not stamp what it receives"
	case driver.Rx_filters>>unix.HWTSTAMP_FILTER_ALL&1 == 0:
		return "its card stamps packets of PTP only"
	}
	return ""
}

// stampByCard has the card stamp what it receives, and the ring take that time
// where there is one. The interface stays so.
func (r *ring) stampByCard() error {
	driver, err := unix.IoctlGetEthtoolTsInfo(r.fd, r.info.Name)
	if err != nil {
		return fmt.Errorf("its driver says nothing of it: %w", err)
	}
	if why := whyNot(driver); why != "" {
		return errors.New(why)
	}
	config, err := unix.IoctlGetHwTstamp(r.fd, r.info.Name)
	if err != nil || config.Rx_filter != unix.HWTSTAMP_FILTER_ALL {
		config = &unix.HwTstampConfig{Rx_filter: unix.HWTSTAMP_FILTER_ALL}
		if err := unix.IoctlSetHwTstamp(r.fd, r.info.Name, config); err != nil {
			return fmt.Errorf("to have the card do it needs CAP_NET_ADMIN, or hwstamp_ctl -i %s -r 1 before: %w", r.info.Name, err)
		}
		if config.Rx_filter != unix.HWTSTAMP_FILTER_ALL {
			return errors.New("its card stamps some packets only")
		}
	}
	return unix.SetsockoptInt(r.fd, unix.SOL_PACKET, unix.PACKET_TIMESTAMP, unix.SOF_TIMESTAMPING_RAW_HARDWARE|unix.SOF_TIMESTAMPING_SOFTWARE)
}

// clock asks for times of the card; where there are none, those of the kernel
// stay, which is said.
func (r *ring) clock() {
	if err := r.stampByCard(); err != nil {
		r.info.NoClock = true
		r.info.Remarks = append(r.info.Remarks, "Times are the kernel's, not the card's: "+err.Error()+".")
	}
}

// time is a packet's time, t by whoever stamped it, as the status says.
func (c *cardClock) time(t int64, status uint32) int64 {
	if status&unix.TP_STATUS_TS_RAW_HARDWARE == 0 {
		return t
	}
	if c.now == 0 {
		var now unix.Timespec
		_ = unix.ClockGettime(unix.CLOCK_REALTIME, &now)
		c.now = now.Nano()
	}
	if apart := time.Duration(t - c.now); apart < -mostApart || apart > mostApart {
		c.apart = apart
		return c.now
	}
	c.count++
	return t
}

// countTimes adds to what is told, and has the kernel stamp if the card's
// clock is wrong.
func (r *ring) countTimes() {
	c := &r.card
	r.info.ByCard, c.count = r.info.ByCard+c.count, 0
	if c.apart == 0 || c.told {
		return
	}
	c.told, r.info.NoClock = true, true
	_ = unix.SetsockoptInt(r.fd, unix.SOL_PACKET, unix.PACKET_TIMESTAMP, unix.SOF_TIMESTAMPING_SOFTWARE) // else they go on being put right
	r.info.Remarks = append(r.info.Remarks, fmt.Sprintf("Times are the kernel's again: the card's clock is %v from the system's. Let phc2sys set it.", c.apart.Round(time.Second)))
}
