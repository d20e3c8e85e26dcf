package forward

import (
	"strconv"
	"strings"

	"tyto/outbound"
	"tyto/tyto"
)

// LEEF 2.0 is what QRadar reads: LEEF:2.0|vendor|product|version|event|x09|
// and key=value pairs with tabs between them. It has no escape: what would
// end a field is replaced.

var leefHeader = strings.NewReplacer("|", "/", "=", ":")

func leefLine(e *tyto.Event, clip int) []byte {
	r := recordOf(e)
	var b strings.Builder
	b.WriteString("LEEF:2.0")
	for _, f := range []string{vendor, productName, "1", r.class, "x09"} {
		b.WriteByte('|')
		b.WriteString(leefHeader.Replace(outbound.OneLine(f, min(clip, 512))))
	}
	b.WriteByte('|')
	more := false
	pair := func(key, value string) {
		if value == "" {
			return
		}
		if more {
			b.WriteByte('\t')
		}
		more = true
		b.WriteString(key + "=" + outbound.OneLine(value, clip))
	}
	number := func(key string, n uint64) {
		if n != 0 {
			pair(key, strconv.FormatUint(n, 10))
		}
	}
	pair("cat", r.category)
	pair("devTime", millis(e.Time))
	pair("sev", strconv.Itoa(max(r.severity, 1)))
	pair("eventId", eventID(e))
	pair("title", r.title)
	pair("msg", r.message)
	pair("src", r.src.ip)
	pair("srcMAC", r.src.mac)
	pair("identHostName", r.src.host)
	pair("dst", r.dst.ip)
	pair("dstMAC", r.dst.mac)
	pair("dstHostName", r.dst.host)
	number("dstPort", uint64(r.port))
	pair("proto", r.proto)
	pair("protocol", r.app)
	pair("action", r.action)
	pair("outcome", r.outcome)
	pair("usrName", r.by)
	pair("reason", r.reason)
	number("srcBytes", r.out)
	number("dstBytes", r.in)
	if e.Conversation != nil {
		number("sessions", r.count)
	} else {
		number("count", r.count)
	}
	pair("startTime", millis(r.start))
	pair("endTime", millis(r.end))
	pair("deviceId", r.device)
	pair("zone", e.Zone)
	pair("sensor", e.Sensor)
	for _, c := range r.custom {
		pair(c.label, c.value)
	}
	return []byte(b.String())
}
