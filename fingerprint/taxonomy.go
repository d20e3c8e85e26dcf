package fingerprint

import (
	_ "embed" // the taxonomy
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Categories is what a device can be at the coarsest.
var Categories = []string{"it", "iot", "ot", "network", "medical", "unknown"}

// A Type is a kind of device. The category of a device that has a type is its type's.
type Type struct {
	ID        string // stable, "ip_camera"
	Name      string // for people, "IP camera"
	Category  string // one of Categories
	Purdue    string // usual Purdue level, "0" to "4", "2.5" and "3.5" between
	OCSF      int    // device.type_id of the Open Cybersecurity Schema Framework 1.5
	Defender  string // device class in Defender for Endpoint
	Parent    string // the next wider type, to fall back on; "" at the top
	Supported bool   // there are rules for it; others are names for people and imports
}

//go:embed taxonomy.tsv
var taxonomyText string

var taxonomy = sync.OnceValues(func() ([]Type, map[string]int) {
	var all []Type
	index := map[string]int{}
	for line := range strings.Lines(taxonomyText) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(f) != 8 {
			panic("fingerprint: taxonomy.tsv: a line without 8 columns: " + line)
		}
		ocsf, err := strconv.Atoi(f[4])
		if err != nil || !slices.Contains(Categories, f[2]) {
			panic("fingerprint: taxonomy.tsv: a number or category is wrong: " + line)
		}
		index[f[0]] = len(all)
		all = append(all, Type{f[0], f[1], f[2], f[3], ocsf, f[5], f[6], f[7] == "1"})
	}
	return all, index
})

// Types is all types, by id.
func Types() []Type {
	all, _ := taxonomy()
	return slices.Clone(all)
}

// TypeOf is the type of an id.
func TypeOf(id string) (Type, bool) {
	all, index := taxonomy()
	i, ok := index[id]
	if !ok {
		return Type{}, false
	}
	return all[i], true
}

// IsA reports whether the type id is the type wider, or a kind of it.
func IsA(id, wider string) bool {
	for range 8 { // deeper than the taxonomy
		if id == wider {
			return id != ""
		}
		t, ok := TypeOf(id)
		if !ok {
			return false
		}
		id = t.Parent
	}
	return false
}

// CommonType is the narrowest type that a and b both are; "" if there is none.
func CommonType(a, b string) string {
	for range 8 {
		if a == "" || IsA(b, a) {
			return a
		}
		t, ok := TypeOf(a)
		if !ok {
			return ""
		}
		a = t.Parent
	}
	return ""
}
