// Package mirror says in words whether what an interface hears is what a
// mirror port should give: both sides of conversations, each packet once,
// none lost. It speaks of the counters that a sensor tells in its health.
package mirror

import "fmt"

// A Level is how bad a finding is.
type Level string

// The levels.
const (
	Good    Level = "good"
	Warning Level = "warning" // something will be missing
	Bad     Level = "bad"     // most will be
)

// A Finding is one thing that is to be known about a mirror.
type Finding struct {
	Level  Level  `json:"level"`
	Text   string `json:"text"`
	Remedy string `json:"remedy,omitempty"`
}

// Samples below which nothing is concluded.
const (
	fewFrames        = 200
	fewConversations = 20
	fewBytes         = 100_000
)

// Findings is what the counters of one interface say; never none. The counters are
// those of tyto.Health, all of them since the same time.
func Findings(counters map[string]uint64) []Finding {
	c := counters
	if lines, ok := c["lines"]; ok {
		return written(lines)
	}
	if f := refused(c); c["packets"] == 0 && f != nil {
		return []Finding{*f}
	}
	if c["packets"] == 0 && c["filtered"] > 0 {
		return []Finding{{Bad, fmt.Sprintf("The filter refuses all of the %d packets that came.", c["filtered"]),
			"Leave the filter out, or mend its expression: capture.filter in the configuration, or --filter."}}
	}
	if c["packets"] == 0 {
		return []Finding{{Bad, "Nothing arrives.",
			"Check the cable and that the interface is up, that the switch's mirror session is active, and that this port is its destination."}}
	}
	var all []Finding
	add := func(f *Finding) {
		if f != nil {
			all = append(all, *f)
		}
	}
	add(unicast(c))
	add(oneSided(c))
	add(twice(c))
	add(dropped(c))
	add(starved(c))
	add(instead(c))
	add(given(c))
	add(unseen(c))
	add(cut(c))
	add(merged(c))
	add(refused(c))
	if len(all) > 0 {
		return all
	}
	if c["unicast"]+c["broadcast"]+c["multicast"] < fewFrames {
		return []Finding{{Good, "Too little was heard so far to say more.", "Wait, or make some traffic."}}
	}
	return []Finding{{Good, "Conversations between others are heard from both sides, each packet once, and nothing is lost.", ""}}
}

// written is what there is to say of logs that another program writes.
func written(lines uint64) []Finding {
	if lines == 0 {
		return []Finding{{Bad, "Nothing is written to these logs.",
			"Check that Zeek or Suricata runs and writes there, and that what it writes is text with tabs or JSON."}}
	}
	return []Finding{{Good, fmt.Sprintf("%d lines of logs were read.", lines), ""}}
}

// unicast looks whether there is any traffic between others.
func unicast(c map[string]uint64) *Finding {
	all := c["unicast"] + c["broadcast"] + c["multicast"]
	if all < fewFrames || c["unicast"]*20 >= all {
		return nil
	}
	share := "Only " + percent(c["unicast"], all)
	if c["unicast"] == 0 {
		share = "None"
	}
	return &Finding{Bad, fmt.Sprintf("%s of the frames are for one receiver: this looks like an ordinary port, not like a mirror.", share),
		"Configure the switch to mirror ports or VLANs to this one (SPAN). Devices that announce themselves are found all the same; their conversations are not."}
}

// oneSided looks whether the two directions of a link are both mirrored.
func oneSided(c map[string]uint64) *Finding {
	all := c["tcp_two_sided"] + c["tcp_one_sided"]
	if all < fewConversations || c["tcp_one_sided"]*5 < all {
		return nil
	}
	f := &Finding{Warning, fmt.Sprintf("Of %s of the TCP conversations only one side is heard.", percent(c["tcp_one_sided"], all)),
		"Mirror both directions (rx and tx, \"both\"); of a TAP connect both outputs; where two paths share the load, mirror both."}
	if c["tcp_one_sided"]*2 > all {
		f.Level = Bad
	}
	return f
}

func twice(c map[string]uint64) *Finding {
	if c["packets"] < fewFrames || c["duplicates"]*10 < c["packets"] {
		return nil
	}
	return &Finding{Warning, fmt.Sprintf("%s of the packets come twice, so their numbers and bytes are counted twice.", percent(c["duplicates"], c["packets"])),
		"The same packet passes two mirrored places: mirror ports in one direction only (rx), or the VLAN instead of its ports."}
}

// tooSlow is what helps a sensor that does not keep up.
const tooSlow = "Give the sensor more processors, mirror less to it or filter what is not needed, or spread the mirror over several sensors."

func dropped(c map[string]uint64) *Finding {
	all := c["packets"] + c["kernel_drops"]
	if c["kernel_drops"]*1000 < all || c["kernel_drops"] == 0 {
		return nil
	}
	f := &Finding{Warning, fmt.Sprintf("The sensor was too slow for %s of the packets.", percent(c["kernel_drops"], all)), tooSlow}
	if c["kernel_drops"]*100 > all {
		f.Level = Bad
	}
	return f
}

// instead looks whether the interface is listened to otherwise than was asked for.
func instead(c map[string]uint64) *Finding {
	switch {
	case c["no_af_xdp"] > 0:
		return &Finding{Warning, "The interface went away and is listened to by AF_PACKET since: AF_XDP needs rights that the sensor gave up.", "Start the sensor anew."}
	case c["no_card_clock"] > 0:
		return &Finding{Warning, "Times are the kernel's, not those of the network card's clock as was asked for.", "tyto sensor check, and the sensor's log, say why."}
	}
	return nil
}

// starved looks whether a card had to drop before the kernel could count.
func starved(c map[string]uint64) *Finding {
	if c["starved"] == 0 {
		return nil
	}
	return &Finding{Warning, fmt.Sprintf("%d times the network card found no memory for packets, and dropped some: ethtool -S says how many.", c["starved"]), tooSlow}
}

// given looks for what the sensor counted only, for want of time.
func given(c map[string]uint64) *Finding {
	n := c["shed_bulk"] + c["shed_new"]
	if n == 0 {
		return nil
	}
	return &Finding{Warning, fmt.Sprintf("The sensor had no time to look into %d conversations; they are counted only.", n), tooSlow}
}

// unseen looks for what receivers confirmed and nobody saw: lost on the way
// to the sensor, as its own losses are counted.
func unseen(c map[string]uint64) *Finding {
	all := c["tcp_bytes_seen"] + c["tcp_bytes_unseen"]
	if all < fewBytes || c["tcp_bytes_unseen"]*100 < all {
		return nil
	}
	return &Finding{Warning, fmt.Sprintf("%s of the bytes that TCP receivers confirmed never came here.", percent(c["tcp_bytes_unseen"], all)),
		"The mirror port is probably overloaded, and the switch drops what does not fit: mirror fewer ports, or use a faster one."}
}

func cut(c map[string]uint64) *Finding {
	if c["truncated"]*100 < c["packets"] || c["truncated"] == 0 {
		return nil
	}
	return &Finding{Warning, fmt.Sprintf("%s of the packets are cut short before they come here.", percent(c["truncated"], c["packets"])),
		"Let the mirror session, or the tool that captures, keep whole packets (no truncation, snapshot length 0)."}
}

// longest is the longest frame that leaves a network of jumbo frames: 9216 and
// the headers and tags of the link.
const longest = 9_216 + 14 + 16 + 4

func merged(c map[string]uint64) *Finding {
	if c["longest"] <= longest {
		return nil
	}
	return &Finding{Warning, fmt.Sprintf("Frames of up to %d bytes come, which no network carries: the interface merges packets.", c["longest"]),
		"Turn that off for this interface: ethtool -K IFACE gro off lro off."}
}

// refused looks for what came over a tunnel from somebody who may not send.
func refused(c map[string]uint64) *Finding {
	if c["refused"] == 0 {
		return nil
	}
	return &Finding{Warning, fmt.Sprintf("%d packets came over a tunnel from addresses that may not send.", c["refused"]),
		"If a switch of yours sends them, add its address to the tunnel's from in the configuration (capture.tunnels); else somebody tries to deceive the sensor."}
}

// percent is a share in words that do not say 0 or 100 unless it is.
func percent(part, all uint64) string {
	p := float64(part) * 100 / float64(all)
	switch {
	case part == 0:
		return "none"
	case p < 1:
		return fmt.Sprintf("%.1f %%", max(p, 0.1))
	case part < all && p > 99:
		return "99 %"
	}
	return fmt.Sprintf("%.0f %%", p)
}
