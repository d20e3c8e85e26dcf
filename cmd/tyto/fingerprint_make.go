package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/csv"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"tyto/fingerprint"
)

type fingerprintImport struct {
	Format string `arg:"" enum:"recog,csv" help:"recog (XML) or csv."`
	File   string `arg:"" type:"existingfile" help:"What is imported. You must be allowed to use it."`
	Output string `short:"o" type:"path" placeholder:"FILE" help:"Write the rules there instead of to standard output."`
	Pack   string `placeholder:"NAME" help:"Name of the pack; else the file's."`
}

// Help is what --help adds.
func (fingerprintImport) Help() string {
	return `Examples:
  tyto fingerprint import recog http_servers.xml -o mine/http.yaml
  tyto fingerprint import csv assets.csv -o mine/assets.yaml

The columns of a table are field and value, and as they are wanted match (exact, prefix, suffix, domain, glob, regex), class
(A to E), example, and attributes: vendor, type, model, os, firmware, … What cannot be a rule is left out and counted.`
}

var packName = regexp.MustCompile(`[^a-z0-9_-]+`)

// Run imports.
func (f *fingerprintImport) Run(s streams) error {
	text, err := os.ReadFile(f.File)
	if err != nil {
		return usageError{fmt.Errorf("fingerprint: %w", err)}
	}
	pack := f.Pack
	if pack == "" {
		pack = strings.TrimSuffix(filepath.Base(f.File), filepath.Ext(f.File))
	}
	pack = strings.Trim(packName.ReplaceAllString(strings.ToLower(pack), "-"), "-")
	var made fingerprint.Import
	if f.Format == "recog" {
		made, err = fingerprint.ImportRecog(text, pack)
	} else {
		r := csv.NewReader(strings.NewReader(string(text)))
		r.FieldsPerRecord = -1
		rows, e := r.ReadAll()
		if e != nil {
			return fmt.Errorf("fingerprint: %s: %w", f.File, e)
		}
		made, err = fingerprint.ImportCSV(rows, pack)
	}
	for _, reason := range slices.Sorted(maps.Keys(made.LeftOut)) {
		fmt.Fprintf(s.err, "left out: %d, as %s\n", made.LeftOut[reason], reason)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(s.err, "%d rules\n", made.Rules)
	if f.Output == "" {
		_, err = s.out.Write(made.YAML)
		return err
	}
	return os.WriteFile(f.Output, made.YAML, 0o644)
}

type fingerprintSign struct {
	Folder  string `arg:"" type:"existingdir" help:"Folder of the pack."`
	Key     string `required:"" type:"path" placeholder:"FILE" help:"Private key; made if there is none."`
	Name    string `placeholder:"NAME" help:"Name of the pack; else the folder's."`
	Version string `required:"" placeholder:"VERSION" help:"Version of the pack, such as 2026.11.1."`
}

// Help is what --help adds.
func (fingerprintSign) Help() string {
	return `Example:
  tyto fingerprint sign rules/ --key signing.pem --version 2026.11.1

Writes pack.json beside the rules, and prints the public key: those who are to use the pack put it under fingerprints.trust.`
}

// Run signs.
func (f *fingerprintSign) Run(s streams) error {
	key, err := signingKey(f.Key)
	if err != nil {
		return err
	}
	name := f.Name
	if name == "" {
		whole, err := filepath.Abs(f.Folder)
		if err != nil {
			return err
		}
		name = filepath.Base(whole)
	}
	b, err := fingerprint.Sign(os.DirFS(f.Folder), name, f.Version, key)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(f.Folder, fingerprint.Manifest), b, 0o644); err != nil {
		return err
	}
	_, err = fmt.Fprintln(s.out, fingerprint.KeyText(key.Public().(ed25519.PublicKey)))
	return err
}

const keyKind = "TYTO FINGERPRINT SIGNING KEY"

// signingKey reads a private key, or makes one that only its owner can read.
func signingKey(file string) (ed25519.PrivateKey, error) {
	b, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		_, key, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			return nil, err
		}
		return key, os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: keyKind, Bytes: key.Seed()}), 0o600)
	}
	if err != nil {
		return nil, usageError{fmt.Errorf("fingerprint: %w", err)}
	}
	block, _ := pem.Decode(b)
	if block == nil || block.Type != keyKind || len(block.Bytes) != ed25519.SeedSize {
		return nil, usageError{fmt.Errorf("fingerprint: %s is no key that 'tyto fingerprint sign' made; name another file", file)}
	}
	return ed25519.NewKeyFromSeed(block.Bytes), nil
}

type fingerprintVerify struct {
	Folder string   `arg:"" type:"existingdir" help:"Folder of the pack."`
	Trust  []string `required:"" placeholder:"KEY" help:"Public key that may have signed it."`
}

// Help is what --help adds.
func (fingerprintVerify) Help() string {
	return `Example:
  tyto fingerprint verify rules/ --trust 'kq0s1Hx3Xc0G0V9b1tW6v3yq3m4mD6E0Oq7Lw8bPp1Q='`
}

// Run verifies.
func (f *fingerprintVerify) Run(s streams) error {
	var trusted []ed25519.PublicKey
	for _, text := range f.Trust {
		k, err := fingerprint.ParseKey(text)
		if err != nil {
			return usageError{err}
		}
		trusted = append(trusted, k)
	}
	p, err := fingerprint.OpenPack(os.DirFS(f.Folder), filepath.Base(f.Folder), trusted, false)
	if err != nil {
		return err
	}
	r, err := fingerprint.Compile(p.Texts)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "%s %s: %d rules, signed by %s\n", p.Name, p.Version, r.Len(), p.Signer)
	return err
}
