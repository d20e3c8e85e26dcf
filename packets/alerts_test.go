package packets

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"tyto/frame"
	"tyto/tyto"
)

// TestAlerts saves what an alert was raised for, and has it when the ring has
// it no more.
func TestAlerts(t *testing.T) {
	dir := t.TempDir()
	r := openRing(t, dir)
	a, err := NewAlerts(r, "plant")
	if err != nil {
		t.Fatal(err)
	}
	keep(r, []frame.Packet{datagram(1, 2, 0, 10), datagram(2, 1, 5, 10), datagram(1, 3, 6, 10), datagram(1, 2, 60_000, 10)})
	x := &tyto.Alert{ID: "00ff", Title: "A controller was stopped", Subjects: []tyto.Subject{host(1), host(2)}, First: start, Last: start.Add(5 * time.Millisecond),
		Evidence: tyto.Evidence{Sensor: "plant"}}
	for _, bad := range []func(*tyto.Alert){
		func(x *tyto.Alert) { x.ID = "../00ff" }, func(x *tyto.Alert) { x.Evidence.Sensor = "office" }, func(x *tyto.Alert) { x.Subjects = nil },
		func(x *tyto.Alert) { x.Subjects = []tyto.Subject{host(9)} }, func(x *tyto.Alert) { x.First, x.Last = start.Add(time.Hour), start.Add(time.Hour) },
	} {
		y := *x
		bad(&y)
		if err := a.Save(t.Context(), &y); !errors.Is(err, ErrNone) {
			t.Errorf("%+v: %v", y, err)
		}
	}
	var out bytes.Buffer
	if err := a.Write(t.Context(), x, &out); err != nil || len(read(t, out.Bytes())) != 2 {
		t.Errorf("from the ring: %v, %d bytes", err, out.Len())
	}
	if err := errors.Join(a.Save(t.Context(), x), a.Save(t.Context(), x)); err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		var all []frame.Packet
		for j := range 1000 {
			all = append(all, datagram(7, 8, 100_000+i*1000+j, 1000))
		}
		keep(r, all)
	}
	var saved bytes.Buffer
	if err := a.Write(t.Context(), x, &saved); err != nil || !bytes.Equal(saved.Bytes(), out.Bytes()) {
		t.Errorf("saved: %v, %d bytes, %d from the ring", err, saved.Len(), out.Len())
	}
	for i := range 10 { // each of a megabyte and more: the first go
		y := *x
		y.ID, y.Subjects, y.First, y.Last = fmt.Sprint("many", i), []tyto.Subject{host(7)}, start.Add(115*time.Second), start.Add(119*time.Second)
		if err := a.Save(t.Context(), &y); err != nil {
			t.Fatal(err)
		}
	}
	if n := size(t, filepath.Join(dir, "alerts")); n > MinBytes/4 {
		t.Errorf("%d bytes are saved of alerts", n)
	}
	if err := a.Write(t.Context(), x, &saved); !errors.Is(err, ErrNone) {
		t.Errorf("the first that was saved: %v", err)
	}
}
