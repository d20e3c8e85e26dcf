package forward

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"tyto/outbound"
	"tyto/tyto"
)

// File writes lines to a file, for an agent that reads it. It is renamed when
// it is full: FILE.1 is the youngest of those that are kept.
type File struct {
	Path   string `yaml:"path"`
	Format string `yaml:"format,omitempty"`  // json by default
	SizeMB int    `yaml:"size_mb,omitempty"` // when it is full; 100
	Files  int    `yaml:"files,omitempty"`   // how many full ones are kept; 5
}

var _ product = (*File)(nil)

func (f *File) check(kinds []tyto.Kind, bad outbound.Bad) {
	if !filepath.IsAbs(f.Path) {
		bad("path", fmt.Sprintf("%q is not absolute; write /var/log/tyto/events.json, or so", f.Path))
	}
	checkFormat(cmp.Or(f.Format, "json"), kinds, bad)
	if f.SizeMB < 0 || f.Files < 0 || f.Files > 1000 {
		bad("size_mb", fmt.Sprintf("%d MB, %d files: want neither negative, and at most 1000 files", f.SizeMB, f.Files))
	}
}

func (f *File) open() (Output, error) {
	o := &fileOutput{path: f.Path, format: formats[cmp.Or(f.Format, "json")], limit: int64(cmp.Or(f.SizeMB, 100)) << 20, files: cmp.Or(f.Files, 5)}
	return o, o.reopen()
}

type fileOutput struct {
	path   string
	format format
	limit  int64
	files  int
	file   *os.File
	size   int64
}

// maxLine bounds a line of a file.
const maxLine = 1 << 20

// Send implements Output. What was written in part is taken back.
func (o *fileOutput) Send(ctx context.Context, events []tyto.Event) error {
	if err := o.follow(); err != nil {
		return err
	}
	var b bytes.Buffer
	for i := range events {
		line, err := o.format.fit(&events[i], maxLine)
		if err != nil {
			if err := o.write(ctx, b.Bytes()); err != nil {
				return err
			}
			return &Failure{Err: err, Sent: i, Refused: true}
		}
		b.Write(line)
		b.WriteByte('\n')
	}
	return o.write(ctx, b.Bytes())
}

func (o *fileOutput) write(ctx context.Context, b []byte) error {
	if err := ctx.Err(); err != nil || len(b) == 0 {
		return err
	}
	if o.size > 0 && o.size+int64(len(b)) > o.limit {
		if err := o.rotate(); err != nil {
			return err
		}
	}
	_, err := o.file.Write(b)
	if err == nil {
		err = o.file.Sync()
	}
	if err != nil {
		return errors.Join(fmt.Errorf("file: %w", err), o.file.Truncate(o.size))
	}
	o.size += int64(len(b))
	return nil
}

// follow opens the file anew if somebody renamed or removed it.
func (o *fileOutput) follow() error {
	if o.file != nil {
		is, err := o.file.Stat()
		at, there := os.Stat(o.path)
		if err == nil && there == nil && os.SameFile(is, at) {
			o.size = is.Size()
			return nil
		}
	}
	return o.reopen()
}

func (o *fileOutput) reopen() (err error) {
	if err := o.Close(); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(o.path), 0o750); err != nil {
		return fmt.Errorf("file: %w", err)
	}
	if o.file, err = os.OpenFile(o.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o640); err != nil {
		return fmt.Errorf("file: %w", err)
	}
	is, err := o.file.Stat()
	if err == nil {
		o.size = is.Size()
	}
	return err
}

func (o *fileOutput) rotate() error {
	for i := o.files; i > 0; i-- {
		from := o.path
		if i > 1 {
			from += "." + strconv.Itoa(i-1)
		}
		if err := os.Rename(from, o.path+"."+strconv.Itoa(i)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("file: %w", err)
		}
	}
	return o.reopen()
}

// Close implements Output.
func (o *fileOutput) Close() error {
	if o.file == nil {
		return nil
	}
	err := o.file.Close()
	o.file = nil
	return err
}

// Answer implements Answerer.
func (o *fileOutput) Answer() string { return "written to " + o.path }
