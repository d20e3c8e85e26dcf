package main

import (
	"os"
	"slices"
	"strings"
	"testing"

	"tyto/lab"
)

func TestGrowth(t *testing.T) {
	for _, x := range []struct {
		samples []int64
		want    float64
	}{
		{[]int64{1, 2}, 0}, // too few to say
		{[]int64{1, 1, 8, 10, 9, 10}, 0},
		{[]int64{1, 1, 1, 10, 10, 10, 15, 99, 15}, 0.5},
	} {
		if got := growth(x.samples); got != x.want {
			t.Errorf("%v grows by %v, want %v", x.samples, got, x.want)
		}
	}
}

func TestResident(t *testing.T) {
	if n, err := resident(os.Getpid()); err != nil || n < 1<<20 {
		t.Errorf("%d bytes, %v", n, err)
	}
}

func TestHearing(t *testing.T) {
	h := hearing{real: map[string]bool{}}
	err := h.read(strings.NewReader(`{"kind":"observation","observation":{"subject":{"mac":"02:00:5e:00:53:07"}}}
{"kind":"observation","observation":{"subject":{"mac":"` + lab.RealHost(7).String() + `"}}}
{"kind":"health","health":{"counters":{"packets":9}}}
`))
	if err != nil || h.events != 3 || h.parsed != 9 || len(h.real) != 1 {
		t.Errorf("%+v, %v", h, err)
	}
}

func TestRows(t *testing.T) {
	var macs []string
	n, err := rows(strings.NewReader("id,macs\na,1 2\nb,\nc,3\n"), func(mac string) { macs = append(macs, mac) })
	if err != nil || n != 3 || !slices.Equal(macs, []string{"1", "2", "3"}) {
		t.Errorf("%d rows, %v, %v", n, macs, err)
	}
	if _, err := rows(strings.NewReader("id\na\n"), nil); err == nil {
		t.Error("a report without addresses is taken")
	}
}
