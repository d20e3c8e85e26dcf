// Package geo says of hosts of the internet in which country they are and
// whose network they are in. It knows what the MMDB files say that a user
// supplies, as MaxMind, DB-IP and IPinfo offer them; none comes with the
// program.
package geo

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/oschwald/maxminddb-golang/v2"

	"tyto/frame"
)

// A Place is what is known of an address; what is not is empty.
type Place struct {
	Country string // ISO 3166, "AT"
	ASN     uint32
	Network string // whose it is, "Example Networks"
}

// DB is databases of places. A nil one knows nothing. It may be used from any
// goroutine.
type DB struct{ files []*maxminddb.Reader }

// Open opens and checks MMDB files: of countries, cities, or autonomous
// systems. Of what several say the first one counts.
func Open(paths ...string) (*DB, error) {
	db := new(DB)
	for _, path := range paths {
		r, err := maxminddb.Open(path)
		if err == nil {
			db.files = append(db.files, r)
			err = r.Verify()
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("geo: %s: %w; name an MMDB file of countries or of autonomous systems", path, err), db.Close())
		}
	}
	return db, nil
}

// Close closes the files.
func (db *DB) Close() error {
	var errs []error
	for _, r := range db.files {
		errs = append(errs, r.Close())
	}
	return errors.Join(errs...)
}

// record is the fields of the formats that are about.
type record struct {
	Country struct {
		ISO string `maxminddb:"iso_code"`
	} `maxminddb:"country"`
	CountryCode  string `maxminddb:"country_code"` // IPinfo
	ASN          uint32 `maxminddb:"autonomous_system_number"`
	Organization string `maxminddb:"autonomous_system_organization"`
	Name         string `maxminddb:"as_name"` // IPinfo
}

// bounds of what a file may say.
const (
	maxCountry = 2
	maxNetwork = 100
)

// Find is what is known of an address.
func (db *DB) Find(a frame.Addr) (p Place) {
	if db == nil || a.IsUnspecified() {
		return p
	}
	for _, r := range db.files {
		var x record
		if err := r.Lookup(a.Netip().Unmap()).Decode(&x); err != nil {
			continue // of another kind: it tells nothing
		}
		p.Country = cmp.Or(p.Country, x.Country.ISO, x.CountryCode)
		p.Network = cmp.Or(p.Network, x.Organization, x.Name)
		if p.ASN == 0 {
			p.ASN = x.ASN
		}
	}
	p.Country = p.Country[:min(len(p.Country), maxCountry)]
	p.Network = strings.ToValidUTF8(p.Network[:min(len(p.Network), maxNetwork)], "")
	return p
}
