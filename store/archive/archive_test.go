package archive

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
)

var created = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// files are what a folder holds.
type files map[string]string

// saved is an archive of files, and its manifest.
func saved(t testing.TB, all files) ([]byte, Manifest) {
	t.Helper()
	folder := t.TempDir()
	m := Manifest{Program: "1.2", Schema: 7, Created: created}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		path := filepath.Join(folder, strings.ReplaceAll(name, "/", "_"))
		if err := os.WriteFile(path, []byte(all[name]), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := m.Add(name, path); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := Write(&b, m, func(name string) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(all[name])), nil }); err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), m
}

type sink struct {
	bytes.Buffer
	done func(string)
}

func (s *sink) Close() error { s.done(s.String()); return nil }

// unpacked is what Read takes out of an archive.
func unpacked(b []byte) (files, *Manifest, error) {
	all := files{}
	m, err := Read(bytes.NewReader(b), func(*Manifest) error { return nil }, func(f File) (io.WriteCloser, error) {
		return &sink{done: func(text string) { all[f.Name] = text }}, nil
	})
	return all, m, err
}

var some = files{"tyto.db": strings.Repeat("store ", 50_000), "hub.key": "secret", "forward/soc.json": "{}", "empty": ""}

func TestThereAndBack(t *testing.T) {
	b, want := saved(t, some)
	all, m, err := unpacked(b)
	if err != nil || !maps.Equal(all, some) {
		t.Fatalf("%d files, %v", len(all), err)
	}
	if m.Program != "1.2" || m.Schema != 7 || m.Format != Format || !m.Created.Equal(created) || m.Size() != want.Size() {
		t.Errorf("the manifest is %+v", m)
	}
	if again, _ := saved(t, some); !bytes.Equal(b, again) {
		t.Error("the same files make another archive")
	}
}

// TestDamage changes, drops and adds bytes everywhere: never may it pass.
func TestDamage(t *testing.T) {
	b, _ := saved(t, files{"tyto.db": strings.Repeat("0123456789", 400), "hub.key": "secret"})
	for i := range b {
		flipped := bytes.Clone(b)
		flipped[i] ^= 0x20
		if all, _, err := unpacked(flipped); err == nil && (len(all) != 2 || all["hub.key"] != "secret") {
			t.Errorf("byte %d is another, and nobody notices", i)
		} else if err != nil && !errors.Is(err, ErrDamaged) && !strings.Contains(err.Error(), "archive: ") {
			t.Errorf("byte %d: %v", i, err)
		}
		if _, _, err := unpacked(b[:i]); !errors.Is(err, ErrDamaged) {
			t.Errorf("cut off at %d: %v", i, err)
		}
	}
	if _, _, err := unpacked(append(bytes.Clone(b), "more"...)); !errors.Is(err, ErrDamaged) {
		t.Errorf("with more at the end: %v", err)
	}
}

// crafted is an archive with entries that Write would not make.
func crafted(t testing.TB, m any, entries ...tar.Header) []byte {
	t.Helper()
	var b bytes.Buffer
	pack, err := zstd.NewWriter(&b)
	if err != nil {
		t.Fatal(err)
	}
	w := tar.NewWriter(pack)
	text, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	put := func(h tar.Header, body []byte) {
		h.Size = int64(len(body))
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(body); err != nil {
			t.Fatal(err)
		}
	}
	put(tar.Header{Name: manifestName, Typeflag: tar.TypeReg}, text)
	for _, h := range entries {
		var body []byte
		if h.Typeflag == tar.TypeReg {
			body = []byte("x")
		}
		put(h, body)
	}
	if err := errors.Join(w.Close(), pack.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// sumOfX is of the one byte that crafted entries have.
const sumOfX = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"

func one(names ...string) Manifest {
	m := Manifest{Format: 1, Created: created}
	for _, n := range names {
		m.Files = append(m.Files, File{Name: n, Size: 1, SHA256: sumOfX})
	}
	return m
}

func TestHostileNames(t *testing.T) {
	if all, _, err := unpacked(crafted(t, one("a/b"), tar.Header{Name: "a/b", Typeflag: tar.TypeReg})); err != nil || all["a/b"] != "x" {
		t.Fatalf("the control is refused: %v", err)
	}
	for _, name := range []string{"", ".", "..", "../up", "a/../../up", "/etc/passwd", "a//b", "./a", "a/", `c:\windows`, `a\b`, "a\x00b", "a\nb",
		"a\x1b[2Jb", strings.Repeat("x", 256), manifestName, strings.ToUpper(manifestName), "\xff\xfe"} {
		m := one(name)
		if _, _, err := unpacked(crafted(t, m)); err == nil {
			t.Errorf("%q is taken", name)
		}
		if err := Write(io.Discard, m, nil); err == nil {
			t.Errorf("%q is written", name)
		}
	}
	for _, names := range [][]string{{"a", "a"}, {"a", "A"}, {"a/b", "a"}, {"A", "a/b/c"}} {
		if _, _, err := unpacked(crafted(t, one(names...))); !errors.Is(err, ErrDamaged) {
			t.Errorf("%q: %v", names, err)
		}
	}
}

func TestHostileEntries(t *testing.T) {
	plain := tar.Header{Name: "a", Typeflag: tar.TypeReg}
	wrong := one("a")
	wrong.Files[0].SHA256 = strings.Repeat("0", 64)
	large, less := one("a"), one("a")
	large.Files[0].Size, less.Files[0].Size = 1<<40, -1
	overflow := one("a", "b")
	overflow.Files[0].Size, overflow.Files[1].Size = 1<<62, 1<<62
	many := one()
	for range maxFiles + 1 {
		many.Files = append(many.Files, File{Name: "x"})
	}
	for what, b := range map[string][]byte{
		"a link":             crafted(t, one("a"), tar.Header{Name: "a", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"}),
		"a hard link":        crafted(t, one("a"), tar.Header{Name: "a", Typeflag: tar.TypeLink, Linkname: "b"}),
		"a device":           crafted(t, one("a"), tar.Header{Name: "a", Typeflag: tar.TypeChar}),
		"a folder":           crafted(t, one("a"), tar.Header{Name: "a", Typeflag: tar.TypeDir}),
		"another name":       crafted(t, one("a"), tar.Header{Name: "b", Typeflag: tar.TypeReg}),
		"one too many":       crafted(t, one("a"), plain, tar.Header{Name: "b", Typeflag: tar.TypeReg}),
		"one too few":        crafted(t, one("a", "b"), plain),
		"another sum":        crafted(t, wrong, plain),
		"a larger size":      crafted(t, large, plain),
		"a negative size":    crafted(t, less, plain),
		"sizes that wrap":    crafted(t, overflow, plain),
		"too many files":     crafted(t, many),
		"a list of nonsense": crafted(t, []int{1}, plain),
		"no form":            crafted(t, map[string]any{"files": []File{}}),
		"a huge list":        crafted(t, map[string]string{"program": strings.Repeat("x", maxManifest)}),
		"nothing":            nil,
		"text":               []byte("this is no backup\n"),
	} {
		if _, _, err := unpacked(b); err == nil {
			t.Errorf("%s is taken", what)
		}
	}
}

func TestNewer(t *testing.T) {
	m := one("a")
	m.Format, m.Program = Format+1, "9.9"
	if _, _, err := unpacked(crafted(t, m)); !errors.Is(err, ErrNewer) || !strings.Contains(err.Error(), "9.9") {
		t.Errorf("a newer form: %v", err)
	}
}

// TestRefused shows that nothing is unpacked that is not accepted.
func TestRefused(t *testing.T) {
	b, _ := saved(t, some)
	no := errors.New("no")
	_, err := Read(bytes.NewReader(b), func(*Manifest) error { return no }, func(File) (io.WriteCloser, error) { t.Error("unpacked"); return nil, no })
	if !errors.Is(err, no) {
		t.Error(err)
	}
}

func FuzzRead(f *testing.F) {
	b, _ := saved(f, files{"tyto.db": "store", "d/e": "x"})
	f.Add(b)
	f.Add(crafted(f, one("a"), tar.Header{Name: "a", Typeflag: tar.TypeReg}))
	f.Add(crafted(f, one("../a"), tar.Header{Name: "../a", Typeflag: tar.TypeReg}))
	f.Fuzz(func(t *testing.T, b []byte) {
		all, m, err := unpacked(b)
		if err != nil {
			return
		}
		if len(all) != len(m.Files) {
			t.Errorf("%d files of %d", len(all), len(m.Files))
		}
		for name := range all {
			if !filepath.IsLocal(name) {
				t.Errorf("%q leaves the folder", name)
			}
		}
	})
}
