package cable

import (
	"bytes"
	"strings"
	"sync"
)

// Lines is what a program wrote, for several goroutines.
type Lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write implements io.Writer.
func (l *Lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

// String is all of it.
func (l *Lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// Has reports whether a text is in it.
func (l *Lines) Has(text string) bool { return strings.Contains(l.String(), text) }
