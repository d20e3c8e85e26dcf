package packets

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"tyto/capture"
)

// Saved is the packets of alerts in a folder, a file of pcapng each, within a
// number of bytes: what was saved first goes. It may be used from any goroutine.
type Saved struct {
	dir    string
	cap    int64
	saving sync.Mutex
}

// OpenSaved is what is saved in a folder, which is made if it is not there, for
// its owner only.
func OpenSaved(dir string, cap int64) (*Saved, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("packets: %w; choose a folder that can be written", err)
	}
	return &Saved{dir: dir, cap: cap}, nil
}

// plainID is what ids of alerts look like: they become names of files.
var plainID = regexp.MustCompile(`^[0-9A-Za-z_-]{1,64}$`)

func (s *Saved) path(id string) string { return filepath.Join(s.dir, id+wholeSuffix) }

// Has reports whether packets of an alert are saved.
func (s *Saved) Has(id string) bool {
	if !plainID.MatchString(id) {
		return false
	}
	_, err := os.Stat(s.path(id))
	return err == nil
}

// Write writes what is saved of an alert to w. ErrNone, and nothing was
// written, if that is nothing.
func (s *Saved) Write(id string, w io.Writer) error {
	if !plainID.MatchString(id) {
		return ErrNone
	}
	f, err := os.Open(s.path(id))
	if errors.Is(err, os.ErrNotExist) {
		return ErrNone
	}
	if err != nil {
		return fmt.Errorf("packets: %w", err)
	}
	defer f.Close()
	if _, err := io.Copy(w, f); err != nil {
		return fmt.Errorf("packets: %w", err)
	}
	return nil
}

// Put saves what write writes for an alert, unless something is saved of it
// already. If write fails, nothing is.
func (s *Saved) Put(id string, write func(io.Writer) error) error {
	if !plainID.MatchString(id) {
		return fmt.Errorf("packets: %q is no id of an alert", id)
	}
	s.saving.Lock()
	defer s.saving.Unlock()
	if s.Has(id) {
		return nil
	}
	f, err := os.CreateTemp(s.dir, "new-*")
	if err != nil {
		return fmt.Errorf("packets: %w", err)
	}
	defer os.Remove(f.Name()) // is gone when all went well
	err = write(f)
	info, bad := f.Stat()
	if err := errors.Join(err, bad, f.Close()); err != nil {
		return err
	}
	if err := s.thin(info.Size()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), s.path(id)); err != nil {
		return fmt.Errorf("packets: %w", err)
	}
	return nil
}

// thin drops what was saved first until there is room for so many bytes more.
func (s *Saved) thin(more int64) error {
	total := more
	if total > s.cap {
		return fmt.Errorf("packets: %d bytes of one alert, and there is room for %d of all", more, s.cap)
	}
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return fmt.Errorf("packets: %w", err)
	}
	var all []os.FileInfo
	for _, e := range entries {
		if info, err := e.Info(); err == nil && strings.HasSuffix(e.Name(), wholeSuffix) {
			all = append(all, info)
			total += info.Size()
		}
	}
	slices.SortFunc(all, func(a, b os.FileInfo) int { return a.ModTime().Compare(b.ModTime()) })
	for _, info := range all {
		if total <= s.cap {
			break
		}
		if err := os.Remove(filepath.Join(s.dir, info.Name())); err != nil {
			return fmt.Errorf("packets: %w", err)
		}
		total -= info.Size()
	}
	return nil
}

// Check reports what is wrong with what somebody says is a pcapng of packets.
func Check(b []byte) error {
	if !bytes.HasPrefix(b, []byte{0x0a, 0x0d, 0x0d, 0x0a}) { // not what is packed or of another format, which a reader would take
		return errors.New("packets: it does not begin as pcapng")
	}
	source := capture.OpenStream("packets of an alert", bytes.NewReader(b), capture.Options{})
	defer source.Close()
	var batch capture.Batch
	for err := error(nil); !errors.Is(err, io.EOF); {
		if err = source.Read(&batch); err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("packets: %w", err)
		}
	}
	switch info := source.Captures()[0]; {
	case info.Err != nil:
		return fmt.Errorf("packets: %w", info.Err)
	case info.Packets == 0:
		return errors.New("packets: there is none in it")
	}
	return nil
}
