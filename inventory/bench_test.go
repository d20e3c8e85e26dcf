package inventory

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"tyto/frame"
	"tyto/tyto"
)

// network makes events as of a large network: hosts with addresses, names and
// services behind routers, each told several times.
func network(hosts int) (observations, conversations []tyto.Event) {
	return part(0, hosts)
}

// part is the events of some hosts of such a network.
func part(from, to int) (observations, conversations []tyto.Event) {
	say := func(s tyto.Subject, a tyto.Attr, value string, how tyto.Confidence, protocol, field string, n int) {
		observations = append(observations, tyto.Event{Kind: tyto.KindObservation, Time: epoch.Add(time.Duration(n) * time.Millisecond),
			Observation: &tyto.Observation{Subject: s, Attr: a, Value: value, Confidence: how,
				Evidence: tyto.Evidence{Sensor: "s1", Capture: "eth1", Packet: uint64(n), Protocol: protocol, Field: field}}})
	}
	for i := from; i < to; i++ {
		m := frame.MAC{0, 0x1b, 0x17, byte(i >> 16), byte(i >> 8), byte(i)}
		a := frame.V4(10, byte(i>>16), byte(i>>8), byte(i))
		s := tyto.Subject{MAC: m, Addr: a}
		say(s, tyto.Address, a.String(), tyto.Guessed, "ip", "ip.src", i)
		say(tyto.Subject{MAC: m}, tyto.Address, a.String(), tyto.Stated, "arp", "arp.src.proto_ipv4", i)
		say(s, tyto.Hostname, fmt.Sprint("host", i), tyto.Stated, "dhcp", "dhcp.option.hostname", i)
		say(s, tyto.Clue, "1,3,6,15,31,33,43,44,46,47,119,121,249,252", tyto.Stated, "dhcp", "dhcp.option.request_list", i)
		say(s, tyto.Clue, "MSFT 5.0", tyto.Stated, "dhcp", "dhcp.option.vendor_class_id", i)
		say(s, tyto.Clue, fmt.Sprint("771,4865-4866,0-23-", i%50), tyto.Guessed, "tls", "tls.handshake.ja3", i)
		for k := range 10 {
			say(s, tyto.LookedUp, fmt.Sprintf("www%d.example.com 192.0.2.%d", (i+k)%3000, k), tyto.Stated, "dns", "dns.a", i+k)
		}
		say(s, tyto.Hostname, fmt.Sprint("host", i), tyto.Stated, "dhcp", "dhcp.option.hostname", i+9)
		say(s, tyto.Address, a.String(), tyto.Guessed, "ip", "ip.src", i+99)
		gateway := tyto.Subject{MAC: frame.MAC{0, 0x1b, 0x18, 0, byte(i >> 16), byte(i >> 8)}, Addr: frame.V4(93, 184, byte(i%7), byte(i%200))}
		for k := range 9 {
			conversations = append(conversations, tyto.Event{Kind: tyto.KindConversation, Conversation: &tyto.Conversation{
				Client: s, Server: gateway, Transport: "tcp", Port: 443, Protocol: "tls", First: epoch, Last: epoch.Add(time.Duration(k) * time.Second),
				Packets: [2]uint64{9, 9}, Bytes: [2]uint64{900, 9000}, Evidence: tyto.Evidence{Sensor: "s1", Capture: "eth1", Packet: uint64(i), Protocol: "tls"},
			}})
		}
	}
	return observations, conversations
}

// BenchmarkLearn tells the cost of an observation, of a conversation, of a
// device's description, and what a device holds.
func BenchmarkLearn(b *testing.B) {
	const hosts = 56_000
	observations, conversations := network(hosts)
	for b.Loop() {
		b.StopTimer()
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		v := New("z", Config{})
		b.StartTimer()
		t0 := time.Now()
		for i := range observations {
			v.Learn(&observations[i])
		}
		t1 := time.Now()
		for i := range conversations {
			v.Learn(&conversations[i])
		}
		t2 := time.Now()
		v.settle()
		t3 := time.Now()
		for range v.All() {
		}
		t4 := time.Now()
		b.StopTimer()
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(t1.Sub(t0))/float64(len(observations)), "ns/observation")
		b.ReportMetric(float64(t2.Sub(t1))/float64(len(conversations)), "ns/conversation")
		b.ReportMetric(float64(t3.Sub(t2))/hosts, "ns/settle")
		b.ReportMetric(float64(t4.Sub(t3))/hosts, "ns/describe")
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/hosts, "B/device")
		b.StartTimer()
		runtime.KeepAlive(v)
	}
}

// BenchmarkLive is a hub: each event is followed by a question.
func BenchmarkLive(b *testing.B) {
	observations, conversations := network(5000)
	v := New("z", Config{})
	for i := range observations {
		v.Learn(&observations[i])
		v.Find(observations[i].Observation.Subject)
	}
	b.ResetTimer()
	i := 0
	for b.Loop() {
		e := &conversations[i%len(conversations)]
		v.Learn(e)
		v.Find(e.Conversation.Client)
		v.Find(e.Conversation.Server)
		if i++; i%50000 == 0 {
			v.Changed()
		}
	}
}

// BenchmarkMemory tells what each of 100,000 devices holds: nine sorts of claims, ten names looked up, nine conversations.
func BenchmarkMemory(b *testing.B) {
	const hosts, step = 100_000, 1000
	for b.Loop() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		v := New("z", Config{})
		for i := 0; i < hosts; i += step {
			observations, conversations := part(i, i+step)
			for k := range observations {
				v.Learn(&observations[k])
			}
			for k := range conversations {
				v.Learn(&conversations[k])
			}
		}
		v.settle()
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/hosts, "B/device")
		runtime.KeepAlive(v)
	}
}
