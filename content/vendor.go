package content

import (
	_ "embed" // the table
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

//go:embed data/vendors.tsv
var vendorText string

type vendorAlias struct {
	name string
	kind Kind
	wide bool // also for longer names that begin with the key
}

// vendorAliases is the usual names by key.
var vendorAliases = sync.OnceValue(func() map[string]vendorAlias {
	all := map[string]vendorAlias{}
	for line := range strings.Lines(vendorText) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if strings.HasPrefix(line, "#") {
			continue
		}
		kind := endOfKinds
		for k, name := range kindNames {
			if len(f) == 3 && f[1] == name {
				kind = Kind(k)
			}
		}
		if kind == endOfKinds {
			panic("content: vendors.tsv: " + line)
		}
		for key := range strings.SplitSeq(f[2], ";") {
			key, wide := strings.CutSuffix(strings.TrimSpace(key), "*")
			all[strings.TrimSpace(key)] = vendorAlias{f[0], kind, wide}
		}
		if own := vendorKey(f[0]); all[own].name == "" {
			all[own] = vendorAlias{f[0], kind, false}
		}
	}
	return all
})

// VendorName is the name by which the vendor is usually known, given how it is registered
// or how it calls itself: "Hikvision" for "Hangzhou Hikvision Digital Technology
// Co.,Ltd."; without the legal form if nothing better is known.
func VendorName(s string) string {
	name, _ := VendorOf(s)
	return name
}

// VendorOf is the usual name of a vendor, and what sort of company it is.
func VendorOf(s string) (string, Kind) {
	key := vendorKey(s)
	aliases := vendorAliases()
	whole := true
	for k := key; k != ""; whole = false {
		if a, ok := aliases[k]; ok && (whole || a.wide) {
			return a.name, a.kind
		}
		at := strings.LastIndexByte(k, ' ')
		if at < 0 {
			break
		}
		k = k[:at]
	}
	return withoutLegalForm(s, strings.Count(key, " ")+1), Brand
}

// legalForms is the words that end company names and tell nothing.
var legalForms = map[string]bool{"inc": true, "incorporated": true, "incorporation": true, "corp": true, "corporation": true,
	"co": true, "company": true, "ltd": true, "ltda": true, "limited": true, "llc": true, "lllp": true, "llp": true, "lp": true,
	"gmbh": true, "mbh": true, "ag": true, "kg": true, "kgaa": true, "ohg": true, "se": true, "sa": true, "sas": true, "sarl": true,
	"srl": true, "spa": true, "sl": true, "slu": true, "sau": true, "bv": true, "nv": true, "ab": true, "as": true, "oy": true,
	"oyj": true, "aps": true, "pty": true, "plc": true, "pte": true, "pvt": true, "private": true, "sdn": true, "bhd": true,
	"kk": true, "kft": true, "sro": true, "doo": true, "dd": true, "intl": true, "international": true, "group": true,
	"holding": true, "holdings": true, "the": true, "and": true, "lt": true, "crop": true}

// vendorKey is s in lower case, its words parted by one blank, without the legal form.
func vendorKey(s string) string {
	var b strings.Builder
	blank := false
	for i, r := range s {
		switch {
		case r == '.' && !wordAt(s[i+1:]) || r == '\'' || r == '’':
			continue // S.p.A.
		case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '&' || r == '+':
			if blank && b.Len() > 0 {
				b.WriteByte(' ')
			}
			blank = false
			b.WriteRune(unicode.ToLower(r))
		default:
			blank = true
		}
	}
	words := strings.Split(b.String(), " ")
	for len(words) > 1 && (legalForms[words[len(words)-1]] || words[len(words)-1] == "&") {
		words = words[:len(words)-1]
	}
	if len(words) > 1 && words[0] == "the" {
		words = words[1:]
	}
	return strings.Join(words, " ")
}

// wordAt reports whether s begins with two letters, as after the dot of "Buffalo.Inc".
func wordAt(s string) bool {
	return len(s) > 1 && unicode.IsLetter(rune(s[0])) && unicode.IsLetter(rune(s[1]))
}

// withoutLegalForm is the first words of s as they are written, but for shouting.
func withoutLegalForm(s string, words int) string {
	if strings.HasPrefix(strings.ToLower(s), "the ") {
		s = s[4:]
	}
	end, inWord := 0, false
	for i, r := range s {
		letter := unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("&+.'’", r)
		if letter && !inWord {
			if words == 0 {
				break
			}
			words--
		}
		inWord = letter
		if letter {
			end = i + utf8.RuneLen(r)
		}
	}
	s = strings.TrimRight(s[:end], " .,&")
	if s != strings.ToUpper(s) {
		return s
	}
	parts := strings.Split(s, " ")
	for i, p := range parts {
		if len(p) > 4 && !strings.Contains(p, ".") {
			parts[i] = p[:1] + strings.ToLower(p[1:])
		}
	}
	return strings.Join(parts, " ")
}
