package fingerprint

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// A pack of rules is a folder of *.yaml files. What makes it a signed one is a file
// beside them, Manifest, that names each with its SHA-256, the pack's name and
// version, and the key; its signature is ed25519 over the same text without it.

// Manifest is the name of the file that a signed pack has.
const Manifest = "pack.json"

const (
	maxPackFiles = 1000
	maxPackBytes = 32 << 20
)

// A Pack is rules that do not ship with the program.
type Pack struct {
	Name    string
	Version string // "" if it is not signed
	Signer  string // the key, in base64; "" if it is not signed
	Texts   []Text
}

type manifest struct {
	Name      string            `json:"name"`
	Version   string            `json:"version"`
	Files     map[string]string `json:"files"` // SHA-256, in hexadecimal
	Key       string            `json:"key"`
	Signature string            `json:"signature,omitempty"`
}

// signed is the text that the signature is over: keys of maps are sorted.
func (m manifest) signed() ([]byte, error) {
	m.Signature = ""
	b, err := json.Marshal(m)
	return append([]byte("tyto fingerprint pack\n"), b...), err
}

// Sign makes the manifest of the pack in a folder.
func Sign(folder fs.FS, name, version string, key ed25519.PrivateKey) ([]byte, error) {
	if name == "" || version == "" {
		return nil, errors.New("fingerprint: sign: a pack has a name and a version; give both")
	}
	texts, err := packTexts(folder)
	if err != nil {
		return nil, err
	}
	if len(texts) == 0 {
		return nil, errors.New("fingerprint: sign: there is no *.yaml file in the folder")
	}
	if _, err := Compile(texts); err != nil {
		return nil, err
	}
	m := manifest{Name: name, Version: version, Files: map[string]string{}, Key: base64.StdEncoding.EncodeToString(key.Public().(ed25519.PublicKey))}
	for _, t := range texts {
		m.Files[t.Name] = sumOf(t.YAML)
	}
	text, err := m.signed()
	if err != nil {
		return nil, fmt.Errorf("fingerprint: sign: %w", err)
	}
	m.Signature = base64.StdEncoding.EncodeToString(ed25519.Sign(key, text))
	b, err := json.MarshalIndent(m, "", "  ")
	return append(b, '\n'), err
}

func sumOf(b []byte) string { s := sha256.Sum256(b); return hex.EncodeToString(s[:]) }

// ParseKey reads a public key in base64.
func ParseKey(text string) (ed25519.PublicKey, error) {
	b, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil || len(b) != ed25519.PublicKeySize {
		return nil, fmt.Errorf("fingerprint: %.60q is no public key; it is 44 characters that 'tyto fingerprint sign' prints", text)
	}
	return b, nil
}

// OpenPack reads the pack in a folder, which is called name if it does not say so
// itself. It is refused if its signature is not of a trusted key or not of what is
// there, or if it has none and unsigned ones are not allowed.
func OpenPack(folder fs.FS, name string, trusted []ed25519.PublicKey, unsigned bool) (Pack, error) {
	p := Pack{Name: name}
	fail := func(format string, args ...any) (Pack, error) {
		return Pack{}, fmt.Errorf("fingerprint: pack %s: %w", name, fmt.Errorf(format, args...))
	}
	texts, err := packTexts(folder)
	if err != nil {
		return fail("%w", err)
	}
	text, err := fs.ReadFile(folder, Manifest)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !unsigned:
		return fail("it is not signed; sign it with 'tyto fingerprint sign', or set fingerprints.unsigned: true")
	case errors.Is(err, fs.ErrNotExist):
		p.Texts = named(name, texts)
		return p, nil
	case err != nil:
		return fail("%w", err)
	}
	m, err := verify(text, texts, trusted)
	if err != nil {
		return fail("%w", err)
	}
	return Pack{m.Name, m.Version, m.Key, named(name, texts)}, nil
}

// verify holds files to the manifest, and that to its signature.
func verify(text []byte, texts []Text, trusted []ed25519.PublicKey) (m manifest, err error) {
	if len(text) > maxFileBytes {
		return m, fmt.Errorf("%s has %d bytes", Manifest, len(text))
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return m, fmt.Errorf("%s: %w; sign the pack again", Manifest, err)
	}
	key, err := ParseKey(m.Key)
	if err != nil {
		return m, err
	}
	if !slices.ContainsFunc(trusted, func(k ed25519.PublicKey) bool { return k.Equal(key) }) {
		return m, fmt.Errorf("it is signed by %s, which is not trusted; if it should be, add it to fingerprints.trust", m.Key)
	}
	signature, err := base64.StdEncoding.DecodeString(m.Signature)
	signed, e := m.signed()
	if err != nil || e != nil || !ed25519.Verify(key, signed, signature) {
		return m, fmt.Errorf("the signature is not of this %s; somebody changed it: get the pack again", Manifest)
	}
	if len(texts) != len(m.Files) {
		return m, fmt.Errorf("there are %d files of rules, and %d are signed; sign the pack again", len(texts), len(m.Files))
	}
	for _, t := range texts {
		if m.Files[t.Name] != sumOf(t.YAML) {
			return m, fmt.Errorf("%s is not what was signed; sign the pack again", t.Name)
		}
	}
	return m, nil
}

// packTexts reads the files of a pack, within bounds.
func packTexts(folder fs.FS) ([]Text, error) {
	files, err := ruleFiles(folder)
	if err != nil {
		return nil, fmt.Errorf("fingerprint: %w", err)
	}
	if len(files) > maxPackFiles {
		return nil, fmt.Errorf("fingerprint: %d files of rules; a pack may have %d", len(files), maxPackFiles)
	}
	texts, err := Texts(folder)
	total := 0
	for _, t := range texts {
		total += len(t.YAML)
	}
	if total > maxPackBytes {
		return nil, fmt.Errorf("fingerprint: %d bytes of rules; a pack may have %d", total, maxPackBytes)
	}
	return texts, err
}

// named is texts whose names begin with the pack's.
func named(pack string, texts []Text) []Text {
	out := slices.Clone(texts)
	for i := range out {
		out[i].Name = path.Join(pack, out[i].Name)
	}
	return out
}

// KeyText is a public key in base64.
func KeyText(k ed25519.PublicKey) string { return base64.StdEncoding.EncodeToString(k) }
