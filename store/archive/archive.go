// Package archive is the form of a backup: a tar file packed with zstd, whose
// first entry says what follows, with sizes and sums.
//
// What is written can be trusted to be what was given; what is read comes from
// anywhere, and is believed only as far as the bounds and checks here reach.
package archive

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"
)

// Format is the newest form of an archive that this program knows.
const Format = 1

// manifestName is the first entry's name.
const manifestName = "tyto-backup.json"

// Bounds of what is read.
const (
	maxManifest = 1 << 20
	maxFiles    = 4096
	maxName     = 255
	maxWindow   = 16 << 20 // of what zstd looks back to
)

// Errors that callers tell apart. They come wrapped.
var (
	// ErrDamaged says that an archive is cut off, or not what was written.
	ErrDamaged = errors.New("the archive is damaged")
	// ErrNewer says that a newer program wrote the archive.
	ErrNewer = errors.New("the archive was written by a newer version")
)

// A Manifest says what is in an archive and where it comes from.
type Manifest struct {
	Format  int       `json:"format"`
	Program string    `json:"program"` // the version of tyto that wrote it
	Schema  int64     `json:"schema"`  // of the store
	Created time.Time `json:"created"`
	Files   []File    `json:"files"`
}

// A File is a file of an archive.
type File struct {
	Name   string `json:"name"` // with slashes, below the folder that was saved
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// Size is how many bytes the files have together.
func (m *Manifest) Size() (n int64) {
	for _, f := range m.Files {
		n += f.Size
	}
	return n
}

// Add notes a file of the disk under a name.
func (m *Manifest) Add(name, file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	sum := sha256.New()
	n, err := io.Copy(sum, f)
	if err != nil {
		return err
	}
	m.Files = append(m.Files, File{Name: name, Size: n, SHA256: hex.EncodeToString(sum.Sum(nil))})
	return nil
}

// Write writes an archive of the files of a manifest. open finds each.
func Write(w io.Writer, m Manifest, open func(name string) (io.ReadCloser, error)) error {
	m.Format = Format
	if err := m.check(); err != nil {
		return err
	}
	pack, err := zstd.NewWriter(w, zstd.WithEncoderCRC(true), zstd.WithWindowSize(maxWindow/4))
	if err != nil {
		return err
	}
	t := tar.NewWriter(pack)
	err = m.write(t, open)
	return errors.Join(err, t.Close(), pack.Close())
}

func (m *Manifest) write(t *tar.Writer, open func(name string) (io.ReadCloser, error)) error {
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	if err := t.WriteHeader(m.header(manifestName, int64(len(text)))); err != nil {
		return err
	}
	if _, err := t.Write(text); err != nil {
		return err
	}
	for _, f := range m.Files {
		if err := m.writeFile(t, f, open); err != nil {
			return fmt.Errorf("archive: %s: %w", f.Name, err)
		}
	}
	return nil
}

func (m *Manifest) writeFile(t *tar.Writer, f File, open func(name string) (io.ReadCloser, error)) error {
	r, err := open(f.Name)
	if err != nil {
		return err
	}
	defer r.Close()
	if err := t.WriteHeader(m.header(f.Name, f.Size)); err != nil {
		return err
	}
	_, err = io.CopyN(t, r, f.Size)
	return err
}

func (m *Manifest) header(name string, size int64) *tar.Header {
	return &tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o600, ModTime: m.Created.UTC().Truncate(time.Second), Format: tar.FormatPAX}
}

// check finds what no archive of ours has.
func (m *Manifest) check() error {
	switch {
	case m.Format > Format:
		return fmt.Errorf("archive: %w: its form is %d, this program knows %d; it was made by tyto %.64q", ErrNewer, m.Format, Format, m.Program)
	case m.Format < 1:
		return fmt.Errorf("archive: %w: its form is %d", ErrDamaged, m.Format)
	case len(m.Files) > maxFiles:
		return fmt.Errorf("archive: it has %d files; %d are the most", len(m.Files), maxFiles)
	}
	return m.checkNames()
}

func (m *Manifest) checkNames() error {
	files := map[string]bool{manifestName: true} // as a file system that ignores case sees them
	var total int64
	for _, f := range m.Files {
		name := strings.ToLower(f.Name)
		switch total += f.Size; {
		case !proper(f.Name):
			return fmt.Errorf("archive: %.300q is no name for a file of a backup", f.Name)
		case f.Size < 0 || total < 0:
			return fmt.Errorf("archive: %w: the sizes of its files are senseless", ErrDamaged)
		case files[name]:
			return fmt.Errorf("archive: %w: %q is there twice", ErrDamaged, f.Name)
		}
		files[name] = true
	}
	for _, f := range m.Files {
		for above := path.Dir(strings.ToLower(f.Name)); above != "."; above = path.Dir(above) {
			if files[above] {
				return fmt.Errorf("archive: %w: %q is below what is no folder", ErrDamaged, f.Name)
			}
		}
	}
	return nil
}

// proper reports whether a name stays below the folder, and is plain.
func proper(name string) bool {
	if name == "" || len(name) > maxName || path.Clean(name) != name || !filepath.IsLocal(filepath.FromSlash(name)) || name == "." {
		return false
	}
	for _, r := range name {
		if r < ' ' || r == 0x7f || r == '\\' || r == ':' || r == 0xfffd {
			return false
		}
	}
	return true
}

// Read reads an archive. Once the manifest is known, accept may refuse it;
// then each file goes to where create says, and is compared with the
// manifest. Only when Read returns nil is any of it to be used.
func Read(r io.Reader, accept func(*Manifest) error, create func(File) (io.WriteCloser, error)) (*Manifest, error) {
	unpack, err := zstd.NewReader(r, zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, explain(err)
	}
	defer unpack.Close()
	t := tar.NewReader(unpack)
	m, err := readManifest(t)
	if err != nil {
		return nil, err
	}
	if err := accept(m); err != nil {
		return m, err
	}
	for _, f := range m.Files {
		if err := readFile(t, f, create); err != nil {
			return m, err
		}
	}
	if h, err := t.Next(); err == nil {
		return m, fmt.Errorf("archive: %w: %.300q is in it, and its list does not know it", ErrDamaged, h.Name)
	} else if !errors.Is(err, io.EOF) {
		return m, explain(err)
	}
	// The sum of the whole is behind the end of the tar file.
	if n, err := io.Copy(io.Discard, io.LimitReader(unpack, maxManifest)); err != nil || n == maxManifest {
		return m, explain(errors.Join(err, io.ErrUnexpectedEOF))
	}
	return m, nil
}

func readManifest(t *tar.Reader) (*Manifest, error) {
	h, err := t.Next()
	if err != nil {
		return nil, explain(err)
	}
	if h.Name != manifestName || h.Typeflag != tar.TypeReg || h.Size > maxManifest {
		return nil, errors.New("archive: it does not begin as a backup of tyto does; name a file that 'tyto backup' made")
	}
	text, err := io.ReadAll(io.LimitReader(t, maxManifest))
	if err != nil {
		return nil, explain(err)
	}
	var m Manifest
	if err := json.Unmarshal(text, &m); err != nil {
		return nil, fmt.Errorf("archive: %w: its list: %w", ErrDamaged, err)
	}
	return &m, m.check()
}

func readFile(t *tar.Reader, f File, create func(File) (io.WriteCloser, error)) (err error) {
	h, err := t.Next()
	if err != nil {
		return explain(err)
	}
	if h.Typeflag != tar.TypeReg || h.Name != f.Name || h.Size != f.Size {
		return fmt.Errorf("archive: %w: where %q of %d bytes was to come, there is %.300q of %d", ErrDamaged, f.Name, f.Size, h.Name, h.Size)
	}
	w, err := create(f)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	sum := sha256.New()
	if _, err := io.Copy(io.MultiWriter(w, sum), t); err != nil {
		return explain(err)
	}
	if hex.EncodeToString(sum.Sum(nil)) != f.SHA256 {
		return fmt.Errorf("archive: %w: %s is not what was saved", ErrDamaged, f.Name)
	}
	return nil
}

// explain tells what is wrong with the bytes from what is wrong with the disk.
func explain(err error) error {
	var disk *os.PathError
	switch {
	case errors.As(err, &disk):
		return err
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("archive: %w: it was cut off", ErrDamaged)
	}
	return fmt.Errorf("archive: %w: %w", ErrDamaged, err)
}
