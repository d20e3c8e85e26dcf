package main

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"log"
	"maps"
	"os"
	"slices"
	"sort"
)

// A header is what a table says of itself, as text before its bytes.
type header struct {
	name, source, version, date, licence string
	rows                                 int
}

func write(file string, h header, body []byte) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "tyto table 1\nname: %s\nsource: %s\nversion: %s\ndate: %s\nrows: %d\nlicence: %s\n\n",
		h.name, h.source, h.version, h.date, h.rows, h.licence)
	b.Write(body)
	log.Printf("%s: %d rows, %d bytes", file, h.rows, b.Len())
	return os.WriteFile(file, b.Bytes(), 0o644)
}

const blockRows = 16

// packNumbers is names by number: the number of blocks, for each its first number and
// where it is, then the blocks: for each row the step to its number, the length of its
// name, and the name. Numbers are little endian, steps are varints.
func packNumbers(names map[uint32]string) []byte {
	numbers := slices.Sorted(maps.Keys(names))
	var index, rows []byte
	last := uint32(0)
	for i, n := range numbers {
		if i%blockRows == 0 {
			index = binary.LittleEndian.AppendUint32(index, n)
			index = binary.LittleEndian.AppendUint32(index, uint32(len(rows)))
			last = n
		}
		rows = binary.AppendUvarint(rows, uint64(n-last))
		rows = append(rows, byte(len(names[n])))
		rows = append(rows, names[n]...)
		last = n
	}
	out := binary.LittleEndian.AppendUint32(nil, uint32(len(index)/8))
	return append(append(out, index...), rows...)
}

// packPrefixes is the registrants by prefix: how many prefixes there are of 24, 28 and 36
// bits, then these, ascending: 3, 4 and 5 bytes, left-aligned, each with 3 bytes that say
// where in the names its name is: a byte of length, and the name.
func packPrefixes(names map[string]string) []byte {
	type row struct {
		prefix []byte
		at     int
	}
	var text []byte
	where := map[string]int{}
	distinct := slices.Sorted(maps.Values(names))
	for _, name := range slices.Compact(distinct) {
		where[name] = len(text)
		text = append(text, byte(len(name)))
		text = append(text, name...)
	}
	byDigits := map[int][]row{}
	for prefix, name := range names {
		n := len(prefix)
		raw, err := hex.DecodeString(prefix + "0"[:n%2])
		if err != nil || n != 6 && n != 7 && n != 9 {
			log.Fatalf("gen: prefix %q", prefix)
		}
		byDigits[n] = append(byDigits[n], row{raw, where[name]})
	}
	var out, rows []byte
	for _, n := range []int{6, 7, 9} {
		sort.Slice(byDigits[n], func(i, j int) bool {
			return cmp.Compare(string(byDigits[n][i].prefix), string(byDigits[n][j].prefix)) < 0
		})
		out = binary.LittleEndian.AppendUint32(out, uint32(len(byDigits[n])))
		for _, r := range byDigits[n] {
			rows = append(rows, r.prefix...)
			rows = append(rows, byte(r.at), byte(r.at>>8), byte(r.at>>16))
		}
	}
	return append(append(out, rows...), text...)
}
