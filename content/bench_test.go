package content

import (
	"runtime"
	"strings"
	"testing"

	"tyto/fingerprint"
	"tyto/tyto"
)

func loaded(b *testing.B) *fingerprint.Rules {
	r, err := fingerprint.Load(Rules())
	if err != nil {
		b.Fatal(err)
	}
	return r
}

// BenchmarkLoadRules tells how long the rules take to load, and what they hold.
func BenchmarkLoadRules(b *testing.B) {
	for b.Loop() {
		loaded(b)
	}
	b.StopTimer()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	r := loaded(b)
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "MB-held")
	runtime.KeepAlive(r)
}

// benchmarks are observations of usual sorts: of one that many rules look at, one that
// nothing is known of, one that is looked up in hashes only.
var benchmarks = []struct{ name, field, value string }{
	{"server", "http.server", "Linux/3.14.0 UPnP/1.0 IpBridge/1.9."},
	{"useragent", "http.user_agent", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/99.0.4844.74 Safari/537.36 Edg/99.0.1150."},
	{"sysdescr", "snmp.sysDescr", "Cisco IOS Software, C3560 Software (C3560-ADVIPSERVICESK9-M), Version 12.2(44)SE, RELEASE SOFTWARE (fc"},
	{"hostname", "dhcp.option.hostname", "DESKTOP-ABC123"},
	{"domain", "dns.qry.name", "api.cloud.example.com"},
	{"vendorclass", "dhcp.option.vendor_class_id", "MSFT 5."},
}

// BenchmarkMatchAgain is what nearly all look-ups are: of something seen before.
func BenchmarkMatchAgain(b *testing.B) {
	r := loaded(b)
	for _, c := range benchmarks {
		b.Run(c.name, func(b *testing.B) {
			o := tyto.Observation{Attr: tyto.Clue, Value: c.value, Evidence: tyto.Evidence{Field: c.field}}
			b.ReportAllocs()
			for b.Loop() {
				r.Match(o, nil)
			}
		})
	}
}

// BenchmarkMatchFirst is of values that were never seen: each is the value with another tail.
func BenchmarkMatchFirst(b *testing.B) {
	r := loaded(b)
	for _, c := range benchmarks {
		b.Run(c.name, func(b *testing.B) {
			tails := make([]string, 1<<17)
			for i := range tails {
				n := i
				var tail strings.Builder
				tail.WriteString(c.value)
				for range 4 {
					tail.WriteByte('a' + byte(n%26))
					n /= 26
				}
				tails[i] = tail.String()
			}
			o := tyto.Observation{Attr: tyto.Clue, Evidence: tyto.Evidence{Field: c.field}}
			i := 0
			for b.Loop() {
				o.Value = tails[i%len(tails)]
				r.Match(o, nil)
				i++
			}
		})
	}
}
