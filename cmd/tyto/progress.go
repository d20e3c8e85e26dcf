package main

import (
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"tyto/capture"
)

// A progress is a bar on a terminal; on anything else it is silent.
type progress struct {
	bar  *progressbar.ProgressBar
	next time.Time
}

// progressEvery is how often the bar is drawn.
const progressEvery = 100 * time.Millisecond

// progressAfter is what needs no bar, since it would be gone before it is read.
const progressAfter = 300 * time.Millisecond

func newProgress(out io.Writer, quiet bool) *progress {
	f, ok := out.(*os.File)
	if quiet || !ok || !term.IsTerminal(int(f.Fd())) {
		return &progress{}
	}
	return &progress{next: time.Now().Add(progressAfter), bar: progressbar.NewOptions64(-1, progressbar.OptionSetWriter(out), progressbar.OptionSetDescription("reading"),
		progressbar.OptionShowBytes(true), progressbar.OptionClearOnFinish(), progressbar.OptionFullWidth())}
}

// show draws how far the files are read.
func (p *progress) show(captures []capture.Info) {
	if p.bar == nil {
		return
	}
	now := time.Now()
	if now.Before(p.next) {
		return
	}
	p.next = now.Add(progressEvery)
	var size, read int64
	for _, c := range captures {
		size, read = size+c.Size, read+c.Offset
	}
	if size > 0 {
		p.bar.ChangeMax64(size)
	}
	_ = p.bar.Set64(read) // a bar that cannot be drawn is no reason to stop
}

func (p *progress) end() {
	if p.bar != nil {
		_ = p.bar.Finish()
		p.bar = nil
	}
}
