// Package forwardtest is what every output has to pass, and the far ends that
// it is tested against where the real thing cannot be had.
package forwardtest

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"tyto/forward"
	"tyto/frame"
	"tyto/tyto"
)

// A Place is a far end of its own, and a way there.
type Place struct {
	Open func(t testing.TB) forward.Output
	// Received is what the far end has, an event each, in the order of arrival.
	Received func(t testing.TB) []string
	// Down makes the far end go away, Up brings it back with what it had. Nil
	// if it has no connection that could break.
	Down, Up func(t testing.TB)
	// Lossy: nobody can tell whether events arrive.
	Lossy bool
	// Once: the far end keeps an event once, however often it is sent.
	Once bool
	// Refuses: the far end refuses for good what holds the text "poison".
	Refuses bool
	// Check says what is wrong with one received event.
	Check func(text string) error
}

// Alert is an alert that can be told by its number.
func Alert(n int) tyto.Event {
	return tyto.Event{Version: tyto.EventVersion, Sensor: "probe-1", Zone: "plant", Seq: uint64(n), Time: time.Date(2026, 3, 1, 12, 0, n%60, 0, time.UTC),
		Kind: tyto.KindAlert, Alert: &tyto.Alert{Rule: "plc-stop", Severity: tyto.Major, Title: fmt.Sprintf("event-%05d", n),
			Subjects:   []tyto.Subject{{MAC: frame.MAC{0, 0x1b, 0x1b, 0, 0, 1}, Addr: frame.V4(192, 0, 2, 1)}, {Addr: frame.V4(192, 0, 2, 2)}},
			Devices:    []string{"d1", "d2"},
			Techniques: []string{"T0858"}, Evidence: tyto.Evidence{Sensor: "probe-1", Capture: "eth1", Packet: 7, Protocol: "s7comm", Field: "s7comm.param.func"}}}
}

// Alerts are some, by number.
func Alerts(from, to int) (all []tyto.Event) {
	for n := from; n < to; n++ {
		all = append(all, Alert(n))
	}
	return all
}

// HostileTexts are what a packet may put into any text.
var HostileTexts = []string{
	"a|b\\c=d", "two\nlines\r\nthree\ttabs", "\x00\x01\x1b[31mred\x7f", "\xff\xfe broken", "\u202egpj.exe", "<14>1 2026-01-01T00:00:00Z x y - - - forged",
	"CEF:0|x|x|x|x|x|10|", "\"}],\"x\":\"", strings.Repeat("é", 40_000), strings.Repeat("|=\\", 5000), "\u2028\u2029\u0085", "=cmd|'/c calc'!A0",
}

// Hostile are alerts and devices with such texts in every place.
func Hostile() (all []tyto.Event) {
	for i, text := range HostileTexts {
		e := Alert(90_000 + i)
		e.Sensor, e.Zone = text, text
		e.Alert.Rule, e.Alert.Title = text, e.Alert.Title+" "+text
		e.Alert.Devices, e.Alert.Techniques = []string{text}, []string{text}
		e.Alert.Evidence = tyto.Evidence{Sensor: text, Protocol: text, Field: text}
		d := tyto.Event{Version: tyto.EventVersion, Sensor: text, Zone: text, Time: e.Time, Kind: tyto.KindDevice, Device: &tyto.DeviceChange{
			ID: fmt.Sprintf("event-%05d", 91_000+i), Category: text, Type: text, Vendor: text, Model: text, OS: text, Firmware: text, Serial: text, Hostname: text, Site: text}}
		all = append(all, e, d)
	}
	return all
}

var numbered = regexp.MustCompile(`event-\d{5}`)

// numbers are the events that the far end has.
func numbers(t testing.TB, p Place) (all []string) {
	for _, text := range p.Received(t) {
		all = append(all, numbered.FindString(text))
	}
	return all
}

// Run runs every case against a place of its own.
func Run(t *testing.T, make func(t testing.TB) Place) {
	for name, test := range map[string]func(t *testing.T, p Place, o forward.Output){
		"order": testOrder, "same batch twice": testTwice, "cancelled context": testCancelled, "gone and back": testGone, "hostile texts": testHostile, "partial failure": testPartial,
	} {
		t.Run(name, func(t *testing.T) {
			p := make(t)
			o := p.Open(t)
			defer func() {
				if err := o.Close(); err != nil {
					t.Error(err)
				}
			}()
			test(t, p, o)
		})
	}
}

func send(t testing.TB, o forward.Output, events []tyto.Event) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	return o.Send(ctx, events)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// arrive waits for the far end to have what is wanted.
func arrive(t testing.TB, p Place, ok func(got []string) bool) {
	t.Helper()
	var got []string
	for range 6000 { // a busy machine takes its time
		if got = numbers(t, p); ok(got) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("the far end has %d: %v", len(got), got[:min(len(got), 300)])
}

func names(events []tyto.Event) (all []string) {
	for i := range events {
		if all = append(all, ""); events[i].Alert != nil {
			all[i] = numbered.FindString(events[i].Alert.Title)
		} else {
			all[i] = numbered.FindString(events[i].Device.ID)
		}
	}
	return all
}

func testOrder(t *testing.T, p Place, o forward.Output) {
	all := Alerts(0, 300)
	if p.Lossy {
		all = all[:20]
	}
	for i := 0; i < len(all); i += 100 {
		must(t, send(t, o, all[i:min(len(all), i+100)]))
	}
	arrive(t, p, func(got []string) bool { return slices.Equal(got, names(all)) })
	if p.Check != nil {
		for _, text := range p.Received(t) {
			if err := p.Check(text); err != nil {
				t.Fatalf("%v: %s", err, text)
			}
		}
	}
}

func testTwice(t *testing.T, p Place, o forward.Output) {
	batch := Alerts(0, 5)
	must(t, send(t, o, batch))
	arrive(t, p, func(got []string) bool { return len(got) == 5 })
	must(t, send(t, o, batch))
	if p.Once {
		must(t, send(t, o, Alerts(5, 6)))
		arrive(t, p, func(got []string) bool { return slices.Equal(got, names(Alerts(0, 6))) })
		return
	}
	arrive(t, p, func(got []string) bool { return len(got) == 10 })
	lines := p.Received(t)
	for i := range 5 {
		if a, b := stable(lines[i]), stable(lines[i+5]); a != b {
			t.Errorf("sent again, an event looks another:\n%s\n%s", a, b)
		}
	}
}

// stable is a text without what a far end adds of its own.
func stable(s string) string {
	return regexp.MustCompile(`"received":"[^"]*",?`).ReplaceAllString(s, "")
}

func testCancelled(t *testing.T, p Place, o forward.Output) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := o.Send(ctx, Alerts(0, 5)); err == nil && !p.Lossy {
		t.Error("a send whose context is done gave no error")
	}
	must(t, send(t, o, Alerts(5, 6)))
	arrive(t, p, func(got []string) bool { return slices.Contains(got, "event-00005") })
}

func testGone(t *testing.T, p Place, o forward.Output) {
	if p.Down == nil {
		t.Skip("there is nothing that could be gone")
	}
	must(t, send(t, o, Alerts(0, 10)))
	arrive(t, p, func(got []string) bool { return len(got) == 10 })
	p.Down(t)
	rest := Alerts(10, 20)
	err := send(t, o, rest)
	if err == nil && !p.Lossy {
		t.Error("a far end that is gone took events")
	}
	p.Up(t)
	for range 1200 {
		if err = send(t, o, rest); err == nil {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	must(t, err)
	arrive(t, p, func(got []string) bool {
		for _, n := range names(Alerts(0, 20)) {
			if !slices.Contains(got, n) {
				return false
			}
		}
		return true
	})
}

// testHostile: each event is one at the far end too, and none is another.
func testHostile(t *testing.T, p Place, o forward.Output) {
	all := Hostile()
	var taken []string
	for rest := all; len(rest) > 0; {
		err := send(t, o, rest)
		var f *forward.Failure
		if err == nil {
			taken = append(taken, names(rest)...)
			break
		}
		if !errors.As(err, &f) || !f.Refused {
			t.Fatal(err)
		}
		taken = append(taken, names(rest[:f.Sent])...) // one is too long for the format: it is set aside
		rest = rest[f.Sent+1:]
	}
	if len(taken) < len(all)-4 {
		t.Errorf("only %d of %d hostile events were sent", len(taken), len(all))
	}
	arrive(t, p, func(got []string) bool { return slices.Equal(got, taken) })
	for _, text := range p.Received(t) {
		for _, r := range text {
			if r < ' ' && r != '\t' || r == 0x7f || r == '\u202e' || r == '\u2028' {
				t.Fatalf("%q came through", r)
			}
		}
		if p.Check == nil {
			continue
		}
		if err := p.Check(text); err != nil {
			t.Errorf("%v: %.300s", err, text)
		}
	}
}

func testPartial(t *testing.T, p Place, o forward.Output) {
	if !p.Refuses {
		t.Skip("the far end takes everything")
	}
	all := Alerts(0, 40)
	all[23].Alert.Rule = "poison"
	err := send(t, o, all)
	var f *forward.Failure
	if !errors.As(err, &f) || f.Sent != 23 || !f.Refused {
		t.Fatalf("got %#v, want 23 sent and the next refused", err)
	}
	must(t, send(t, o, all[24:]))
	want := names(slices.Delete(slices.Clone(all), 23, 24))
	arrive(t, p, func(got []string) bool { return slices.Equal(got, want) })
}
