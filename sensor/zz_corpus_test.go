package sensor

import (
	"context"
	"os"
	"testing"
	"tyto/capture"
	"tyto/tyto"
)

func TestZZ(t *testing.T) {
	path := os.Getenv("TRACE")
	if path == "" {
		t.Skip()
	}
	src, err := capture.OpenFiles([]string{path}, capture.Options{})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	s := New(DefaultConfig(), src)
	if err := s.Run(context.Background(), func(e []tyto.Event) error { n += len(e); return nil }); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d events %+v errs %d", n, s.Totals(), len(s.Errors()))
	for i, e := range s.Errors() {
		if i < 15 {
			t.Log(e)
		}
	}
}
