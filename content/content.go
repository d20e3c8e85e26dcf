// Package content is the data that ships with the program: the rules that tell devices
// apart, and the tables of vendors. README.md says where each comes from and how it is
// rebuilt.
//
// Tables are read where they lie in the binary, by binary search: nothing is unpacked at
// start. All functions may be called by many goroutines at once.
package content

//go:generate go run ./gen

import (
	"embed"
	"io/fs"
	"time"
)

//go:embed all:fingerprints
var ruleFiles embed.FS

// Rules is the fingerprint rules, for fingerprint.Load.
func Rules() fs.FS {
	sub, err := fs.Sub(ruleFiles, "fingerprints")
	if err != nil {
		panic("content: " + err.Error()) // the path is a constant
	}
	return sub
}

//go:embed detections/*.yaml
var detectionFiles embed.FS

// Detections is the rules for alerts, for detect.Load.
func Detections() fs.FS {
	sub, err := fs.Sub(detectionFiles, "detections")
	if err != nil {
		panic("content: " + err.Error()) // the path is a constant
	}
	return sub
}

// A Source is where a table comes from.
type Source struct {
	Name    string
	From    string
	Version string
	Date    time.Time // of the data
	Rows    int
	Licence string
}

// Sources is where the tables come from.
func Sources() []Source {
	var all []Source
	for _, t := range []*lazyTable{&ouiTable, &enterpriseTable, &bacnetTable, &cipVendorTable, &cipTypeTable} {
		all = append(all, t.open().source)
	}
	return all
}

// Age is how old the oldest of the tables is that change from week to week: prefixes of
// MAC addresses and enterprise numbers.
func Age(now time.Time) time.Duration {
	a, b := ouiTable.open().source.Date, enterpriseTable.open().source.Date
	if b.Before(a) {
		a = b
	}
	return now.Sub(a)
}
